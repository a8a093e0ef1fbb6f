"""The one door: sign-in, reset, change of password; limits that lock out nobody; answers that tell nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from clinics.models import AuditEvent, Outcome, User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
SIGN_IN, RESET = "/sign-in/", "/password/reset/"
NEW = "violet umbrella parade 7"
SignIn = Callable[[User], Client]


def try_in(client: Client, email: str, password: str = "wrong"):
    return client.post(SIGN_IN, {"login": email, "password": password})


def is_in(answer) -> bool:
    return answer.status_code == 302 and answer.headers["Location"] == "/"


def plain(answer, *typed: str) -> str:
    """The page without what differs on every answer: the key and the address somebody typed."""
    text = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", answer.content.decode())
    for word in typed:
        text = text.replace(word, "…")
    return text


# --- Signing in --------------------------------------------------------------------------------------------------------


def test_right_password_opens_and_is_noted(client: Client, nurse: User):
    answer = client.post(SIGN_IN, {"login": "NURSE@Example.org", "password": PASSWORD})
    assert is_in(answer)
    row = AuditEvent.objects.get(verb="signed in")
    assert (row.actor, row.outcome, row.address) == (nurse.public_id, Outcome.DONE, "127.0.0.1")


def test_session_key_changes_at_the_door(client: Client, nurse: User):
    client.get(SIGN_IN)
    session = client.session
    session["planted"] = "x"
    session.save()
    client.cookies["session"] = session.session_key
    assert is_in(try_in(client, nurse.email, PASSWORD))
    assert client.session.session_key != session.session_key


def test_second_sign_in_tells_of_the_first(nurse: User):
    try_in(Client(), nurse.email, PASSWORD)
    again = Client()
    try_in(again, nurse.email, PASSWORD)
    assert "Your last sign-in before this one:" in again.get("/", follow=True).content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"])
def test_door_leads_to_no_other_site(client: Client, nurse: User, target: str):
    answer = client.post(SIGN_IN, {"login": nurse.email, "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/"


def test_failed_sign_in_is_noted_with_the_account_only_if_there_is_one(client: Client, nurse: User):
    try_in(client, nurse.email)
    try_in(client, "nobody@example.org")
    rows = list(AuditEvent.objects.filter(verb="sign-in failed").order_by("id"))
    assert [(row.object_id, row.outcome, row.actor) for row in rows] == [
        (nurse.public_id, Outcome.FAILED, None),
        (None, Outcome.FAILED, None),
    ]


def test_signing_out_is_noted_and_empties_the_browser(signed_in: SignIn, nurse: User):
    client = signed_in(nurse)
    answer = client.post(reverse("account_logout"))
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/").headers["Location"].startswith(SIGN_IN)
    assert AuditEvent.objects.get(verb="signed out").actor == nurse.public_id


def test_opening_the_sign_out_page_signs_nobody_out(signed_in: SignIn, nurse: User):
    client = signed_in(nurse)
    assert client.get(reverse("account_logout")).status_code == 200
    assert client.get(reverse("clinic_switch")).status_code == 200


# --- Answers that tell nothing -----------------------------------------------------------------------------------------


def test_known_unknown_and_closed_account_are_answered_alike(nurse: User):
    make_user("closed@example.org", is_active=False)
    tries = [(nurse.email, "wrong"), ("nobody@example.org", "wrong"), ("closed@example.org", PASSWORD)]
    answers = [try_in(Client(), email, password) for email, password in tries]
    assert {answer.status_code for answer in answers} == {200}
    pages = {plain(answer, email) for answer, (email, _) in zip(answers, tries, strict=True)}
    assert len(pages) == 1
    assert "We could not sign you in." in pages.pop()
    assert AuditEvent.objects.filter(verb="sign-in failed").count() == 3


def test_right_password_of_a_closed_account_is_counted_like_a_wrong_one(client: Client):
    make_user("closed@example.org", is_active=False)
    pages = [try_in(client, "closed@example.org", PASSWORD).content.decode() for _ in range(6)]
    assert ["Too many tries" in page for page in pages] == [False] * 5 + [True]


def test_limit_is_answered_alike_for_known_and_unknown(nurse: User):
    known, unknown = Client(REMOTE_ADDR="198.51.100.1"), Client(REMOTE_ADDR="198.51.100.2")
    first = [try_in(known, nurse.email) for _ in range(6)][-1]
    second = [try_in(unknown, "nobody@example.org") for _ in range(6)][-1]
    assert plain(first, nurse.email) == plain(second, "nobody@example.org")
    assert "Too many tries from here." in plain(first)


def test_reset_is_answered_alike_for_known_and_unknown(nurse: User):
    known, unknown = Client(), Client()
    answers = [known.post(RESET, {"email": nurse.email}), unknown.post(RESET, {"email": "nobody@example.org"})]
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {(302, "/password/reset/sent/")}
    assert plain(known.get("/password/reset/sent/")) == plain(unknown.get("/password/reset/sent/"))
    assert [sent.to for sent in mail.outbox] == [[nurse.email], ["nobody@example.org"]]


def test_answers_after_too_many_resets_are_alike(nurse: User):
    codes = {}
    for email, address in ((nurse.email, "198.51.100.1"), ("nobody@example.org", "198.51.100.2")):
        client = Client(REMOTE_ADDR=address)
        codes[email] = [client.post(RESET, {"email": email}).status_code for _ in range(11)]
    assert list(codes.values()) == [[302] * 10 + [429]] * 2
    assert len(mail.outbox) == 10  # five to each: more would only fill somebody's inbox


def test_a_stranger_who_asks_for_resets_does_not_close_the_way_for_the_owner(nurse: User):
    for number in range(8):
        Client(REMOTE_ADDR=f"198.51.100.{number}").post(RESET, {"email": nurse.email})
    answer = Client(REMOTE_ADDR="203.0.113.9").post(RESET, {"email": nurse.email})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/password/reset/sent/")
    assert [sent.to for sent in mail.outbox] == [[nurse.email]] * 5


def test_resets_tries_beyond_the_limit_and_wrong_keys_leave_rows(nurse: User):
    client = Client()
    client.post(RESET, {"email": nurse.email})
    row = AuditEvent.objects.get(verb="password reset asked")
    assert row.object_id == nurse.public_id
    for _ in range(6):
        client.post("/sign-in/", {"login": nurse.email, "password": "wrong wrong wrong"})
    assert AuditEvent.objects.filter(verb="sign-in refused, too many tries", outcome="refused").count() == 1
    client.get("/api/v1/me/", headers={"Authorization": "Bearer adt_wrong"})
    assert AuditEvent.objects.filter(verb="token refused", outcome="failed").count() == 1


# --- Limits that lock out nobody ---------------------------------------------------------------------------------------


def test_stranger_closes_the_door_for_nobody(nurse: User):
    stranger = Client(REMOTE_ADDR="203.0.113.9")
    answers = [try_in(stranger, nurse.email) for _ in range(20)]
    assert not any(is_in(answer) for answer in answers)
    assert not is_in(try_in(stranger, nurse.email, PASSWORD))  # from there, not even with the right one
    assert is_in(try_in(Client(REMOTE_ADDR="198.51.100.4"), nurse.email, PASSWORD))


def test_one_account_from_one_address_is_limited_to_five_failures(client: Client, nurse: User, clinician: User):
    for _ in range(5):
        assert "We could not sign you in." in try_in(client, nurse.email).content.decode()
    assert "Too many tries from here." in try_in(client, nurse.email, PASSWORD).content.decode()
    assert is_in(try_in(client, clinician.email, PASSWORD))  # a colleague behind the same address


def test_one_address_is_limited_to_twenty_failures_over_all_accounts(client: Client, clinician: User):
    for number in range(20):
        assert "We could not sign you in." in try_in(client, f"guess{number}@example.org").content.decode()
    assert "Too many tries from here." in try_in(client, "guess20@example.org").content.decode()
    assert AuditEvent.objects.filter(verb="sign-in failed").count() == 20


def test_right_passwords_use_up_no_tries(nurse: User):
    for _ in range(8):
        assert is_in(try_in(Client(), nurse.email, PASSWORD))


def test_forwarded_address_is_not_believed_without_a_proxy(nurse: User):
    for number in range(6):
        client = Client(headers={"X-Forwarded-For": f"198.51.100.{number}"})
        text = try_in(client, nurse.email).content.decode()
    assert "Too many tries from here." in text


def test_admins_own_address_is_the_same_door(platform_admin: User):
    client = Client()
    assert client.get("/admin/login/").headers["Location"].startswith(SIGN_IN)
    for _ in range(6):
        answer = client.post("/admin/login/", {"username": platform_admin.email, "password": PASSWORD})
        assert answer.headers["Location"].startswith(SIGN_IN)
    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")


# --- Reset and change --------------------------------------------------------------------------------------------------


def reset_link(user: User) -> str:
    Client().post(RESET, {"email": user.email})
    return re.search(r"http://testserver(/password/reset/\S+)", mail.outbox[-1].body)[1]


def test_reset_by_mail_sets_the_password_once(nurse: User, signed_in: SignIn):
    elsewhere = signed_in(nurse)
    assert elsewhere.get(reverse("clinic_switch")).status_code == 200
    link = reset_link(nurse)
    client = Client()
    form = client.get(link).headers["Location"]
    assert link not in form  # the key leaves the address
    assert client.post(form, {"password1": NEW, "password2": NEW}).headers["Location"] == "/password/reset/done/"
    assert elsewhere.get(reverse("clinic_switch")).status_code == 302
    assert not is_in(try_in(Client(), nurse.email, PASSWORD))
    assert is_in(try_in(Client(), nurse.email, NEW))
    assert "no longer works" in Client().get(link, follow=True).content.decode()
    assert AuditEvent.objects.filter(verb="password changed", object_id=nurse.public_id).count() == 1


def test_reset_mails_are_neutral_and_carry_only_the_link(nurse: User, clinic):
    reset_link(nurse)
    Client().post(RESET, {"email": "nobody@example.org"})
    link_mail, unknown_mail = mail.outbox
    for sent in mail.outbox:
        words = f"{sent.subject} {sent.body}".lower()
        for word in ("adtrack", "clinic", "derma", "eczema", "skin", "patient", "hillside", "nico"):
            assert word not in words, word
        assert sent.from_email == "Appointments <no-reply@localhost>"
    assert link_mail.body.count("http") == 1
    assert "http" not in unknown_mail.body


def test_reset_of_a_closed_account_sends_no_link():
    make_user("closed@example.org", is_active=False)
    Client().post(RESET, {"email": "closed@example.org"})
    assert [sent.to for sent in mail.outbox] == [["closed@example.org"]]
    assert "http" not in mail.outbox[0].body


def test_reset_link_of_an_account_closed_meanwhile_opens_nothing(nurse: User):
    link = reset_link(nurse)
    User.objects.filter(pk=nurse.pk).update(is_active=False)
    client = Client()
    answer = client.get(link)
    if answer.status_code == 302:
        client.post(answer.headers["Location"], {"password1": NEW, "password2": NEW})
    assert not is_in(try_in(Client(), nurse.email, NEW))


@pytest.mark.parametrize("password", ["short", "password1234", "nurse@example.org"])
def test_poor_password_is_refused_at_reset(nurse: User, password: str):
    client = Client()
    form = client.get(reset_link(nurse)).headers["Location"]
    answer = client.post(form, {"password1": password, "password2": password})
    assert answer.status_code == 200
    assert b"error-summary" in answer.content
    assert not is_in(try_in(Client(), nurse.email, password))


def test_changing_the_password_signs_out_everywhere_and_is_mailed_and_noted(nurse: User, signed_in: SignIn):
    here, elsewhere = signed_in(nurse), signed_in(nurse)
    url = reverse("account_change_password")
    assert here.get(url).status_code == 200
    here.post(url, {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    for client in (here, elsewhere):
        assert client.get(reverse("clinic_switch")).headers["Location"].startswith(SIGN_IN)
    assert is_in(try_in(Client(), nurse.email, NEW))
    assert [(sent.to, sent.subject) for sent in mail.outbox] == [([nurse.email], "Your password was changed")]
    row = AuditEvent.objects.get(verb="password changed")
    assert (row.actor, row.object_id) == (nurse.public_id, nurse.public_id)


def test_change_needs_the_old_password(nurse: User, signed_in: SignIn):
    client = signed_in(nurse)
    client.post(reverse("account_change_password"), {"oldpassword": "wrong", "password1": NEW, "password2": NEW})
    assert is_in(try_in(Client(), nurse.email, PASSWORD))
    assert not AuditEvent.objects.filter(verb="password changed").exists()


def test_confirming_who_one_is_works_without_allauths_own_row(platform_admin: User, signed_in: SignIn):
    client = signed_in(platform_admin)
    url = reverse("account_reauthenticate")
    assert client.post(url, {"password": "wrong"}).status_code == 200
    assert client.post(url, {"password": PASSWORD}).status_code == 302


# --- No other way in ---------------------------------------------------------------------------------------------------


def test_there_is_no_sign_up():
    for name in ("account_signup", "account_email", "account_confirm_email", "socialaccount_signup"):
        with pytest.raises(NoReverseMatch):
            reverse(name)
    for path in ("/signup/", "/sign-up/", "/accounts/signup/", "/register/", "/accounts/login/"):
        assert Client().get(path).status_code == 404, path
    names = {pattern.name for pattern in get_resolver().url_patterns if hasattr(pattern, "name")}
    assert not any("signup" in str(name) for name in names)
    assert "sign up" not in Client().get(SIGN_IN).content.decode().lower()


@pytest.mark.parametrize("path", ["/", "/patients/", "/clinic/staff/", "/activity/", "/clinic/switch/"])
def test_closed_pages_lead_to_the_door_and_back(nurse: User, path: str):
    client = Client()
    answer = client.get(path)
    assert answer.headers["Location"] == f"{SIGN_IN}?next={path}"
    back = client.post(answer.headers["Location"], {"login": nurse.email, "password": PASSWORD})
    assert back.headers["Location"] == path


def test_closed_account_is_out_on_the_next_request(nurse: User, signed_in: SignIn):
    client = signed_in(nurse)
    assert client.get(reverse("patient_list")).status_code == 200
    User.objects.filter(pk=nurse.pk).update(is_active=False)
    assert client.get(reverse("patient_list")).headers["Location"].startswith(SIGN_IN)
