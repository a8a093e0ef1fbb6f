"""How long a session lasts, what extends it, and that nothing typed is lost when it ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinics import actions
from clinics.models import AuditEvent, Clinic, ClinicSettings, KeptForm, Role, User
from tests.factories import PASSWORD, make_member

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
INVITE = "/clinic/staff/invite/"
TYPED = {"email": "typed@example.org", "name": "Typed Before", "role": "nurse"}


@pytest.fixture
def clock() -> time_machine.Coordinates:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def is_in(client: Client) -> bool:
    """Whether a page a person asks for is shown; asking extends the session."""
    return not client.get(reverse("clinic_switch")).headers.get("Location", "").startswith("/sign-in/")


# --- Idle --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "minutes"), [("nurse", 15), ("clinic_admin", 15), ("platform_admin", 15), ("portal_user", 30)]
)
def test_session_ends_after_idle_minutes_of_the_role(
    request: pytest.FixtureRequest, clock: time_machine.Coordinates, signed_in: SignIn, person: str, minutes: int
):
    client = signed_in(request.getfixturevalue(person))
    assert is_in(client)
    clock.shift(timedelta(minutes=minutes, seconds=-1))
    assert is_in(client)
    clock.shift(timedelta(minutes=minutes))
    assert not is_in(client)
    assert "_auth_user_id" not in client.session
    assert AuditEvent.objects.get(verb="session ended").reason == "idle"


@pytest.mark.parametrize("minutes", [5, 60])
def test_clinic_chooses_its_own_idle_minutes(
    clock: time_machine.Coordinates, signed_in: SignIn, nurse: User, clinic: Clinic, minutes: int
):
    ClinicSettings.objects.create(clinic=clinic, idle_minutes=minutes)
    client = signed_in(nurse)
    assert is_in(client)
    clock.shift(timedelta(minutes=minutes, seconds=-1))
    assert is_in(client)
    clock.shift(timedelta(minutes=minutes))
    assert not is_in(client)


def test_platform_administrator_gets_no_longer_idle_time_from_a_clinic(
    clock: time_machine.Coordinates, signed_in: SignIn, platform_admin: User, clinic: Clinic
):
    make_member(clinic, Role.NURSE, user=platform_admin)
    ClinicSettings.objects.create(clinic=clinic, idle_minutes=60)
    client = signed_in(platform_admin)
    assert is_in(client)
    clock.shift(timedelta(minutes=15))
    assert not is_in(client)


# --- Absolute ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("person", "hours"), [("nurse", 12), ("platform_admin", 8), ("portal_user", 12)])
def test_session_ends_after_the_hours_of_the_role_whatever_happens(
    request: pytest.FixtureRequest, clock: time_machine.Coordinates, signed_in: SignIn, person: str, hours: int
):
    client = signed_in(request.getfixturevalue(person))
    assert is_in(client)
    for _step in range(hours * 6 - 1):
        clock.shift(timedelta(minutes=10))
        assert client.post(reverse("session_extend")).headers["Location"] == "/"
    clock.shift(timedelta(minutes=10, seconds=-1))
    left = client.get(reverse("session_status")).json()["seconds_left"]
    assert left == 1
    clock.shift(timedelta(seconds=1))
    assert not is_in(client)
    assert AuditEvent.objects.get(verb="session ended").reason == "absolute limit"


# --- What extends ------------------------------------------------------------------------------------------------------


def test_page_that_asks_by_itself_does_not_extend_and_is_signed_out_too(
    clock: time_machine.Coordinates, signed_in: SignIn, nurse: User
):
    client = signed_in(nurse)
    assert is_in(client)
    for _minute in range(14):
        clock.shift(timedelta(minutes=1))
        assert client.get(reverse("session_status")).status_code == 200
    assert client.get(reverse("session_status")).json() == {"seconds_left": 60}
    clock.shift(timedelta(minutes=1))
    answer = client.get(reverse("session_status"))
    assert answer.headers["Location"].startswith("/sign-in/")
    assert not is_in(client)


def test_saying_one_is_still_there_extends(clock: time_machine.Coordinates, signed_in: SignIn, nurse: User):
    client = signed_in(nurse)
    assert is_in(client)
    clock.shift(timedelta(minutes=14))
    answer = client.post(reverse("session_extend"), headers={"Accept": "application/json"})
    assert answer.json() == {"seconds_left": 900}
    clock.shift(timedelta(minutes=14))
    assert is_in(client)
    assert client.get(reverse("session_extend")).status_code == 405


def test_address_that_does_not_exist_extends_nothing(clock: time_machine.Coordinates, signed_in: SignIn, nurse: User):
    client = signed_in(nurse)
    assert is_in(client)
    clock.shift(timedelta(minutes=10))
    assert client.get("/no-such-page/").status_code == 404
    clock.shift(timedelta(minutes=5))
    assert not is_in(client)


def test_part_of_a_page_sends_the_whole_browser_to_the_door(
    clock: time_machine.Coordinates, signed_in: SignIn, nurse: User
):
    client = signed_in(nurse)
    assert is_in(client)
    clock.shift(timedelta(minutes=15))
    answer = client.get(reverse("patient_list"), headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["HX-Redirect"].startswith("/sign-in/?next=")


def test_page_carries_what_the_warning_needs(clock: time_machine.Coordinates, signed_in: SignIn, nurse: User):
    text = signed_in(nurse).get(reverse("clinic_switch")).content.decode()
    assert 'data-session-ends-in="900"' in text
    assert f'data-session-url="{reverse("session_status")}"' in text


# --- Choosing the clinic -----------------------------------------------------------------------------------------------


def test_choosing_a_clinic_of_others_is_refused_like_nonsense_and_noted(
    signed_in: SignIn, nurse: User, other_clinic: Clinic
):
    client = signed_in(nurse)
    for chosen in (str(other_clinic.public_id), "00000000-0000-0000-0000-000000000001", "x", ""):
        answer = client.post(reverse("clinic_switch"), {"clinic": chosen}, follow=True)
        assert answer.redirect_chain == [(reverse("clinic_switch"), 302)]
        assert "Choose one of your clinics." in answer.content.decode()
    row = AuditEvent.objects.get(verb="access refused")
    assert (row.actor, row.object_id, row.clinic) == (nurse.public_id, other_clinic.public_id, other_clinic.public_id)


# --- The half-filled form ----------------------------------------------------------------------------------------------


def hidden_of(client: Client, url: str) -> dict[str, str]:
    """The hidden fields of the page's form."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', client.get(url).content.decode()))


def kept_address(answer) -> str:
    """The page the sign-in leads back to."""
    return parse_qs(urlsplit(answer.headers["Location"]).query)["next"][0]


def enter(client: Client, user: User, url: str) -> str:
    """Sign in and follow to a page."""
    answer = client.post(f"{reverse('account_login')}", {"login": user.email, "password": PASSWORD, "next": url})
    assert answer.headers["Location"] == url
    return client.get(url).content.decode()


def test_form_sent_after_the_session_ended_comes_back_with_its_input(
    clock: time_machine.Coordinates, signed_in: SignIn, clinic_admin: User
):
    client = signed_in(clinic_admin)
    hidden = hidden_of(client, INVITE)
    clock.shift(timedelta(minutes=16))
    answer = client.post(INVITE, TYPED | hidden)
    back = kept_address(answer)
    assert back.startswith(f"{INVITE}?kept=")
    assert "typed" not in answer.headers["Location"].lower()
    text = enter(client, clinic_admin, back)
    assert 'value="typed@example.org"' in text
    assert 'value="Typed Before"' in text
    assert "It is not saved yet" in text
    assert client.post(INVITE, TYPED | hidden_of(client, INVITE)).headers["Location"] == reverse("staff_list")


def test_form_sent_after_sign_out_in_another_tab_comes_back(signed_in: SignIn, clinic_admin: User):
    client = signed_in(clinic_admin)
    hidden = hidden_of(client, INVITE)
    client.post(reverse("account_logout"))
    back = kept_address(client.post(INVITE, TYPED | hidden))
    assert 'value="Typed Before"' in enter(client, clinic_admin, back)


def test_form_with_an_old_csrf_key_comes_back(clinic_admin: User):
    client = Client(enforce_csrf_checks=True)
    client.force_login(clinic_admin)
    hidden = hidden_of(client, INVITE) | {"csrfmiddlewaretoken": "x" * 64}
    answer = client.post(INVITE, TYPED | hidden)
    assert answer.headers["Location"].startswith(f"{INVITE}?kept=")
    text = client.get(answer.headers["Location"]).content.decode()
    assert 'value="Typed Before"' in text


def test_form_without_our_mark_is_refused_when_the_csrf_key_is_wrong(clinic_admin: User):
    client = Client(enforce_csrf_checks=True)
    client.force_login(clinic_admin)
    answer = client.post(INVITE, TYPED)
    assert answer.status_code == 403
    assert b"This form is no longer valid" in answer.content
    assert KeptForm.objects.count() == 0


def test_nobody_else_sees_what_was_typed(
    clock: time_machine.Coordinates, signed_in: SignIn, clinic: Clinic, clinic_admin: User
):
    colleague = make_member(clinic, Role.CLINIC_ADMIN)
    client = signed_in(clinic_admin)
    hidden = hidden_of(client, INVITE)
    clock.shift(timedelta(minutes=16))
    back = kept_address(client.post(INVITE, TYPED | hidden))
    assert "Typed Before" not in enter(client, colleague, back)
    answer = client.post(INVITE, TYPED | hidden)  # the page was still open in another tab
    assert answer.status_code == 409
    assert b"opened by someone else" in answer.content
    assert b"Typed Before" not in answer.content
    assert b"kept=" not in answer.content


def test_form_of_another_page_is_refused_and_kept(signed_in: SignIn, clinic_admin: User, clinic: Clinic):
    client = signed_in(clinic_admin)
    hidden = hidden_of(client, INVITE)
    answer = client.post(reverse("clinic_settings"), TYPED | hidden)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "This form belongs to another page" in text
    back = re.search(rf'href="({INVITE}\?kept=[^"]+)"', text)[1]
    assert 'value="Typed Before"' in client.get(back).content.decode()
    clinic.refresh_from_db()
    assert clinic.version == 1


def test_forged_mark_is_ignored(signed_in: SignIn, clinic_admin: User):
    client = signed_in(clinic_admin)
    answer = client.post(INVITE, TYPED | {"form_guard": "forged"})
    assert answer.headers["Location"] == reverse("staff_list")


def test_kept_form_is_forgotten_after_two_hours_and_swept_after_three(
    clock: time_machine.Coordinates, signed_in: SignIn, clinic_admin: User
):
    client = signed_in(clinic_admin)
    hidden = hidden_of(client, INVITE)
    clock.shift(timedelta(minutes=16))
    back = kept_address(client.post(INVITE, TYPED | hidden))
    clock.shift(timedelta(hours=2, seconds=1))
    assert "Typed Before" not in enter(client, clinic_admin, back)
    actions.sweep_leftovers(at=datetime.now(UTC))
    assert KeptForm.objects.count() == 1
    clock.shift(timedelta(hours=1))
    actions.sweep_leftovers(at=datetime.now(UTC))
    assert KeptForm.objects.count() == 0


def test_passwords_and_keys_are_not_kept(signed_in: SignIn, clinic_admin: User):
    client = signed_in(clinic_admin)
    hidden = hidden_of(client, INVITE)
    secrets = {
        "password1": "first secret",
        "password2": "second secret",
        "oldpassword": "old secret",
        "password": "a secret",
    }
    client.post(reverse("clinic_settings"), TYPED | secrets | hidden)
    kept = KeptForm.objects.get()
    assert "secret" not in kept.body
    assert hidden["form_guard"] not in kept.body
    assert "Typed" in kept.body


def test_input_too_large_to_keep_is_not_kept(signed_in: SignIn, clinic_admin: User):
    client = signed_in(clinic_admin)
    hidden = hidden_of(client, INVITE)
    client.post(reverse("account_logout"))
    answer = client.post(INVITE, TYPED | hidden | {"name": "x" * 300_000})
    assert kept_address(answer) == INVITE
    assert KeptForm.objects.count() == 0
