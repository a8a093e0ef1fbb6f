"""What was used before: lines that ended here, and treatment before adtrack with its form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from clinics.access import Actor
from clinics.models import AuditEvent, User
from patients.models import Patient
from regimens import actions
from regimens.models import PastTreatment, Product, RegimenLine
from tests.factories import NOW, TODAY, make_emollient, make_order, make_regimen, place
from tests.regimens.pages import as_lists, errors_of, everything_in, text_of, typed_in, url

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
MORE = {
    "product": "prednisolone-oral",
    "from_on_0": "3",
    "from_on_1": "2024",
    "until_on_0": "4",
    "until_on_1": "2024",
    "days": "5",
    "response": "good",
    "why_stopped": "other",
    "text": "Moved house.",
}


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client(signed_in: SignIn, nurse: User) -> Client:
    """The browser of a nurse, who records facts and does not prescribe."""
    return signed_in(nurse)


def history(patient: Patient) -> str:
    return url("regimen_history", patient)


def add(patient: Patient) -> str:
    return url("past_treatment_add", patient)


def past(by: Actor, patient: Patient, **more: Any) -> PastTreatment:
    usual = {"family": "tcs", "response": "partial", "why_stopped": "no_effect"}
    return actions.record_past_treatment(by, patient, usual | more, at=NOW)


# --- The page ---------------------------------------------------------------------------------------------------------


def test_nothing_yet(client: Client, adult: Patient) -> None:
    page = text_of(client.get(history(adult)))
    assert "Nothing has ended yet." in page
    assert "Nothing recorded: nobody asked, or there was nothing." in page


def test_lines_that_ended_stand_with_reason_phases_and_next_look(client: Client, adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order(), make_emollient(), by=by)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    more: dict[str, Any] = {"weekdays": [0, 3], "flares_in_a_year": None, "review_on": date(2027, 11, 1)}
    actions.step_to_maintenance(by, line, [place("face")], version=1, at=NOW, **more)
    actions.stop(by, line, reason="side_effect", text="Burning.", next_look_on=date(2026, 12, 1), version=2, at=NOW)
    page = text_of(client.get(history(adult)))
    assert "ended 20-Nov-2026: Side effect – Burning. · next look: 01-Dec-2026" in page
    assert "How it was used Twice daily · Face" in page
    assert "Twice daily · Face 20-Nov-2026 – 20-Nov-2026" in page
    assert "once a day on Monday and Thursday · Face 20-Nov-2026 – 20-Nov-2026" in page
    assert "Emollient" not in page  # in use
    assert "/lines/" not in client.get(history(adult)).content.decode()


def test_the_last_to_end_comes_first(client: Client, adult: Patient, by: Actor) -> None:
    on = TODAY - timedelta(days=9)
    make_regimen(adult, make_order(on=on), make_order("hydrocortisone-1", "trunk", on=on), make_emollient(on=on), by=by)
    for days, key in enumerate(("hydrocortisone-1", "tacrolimus-0.1")):
        line, at = RegimenLine.objects.get(product__key=key), NOW - timedelta(days=1 - days)
        actions.stop(by, line, reason="cleared", no_look_reason="x", version=1, at=at)
    page = client.get(history(adult)).content.decode()
    assert re.findall(r"<h3>([^<]+)</h3>", page) == ["Tacrolimus 0.1\u00a0% ointment", "Hydrocortisone 1\u00a0% cream"]


def test_treatment_before_with_what_came_of_it_and_who_recorded_it(client: Client, adult: Patient, by: Actor) -> None:
    product = Product.objects.get(key="prednisolone-oral")
    values = {"product": product, "from_on": date(2024, 3, 1), "until_on": date(2024, 4, 1), "days": 5, "text": "Twice."}
    past(by, adult, **values)
    row = past(by, adult, sites="face,hands", response="unknown", why_stopped="unknown")
    answer = client.get(history(adult))
    page = text_of(answer)
    assert "Prednisolone tablet · 03/2024 – 04/2024 (5 days) response: Some; stopped: Not enough effect – Twice." in page
    assert "Topical corticosteroid · Face, Hands · time not known response: Not known; stopped: Not known" in page
    assert "recorded 20-Nov-2026 by Dana Derm" in page
    assert f"/past-treatments/{row.public_id}/withdraw/" in answer.content.decode()


def test_what_was_taken_back_is_gone(client: Client, adult: Patient, by: Actor) -> None:
    row = past(by, adult, text="A slip of the pen.")
    actions.withdraw(by, row, reason="wrong person", at=NOW)
    assert "A slip of the pen." not in text_of(client.get(history(adult)))


@pytest.mark.parametrize("count", [1, 3])
def test_one_row_costs_as_much_as_three(
    client: Client, adult: Patient, by: Actor, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    keys = ("tacrolimus-0.1", "hydrocortisone-1", "emollient")[:count]
    regimen = make_regimen(adult, *(make_order(key, "face" if key[0] != "e" else "trunk") for key in keys), by=by)
    for key in keys:
        past(by, adult, product=Product.objects.get(key=key), sites="face")
    actions.stop_regimen(by, regimen, reason="cleared", no_look_reason="x", version=regimen.version, at=NOW)
    client.get(history(adult))
    with django_assert_num_queries(14):
        client.get(history(adult))


# --- Recording --------------------------------------------------------------------------------------------------------


def test_the_form_has_no_default(client: Client, adult: Patient) -> None:
    answer = client.get(add(adult))
    assert answer.status_code == 200
    assert typed_in(answer) == {}


def test_everything_that_was_typed_is_kept(client: Client, nurse: User, adult: Patient) -> None:
    answer = client.post(add(adult), MORE | {"places": ["face", "hands"]}, follow=True)
    assert answer.redirect_chain == [(history(adult), 302)]
    assert "Treatment before adtrack recorded" in text_of(answer)
    row = PastTreatment.objects.get()
    assert (row.product and row.product.key, row.family, row.sites) == ("prednisolone-oral", "steroid-oral", "face,hands")
    assert (row.from_on, row.until_on, row.days) == (date(2024, 3, 1), date(2024, 4, 1), 5)
    assert (row.response, row.why_stopped, row.text) == ("good", "other", "Moved house.")
    assert (row.recorded_by, row.patient) == (nurse, adult)


def test_a_class_and_a_year_are_enough(client: Client, adult: Patient) -> None:
    sent = {"family": "tcs", "from_on_1": "2019", "response": "unknown", "why_stopped": "unknown"}
    assert client.post(add(adult), sent).status_code == 302
    row = PastTreatment.objects.get()
    assert (row.product, row.family, row.from_on, row.until_on) == (None, "tcs", date(2019, 1, 1), None)


def test_sites_are_offered_without_sides_because_none_are_recorded(client: Client, adult: Patient) -> None:
    page = client.get(add(adult)).content.decode()
    assert 'value="hands"' in page
    assert 'value="hands:left"' not in page
    answer = client.post(add(adult), MORE | {"places": ["hands:left"]})
    assert errors_of(answer).keys() == {"id_places_0"}


WRONG: list[tuple[dict[str, Any], set[str]]] = [
    ({"product": ""}, {"id_product"}),
    ({"family": "herbs"}, {"id_family"}),
    ({"from_on_1": ""}, {"id_from_on_0"}),
    ({"from_on_1": "24"}, {"id_from_on_0"}),
    ({"from_on_1": "9" * 5000}, {"id_from_on_0"}),
    ({"from_on_1": "1979", "from_on_0": "12"}, {"id_from_on_0"}),
    ({"until_on_1": "2027"}, {"id_until_on_0"}),
    ({"until_on_0": "2"}, {"id_until_on_0"}),
    ({"days": "0"}, {"id_days"}),
    ({"days": "five"}, {"id_days"}),
    ({"response": ""}, {"id_response"}),
    ({"why_stopped": ""}, {"id_why_stopped"}),
    ({"text": ""}, {"id_text"}),
    ({"response": "", "why_stopped": "", "days": "0"}, {"id_response", "id_why_stopped", "id_days"}),
]


@pytest.mark.parametrize(("wrong", "where"), WRONG)
def test_what_cannot_be_is_named_at_its_field_with_everything_kept(
    client: Client, adult: Patient, wrong: dict[str, Any], where: set[str]
) -> None:
    sent = MORE | {"places": ["face", "hands"]} | wrong
    answer = client.post(add(adult), sent)
    assert answer.status_code == 422
    assert errors_of(answer).keys() == where
    kept = {name: values for name, values in as_lists(sent).items() if values != ["herbs"]}
    assert typed_in(answer) == kept
    assert not PastTreatment.objects.exists()


def test_the_form_of_somebody_who_left_is_kept_for_them(
    signed_in: SignIn, client: Client, clinician: User, adult: Patient
) -> None:
    sent = {**everything_in(client.get(add(adult))), **MORE, "places": ["face", "hands"]}
    assert signed_in(clinician).post(add(adult), sent).status_code == 409
    assert not PastTreatment.objects.exists()
    link = re.search(r'href="(\?kept=[^"]+)"', client.get(add(adult)).content.decode())
    assert link is not None
    back = client.get(add(adult) + link[1])
    assert typed_in(back) == as_lists(MORE | {"places": ["face", "hands"]})


def test_who_may_read_and_who_may_record(signed_in: SignIn, clinic_admin: User, outsider: User, adult: Patient) -> None:
    for user, status in ((clinic_admin, 403), (outsider, 404)):
        client = signed_in(user)
        assert client.get(history(adult)).status_code == status
        assert client.get(add(adult)).status_code == status
        assert client.post(add(adult), MORE).status_code == status
    assert not PastTreatment.objects.exists()


def test_opening_it_leaves_a_row(client: Client, adult: Patient) -> None:
    client.get(history(adult))
    assert AuditEvent.objects.filter(verb="treatment history opened", patient=adult.public_id).count() == 1
