"""Registering, correcting, closing, withdrawing: the change, the audit row, the rollback, the refusal."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clinics.access import Actor
from clinics.errors import NotAllowed, Stale
from clinics.models import AuditEvent, Clinic, User
from patients import actions
from patients.models import Allergy, Measurement, Patient, Precaution
from tests.factories import NOW, actor_for, make_clinic, make_patient, patient_values

pytestmark = pytest.mark.django_db


def fields_of(error: pytest.ExceptionInfo[ValidationError]) -> list[str]:
    return sorted(error.value.message_dict)


def verbs(patient: Patient) -> list[str]:
    return list(AuditEvent.objects.filter(patient=patient.public_id).order_by("id").values_list("verb", flat=True))


def test_register_writes_patient_and_audit_row(by: Actor, clinic: Clinic) -> None:
    patient = actions.register_patient(by, clinic, patient_values(family_name="Müller", given_name="Åsa"), at=NOW)
    assert Patient.objects.get() == patient
    assert patient.name_key == "muller,asa"
    event = AuditEvent.objects.get(verb="patient registered")
    assert (event.actor, event.actor_role, event.clinic, event.patient, event.outcome) == (
        by.account.public_id,
        "dermatologist",
        clinic.public_id,
        patient.public_id,
        "done",
    )


def test_register_in_another_clinic_is_refused(by: Actor, other_clinic: Clinic) -> None:
    with pytest.raises(NotAllowed):
        actions.register_patient(by, other_clinic, patient_values(), at=NOW)
    assert not Patient.objects.exists()


def test_register_same_record_number_names_the_field_and_leaves_nothing(by: Actor, clinic: Clinic) -> None:
    actions.register_patient(by, clinic, patient_values(record_number="H-1"), at=NOW)
    with pytest.raises(ValidationError) as error:
        actions.register_patient(by, clinic, patient_values(record_number="H-1"), at=NOW)
    assert fields_of(error) == ["record_number"]
    assert Patient.objects.count() == 1
    assert AuditEvent.objects.filter(verb="patient registered").count() == 1


def test_same_record_number_in_two_clinics_is_fine(
    clinic: Clinic, other_clinic: Clinic, patient: Patient, other_patient: Patient
) -> None:
    assert patient.record_number == other_patient.record_number


@pytest.mark.parametrize(
    ("zone", "at", "born", "accepted"),
    [
        ("Europe/Berlin", "2026-11-20T22:59+00:00", "2026-11-20", True),
        ("Europe/Berlin", "2026-11-20T22:59+00:00", "2026-11-21", False),
        ("Europe/Berlin", "2026-11-20T23:00+00:00", "2026-11-21", True),
        ("America/New_York", "2026-11-21T04:59+00:00", "2026-11-21", False),
        ("America/New_York", "2026-11-21T05:00+00:00", "2026-11-21", True),
        ("Asia/Kathmandu", "2026-11-20T18:14+00:00", "2026-11-21", False),
        ("Asia/Kathmandu", "2026-11-20T18:15+00:00", "2026-11-21", True),
        ("Europe/Berlin", "2026-11-20T12:00+00:00", "1880-01-01", True),
        ("Europe/Berlin", "2026-11-20T12:00+00:00", "1879-12-31", False),
    ],
)
def test_birth_date_is_bounded_by_the_clinics_today(zone: str, at: str, born: str, accepted: bool) -> None:
    clinic = make_clinic(zone=zone)
    make_patient(clinic, at=NOW)  # gives the clinic a member
    user = clinic.memberships.get().user
    values = patient_values(birth_date=date.fromisoformat(born))
    if accepted:
        actions.register_patient(actor_for(user, clinic), clinic, values, at=datetime.fromisoformat(at))
    else:
        with pytest.raises(ValidationError) as error:
            actions.register_patient(actor_for(user, clinic), clinic, values, at=datetime.fromisoformat(at))
        assert fields_of(error) == ["birth_date"]


def test_update_changes_named_fields_and_notes_their_names_only(by: Actor, patient: Patient) -> None:
    changed = actions.update_patient(by, patient, {"given_name": "Mila", "zone": "Asia/Tokyo"}, version=1, at=NOW)
    assert (changed.given_name, changed.zone, changed.version, changed.name_key) == (
        "Mila",
        "Asia/Tokyo",
        2,
        "example,mila",
    )
    event = AuditEvent.objects.get(verb="patient changed")
    assert event.fields == "given_name,zone"
    assert "Mila" not in str(event.__dict__)


def test_update_with_nothing_new_leaves_version_and_no_row(by: Actor, patient: Patient) -> None:
    assert actions.update_patient(by, patient, {"given_name": patient.given_name}, version=1, at=NOW).version == 1
    assert not AuditEvent.objects.filter(verb="patient changed").exists()


def test_update_from_a_stale_page_is_refused(by: Actor, patient: Patient) -> None:
    actions.update_patient(by, patient, {"given_name": "Mila"}, version=1, at=NOW)
    with pytest.raises(Stale) as stale:
        actions.update_patient(by, patient, {"given_name": "Lina"}, version=1, at=NOW)
    assert stale.value.current.given_name == "Mila"
    assert Patient.objects.get(pk=patient.pk).given_name == "Mila"


@pytest.mark.parametrize(
    ("reason", "deceased_on", "wrong"),
    [
        ("ended", None, None),
        ("died", "2026-11-20", None),
        ("died", "2019-05-04", None),
        ("died", None, "deceased_on"),
        ("died", "2026-11-21", "deceased_on"),
        ("died", "2019-05-03", "deceased_on"),
        ("ended", "2026-11-20", "deceased_on"),
        ("bored", None, "reason"),
    ],
)
def test_close(by: Actor, patient: Patient, reason: str, deceased_on: str | None, wrong: str | None) -> None:
    died = date.fromisoformat(deceased_on) if deceased_on else None
    if wrong:
        with pytest.raises(ValidationError) as error:
            actions.close_patient(by, patient, reason=reason, deceased_on=died, version=1, at=NOW)
        assert fields_of(error) == [wrong]
        assert Patient.objects.get(pk=patient.pk).closed_at is None
    else:
        closed = actions.close_patient(by, patient, reason=reason, deceased_on=died, version=1, at=NOW)
        assert (closed.closed_at, closed.closed_by, closed.close_reason, closed.deceased_on) == (NOW, by.user, reason, died)
        assert AuditEvent.objects.get(verb="patient closed").reason == reason


def test_reopen_takes_the_death_back(by: Actor, patient: Patient) -> None:
    actions.close_patient(by, patient, reason="died", deceased_on=date(2026, 11, 1), version=1, at=NOW)
    opened = actions.reopen_patient(by, patient, version=2, at=NOW)
    assert (opened.closed_at, opened.deceased_on, opened.close_reason) == (None, None, "")
    with pytest.raises(Stale):
        actions.reopen_patient(by, patient, version=3, at=NOW)


def test_allergy_ends_no_known_allergies_and_both_leave_rows(by: Actor, patient: Patient) -> None:
    actions.record_no_known_allergies(by, patient, at=NOW)
    patient.refresh_from_db()
    assert patient.no_known_allergies_on == date(2026, 11, 20)
    allergy = actions.record_allergy(by, patient, kind="substance", code="lanolin", at=NOW)
    patient.refresh_from_db()
    assert patient.no_known_allergies_on is None
    with pytest.raises(ValidationError):
        actions.record_no_known_allergies(by, patient, at=NOW)
    with pytest.raises(ValidationError):
        actions.record_allergy(by, patient, kind="substance", code="lanolin", at=NOW)
    actions.withdraw(by, allergy, reason="patch test negative", at=NOW)
    actions.withdraw(by, allergy, reason="again", at=NOW)
    assert Allergy.objects.get().withdrawn_reason == "patch test negative"
    assert verbs(patient) == [
        "patient registered",
        "allergy state recorded",
        "allergy recorded",
        "allergy withdrawn",
    ]


@pytest.mark.parametrize(
    ("kind", "code", "text", "wrong"),
    [
        ("substance", "macrolides", "", "code"),
        ("class", "macrolides", "", None),
        ("substance", "other", " ", "text"),
        ("substance", "other", "tea tree oil", None),
        ("plant", "other", "x", "code"),
    ],
)
def test_allergy_codes(by: Actor, patient: Patient, kind: str, code: str, text: str, wrong: str | None) -> None:
    if wrong:
        with pytest.raises(ValidationError) as error:
            actions.record_allergy(by, patient, kind=kind, code=code, text=text, at=NOW)
        assert fields_of(error) == [wrong]
    else:
        assert actions.record_allergy(by, patient, kind=kind, code=code, text=text, at=NOW).pk


@pytest.mark.parametrize(
    ("kind", "value", "on", "wrong"),
    [
        ("weight", "0.3", "2026-11-20", None),
        ("weight", "0.29", "2026-11-20", "value"),
        ("weight", "400", "2026-11-20", None),
        ("weight", "400.01", "2026-11-20", "value"),
        ("height", "20", "2026-11-20", None),
        ("height", "19.99", "2026-11-20", "value"),
        ("height", "250", "2026-11-20", None),
        ("height", "250.01", "2026-11-20", "value"),
        ("weight", "20", "2026-11-21", "measured_on"),
        ("weight", "20", "2019-05-04", None),
        ("weight", "20", "2019-05-03", "measured_on"),
    ],
)
def test_measurement_bounds(by: Actor, patient: Patient, kind: str, value: str, on: str, wrong: str | None) -> None:
    arguments: dict[str, Any] = {"kind": kind, "value": Decimal(value), "measured_on": date.fromisoformat(on), "at": NOW}
    if wrong:
        with pytest.raises(ValidationError) as error:
            actions.record_measurement(by, patient, **arguments)
        assert fields_of(error) == [wrong]
        assert not Measurement.objects.exists()
    else:
        assert actions.record_measurement(by, patient, **arguments).value == Decimal(value)


@pytest.mark.parametrize(
    ("kind", "value"), [("weight", "0.29"), ("weight", "400.01"), ("height", "19.99"), ("height", "250.01")]
)
def test_the_database_holds_the_ranges_too(patient: Patient, kind: str, value: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Measurement.objects.create(
            patient=patient, kind=kind, value=Decimal(value), measured_on=NOW.date(), recorded_at=NOW
        )


def precaution(**more: Any) -> dict[str, Any]:
    empty = {"site": "", "side": "", "from_on": None, "until_on": None, "text": ""}
    return {"kind": "epilepsy", "state": "present"} | empty | more


def test_a_new_finding_replaces_the_live_one_and_keeps_it(by: Actor, patient: Patient) -> None:
    first = actions.record_precaution(by, patient, precaution(), at=NOW)
    second = actions.record_precaution(by, patient, precaution(state="absent"), at=NOW + timedelta(days=1))
    assert second.replaces == first
    assert list(Precaution.objects.live()) == [second]
    assert Precaution.objects.count() == 2


def test_two_infections_may_be_open_at_once(by: Actor, patient: Patient) -> None:
    actions.record_precaution(by, patient, precaution(kind="skin_infection", site="face"), at=NOW)
    actions.record_precaution(by, patient, precaution(kind="skin_infection", site="hands", side="left"), at=NOW)
    assert Precaution.objects.live().count() == 2


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"kind": "skin_infection"}, "site"),
        ({"kind": "skin_infection", "state": "absent"}, None),
        ({"kind": "skin_infection", "site": "scalp", "side": "left"}, "side"),
        ({"kind": "epilepsy", "site": "face"}, "site"),
        ({"kind": "other"}, "text"),
        ({"kind": "other", "text": "transplant planned"}, None),
        ({"kind": "gout"}, "kind"),
        ({"state": "maybe"}, "state"),
        ({"from_on": date(2026, 11, 21)}, "from_on"),
        ({"from_on": date(2026, 11, 20)}, None),
        ({"from_on": date(2019, 5, 3)}, "from_on"),
        ({"kind": "phototherapy", "from_on": date(2027, 1, 4)}, None),
        ({"from_on": date(2026, 11, 2), "until_on": date(2026, 11, 1)}, "until_on"),
        ({"from_on": date(2026, 11, 2), "until_on": date(2026, 11, 2)}, None),
    ],
)
def test_shape_of_a_precaution(by: Actor, patient: Patient, values: dict[str, Any], wrong: str | None) -> None:
    if wrong:
        with pytest.raises(ValidationError) as error:
            actions.record_precaution(by, patient, precaution(**values), at=NOW)
        assert fields_of(error) == [wrong]
    else:
        assert actions.record_precaution(by, patient, precaution(**values), at=NOW).pk


def test_withdrawing_needs_a_reason(by: Actor, patient: Patient) -> None:
    row = actions.record_precaution(by, patient, precaution(), at=NOW)
    with pytest.raises(ValidationError) as error:
        actions.withdraw(by, row, reason="  ", at=NOW)
    assert fields_of(error) == ["reason"]


def test_a_clinic_admin_edits_the_person_and_nothing_clinical(
    clinic_admin: User, clinic: Clinic, patient: Patient, by: Actor
) -> None:
    office = actor_for(clinic_admin, clinic)
    assert actions.update_patient(office, patient, {"preferred_name": "Mimi"}, version=1, at=NOW).preferred_name == "Mimi"
    row = actions.record_precaution(by, patient, precaution(), at=NOW)
    for attempt in (
        lambda: actions.record_allergy(office, patient, kind="substance", code="latex", at=NOW),
        lambda: actions.record_no_known_allergies(office, patient, at=NOW),
        lambda: actions.record_measurement(
            office, patient, kind="weight", value=Decimal(20), measured_on=NOW.date(), at=NOW
        ),
        lambda: actions.record_precaution(office, patient, precaution(), at=NOW),
        lambda: actions.withdraw(office, row, reason="x", at=NOW),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_an_outsider_changes_nothing(outsider: User, other_clinic: Clinic, patient: Patient) -> None:
    stranger = actor_for(outsider, other_clinic)
    before = Patient.objects.filter(pk=patient.pk).values().get()
    for attempt in (
        lambda: actions.open_patient(stranger, patient, at=NOW),
        lambda: actions.update_patient(stranger, patient, {"given_name": "X"}, version=1, at=NOW),
        lambda: actions.close_patient(stranger, patient, reason="ended", version=1, at=NOW),
        lambda: actions.record_allergy(stranger, patient, kind="substance", code="latex", at=NOW),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert Patient.objects.filter(pk=patient.pk).values().get() == before


def test_guardian_contact_and_consent(by: Actor, patient: Patient) -> None:
    values = {
        "name": "Maria Example",
        "relation": "mother",
        "scope": "manage",
        "evidence": "birth certificate",
        "from_on": date(2026, 11, 20),
        "until_on": None,
    }
    guardian = actions.grant_guardian(by, patient, values, at=NOW)
    assert guardian.evidence_checked_by == by.user
    contact = actions.add_contact_point(by, patient, kind="mobile", address="+44 7700 900 123", guardian=guardian, at=NOW)
    assert contact.address == "+447700900123"
    consent = actions.record_consent(
        by, patient, purpose="reminders", channel="sms", given_on=date(2026, 11, 20), given_by="Maria Example", at=NOW
    )
    for row in (guardian, contact, consent):
        actions.withdraw(by, row, reason="asked for it", at=NOW)
        row.refresh_from_db()
        assert row.withdrawn_at == NOW


@pytest.mark.parametrize(
    ("kind", "address", "accepted"),
    [
        ("email", "Maria@Example.org ", "maria@example.org"),
        ("email", "maria", None),
        ("mobile", "+44 7700 900123", "+447700900123"),
        ("mobile", "07700 900123", None),
        ("mobile", "+0 123 4567", None),
        ("mobile", "+123456", None),
        ("mobile", "+1234567", "+1234567"),
        ("mobile", "+123456789012345", "+123456789012345"),
        ("mobile", "+1234567890123456", None),
    ],
)
def test_addresses(by: Actor, patient: Patient, kind: str, address: str, accepted: str | None) -> None:
    if accepted is None:
        with pytest.raises(ValidationError) as error:
            actions.add_contact_point(by, patient, kind=kind, address=address, at=NOW)
        assert fields_of(error) == ["address"]
    else:
        assert actions.add_contact_point(by, patient, kind=kind, address=address, at=NOW).address == accepted


def test_a_contact_of_another_patients_guardian_is_refused(by: Actor, clinic: Clinic, patient: Patient) -> None:
    other = make_patient(clinic)
    values = {"name": "X", "relation": "carer", "scope": "read", "evidence": "letter", "from_on": date(2026, 11, 20)}
    guardian = actions.grant_guardian(by, other, values, at=NOW)
    with pytest.raises(ValidationError) as error:
        actions.add_contact_point(by, patient, kind="email", address="x@example.org", guardian=guardian, at=NOW)
    assert fields_of(error) == ["guardian"]


def test_the_clock_of_the_clinic_dates_no_known_allergies(by: Actor, patient: Patient) -> None:
    actions.record_no_known_allergies(by, patient, at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    patient.refresh_from_db()
    assert patient.no_known_allergies_on == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("born", "reason", "accepted"),
    [
        ("2010-11-21", "", False),
        ("2010-11-21", "own", True),
        ("2010-11-20", "", True),
        ("2026-11-20", "", False),
        ("2026-11-20", "later", True),
        ("1980-01-01", "", True),
    ],
)
def test_under_16_needs_a_guardian_or_a_reason(by: Actor, clinic: Clinic, born: str, reason: str, accepted: bool) -> None:
    values = patient_values(birth_date=date.fromisoformat(born), no_guardian_reason=reason)
    if accepted:
        assert actions.register_patient(by, clinic, values, at=NOW).pk
    else:
        with pytest.raises(ValidationError) as error:
            actions.register_patient(by, clinic, values, at=NOW)
        assert fields_of(error) == ["no_guardian_reason"]
        assert not Patient.objects.exists()


def test_registering_with_a_guardian_and_addresses_is_one_thing(by: Actor, clinic: Clinic) -> None:
    guardian = {"name": "Maria", "relation": "mother", "scope": "manage", "evidence": "passport", "from_on": NOW.date()}
    values = patient_values(no_guardian_reason="")
    with pytest.raises(ValidationError) as error:
        actions.register_patient(by, clinic, values, guardian=guardian | {"evidence": ""}, at=NOW)
    assert fields_of(error) == ["guardian_evidence"]
    with pytest.raises(ValidationError) as error:
        actions.register_patient(by, clinic, values, guardian=guardian, contacts={"mobile": "12"}, at=NOW)
    assert fields_of(error) == ["mobile"]
    assert not Patient.objects.exists()
    patient = actions.register_patient(by, clinic, values, guardian=guardian, contacts={"mobile": "+447700900123"}, at=NOW)
    assert verbs(patient) == ["patient registered", "guardian access granted", "contact added"]


@pytest.mark.parametrize("name", ["Mia\r\nExample", "Mia\x00", "Mia\x1b[31m", "Mia\u202eaiM", "Mia\u2028", "Mia\x85"])
@pytest.mark.parametrize("field", ["family_name", "given_name", "preferred_name", "record_number"])
def test_names_and_numbers_are_one_visible_line(by: Actor, clinic: Clinic, field: str, name: str) -> None:
    with pytest.raises(ValidationError) as error:
        actions.register_patient(by, clinic, patient_values(**{field: name}), at=NOW)
    assert fields_of(error) == [field]


@pytest.mark.parametrize("name", ["O’Brien", "王小明", "محمد", "Anne-Marie", "Nguyễn", "ʻOkina", "क्षि"])
def test_names_of_every_script_are_names(by: Actor, clinic: Clinic, name: str) -> None:
    assert actions.register_patient(by, clinic, patient_values(given_name=name), at=NOW).given_name == name
