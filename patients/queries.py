"""What the pages about patients read. Nothing here grows with the number of patients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.conf.locale import LANG_INFO
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL
from django.http import Http404
from django.utils.translation import gettext as _

from clinics.access import May
from clinics.errors import NotYours
from clinics.models import AuditEvent, Clinic, Kind
from clinics.models.base import day
from patients import ages, names
from patients.models import (
    Allergy,
    Consent,
    ContactPoint,
    GuardianLink,
    Measurement,
    Patient,
    PatientLink,
    Precaution,
    PrecautionKind,
    PrecautionState,
    Sex,
)
from patients.models.base import PatientRow
from patients.models.patient import EDITABLE, PatientQuerySet

PAGE_SIZE = 50
Row = TypeVar("Row", bound=PatientRow)


def patient(user: Any, public_id: UUID) -> Patient:
    """The patient this account may see; NotYours for another clinic's, Http404 for none: the answers look the same."""
    row = Patient.objects.visible_to(user).select_related("clinic").filter(public_id=public_id).first()
    if row is not None:
        return row
    foreign = Patient.objects.filter(public_id=public_id).values_list("clinic__public_id", flat=True).first()
    if foreign is not None:
        raise NotYours(object_type="patient", object_id=public_id, clinic=foreign, patient=public_id)
    raise Http404


def row_of(model: type[Row], user: Any, patient: Patient, public_id: UUID) -> Row:
    """A row about this very patient that the account may see, or Http404."""
    row = (
        model.objects.visible_to(user)
        .select_related("patient__clinic")
        .filter(patient=patient, public_id=public_id)
        .first()
    )
    if row is not None:
        return row
    elsewhere = (
        model.objects.filter(public_id=public_id).values_list("patient__public_id", "patient__clinic__public_id").first()
    )
    if elsewhere is not None:
        name = str(model._meta.model_name)
        raise NotYours(object_type=name, object_id=public_id, clinic=elsewhere[1], patient=elsewhere[0])
    raise Http404


# Written out: built from querysets, this one column took longer than PostgreSQL takes for the whole page.
ALIKE = """EXISTS (
    SELECT 1 FROM patients_patient other
    WHERE other.clinic_id = patients_patient.clinic_id AND other.alike_key = patients_patient.alike_key
    AND other.closed_at IS NULL AND other.id <> patients_patient.id
)"""


def alike() -> RawSQL:
    """Whether another open record of the clinic bears a name that is easily taken for this one."""
    return RawSQL(ALIKE, [], output_field=BooleanField())  # noqa: S611 - a constant


@dataclass(frozen=True)
class Search:
    """What was looked for: a name (or its start), a record number, a birth date; empty finds everybody."""

    text: str = ""
    born_on: date | None = None
    with_closed: bool = False


def found(user: Any, clinic: Clinic, search: Search) -> list[PatientQuerySet]:
    """Patients of a clinic that fit the search: whoever is in any of these parts.

    Each part is one range of one index, so a page of it costs a page. Joined by OR in one query they would make PostgreSQL
    walk the clinic in name order and look at every row before the first that fits.
    """
    rows = Patient.objects.visible_to(user).filter(clinic=clinic)
    if not search.with_closed:
        rows = rows.open()
    if search.born_on is not None:
        rows = rows.filter(birth_date=search.born_on)
    if not search.text:
        return [rows]
    by_number = rows.filter(record_number__in={search.text.strip(), search.text.strip().upper()})
    prefixes = names.search_prefixes(search.text)
    return [by_number, *(rows.filter(name_key__gte=prefix, name_key__lt=prefix + "\U0010ffff") for prefix in prefixes)]


class Listed(NamedTuple):
    """A patient in a list: who, and nothing else. A page of these takes a third of the time of a page of models."""

    id: int
    public_id: UUID
    record_number: str
    family_name: str
    given_name: str
    preferred_name: str
    birth_date: date
    sex: str
    deceased_on: date | None
    closed_at: datetime | None
    name_key: str
    is_alike: bool


@dataclass(frozen=True)
class Page:
    """A part of a list in name order, and whether more lies on either side."""

    rows: list[Listed]
    has_next: bool
    has_previous: bool

    @property
    def last(self) -> Listed:
        """The row the next page follows."""
        return self.rows[-1]


def page_of_patients(
    parts: list[PatientQuerySet], *, after: UUID | None = None, before: UUID | None = None, size: int = PAGE_SIZE
) -> Page:
    """The page that follows, or precedes, a patient (by public id) in name order; the first page without either.

    A patient that is no longer in the list gives the first page.
    """
    anchor = _place(parts, after or before)
    if anchor is None:
        rows = _first(parts, size + 1)
        return Page(rows[:size], has_next=len(rows) > size, has_previous=False)
    key, pk = anchor
    # The redundant first condition is the one the index can start from.
    if after:
        parts = [part.filter(name_key__gte=key).filter(Q(name_key__gt=key) | Q(id__gt=pk)) for part in parts]
        rows = _first(parts, size + 1)
        return Page(rows[:size], has_next=len(rows) > size, has_previous=True)
    parts = [part.filter(name_key__lte=key).filter(Q(name_key__lt=key) | Q(id__lt=pk)) for part in parts]
    rows = _first(parts, size + 1, backwards=True)
    return Page(rows[:size][::-1], has_next=True, has_previous=len(rows) > size)


def _place(parts: list[PatientQuerySet], public_id: UUID | None) -> tuple[str, int] | None:
    """Where a patient of the list stands in name order."""
    if public_id is None:
        return None
    return reduce(or_, parts).filter(public_id=public_id).values_list("name_key", "id").first()


def _first(parts: list[PatientQuerySet], count: int, *, backwards: bool = False) -> list[Listed]:
    """The first, or last, rows of the parts together in name order; somebody in two parts comes once."""
    order = ("-name_key", "-id") if backwards else ("name_key", "id")
    rows: dict[int, Listed] = {}
    for part in parts:
        values = part.annotate(is_alike=alike()).order_by(*order).values_list(*Listed._fields)[:count]
        rows |= {row.id: row for row in map(Listed._make, values)}
    # Python compares text by code point, as both engines do for this column (migration 0002).
    return sorted(rows.values(), key=lambda row: (row.name_key, row.id), reverse=backwards)[:count]


def possible_duplicates(clinic: Clinic, *, family: str, given: str, born_on: date) -> list[Patient]:
    """Patients of the clinic, closed ones too, born on the same day with a similar name."""
    key = names.alike_key(family, given)
    same_day = Patient.objects.filter(clinic=clinic, birth_date=born_on).order_by("name_key", "id")
    return [row for row in same_day if names.similarity(key, row.alike_key) >= names.SIMILAR]


class Line(NamedTuple):
    """One row of the list, every value formatted once: the template only places them."""

    url: str
    name: str
    preferred: str
    born: str
    age: str
    sex: str
    number: str
    is_alike: bool
    status: str


def lines(rows: list[Listed], base: str, *, on: date) -> list[Line]:
    """Rows for the list; `base` is the address of the list, under which every record lies."""
    sexes = {value: str(label) for value, label in Sex.choices}
    return [
        Line(
            url=f"{base}{row.public_id}/",
            name=names.shown(row.family_name, row.given_name),
            preferred=row.preferred_name,
            born=day(row.birth_date),
            age=ages.text(row.birth_date, on, row.deceased_on),
            sex=sexes[row.sex],
            number=row.record_number,
            is_alike=row.is_alike,
            status=status(row),
        )
        for row in rows
    ]


def status(patient: Patient | Listed) -> str:
    """A word for a record that is not simply open: died, closed, or nothing."""
    if patient.deceased_on:
        return _("Died %(on)s") % {"on": day(patient.deceased_on)}
    return _("Closed") if patient.closed_at else ""


@dataclass(frozen=True)
class Banner:
    """Who the record is about, as it stands on top of each of its pages and on paper."""

    name: str
    preferred: str
    born: str
    age: str
    sex: str
    number: str
    is_alike: bool
    needs_interpreter: bool
    language: str
    status: str
    allergies: AllergyState | None  # None: not for this person's eyes


def banner(patient: Patient, rights: frozenset[May], *, on: date) -> Banner:
    """The banner for somebody with these rights; the age on a date of the clinic."""
    others = Patient.objects.open().filter(clinic_id=patient.clinic_id, alike_key=patient.alike_key).exclude(pk=patient.pk)
    return Banner(
        name=str(patient),
        preferred=patient.preferred_name,
        born=day(patient.birth_date),
        age=patient.age_text(on),
        sex=patient.get_sex_display(),
        number=patient.record_number,
        is_alike=others.exists(),
        needs_interpreter=patient.needs_interpreter,
        language=LANG_INFO.get(patient.language, {}).get("name", ""),
        status=status(patient),
        allergies=allergy_state(patient) if May.SEE_CLINICAL in rights else None,
    )


def summary(patient: Patient, rights: frozenset[May]) -> dict[str, Any]:
    """What the record's first page shows besides the banner; clinical facts only to those who may see them."""
    if May.SEE_CLINICAL not in rights:
        return {"clinical": False}
    return {
        "clinical": True,
        "may_record": May.RECORD_FACTS in rights,
        "allergies": allergy_state(patient),
        "precautions": precautions(patient),
        "measurements": measurements(patient),
        "taken_back": taken_back(patient),
    }


def taken_back(patient: Patient, limit: int = 50) -> list[PatientRow]:
    """Clinical facts that were withdrawn or replaced, the last first: nothing that was recorded disappears."""
    rows: list[PatientRow] = []
    for model in (Allergy, Measurement, Precaution):
        gone = model.objects.filter(patient=patient, withdrawn_at__isnull=False).select_related(
            "recorded_by", "withdrawn_by"
        )
        rows += gone.order_by("-withdrawn_at")[:limit]
    return sorted(rows, key=lambda row: (row.withdrawn_at, row.pk), reverse=True)[:limit]


def differences(stored: Patient, typed: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Where typed values differ from the stored ones: label, stored, typed."""
    found_ones = []
    for name, value in typed.items():
        if name not in EDITABLE or getattr(stored, name) == value:
            continue
        column: Any = Patient._meta.get_field(name)
        found_ones.append((str(column.verbose_name), _shown(column, getattr(stored, name)), _shown(column, value)))
    return found_ones


def _shown(column: Any, value: Any) -> str:
    if isinstance(value, date):
        return day(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(dict(column.flatchoices).get(value, value)) or "–"


@dataclass(frozen=True)
class AllergyState:
    """What the banner says about allergies: the recorded ones, or that there is none, or that nobody asked."""

    recorded: list[Allergy] = field(default_factory=list)
    none_known_on: date | None = None

    @property
    def not_asked(self) -> bool:
        """Nobody asked yet."""
        return not self.recorded and self.none_known_on is None


def allergy_state(patient: Patient) -> AllergyState:
    """The allergies of a patient, or the state that stands for none."""
    return AllergyState(list(Allergy.objects.live().filter(patient=patient).order_by("id")), patient.no_known_allergies_on)


@dataclass(frozen=True)
class PrecautionLine:
    """One kind of precaution as the page shows it: its live rows, or "not asked"."""

    kind: PrecautionKind
    rows: list[Precaution]

    @property
    def not_asked(self) -> bool:
        """Nothing recorded, or recorded as not asked."""
        return all(row.state == PrecautionState.NOT_ASKED for row in self.rows)


def precautions(patient: Patient) -> list[PrecautionLine]:
    """Every kind of precaution with what is known of it, in the order of the list."""
    rows = list(
        Precaution.objects.live().filter(patient=patient).select_related("recorded_by").order_by("-recorded_at", "-id")
    )
    return [PrecautionLine(kind, [row for row in rows if row.kind == kind]) for kind in PrecautionKind]


def measurements(patient: Patient, limit: int = 10) -> list[Measurement]:
    """The latest weights and heights, the newest first."""
    rows = Measurement.objects.live().filter(patient=patient).select_related("recorded_by")
    return list(rows.order_by("-measured_on", "-id")[:limit])


@dataclass(frozen=True)
class People:
    """Everybody around a patient, live rows first."""

    account: PatientLink | None
    guardians: list[GuardianLink]
    contacts: list[ContactPoint]
    consents: list[Consent]


def people(patient: Patient) -> People:
    """Accounts, guardians, addresses and consents of a patient; withdrawn ones stay visible below."""
    return People(
        account=PatientLink.objects.live().filter(patient=patient).select_related("user").first(),
        guardians=_live_first(
            GuardianLink.objects.filter(patient=patient).select_related("user", "evidence_checked_by", "withdrawn_by")
        ),
        contacts=_live_first(ContactPoint.objects.filter(patient=patient).select_related("guardian", "withdrawn_by")),
        consents=_live_first(Consent.objects.filter(patient=patient).select_related("recorded_by", "withdrawn_by")),
    )


def _live_first(rows: Any) -> list[Any]:
    return sorted(rows.order_by("-recorded_at", "-id"), key=lambda row: row.withdrawn_at is not None)


def rows_about(
    model: type[Row],
    patient: Patient,
    *,
    related: tuple[str, ...] = ("recorded_by",),
    with_withdrawn: bool = False,
    after: UUID | None = None,
    size: int = PAGE_SIZE,
) -> tuple[list[Row], bool]:
    """Rows of one kind about a patient, the last recorded first, those that follow `after`; and whether more follow.

    Rows are withdrawn, never deleted, so a row that was the last of a page can always be continued from.
    """
    rows = model.objects.filter(patient=patient).select_related(*related)
    if not with_withdrawn:
        rows = rows.live()
    if after is not None:
        rows = rows.filter(id__lt=model.objects.filter(patient=patient, public_id=after).values("id"))
    part = list(rows.order_by("-id")[: size + 1])
    return part[:size], len(part) > size


def record_numbers(user: Any, patients: Iterable[UUID | None]) -> dict[UUID, str]:
    """Record numbers of those of these patients that the account may see; for lists that must not show names."""
    wanted = {public_id for public_id in patients if public_id is not None}
    return dict(Patient.objects.visible_to(user).filter(public_id__in=wanted).values_list("public_id", "record_number"))


CLINICAL_ROWS = frozenset({"allergy", "measurement", "precaution"})
CLINICAL_VERBS = frozenset({"allergy state recorded"})


def without_clinical_detail(rows: list[AuditEvent]) -> list[AuditEvent]:
    """Audit rows as a clinic administrator may read them: that clinical facts were touched, not which."""
    for row in rows:
        if row.object_type in CLINICAL_ROWS or row.verb in CLINICAL_VERBS:
            row.verb, row.object_type = f"clinical facts {Kind(row.kind).label}", "patient"
    return rows


def patient_with_number(user: Any, clinic: Clinic, number: str) -> UUID | None:
    """The public id of the clinic's patient with this record number."""
    known = Patient.objects.visible_to(user).filter(clinic=clinic, record_number=number.strip())
    return known.values_list("public_id", flat=True).first()


def foreign_patient(pk: str) -> Http404:
    """What to raise for a patient (by key, as the Django admin asks) not for this account: NotYours if there is one."""
    known = Patient.objects.filter(pk=pk) if pk.isdecimal() else Patient.objects.none()
    found = known.select_related("clinic").first()
    if found is None:
        return Http404()
    return NotYours(
        object_type="patient", object_id=found.public_id, clinic=found.clinic.public_id, patient=found.public_id
    )
