"""Audit rows: never changed, written with the change or not at all, one for every security event."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from clinics import actions, audit
from clinics.access import Actor
from clinics.errors import NotAllowed, NotYours, Stale
from clinics.models import ApiToken, AuditEvent, Clinic, Invitation, Kind, Membership, Outcome, Role, User
from tests.factories import NOW, PASSWORD, actor_for, make_clinic, make_member, make_user

pytestmark = pytest.mark.django_db
NEW = "violet umbrella parade 7"


@pytest.fixture
def office(clinic: Clinic, clinic_admin: User) -> Actor:
    return actor_for(clinic_admin, clinic)


@pytest.fixture
def platform(platform_admin: User, clinic: Clinic) -> Actor:
    return actor_for(platform_admin, clinic, "admin")


# --- Append-only -------------------------------------------------------------------------------------------------------


def refused(statement: Callable[[], object]) -> str:
    """The database's words; the transaction around stays usable."""
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        statement()
    return str(error.value)


def test_no_row_is_changed_or_deleted_by_any_way(office: Actor):
    audit.record(office, "something", Kind.READ, at=NOW)
    row = AuditEvent.objects.get()

    def raw(sql: str) -> Callable[[], None]:
        def run() -> None:
            with connection.cursor() as cursor:
                cursor.execute(sql)

        return run

    row.verb = "something else"
    tries: list[Callable[[], object]] = [
        row.save,
        row.delete,
        lambda: AuditEvent.objects.update(verb="x"),
        lambda: AuditEvent.objects.all().delete(),
        lambda: AuditEvent.objects.bulk_update([row], ["verb"]),
        raw("UPDATE clinics_auditevent SET verb = 'x'"),
        raw("DELETE FROM clinics_auditevent"),
    ]
    for statement in tries:
        assert "never changed or deleted" in refused(statement)
    assert list(AuditEvent.objects.values_list("verb", flat=True)) == ["something"]


def test_replacing_a_row_is_no_way_around(office: Actor, vendor: str):
    audit.record(office, "something", Kind.READ, at=NOW)
    row = AuditEvent.objects.get()
    insert = (
        "INTO clinics_auditevent (id, recorded_at, verb, kind, outcome, actor_role, object_type, fields, reason, channel,"
        " request_id, address) VALUES (%s, '2026-11-20', 'x', 'R', 'done', '', '', '', '', 'web', '', '')"
    )
    replace_it = {
        "sqlite": "REPLACE " + insert,
        "postgresql": "INSERT " + insert + " ON CONFLICT (id) DO UPDATE SET verb = 'x'",
    }

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(replace_it[vendor], [row.pk])

    assert "never changed or deleted" in refused(run)
    assert AuditEvent.objects.get().verb == "something"


# --- What a row holds --------------------------------------------------------------------------------------------------


def test_row_names_everything_about_the_actor_and_no_value(office: Actor, clinic: Clinic, clinic_admin: User):
    by = replace(office, request_id="r1", address="192.0.2.1", acting_for=UUID(int=7))
    audit.record(by, "made", Kind.CREATE, at=NOW, obj=clinic, fields=["name", "zone"], patient=UUID(int=8))
    row = AuditEvent.objects.values().get()
    row.pop("id")
    assert row == {
        "recorded_at": NOW,
        "verb": "made",
        "kind": "C",
        "outcome": "done",
        "actor": clinic_admin.public_id,
        "actor_role": "clinic_admin",
        "acting_for": UUID(int=7),
        "clinic": clinic.public_id,
        "patient": UUID(int=8),
        "object_type": "clinic",
        "object_id": clinic.public_id,
        "fields": "name,zone",
        "reason": "",
        "channel": "web",
        "request_id": "r1",
        "address": "192.0.2.1",
    }


def test_refusals_say_what_was_tried(office: Actor, other_clinic: Clinic, clinic: Clinic):
    audit.record_refusal(office, NotAllowed("see clinical facts", clinic=clinic.public_id), at=NOW)
    foreign = NotYours(object_type="patient", object_id=UUID(int=1), clinic=other_clinic.public_id, patient=UUID(int=1))
    audit.record_refusal(office, foreign, at=NOW)
    rows = AuditEvent.objects.order_by("id").values_list("outcome", "reason", "clinic", "object_type", "patient")
    assert list(rows) == [
        ("refused", "see clinical facts", clinic.public_id, "", None),
        ("refused", "other clinic", other_clinic.public_id, "patient", UUID(int=1)),
    ]


# --- With the change, or not at all ------------------------------------------------------------------------------------


def cases(clinic: Clinic, office: Actor, platform: Actor, nurse: User) -> dict[str, tuple[Actor, Callable[[Actor], Any]]]:
    """Every action that writes a row: who does it, and how."""
    role = Membership.objects.get(user=nurse)
    offer, _token = actions.invite_member(office, clinic, email="o@example.org", name="O", role="nurse", at=NOW)
    key, _text = actions.issue_token(office, nurse, scopes=["patients:read"], days=1, at=NOW)
    stranger = make_user("stranger@example.org")
    place = {"zone": "UTC", "jurisdiction": "UK", "languages": ["en"]}
    person = {"email": "x@example.org", "name": "X", "role": "nurse"}
    return {
        "clinic opened": (platform, lambda by: actions.open_clinic(by, name="New", **place, at=NOW)),
        "clinic settings changed": (
            office,
            lambda by: actions.change_clinic(by, clinic, {"name": "N", "idle_minutes": 9}, version=1, at=NOW),
        ),
        "staff invited": (office, lambda by: actions.invite_member(by, clinic, **person, at=NOW)),
        "invitation revoked": (office, lambda by: actions.revoke_invitation(by, offer, at=NOW)),
        "invitation accepted": (
            office,
            lambda by: actions.accept_invitation(by, offer, name="O", password=PASSWORD, at=NOW),
        ),
        "role changed": (
            office,
            lambda by: actions.change_membership(by, role, {"may_score": True}, version=1, at=NOW),
        ),
        "role ended": (office, lambda by: actions.end_membership(by, role, at=NOW)),
        "administrator appointed": (platform, lambda by: actions.appoint_administrator(by, clinic, stranger, at=NOW)),
        "platform administrator appointed": (platform, lambda by: actions.set_platform_admin(by, nurse, True, at=NOW)),
        "account deactivated": (platform, lambda by: actions.set_account_active(by, nurse, False, at=NOW)),
        "token issued": (
            office,
            lambda by: actions.issue_token(by, nurse, scopes=["patients:read"], days=1, at=NOW),
        ),
        "token revoked": (office, lambda by: actions.revoke_token(by, key, at=NOW)),
    }


VERBS = [
    "clinic opened",
    "clinic settings changed",
    "staff invited",
    "invitation revoked",
    "invitation accepted",
    "role changed",
    "role ended",
    "administrator appointed",
    "platform administrator appointed",
    "account deactivated",
    "token issued",
    "token revoked",
]


def everything() -> list[Any]:
    """All rows an action could touch."""
    models = (Clinic, Membership, Invitation, User, ApiToken, AuditEvent)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("verb", VERBS)
def test_change_and_row_come_together(clinic: Clinic, office: Actor, platform: Actor, nurse: User, verb: str):
    by, act = cases(clinic, office, platform, nurse)[verb]
    before = everything()
    act(by)
    assert AuditEvent.objects.filter(verb=verb).count() >= 1
    assert everything()[:-1] != before[:-1]


@pytest.mark.parametrize("verb", VERBS)
def test_without_the_row_there_is_no_change(clinic: Clinic, office: Actor, platform: Actor, nurse: User, verb: str):
    by, act = cases(clinic, office, platform, nurse)[verb]
    before = everything()
    with pytest.raises(DatabaseError), transaction.atomic():
        act(replace(by, address=None))  # type: ignore[arg-type]  # no audit row can be written with it
    assert everything() == before


@pytest.mark.parametrize("verb", VERBS)
def test_without_the_change_there_is_no_row(clinic: Clinic, office: Actor, platform: Actor, nurse: User, verb: str):
    by, act = cases(clinic, office, platform, nurse)[verb]
    before = everything()

    def fail_later() -> None:
        with transaction.atomic():
            act(by)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_later()
    assert everything() == before


@pytest.mark.parametrize(
    "verb", [verb for verb in VERBS if verb not in {"invitation accepted", "token issued", "token revoked"}]
)
def test_nurse_and_outsider_may_do_none_of_it(
    clinic: Clinic, office: Actor, platform: Actor, nurse: User, outsider: User, other_clinic: Clinic, verb: str
):
    act = cases(clinic, office, platform, nurse)[verb][1]
    boss = make_member(other_clinic, Role.CLINIC_ADMIN)
    before = everything()
    for by in (actor_for(nurse, clinic), actor_for(outsider, other_clinic), actor_for(boss, other_clinic)):
        with pytest.raises(NotAllowed), transaction.atomic():
            act(by)
    assert everything() == before


def test_stale_change_writes_nothing(clinic: Clinic, office: Actor, nurse: User):
    role = Membership.objects.get(user=nurse)
    before = everything()
    with pytest.raises(Stale), transaction.atomic():
        actions.change_membership(office, role, {"may_score": True}, version=2, at=NOW)
    with pytest.raises(Stale), transaction.atomic():
        actions.change_clinic(office, clinic, {"name": "X"}, version=2, at=NOW)
    assert everything() == before


def test_platform_administrators_clinic_rights_end_at_the_admin(platform_admin: User, clinic: Clinic):
    by = actor_for(platform_admin, clinic, "web")
    with pytest.raises(NotAllowed):
        actions.invite_member(by, clinic, email="x@example.org", name="X", role="clinic_admin", at=NOW)
    with pytest.raises(NotAllowed):
        actions.change_clinic(by, clinic, {"name": "X"}, version=1, at=NOW)


# --- Every security event has its row ----------------------------------------------------------------------------------


def test_a_day_at_the_door_leaves_its_rows(nurse: User, clinic: Clinic, clinic_admin: User, other_clinic: Clinic):
    client = Client()
    login = {"login": nurse.email, "password": PASSWORD}
    client.post(reverse("account_login"), login | {"password": "wrong"})
    client.post(reverse("account_login"), login)
    client.get(reverse("staff_list"))
    foreign = make_member(other_clinic, Role.NURSE).memberships.get()
    client.get(reverse("staff_change", args=[foreign.public_id]))
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    client.post(reverse("account_login"), login | {"password": NEW})
    client.post(reverse("account_logout"))
    client.get(reverse("invitation_accept", args=["wrong"]))
    client.post(reverse("account_reset_password"), {"email": nurse.email})
    link = re.search(r"http://testserver(/password/reset/\S+)", mail.outbox[-1].body)[1]
    form = client.get(link).headers["Location"]
    client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    rows = AuditEvent.objects.order_by("id").values_list("verb", "outcome", "reason")
    assert list(rows) == [
        ("sign-in failed", Outcome.FAILED, ""),
        ("signed in", Outcome.DONE, ""),
        ("access refused", Outcome.REFUSED, "manage staff"),
        ("access refused", Outcome.REFUSED, "other clinic"),
        ("password changed", Outcome.DONE, ""),
        ("signed out", Outcome.DONE, ""),
        ("signed in", Outcome.DONE, ""),
        ("signed out", Outcome.DONE, ""),
        ("invitation link refused", Outcome.FAILED, ""),
        ("password reset asked", Outcome.DONE, ""),
        ("password changed", Outcome.DONE, ""),
    ]
    assert set(AuditEvent.objects.values_list("address", flat=True)) == {"127.0.0.1"}
    assert all(AuditEvent.objects.values_list("request_id", flat=True))


def test_request_id_of_the_answer_is_the_one_of_the_row(nurse: User):
    client = Client()
    answer = client.post(reverse("account_login"), {"login": nurse.email, "password": PASSWORD})
    assert AuditEvent.objects.get().request_id == answer.headers["X-Request-ID"]


def test_rows_outlive_what_they_tell_of(office: Actor):
    """No foreign key: a row stands on plain ids."""
    relations = [field for field in AuditEvent._meta.get_fields() if field.is_relation]
    assert relations == []
    assert make_clinic("Another").public_id not in set(AuditEvent.objects.values_list("clinic", flat=True))
