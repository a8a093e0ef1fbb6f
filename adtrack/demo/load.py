"""Write the demonstration through the actions, as its staff would, so that every rule holds and every audit row exists."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from adtrack.demo.accounts import ACCOUNTS, GUARDIAN, OTHER_STAFF, PATIENT, PLATFORM_ADMIN, STAFF, Account
from adtrack.demo.courses import Entry
from adtrack.demo.doses import keep_diary
from adtrack.demo.events import own_words, suffer
from adtrack.demo.generate import Guardian, Person, demo_clinic, other_clinic
from adtrack.demo.treatment import infect, treat
from clinics import audit
from clinics.access import Access, Actor, system_actor
from clinics.actions import accept_invitation, invite_member, open_clinic
from clinics.models import Clinic, Kind, User
from patients import actions
from patients.ages import completed_years
from patients.models import Assessment, GuardianLink, Patient
from patients.models.patient import NEEDS_GUARDIAN_UNDER
from regimens.actions import advance_due

CLINIC: dict[str, Any] = {
    "name": "Demo Clinic (made-up people)",
    "zone": "Europe/Berlin",
    "jurisdiction": "EU",
    "languages": ["en", "de"],
}
OTHER_CLINIC: dict[str, Any] = {
    "name": "Harbor Demo Clinic (made-up people)",
    "zone": "America/New_York",
    "jurisdiction": "US",
    "languages": ["en", "es"],
}
CHANNEL = "command"
OPEN_FOR = timedelta(weeks=156)  # the clinics opened before the first course began


def is_loaded() -> bool:
    """Whether the demonstration is in this database. Its first account tells: a clinic may have been renamed since."""
    return User.objects.filter(email=PLATFORM_ADMIN.email).exists()


@transaction.atomic
def load(*, at: datetime, more: int = 0, weeks: int | None = None) -> bool:
    """Both clinics with their people as of the instant, all or nothing; False when they are there already.

    `more` people in the first clinic; `weeks` as the length of the courses that are drawn.
    """
    if is_loaded():
        return False
    admin = _account(PLATFORM_ADMIN, is_staff=True, is_superuser=True)
    _account(PATIENT)
    _account(GUARDIAN)
    since = at - OPEN_FOR - timedelta(weeks=weeks or 0)
    for values, staff in ((CLINIC, STAFF), (OTHER_CLINIC, OTHER_STAFF)):
        clinic = open_clinic(system_actor(CHANNEL), **values, at=since)
        members = _staff(clinic, staff, admin, since)
        today = clinic.today(at)
        if staff is STAFF:
            own_words(members["dermatologist"], clinic, at=since)
        for person in demo_clinic(today, more=more, weeks=weeks) if staff is STAFF else other_clinic(today):
            _register(person, clinic, members, at)
    advance_due(at=at)
    return True


@transaction.atomic
def set_password(password: str, *, at: datetime) -> bool:
    """Give every demo account this password; False when they have it already. Hashed once: Argon2 is slow on purpose."""
    users = list(User.objects.filter(email__in=[account.email for account in ACCOUNTS]))
    if len({user.password for user in users}) == 1 and check_password(password, users[0].password):
        return False
    User.objects.filter(pk__in=[user.pk for user in users]).update(password=make_password(password))
    for user in users:
        audit.record(system_actor(CHANNEL), "demo password set", Kind.UPDATE, at=at, obj=user)
    return True


def _account(account: Account, **more: Any) -> User:
    """An account nobody can sign in to yet, its address proved."""
    user = User.objects.create_user(account.email, account.name, **more)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _staff(clinic: Clinic, staff: tuple[Account, ...], admin: User, at: datetime) -> dict[str, Actor]:
    """Actors of the clinic by role: the platform administrator invites the first of the staff, who invites the others."""
    actors: dict[str, Actor] = {}
    host = Access(user=admin, channel="admin").actor(None)
    for account in staff:
        user = User.objects.create_user(account.email, account.name)
        invitation, _token = invite_member(
            host, clinic, email=account.email, name=account.name, role=account.role, at=at, **account.flags
        )
        accept_invitation(system_actor(CHANNEL), invitation, at=at, user=user)
        actors[account.role] = Access(user=user, channel=CHANNEL).actor(clinic)
        host = actors[staff[0].role]
    return actors


def _register(person: Person, clinic: Clinic, members: dict[str, Actor], at: datetime) -> None:
    """One person: the office registers, the clinicians record."""
    office, clinician = members["clinic_admin"], members["dermatologist"]
    values = {
        "record_number": person.record_number,
        "family_name": person.name.family,
        "given_name": person.name.given,
        "preferred_name": person.name.preferred,
        "birth_date": person.birth_date,
        "sex": person.name.sex,
        "language": person.name.language,
        "needs_interpreter": person.needs_interpreter,
    }
    came_at = moment(clinic, person.course[0].on, 8, 0, at) if person.course else at
    is_child = completed_years(person.birth_date, clinic.today(came_at)) < NEEDS_GUARDIAN_UNDER
    values["no_guardian_reason"] = "later" if is_child and not person.guardians else ""
    guardian = _guardian_values(person.guardians[0], person.birth_date) if person.guardians else None
    patient = actions.register_patient(office, clinic, values, guardian=guardian, at=came_at)
    _people_around(person, patient, office, at)
    _facts(person, patient, clinician, members.get("nurse", clinician), at)
    _scores(person, patient, members, at)
    if person.course and not person.closing:
        number, until = person.record_number, clinic.today(at)
        treat(number, patient, clinician, since=person.course[0].on, until=until)
        keep_diary(number, patient, members.get("nurse", clinician), until=until, at=at)
        suffer(number, patient, members.get("nurse", clinician), until=until, at=at)
        infect(number, patient, clinician, at)
    if person.closing:
        actions.close_patient(office, patient, **person.closing, version=patient.version, at=at)


def _guardian_values(guardian: Guardian, from_on: date) -> dict[str, Any]:
    return {
        "name": guardian.name,
        "relation": guardian.relation,
        "scope": guardian.scope,
        "evidence": guardian.evidence,
        "from_on": from_on,
        "user": User.objects.filter(email=guardian.email).first() if guardian.email else None,
    }


def _people_around(person: Person, patient: Patient, by: Actor, at: datetime) -> None:
    if person.account:
        actions.link_account(by, patient, User.objects.get(email=person.account), at=at)
    for guardian in person.guardians:
        link = GuardianLink.objects.filter(
            patient=patient, name=guardian.name
        ).first()  # the first came with the registration
        link = link or actions.grant_guardian(by, patient, _guardian_values(guardian, patient.birth_date), at=at)
        for kind, address in (("mobile", guardian.mobile), ("email", guardian.email)):
            if address:
                actions.add_contact_point(
                    by, patient, kind=kind, address=address, guardian=link, is_preferred=kind == "mobile", at=at
                )
    for contact in person.contacts:
        actions.add_contact_point(by, patient, **contact, is_preferred=contact == person.contacts[0], at=at)
    for consent in person.consents:
        actions.record_consent(by, patient, **consent, at=at)


def _facts(person: Person, patient: Patient, clinician: Actor, nurse: Actor, at: datetime) -> None:
    for allergy in person.allergies:
        actions.record_allergy(clinician, patient, **allergy, at=at)
    if person.no_known_allergies:
        actions.record_no_known_allergies(nurse, patient, at=at)
    for measurement in person.measurements:
        actions.record_measurement(nurse, patient, **measurement, at=at)
    for precaution in person.precautions:
        actions.record_precaution(clinician, patient, precaution, at=at)


def moment(clinic: Clinic, on: date, hour: int, minute: int, at: datetime) -> datetime:
    """An hour of a day at the clinic, but not after `at`."""
    return min(datetime.combine(on, time(hour, minute), ZoneInfo(clinic.zone)).astimezone(UTC), at)


def _scores(person: Person, patient: Patient, members: dict[str, Actor], at: datetime) -> None:
    """The course, each entry at its own time: a minute after the one before, or days later from paper."""
    for minute, entry in enumerate(person.course):
        by = members.get(entry.by, members["dermatologist"])
        entered_at = moment(patient.clinic, entry.on + timedelta(days=entry.days_late), 9 + minute // 60, minute % 60, at)
        if entry.what == "tarc":
            actions.record_lab_result(
                by, patient, entry.values | {"collected_on": entry.on}, submission=uuid4(), at=entered_at
            )
            continue
        values = entry.values | {"assessed_on": entry.on}
        row = actions.record_assessment(
            by, patient, entry.what, values, submission=uuid4(), sign=entry.afterwards != "draft", at=entered_at
        )
        _what_became_of(row, entry, by, min(entered_at + timedelta(days=1), at))
        if person.account and entry.what == "easi":
            actions.release_assessment(by, row, release=True, at=entered_at)


def _what_became_of(row: Assessment, entry: Entry, by: Actor, at: datetime) -> None:
    if entry.afterwards == "amended":
        values = entry.corrected | {"assessed_on": entry.on}
        actions.amend_assessment(by, row, values, reason="Area of the trunk typed wrongly", submission=uuid4(), at=at)
    elif entry.afterwards == "withdrawn":
        actions.withdraw_assessment(by, row, reason="Meant for another patient of nearly the same name", at=at)
