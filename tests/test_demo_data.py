"""The demonstration: deterministic, synthetic, whole, separate, and only where it belongs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.models import Count
from pytest_django.fixtures import Settings

from adtrack.demo import generate, load
from adtrack.demo.accounts import ACCOUNTS
from clinics.access import Access
from clinics.models import AuditEvent, Clinic, Membership, User
from patients import ages, queries
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
)

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ON = AT.date()
PASSWORD = "a password for the demonstration"


@pytest.fixture
def loaded(db: None) -> None:
    """Both clinics."""
    assert load.load(at=AT)


def run(settings: Settings, *args: str) -> str:
    """The command in demo mode, and what it said."""
    settings.DEMO = True
    said = StringIO()
    call_command("load_demo", *args, stdout=said)
    return said.getvalue()


def count_rows() -> list[int]:
    """How many rows of each kind there are."""
    models = (
        User,
        Clinic,
        Membership,
        Patient,
        AuditEvent,
        Allergy,
        Measurement,
        Precaution,
        GuardianLink,
        ContactPoint,
        Consent,
    )
    return [model.objects.count() for model in models]


@pytest.mark.parametrize("on", [ON, date(2028, 2, 29), date(2027, 1, 1)])
def test_people_are_the_same_for_the_same_day(on: date) -> None:
    assert generate.demo_clinic(on) == generate.demo_clinic(on)
    assert [len(people(on)) for people in (generate.demo_clinic, generate.other_clinic)] == [60, 8]
    assert all(person.birth_date <= on for person in generate.demo_clinic(on))


def test_every_story_belongs_to_somebody() -> None:
    first = {f"{person.name.family}, {person.name.given}" for person in generate.demo_clinic(ON)}
    second = {f"{person.name.family}, {person.name.given}" for person in generate.other_clinic(ON)}
    assert set(generate.STORIES) <= first
    assert set(generate.OTHER_STORIES) <= second


def test_stories_fit_the_people() -> None:
    for person in generate.demo_clinic(ON):
        years = ages.completed_years(person.birth_date, ON)
        kinds = {values["kind"] for values in person.precautions}
        if kinds & {"pregnancy", "breastfeeding"}:
            assert person.name.sex == "female"
            assert 18 <= years <= 45
        assert bool(person.guardians) == (years < 18)
        assert bool(person.measurements) >= (years < 18)


@pytest.mark.parametrize(
    ("years", "weight", "height"), [(0.0, 3.5, 51), (1.0, 9.6, 76), (3.0, 14.45, 95.5), (17.0, 63, 171), (30.0, 63, 171)]
)
def test_growth_is_a_line_through_the_points(years: float, weight: float, height: float) -> None:
    assert generate.growth(years) == pytest.approx((weight, height))


def test_calendar_of_leap_years() -> None:
    assert generate.years_before(date(2028, 2, 29), 1) == date(2027, 2, 28)
    assert generate.years_before(date(2028, 2, 29), 4) == date(2024, 2, 29)
    assert generate.leap_day_before(date(2026, 11, 20), 25) == date(2000, 2, 29)


def test_addresses_and_numbers_can_reach_nobody(loaded: None) -> None:
    for kind, address in ContactPoint.objects.values_list("kind", "address"):
        reserved = address.endswith(".example") if kind == "email" else address.startswith(("+447700900", "+12025550"))
        assert reserved, address
    assert all(email.endswith(".example") for email in User.objects.values_list("email", flat=True))


def test_everybody_is_marked_as_made_up(loaded: None) -> None:
    assert Patient.objects.count() == 68
    assert Patient.objects.filter(clinic__name__contains="made-up people", record_number__startswith="D-").count() == 68


def test_every_kind_of_thing_is_there(loaded: None) -> None:
    present = Precaution.objects.live().filter(state="present")
    assert set(present.values_list("kind", flat=True)) == set(PrecautionKind.values)
    assert present.filter(kind="skin_infection").exclude(site="").count() == 3
    states = [queries.allergy_state(patient) for patient in Patient.objects.filter(clinic__name=load.CLINIC["name"])]
    assert sum(bool(state.recorded) for state in states) >= 5
    assert sum(state.none_known_on is not None for state in states) >= 5
    assert sum(state.not_asked for state in states) >= 5
    assert set(Patient.objects.exclude(close_reason="").values_list("close_reason", flat=True)) == {"died", "moved"}
    assert Patient.objects.filter(birth_date__month=2, birth_date__day=29).exists()
    assert Patient.objects.filter(birth_date__gt=date(2026, 5, 20)).count() == 2


def test_names_that_are_taken_for_each_other(loaded: None) -> None:
    clinic = Clinic.objects.get(name=load.CLINIC["name"])
    same = Patient.objects.filter(clinic=clinic, family_name="Schmidt", given_name="Anna")
    assert len({row.birth_date for row in same}) == 2
    alike = Patient.objects.filter(clinic=clinic).annotate(is_alike=queries.alike()).filter(is_alike=True)
    assert {row.family_name for row in alike} == {"Schmidt", "Müller", "Mueller", "Chen", "Li"}


def test_accounts_of_patient_and_mother_are_linked(loaded: None) -> None:
    assert PatientLink.objects.get().user.email == "patient@demo.example"
    links = GuardianLink.objects.live().filter(user__email="guardian@demo.example")
    assert {link.patient.family_name for link in links} == {"Örnek-Yıldız"}
    assert links.count() == 3


def test_staff_came_in_by_invitation_and_see_their_clinic_only(loaded: None) -> None:
    for email, number in (
        ("dermatologist@demo.example", 60),
        ("dermatologist@other.demo.example", 8),
        ("admin@demo.example", 0),
    ):
        user = User.objects.get(email=email)
        assert Patient.objects.visible_to(user).count() == number
        assert len(Access(user=user).clinics) == bool(number)
    assert AuditEvent.objects.filter(verb="invitation accepted").count() == 5
    assert EmailAddress.objects.filter(verified=True, primary=True).count() == len(ACCOUNTS) == User.objects.count()


def test_the_same_record_numbers_stand_in_both_clinics(loaded: None) -> None:
    twice = Patient.objects.values("record_number").annotate(clinics=Count("clinic", distinct=True)).filter(clinics=2)
    assert twice.count() == 8


def test_every_row_has_its_audit_row(loaded: None) -> None:
    for model in (Patient, Allergy, Measurement, Precaution, GuardianLink, ContactPoint, Consent, PatientLink):
        written = AuditEvent.objects.filter(object_type=model._meta.model_name, kind="C").values_list(
            "object_id", flat=True
        )
        assert set(written) == set(model.objects.values_list("public_id", flat=True))


def test_search_keys_are_true(loaded: None) -> None:
    for row in Patient.objects.all():
        kept = (row.name_key, row.alike_key)
        row.fill_keys()
        assert (row.name_key, row.alike_key) == kept


@pytest.mark.django_db
def test_command_is_refused_outside_demo_mode() -> None:
    with pytest.raises(CommandError, match="demo mode only"):
        call_command("load_demo", password=PASSWORD)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_second_run_changes_nothing(settings: Settings) -> None:
    assert run(settings, "--password", PASSWORD) == "Demonstration loaded.\nPassword of the demo sign-ins set.\n"
    before = count_rows()
    assert run(settings, "--password", PASSWORD) == "The demonstration is loaded already; nothing changed.\n"
    assert count_rows() == before


@pytest.mark.django_db
def test_nobody_can_sign_in_until_a_password_is_given(settings: Settings) -> None:
    run(settings)
    assert not any(user.has_usable_password() for user in User.objects.all())
    assert "Password of the demo sign-ins set." in run(settings, "--password", PASSWORD)
    assert all(user.check_password(PASSWORD) for user in User.objects.all())


@pytest.mark.django_db
def test_a_failed_load_leaves_nothing() -> None:
    User.objects.create_user("dermatologist@other.demo.example", "In The Way")
    with pytest.raises(IntegrityError), transaction.atomic():
        load.load(at=AT)
    assert not Clinic.objects.exists()
    assert not load.is_loaded()
