"""Django admin: what a platform administrator can do, through actions only, and what is out of reach."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.contrib import admin
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from clinics import actions
from clinics.models import AuditEvent, Clinic, Invitation, Kind, Membership, Outcome, Role, User
from patients.models import Patient
from tests.factories import NOW, PASSWORD, actor_for, make_clinic, make_member, make_user

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
CLINIC = {"name": "Lakeside", "zone": "Europe/Paris", "jurisdiction": "EU", "languages": ["en", "fr"]}


@pytest.fixture
def platform(platform_admin: User, signed_in: SignIn) -> Client:
    return signed_in(platform_admin)


def act(client: Client, model: str, action: str, *rows: object) -> str:
    """Choose rows of a list and an action; the page that follows."""
    data = {"action": action, "_selected_action": [row.pk for row in rows]}  # type: ignore[attr-defined]
    return client.post(reverse(f"admin:clinics_{model}_changelist"), data, follow=True).content.decode()


# --- The first hour of an installation ---------------------------------------------------------------------------------


def test_first_platform_admin_opens_a_clinic_and_invites_its_administrator(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, email="First@Example.org", name="First Admin", verbosity=0)
    client = Client()
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/sign-in/")
    client.post(reverse("account_login"), {"login": "first@example.org", "password": PASSWORD})
    assert client.get("/", follow=True).redirect_chain == [("/admin/", 302)]

    assert client.post(reverse("admin:clinics_clinic_add"), CLINIC).status_code == 302
    clinic = Clinic.objects.get(name="Lakeside")
    assert clinic.languages == ["en", "fr"]
    person = {"clinic": clinic.pk, "email": "Boss@example.org", "name": "Bo Boss"}
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("admin:clinics_invitation_add"), person).status_code == 302
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role, invitation.clinic) == ("boss@example.org", Role.CLINIC_ADMIN, clinic)
    assert mail.outbox[0].to == ["boss@example.org"]

    link = re.search(r"http://testserver(/invitation/\S+)", mail.outbox[0].body)[1]
    boss = Client()
    assert boss.get(link, follow=True).status_code == 200
    answer = {"name": "Bo Boss", "password1": PASSWORD, "password2": PASSWORD}
    assert boss.post(reverse("invitation_form"), answer, follow=True).status_code == 200
    assert boss.get(reverse("staff_list")).status_code == 200
    verbs = list(AuditEvent.objects.order_by("id").values_list("verb", flat=True))
    assert [verb for verb in verbs if verb in {"clinic opened", "staff invited", "invitation accepted"}] == [
        "clinic opened",
        "staff invited",
        "invitation accepted",
    ]


@pytest.mark.django_db(transaction=True)  # the message to the person belongs to the request that commits
def test_invitation_whose_mail_is_refused_is_kept_and_said(platform: Client, clinic: Clinic, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", 1, False
    data = {"clinic": clinic.pk, "email": "a@example.org", "name": "A"}
    page = platform.post(reverse("admin:clinics_invitation_add"), data, follow=True).content.decode()
    assert Invitation.objects.filter(email="a@example.org").count() == 1
    assert "could not be sent" in page


# --- Clinics -----------------------------------------------------------------------------------------------------------


def test_clinic_is_changed_with_its_audit_row(platform: Client, clinic: Clinic):
    url = reverse("admin:clinics_clinic_change", args=[clinic.pk])
    assert platform.get(url).status_code == 200
    platform.post(url, CLINIC | {"seen_version": 1})
    clinic.refresh_from_db()
    assert (clinic.name, clinic.version) == ("Lakeside", 2)
    assert AuditEvent.objects.get(verb="clinic settings changed").fields == "name,zone,languages"


def test_clinic_changed_by_someone_else_is_not_overwritten(platform: Client, clinic: Clinic):
    Clinic.objects.update(version=5)
    answer = platform.post(reverse("admin:clinics_clinic_change", args=[clinic.pk]), CLINIC | {"seen_version": 1})
    assert answer.status_code == 200
    assert b"Somebody else changed this clinic" in answer.content
    clinic.refresh_from_db()
    assert clinic.name == "Hillside"


# --- Accounts ----------------------------------------------------------------------------------------------------------


def test_account_is_closed_and_opened_through_the_action(platform: Client, clinician: User, signed_in: SignIn):
    theirs = signed_in(clinician)
    assert theirs.get(reverse("patient_list")).status_code == 200
    url = reverse("admin:clinics_user_change", args=[clinician.pk])
    inline = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    assert platform.post(url, inline).status_code == 302
    assert theirs.get(reverse("patient_list")).status_code == 302
    assert AuditEvent.objects.get(verb="account deactivated").object_id == clinician.public_id
    platform.post(url, inline | {"is_active": "on"})
    clinician.refresh_from_db()
    assert clinician.is_active


def test_account_page_shows_no_password_and_changes_no_address(platform: Client, clinician: User):
    url = reverse("admin:clinics_user_change", args=[clinician.pk])
    page = platform.get(url).content.decode()
    assert clinician.password not in page
    assert "md5" not in page
    platform.post(url, {"is_active": "on", "email": "x@example.org", "password": "x", "is_superuser": "on"})
    clinician.refresh_from_db()
    assert (clinician.email, clinician.is_superuser, clinician.check_password(PASSWORD)) == (
        "derm@example.org",
        False,
        True,
    )


def test_only_a_superuser_appoints_a_platform_administrator(
    platform: Client, clinician: User, nurse: User, signed_in: SignIn
):
    inline = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0, "is_active": "on"}
    platform.post(reverse("admin:clinics_user_change", args=[clinician.pk]), inline | {"is_staff": "on"})
    clinician.refresh_from_db()
    assert clinician.is_staff
    assert AuditEvent.objects.get(verb="platform administrator appointed").object_id == clinician.public_id
    plain = signed_in(clinician)
    plain.post(reverse("admin:clinics_user_change", args=[nurse.pk]), inline | {"is_staff": "on"})
    nurse.refresh_from_db()
    assert not nurse.is_staff


def test_plain_platform_administrator_cannot_close_a_superuser(platform_admin: User, signed_in: SignIn):
    plain = signed_in(make_user("plain@example.org", is_staff=True))
    url = reverse("admin:clinics_user_change", args=[platform_admin.pk])
    assert plain.get(url).status_code == 200
    assert plain.post(url, {}).status_code == 403


def test_nobody_closes_their_own_account(platform: Client, platform_admin: User):
    inline = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    platform.post(reverse("admin:clinics_user_change", args=[platform_admin.pk]), inline)
    platform_admin.refresh_from_db()
    assert platform_admin.is_active
    assert platform_admin.is_staff


def test_accounts_of_patients_and_guardians_are_not_shown(
    platform: Client, clinician: User, portal_user: User, guardian: User
):
    page = platform.get(reverse("admin:clinics_user_changelist")).content.decode()
    assert clinician.email in page
    assert portal_user.email not in page
    assert guardian.email not in page
    assert platform.get(reverse("admin:clinics_user_change", args=[portal_user.pk])).status_code == 302
    found = platform.get(
        reverse("admin:autocomplete"),
        {"app_label": "clinics", "model_name": "membership", "field_name": "user", "term": "example.org"},
    ).json()
    assert {row["text"] for row in found["results"]} == {clinician.email, "platform@example.org"}


# --- Roles, invitations, tokens ----------------------------------------------------------------------------------------


def test_administrator_is_appointed_once(platform: Client, clinic: Clinic, outsider: User):
    data = {"clinic": clinic.pk, "user": outsider.pk}
    assert platform.post(reverse("admin:clinics_membership_add"), data).status_code == 302
    row = Membership.objects.get(clinic=clinic, user=outsider)
    assert (row.role, row.started_by.email) == (Role.CLINIC_ADMIN, "platform@example.org")
    assert AuditEvent.objects.get(verb="administrator appointed").clinic == clinic.public_id
    again = platform.post(reverse("admin:clinics_membership_add"), data)
    assert again.status_code == 200
    assert b"already has that role" in again.content


@pytest.mark.parametrize("person", ["portal_user", "guardian"])
def test_account_of_a_patient_or_guardian_is_never_appointed(
    request: pytest.FixtureRequest, platform: Client, clinic: Clinic, person: str
):
    user = request.getfixturevalue(person)
    answer = platform.post(reverse("admin:clinics_membership_add"), {"clinic": clinic.pk, "user": user.pk})
    assert answer.status_code == 200
    assert b"Select a valid choice" in answer.content
    assert not Membership.objects.filter(user=user).exists()


def test_platform_administrator_appoints_and_invites_somebody_else(platform: Client, clinic: Clinic, platform_admin: User):
    chosen = {"clinic": clinic.pk, "user": platform_admin.pk}
    offered = {"clinic": clinic.pk, "email": "Platform@Example.org", "name": "Pat"}
    for name, data in (("membership", chosen), ("invitation", offered)):
        answer = platform.post(reverse(f"admin:clinics_{name}_add"), data)
        assert answer.status_code == 200
        assert b"Somebody else has to invite you." in answer.content
    with pytest.raises(ValidationError, match="Somebody else"):
        actions.appoint_administrator(actor_for(platform_admin, clinic, "admin"), clinic, platform_admin, at=NOW)
    assert not Membership.objects.filter(user=platform_admin).exists()
    assert Invitation.objects.count() == 0


def test_roles_are_ended_in_the_list(platform: Client, clinician: User, clinic_admin: User, signed_in: SignIn):
    theirs = signed_in(clinician)
    page = act(platform, "membership", "end_roles", *Membership.objects.all())
    assert "Roles ended: 2" in page
    assert Membership.objects.filter(ended_at=None).count() == 0
    assert AuditEvent.objects.filter(verb="role ended", channel="admin").count() == 2
    assert theirs.get(reverse("patient_list")).status_code == 302


def test_invitation_is_sent_again_and_revoked_in_the_list(platform: Client, clinic: Clinic, clinic_admin: User):
    by = actor_for(clinic_admin, clinic)
    first, _token = actions.invite_member(by, clinic, email="n@example.org", name="N", role="nurse", at=NOW)
    act(platform, "invitation", "send_again", first)
    first.refresh_from_db()
    assert first.revoked_at is not None
    fresh = Invitation.objects.get(revoked_at=None)
    assert len(mail.outbox) == 1
    assert "Invitations revoked: 1" in act(platform, "invitation", "revoke", first, fresh)


def test_tokens_are_revoked_in_the_list_and_never_shown(platform: Client, clinician: User, clinic: Clinic):
    token, text = actions.issue_token(
        actor_for(clinician, clinic), clinician, scopes=["patients:read"], days=3, name="script", at=NOW
    )
    page = platform.get(reverse("admin:clinics_apitoken_change", args=[token.pk])).content.decode()
    assert text not in page
    assert token.token_hash not in page
    act(platform, "apitoken", "revoke", token)
    token.refresh_from_db()
    assert token.revoked_at is not None


# --- What it does not do -----------------------------------------------------------------------------------------------


def test_nothing_is_deleted_and_nothing_read_only_is_written(
    platform: Client, clinic: Clinic, clinician: User, platform_admin: User
):
    actions.set_account_active(actor_for(platform_admin, clinic, "admin"), clinician, True, at=NOW)
    for model in admin.site._registry:
        assert f"{model._meta.app_label}.{model._meta.model_name}" != "admin.logentry"
        row = model.objects.first()
        if row is None or hasattr(model.objects, "visible_to"):  # clinical: tests/patients/test_admin*.py
            continue
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert platform.get(reverse(f"{base}_changelist")).status_code == 200, model
        assert platform.get(reverse(f"{base}_delete", args=[row.pk])).status_code == 403, model
        assert "delete_selected" not in platform.get(reverse(f"{base}_changelist")).content.decode(), model
    registered = {model._meta.model_name for model in admin.site._registry}
    assert registered == set(REGISTERED)
    for name in ("user", "apitoken", "auditevent", "heartbeat"):
        assert platform.get(reverse(f"admin:clinics_{name}_add")).status_code == 403, name


def test_audit_shows_security_events_but_no_row_about_a_patient(
    platform: Client, clinic: Clinic, clinician: User, patient: Patient, signed_in: SignIn
):
    signed_in(clinician).get(reverse("patient_page", args=[patient.public_id]))
    signed_in(clinician).get(reverse("patient_list"))
    Client().post(reverse("account_login"), {"login": clinician.email, "password": "wrong"})
    page = platform.get(reverse("admin:clinics_auditevent_changelist")).content.decode()
    assert "sign-in failed" in page
    assert clinician.email in page
    assert "patient" not in page.split('<form id="changelist-form"')[1]
    about_patient = AuditEvent.objects.filter(patient=patient.public_id).first()
    answer = platform.get(reverse("admin:clinics_auditevent_change", args=[about_patient.pk]))
    assert answer.status_code == 302


def test_audit_is_searched_by_whole_address(platform: Client, clinician: User, nurse: User, clinic: Clinic):
    for user in (clinician, nurse):
        AuditEvent.objects.create(
            recorded_at=NOW,
            verb=f"by {user.name}",
            kind=Kind.EXECUTE,
            outcome=Outcome.DONE,
            channel="web",
            actor=user.public_id,
        )
    url = reverse("admin:clinics_auditevent_changelist")
    page = platform.get(url, {"q": "NURSE@example.org"}).content.decode()
    assert "by Nico Nurse" in page
    assert "by Dana Derm" not in page
    assert "0 audit events" in platform.get(url, {"q": "nobody@example.org"}).content.decode()


OF_CLINICS = ["clinic", "user", "membership", "invitation", "apitoken", "auditevent", "heartbeat"]
OF_PATIENTS = ["patient", "assessment", "labresult", "instrumentedition"]
OF_REGIMENS = ["product", "productfact", "regimen", "regimenline", "pasttreatment", "workitem"]
APPS_OF = {"clinics": OF_CLINICS, "patients": OF_PATIENTS, "regimens": OF_REGIMENS}
REGISTERED = [name for names in APPS_OF.values() for name in names]


@pytest.fixture
def list_url(request: pytest.FixtureRequest, platform_admin: User, clinic: Clinic) -> str:
    """The list of each registered model; the clinical ones open to a platform administrator who is a clinician."""
    make_member(clinic, Role.NURSE, user=platform_admin)
    apps = {name: app for app, names in APPS_OF.items() for name in names}
    return reverse(f"admin:{apps[request.param]}_{request.param}_changelist")


@pytest.mark.parametrize("list_url", REGISTERED, indirect=True)
@pytest.mark.parametrize(
    ("lookup", "value"),
    [
        ("password__startswith", "argon2$arg"),
        ("password__isnull", "0"),
        ("token_hash__startswith", "a"),
        ("patient_links__isnull", "0"),
        ("user__password__startswith", "a"),
        ("email__regex", "("),
        ("name__regex", "("),
        ("family_name__startswith", "E"),
        ("pk__gt", "0"),
        ("recorded_at__year", "99999999999"),
        ("recorded_at__gte", "99999-01-01"),
        ("recorded_at__gte", "0001-01-01 00:00+14:00"),
        ("registered_at__lt", "0001-01-01 00:00+14:00"),
        ("assessed_on__gte", "99999-01-01"),
        ("assessed_on__year", "2026"),
        ("total__gt", "20"),
        ("patient__family_name__startswith", "E"),
        ("last_login__lt", "9999-12-31"),
        ("role__exact", "\0"),
    ],
)
def test_list_answers_no_question_its_filters_do_not_ask(platform: Client, list_url: str, lookup: str, value: str):
    assert platform.get(list_url, {lookup: value}).status_code == 400


@pytest.mark.parametrize("value", ["2026-99-99", "2026-", "2026-11-20 00:00:00+99:99"])
def test_date_that_is_none_leads_back_to_the_list(platform: Client, value: str):
    url = reverse("admin:clinics_auditevent_changelist")
    assert platform.get(url, {"recorded_at__gte": value}).headers["Location"] == f"{url}?e=1"


@pytest.mark.parametrize("list_url", REGISTERED, indirect=True)
def test_filters_of_a_list_are_links_that_work(platform: Client, list_url: str):
    page = platform.get(list_url).content.decode()
    links = [unescape(link) for link in re.findall(r'<a href="(\?[^"]*__[^"]*)"', page)]
    assert links or "heartbeat" in list_url
    for link in links:
        assert platform.get(list_url + link).status_code == 200, link


@pytest.mark.parametrize("person", ["clinician", "clinic_admin", "portal_user"])
def test_admin_is_closed_to_everybody_else(request: pytest.FixtureRequest, person: str, signed_in: SignIn):
    client = signed_in(request.getfixturevalue(person))
    for name in ("admin:index", "admin:clinics_user_changelist", "admin:clinics_clinic_add"):
        assert client.get(reverse(name), follow=True).status_code == 403
    rows = AuditEvent.objects.filter(verb="access refused", reason="administer the platform", channel="admin")
    assert rows.filter(actor=request.getfixturevalue(person).public_id).count() == 3


def test_page_a_platform_administrator_may_not_see_leaves_a_row(platform: Client, platform_admin: User):
    for name in ("admin:patients_patient_changelist", "admin:clinics_user_add"):
        assert platform.get(reverse(name)).status_code == 403
    assert AuditEvent.objects.filter(verb="access refused", actor=platform_admin.public_id).count() == 2


def test_admin_has_no_door_of_its_own(platform: Client, platform_admin: User):
    assert platform.get(reverse("admin:password_change")).headers["Location"] == reverse("account_change_password")
    answer = Client().post("/admin/login/", {"username": platform_admin.email, "password": PASSWORD})
    assert answer.headers["Location"].startswith("/sign-in/")
    out = platform.post(reverse("admin:logout"))
    assert out.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert AuditEvent.objects.filter(verb="signed out").count() == 1


@pytest.mark.parametrize(
    ("name", "queries"), [("clinic", 5), ("user", 5), ("membership", 5), ("invitation", 5), ("auditevent", 7)]
)
def test_lists_ask_the_same_for_one_and_three_rows(
    platform: Client, clinic: Clinic, clinic_admin: User, django_assert_num_queries, name: str, queries: int
):
    def add(number: int) -> None:
        extra = make_clinic(f"Extra {number}")
        boss = make_member(extra, Role.CLINIC_ADMIN, user=make_user(f"boss{number}@example.org"))
        actions.invite_member(actor_for(boss, extra), extra, email=f"i{number}@example.org", name="I", role="nurse", at=NOW)

    url = reverse(f"admin:clinics_{name}_changelist")
    platform.get(url)  # the first page of a session writes its times
    for number in (1, 2, 3):
        add(number)
        if number != 2:
            with django_assert_num_queries(queries):
                assert platform.get(url).status_code == 200
