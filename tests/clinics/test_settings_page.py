"""The settings page of a clinic."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import AuditEvent, Clinic, ClinicSettings, User

pytestmark = pytest.mark.django_db
URL = "/clinic/settings/"
VALUES = {
    "name": "Hillside Skin",
    "zone": "Europe/Vienna",
    "jurisdiction": "EU",
    "languages": ["de", "tr"],
    "idle_minutes": "10",
    "sender_name": "Praxis Team",
    "version": "1",
}


@pytest.fixture
def office(clinic_admin: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(clinic_admin)


def test_page_shows_values_and_what_empty_means(office: Client, clinic: Clinic):
    text = office.get(URL).content.decode()
    assert 'value="Hillside"' in text
    assert '<option value="Europe/Berlin" selected>' in text
    assert "Empty means 15." in text
    assert "Empty means “Appointments”." in text
    assert re.search(r'value="en"[^>]* checked', text)


def test_values_are_saved_and_noted_by_name_only(office: Client, clinic: Clinic):
    assert office.get(URL).wsgi_request.path == reverse("clinic_settings")
    text = office.post(URL, VALUES, follow=True).content.decode()
    assert "Settings saved for Hillside Skin." in text
    clinic.refresh_from_db()
    assert (clinic.name, clinic.zone, clinic.languages, clinic.version) == (
        "Hillside Skin",
        "Europe/Vienna",
        ["de", "tr"],
        2,
    )
    assert (clinic.settings.idle_minutes, clinic.settings.sender_name) == (10, "Praxis Team")
    row = AuditEvent.objects.get(verb="clinic settings changed")
    assert row.fields == "name,zone,languages,idle_minutes,sender_name"
    chosen = re.findall(r'name="languages" value="(\w+)"[^>]* checked', text)
    assert sorted(chosen) == ["de", "tr"]


def test_empty_returns_to_the_default(office: Client, clinic: Clinic):
    ClinicSettings.objects.create(clinic=clinic, idle_minutes=10, sender_name="Praxis")
    office.post(URL, VALUES | {"idle_minutes": "", "sender_name": ""})
    own = ClinicSettings.objects.get(clinic=clinic)
    assert (own.idle_minutes, own.sender_name) == (None, "")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("idle_minutes", "4"),
        ("idle_minutes", "61"),
        ("idle_minutes", "x"),
        ("zone", "Mars/Olympus"),
        ("jurisdiction", "XX"),
        ("languages", ["xx"]),
        ("languages", []),
        ("name", ""),
        ("name", "Riverside"),  # another clinic's
        ("name", "Hill\nside"),
        ("name", "Hill\u202eedis"),
        ("sender_name", "Praxis \u202emaeT"),
        ("sender_name", "A\r\nBcc: x@example.org"),
        ("sender_name", "boss@example.org"),
    ],
)
def test_impossible_value_is_refused_and_everything_typed_is_kept(
    office: Client, clinic: Clinic, other_clinic: Clinic, field: str, value: str | list[str]
):
    answer = office.post(URL, VALUES | {field: value})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'class="error-summary"' in text
    if field not in {"sender_name", "name"}:
        assert 'value="Praxis Team"' in text
        assert 'value="Hillside Skin"' in text
    clinic.refresh_from_db()
    assert clinic.version == 1


@pytest.mark.parametrize("minutes", ["5", "60"])
def test_idle_minutes_at_the_limits_are_accepted(office: Client, clinic: Clinic, minutes: str):
    assert office.post(URL, VALUES | {"idle_minutes": minutes}).status_code == 302
    assert ClinicSettings.objects.get(clinic=clinic).idle_minutes == int(minutes)


def test_stale_page_shows_both_values_and_keeps_the_input(office: Client, clinic: Clinic):
    office.post(URL, VALUES)
    answer = office.post(URL, VALUES | {"zone": "Europe/Paris", "languages": ["fr"], "sender_name": ""})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert re.findall(r"<tr><th[^>]*>([^<]+)</th><td[^>]*>([^<]+)</td><td[^>]*>([^<]+)</td>", text) == [
        ("Time zone", "Europe/Vienna", "Europe/Paris"),
        ("Neutral sender name", "Praxis Team", "–"),
        ("Languages", "German, Turkish", "French"),
    ]
    assert '<option value="Europe/Paris" selected>' in text
    assert 'name="version" value="2"' in text


def test_saving_the_same_values_changes_nothing(office: Client, clinic: Clinic):
    office.post(URL, VALUES)
    office.post(URL, VALUES | {"version": "2"})
    clinic.refresh_from_db()
    assert clinic.version == 2
    assert AuditEvent.objects.filter(verb="clinic settings changed").count() == 1


@pytest.mark.parametrize("person", ["clinician", "nurse"])
def test_other_roles_are_refused(request: pytest.FixtureRequest, person: str, clinic: Clinic, signed_in):
    client = signed_in(request.getfixturevalue(person))
    assert client.get(URL).status_code == 403
    assert client.post(URL, VALUES).status_code == 403
    clinic.refresh_from_db()
    assert clinic.name == "Hillside"
