"""The staff pages of a clinic administrator."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from clinics import actions, guard
from clinics.models import AuditEvent, Clinic, Invitation, Membership, Outcome, Role, User
from clinics.views.base import now
from tests.factories import actor_for, make_clinic, make_member, make_user

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
OFFER = {"email": "new@example.org", "name": "Nia New", "role": "nurse", "may_score": "on"}
LINK = re.compile(r"http://testserver(/invitation/(\S+)/)")


@pytest.fixture
def office(clinic_admin: User, signed_in: SignIn) -> Client:
    return signed_in(clinic_admin)


def role_of(user: User) -> Membership:
    return Membership.objects.get(user=user)


def invited(clinic: Clinic, clinic_admin: User, email: str = "new@example.org", **more: object) -> Invitation:
    values = {"name": "Nia New", "role": "nurse", "at": now()} | more
    return actions.invite_member(actor_for(clinic_admin, clinic), clinic, email=email, **values)[0]


# --- The list ----------------------------------------------------------------------------------------------------------


def test_list_shows_roles_invitations_and_ended_roles(
    office: Client, clinic: Clinic, clinic_admin: User, clinician: User, nurse: User
):
    invited(clinic, clinic_admin, name="Open Offer")
    invited(clinic, clinic_admin, "late@example.org", name="Late Offer", at=now() - timedelta(days=4))
    actions.end_membership(actor_for(clinic_admin, clinic), role_of(nurse), at=now())
    text = office.get(reverse("staff_list")).content.decode()
    live, _, ended = text.partition("Ended roles")
    assert "Dana Derm" in live
    assert "prescribe" in live
    assert "works for 2" in live
    assert "Expired" in live
    assert "Nico Nurse" not in live
    assert "Nico Nurse" in ended
    assert 'aria-current="page"' in live.split(reverse("staff_list"))[1][:40]


def test_list_says_when_there_is_nothing_more(office: Client):
    text = office.get(reverse("staff_list")).content.decode()
    assert "Nobody is invited at the moment." in text
    assert "Ended roles" not in text


def test_list_asks_the_same_for_one_and_three_rows(
    office: Client, clinic: Clinic, clinic_admin: User, django_assert_num_queries
):
    url = reverse("staff_list")

    def add(number: int) -> None:
        invited(clinic, clinic_admin, f"i{number}@example.org")
        gone = make_member(clinic, Role.NURSE, user=make_user(f"gone{number}@example.org"))
        actions.end_membership(actor_for(clinic_admin, clinic), role_of(gone), at=now())
        make_member(clinic, Role.NURSE)

    add(1)
    office.get(url)
    with django_assert_num_queries(5):
        office.get(url)
    add(2)
    add(3)
    with django_assert_num_queries(5):
        assert office.get(url).content.decode().count("i3@example.org") == 1


# --- Inviting ----------------------------------------------------------------------------------------------------------


def test_invitation_is_stored_and_sent_under_a_neutral_name(office: Client, clinic: Clinic, clinic_admin: User):
    values = {"sender_name": "Praxis Team"}
    actions.change_clinic(actor_for(clinic_admin, clinic), clinic, values, version=1, at=now())
    answer = office.post(reverse("staff_invite"), OFFER | {"email": "New@Example.org"}, follow=True)
    assert "The invitation for Nia New (new@example.org) is on its way." in answer.content.decode()
    row = Invitation.objects.get()
    assert (row.email, row.role, row.may_score, row.may_prescribe) == ("new@example.org", "nurse", True, False)
    sent = mail.outbox[0]
    assert sent.to == ["new@example.org"]
    assert sent.from_email.startswith("Praxis Team <")
    token = LINK.search(sent.body)[2]
    assert token not in row.token_hash
    assert "Hillside" not in sent.subject + sent.body
    assert "Nia" not in sent.subject + sent.body
    assert AuditEvent.objects.get(verb="staff invited").object_id == row.public_id


def test_invitation_form_says_what_is_missing_and_keeps_the_rest(office: Client):
    answer = office.post(reverse("staff_invite"), {"email": "not an address", "name": "Nia New", "may_score": "on"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert text.count('class="error-summary"') == 1
    assert 'value="not an address"' in text
    assert 'value="Nia New"' in text
    assert re.search(r'name="may_score"[^>]* checked', text)
    assert not re.search(r'name="role"[^>]* checked', text)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"role": "clinic_admin"}, "A clinic administrator has no clinical permission."),
        ({"is_medical_lead": "on"}, "Only a dermatologist can be medical lead."),
        ({"email": "nurse@example.org"}, "This person already has that role in the clinic."),
        ({"email": "Office@Example.org"}, "Somebody else has to invite you."),
        ({"name": "Nia\nNew"}, "Line breaks and invisible control characters"),
    ],
)
def test_invitation_that_cannot_be_is_refused_in_words(office: Client, nurse: User, more: dict[str, str], words: str):
    answer = office.post(reverse("staff_invite"), OFFER | more)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Invitation.objects.count() == 0
    assert mail.outbox == []


def test_invitation_whose_mail_is_refused_can_be_sent_again(office: Client, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", 1, False
    text = office.post(reverse("staff_invite"), OFFER, follow=True).content.decode()
    row = Invitation.objects.get()
    assert "could not be sent" in text
    assert reverse("invitation_resend", args=[row.public_id]) in text
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    office.post(reverse("invitation_resend", args=[row.public_id]))
    row.refresh_from_db()
    assert row.revoked_at is not None
    assert len(mail.outbox) == 1


def test_form_saves_in_the_clinic_it_was_made_in(office: Client, clinic: Clinic, clinic_admin: User):
    other = make_clinic("Aardvark")
    make_member(other, Role.CLINIC_ADMIN, user=clinic_admin)
    office.post(reverse("clinic_switch"), {"clinic": str(clinic.public_id)})
    page = office.get(reverse("staff_invite")).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(form_\w+)" value="([^"]+)">', page))
    assert set(hidden) == {guard.FIELD, guard.CLINIC}
    office.post(reverse("clinic_switch"), {"clinic": str(other.public_id)})
    office.post(reverse("staff_invite"), OFFER | hidden)
    assert Invitation.objects.get().clinic == clinic


def test_form_of_another_clinic_is_answered_like_none(office: Client, other_clinic: Clinic):
    theirs = office.post(reverse("staff_invite"), OFFER | {guard.CLINIC: str(other_clinic.public_id)})
    missing = office.post(reverse("staff_invite"), OFFER | {guard.CLINIC: str(UUID(int=1))})
    nonsense = office.post(reverse("staff_invite"), OFFER | {guard.CLINIC: "x"})
    assert [answer.status_code for answer in (theirs, missing, nonsense)] == [404, 404, 404]
    assert Invitation.objects.count() == 0
    assert AuditEvent.objects.get(verb="access refused").clinic == other_clinic.public_id


# --- Sending again, revoking -------------------------------------------------------------------------------------------


def test_sending_again_makes_a_new_link_and_ends_the_old_one(office: Client, clinic: Clinic, clinic_admin: User):
    office.post(reverse("staff_invite"), OFFER)
    row = Invitation.objects.get()
    answer = office.post(reverse("invitation_resend", args=[row.public_id]), follow=True)
    assert "is on its way" in answer.content.decode()
    old, new = (LINK.search(sent.body)[1] for sent in mail.outbox)
    assert Client().get(old).status_code == 404
    assert Client().get(new).status_code == 302
    fresh = Invitation.objects.get(revoked_at=None)
    assert (fresh.email, fresh.role, fresh.may_score) == (row.email, row.role, row.may_score)


def test_sending_again_after_it_was_accepted_is_refused(office: Client, clinic: Clinic, clinic_admin: User):
    row = invited(clinic, clinic_admin)
    actions.accept_invitation(actor_for(clinic_admin, clinic), row, name="Nia", password="x" * 12, at=now())
    answer = office.post(reverse("invitation_resend", args=[row.public_id]), follow=True)
    assert "was accepted already" in answer.content.decode()
    assert Invitation.objects.count() == 1
    assert mail.outbox == []


def test_revoked_invitation_opens_nothing(office: Client):
    office.post(reverse("staff_invite"), OFFER)
    row = Invitation.objects.get()
    link = LINK.search(mail.outbox[0].body)[1]
    assert "is revoked" in office.post(reverse("invitation_revoke", args=[row.public_id]), follow=True).content.decode()
    assert Client().get(link).status_code == 404
    again = office.post(reverse("invitation_revoke", args=[row.public_id]), follow=True).content.decode()
    assert "was used or revoked before" in again
    assert AuditEvent.objects.filter(verb="invitation revoked").count() == 1


# --- Changing a role ---------------------------------------------------------------------------------------------------


def test_flags_are_changed_and_noted(office: Client, nurse: User):
    row = role_of(nurse)
    url = reverse("staff_change", args=[row.public_id])
    assert office.get(url).status_code == 200
    answer = office.post(url, {"may_score": "on", "version": 1}, follow=True)
    assert "Saved for Nico Nurse." in answer.content.decode()
    row.refresh_from_db()
    assert (row.may_score, row.may_prescribe, row.version) == (True, False, 2)
    assert AuditEvent.objects.get(verb="role changed").fields == "may_score"


def test_saving_without_a_change_writes_nothing(office: Client, nurse: User):
    row = role_of(nurse)
    office.post(reverse("staff_change", args=[row.public_id]), {"version": 1})
    row.refresh_from_db()
    assert row.version == 1
    assert not AuditEvent.objects.filter(verb="role changed").exists()


def test_stale_page_shows_both_values_and_keeps_the_input(office: Client, nurse: User):
    row = role_of(nurse)
    url = reverse("staff_change", args=[row.public_id])
    office.post(url, {"may_score": "on", "version": 1})
    answer = office.post(url, {"may_prescribe": "on", "version": 1})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else changed this" in text
    compared = re.findall(r"<tr><th[^>]*>([^<]+)</th><td[^>]*>(\w+)</td><td[^>]*>(\w+)</td>", text)
    assert compared == [("Prescribe", "no", "yes"), ("Score EASI and vIGA-AD", "yes", "no")]
    assert re.search(r'name="may_prescribe"[^>]* checked', text)
    assert 'name="version" value="2"' in text
    assert office.post(url, {"may_prescribe": "on", "version": 2}).status_code == 302
    row.refresh_from_db()
    assert (row.may_score, row.may_prescribe) == (False, True)


def test_flag_the_role_cannot_have_is_refused(office: Client, nurse: User):
    answer = office.post(reverse("staff_change", args=[role_of(nurse).public_id]), {"is_medical_lead": "on", "version": 1})
    assert answer.status_code == 422
    assert "Only a dermatologist can be medical lead." in answer.content.decode()


def test_clinic_administrator_has_no_flags_to_change(office: Client, clinic_admin: User):
    answer = office.get(reverse("staff_change", args=[role_of(clinic_admin).public_id]), follow=True)
    assert "no clinical permission to change" in answer.content.decode()


# --- Ending a role -----------------------------------------------------------------------------------------------------


def test_ended_role_stops_on_the_next_request(office: Client, clinician: User, signed_in: SignIn):
    theirs = signed_in(clinician)
    assert theirs.get(reverse("patient_list")).status_code == 200
    url = reverse("staff_end", args=[role_of(clinician).public_id])
    page = office.get(url).content.decode()
    assert "next page in this clinic is refused" in page
    assert theirs.get(reverse("patient_list")).status_code == 200  # looking at it ended nothing
    text = office.post(url, follow=True).content.decode()
    assert "Dana Derm is no longer Dermatologist here." in text
    assert theirs.get(reverse("patient_list")).headers["Location"] == "/"
    assert AuditEvent.objects.get(verb="role ended").outcome == Outcome.DONE
    assert "has ended already" in office.post(url, follow=True).content.decode()


def test_last_administrator_stays(office: Client, clinic: Clinic, clinic_admin: User):
    url = reverse("staff_end", args=[role_of(clinic_admin).public_id])
    answer = office.post(url)
    assert answer.status_code == 422
    assert "A clinic needs at least one administrator." in answer.content.decode()
    make_member(clinic, Role.CLINIC_ADMIN)
    assert office.post(url).headers["Location"] == "/"
    assert office.get(reverse("staff_list")).headers["Location"] == "/"


def test_deactivated_administrator_does_not_count_as_another(office: Client, clinic: Clinic, clinic_admin: User):
    make_member(clinic, Role.CLINIC_ADMIN, user=make_user("off@example.org", is_active=False))
    assert office.post(reverse("staff_end", args=[role_of(clinic_admin).public_id])).status_code == 422


# --- Whose pages these are ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["staff_change", "staff_end", "invitation_resend", "invitation_revoke"])
def test_rows_of_another_clinic_are_answered_like_none_and_noted(
    office: Client, outsider: User, other_clinic: Clinic, name: str
):
    boss = make_member(other_clinic, Role.CLINIC_ADMIN)
    row = invited(other_clinic, boss) if name.startswith("invitation") else role_of(outsider)
    theirs = office.post(reverse(name, args=[row.public_id]), {"version": 1})
    missing = office.post(reverse(name, args=[UUID(int=1)]), {"version": 1})
    assert (theirs.status_code, missing.status_code) == (404, 404)
    refused = AuditEvent.objects.get(verb="access refused")
    assert (refused.object_id, refused.clinic) == (row.public_id, other_clinic.public_id)
    row.refresh_from_db()
    assert getattr(row, "revoked_at", None) is None
    assert getattr(row, "ended_at", None) is None


@pytest.mark.parametrize("person", ["clinician", "nurse"])
def test_other_roles_are_refused_and_that_is_noted(
    request: pytest.FixtureRequest, person: str, clinic: Clinic, clinic_admin: User, signed_in: SignIn
):
    user = request.getfixturevalue(person)
    client = signed_in(user)
    own = role_of(user)
    offer = invited(clinic, clinic_admin)
    assert client.get(reverse("staff_list")).status_code == 403
    assert client.post(reverse("staff_invite"), OFFER).status_code == 403
    assert (
        client.post(reverse("staff_change", args=[own.public_id]), {"may_prescribe": "on", "version": 1}).status_code == 403
    )
    assert client.post(reverse("staff_end", args=[own.public_id])).status_code == 403
    assert client.post(reverse("invitation_revoke", args=[offer.public_id])).status_code == 403
    assert client.post(reverse("invitation_resend", args=[offer.public_id])).status_code == 403
    assert AuditEvent.objects.filter(verb="access refused", reason="manage staff", actor=user.public_id).count() == 6
    assert Invitation.objects.filter(revoked_at=None).count() == 1


def test_list_holds_nobody_of_another_clinic(office: Client, other_clinic: Clinic, outsider: User):
    boss = make_member(other_clinic, Role.CLINIC_ADMIN)
    invited(other_clinic, boss, "theirs@example.org")
    text = office.get(reverse("staff_list")).content.decode()
    assert outsider.email not in text
    assert "theirs@example.org" not in text
