"""Registering, correcting, closing; opening a record, which is itself an event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.models import Clinic, Kind
from patients.actions.locks import lock_numbers, locked
from patients.actions.people import add_contact_point, grant_guardian
from patients.actions.rescore import last_score_on, settle_affected
from patients.ages import completed_years
from patients.models import CloseReason, Patient
from patients.models.patient import EARLIEST_BIRTH, EDITABLE, NEEDS_GUARDIAN_UNDER


def _check_birth(clinic: Clinic, born_on: date, at: datetime) -> None:
    if born_on > clinic.today(at):
        raise ValidationError({"birth_date": _("The date of birth is in the future.")})
    if born_on < EARLIEST_BIRTH:
        raise ValidationError({"birth_date": _("The year of birth is before 1880.")})


def _check_number(patient: Patient) -> None:
    lock_numbers(patient.clinic)
    others = Patient.objects.filter(clinic_id=patient.clinic_id, record_number=patient.record_number).exclude(pk=patient.pk)
    if others.exists():
        raise ValidationError({"record_number": _("Another patient of this clinic has this record number.")})


@transaction.atomic
def register_patient(
    by: Actor,
    clinic: Clinic,
    values: dict[str, Any],
    *,
    guardian: dict[str, Any] | None = None,
    contacts: dict[str, str] | None = None,
    at: datetime,
) -> Patient:
    """A new patient of a clinic from the EDITABLE values, with a guardian (as grant_guardian) and addresses by kind.

    Below 16 completed years there is a guardian, or a reason why there is none. ValidationError names the field; those of
    the guardian begin with "guardian_".
    """
    by.must(May.EDIT_PATIENTS, clinic)
    patient = Patient(
        clinic=clinic, registered_at=at, registered_by=by.user, **{k: values[k] for k in EDITABLE if k in values}
    )
    _check_birth(clinic, patient.birth_date, at)
    patient.clean_fields(exclude=["name_key", "alike_key"])  # before a value reaches a query
    _check_number(patient)
    patient.save()
    audit.record(by, "patient registered", Kind.CREATE, at=at, obj=patient, patient=patient.public_id)
    if guardian is not None:
        with _errors_named("guardian_{}"):
            grant_guardian(by, patient, guardian, at=at)
    elif needs_guardian(patient, clinic.today(at)) and not patient.no_guardian_reason:
        raise ValidationError({"no_guardian_reason": _("Under 16: enter a guardian, or say why there is none.")})
    for kind, address in (contacts or {}).items():
        with _errors_named(kind):
            add_contact_point(by, patient, kind=kind, address=address, at=at)
    return patient


def needs_guardian(patient: Patient, on: date) -> bool:
    """Whether the patient is under 16 on a date."""
    return completed_years(patient.birth_date, on) < NEEDS_GUARDIAN_UNDER


@contextmanager
def _errors_named(pattern: str) -> Iterator[None]:
    """Errors of a part of the form under the names the whole form gives its fields."""
    try:
        yield
    except ValidationError as error:
        raise ValidationError({pattern.format(name): errors for name, errors in error.error_dict.items()}) from None


def open_patient(by: Actor, patient: Patient, *, at: datetime, page: str = "patient opened") -> None:
    """Note that somebody opened the record. Call it in the transaction that reads the page."""
    by.must(May.SEE_PATIENTS, patient.clinic)
    audit.record(by, page, Kind.READ, at=at, obj=patient, patient=patient.public_id)


def show_duplicates(by: Actor, alike: list[Patient], *, at: datetime) -> None:
    """Note of each patient that somebody registering was shown them as a possible duplicate."""
    for patient in alike:
        open_patient(by, patient, at=at, page="possible duplicate shown")


def open_list(by: Actor, clinic: Clinic, *, searched: bool, at: datetime, page: str = "patients listed") -> None:
    """Note that somebody looked at the list of a clinic's patients, or searched it (for what is not noted)."""
    by.must(May.SEE_PATIENTS, clinic)
    audit.record(by, "patients searched" if searched else page, Kind.READ, at=at)


@transaction.atomic
def update_patient(
    by: Actor, patient: Patient, values: dict[str, Any], *, version: int, affected_scores: str = "", at: datetime
) -> Patient:
    """Correct EDITABLE values. Stale when the record changed since `version`; ValidationError names the field.

    ScoresAffected when stored scores rest on the date of birth and `affected_scores` does not say what to do with them.
    """
    by.must(May.EDIT_PATIENTS, patient.clinic)
    current = locked(patient)
    if current.version != version:
        raise Stale(current)
    changed = [name for name in EDITABLE if name in values and getattr(current, name) != values[name]]
    for name in changed:
        setattr(current, name, values[name])
    if changed:
        _check_birth(current.clinic, current.birth_date, at)
        if current.deceased_on and current.deceased_on < current.birth_date:
            raise ValidationError({"birth_date": _("The date of birth is after the date of death.")})
        current.clean_fields(exclude=["name_key", "alike_key"])
        _check_number(current)
        current.version = version + 1
        current.save()
        audit.record(by, "patient changed", Kind.UPDATE, at=at, obj=current, patient=current.public_id, fields=changed)
        if "birth_date" in changed:
            settle_affected(by, current, affected_scores, at=at)
    return current


@transaction.atomic
def close_patient(
    by: Actor, patient: Patient, *, reason: str, deceased_on: date | None = None, version: int, at: datetime
) -> Patient:
    """Close a record: it leaves the lists and stays readable. A death needs its date, between birth and today."""
    by.must(May.EDIT_PATIENTS, patient.clinic)
    current = locked(patient)
    if current.version != version or current.closed_at is not None:
        raise Stale(current)
    if reason not in CloseReason.values:
        raise ValidationError({"reason": _("Choose why the record is closed.")})
    if reason == CloseReason.DIED and deceased_on is None:
        raise ValidationError({"deceased_on": _("Enter the date of death.")})
    if reason != CloseReason.DIED and deceased_on is not None:
        raise ValidationError({"deceased_on": _("A date of death belongs to the reason “Died”.")})
    if deceased_on is not None and not current.birth_date <= deceased_on <= current.clinic.today(at):
        raise ValidationError({"deceased_on": _("The date of death is before birth or in the future.")})
    if deceased_on is not None and (last := last_score_on(current)) is not None and last > deceased_on:
        raise ValidationError({"deceased_on": _("A score or laboratory value is recorded for a later day.")})
    current.closed_at, current.closed_by, current.close_reason = at, by.account, reason
    current.deceased_on = deceased_on
    current.version = version + 1
    current.save()
    audit.record(by, "patient closed", Kind.UPDATE, at=at, obj=current, patient=current.public_id, reason=reason)
    return current


@transaction.atomic
def reopen_patient(by: Actor, patient: Patient, *, version: int, at: datetime) -> Patient:
    """Open a closed record again; a date of death entered with the closing is taken back."""
    by.must(May.EDIT_PATIENTS, patient.clinic)
    current = locked(patient)
    if current.version != version or current.closed_at is None:
        raise Stale(current)
    current.closed_at = current.closed_by = current.deceased_on = None
    current.close_reason = ""
    current.version = version + 1
    current.save()
    audit.record(by, "patient reopened", Kind.UPDATE, at=at, obj=current, patient=current.public_id)
    return current
