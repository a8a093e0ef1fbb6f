"""Facts the rules depend on: saved by the actions of patients, and the lines checked again, in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from clinics.access import Actor
from patients import actions as patients
from patients.models import Allergy, Measurement, Patient, Precaution
from patients.models.base import PatientRow
from regimens.actions.work import check_again
from regimens.models import DosePlan, PastTreatment


@transaction.atomic
def record_allergy(by: Actor, patient: Patient, *, at: datetime, **values: Any) -> Allergy:
    """patients.actions.record_allergy, and every line checked again."""
    row = patients.record_allergy(by, patient, **values, at=at)
    check_again(by, patient, at=at)
    return row


@transaction.atomic
def record_no_known_allergies(by: Actor, patient: Patient, *, at: datetime) -> None:
    """patients.actions.record_no_known_allergies, and every line checked again."""
    patients.record_no_known_allergies(by, patient, at=at)
    patient.refresh_from_db(fields=["no_known_allergies_on", "no_known_allergies_by"])
    check_again(by, patient, at=at)


@transaction.atomic
def record_measurement(by: Actor, patient: Patient, *, at: datetime, **values: Any) -> Measurement:
    """patients.actions.record_measurement, and every line checked again."""
    row = patients.record_measurement(by, patient, **values, at=at)
    check_again(by, patient, at=at)
    return row


@transaction.atomic
def record_precaution(by: Actor, patient: Patient, values: dict[str, Any], *, at: datetime) -> Precaution:
    """patients.actions.record_precaution, and every line checked again."""
    row = patients.record_precaution(by, patient, values, at=at)
    check_again(by, patient, at=at)
    return row


@transaction.atomic
def update_patient(by: Actor, patient: Patient, values: dict[str, Any], *, at: datetime, **more: Any) -> Patient:
    """patients.actions.update_patient; a new zone is that of the doses from now on, and a new birth date is checked."""
    before = patient.birth_date, patient.zone
    row = patients.update_patient(by, patient, values, **more, at=at)
    if row.zone != before[1]:
        DosePlan.objects.live().filter(patient=row).update(zone=row.zone or row.clinic.zone)
    if (row.birth_date, row.zone) != before:
        check_again(by, row, at=at)
    return row


@transaction.atomic
def reopen_patient(by: Actor, patient: Patient, *, version: int, at: datetime) -> Patient:
    """patients.actions.reopen_patient, and every line checked again: of a closed record nothing waited."""
    row = patients.reopen_patient(by, patient, version=version, at=at)
    check_again(by, row, at=at)
    return row


@transaction.atomic
def withdraw(by: Actor, row: PatientRow, *, reason: str, at: datetime) -> None:
    """patients.actions.withdraw, and every line checked again when a rule may depend on the row."""
    patients.withdraw(by, row, reason=reason, at=at)
    if isinstance(row, (Allergy, Measurement, Precaution, PastTreatment)):
        check_again(by, row.patient, at=at)
