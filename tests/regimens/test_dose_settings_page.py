"""The clinic's numbers about doses and its own words: who may, between which limits, and what a stale page does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import AuditEvent, Clinic, Role, User
from regimens import actions
from regimens.models import DoseSettings
from regimens.queries import dose_settings
from tests.factories import NOW, actor_for, make_clinic, make_member
from tests.regimens.pages import errors_of, everything_in, text_of

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
NUMBERS = ("window_days", "least_records", "low_percent", "open_event_days")


@pytest.fixture
def lead(clinic: Clinic) -> User:
    """The medical lead."""
    return make_member(clinic, Role.DERMATOLOGIST, is_medical_lead=True)


@pytest.fixture
def client(signed_in: SignIn, lead: User) -> Client:
    """The browser of the medical lead."""
    return signed_in(lead)


def page(client: Client) -> Any:
    return client.get(reverse("dose_settings"))


def save(client: Client, **typed: Any) -> Any:
    return client.post(reverse("dose_settings"), everything_in(page(client)) | typed)


def test_only_the_medical_lead_opens_it(signed_in: SignIn, clinician: User, nurse: User, clinic_admin: User) -> None:
    for user in (clinician, nurse, clinic_admin):
        assert page(signed_in(user)).status_code == 403


def test_every_number_says_its_default_its_range_and_whether_a_source_stands_behind_it(client: Client) -> None:
    words = text_of(page(client))
    assert "Adherence is looked at over (days) Empty: 28. 7 to 182. This number is ours" in words
    assert "No percentage below so many records Empty: 6. 1 to 60. This number is ours" in words
    assert "Adherence is low below (per cent) Empty: 70. 1 to 100. This number is ours" in words
    asked = words.split("Burning is looked at when it lasts longer than (days)")[1]
    assert asked.startswith(" Empty: 7. 1 to 60. Behind the default stands: EU package leaflet of Protopic")
    assert words.count("no published source stands behind it") == 3


def test_numbers_and_words_are_saved_and_shown_where_they_appear(client: Client, clinic: Clinic) -> None:
    answer = save(client, window_days="14", green_words="Go on.\nEvery day.", call_words=" 0123 ")
    assert answer.status_code == 302
    found = dose_settings(clinic)
    assert (found.window_days, found.least_records, found.call_words) == (14, 6, "0123")
    assert AuditEvent.objects.filter(verb="dose settings changed").count() == 1
    preview = text_of(page(client)).split("Where they appear")[1]
    green, yellow = preview.split("Yellow: the eczema flares")
    assert "Go on. Every day." in green
    assert "Empty." in yellow
    assert "Call: 0123" in yellow


def test_an_emptied_field_is_the_default_again(client: Client, clinic: Clinic) -> None:
    save(client, low_percent="50", red_words="Stop.")
    save(client, low_percent="", red_words="")
    assert (dose_settings(clinic).low_percent, dose_settings(clinic).red_words) == (70, "")
    assert DoseSettings.objects.get().low_percent is None


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("window_days", 7, 182), ("least_records", 1, 60), ("low_percent", 1, 100), ("open_event_days", 1, 60)],
)
def test_numbers_stay_between_their_limits(client: Client, name: str, low: int, high: int) -> None:
    for value, status in ((low - 1, 422), (low, 302), (high, 302), (high + 1, 422), ("x", 422)):
        answer = save(client, **{name: str(value)})
        assert answer.status_code == status, value
        if status == 422:
            assert set(errors_of(answer)) == {f"id_{name}"}
            assert everything_in(answer)[name] == [str(value)]


def test_words_that_are_too_long_are_refused_and_kept(client: Client) -> None:
    assert save(client, green_words="x" * 600, call_words="y" * 200).status_code == 302
    answer = save(client, green_words="x" * 601, call_words="y" * 201)
    assert (answer.status_code, set(errors_of(answer))) == (422, {"id_green_words", "id_call_words"})
    assert everything_in(answer)["green_words"] == ["x" * 601]


def test_a_stale_page_shows_both_values_and_keeps_the_input(client: Client, clinic: Clinic, lead: User) -> None:
    form = everything_in(page(client))
    by = actor_for(lead, clinic)
    actions.change_dose_settings(by, clinic, {"window_days": 56, "red_words": "Stop it."}, version=1, at=NOW)
    answer = client.post(reverse("dose_settings"), form | {"window_days": "14", "green_words": "Go on."})
    assert answer.status_code == 409
    words = text_of(answer)
    assert "Somebody else changed this while you were typing" in words
    assert "Adherence is looked at over (days) 56 14" in words
    assert "When to stop and call Stop it. –" in words
    assert everything_in(answer)["green_words"] == ["Go on."]
    assert dose_settings(clinic).window_days == 56
    assert client.post(reverse("dose_settings"), everything_in(answer)).status_code == 302
    assert (dose_settings(clinic).window_days, dose_settings(clinic).red_words) == (14, "")


def test_another_clinic_keeps_its_own(client: Client, clinic: Clinic) -> None:
    save(client, window_days="14")
    assert dose_settings(make_clinic()).window_days == 28


def test_the_page_is_linked_where_the_lead_chooses_rules_and_from_the_settings_only_for_the_lead(
    signed_in: SignIn, client: Client, clinic: Clinic, lead: User, clinic_admin: User, nurse: User
) -> None:
    link = f'href="{reverse("dose_settings")}"'
    assert link in client.get(reverse("guidance")).content.decode()
    assert link not in signed_in(nurse).get(reverse("guidance")).content.decode()
    assert link not in signed_in(clinic_admin).get(reverse("clinic_settings")).content.decode()
    make_member(clinic, Role.CLINIC_ADMIN, user=lead)
    assert link in client.get(reverse("clinic_settings")).content.decode()
