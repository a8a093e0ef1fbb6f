"""Coming in by invitation: the link, the new account, the account that exists, and everything that opens nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse

from clinics import actions
from clinics.access import Actor, system_actor
from clinics.models import AuditEvent, Clinic, Invitation, Membership, Outcome, User
from clinics.views.base import now
from tests.factories import PASSWORD, actor_for, make_user

pytestmark = pytest.mark.django_db
EMAIL = "new@example.org"
ANSWER = {"name": "Nia New", "password1": PASSWORD, "password2": PASSWORD}
NOBODY = Actor(user=None, role="none", clinic=None, rights=frozenset(), channel="web")


@pytest.fixture
def offer(clinic: Clinic, clinic_admin: User) -> tuple[Invitation, str]:
    return actions.invite_member(
        actor_for(clinic_admin, clinic), clinic, email=EMAIL, name="Nia Invited", role="nurse", may_score=True, at=now()
    )


@pytest.fixture
def link(offer: tuple[Invitation, str]) -> str:
    return reverse("invitation_accept", args=[offer[1]])


def plain(answer) -> str:
    """A page without what differs on every answer."""
    return re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", answer.content.decode())


# --- Opening -----------------------------------------------------------------------------------------------------------


def test_opening_the_link_uses_nothing_up_and_hides_the_token(client: Client, link: str, offer: tuple[Invitation, str]):
    for _time in range(3):
        answer = client.get(link)
        assert (answer.status_code, answer.headers["Location"]) == (302, reverse("invitation_form"))
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    page = client.get(reverse("invitation_form"))
    text = page.content.decode()
    assert page.status_code == 200
    assert 'value="Nia Invited"' in text
    assert EMAIL in text
    assert offer[1] not in text
    assert offer[1] not in str(dict(client.session))
    assert "dermatolog" not in text.lower()
    offer[0].refresh_from_db()
    assert offer[0].accepted_at is None


def test_only_the_hash_of_the_token_is_stored(offer: tuple[Invitation, str]):
    row, token = offer
    assert len(token) >= 43
    assert token not in str(Invitation.objects.values().get(pk=row.pk))


def spoil(row: Invitation, how: str, by: Actor) -> None:
    if how == "used":
        actions.accept_invitation(by, row, name="X", password=PASSWORD, at=now())
    elif how == "revoked":
        actions.revoke_invitation(by, row, at=now())
    elif how == "expired":
        Invitation.objects.filter(pk=row.pk).update(expires_at=now() - timedelta(seconds=1))
    elif how == "clinic closed":
        Clinic.objects.filter(pk=row.clinic_id).update(closed_at=now())


@pytest.mark.parametrize("how", ["used", "revoked", "expired", "clinic closed"])
def test_link_that_no_longer_works_is_answered_like_a_wrong_one(
    client: Client, link: str, offer: tuple[Invitation, str], clinic_admin: User, clinic: Clinic, how: str
):
    spoil(offer[0], how, actor_for(clinic_admin, clinic))
    wrong = Client().get(reverse("invitation_accept", args=["x" * 43]))
    gone = client.get(link)
    assert (wrong.status_code, gone.status_code) == (404, 404)
    assert plain(wrong) == plain(gone)
    assert gone.headers["Referrer-Policy"] == "no-referrer"
    assert AuditEvent.objects.filter(verb="invitation link refused", outcome=Outcome.FAILED).count() == 2


@pytest.mark.parametrize("how", ["used", "revoked", "expired"])
def test_offer_that_ends_while_the_form_is_open_is_not_taken(
    client: Client, link: str, offer: tuple[Invitation, str], clinic_admin: User, clinic: Clinic, how: str
):
    client.get(link)
    spoil(offer[0], how, actor_for(clinic_admin, clinic))
    members = Membership.objects.count()
    assert client.post(reverse("invitation_form"), ANSWER).status_code == 404
    assert Membership.objects.count() == members


def test_form_without_a_link_before_it_is_nothing(client: Client):
    assert client.get(reverse("invitation_form")).status_code == 404
    assert client.post(reverse("invitation_form"), ANSWER).status_code == 404


def test_wrong_links_are_limited_by_address_and_right_ones_never(client: Client, link: str):
    codes = [client.get(reverse("invitation_accept", args=[f"wrong{number}"])).status_code for number in range(21)]
    assert codes == [404] * 20 + [429]
    assert client.get(link).status_code == 302
    elsewhere = Client(REMOTE_ADDR="198.51.100.7")
    assert elsewhere.get(reverse("invitation_accept", args=["wrong"])).status_code == 404
    assert AuditEvent.objects.filter(verb="invitation link refused").count() == 21


def test_link_is_only_for_opening(client: Client, link: str):
    assert client.post(link, ANSWER).status_code == 405


# --- A new account -----------------------------------------------------------------------------------------------------


def test_new_account_is_made_signed_in_and_noted(client: Client, link: str, clinic: Clinic, offer: tuple[Invitation, str]):
    client.get(link)
    answer = client.post(reverse("invitation_form"), ANSWER)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/").headers["Location"] == reverse("patient_list")
    user = User.objects.get(email=EMAIL)
    assert (user.name, user.check_password(PASSWORD), user.is_staff) == ("Nia New", True, False)
    row = Membership.objects.get(user=user)
    assert (row.clinic, row.role, row.may_score, row.may_prescribe) == (clinic, "nurse", True, False)
    verbs = set(AuditEvent.objects.filter(actor=user.public_id).values_list("verb", flat=True))
    assert verbs == {"account created", "invitation accepted", "signed in"}
    assert "invitation" not in client.session


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"password1": "short", "password2": "short"}, "at least 12 characters"),
        ({"password1": "new@example.org", "password2": "new@example.org"}, "too similar"),
        ({"password1": "password1234", "password2": "password1234"}, "too common"),
        ({"password2": PASSWORD + "x"}, "The two passwords are not the same."),
        ({"name": " "}, "This field is required."),
        ({"name": "Nia\nNew"}, "Line breaks and invisible control characters"),
        ({"name": "Nia \u202eweN"}, "Line breaks and invisible control characters"),
    ],
)
def test_answer_that_cannot_be_is_refused_and_uses_nothing_up(
    client: Client, link: str, offer: tuple[Invitation, str], more: dict[str, str], words: str
):
    client.get(link)
    answer = client.post(reverse("invitation_form"), ANSWER | more)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert PASSWORD not in text
    assert not User.objects.filter(email=EMAIL).exists()
    assert client.post(reverse("invitation_form"), ANSWER).status_code == 302


# --- An account that exists --------------------------------------------------------------------------------------------


def test_existing_account_signs_in_and_accepts_with_one_button(client: Client, link: str, clinic: Clinic):
    user = make_user(EMAIL, "Nia Known")
    client.get(link)
    text = client.get(reverse("invitation_form")).content.decode()
    assert "You have an account already" in text
    door = f"{reverse('account_login')}?next={reverse('invitation_form')}"
    assert f'href="{door}"' in text
    assert client.post(reverse("invitation_form"), ANSWER).status_code == 200  # no second account, no new password
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert not Membership.objects.filter(user=user).exists()

    answer = client.post(door, {"login": EMAIL, "password": PASSWORD})
    assert answer.headers["Location"] == reverse("invitation_form")
    assert "Accept" in client.get(reverse("invitation_form")).content.decode()
    assert not Membership.objects.filter(user=user).exists()
    accepted = client.post(reverse("invitation_form"), follow=True)
    assert "You now work in Hillside." in accepted.content.decode()
    assert Membership.objects.get(user=user).role == "nurse"
    assert not AuditEvent.objects.filter(verb="account created").exists()


def test_another_persons_invitation_is_not_taken(
    link: str, nurse: User, offer: tuple[Invitation, str], signed_in: Callable[[User], Client]
):
    client = signed_in(nurse)
    client.get(link)
    text = client.get(reverse("invitation_form")).content.decode()
    assert "this invitation was made for new@example.org" in text
    assert client.post(reverse("invitation_form"), ANSWER).status_code == 200
    offer[0].refresh_from_db()
    assert offer[0].accepted_at is None
    assert Membership.objects.filter(user=nurse).count() == 1


def test_nobody_accepts_what_they_offered_themselves(offer: tuple[Invitation, str], clinic_admin: User):
    Invitation.objects.filter(pk=offer[0].pk).update(email=clinic_admin.email)  # as one could before it was refused
    offer[0].refresh_from_db()
    with pytest.raises(ValidationError, match="Somebody else has to invite you"):
        actions.accept_invitation(NOBODY, offer[0], user=clinic_admin, at=now())
    assert Membership.objects.get(user=clinic_admin).role == "clinic_admin"


def test_name_of_a_new_account_is_one_line_through_every_door(offer: tuple[Invitation, str]):
    with pytest.raises(ValidationError, match="Line breaks"):
        actions.accept_invitation(NOBODY, offer[0], name="Nia\u2028New", password=PASSWORD, at=now())
    assert not User.objects.filter(email=EMAIL).exists()


def test_deactivated_account_cannot_accept(client: Client, link: str):
    make_user(EMAIL, is_active=False)
    client.get(link)
    answer = client.post(reverse("account_login"), {"login": EMAIL, "password": PASSWORD})
    assert answer.status_code == 200
    assert client.post(reverse("invitation_form"), ANSWER).status_code == 200
    assert not Membership.objects.filter(user__email=EMAIL).exists()


# --- Once --------------------------------------------------------------------------------------------------------------


def test_second_answer_finds_the_offer_taken(offer: tuple[Invitation, str]):
    row = offer[0]
    actions.accept_invitation(NOBODY, row, name="First", password=PASSWORD, at=now())
    with pytest.raises(ValidationError, match="can no longer be used"):
        actions.accept_invitation(NOBODY, row, user=User.objects.get(email=EMAIL), at=now())
    assert Membership.objects.filter(user__email=EMAIL).count() == 1
    assert AuditEvent.objects.filter(verb="invitation accepted").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_account", [False, True])
def test_of_two_answers_at_once_one_wins(offer: tuple[Invitation, str], vendor: str, has_account: bool):
    if vendor == "sqlite":
        pytest.skip("an SQLite database in memory has one writer and no waiting; the order is tested above")
    user = make_user(EMAIL) if has_account else None

    def accept(_number: int) -> str:
        try:
            actions.accept_invitation(NOBODY, offer[0], user=user, name="N", password=PASSWORD, at=now())
        except ValidationError as error:
            return error.messages[0]
        finally:
            connection.close()
        return "accepted"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(accept, range(4)))
    assert sorted(answers) == ["This invitation can no longer be used."] * 3 + ["accepted"]
    assert AuditEvent.objects.filter(verb="invitation accepted").count() == 1


def test_new_offer_of_the_same_role_ends_the_earlier_one(offer: tuple[Invitation, str], clinic: Clinic, clinic_admin: User):
    by = actor_for(clinic_admin, clinic)
    actions.invite_member(by, clinic, email=EMAIL, name="Nia", role="nurse", at=now())
    actions.invite_member(by, clinic, email=EMAIL, name="Nia", role="dermatologist", at=now())
    assert sorted(Invitation.objects.open(now()).values_list("role", flat=True)) == ["dermatologist", "nurse"]
    offer[0].refresh_from_db()
    assert offer[0].revoked_by == clinic_admin


@pytest.mark.django_db(transaction=True)
def test_of_offers_at_once_one_stays_open(offer: tuple[Invitation, str], clinic: Clinic, clinic_admin: User, vendor: str):
    if vendor == "sqlite":
        pytest.skip("an SQLite database in memory has one writer and no waiting; the order is tested above")
    by = actor_for(clinic_admin, clinic)

    def invite(number: int) -> None:
        try:
            if number % 2:
                actions.invite_again(by, offer[0], at=now())
            else:
                actions.invite_member(by, clinic, email=EMAIL, name="Nia", role="nurse", at=now())
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(invite, range(6)))
    assert Invitation.objects.open(now()).filter(email=EMAIL, role="nurse").count() == 1


def test_refused_acceptance_rolls_back_with_its_rows(offer: tuple[Invitation, str], nurse: User):
    with pytest.raises(ValidationError, match="made for another address"):
        actions.accept_invitation(system_actor("command"), offer[0], user=nurse, at=now())
    offer[0].refresh_from_db()
    assert offer[0].accepted_at is None
    assert not AuditEvent.objects.filter(verb="invitation accepted").exists()
