"""How the skin is doing: one instrument, by one rater or respondent, at one moment; and laboratory values."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinics.models import User, paired
from clinics.models.base import day
from patients.models.base import ClinicalQuerySet, PatientRow
from patients.models.instruments import InstrumentEdition
from patients.models.patient import Patient
from patients.scoring import easi, poem
from patients.scoring.bands import Band
from patients.scoring.easi import Findings, Region, Sign, WeightSet
from patients.scoring.poem import Question


class Instrument(models.TextChoices):
    """What was used to look or to ask."""

    EASI = "easi", _("EASI")
    VIGA_AD = "viga_ad", _("vIGA-AD")
    POEM = "poem", _("POEM")
    ITCH = "itch", _("Worst itch, 24 h")


# Scored by somebody who is trained; the others are answered by the patient or for the patient.
CLINICIAN_INSTRUMENTS = frozenset({Instrument.EASI, Instrument.VIGA_AD})


class Respondent(models.TextChoices):
    """Whose judgement it is."""

    CLINICIAN = "clinician", _("Clinician")
    SELF = "self", _("Patient")
    HELPED = "helped", _("Patient, with help")
    PROXY = "proxy", _("Parent or carer")


class AssessmentState(models.TextChoices):
    """Where a row stands. Only signed rows count."""

    DRAFT = "draft", _("Draft")
    SIGNED = "signed", _("Signed")
    AMENDED = "amended", _("Amended")
    WITHDRAWN = "withdrawn", _("Entered in error")


PREFIXES = {Region.HEAD_NECK: "hn", Region.UPPER_LIMBS: "ul", Region.TRUNK: "tr", Region.LOWER_LIMBS: "ll"}


def area_column(region: Region) -> str:
    """The column of a region's area score."""
    return f"{PREFIXES[region]}_area"


def percent_column(region: Region) -> str:
    """The column of a region's affected share, where one was typed."""
    return f"{PREFIXES[region]}_percent"


def sign_column(region: Region, sign: Sign) -> str:
    """The column of a sign in a region."""
    return f"{PREFIXES[region]}_{sign.value}"


def poem_column(question: Question) -> str:
    """The column of a POEM answer."""
    return f"poem_{question.value}"


AREA_COLUMNS = [area_column(region) for region in Region]
PERCENT_COLUMNS = [percent_column(region) for region in Region]
SIGN_COLUMNS = [sign_column(region, sign) for region in Region for sign in Sign]
EASI_COLUMNS = [*AREA_COLUMNS, *SIGN_COLUMNS]
POEM_COLUMNS = [poem_column(question) for question in Question]
ITEM_COLUMNS = [*EASI_COLUMNS, *PERCENT_COLUMNS, *POEM_COLUMNS, "level"]
# The items each instrument has; PERCENT_COLUMNS beside the area scores are kept where they were typed.
ITEMS_OF: dict[str, list[str]] = {
    Instrument.EASI: [*EASI_COLUMNS, *PERCENT_COLUMNS],
    Instrument.VIGA_AD: ["level"],
    Instrument.POEM: POEM_COLUMNS,
    Instrument.ITCH: ["level"],
}


def _area() -> Any:
    return models.PositiveSmallIntegerField(null=True, blank=True)


def _percent() -> Any:
    return models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)


def _sign() -> Any:
    return models.DecimalField(max_digits=2, decimal_places=1, null=True, blank=True)


def _answer() -> Any:
    return models.PositiveSmallIntegerField(null=True, blank=True)


class Items(models.Model):
    """What was found or answered, one column each; an item of another instrument, or not answered, is NULL, never 0."""

    hn_area, hn_percent = _area(), _percent()
    hn_redness, hn_thickness, hn_scratching, hn_lichenification = _sign(), _sign(), _sign(), _sign()
    ul_area, ul_percent = _area(), _percent()
    ul_redness, ul_thickness, ul_scratching, ul_lichenification = _sign(), _sign(), _sign(), _sign()
    tr_area, tr_percent = _area(), _percent()
    tr_redness, tr_thickness, tr_scratching, tr_lichenification = _sign(), _sign(), _sign(), _sign()
    ll_area, ll_percent = _area(), _percent()
    ll_redness, ll_thickness, ll_scratching, ll_lichenification = _sign(), _sign(), _sign(), _sign()
    poem_itch, poem_sleep, poem_bleeding, poem_weeping = _answer(), _answer(), _answer(), _answer()
    poem_cracking, poem_flaking, poem_dryness = _answer(), _answer(), _answer()
    level = _answer()  # vIGA-AD 0 to 4, itch 0 to 10

    class Meta:
        abstract = True

    @property
    def findings(self) -> dict[Region, Findings]:
        """The items of an EASI as the scoring takes them."""
        return {
            region: Findings(
                getattr(self, area_column(region)),
                {sign: getattr(self, sign_column(region, sign)) for sign in Sign},
            )
            for region in Region
        }

    @property
    def answers(self) -> dict[Question, int | None]:
        """The answers of a POEM as the scoring takes them."""
        return {question: getattr(self, poem_column(question)) for question in Question}

    @property
    def items(self) -> dict[str, Any]:
        """Every item of the instrument by column."""
        instrument: Any = getattr(self, "instrument", "")
        return {name: getattr(self, name) for name in ITEMS_OF[instrument]}


def _within(columns: list[str], values: Any) -> Q:
    """NULL or one of the values, for each column."""
    every = Q()
    for column in columns:
        every &= Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__in": list(values)})
    return every


def _empty(columns: list[str]) -> Q:
    every = Q()
    for column in columns:
        every &= Q(**{f"{column}__isnull": True})
    return every


def _filled(columns: list[str]) -> Q:
    every = Q()
    for column in columns:
        every &= Q(**{f"{column}__isnull": False})
    return every


def _region_agrees(region: Region) -> Q:
    """Area 0 with every sign 0, or area above 0 with a sign above 0; for complete rows."""
    area, signs = area_column(region), [sign_column(region, sign) for sign in Sign]
    none, some = Q(**{area: 0}), Q()
    for sign in signs:
        none &= Q(**{sign: 0})
        some |= Q(**{f"{sign}__gt": 0})
    return none | (Q(**{f"{area}__gt": 0}) & some)


def _share_agrees(region: Region) -> Q:
    """No share was typed, or it is the one of the area score."""
    share, area = percent_column(region), area_column(region)
    agrees = Q(**{f"{share}__isnull": True}) | Q(**{share: 0, area: 0})
    limits = [Decimal(0), *easi.AREA_LIMITS, Decimal(100)]
    for number, (low, high) in enumerate(pairwise(limits), start=1):
        above = f"{share}__gt" if number == 1 else f"{share}__gte"
        below = f"{share}__lte" if number == len(easi.AREA_LIMITS) + 1 else f"{share}__lt"
        agrees |= Q(**{above: low, below: high, area: number})
    return agrees


def _constraints() -> Iterator[models.BaseConstraint]:
    """What the database itself refuses, whatever door a row comes through."""
    check = models.CheckConstraint
    yield check(condition=_within(AREA_COLUMNS, easi.AREAS), name="assessment_area_0_to_6")
    yield check(condition=_within(SIGN_COLUMNS, easi.SIGNS), name="assessment_sign_allowed")
    yield check(condition=_within(POEM_COLUMNS, poem.ANSWERS), name="assessment_answer_0_to_4")
    every = Q()
    for region in Region:
        every &= _share_agrees(region)
    yield check(condition=every, name="assessment_percent_is_the_area")
    yield check(
        condition=Q(level__isnull=True)
        | Q(instrument=Instrument.VIGA_AD, level__lte=4)
        | Q(instrument=Instrument.ITCH, level__lte=10),
        name="assessment_level_in_range",
    )
    yield check(
        condition=(Q(instrument=Instrument.EASI) | _empty([*EASI_COLUMNS, *PERCENT_COLUMNS]))
        & (Q(instrument=Instrument.POEM) | _empty(POEM_COLUMNS)),
        name="assessment_only_own_items",
    )
    complete = Q(instrument=Instrument.POEM) | Q(instrument__in=[Instrument.VIGA_AD, Instrument.ITCH], level__isnull=False)
    easi_complete = Q(instrument=Instrument.EASI) & _filled(EASI_COLUMNS)
    for region in Region:
        easi_complete &= _region_agrees(region)
    yield check(condition=Q(signed_at__isnull=True) | complete | easi_complete, name="assessment_signed_is_complete")
    clinician = Q(instrument__in=sorted(CLINICIAN_INSTRUMENTS))
    yield check(
        condition=(clinician & Q(respondent=Respondent.CLINICIAN, rater__isnull=False))
        | (~clinician & ~Q(respondent=Respondent.CLINICIAN) & Q(rater__isnull=True)),
        name="assessment_rater_or_respondent",
    )
    yield check(
        condition=Q(total__isnull=True)
        | Q(instrument=Instrument.EASI, total__gte=0, total__lte=72)
        | Q(instrument=Instrument.VIGA_AD, total=models.F("level"))
        | Q(instrument=Instrument.POEM, total=sum((Coalesce(column, 0) for column in POEM_COLUMNS), start=Value(0)))
        | Q(instrument=Instrument.ITCH, total=models.F("level")),
        name="assessment_total_in_range",
    )
    scored_easi = Q(instrument=Instrument.EASI, total__isnull=False)
    yield check(
        condition=(~scored_easi & Q(head_neck__isnull=True))
        | (scored_easi & Q(head_neck__isnull=False, head_neck__gte=0, head_neck__lte=Decimal("7.2")))
        | (
            scored_easi
            & Q(head_neck__isnull=False, weight_set=WeightSet.UNDER_8.value)
            & Q(head_neck__gt=Decimal("7.2"), head_neck__lte=Decimal("14.4"))
        ),
        name="assessment_head_neck_in_range",
    )
    yield check(
        condition=Q(signed_at__isnull=True, total__isnull=True, band="", scoring_version="")
        | (
            Q(signed_at__isnull=False)
            & ~Q(scoring_version="")
            & (
                Q(total__isnull=False, band__in=[band.value for band in Band])
                | Q(instrument=Instrument.POEM, total__isnull=True, band="")
            )
        ),
        name="assessment_signed_is_scored",
    )
    yield check(
        condition=Q(instrument=Instrument.EASI, signed_at__isnull=False, weight_set__in=[one.value for one in WeightSet])
        | (~Q(instrument=Instrument.EASI, signed_at__isnull=False) & Q(weight_set="")),
        name="assessment_easi_has_weights",
    )
    yield check(
        condition=Q(state=AssessmentState.DRAFT, signed_at__isnull=True, withdrawn_at__isnull=True)
        | Q(state=AssessmentState.SIGNED, signed_at__isnull=False, withdrawn_at__isnull=True)
        | Q(state=AssessmentState.AMENDED, signed_at__isnull=False, withdrawn_at__isnull=False)
        | Q(state=AssessmentState.WITHDRAWN, withdrawn_at__isnull=False),
        name="assessment_state_agrees",
    )
    yield paired("assessment_signed_at_and_by", "signed_at", "signed_by")
    yield paired("assessment_released_at_and_by", "released_at", "released_by")
    yield models.UniqueConstraint(
        fields=["series"],
        condition=Q(state__in=[AssessmentState.DRAFT, AssessmentState.SIGNED]),
        name="assessment_one_live_version",
    )
    yield models.UniqueConstraint(fields=["patient", "submission"], name="assessment_once_per_submission")


class AssessmentQuerySet(ClinicalQuerySet):
    def counting(self) -> AssessmentQuerySet:
        """Signed, neither amended nor withdrawn, and with a total: what trends and current scores are made of."""
        return self.filter(state=AssessmentState.SIGNED, total__isnull=False)

    def in_trend_order(self) -> AssessmentQuerySet:
        """The latest first: by the day assessed, of one day by when it was entered. The trend rule of the whole product."""
        return self.order_by("-assessed_on", "-recorded_at", "-id")


class Assessment(PatientRow, Items):
    """One instrument at one moment. Signed rows are amended by a new row that names the one it replaces, never changed.

    `assessed_on` is the day it is about in the clinic's zone, `recorded_at` when it was entered: a paper form entered later
    keeps both. `total`, `band`, `head_neck` and `weight_set` are the server's, taken when it was signed, and stay.
    """

    series = models.UUIDField(default=uuid.uuid4, editable=False)  # the same for all versions of one assessment
    submission = models.UUIDField(default=uuid.uuid4, editable=False)  # of the form that was sent: twice is once
    instrument = models.CharField(_("instrument"), max_length=8, choices=Instrument)
    state = models.CharField(_("state"), max_length=10, choices=AssessmentState)
    assessed_on = models.DateField(_("date of the assessment"))
    rater = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    respondent = models.CharField(_("answered by"), max_length=10, choices=Respondent)
    language = models.CharField(_("language of the questions"), max_length=16, blank=True)
    edition = models.ForeignKey(InstrumentEdition, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    total = models.DecimalField(_("total"), max_digits=5, decimal_places=2, null=True, blank=True)
    head_neck = models.DecimalField(_("head and neck"), max_digits=5, decimal_places=2, null=True, blank=True)
    band = models.CharField(_("severity"), max_length=12, choices=[(band.value, band.value) for band in Band], blank=True)
    is_imputed = models.BooleanField(_("one answer missing, counted 0"), default=False)
    weight_set = models.CharField(_("weights"), max_length=8, choices=[(w.value, w.value) for w in WeightSet], blank=True)
    scoring_version = models.CharField(_("scoring"), max_length=32, blank=True)
    signed_at = models.DateTimeField(_("signed"), null=True, blank=True)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    amend_reason = models.CharField(_("reason"), max_length=200, blank=True)
    released_at = models.DateTimeField(_("shown to the patient since"), null=True, blank=True)
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    visible_to_guardians = models.BooleanField(_("guardians may see it"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = AssessmentQuerySet.as_manager()

    class Meta(PatientRow.Meta):
        constraints = [*PatientRow.Meta.constraints, *_constraints()]
        indexes = [
            models.Index(
                fields=["patient", "instrument", "-assessed_on", "-recorded_at", "-id"],
                condition=Q(state=AssessmentState.SIGNED),
                name="assessment_trend",
            ),
            models.Index(fields=["series"], name="assessment_series"),
        ]

    def __str__(self) -> str:
        return f"{self.get_instrument_display()} {self.assessed_on}"

    @property
    def is_clinicians(self) -> bool:
        """Whether a trained person scores it, rather than the patient answering."""
        return self.instrument in CLINICIAN_INSTRUMENTS


class LabResult(PatientRow):
    """A serum TARC (CCL17) in pg/mL with the assay and the limit it is to be read against."""

    submission = models.UUIDField(default=uuid.uuid4, editable=False)
    collected_on = models.DateField(_("collected on"))
    value = models.DecimalField(_("TARC (pg/mL)"), max_digits=8, decimal_places=1)
    assay = models.CharField(_("assay and laboratory"), max_length=80)
    laboratory_limit = models.DecimalField(
        _("the laboratory's upper limit (pg/mL)"), max_digits=7, decimal_places=1, null=True, blank=True
    )
    reference_limit = models.DecimalField(max_digits=7, decimal_places=1, null=True, blank=True)  # by age, when recorded
    scoring_version = models.CharField(max_length=32)
    is_haemolysed = models.BooleanField(_("sample haemolysed"), default=False)
    comment = models.CharField(_("comment"), max_length=200, blank=True)

    objects = ClinicalQuerySet.as_manager()

    class Meta(PatientRow.Meta):
        verbose_name = "laboratory result"
        constraints = [
            *PatientRow.Meta.constraints,
            models.CheckConstraint(condition=Q(value__gt=0, value__lte=500000), name="labresult_value_in_range"),
            models.CheckConstraint(
                condition=Q(laboratory_limit__isnull=True) | Q(laboratory_limit__gt=0), name="labresult_limit_positive"
            ),
            models.UniqueConstraint(fields=["patient", "submission"], name="labresult_once_per_submission"),
        ]
        indexes = [
            models.Index(
                fields=["patient", "-collected_on", "-recorded_at", "-id"],
                condition=Q(withdrawn_at__isnull=True),
                name="labresult_trend",
            )
        ]

    def __str__(self) -> str:
        return gettext("TARC %(value)s of %(on)s") % {"value": self.shown, "on": day(self.collected_on)}

    @property
    def shown(self) -> str:
        """The value with its unit and without trailing zeros: "5000 pg/mL"."""
        return f"{self.value.normalize():f}\u00a0pg/mL"

    @property
    def limit(self) -> Decimal | None:
        """The upper limit that counts: the laboratory's own, else the published one for the age."""
        return self.laboratory_limit if self.laboratory_limit is not None else self.reference_limit


class CurrentScores(models.Model):
    """The latest score of each instrument, one row per patient; the command check_current_scores proves it."""

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, primary_key=True, related_name="scores")
    easi = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    easi_band = models.CharField(max_length=12, blank=True)
    easi_on = models.DateField(null=True)
    easi_head_neck = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    viga_ad = models.PositiveSmallIntegerField(null=True)
    viga_ad_on = models.DateField(null=True)
    poem = models.PositiveSmallIntegerField(null=True)
    poem_band = models.CharField(max_length=12, blank=True)
    poem_on = models.DateField(null=True)
    poem_respondent = models.CharField(max_length=10, blank=True)
    itch = models.PositiveSmallIntegerField(null=True)
    itch_on = models.DateField(null=True)
    tarc = models.DecimalField(max_digits=8, decimal_places=1, null=True)
    tarc_on = models.DateField(null=True)

    class Meta:
        verbose_name_plural = "current scores"

    def __str__(self) -> str:
        return f"current scores of {self.patient_id}"
