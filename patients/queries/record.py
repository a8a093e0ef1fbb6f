"""What the pages of one record show."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext as _

from clinics.access import May
from clinics.models.base import day
from patients.models import (
    Allergy,
    Measurement,
    Patient,
    Precaution,
    PrecautionKind,
    PrecautionState,
)
from patients.models.base import PatientRow
from patients.models.patient import EDITABLE
from patients.queries.lists import status
from patients.queries.scores import drafts, latest_lab, latest_scores


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


def summary(patient: Patient, rights: frozenset[May], *, on: date) -> dict[str, Any]:
    """What the record's first page shows besides the banner; clinical facts only to those who may see them."""
    if May.SEE_CLINICAL not in rights:
        return {"clinical": False}
    return {
        "clinical": True,
        "may_record": May.RECORD_FACTS in rights,
        "may_score": May.SCORE in rights,
        "scores": latest_scores(patient, on, latest_lab(patient)),
        "drafts": drafts(patient),
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
