"""The pages of unwanted events: the list, recording, writing on, taking back; and what an infection sets going."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from clinics.access import Actor
from clinics.models import AuditEvent, User
from patients.models import Patient, Precaution
from regimens import actions
from regimens.models import AdverseEvent, RegimenLine, WorkItem, WorkReason
from tests.factories import NOW, TODAY, make_emollient, make_line, make_order, make_regimen
from tests.regimens.pages import day_boxes, errors_of, everything_in, text_of, typed_in, url

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client(signed_in: SignIn, nurse: User) -> Client:
    """The browser of a nurse, who records facts and does not prescribe."""
    return signed_in(nurse)


def event(by: Actor, patient: Patient, **more: Any) -> AdverseEvent:
    usual = {"kind": "burning", "severity": "mild", "onset_on": TODAY, "action_taken": "advice", "site": "face"}
    return actions.record_adverse_event(by, patient, usual | more, at=NOW)


def typed(*sites: str, kind: str = "burning", since: date = TODAY, **more: Any) -> dict[str, Any]:
    usual = {"kind": kind, "severity": "mild", "action_taken": "advice", "site": list(sites), "line": "", "text": ""}
    return usual | day_boxes("onset_on", since) | more


# --- The list ---------------------------------------------------------------------------------------------------------


def test_nothing_yet(client: Client, adult: Patient) -> None:
    answer = client.get(url("patient_events", adult))
    assert "No unwanted event is recorded Nobody asked, or there was none." in text_of(answer)
    assert AuditEvent.objects.latest("pk").verb == "adverse events opened"


def test_what_goes_on_stands_first_and_a_red_flag_has_a_word_and_a_sign(client: Client, adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order(), make_emollient(), by=by)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    event(by, adult, kind="eczema_herpeticum", onset_on=TODAY - 9 * DAY, site="neck", severity="severe")
    event(by, adult, line=line, onset_on=TODAY - 3 * DAY, ended_on=TODAY - DAY, text="Gone by itself.")
    page = text_of(client.get(url("patient_events", adult)))
    going_on, over = page.split("Going on")[1].split("Ended", 1)
    assert "Eczema herpeticum ⚑ Red flag: look at once Severe Neck" in going_on
    assert "since 11-Nov-2026, for 10 days now · no line is suspected · done: Advice" in going_on
    assert "Recorded as an infection: Skin infection, Neck, since 11-Nov-2026" in going_on
    assert "Burning" not in going_on
    assert "Burning or stinging Mild Face" in over
    assert "from 17-Nov-2026 until 19-Nov-2026, 3 days · suspected: Tacrolimus 0.1 % ointment" in over
    assert "Gone by itself." in over
    assert "Red flag" not in over


def test_an_event_that_cites_a_recorded_infection_says_so(client: Client, adult: Patient, by: Actor) -> None:
    known = {"kind": "skin_infection", "state": "present", "site": "face", "side": "", "text": ""}
    actions.record_precaution(by, adult, known | {"from_on": TODAY - DAY, "until_on": None}, at=NOW - DAY)
    event(by, adult, kind="herpes_simplex", site="around_mouth")
    page = text_of(client.get(url("patient_events", adult)))
    assert "Belongs to the recorded infection: Skin infection, Face, since 19-Nov-2026" in page
    assert "Recorded as an infection" not in page


def test_an_event_that_ended_says_that_its_infection_is_still_open(client: Client, adult: Patient, by: Actor) -> None:
    row = event(by, adult, kind="infection", onset_on=TODAY - 2 * DAY)
    actions.amend_adverse_event(by, row, {"ended_on": TODAY}, at=NOW)
    page = text_of(client.get(url("patient_events", adult)))
    assert "it is still open on the record, and the rules count it" in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_is_read_in_a_fixed_number_of_queries(
    client: Client, adult: Patient, by: Actor, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        row = event(by, adult, kind="infection", site=("face", "chest", "back")[number])
        actions.amend_adverse_event(by, row, {"text": "Seen."}, at=NOW)
    event(by, adult, kind="itching")
    client.get(url("patient_events", adult))
    with django_assert_num_queries(10):
        client.get(url("patient_events", adult))


@pytest.mark.parametrize("name", ["patient_page", "patient_regimen", "patient_doses"])
def test_a_red_flag_that_goes_on_is_said_on_the_pages_of_the_record(
    client: Client, signed_in: SignIn, clinic_admin: User, adult: Patient, by: Actor, name: str
) -> None:
    row = event(by, adult, kind="eczema_herpeticum", onset_on=TODAY - DAY)
    event(by, adult, kind="itching")
    said = "Red flag: Eczema herpeticum, Face, since 19-Nov-2026"
    page = client.get(url(name, adult)).content.decode()
    assert page.count("Red flag: ") == page.count(f'<a href="{url("patient_events", adult)}">{said}</a>') == 1
    assert "Red flag" not in signed_in(clinic_admin).get(url(name, adult)).content.decode()
    actions.amend_adverse_event(by, row, {"ended_on": TODAY}, at=NOW)
    assert "Red flag" not in client.get(url(name, adult)).content.decode()


# --- Recording --------------------------------------------------------------------------------------------------------


def test_nothing_is_chosen_beforehand_and_burning_is_explained_with_its_sources(client: Client, adult: Patient) -> None:
    answer = client.get(url("event_add", adult))
    assert typed_in(answer) == {}
    page = text_of(answer)
    assert "usual in the first days and expected to go" in page
    often, long = page.split("How long it burns")
    assert "How often it burns" in often
    assert "Very common: more than 1 in 10." in often
    assert "Usually gone within 1 week." in long
    assert "Machine-written answer S0, not reviewed" in page


def test_lines_of_the_last_year_and_those_prescribed_elsewhere_can_be_suspected(
    client: Client, adult: Patient, by: Actor
) -> None:
    for key, ago in (("hydrocortisone-1", 366), ("crisaborole-2", 365)):
        begun = NOW - (ago + 10) * DAY
        line = make_line(
            adult, by=by, key=key, at=begun, places=make_order(key, "hands").places, review_on=begun.date() + DAY
        )
        actions.stop(by, line, reason="cleared", version=line.version, at=NOW - ago * DAY, no_look_reason="Cleared.")
    make_line(adult, by=by, key="emollient", is_elsewhere=True)
    page = client.get(url("event_add", adult)).content.decode()
    choices = page.split('name="line"')[1].split("</select>")[0]
    assert "Crisaborole 2\u00a0% ointment, since 10-Nov-2025, ended 20-Nov-2025" in choices
    assert "Hydrocortisone" not in choices
    assert "Emollient, since 20-Nov-2026, prescribed elsewhere" in choices


def test_an_event_is_recorded(client: Client, adult: Patient, by: Actor) -> None:
    make_regimen(adult, make_order(), make_emollient(), by=by)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    sent = typed("hands:left", "hands:right", line=str(line.public_id), since=TODAY - DAY, text=" After a bath. ")
    answer = client.post(url("event_add", adult), sent, follow=True)
    row = AdverseEvent.objects.get()
    assert (row.kind, row.site, row.side, row.severity, row.line) == ("burning", "hands", "both", "mild", line)
    assert (row.onset_on, row.ended_on, row.action_taken, row.text) == (TODAY - DAY, None, "advice", "After a bath.")
    page = text_of(answer)
    assert "Saved: Burning or stinging" in page
    assert "infection of the skin" not in page


def test_an_infection_says_that_it_stands_on_the_record_and_what_the_rules_found(
    client: Client, adult: Patient, by: Actor
) -> None:
    make_regimen(adult, make_order(), make_emollient(), by=by)
    page = text_of(client.post(url("event_add", adult), typed("face", kind="infection"), follow=True))
    assert "It stands on the record as an infection of the skin, too, and every line was checked with it." in page
    assert Precaution.objects.get().site == "face"
    item = WorkItem.objects.get(reason=WorkReason.FINDING)
    assert item.text in page.replace("\u00a0", " ")


def test_a_red_flag_is_said_at_once(client: Client, adult: Patient) -> None:
    page = text_of(client.post(url("event_add", adult), typed("face", kind="eczema_herpeticum"), follow=True))
    assert "Eczema herpeticum, Face, mild since 20-Nov-2026. Look at once." in page
    assert WorkItem.objects.get().reason == WorkReason.RED_FLAG


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        (typed("face", severity=""), {"id_severity_0"}),
        (typed("face", kind=""), {"id_kind"}),
        (typed("face", action_taken=""), {"id_action_taken"}),
        (typed("face", since=TODAY + DAY), {"id_onset_on_0"}),
        (typed("face", **day_boxes("ended_on", TODAY - DAY)), {"id_ended_on_0"}),
        (typed("face", "neck"), {"id_site_0"}),
        (typed(kind="infection"), {"id_site_0"}),
        (typed(kind="other"), {"id_text"}),
        (typed("face", line="11111111-1111-1111-1111-111111111111"), {"id_line"}),
    ],
)
def test_what_is_wrong_is_named_at_its_field_and_nothing_is_lost(
    client: Client, adult: Patient, sent: dict[str, Any], where: set[str]
) -> None:
    answer = client.post(url("event_add", adult), sent | {"text": sent["text"] or ""})
    assert (answer.status_code, set(errors_of(answer))) == (422, where)
    kept = everything_in(answer)
    assert kept["site"] == sent["site"] if sent["site"] else "site" not in kept
    assert kept["onset_on_year"] == [sent["onset_on_year"]]
    assert not AdverseEvent.objects.exists()


# --- Writing on, taking back ------------------------------------------------------------------------------------------


def test_what_is_learned_later_is_written_on_and_the_row_before_stays(client: Client, adult: Patient, by: Actor) -> None:
    row = event(by, adult, onset_on=TODAY - 8 * DAY)
    assert WorkItem.objects.get(closed_at=None).reason == WorkReason.ADVERSE_EVENT
    address = url("event_amend", adult, row.public_id)
    form = client.get(address)
    assert typed_in(form)["site"] == ["face"]
    sent = everything_in(form) | day_boxes("ended_on", TODAY) | {"action_taken": "less"}
    assert client.post(address, sent).status_code == 302
    live = AdverseEvent.objects.live().get()
    assert (live.ended_on, live.action_taken, live.replaces) == (TODAY, "less", row)
    assert not WorkItem.objects.filter(closed_at=None).exists()
    page = text_of(client.get(url("event_amend", adult, live.public_id)))
    assert "1 row before Burning or stinging Burning or stinging · Face · Mild · 12-Nov-2026 – open · done: Advice" in page
    assert "counted until 20-Nov-2026, Nico Nurse: written anew" in page


def test_a_line_that_ended_long_ago_stays_the_suspected_one(client: Client, adult: Patient, by: Actor) -> None:
    line = make_line(adult, by=by, at=NOW - 500 * DAY)
    row = event(by, adult, line=line, onset_on=TODAY - 450 * DAY)
    actions.stop(by, line, reason="wish", version=line.version, at=NOW - 400 * DAY, no_look_reason="Wish.")
    address = url("event_amend", adult, row.public_id)
    assert client.post(address, everything_in(client.get(address)) | {"text": "Old."}).status_code == 302
    assert AdverseEvent.objects.live().get().line == line


def test_a_page_that_is_out_of_date_shows_both_and_saves_on_the_newer_row(
    client: Client, adult: Patient, by: Actor
) -> None:
    row = event(by, adult)
    address = url("event_amend", adult, row.public_id)
    form = everything_in(client.get(address))
    newer = actions.amend_adverse_event(by, row, {"action_taken": "held", "text": "Held by Dana."}, at=NOW)
    answer = client.post(address, form | {"text": "Mine."})
    page = text_of(answer)
    assert answer.status_code == 409
    assert "Somebody else changed this while you were typing" in page
    assert "Held by Dana." in page
    assert everything_in(answer)["text"] == ["Mine."]
    assert f'action="{url("event_amend", adult, newer.public_id)}"' in answer.content.decode()
    assert AdverseEvent.objects.live().get() == newer
    assert client.post(url("event_amend", adult, newer.public_id), everything_in(answer)).status_code == 302
    assert AdverseEvent.objects.live().get().text == "Mine."


def test_an_event_is_taken_back_with_a_reason_and_stays_readable(client: Client, adult: Patient, by: Actor) -> None:
    row = event(by, adult, kind="infection")
    address = url("event_withdraw", adult, row.public_id)
    refused = client.post(address, {"reason": ""})
    assert (refused.status_code, set(errors_of(refused))) == (422, {"id_reason"})
    assert client.post(address, {"reason": "Wrong patient."}).status_code == 302
    assert not AdverseEvent.objects.live().exists()
    assert Precaution.objects.live().count() == 1
    page = text_of(client.get(url("patient_events", adult)))
    assert "1 event taken back Skin infection · Face" in page
    assert "counted until 20-Nov-2026, Nico Nurse: Wrong patient." in page


@pytest.mark.parametrize("name", ["event_amend", "event_withdraw"])
def test_what_was_taken_back_meanwhile_cannot_be_changed(client: Client, adult: Patient, by: Actor, name: str) -> None:
    row = event(by, adult)
    address = url(name, adult, row.public_id)
    form = everything_in(client.get(address)) | {"reason": "Mine."}
    actions.withdraw_adverse_event(by, row, reason="Slip.", at=NOW)
    answer = client.post(address, form)
    assert (answer.status_code, "Somebody else has taken this back" in text_of(answer)) == (409, True)
    assert "<form method" not in answer.content.decode().split("<main")[1].split("</main")[0]
    assert client.get(address).status_code == 200
    assert AdverseEvent.objects.get().withdrawn_reason == "Slip."


def test_an_event_of_another_patient_is_not_found(client: Client, adult: Patient, patient: Patient, by: Actor) -> None:
    row = event(by, patient)
    for name in ("event_amend", "event_withdraw"):
        assert client.get(url(name, adult, row.public_id)).status_code == 404
