"""Statements whose SQL is written once: they say what the ORM says, with other values each time, on both engines."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import import_module
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import BigIntegerField, QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinics.models import AuditEvent, Clinic, ClinicSettings, Membership, User
from clinics.statements import Given, Insertion, Statement
from patients.models import Patient
from tests.factories import make_patient

pytestmark = pytest.mark.django_db


def by_key() -> QuerySet:
    rows = Patient.objects.filter(pk=Given("key", BigIntegerField()))
    return rows.values_list("public_id", "birth_date", "family_name", "clinic__opened_at", "closed_at")


def test_a_statement_says_what_the_orm_says(clinic: Clinic) -> None:
    first, second = make_patient(clinic), make_patient(clinic, birth_date=date(2019, 5, 4))
    statement = Statement(by_key)
    for row in (first, second, first):
        same = Patient.objects.filter(pk=row.pk).values_list(
            "public_id", "birth_date", "family_name", "clinic__opened_at", "closed_at"
        )
        assert statement.run(key=row.pk) == list(same)
        assert statement.run(key=row.pk)[0][:2] == (row.public_id, row.birth_date)
    assert statement.run(key=-1) == []


def test_its_sql_is_written_once(clinic: Clinic) -> None:
    row = make_patient(clinic)
    written = []

    def rows() -> QuerySet:
        written.append(1)
        return by_key()

    statement = Statement(rows)
    with CaptureQueriesContext(connection) as captured:
        statement.run(key=row.pk)
        statement.run(key=row.pk)
    assert (len(written), len(captured)) == (1, 2)


def test_a_missing_value_is_named(clinic: Clinic) -> None:
    with pytest.raises(KeyError, match="key"):
        Statement(by_key).run(other=1)


def test_an_insertion_writes_what_the_orm_writes() -> None:
    values = {field.attname: None for field in AuditEvent._meta.concrete_fields if field.null}
    values |= {field.attname: field.name for field in AuditEvent._meta.concrete_fields if field.name not in {"id", *values}}
    values |= {"recorded_at": timezone.now(), "kind": "R", "outcome": "done", "patient": uuid4(), "fields": "it's 100 %"}
    Insertion(AuditEvent).run(**values)
    AuditEvent.objects.create(**values)
    first, second = AuditEvent.objects.order_by("id").values(*values)
    assert first == second == values


def test_an_insertion_names_a_missing_column() -> None:
    with pytest.raises(KeyError, match="recorded_at"):
        Insertion(AuditEvent).run(verb="x")


@pytest.mark.parametrize("idle", [None, 30])
def test_an_account_is_read_whole(clinic: Clinic, clinician: User, idle: int | None) -> None:
    ClinicSettings.objects.filter(clinic=clinic).delete()
    if idle:
        ClinicSettings.objects.create(clinic=clinic, idle_minutes=idle)
    rows = Membership.objects.filter(user=clinician).select_related("user", "clinic", "clinic__settings")
    with CaptureQueriesContext(connection) as captured:
        (found,) = Membership.objects.of_account(clinician.pk)
        own = getattr(found.clinic, "settings", None)
    (same,) = rows
    assert len(captured) == 1
    for one, other in ((found, same), (found.user, same.user), (found.clinic, same.clinic)):
        for column in one._meta.concrete_fields:
            if not column.is_relation:
                assert getattr(one, column.attname) == getattr(other, column.attname), column
    assert (own.idle_minutes if own else None) == idle
    found.user.name = "Somebody Else"
    found.user.save()  # what was read is a row like any other
    assert User.objects.get(pk=clinician.pk).name == "Somebody Else"


def test_a_session_counts_until_it_expires(client: Client, clinician: User) -> None:
    client.force_login(clinician)
    store, key = import_module(settings.SESSION_ENGINE).SessionStore, client.session.session_key
    assert store(key).load()["_auth_user_id"] == str(clinician.pk)
    Session.objects.filter(pk=key).update(expire_date=timezone.now() - timedelta(seconds=1))
    for unknown in (key, "a" * 32):
        kept = store(unknown)
        assert (kept.load(), kept.session_key) == ({}, None)
