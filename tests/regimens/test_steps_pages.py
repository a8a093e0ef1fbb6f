"""The steps of a line on their pages: what each changes, what it refuses with everything kept, and when it is late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from clinics.access import Actor
from clinics.models import AuditEvent, Clinic, Membership, User
from patients import actions as records
from patients.models import Patient
from regimens import actions
from regimens.actions import Reply
from regimens.models import DosePlan, Override, Regimen, RegimenLine
from regimens.protocol.facts import Phase
from tests.factories import (
    NOW,
    TODAY,
    make_assessment,
    make_emollient,
    make_order,
    make_patient,
    make_regimen,
    place,
    replying,
)
from tests.regimens.every_action import phases
from tests.regimens.pages import (
    article_of,
    as_lists,
    day_boxes,
    errors_of,
    everything_in,
    findings_of,
    keys_in,
    reply,
    text_of,
    typed_in,
    url,
)

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
DAY = timedelta(days=1)
NEXT_YEAR = date(2027, 11, 1)
NO_LOOK = {"reason": "cleared", "no_look_reason": "Clear for months."}
STEPS = ("maintenance", "induction", "down", "hold", "resume", "stop")


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client(signed_in: SignIn, clinician: User) -> Client:
    """The browser of the dermatologist."""
    return signed_in(clinician)


@pytest.fixture
def line(adult: Patient, by: Actor) -> RegimenLine:
    """Tacrolimus 0.1 % on face and both hands, with an emollient."""
    make_regimen(adult, make_order("tacrolimus-0.1", "face", "hands:both"), make_emollient(), by=by)
    return RegimenLine.objects.get(product__key="tacrolimus-0.1")


def step(line: RegimenLine, name: str) -> str:
    return url("line_step", line.patient, line.public_id, name)


def prepared(by: Actor, line: RegimenLine, name: str) -> RegimenLine:
    """The line in a phase from which the step is possible."""
    if name == "induction":
        to_maintenance(by, line)
    elif name == "resume":
        actions.hold(by, line, look_again_on=TODAY + DAY, reason="Infection", version=line.version, at=NOW)
    line.refresh_from_db()
    return line


def to_maintenance(by: Actor, line: RegimenLine) -> None:
    more: dict[str, Any] = {"weekdays": [0, 3], "flares_in_a_year": 5, "review_on": NEXT_YEAR}
    actions.step_to_maintenance(by, line, [place("face")], version=line.version, at=NOW, **more)


SENT: dict[str, dict[str, Any]] = {
    "maintenance": {"places": ["face:"], "weekdays": ["0", "3"], "flares_in_a_year": "5"}
    | day_boxes("review_on", NEXT_YEAR),
    "induction": {"places": ["face:"], "per_day": "2", "reason": "A flare."} | day_boxes("review_on", date(2027, 1, 1)),
    "down": {"places": ["face:", "hands:both"]},
    "hold": {"reason": "Infection"} | day_boxes("look_again_on", TODAY + DAY),
    "resume": {},
    "stop": NO_LOOK | {"text": "No patch left."},
}


@pytest.mark.parametrize("name", STEPS)
def test_nothing_has_a_default(client: Client, line: RegimenLine, by: Actor, name: str) -> None:
    prepared(by, line, name)
    answer = client.get(step(line, name))
    assert answer.status_code == 200
    assert typed_in(answer) == {}
    assert everything_in(answer)["version"] == [str(line.version)]


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("maintenance", [("face", "maintenance"), ("hands:both", "induction")]),
        ("induction", [("face", "induction"), ("hands:both", "induction")]),
        ("down", [("face", "induction"), ("hands:both", "induction")]),
        ("hold", [("face", "hold"), ("hands:both", "hold")]),
        ("resume", [("face", "induction"), ("hands:both", "induction")]),
        ("stop", []),
    ],
)
def test_each_step_changes_the_line_and_goes_back_to_the_regimen(
    client: Client, line: RegimenLine, by: Actor, name: str, after: list[tuple[str, str]]
) -> None:
    prepared(by, line, name)
    seen = {"version": str(line.version)}
    answer = client.post(step(line, name), SENT[name] | seen, follow=True)
    assert answer.redirect_chain == [(url("patient_regimen", line.patient), 302)]
    live = [row[:2] for row in phases(line) if row[3] is None]
    assert sorted(live) == sorted(after)
    line.refresh_from_db()
    assert line.version == int(seen["version"]) + 1
    assert f"– {line.patient}" in text_of(answer)


def test_maintenance_keeps_days_flares_and_review(client: Client, line: RegimenLine) -> None:
    client.post(step(line, "maintenance"), SENT["maintenance"] | {"version": "1"})
    line.refresh_from_db()
    plan = DosePlan.objects.live().get(phase="maintenance")
    assert (plan.weekdays, line.flares_in_a_year, plan.look_again_on) == ("0,3", 5, NEXT_YEAR)
    assert line.review_on == date(2027, 1, 1)  # of the hands, which go on as before


def test_flares_nobody_asked_about_stay_unknown(client: Client, line: RegimenLine) -> None:
    client.post(step(line, "maintenance"), SENT["maintenance"] | {"version": "1", "flares_in_a_year": ""})
    line.refresh_from_db()
    assert line.flares_in_a_year is None
    assert DosePlan.objects.live().filter(phase="maintenance").exists()


def test_down_is_once_daily_from_today(client: Client, line: RegimenLine) -> None:
    client.post(step(line, "down"), SENT["down"] | {"version": "1"})
    assert [(plan.per_day, plan.from_on) for plan in DosePlan.objects.live().filter(line=line)] == [(1, TODAY)]


def test_stop_keeps_reason_words_and_next_look(client: Client, line: RegimenLine) -> None:
    sent = {"reason": "side_effect", "text": "Burning.", "version": "1"} | day_boxes("next_look_on", TODAY + DAY)
    client.post(step(line, "stop"), sent)
    line.refresh_from_db()
    assert (line.ended_on, line.end_reason, line.end_text) == (TODAY, "side_effect", "Burning.")
    assert (line.next_look_on, line.no_look_reason) == (TODAY + DAY, "")


WRONG: list[tuple[str, dict[str, Any], set[str]]] = [
    ("maintenance", {"places": None}, {"id_places_0"}),
    ("maintenance", {"places": ["trunk:"]}, {"id_places_0"}),
    ("maintenance", {"weekdays": None}, {"id_weekdays_0"}),
    ("maintenance", {"flares_in_a_year": "366"}, {"id_flares_in_a_year"}),
    ("maintenance", {"review_on_day": "32"}, {"id_review_on_0"}),
    ("maintenance", day_boxes("review_on", TODAY - DAY), {"id_review_on_0"}),
    (
        "maintenance",
        {"places": None, "weekdays": None, "review_on_year": ""},
        {"id_places_0", "id_weekdays_0", "id_review_on_0"},
    ),
    ("induction", {"per_day": None}, {"id_per_day_0"}),
    ("induction", {"per_day": "3"}, {"id_per_day_0"}),
    ("induction", {"places": None}, {"id_places_0"}),
    ("induction", {"review_on_day": ""}, {"id_review_on_0"}),
    ("down", {"places": None}, {"id_places_0"}),
    ("hold", {"reason": "  "}, {"id_reason"}),
    ("hold", day_boxes("look_again_on", TODAY - DAY), {"id_look_again_on_0"}),
    ("hold", day_boxes("look_again_on", TODAY + timedelta(days=367)), {"id_look_again_on_0"}),
    ("stop", {"reason": ""}, {"id_reason"}),
    ("stop", {"reason": "other", "text": ""}, {"id_text"}),
    ("stop", {"no_look_reason": ""}, {"id_next_look_on_0"}),
    ("stop", day_boxes("next_look_on", TODAY + DAY), {"id_next_look_on_0"}),
    ("stop", {"no_look_reason": ""} | day_boxes("next_look_on", TODAY - DAY), {"id_next_look_on_0"}),
]


@pytest.mark.parametrize(("name", "wrong", "where"), WRONG)
def test_what_cannot_be_is_named_at_its_field_with_everything_kept(
    client: Client, line: RegimenLine, by: Actor, name: str, wrong: dict[str, Any], where: set[str]
) -> None:
    prepared(by, line, name)
    before = phases(line)
    sent = {key: value for key, value in (SENT[name] | wrong).items() if value is not None}
    answer = client.post(step(line, name), sent | {"version": str(line.version)})
    assert answer.status_code == 422
    assert errors_of(answer).keys() == where
    no_such_choice = {"trunk:", "3"}
    kept = {key: values for key, values in as_lists(sent).items() if not set(values) & no_such_choice or key == "weekdays"}
    assert typed_in(answer) == kept
    assert phases(line) == before


@pytest.mark.parametrize("name", STEPS)
def test_a_step_from_a_page_that_is_out_of_date_shows_the_line_and_keeps_what_was_typed(
    client: Client, line: RegimenLine, by: Actor, name: str
) -> None:
    prepared(by, line, name)
    sent = SENT[name] | {"version": str(line.version)}
    RegimenLine.objects.filter(pk=line.pk).update(version=line.version + 1, review_on=date(2026, 12, 24))
    answer = client.post(step(line, name), sent)
    assert answer.status_code == 409
    assert "It was changed since you opened this page. Nothing was saved" in errors_of(answer)[""]
    assert "As it stands now" in text_of(answer)
    assert "look again on 24-Dec-2026" in text_of(answer)
    assert typed_in(answer) == as_lists(sent)
    assert everything_in(answer)["version"] == [str(line.version + 1)]
    assert client.post(step(line, name), everything_in(answer)).status_code == 302


@pytest.mark.parametrize("name", ["stop", "hold", "maintenance"])
def test_a_step_that_is_sent_twice_is_taken_once(client: Client, line: RegimenLine, name: str) -> None:
    sent = SENT[name] | {"version": "1"}
    answers = [client.post(step(line, name), sent).status_code for _n in range(2)]
    assert answers in ([302, 409], [302, 422])  # the place is not in that phase any more
    line.refresh_from_db()
    assert line.version == 2


def test_a_place_that_changed_meanwhile_is_named(client: Client, line: RegimenLine, by: Actor) -> None:
    to_maintenance(by, line)
    answer = client.post(step(line, "down"), SENT["down"] | {"version": "1"})
    assert errors_of(answer).keys() == {"id_places_0"}
    assert DosePlan.objects.live().filter(line=line, per_day=2).exists()


# --- What the rules say about a step ----------------------------------------------------------------------------------


def test_weekdays_too_near_ask_for_a_reason_and_keep_what_was_ticked(client: Client, line: RegimenLine) -> None:
    sent = SENT["maintenance"] | {"weekdays": ["0", "2"], "version": "1"}
    answer = client.post(step(line, "maintenance"), sent)
    assert answer.status_code == 422
    assert ("maintenance-weekdays", "warn") in findings_of(answer)
    assert typed_in(answer) == as_lists(sent)
    replied = reply(answer, "maintenance-weekdays", "wish", "He works in shifts.")
    again = client.post(step(line, "maintenance"), sent | replied)  # no such reason
    assert again.status_code == 422
    assert typed_in(again)[f"sentence_{keys_in(answer)['maintenance-weekdays']}"] == ["He works in shifts."]
    assert client.post(step(line, "maintenance"), sent | reply(answer, "maintenance-weekdays")).status_code == 302
    assert Override.objects.get().line == line


def test_reasons_stay_while_something_else_is_put_right(client: Client, line: RegimenLine) -> None:
    near = SENT["maintenance"] | {"weekdays": ["0", "2"], "version": "1"}
    replied = reply(client.post(step(line, "maintenance"), near), "maintenance-weekdays")
    answer = client.post(step(line, "maintenance"), near | {"places": []} | replied)
    assert errors_of(answer).keys() == {"id_places_0"}
    unseen = {f"earlier_{name}": value for name, value in replied.items()}
    assert typed_in(answer) == as_lists(near | {"places": []} | unseen)
    again = {**everything_in(answer), "places": ["face:"]}
    assert client.post(step(line, "maintenance"), again).status_code == 302
    assert Override.objects.get().sentence == "Seen weekly."


def test_other_days_ask_for_another_reason_and_good_days_for_none(client: Client, line: RegimenLine) -> None:
    near = SENT["maintenance"] | {"weekdays": ["0", "2"], "version": "1"}
    replied = reply(client.post(step(line, "maintenance"), near), "maintenance-weekdays")
    other = client.post(step(line, "maintenance"), near | {"weekdays": ["0", "1"]} | replied)
    assert (other.status_code, Override.objects.count()) == (422, 0)
    assert "What a reason was given for is no longer found." in text_of(other)
    key = keys_in(other)["maintenance-weekdays"]
    assert everything_in(other)[f"sentence_{key}"] == [""]
    blank = {f"reason_{key}": "", f"sentence_{key}": ""}
    good = client.post(step(line, "maintenance"), near | {"weekdays": ["0", "3"]} | blank)
    assert (good.status_code, Override.objects.count()) == (302, 0)


@pytest.mark.parametrize("name", ["down", "resume", "induction"])
def test_a_caution_that_still_holds_is_answered_again(client: Client, clinic: Clinic, by: Actor, name: str) -> None:
    child = make_patient(clinic, birth_date=date(2017, 3, 1))
    caution = "tacrolimus-0.1-age"
    replies = {caution: Reply("known", "Seen weekly.")}
    make_regimen(child, make_order("tacrolimus-0.1", "face", "hands:both"), make_emollient(), by=by, replies=replies)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    if name == "induction":
        more: dict[str, Any] = {"weekdays": [0, 3], "flares_in_a_year": 5, "review_on": NEXT_YEAR, "version": 1, "at": NOW}
        replying(
            lambda keyed: actions.step_to_maintenance(by, line, [place("face")], replies=keyed, **more),
            replies,
        )
        line.refresh_from_db()
    else:
        prepared(by, line, name)
    sent = SENT[name] | {"version": str(line.version)}
    answer = client.post(step(line, name), sent)
    assert answer.status_code == 422
    assert (caution, "warn") in findings_of(answer)
    assert client.post(step(line, name), sent | reply(answer, caution)).status_code == 302


def test_a_stop_keeps_a_line_from_going_on_and_offers_no_button(client: Client, line: RegimenLine, by: Actor) -> None:
    prepared(by, line, "resume")
    records.record_precaution(by, line.patient, {"kind": "immunocompromise", "state": "present"}, at=NOW)
    answer = client.post(step(line, "resume"), {"version": str(line.version)})
    assert answer.status_code == 422
    assert findings_of(answer)[0] == ("immunocompromise", "stop")
    assert "Go on with it</button>" not in answer.content.decode()
    assert {row[1] for row in phases(line) if row[3] is None} == {"hold"}
    ended = client.post(step(line, "stop"), NO_LOOK | {"version": str(line.version)})
    assert ended.status_code == 302  # what is wrong can always be stopped


# --- The whole regimen ------------------------------------------------------------------------------------------------


def test_the_whole_regimen_is_stopped(client: Client, line: RegimenLine) -> None:
    address = url("regimen_stop", line.patient)
    page = client.get(address)
    assert typed_in(page) == {}
    sent = {name: values[0] for name, values in everything_in(page).items()} | NO_LOOK
    answer = client.post(address, sent, follow=True)
    assert "Regimen stopped" in text_of(answer)
    assert not Regimen.objects.live().exists()
    assert not RegimenLine.objects.live().exists()
    assert client.get(address).status_code == 404
    assert client.post(address, sent).status_code == 404


def test_a_regimen_that_has_got_a_line_meanwhile_is_not_stopped(client: Client, line: RegimenLine, by: Actor) -> None:
    address = url("regimen_stop", line.patient)
    sent = NO_LOOK | {"version": str(line.regimen.version)}
    actions.add_line(by, line.regimen, [make_order("hydrocortisone-1", "trunk")], at=NOW)
    answer = client.post(address, sent)
    assert answer.status_code == 409
    assert typed_in(answer) == as_lists(sent)
    assert Regimen.objects.live().exists()
    assert client.post(address, everything_in(answer)).status_code == 302


def test_stopping_all_asks_for_a_reason_and_a_next_look(client: Client, line: RegimenLine) -> None:
    answer = client.post(url("regimen_stop", line.patient), {"version": "1", "text": "Kept words."})
    assert answer.status_code == 422
    assert errors_of(answer).keys() == {"id_reason"}
    assert typed_in(answer) == {"text": ["Kept words."]}


# --- Who, where, at what cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STEPS)
def test_only_who_may_prescribe(
    signed_in: SignIn, nurse: User, outsider: User, line: RegimenLine, by: Actor, name: str
) -> None:
    prepared(by, line, name)
    before = phases(line)
    for user, status in ((nurse, 403), (outsider, 404)):
        client = signed_in(user)
        assert client.get(step(line, name)).status_code == status
        assert client.post(step(line, name), SENT[name] | {"version": str(line.version)}).status_code == status
    assert phases(line) == before
    Membership.objects.filter(user=nurse).update(may_prescribe=True)
    answer = signed_in(nurse).post(step(line, name), SENT[name] | {"version": str(line.version)})
    assert answer.status_code == 302


def test_there_is_no_other_step(client: Client, line: RegimenLine) -> None:
    assert client.get(step(line, "double")).status_code == 404


def test_a_line_of_another_patient_is_not_found(client: Client, line: RegimenLine, patient: Patient) -> None:
    assert client.get(url("line_step", patient, line.public_id, "stop")).status_code == 404


def test_a_line_that_has_ended_takes_no_step(client: Client, line: RegimenLine, by: Actor) -> None:
    actions.stop(by, line, reason="cleared", no_look_reason="clear", version=1, at=NOW)
    answer = client.post(step(line, "hold"), SENT["hold"] | {"version": "2"})
    assert errors_of(answer) == {"": "This line has ended."}
    assert typed_in(answer) == as_lists(SENT["hold"])


def test_a_closed_record_is_not_treated(client: Client, line: RegimenLine, by: Actor) -> None:
    records.close_patient(by, line.patient, reason="moved", version=line.patient.version, at=NOW)
    answer = client.post(step(line, "hold"), SENT["hold"] | {"version": "1"})
    assert errors_of(answer) == {"": "This record is closed: open it again before changing treatment."}


def test_the_page_of_a_step_leaves_a_row(client: Client, line: RegimenLine) -> None:
    client.get(step(line, "stop"))
    assert AuditEvent.objects.filter(verb="treatment page opened", patient=line.patient.public_id).count() == 1


@pytest.mark.parametrize("places", [["face"], ["face", "hands:both", "feet:left"]])
def test_one_place_costs_as_much_as_three(
    client: Client, adult: Patient, by: Actor, places: list[str], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_regimen(adult, make_order("tacrolimus-0.1", *places), make_emollient(), by=by)
    line = RegimenLine.objects.get(product__key="tacrolimus-0.1")
    client.get(step(line, "maintenance"))
    with django_assert_num_queries(25):
        client.get(step(line, "maintenance"))


@pytest.mark.parametrize(("level", "said"), [(None, "No vIGA-AD is recorded."), (3, "Last vIGA-AD: 3 on 20-Nov-2026.")])
def test_maintenance_shows_what_labels_ask_for_beside_the_last_score(
    client: Client, line: RegimenLine, by: Actor, level: int | None, said: str
) -> None:
    if level is not None:
        make_assessment(line.patient, "viga_ad", by=by, level=level)
    page = text_of(client.get(step(line, "maintenance")))
    assert said in page
    assert "four flares a year or more" in page


# --- What is known of a step before it is taken -----------------------------------------------------------------------

NOT_US = "maintenance-not-on-the-label"


def in_the_us(line: RegimenLine) -> None:
    Clinic.objects.filter(pk=line.patient.clinic_id).update(jurisdiction="US")


def test_maintenance_says_under_the_us_label_that_it_is_not_on_it_before_anything_is_chosen(
    client: Client, line: RegimenLine
) -> None:
    in_the_us(line)
    page = client.get(step(line, "maintenance"))
    assert (NOT_US, "inform") in findings_of(page)
    assert "maintenance days" not in article_of(page, NOT_US)  # nothing is chosen yet
    assert client.post(step(line, "maintenance"), SENT["maintenance"] | {"version": "1"}).status_code == 302  # asked once


def test_maintenance_under_the_eu_label_says_nothing_of_the_us_label(client: Client, line: RegimenLine) -> None:
    assert NOT_US not in dict(findings_of(client.get(step(line, "maintenance"))))


@pytest.mark.parametrize("name", ["maintenance", "induction", "down", "resume"])
def test_each_step_names_what_could_not_be_checked_and_asks_nothing(
    client: Client, line: RegimenLine, by: Actor, name: str
) -> None:
    prepared(by, line, name)
    actions.record_precaution(by, line.patient, {"kind": "skin_malignancy", "state": "present"}, at=NOW)
    page = client.get(step(line, name))
    words = text_of(page)
    assert "Nobody has recorded whether there is immunocompromise." in words
    assert "On which weekdays it is used is not recorded." not in words  # the form asks
    assert {level for _rule, level in findings_of(page)} <= {"inform"}
    assert keys_in(page) == {}
    records.record_precaution(by, line.patient, {"kind": "immunocompromise", "state": "absent"}, at=NOW)
    assert "whether there is immunocompromise." not in text_of(client.get(step(line, name)))


@pytest.mark.parametrize("name", ["hold", "stop"])
def test_what_asks_no_rules_says_nothing_of_them(client: Client, line: RegimenLine, name: str) -> None:
    assert "Not checked" not in text_of(client.get(step(line, name)))


def test_a_note_that_rests_on_a_place_waits_until_it_is_sure(client: Client, adult: Patient, by: Actor) -> None:
    """An infection of the face is on every place of one line, and on one place of two of the other."""
    make_regimen(adult, make_order("hydrocortisone-1", "face", "trunk"), make_emollient(), by=by)
    line = RegimenLine.objects.get(product__key="hydrocortisone-1")
    actions.record_precaution(by, adult, {"kind": "skin_infection", "state": "present", "site": "face"}, at=NOW)
    assert "infection-steroid" not in dict(findings_of(client.get(step(line, "down"))))
    actions.step_down(by, line, [place("trunk")], version=1, at=NOW)
    assert ("infection-steroid", "inform") in findings_of(client.get(step(line, "down")))


def test_what_the_rules_ask_takes_the_place_of_what_is_known_before(client: Client, line: RegimenLine) -> None:
    near = SENT["maintenance"] | {"weekdays": ["0", "2"], "version": "1"}
    assert "before it is taken" in text_of(client.get(step(line, "maintenance")))
    assert "before it is taken" not in text_of(client.post(step(line, "maintenance"), near))
    assert "before it is taken" in text_of(client.post(step(line, "maintenance"), near | {"places": []}))


def test_a_course_that_goes_on_says_only_what_its_rest_makes_true(client: Client, adult: Patient, by: Actor) -> None:
    wrap = make_order("wet-wrap", "trunk", phase=Phase.COURSE, per_day=1, course_days=10, review_on=None)
    make_regimen(adult, wrap, make_emollient(), by=by)
    line = RegimenLine.objects.get(product__key="wet-wrap")
    prepared(by, line, "resume")
    assert "wet-wrap-length" not in dict(findings_of(client.get(step(line, "resume"))))
