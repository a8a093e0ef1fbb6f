"""Assessments, laboratory values and the chart as the API takes and gives them.

Items stand under the names people use (`head_neck.redness`), the rows under columns (`hn_redness`): PLACES joins the two.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from clinics.models.clinic import language_choices
from clinics.serializers import PageQuery, Problem, StrictSerializer
from patients import words
from patients.actions import AffectedScores
from patients.api.shapes import PatientIn, PatientOut, RowOut
from patients.models import Assessment, AssessmentState, Instrument, LabResult, Respondent
from patients.models.assessments import ITEMS_OF, area_column, percent_column, poem_column, sign_column
from patients.queries.chart import RANGES
from patients.queries.chart_data import SERIES, exact
from patients.scoring.bands import Band
from patients.scoring.easi import Region, Sign, WeightSet
from patients.scoring.poem import Question


def _places_of(region: Region) -> dict[str, tuple[str, ...]]:
    places = {area_column(region): (region.value, "area"), percent_column(region): (region.value, "area_percent")}
    return {**places, **{sign_column(region, sign): (region.value, sign.value) for sign in Sign}}


PLACES: dict[str, tuple[str, ...]] = {
    **{column: place for region in Region for column, place in _places_of(region).items()},
    **{poem_column(question): (question.value,) for question in Question},
    "level": ("level",),
}
ANSWERED_BY = [choice for choice in Respondent.choices if choice[0] != Respondent.CLINICIAN]
BANDS = [(band.value, band.value) for band in Band]
WEIGHT_SETS = [(weights.value, weights.value) for weights in WeightSet]
RANGE_CHOICES = [(name, name) for name in RANGES]
SERIES_CHOICES = [(name, name) for name in SERIES]
FIELDS = {column: ".".join(("items", *place)) for column, place in PLACES.items()}


def columns_of(instrument: str, items: dict[str, Any]) -> dict[str, Any]:
    """Items as they were sent, by column; None where nothing was sent."""
    values = {}
    for column in ITEMS_OF[instrument]:
        found: Any = items
        for step in PLACES[column]:
            found = found.get(step) if found is not None else None
        values[column] = found
    return values


def items_of(row: Assessment) -> dict[str, Any]:
    """The items of a row under the names of the API, decimals as strings."""
    shown: dict[str, Any] = {}
    for column, place in PLACES.items():
        if column in ITEMS_OF[row.instrument]:
            into = shown
            for step in place[:-1]:
                into = into.setdefault(step, {})
            value = getattr(row, column)
            into[place[-1]] = exact(value) if isinstance(value, Decimal) else value
    return shown


class WholeNumber(serializers.IntegerField):
    """A JSON number without a fraction; whether the scale has it, the action says in words."""

    def to_internal_value(self, data: Any) -> int:
        """The number; a text, a truth value or 2.0 is refused."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(data)


class DecimalText(serializers.DecimalField):
    """A decimal as a string, digits and a point only; "-0" is no number of ours."""

    def to_internal_value(self, data: Any) -> Any:
        """The exact number."""
        if not isinstance(data, str) or not re.fullmatch(r"(?!-[0.]+$)-?[0-9]{1,12}(\.[0-9]{1,12})?", data):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]*[1-9])?$"})
class Exact(serializers.Field):
    """A decimal as a string, exact and without trailing zeros: "14", "0.15"."""

    def to_representation(self, value: Decimal | int) -> str | None:
        """The number in digits."""
        return exact(value)


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": 6})
class AreaScore(WholeNumber):
    """0 to 6."""


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": 4})
class UpToFour(WholeNumber):
    """0 to 4."""


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": 10})
class UpToTen(WholeNumber):
    """0 to 10."""


@extend_schema_field({"type": "string", "pattern": r"^([0-9]{1,2}(\.[0-9])?|100(\.0)?)$"})
class Percent(DecimalText):
    """0 to 100 with at most one decimal."""


@extend_schema_field({"type": "string", "pattern": r"^([0123](\.0)?|[12]\.5)$"})
class SignScore(DecimalText):
    """0, 1, 1.5, 2, 2.5 or 3."""


@extend_schema_field({"type": "string", "const": "easi"})
class OnlyEasi(serializers.ChoiceField):
    """Always `easi`."""


@extend_schema_field({"type": "string", "const": "viga_ad"})
class OnlyViga(serializers.ChoiceField):
    """Always `viga_ad`."""


@extend_schema_field({"type": "string", "const": "poem"})
class OnlyPoem(serializers.ChoiceField):
    """Always `poem`."""


@extend_schema_field({"type": "string", "const": "itch"})
class OnlyItch(serializers.ChoiceField):
    """Always `itch`."""


OPEN: dict[str, Any] = {"allow_null": True, "default": None}


def _sign() -> SignScore:
    return SignScore(max_digits=3, decimal_places=1, **OPEN)


class RegionIn(StrictSerializer):
    """What was seen in one region. A sign left out is "not answered", never 0."""

    area = AreaScore(**OPEN)
    area_percent = Percent(max_digits=4, decimal_places=1, help_text="Gives the area score; kept beside it.", **OPEN)
    redness, thickness, scratching, lichenification = _sign(), _sign(), _sign(), _sign()


class EasiItemsIn(StrictSerializer):
    """The four regions. Signs are 0, 1, 1.5, 2, 2.5 or 3 as strings."""

    head_neck = RegionIn(required=False)
    upper_limbs = RegionIn(required=False)
    trunk = RegionIn(required=False)
    lower_limbs = RegionIn(required=False)


class PoemItemsIn(StrictSerializer):
    """The seven answers, 0 (no days) to 4 (every day); null or left out is "not answered"."""

    itch, sleep, bleeding, weeping = UpToFour(**OPEN), UpToFour(**OPEN), UpToFour(**OPEN), UpToFour(**OPEN)
    cracking, flaking, dryness = UpToFour(**OPEN), UpToFour(**OPEN), UpToFour(**OPEN)


class VigaItemsIn(StrictSerializer):
    """The level, 0 (clear) to 4 (severe)."""

    level = UpToFour(**OPEN)


class ItchItemsIn(StrictSerializer):
    """The worst itch of the last 24 hours, 0 to 10."""

    level = UpToTen(**OPEN)


class HeadIn(StrictSerializer):
    """What is said about an assessment besides its items. The totals are the server's."""

    assessed_on = serializers.DateField(help_text="The day it is about, in the clinic's zone.")
    comment = serializers.CharField(max_length=500, allow_blank=True, default="")


class ScoredIn(HeadIn):
    """Scored by somebody who is trained."""

    rater = serializers.UUIDField(
        allow_null=True, default=None, help_text="Whoever of the clinic scored it; without it you, or who it was before."
    )


class AnsweredIn(HeadIn):
    """Answered by the patient or for the patient."""

    respondent = serializers.ChoiceField(ANSWERED_BY, help_text="Who answered.")
    language = serializers.CharField(
        max_length=16, allow_blank=True, default="", help_text="In which the questions were put, for example en or pt-br."
    )

    def validate_language(self, code: str) -> str:
        """A language we know."""
        if code and code not in dict(language_choices()):
            raise serializers.ValidationError(_("This is not a language code we know."))
        return code


class EasiIn(ScoredIn):
    """An EASI."""

    instrument = OnlyEasi(["easi"])
    items = EasiItemsIn()


class VigaIn(ScoredIn):
    """A vIGA-AD."""

    instrument = OnlyViga(["viga_ad"])
    items = VigaItemsIn()


class PoemIn(AnsweredIn):
    """A POEM."""

    instrument = OnlyPoem(["poem"])
    items = PoemItemsIn()


class ItchIn(AnsweredIn):
    """The worst itch of the last 24 hours."""

    instrument = OnlyItch(["itch"])
    items = ItchItemsIn()


class NewPart(StrictSerializer):
    """Of a new assessment."""

    submission = serializers.UUIDField(
        required=False, help_text="Choose one and send it again after a lost answer: it stays one record."
    )
    sign = serializers.BooleanField(default=True, help_text="False keeps a draft, which counts nowhere.")


class DraftPart(StrictSerializer):
    """Of a draft that goes on."""

    sign = serializers.BooleanField(default=False, help_text="True scores and signs it.")


class AmendPart(StrictSerializer):
    """Of a correction."""

    submission = serializers.UUIDField(required=False, help_text="As of a new assessment.")
    reason = serializers.CharField(max_length=200, help_text="Why it is corrected.")


Shapes = dict[str, type[serializers.Serializer]]
BODIES: dict[str, type[HeadIn]] = {"easi": EasiIn, "viga_ad": VigaIn, "poem": PoemIn, "itch": ItchIn}


def _with(name: str, part: type[StrictSerializer]) -> Shapes:
    """The body of each instrument with what one operation takes besides."""
    return {
        instrument: type(f"{name}{body.__name__}", (part, body), {"__doc__": body.__doc__, "__module__": __name__})
        for instrument, body in BODIES.items()
    }


def _either(name: str, shapes: Shapes) -> Any:
    """One of the bodies, told apart by `instrument`."""
    by_instrument: dict[str, Any] = dict(shapes)
    return PolymorphicProxySerializer(name, by_instrument, resource_type_field_name="instrument")


NEW, DRAFT, AMENDED = _with("New", NewPart), _with("Draft", DraftPart), _with("Amended", AmendPart)
NewAssessmentIn = _either("NewAssessmentIn", NEW)
DraftAssessmentIn = _either("DraftAssessmentIn", DRAFT)
AmendedAssessmentIn = _either("AmendedAssessmentIn", AMENDED)


class WhichInstrument(serializers.Serializer):
    """The part of a body that says how the rest is read."""

    instrument = serializers.ChoiceField(Instrument.choices)


class ReleaseIn(StrictSerializer):
    """Whether the patient may see it."""

    release = serializers.BooleanField()
    visible_to_guardians = serializers.BooleanField(default=True)


class AssessmentsQuery(PageQuery):
    """Which assessments."""

    instrument = serializers.ChoiceField(Instrument.choices, required=False)
    from_on = serializers.DateField(required=False, help_text="Assessed on this day or later.")
    until_on = serializers.DateField(required=False, help_text="Assessed on this day or earlier.")
    state = serializers.ChoiceField([("signed", "Signed"), ("draft", "Draft")], default="signed")
    with_withdrawn = serializers.BooleanField(default=False, help_text="Also amended versions and those entered in error.")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Drafts are asked for alone."""
        if values["state"] == "draft" and values["with_withdrawn"]:
            raise serializers.ValidationError({"with_withdrawn": "Not with state=draft."})
        return values


def _number(highest: int) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=highest, allow_null=True)


class RegionOut(serializers.Serializer):
    """What was seen in one region."""

    area = _number(6)
    area_percent = Exact(allow_null=True)
    redness, thickness = Exact(allow_null=True), Exact(allow_null=True)
    scratching, lichenification = Exact(allow_null=True), Exact(allow_null=True)


class EasiItemsOut(serializers.Serializer):
    """The items of an EASI."""

    head_neck, upper_limbs, trunk, lower_limbs = RegionOut(), RegionOut(), RegionOut(), RegionOut()


class PoemItemsOut(serializers.Serializer):
    """The items of a POEM."""

    itch, sleep, bleeding, weeping = _number(4), _number(4), _number(4), _number(4)
    cracking, flaking, dryness = _number(4), _number(4), _number(4)


class LevelOut(serializers.Serializer):
    """The level of a vIGA-AD or of itch."""

    level = _number(10)


ItemsOut = PolymorphicProxySerializer("ItemsOut", [EasiItemsOut, PoemItemsOut, LevelOut], resource_type_field_name=None)


class EditionOut(serializers.Serializer):
    """The text that was shown, where the clinic holds a licence."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    language = serializers.CharField()


class AssessmentOut(RowOut):
    """An assessment. `total`, `head_neck`, `band` and `weight_set` are the server's, taken when it was signed."""

    rater = serializers.UUIDField(source="rater.public_id", allow_null=True, default=None)
    rater_name = serializers.CharField(source="rater.name", allow_null=True, default=None)
    signed_by = serializers.CharField(source="signed_by.name", allow_null=True, default=None)
    state = serializers.ChoiceField(AssessmentState.choices)
    items = serializers.SerializerMethodField()
    total = Exact(allow_null=True, help_text="Null for a draft, and for a POEM with two answers or more left open.")
    head_neck = Exact(allow_null=True, help_text="EASI only.")
    band = serializers.ChoiceField(BANDS, allow_blank=True)
    weight_set = serializers.ChoiceField(WEIGHT_SETS, allow_blank=True, help_text="EASI only.")
    is_imputed = serializers.BooleanField(help_text="One answer of a POEM was left open and counts 0.")
    replaces = serializers.UUIDField(source="replaces.public_id", allow_null=True, default=None)
    series = serializers.UUIDField(help_text="The same for all versions of one assessment.")
    edition = EditionOut(allow_null=True, help_text="Null: short neutral labels.")
    credit = serializers.SerializerMethodField(help_text="The line to show wherever the score is shown.")

    class Meta:
        model = Assessment
        fields = (
            *RowOut.ROW,
            "instrument",
            "state",
            "assessed_on",
            "respondent",
            "rater",
            "rater_name",
            "language",
            "comment",
            "items",
            "total",
            "head_neck",
            "band",
            "is_imputed",
            "weight_set",
            "scoring_version",
            "signed_at",
            "signed_by",
            "series",
            "replaces",
            "amend_reason",
            "released_at",
            "visible_to_guardians",
            "edition",
            "credit",
            "version",
        )
        read_only_fields = fields

    @extend_schema_field(ItemsOut)
    def get_items(self, row: Assessment) -> dict[str, Any]:
        """What was found or answered."""
        return items_of(row)

    def get_credit(self, row: Assessment) -> str:
        """The owner's line."""
        return row.edition.credit if row.edition else str(words.CREDITS[row.instrument])


class AssessmentPage(serializers.Serializer):
    """A page of assessments: the latest day first, and of one day the last entered first."""

    results = AssessmentOut(many=True)
    next = serializers.URLField(allow_null=True)


class ChangedAssessmentProblem(Problem):
    """Nothing was saved; here is how the assessment stands now."""

    current = AssessmentOut(required=False)


class LabIn(StrictSerializer):
    """A serum TARC (CCL17)."""

    collected_on = serializers.DateField()
    value = DecimalText(max_digits=8, decimal_places=1, help_text='pg/mL, as a string: above 0, up to "500000".')
    assay = serializers.CharField(max_length=80, help_text="Assay and laboratory: values of two assays do not compare.")
    laboratory_limit = DecimalText(
        max_digits=7, decimal_places=1, help_text="The laboratory's own upper limit in pg/mL.", **OPEN
    )
    is_haemolysed = serializers.BooleanField(default=False)
    comment = serializers.CharField(max_length=200, allow_blank=True, default="")
    submission = serializers.UUIDField(required=False, help_text="As of an assessment.")


class LabOut(RowOut):
    """A serum TARC with the limits it may be read against: the laboratory's own before the published one for the age."""

    value = Exact()
    laboratory_limit = Exact(allow_null=True)
    reference_limit = Exact(allow_null=True, help_text="By age on the day of collection; it belongs to its assays.")
    credit = serializers.SerializerMethodField(help_text="Where the published limits come from.")

    class Meta:
        model = LabResult
        fields = (
            *RowOut.ROW,
            "collected_on",
            "value",
            "assay",
            "laboratory_limit",
            "reference_limit",
            "scoring_version",
            "is_haemolysed",
            "comment",
            "credit",
        )
        read_only_fields = fields

    def get_credit(self, row: LabResult) -> str:
        """The line of the limits."""
        return str(words.CREDITS["tarc"])


class LabPage(serializers.Serializer):
    """A page of laboratory values."""

    results = LabOut(many=True)
    next = serializers.URLField(allow_null=True)


class ChartQuery(StrictSerializer):
    """How far back."""

    range = serializers.ChoiceField(RANGE_CHOICES, default="1y")


class PointOut(serializers.Serializer):
    """One point. The schema's only: the answer is written from plain values."""

    id = serializers.UUIDField()
    on = serializers.DateField(help_text="Assessed or collected.")
    entered_at = serializers.DateTimeField()
    value = Exact()
    band = serializers.ChoiceField(BANDS, allow_blank=True)
    respondent = serializers.ChoiceField(Respondent.choices, allow_blank=True)
    who = serializers.CharField(help_text="Who scored it; where the patient or a carer answered, who entered it.")
    weight_set = serializers.ChoiceField(WEIGHT_SETS, allow_blank=True)
    is_imputed = serializers.BooleanField()
    is_amended = serializers.BooleanField(help_text="It stands in place of one that was corrected.")
    in_trend = serializers.BooleanField(help_text="Of several on a day only the last entered is.")
    limit = Exact(allow_null=True, help_text="Of TARC: the laboratory's own limit, else the published one.")


class SeriesOut(serializers.Serializer):
    """The points of one instrument, or of TARC, the oldest first."""

    instrument = serializers.ChoiceField(SERIES_CHOICES)
    credit = serializers.CharField()
    points = PointOut(many=True)


class ChartOut(serializers.Serializer):
    """What the chart is drawn from: what counts, without drafts, amended versions and what was entered in error."""

    range = serializers.ChoiceField(RANGE_CHOICES)
    from_on = serializers.DateField(allow_null=True, help_text="Null for all.")
    until_on = serializers.DateField(help_text="Today at the clinic.")
    series = SeriesOut(many=True)


class CorrectIn(PatientIn):
    """A correction of a record."""

    affected_scores = serializers.ChoiceField(
        AffectedScores.choices,
        allow_blank=True,
        default="",
        help_text="What to do with stored scores that a corrected birth date changes, once a 409 has listed them.",
    )


class AffectedOut(serializers.Serializer):
    """A stored score that rests on the birth date, and what it would be with the new one. TARC: its limit by age."""

    id = serializers.UUIDField(source="row.public_id")
    instrument = serializers.SerializerMethodField()
    on = serializers.DateField()
    stored = Exact(allow_null=True)
    corrected = Exact(allow_null=True)

    @extend_schema_field(serializers.ChoiceField(SERIES_CHOICES))
    def get_instrument(self, affected: Any) -> str:
        """Of an assessment its own, of a laboratory value `tarc`."""
        return str(getattr(affected.row, "instrument", "tarc"))


class CorrectionProblem(Problem):
    """Nothing was saved: the record is in that state already (`current`), or scores rest on the birth date."""

    current = PatientOut(required=False)
    affected_scores = AffectedOut(many=True, required=False)
