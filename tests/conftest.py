"""The cast every test knows, and the one thing a test database needs that production must not have."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client, TransactionTestCase
from pytest_django import DjangoDbBlocker

from clinics.access import Actor
from clinics.models import Clinic, Role, User
from patients.models import GuardianLink, Patient, PatientLink
from tests.factories import NOW, actor_for, make_clinic, make_member, make_patient, make_user

pytest_plugins = ["tests.left_out", "tests.spread"]

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in the thread of the test


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A test with real transactions leaves the database as the migrations made it, the catalogue included.

    SQLite copies it back whole, in milliseconds, audit guard and all; PostgreSQL is flushed as Django does it.
    """
    plain = TransactionTestCase._fixture_teardown
    as_migrated = sqlite3.connect(":memory:", check_same_thread=False)
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            connection.connection.backup(as_migrated)

    def restore(case: TransactionTestCase) -> None:
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            as_migrated.backup(connection.connection)
        else:
            plain(case)
            import_module("regimens.migrations.0002_load_catalogue").load(apps, None)

    TransactionTestCase._fixture_teardown = restore
    yield
    TransactionTestCase._fixture_teardown = plain


def make_portal_user(patient: Patient) -> User:
    """The account of the patient."""
    user = make_user("patient@example.org", "Mia Example")
    PatientLink.objects.create(patient=patient, user=user, recorded_at=NOW)
    return user


def make_guardian(patient: Patient) -> User:
    """The account of the patient's mother."""
    user = make_user("guardian@example.org", "Maria Example")
    GuardianLink.objects.create(
        patient=patient,
        user=user,
        name=user.name,
        relation="mother",
        scope="manage",
        evidence="birth certificate",
        from_on=NOW.date(),
        recorded_at=NOW,
    )
    return user


@pytest.fixture
def clinic(db: None) -> Clinic:
    """The clinic the story is about."""
    return make_clinic("Hillside")


@pytest.fixture
def other_clinic(db: None) -> Clinic:
    """A clinic that must stay apart."""
    return make_clinic("Riverside", zone="America/New_York", jurisdiction="US")


@pytest.fixture
def clinician(clinic: Clinic) -> User:
    """A dermatologist who may prescribe and score."""
    return make_member(
        clinic, Role.DERMATOLOGIST, user=make_user("derm@example.org", "Dana Derm"), may_prescribe=True, may_score=True
    )


@pytest.fixture
def nurse(clinic: Clinic) -> User:
    """A nurse without flags."""
    return make_member(clinic, Role.NURSE, user=make_user("nurse@example.org", "Nico Nurse"))


@pytest.fixture
def clinic_admin(clinic: Clinic) -> User:
    """Runs the clinic, sees nothing clinical."""
    return make_member(clinic, Role.CLINIC_ADMIN, user=make_user("office@example.org", "Ola Office"))


@pytest.fixture
def platform_admin(db: None) -> User:
    """Runs the installation, belongs to no clinic."""
    return make_user("platform@example.org", "Pat Platform", is_staff=True, is_superuser=True)


@pytest.fixture
def outsider(other_clinic: Clinic) -> User:
    """A dermatologist of the other clinic."""
    return make_member(
        other_clinic, Role.DERMATOLOGIST, user=make_user("outsider@example.org", "Otto Outside"), may_prescribe=True
    )


@pytest.fixture
def patient(clinic: Clinic, clinician: User) -> Patient:
    """A child of the clinic."""
    return make_patient(clinic, family_name="Example", given_name="Mia", record_number="H-1001")


@pytest.fixture
def other_patient(other_clinic: Clinic, outsider: User) -> Patient:
    """A patient of the other clinic with the same record number."""
    return make_patient(other_clinic, family_name="Example", given_name="Noah", record_number="H-1001")


@pytest.fixture
def portal_user(patient: Patient) -> User:
    """The account of the patient."""
    return make_portal_user(patient)


@pytest.fixture
def guardian(patient: Patient) -> User:
    """The account of the patient's mother."""
    return make_guardian(patient)


@pytest.fixture
def by(clinician: User, clinic: Clinic) -> Actor:
    """The clinician as an actor."""
    return actor_for(clinician, clinic)


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A browser in which somebody is signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def vendor() -> str:
    """sqlite or postgresql."""
    return connection.vendor
