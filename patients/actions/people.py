"""Who is the patient, who may act for them, how they are reached, what they agreed to."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.models import Kind, User
from patients.actions.locks import locked
from patients.models import Consent, ContactKind, ContactPoint, GuardianLink, Patient, PatientLink

MOBILE = re.compile(r"\+[1-9]\d{6,14}\Z", re.ASCII)  # E.164


@transaction.atomic
def link_account(by: Actor, patient: Patient, user: User, *, at: datetime) -> PatientLink:
    """This account is this patient. One live account per patient."""
    by.must(May.GRANT_ACCESS, patient.clinic)
    patient = locked(patient)
    if PatientLink.objects.live().filter(patient=patient).exists():
        raise ValidationError({"user": _("The patient has an account already.")})
    link = PatientLink.objects.create(patient=patient, user=user, recorded_at=at, recorded_by=by.user)
    audit.record(by, "patient account linked", Kind.CREATE, at=at, obj=link, patient=patient.public_id)
    return link


@transaction.atomic
def grant_guardian(by: Actor, patient: Patient, values: dict[str, Any], *, at: datetime) -> GuardianLink:
    """Let somebody act for the patient (name, relation, scope, evidence, from_on, until_on, user)."""
    by.must(May.GRANT_ACCESS, patient.clinic)
    patient = locked(patient)
    link = GuardianLink(patient=patient, recorded_at=at, recorded_by=by.user, evidence_checked_by=by.user, **values)
    link.name, link.evidence = link.name.strip(), link.evidence.strip()
    link.clean_fields()  # blank fields first, all of them at once; constraints, which name no field, last
    if link.until_on is not None and link.until_on < link.from_on:
        raise ValidationError({"until_on": _("The end is before the start.")})
    if link.from_on < patient.birth_date:
        raise ValidationError({"from_on": _("This date is before the birth.")})
    if link.user and GuardianLink.objects.live().filter(patient=patient, user=link.user).exists():
        raise ValidationError({"user": _("This person has access already.")})
    link.full_clean()
    link.save()
    audit.record(by, "guardian access granted", Kind.CREATE, at=at, obj=link, patient=patient.public_id)
    return link


@transaction.atomic
def add_contact_point(
    by: Actor,
    patient: Patient,
    *,
    kind: str,
    address: str,
    guardian: GuardianLink | None = None,
    is_preferred: bool = False,
    at: datetime,
) -> ContactPoint:
    """An e-mail address, or a mobile number as +49170…, of the patient or of a guardian of theirs; not yet verified."""
    by.must(May.EDIT_PATIENTS, patient.clinic)
    patient = locked(patient)
    address = address.strip().lower() if kind == ContactKind.EMAIL else "".join(address.split())
    if kind == ContactKind.EMAIL:
        _check_email(address)
    elif not MOBILE.match(address):
        raise ValidationError({"address": _("Write it like %(example)s.") % {"example": "+491701234567"}})
    if guardian is not None and guardian.patient_id != patient.pk:
        raise ValidationError({"guardian": _("This person is not around this patient.")})
    if ContactPoint.objects.live().filter(patient=patient, guardian=guardian, kind=kind, address=address).exists():
        raise ValidationError({"address": _("This address is recorded already.")})
    row = ContactPoint(
        patient=patient,
        guardian=guardian,
        kind=kind,
        address=address,
        is_preferred=is_preferred,
        recorded_at=at,
        recorded_by=by.user,
    )
    row.full_clean()
    row.save()
    audit.record(by, "contact added", Kind.CREATE, at=at, obj=row, patient=patient.public_id)
    return row


def _check_email(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise ValidationError({"address": _("Write it like %(example)s.") % {"example": "name@example.org"}}) from None


@transaction.atomic
def record_consent(
    by: Actor, patient: Patient, *, purpose: str, channel: str = "", given_on: date, given_by: str, at: datetime
) -> Consent:
    """A consent of the patient or a guardian, on a date not in the future."""
    by.must(May.GRANT_ACCESS, patient.clinic)
    patient = locked(patient)
    if not patient.birth_date <= given_on <= patient.clinic.today(at):
        raise ValidationError({"given_on": _("This date is in the future or before the birth.")})
    if Consent.objects.live().filter(patient=patient, purpose=purpose, channel=channel).exists():
        raise ValidationError({"purpose": _("This consent is recorded already.")})
    row = Consent(
        patient=patient,
        purpose=purpose,
        channel=channel,
        given_on=given_on,
        given_by=given_by.strip(),
        recorded_at=at,
        recorded_by=by.user,
    )
    row.full_clean()
    row.save()
    audit.record(by, "consent recorded", Kind.CREATE, at=at, obj=row, patient=patient.public_id)
    return row
