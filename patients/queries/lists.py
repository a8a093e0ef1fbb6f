"""Finding patients. Nothing here grows with their number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, reduce
from operator import and_
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import BigIntegerField, BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clinics.access import May, clinics_where
from clinics.models import Clinic
from clinics.models.base import day
from clinics.statements import Given, Statement
from patients import ages, names, words
from patients.models import (
    Patient,
    Sex,
)
from patients.queries.scores import OUT_OF_DATE_DAYS, age_words, score_text

PAGE_SIZE = 50


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


class Part(NamedTuple):
    """One range of one index: names of CONDITIONS, and the values they take."""

    conditions: tuple[str, ...]
    values: dict[str, Any]

    def plus(self, condition: str, **values: Any) -> Part:
        """The same range, narrowed."""
        return Part((*self.conditions, condition), self.values | values)


NAME_KEY, KEY = Patient._meta.get_field("name_key"), BigIntegerField()
FROM_HERE = Given("name_key", NAME_KEY)
# The redundant first half of "after" and "before" is the one the index can start from.
CONDITIONS: dict[str, Q] = {
    "clinic": Q(clinic_id=Given("clinic", KEY)),
    "open": Q(closed_at__isnull=True),
    "born": Q(birth_date=Given("born", Patient._meta.get_field("birth_date"))),
    "number": Q(record_number__in=[Given(name, Patient._meta.get_field("record_number")) for name in ("typed", "upper")]),
    "name": Q(name_key__gte=Given("prefix", NAME_KEY), name_key__lt=Given("end", NAME_KEY)),
    "is": Q(public_id=Given("public_id", Patient._meta.get_field("public_id"))),
    "after": Q(name_key__gte=FROM_HERE) & (Q(name_key__gt=FROM_HERE) | Q(id__gt=Given("id", KEY))),
    "before": Q(name_key__lte=FROM_HERE) & (Q(name_key__lt=FROM_HERE) | Q(id__lt=Given("id", KEY))),
}


def found(user: Any, clinic: Clinic, search: Search) -> list[Part]:
    """Patients of a clinic that fit the search, those the account may see: whoever is in any of these parts.

    Each part is one range of one index, so a page of it costs a page. Joined by OR in one query they would make PostgreSQL
    walk the clinic in name order and look at every row before the first that fits.
    """
    if clinic.pk not in clinics_where(user, May.SEE_PATIENTS):
        return []
    rows = Part(("clinic",), {"clinic": clinic.pk})
    if not search.with_closed:
        rows = rows.plus("open")
    if search.born_on is not None:
        rows = rows.plus("born", born=search.born_on)
    if not search.text:
        return [rows]
    by_number = rows.plus("number", typed=search.text.strip(), upper=search.text.strip().upper())
    prefixes = names.search_prefixes(search.text)
    return [by_number, *(rows.plus("name", prefix=prefix, end=prefix + "\U0010ffff") for prefix in prefixes)]


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
    easi: Decimal | None
    easi_band: str | None
    easi_on: date | None
    poem: int | None
    poem_band: str | None
    poem_on: date | None
    out_of_date_days: int | None  # the clinic's choice, the same in every row


# The current scores stand in one row per patient (models.CurrentScores): a join by key for each line of the page.
OWN = frozenset(column.name for column in Patient._meta.get_fields()) | {"is_alike"}
COLUMNS = tuple(name if name in OWN else f"scores__{name}" for name in Listed._fields[:-1])
COLUMNS += ("clinic__score_settings__out_of_date_days",)
PLACE = ("name_key", "id")


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


@lru_cache(maxsize=256)
def _statement(conditions: tuple[str, ...], columns: tuple[str, ...], count: int, *, backwards: bool = False) -> Statement:
    """So many rows under these conditions in name order."""

    def rows() -> QuerySet:
        fitting = Patient.objects.filter(reduce(and_, (CONDITIONS[name] for name in conditions)))
        order = ("-name_key", "-id") if backwards else ("name_key", "id")
        return fitting.annotate(is_alike=alike()).order_by(*order).values_list(*columns)[:count]

    return Statement(rows)


def page_of_patients(
    parts: list[Part], *, after: UUID | None = None, before: UUID | None = None, size: int = PAGE_SIZE
) -> Page:
    """The page that follows, or precedes, a patient (by public id) in name order; the first page without either.

    A patient that is no longer in the list gives the first page.
    """
    place = _place(parts, after or before)
    if place is None:
        rows = _first(parts, size + 1)
        return Page(rows[:size], has_next=len(rows) > size, has_previous=False)
    if after:
        rows = _first([part.plus("after", **place) for part in parts], size + 1)
        return Page(rows[:size], has_next=len(rows) > size, has_previous=True)
    rows = _first([part.plus("before", **place) for part in parts], size + 1, backwards=True)
    return Page(rows[:size][::-1], has_next=True, has_previous=len(rows) > size)


def _place(parts: list[Part], public_id: UUID | None) -> dict[str, Any] | None:
    """Where a patient of the list stands in name order."""
    for part in parts if public_id is not None else []:
        one = part.plus("is", public_id=public_id)
        for place in _statement(one.conditions, PLACE, 1).run(**one.values):
            return dict(zip(PLACE, place, strict=True))
    return None


def _first(parts: list[Part], count: int, *, backwards: bool = False) -> list[Listed]:
    """The first, or last, rows of the parts together in name order; somebody in two parts comes once."""
    rows: dict[int, Listed] = {}
    for part in parts:
        found = _statement(part.conditions, COLUMNS, count, backwards=backwards).run(**part.values)
        rows |= {row.id: row for row in map(Listed._make, found)}
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
    easi: str = ""
    easi_word: str = ""
    easi_age: str = ""
    poem: str = ""
    poem_word: str = ""
    poem_age: str = ""


def lines(rows: list[Listed], base: str, *, on: date, with_scores: bool) -> list[Line]:
    """Rows for the list; `base` is the address of the list, under which every record lies.

    Scores stand in them with their age, for those who may see them.
    """
    sexes, easi, poem = _words(get_language() or "")
    wording = Wording(easi, poem, on, (rows[0].out_of_date_days if rows else None) or OUT_OF_DATE_DAYS)
    return [
        Line(
            f"{base}{row.public_id}/",
            names.shown(row.family_name, row.given_name),
            row.preferred_name,
            day(row.birth_date),
            ages.text(row.birth_date, on, row.deceased_on),
            sexes[row.sex],
            row.record_number,
            row.is_alike,
            status(row),
            *(wording.scores(row) if with_scores else ()),
        )
        for row in rows
    ]


@lru_cache(maxsize=32)
def _words(language: str) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Sexes, bands of EASI and bands of POEM in words of a language."""
    sexes = {value: str(label) for value, label in Sex.choices}
    return sexes, words.bands_in_words("easi"), words.bands_in_words("poem")


class Wording:
    """The words for scores on a page: bands by instrument, and how old a score of a day is, each age worked out once."""

    def __init__(self, easi: dict[str, str], poem: dict[str, str], today: date, old_after: int):
        self.easi, self.poem, self.today, self.old_after = easi, poem, today, old_after
        self._ages: dict[date, str] = {}

    def age(self, on: date) -> str:
        """How old: "3 weeks ago", "20 weeks ago, out of date"."""
        if on not in self._ages:
            text = age_words(on, self.today)
            is_old = (self.today - on).days > self.old_after
            self._ages[on] = _("%(age)s, out of date") % {"age": text} if is_old else text
        return self._ages[on]

    def scores(self, row: Listed) -> tuple[str, ...]:
        """The scores of one row of the list, as they stand in Line."""
        easi = poem = ("", "", "")
        if row.easi is not None and row.easi_on is not None:
            easi = score_text("easi", row.easi), self.easi[row.easi_band or ""], self.age(row.easi_on)
        if row.poem is not None and row.poem_on is not None:
            poem = str(row.poem), self.poem[row.poem_band or ""], self.age(row.poem_on)
        return easi + poem


def status(patient: Patient | Listed) -> str:
    """A word for a record that is not simply open: died, closed, or nothing."""
    if patient.deceased_on:
        return _("Died %(on)s") % {"on": day(patient.deceased_on)}
    return _("Closed") if patient.closed_at else ""
