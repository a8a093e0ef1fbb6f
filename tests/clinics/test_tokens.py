"""Tokens of the API: made and stopped by command, hashed, scoped, expiring, limited; and the session beside them."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from clinics import actions
from clinics.access import system_actor
from clinics.models import ApiToken, AuditEvent, Clinic, Membership, Role, User
from patients.models import Patient
from tests.api import ROOT, Api, make_token
from tests.factories import actor_for, make_member, make_user

pytestmark = pytest.mark.django_db
ME = f"{ROOT}me/"


def bearer(text: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {text}"}


def run(*arguments: str) -> tuple[str, str]:
    """A command's standard output and standard error."""
    out, err = StringIO(), StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


# --- The commands -----------------------------------------------------------------------------------------------------


def test_issue_prints_the_token_once_and_stores_its_hash(nurse: User) -> None:
    out, err = run("issue_token", "Nurse@example.org", "--scope", "patients:read", "--days", "7", "--name", "export")
    text = out.strip()
    token = ApiToken.objects.get()
    assert re.fullmatch(r"adt_[\w-]{43}", text)
    assert str(token.public_id) in err
    assert text not in err
    assert (token.user, token.name, token.scopes) == (nurse, "export", ["patients:read"])
    assert token.expires_at - token.created_at == timedelta(days=7)
    assert text not in str(ApiToken.objects.values())
    assert Client().get(ME, headers=bearer(text)).status_code == 200
    row = AuditEvent.objects.latest("id")
    assert (row.verb, row.channel, row.object_id) == ("token issued", "command", token.public_id)


@pytest.mark.parametrize(
    "arguments",
    [
        ("nobody@example.org", "--scope", "patients:read", "--days", "7"),
        ("nurse@example.org", "--scope", "everything", "--days", "7"),
        ("nurse@example.org", "--days", "7"),
        ("nurse@example.org", "--scope", "patients:read", "--days", "0"),
        ("nurse@example.org", "--scope", "patients:read", "--days", "367"),
        ("nurse@example.org", "--scope", "patients:read", "--days", "7", "--name", "x" * 81),
    ],
)
def test_issue_refuses_what_makes_no_sense(arguments: tuple[str, ...], nurse: User) -> None:
    with pytest.raises(CommandError):
        run("issue_token", *arguments)
    assert not ApiToken.objects.exists()


def test_issue_refuses_a_deactivated_account(nurse: User) -> None:
    actions.set_account_active(system_actor("command"), nurse, False, at=datetime.now(UTC))
    with pytest.raises(CommandError):
        run("issue_token", nurse.email, "--scope", "patients:read", "--days", "7")


def test_revoke_lists_then_stops_one_or_all(nurse: User, clinician: User) -> None:
    first, text = make_token(nurse, "patients:read")
    second, other = make_token(nurse)
    kept, theirs = make_token(clinician)
    listed, _ = run("revoke_token", nurse.email)
    assert [line.split()[0] for line in listed.splitlines()] == [str(second.public_id), str(first.public_id)]
    assert "last used never" in listed
    assert Client().get(ME, headers=bearer(text)).status_code == 200
    run("revoke_token", nurse.email, "--id", str(first.public_id))
    answers = [Client().get(ME, headers=bearer(one)).status_code for one in (text, other, theirs)]
    assert answers == [401, 200, 200]
    with pytest.raises(CommandError):
        run("revoke_token", nurse.email, "--id", str(kept.public_id))
    run("revoke_token", nurse.email, "--all")
    answers = [Client().get(ME, headers=bearer(one)).status_code for one in (text, other, theirs)]
    assert answers == [401, 401, 200]
    with pytest.raises(CommandError):
        run("revoke_token", nurse.email)
    assert AuditEvent.objects.filter(verb="token revoked").count() == 2


# --- At the door ------------------------------------------------------------------------------------------------------


def test_me_says_who_where_and_what(nurse: User, clinic: Clinic) -> None:
    body = Api(nurse, "patients:read").get("me/").json()
    assert body == {
        "id": str(nurse.public_id),
        "email": "nurse@example.org",
        "name": "Nico Nurse",
        "is_platform_admin": False,
        "active_clinic": str(clinic.public_id),
        "clinics": [
            {
                "id": str(clinic.public_id),
                "name": "Hillside",
                "zone": "Europe/Berlin",
                "roles": ["nurse"],
                "may": ["see patients", "see clinical facts"],
            }
        ],
        "token": {"name": "", "scopes": ["patients:read"], "expires_at": body["token"]["expires_at"]},
    }


def test_me_of_somebody_without_a_clinic(portal_user: User, platform_admin: User) -> None:
    for user, is_platform in ((portal_user, False), (platform_admin, True)):
        body = Api(user).get("me/").json()
        assert (body["clinics"], body["active_clinic"], body["is_platform_admin"]) == ([], None, is_platform)


def test_wrong_revoked_expired_and_closed_accounts_are_answered_alike(nurse: User) -> None:
    now = datetime.now(UTC)
    _, expired = make_token(nurse, at=now - timedelta(days=31))
    token, revoked = make_token(nurse)
    actions.revoke_token(system_actor("command"), token, at=now)
    gone = make_user()
    _, closed = make_token(gone)
    actions.set_account_active(system_actor("command"), gone, False, at=now)
    answers = [Client().get(ME, headers=bearer(text)) for text in (expired, revoked, closed, "adt_wrong", "", "é", "a b")]
    assert [answer.status_code for answer in answers] == [401] * 7
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert {answer["WWW-Authenticate"] for answer in answers} == {'Bearer realm="adtrack"'}


def test_a_token_expires(nurse: User) -> None:
    api = Api(nurse)
    expires = ApiToken.objects.get().expires_at
    with time_machine.travel(expires - timedelta(seconds=1), tick=False):
        assert api.get("me/").status_code == 200
    with time_machine.travel(expires, tick=False):
        assert api.get("me/").status_code == 401


def test_last_use_is_noted_at_most_once_a_minute(nurse: User) -> None:
    api = Api(nurse)
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        api.get("me/")
        first = ApiToken.objects.get().last_used_at
        assert first is not None
        clock.shift(59)
        api.get("me/")
        assert ApiToken.objects.get().last_used_at == first
        clock.shift(1)
        api.get("me/")
        assert ApiToken.objects.get().last_used_at == first + timedelta(seconds=60)


def test_wrong_tokens_are_limited_and_the_right_one_is_not_locked_out(nurse: User) -> None:
    cache.clear()
    api = Api(nurse)
    tries = [Client().get(ME, headers=bearer(f"adt_{n}")) for n in range(21)]
    assert [answer.status_code for answer in tries] == [401] * 20 + [429]
    assert tries[-1]["Retry-After"] == "300"
    assert tries[-1]["Content-Type"] == "application/problem+json"
    assert api.get("me/").status_code == 200
    elsewhere = Client(REMOTE_ADDR="192.0.2.7").get(ME, headers=bearer("adt_0"))
    assert elsewhere.status_code == 401


def test_many_other_counters_do_not_wash_a_limit_away(nurse: User) -> None:
    cache.clear()
    for n in range(20):
        Client().get(ME, headers=bearer(f"adt_{n}"))
    for n in range(400):
        cache.set(f"somebody-else:{n}", [0], 300)
    assert Client().get(ME, headers=bearer("adt_20")).status_code == 429


def test_a_token_makes_600_requests_a_minute(nurse: User, clinician: User) -> None:
    api, other = Api(nurse), Api(clinician)
    token = ApiToken.objects.get(user=nurse)
    cache.set(f"api-token:{token.public_id}", [time.time()] * 599, 60)
    assert api.get("me/").status_code == 200
    refused = api.get("me/")
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused["Content-Type"] == "application/problem+json"
    assert other.get("me/").status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
        assert api.get("me/").status_code == 200


# --- What a token allows ----------------------------------------------------------------------------------------------

WRITES = [
    ("post", "patients/"),
    ("patch", "patients/{id}/"),
    ("put", "patients/{id}/"),
    ("post", "patients/{id}/close/"),
    ("post", "patients/{id}/reopen/"),
    *[
        ("post", f"patients/{{id}}/{noun}/")
        for noun in ("allergies", "measurements", "precautions", "guardians", "contact-points", "consents")
    ],
    ("post", "patients/{id}/allergies/none-known/"),
    *[
        ("post", f"patients/{{id}}/{noun}/6f1b7b1e-5f5c-4d8b-9a37-000000000000/withdraw/")
        for noun in ("allergies", "measurements", "precautions", "guardians", "contact-points", "consents")
    ],
]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_token_that_reads_does_not_write(method: str, path: str, nurse: User, clinic: Clinic, patient: Patient) -> None:
    body: dict[str, Any] = {}
    if path == "patients/":
        body = {"clinic": str(clinic.public_id), "record_number": "1", "family_name": "A", "given_name": "B"}
        body |= {"birth_date": "2001-01-01", "sex": "male"}
    was = Patient.objects.values().get()
    response = Api(nurse, "patients:read").call(method, path.format(id=patient.public_id), body, If_Match='"1"')
    assert response.status_code == 403
    assert Patient.objects.values().get() == was
    row = AuditEvent.objects.latest("id")
    assert (row.verb, row.outcome, row.actor) == ("access refused", "refused", nurse.public_id)


def test_a_token_that_only_writes_shows_nobody(nurse: User, patient: Patient) -> None:
    api = Api(nurse, "patients:write")
    assert api.get("patients/").status_code == 403
    assert api.post("patients/search/").status_code == 403
    assert api.get(f"patients/{patient.public_id}/").status_code == 403
    assert api.patch(f"patients/{patient.public_id}/", {}, If_Match='"1"').status_code == 403


def test_a_token_never_allows_more_than_its_account(clinic_admin: User, portal_user: User, patient: Patient) -> None:
    address = f"patients/{patient.public_id}/"
    admin = Api(clinic_admin)
    assert admin.get(f"{address}allergies/").status_code == 403
    assert "allergies" not in admin.get(address).json()
    own = Api(portal_user)
    assert own.get(address).status_code == 404
    assert own.get("patients/").status_code == 403


def test_a_token_wins_over_the_session_of_somebody_else(
    clinician: User, outsider: User, other_patient: Patient, signed_in: Any
) -> None:
    api = Api(clinician, client=signed_in(outsider))
    assert api.get("me/").json()["email"] == clinician.email
    assert api.get(f"patients/{other_patient.public_id}/").status_code == 404


# --- What is taken away works on the next request ---------------------------------------------------------------------


@pytest.fixture(params=["token", "session"])
def door(request: pytest.FixtureRequest, nurse: User, signed_in: Any) -> Api:
    """The nurse, through either door."""
    return Api(nurse) if request.param == "token" else Api(client=signed_in(nurse))


def test_a_deactivated_account_is_out_on_the_next_request(door: Api, nurse: User, patient: Patient) -> None:
    assert door.get("patients/").status_code == 200
    actions.set_account_active(system_actor("command"), nurse, False, at=datetime.now(UTC))
    assert door.get("patients/").status_code == 401
    assert door.get(f"patients/{patient.public_id}/").status_code == 401
    assert door.get("me/").status_code == 401


def test_an_ended_role_is_out_on_the_next_request(
    door: Api, nurse: User, clinic_admin: User, clinic: Clinic, patient: Patient
) -> None:
    assert door.get(f"patients/{patient.public_id}/").status_code == 200
    actions.end_membership(actor_for(clinic_admin, clinic), Membership.objects.get(user=nurse), at=datetime.now(UTC))
    assert door.get("patients/").status_code == 403
    assert door.get(f"patients/{patient.public_id}/").status_code == 404
    assert door.get("me/").json()["clinics"] == []


def test_a_lost_clinical_role_leaves_what_the_other_role_allows(
    door: Api, nurse: User, clinic_admin: User, clinic: Clinic, patient: Patient
) -> None:
    make_member(clinic, Role.CLINIC_ADMIN, user=nurse)
    assert "allergies" in door.get(f"patients/{patient.public_id}/").json()
    clinical = Membership.objects.get(user=nurse, role=Role.NURSE)
    actions.end_membership(actor_for(clinic_admin, clinic), clinical, at=datetime.now(UTC))
    assert "allergies" not in door.get(f"patients/{patient.public_id}/").json()
    assert door.get(f"patients/{patient.public_id}/allergies/").status_code == 403


# --- The session ------------------------------------------------------------------------------------------------------


def test_a_session_writes_only_with_the_csrf_token(nurse: User, patient: Patient) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(nurse)
    address = f"{ROOT}patients/{patient.public_id}/"
    body = {"preferred_name": "Mimi"}
    headers = {"If-Match": '"1"'}
    refused = client.patch(address, body, content_type="application/json", headers=headers)
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    client.cookies["csrf"] = "a" * 32
    foreign = headers | {"X-CSRFToken": "a" * 32, "Origin": "https://evil.example"}
    assert client.patch(address, body, content_type="application/json", headers=foreign).status_code == 403
    saved = client.patch(address, body, content_type="application/json", headers=headers | {"X-CSRFToken": "a" * 32})
    assert saved.status_code == 200
    row = AuditEvent.objects.latest("id")
    assert (row.verb, row.channel, row.actor) == ("patient changed", "api", nurse.public_id)


def test_a_page_that_asks_the_api_again_and_again_does_not_keep_its_session(nurse: User, signed_in: Any) -> None:
    start = datetime.now(UTC)
    client = signed_in(nurse)
    with time_machine.travel(start, tick=False) as clock:
        for _ in range(3):
            assert client.get(ME).status_code == 200
            clock.shift(timedelta(minutes=5) - timedelta(seconds=1))
        assert client.get(ME).status_code == 200
        clock.shift(timedelta(seconds=4))
        assert client.get(ME).status_code == 401


def test_a_session_is_not_counted_as_a_token(nurse: User, signed_in: Any) -> None:
    cache.clear()
    assert signed_in(nurse).get(ME).json()["token"] is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM adtrack_cache")
        assert cursor.fetchone() == (0,)
