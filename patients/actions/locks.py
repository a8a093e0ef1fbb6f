"""One at a time: what a check has seen must still be so when its row is written."""

from __future__ import annotations

from clinics.models import Clinic
from patients.models import Patient


def locked(patient: Patient) -> Patient:
    """The patient as stored, held until the transaction ends: every action on their rows begins with it.

    The key stays free (no_key), so rows that only point at the patient do not wait. Without effect on SQLite, where one
    transaction writes at a time.
    """
    rows = Patient.objects.select_for_update(of=("self",), no_key=True).select_related("clinic")
    return rows.get(pk=patient.pk)


def lock_numbers(clinic: Clinic) -> None:
    """Hold the clinic's record numbers until the transaction ends. After the patient, never before one that exists."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
