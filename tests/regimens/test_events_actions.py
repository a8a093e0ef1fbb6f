"""Unwanted events: an infection is known to the rules at once, red flags wait at once, burning after its days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from clinics.access import Actor, system_actor
from clinics.errors import NotAllowed, Stale
from clinics.models import AuditEvent, Clinic, Role, User
from patients import actions as records
from patients.models import Patient, Precaution
from regimens import actions, queries
from regimens.models import AdverseEvent, DoseSettings, EventKind, LastCheck, WorkItem
from tests.factories import NOW, actor_for, make_emollient, make_member, make_order, make_patient, make_regimen
from tests.regimens.every_action import refused, verbs_since, writes_that_fail

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)
NIGHT = system_actor("task")


def happened(by: Actor, patient: Patient, kind: str = "burning", at: Any = NOW, **more: Any) -> AdverseEvent:
    """An event since today on the face, mild, unless told."""
    values = {"kind": kind, "site": "face", "side": "", "severity": "mild", "onset_on": TODAY, "action_taken": "none"}
    return actions.record_adverse_event(by, patient, values | more, at=at)


def infected(by: Actor, patient: Patient, site: str = "face", **more: Any) -> Precaution:
    values = {"kind": "skin_infection", "state": "present", "site": site} | more
    return actions.record_precaution(by, patient, values, at=NOW)


def waiting(reason: str = "") -> list[str]:
    """The reasons of the open items, or the texts of those of a reason."""
    rows = WorkItem.objects.live().order_by("pk")
    return [row.text for row in rows.filter(reason=reason)] if reason else sorted(row.reason for row in rows)


@pytest.fixture
def treated(by: Actor, adult: Patient) -> Patient:
    """With tacrolimus on the face, and as a line of its own on the trunk."""
    make_regimen(
        adult, make_order("tacrolimus-0.1", "face"), make_order("tacrolimus-0.1", "trunk"), make_emollient(), by=by
    )
    return adult


@pytest.fixture
def lead(clinic: Clinic) -> Actor:
    """The medical lead of the clinic."""
    return actor_for(make_member(clinic, Role.DERMATOLOGIST, is_medical_lead=True), clinic)


# --- Recorded -----------------------------------------------------------------------------------------------------------


def test_an_event_is_recorded(by: Actor, treated: Patient) -> None:
    before, line = AuditEvent.objects.count(), treated.regimenlines.get(places__site="face")
    row = happened(by, treated, line=line, onset_on=TODAY - DAY, ended_on=TODAY, text="  for an hour ")
    row = AdverseEvent.objects.get(pk=row.pk)
    assert (row.patient, row.kind, row.site, row.severity, row.line) == (treated, "burning", "face", "mild", line)
    assert (row.onset_on, row.ended_on, row.text, row.infection) == (TODAY - DAY, TODAY, "for an hour", None)
    assert (row.recorded_at, row.recorded_by, row.action_taken) == (NOW, by.user, "none")
    assert verbs_since(before) == ["adverse event recorded"]
    assert waiting() == []
    assert queries.event_words(row) == "Burning or stinging, Face, mild (Tacrolimus 0.1 % ointment)"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "headache"}, "kind"),
        ({"severity": "awful"}, "severity"),
        ({"action_taken": ""}, "action_taken"),
        ({"site": "tail"}, "site"),
        ({"site": "face", "side": "left"}, "site"),
        ({"site": "hands", "side": "upper"}, "side"),
        ({"kind": "infection", "site": ""}, "site"),
        ({"kind": "herpes_simplex", "site": ""}, "site"),
        ({"kind": "eczema_herpeticum", "site": ""}, "site"),
        ({"kind": "other"}, "text"),
        ({"kind": "other", "text": "  "}, "text"),
        ({"text": "a" * 501}, "text"),
        ({"onset_on": None}, "onset_on"),
        ({"onset_on": TODAY + DAY}, "onset_on"),
        ({"onset_on": date(1980, 5, 3)}, "onset_on"),
        ({"ended_on": TODAY + DAY}, "ended_on"),
        ({"ended_on": TODAY - DAY}, "ended_on"),
    ],
)
def test_events_that_cannot_be(by: Actor, adult: Patient, more: dict[str, Any], field: str) -> None:
    with refused(ValidationError, field):
        happened(by, adult, **more)


@pytest.mark.parametrize(
    "more",
    [
        {"onset_on": date(1980, 5, 4)},
        {"ended_on": TODAY},
        {"site": ""},
        {"site": "hands", "side": "left"},
        {"kind": "other", "text": "hair"},
        {"kind": "folliculitis"},
    ],
)
def test_events_at_the_edge(by: Actor, adult: Patient, more: dict[str, Any]) -> None:
    assert happened(by, adult, **more).pk


def test_another_patients_line_is_not_suspected(by: Actor, treated: Patient, clinic: Clinic) -> None:
    with refused(ValidationError, "line"):
        happened(by, make_patient(clinic), line=treated.regimenlines.first())


# --- Infections ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["infection", "herpes_simplex", "eczema_herpeticum"])
def test_an_infection_opens_an_episode_and_raises_one_finding_for_the_line_there(
    by: Actor, treated: Patient, kind: str
) -> None:
    before = AuditEvent.objects.count()
    row = happened(by, treated, kind, onset_on=TODAY - 2 * DAY)
    opened = Precaution.objects.get()
    assert row.infection == opened
    assert (opened.kind, opened.state, opened.site, opened.side) == ("skin_infection", "present", "face", "")
    assert (opened.from_on, opened.until_on, opened.text) == (TODAY - 2 * DAY, None, EventKind(kind).label)
    items = WorkItem.objects.filter(reason="finding")
    assert [item.subject.split(":")[1] for item in items] == ["infection-tci"]
    face = treated.regimenlines.get(places__site="face")
    assert items.get().subject.startswith(f"{face.public_id}:")
    raised = ["work item raised"] * (2 if kind == "eczema_herpeticum" else 1)
    assert verbs_since(before) == ["precaution recorded", *raised, "adverse event recorded"]
    for days in (0, 1, 20):
        actions.check_again(NIGHT, treated, at=NOW + days * DAY)
    assert items.count() == 1


@pytest.mark.parametrize("kind", sorted(set(EventKind.values) - {"infection", "herpes_simplex", "eczema_herpeticum"}))
def test_other_kinds_open_none(by: Actor, treated: Patient, kind: str) -> None:
    assert happened(by, treated, kind, text="x").infection is None
    assert not Precaution.objects.exists()
    assert waiting() == []


@pytest.mark.parametrize(
    ("known", "site", "is_cited"),
    [
        ({"site": "face"}, "face", True),
        ({"site": "face"}, "cheeks:left", True),  # the face holds the cheeks
        ({"site": "whole_body"}, "hands:left", True),
        ({"site": "cheeks", "side": "left"}, "face", True),
        ({"site": "cheeks", "side": "left"}, "cheeks:right", False),
        ({"site": "hands", "side": "both"}, "palms:right", True),
        ({"site": "hands", "side": "left"}, "palms:right", False),
        ({"site": "trunk"}, "face", False),
        ({"site": "face", "until_on": TODAY}, "face", True),  # its last day
        ({"site": "face", "until_on": TODAY - DAY}, "face", False),  # over, and the event goes on
        ({"site": "face", "from_on": TODAY}, "face", True),
        ({"site": "", "state": "absent"}, "face", False),
    ],
)
def test_the_open_infection_there_is_cited(
    by: Actor, adult: Patient, known: dict[str, Any], site: str, is_cited: bool
) -> None:
    before = infected(by, adult, **known)
    code, _colon, side = site.partition(":")
    row = happened(by, adult, "infection", site=code, side=side, onset_on=TODAY - 3 * DAY)
    assert (row.infection == before) is is_cited
    assert Precaution.objects.count() == (1 if is_cited else 2)
    assert row.infection.site == (before.site if is_cited else code)


@pytest.mark.parametrize(
    ("from_on", "until_on", "is_cited"),
    [
        (None, None, True),
        (TODAY - 21 * DAY, None, False),  # it began after the event had ended
        (TODAY - 22 * DAY, None, True),
        (None, TODAY - 30 * DAY, True),  # its last day is the first of the event
        (None, TODAY - 31 * DAY, False),
    ],
)
def test_an_event_that_is_over_cites_an_infection_of_its_time(
    by: Actor, adult: Patient, from_on: date | None, until_on: date | None, is_cited: bool
) -> None:
    before = infected(by, adult, from_on=from_on, until_on=until_on)
    row = happened(by, adult, "infection", onset_on=TODAY - 30 * DAY, ended_on=TODAY - 22 * DAY)
    assert (row.infection == before) is is_cited
    if not is_cited:
        assert (row.infection.from_on, row.infection.until_on) == (TODAY - 30 * DAY, TODAY - 22 * DAY)


def test_an_infection_that_is_over_does_not_wait(by: Actor, treated: Patient) -> None:
    happened(by, treated, "infection", onset_on=TODAY - 9 * DAY, ended_on=TODAY - DAY)
    assert Precaution.objects.get().until_on == TODAY - DAY
    assert waiting() == []


def test_a_second_event_of_the_same_infection_raises_nothing_more(by: Actor, treated: Patient) -> None:
    first = happened(by, treated, "infection")
    second = happened(by, treated, "herpes_simplex", site="cheeks")
    assert (first.infection, waiting()) == (second.infection, ["finding"])


def test_another_patients_infection_is_not_cited(by: Actor, adult: Patient, clinic: Clinic) -> None:
    infected(by, make_patient(clinic))
    assert happened(by, adult, "infection").infection.patient == adult


# --- Red flags ----------------------------------------------------------------------------------------------------------

RED = {("eczema_herpeticum", "mild"), ("eczema_herpeticum", "moderate"), ("eczema_herpeticum", "severe")} | {
    (kind, "severe") for kind in ("infection", "herpes_simplex", "conjunctivitis")
}


@pytest.mark.parametrize("severity", ["mild", "moderate", "severe"])
@pytest.mark.parametrize("kind", EventKind.values)
def test_a_red_flag_waits_at_once_and_only_once(by: Actor, adult: Patient, kind: str, severity: str) -> None:
    row = happened(by, adult, kind, severity=severity, text="x")
    assert row.is_red_flag is ((kind, severity) in RED)
    assert waiting() == (["red_flag"] if row.is_red_flag else [])
    for days in (0, 1, 30):
        actions.check_again(NIGHT, adult, at=NOW + days * DAY)
    assert WorkItem.objects.filter(reason="red_flag").count() == row.is_red_flag


def test_a_red_flag_that_was_closed_does_not_come_back_unless_it_is_new(by: Actor, adult: Patient) -> None:
    row = happened(by, adult, "eczema_herpeticum")
    item = WorkItem.objects.get()
    assert item.text == "Eczema herpeticum, Face, mild since 20-Nov-2026. Look at once."
    actions.close_item(by, item, outcome="handled", note="seen today", version=1, at=NOW)
    actions.amend_adverse_event(by, row, {"ended_on": TODAY + DAY, "action_taken": "treated"}, at=NOW + DAY)
    actions.check_again(NIGHT, adult, at=NOW + 2 * DAY)
    assert (waiting(), WorkItem.objects.count()) == ([], 1)
    happened(by, adult, "eczema_herpeticum", at=NOW + 3 * DAY, onset_on=TODAY + 3 * DAY)
    assert waiting() == ["red_flag"]


def test_a_red_flag_waits_also_after_its_end(by: Actor, adult: Patient) -> None:
    happened(by, adult, "eczema_herpeticum", onset_on=TODAY - 9 * DAY, ended_on=TODAY - DAY)
    assert waiting() == ["red_flag"]


def test_what_gets_severe_becomes_one_and_what_was_not_so_bad_goes(by: Actor, adult: Patient) -> None:
    row = happened(by, adult, "conjunctivitis")
    row = actions.amend_adverse_event(by, row, {"severity": "severe"}, at=NOW)
    assert waiting() == ["red_flag"]
    actions.amend_adverse_event(by, row, {"severity": "mild"}, at=NOW)
    assert waiting() == []
    assert WorkItem.objects.get().outcome == "gone"


# --- Burning that goes on -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "number"), [(6, 0), (7, 0), (8, 1), (30, 1)])
def test_burning_waits_when_it_lasts_longer_than_seven_days(by: Actor, adult: Patient, days: int, number: int) -> None:
    happened(by, adult, onset_on=TODAY - days * DAY)
    text = f"Burning or stinging, Face, mild goes on since {TODAY - days * DAY:%d-%b-%Y}: longer than 7 days."
    assert waiting("adverse_event") == [text] * number


def test_the_night_finds_it_on_the_eighth_day_of_the_clinic(by: Actor, adult: Patient) -> None:
    happened(by, adult)
    last = NOW.replace(hour=22, minute=59) + 7 * DAY  # 23:59 in Berlin
    for at, number in ((last, 0), (last + timedelta(minutes=1), 1), (last + 5 * DAY, 1)):
        actions.check_again(NIGHT, adult, at=at)
        assert WorkItem.objects.count() == number


def test_itching_and_others_do_not_wait(by: Actor, adult: Patient) -> None:
    for kind in ("itching", "alcohol_flush", "folliculitis", "rosacea_like"):
        happened(by, adult, kind, onset_on=TODAY - 60 * DAY)
    assert waiting() == []


@pytest.mark.parametrize(("number", "expected"), [(1, True), (3, True), (4, False), (60, False), (None, False)])
def test_with_the_clinics_own_number(
    by: Actor, lead: Actor, adult: Patient, clinic: Clinic, number: int | None, expected: bool
) -> None:
    happened(by, adult, onset_on=TODAY - 4 * DAY)
    LastCheck.objects.create(patient=adult, checked_on=TODAY, jurisdiction="EU")
    actions.change_dose_settings(lead, clinic, {"open_event_days": number}, version=1, at=NOW)
    actions.sweep(NIGHT, at=NOW)  # although everybody was checked today, and nothing is in use
    assert waiting() == (["adverse_event"] if expected else [])
    assert all(f"longer than {number or 7} days" in text for text in waiting("adverse_event"))


def test_when_it_ends_the_item_goes_and_when_it_was_withdrawn_too(by: Actor, adult: Patient) -> None:
    one, other = (happened(by, adult, onset_on=TODAY - 9 * DAY, site=site) for site in ("face", "neck"))
    assert waiting() == ["adverse_event"] * 2
    actions.amend_adverse_event(by, one, {"ended_on": TODAY}, at=NOW)
    assert len(waiting("adverse_event")) == 1
    actions.withdraw_adverse_event(by, other, reason="the wrong patient", at=NOW)
    assert waiting() == []
    assert set(WorkItem.objects.values_list("outcome", flat=True)) == {"gone"}


def test_any_number_of_events_is_one_query_more(by: Actor, adult: Patient, django_assert_num_queries: Any) -> None:
    for number in (1, 4):
        for event in range(number):
            happened(by, adult, onset_on=TODAY - 9 * DAY, text=f"{number}, {event}")
        with django_assert_num_queries(2):  # the events, and the clinic's number
            queries.events_waiting(adult, on=TODAY)


# --- Written anew and taken back ----------------------------------------------------------------------------------------


def test_what_is_learned_later_is_a_new_row_of_the_episode(by: Actor, nurse: User, adult: Patient) -> None:
    first, before = happened(by, adult), AuditEvent.objects.count()
    who, later = actor_for(nurse, adult.clinic), NOW + 3 * DAY
    second = actions.amend_adverse_event(who, first, {"ended_on": TODAY + 2 * DAY, "action_taken": "advice"}, at=later)
    assert verbs_since(before) == ["adverse event amended"]
    assert (second.episode, second.replaces, second.recorded_by) == (first.episode, first, nurse)
    assert (second.kind, second.site, second.onset_on, second.ended_on) == ("burning", "face", TODAY, TODAY + 2 * DAY)
    first.refresh_from_db()
    assert (first.withdrawn_at, first.withdrawn_by, first.ended_on) == (later, nurse, None)
    assert queries.adverse_events(adult) == [second]
    with refused(ValidationError):
        actions.amend_adverse_event(by, first, {"severity": "severe"}, at=later)
    with refused(ValidationError, "ended_on"):
        actions.amend_adverse_event(by, second, {"ended_on": TODAY - DAY}, at=later)


def test_the_end_of_an_event_leaves_the_infection_it_opened(by: Actor, treated: Patient) -> None:
    row = happened(by, treated, "infection", onset_on=TODAY - DAY)
    again = actions.amend_adverse_event(by, row, {"ended_on": TODAY}, at=NOW)
    assert (again.infection, Precaution.objects.get().until_on) == (row.infection, None)
    assert waiting() == ["finding"]


def test_an_infection_in_another_place_than_was_written_is_known_there(by: Actor, treated: Patient) -> None:
    row = happened(by, treated, "infection", site="hands")
    assert waiting() == []
    again = actions.amend_adverse_event(by, row, {"site": "trunk"}, at=NOW)
    assert (again.infection.site, waiting()) == ("trunk", ["finding"])
    narrower = actions.amend_adverse_event(by, again, {"site": "chest"}, at=NOW)
    assert narrower.infection == again.infection


def test_what_was_no_infection_cites_none_and_what_was_one_does(by: Actor, adult: Patient) -> None:
    row = actions.amend_adverse_event(by, happened(by, adult, "infection"), {"kind": "folliculitis"}, at=NOW)
    assert row.infection is None
    again = actions.amend_adverse_event(by, row, {"kind": "herpes_simplex"}, at=NOW)
    assert again.infection == Precaution.objects.get()


def test_taken_back(by: Actor, adult: Patient) -> None:
    row, before = happened(by, adult, "infection"), AuditEvent.objects.count()
    for reason in ("", "  "):
        with refused(ValidationError, "reason"):
            actions.withdraw_adverse_event(by, row, reason=reason, at=NOW)
    actions.withdraw_adverse_event(by, row, reason=" the wrong patient ", at=NOW)
    assert verbs_since(before) == ["adverse event withdrawn"]
    row.refresh_from_db()
    assert (row.withdrawn_at, row.withdrawn_by, row.withdrawn_reason) == (NOW, by.user, "the wrong patient")
    assert queries.adverse_events(adult) == []
    assert Precaution.objects.live().count() == 1  # a fact of its own
    with refused(ValidationError):
        actions.withdraw_adverse_event(by, row, reason="again", at=NOW)
    with refused(ValidationError):
        actions.amend_adverse_event(by, row, {"severity": "severe"}, at=NOW)


def test_an_event_that_goes_on_again_is_known_to_the_rules(by: Actor, treated: Patient) -> None:
    row = happened(by, treated, "infection", onset_on=TODAY - 9 * DAY, ended_on=TODAY - DAY)
    assert waiting() == []
    again = actions.amend_adverse_event(by, row, {"ended_on": None}, at=NOW)
    assert (again.infection.until_on, again.infection == row.infection) == (None, False)
    assert waiting() == ["finding"]


def test_an_infection_taken_back_meanwhile_is_not_cited_any_more(by: Actor, treated: Patient) -> None:
    row = happened(by, treated, "infection")
    actions.withdraw(by, row.infection, reason="slip", at=NOW)
    assert waiting() == []
    again = actions.amend_adverse_event(by, row, {"action_taken": "treated"}, at=NOW)
    assert (again.infection == row.infection, again.infection.withdrawn_at, waiting()) == (False, None, ["finding"])


def test_an_infection_that_ended_meanwhile_is_not_cited_by_what_goes_on(by: Actor, treated: Patient) -> None:
    known = infected(by, treated, from_on=TODAY - 9 * DAY, until_on=TODAY)
    row = happened(by, treated, "infection")
    assert row.infection == known
    later = actions.amend_adverse_event(by, row, {"action_taken": "treated"}, at=NOW + DAY)
    assert (later.infection == known, later.infection.until_on) == (False, None)


def test_of_two_infections_the_one_that_was_cited_stays(by: Actor, treated: Patient) -> None:
    row = happened(by, treated, "infection", site="cheeks")
    infected(by, treated, from_on=TODAY)
    assert actions.amend_adverse_event(by, row, {"action_taken": "treated"}, at=NOW).infection == row.infection


# --- Red flags that become worse, and what was pressed twice ---------------------------------------------------------


def handle(by: Actor) -> None:
    """Close the one red flag that is open."""
    item = WorkItem.objects.live().get(reason="red_flag")
    actions.close_item(by, item, outcome="handled", note="seen today", version=item.version, at=NOW)


@pytest.mark.parametrize(
    ("kind", "severity", "worse"),
    [
        ("eczema_herpeticum", "mild", {"severity": "severe"}),
        ("eczema_herpeticum", "moderate", {"severity": "severe"}),
        ("herpes_simplex", "severe", {"kind": "eczema_herpeticum"}),
        ("infection", "severe", {"kind": "eczema_herpeticum", "severity": "mild"}),
    ],
)
def test_what_becomes_worse_after_it_was_handled_is_new(
    by: Actor, adult: Patient, kind: str, severity: str, worse: dict[str, str]
) -> None:
    row = happened(by, adult, kind, severity=severity)
    handle(by)
    actions.amend_adverse_event(by, row, worse, at=NOW + DAY)
    assert waiting() == ["red_flag"]


def test_what_becomes_better_after_it_was_handled_is_not_new_and_a_relapse_is(by: Actor, adult: Patient) -> None:
    row = happened(by, adult, "eczema_herpeticum", severity="severe")
    handle(by)
    for severity, number in (("moderate", 0), ("mild", 0), ("severe", 1)):
        row = actions.amend_adverse_event(by, row, {"severity": severity}, at=NOW + DAY)
        assert len(waiting("red_flag")) == number


def test_an_open_item_says_how_the_event_stands(by: Actor, adult: Patient) -> None:
    row = happened(by, adult, "eczema_herpeticum")
    item = WorkItem.objects.get()
    row = actions.amend_adverse_event(by, row, {"site": "neck", "severity": "moderate"}, at=NOW)
    assert waiting("red_flag") == ["Eczema herpeticum, Neck, moderate since 20-Nov-2026. Look at once."]
    with refused(Stale):
        actions.close_item(by, item, outcome="handled", note="seen today", version=1, at=NOW)
    actions.amend_adverse_event(by, row, {"severity": "severe"}, at=NOW)
    assert waiting("red_flag") == ["Eczema herpeticum, Neck, severe since 20-Nov-2026. Look at once."]


def test_writing_on_leaves_an_open_red_flag_open(by: Actor, treated: Patient) -> None:
    row = happened(by, treated, "eczema_herpeticum")
    actions.amend_adverse_event(by, row, {"site": "trunk"}, at=NOW + DAY)  # opens an infection there
    item = WorkItem.objects.get(reason="red_flag")
    assert (item.closed_at, item.raised_at) == (None, NOW)


@pytest.mark.parametrize(
    ("seconds", "more", "number"),
    [
        (0, {}, 1),
        (59, {}, 1),
        (60, {}, 2),
        (1, {"severity": "moderate"}, 2),
        (1, {"text": " So "}, 1),
        (1, {"text": "No"}, 2),
    ],
)
def test_the_same_twice_is_one_event(by: Actor, adult: Patient, seconds: int, more: dict[str, Any], number: int) -> None:
    first = happened(by, adult, "eczema_herpeticum", text="So")
    second = happened(by, adult, "eczema_herpeticum", **{"text": "So"} | more, at=NOW + timedelta(seconds=seconds))
    assert (second == first) is (number == 1)
    assert AdverseEvent.objects.count() == WorkItem.objects.filter(reason="red_flag").count() == number


def test_the_same_by_somebody_else_or_after_it_was_taken_back_is_another(by: Actor, nurse: User, adult: Patient) -> None:
    first, other = happened(by, adult), happened(actor_for(nurse, adult.clinic), adult)
    assert first != other
    actions.withdraw_adverse_event(by, first, reason="slip", at=NOW)
    assert happened(by, adult) not in (first, other)


# --- Texts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\u0000", "\ufeff"])
def test_a_text_with_signs_nobody_sees_is_refused(
    by: Actor, lead: Actor, adult: Patient, clinic: Clinic, sign: str
) -> None:
    row = happened(by, adult)
    with refused(ValidationError, "text"):
        happened(by, adult, text=f"After{sign} a bath")
    with refused(ValidationError, "reason"):
        actions.withdraw_adverse_event(by, row, reason=f"The wrong{sign} patient", at=NOW)
    with refused(ValidationError, "red_words"):
        actions.change_dose_settings(lead, clinic, {"red_words": f"Call{sign} us"}, version=1, at=NOW)


def test_a_text_is_stored_as_it_was_checked(by: Actor, lead: Actor, adult: Patient, clinic: Clinic) -> None:
    typed, kept = " Two\tlines:\r\nthis\u2028and\x1cthat \n", "Two lines:\nthis\nand\nthat"
    assert happened(by, adult, text=typed).text == kept
    actions.change_dose_settings(lead, clinic, {"red_words": typed}, version=1, at=NOW)
    assert queries.dose_settings(clinic).red_words == kept


# --- Who ----------------------------------------------------------------------------------------------------------------

DOES: dict[str, Callable[[Actor, AdverseEvent], Any]] = {
    "record": lambda by, row: happened(by, row.patient, "infection", severity="severe"),
    "amend": lambda by, row: actions.amend_adverse_event(by, row, {"severity": "severe"}, at=NOW),
    "withdraw": lambda by, row: actions.withdraw_adverse_event(by, row, reason="wrong", at=NOW),
}


@pytest.mark.parametrize("name", list(DOES))
def test_a_nurse_may_and_others_may_not(
    by: Actor, treated: Patient, clinic: Clinic, nurse: User, clinic_admin: User, outsider: User, name: str
) -> None:
    row = happened(by, treated)
    for who in (actor_for(clinic_admin, clinic), actor_for(outsider, clinic), NIGHT):
        with refused(NotAllowed):
            DOES[name](who, row)
    with refused(NotAllowed):
        DOES[name](actor_for(outsider, outsider.memberships.get().clinic), row)
    DOES[name](actor_for(nurse, clinic), row)


@pytest.mark.parametrize(("name", "writes"), [("record", 9), ("amend", 3), ("withdraw", 2)])
def test_all_or_nothing(by: Actor, treated: Patient, name: str, writes: int) -> None:
    row = happened(by, treated)
    assert writes_that_fail(lambda: DOES[name](by, row)) == writes


def test_of_a_closed_record_nothing_waits(by: Actor, adult: Patient) -> None:
    happened(by, adult, "eczema_herpeticum")
    adult.refresh_from_db()
    records.close_patient(by, adult, reason="moved", version=adult.version, at=NOW)
    actions.check_again(NIGHT, adult, at=NOW)
    assert waiting() == []


# --- The clinic's numbers and words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("window_days", 7, 182), ("least_records", 1, 60), ("low_percent", 1, 100), ("open_event_days", 1, 60)],
)
def test_numbers_of_the_clinic_have_a_range(lead: Actor, clinic: Clinic, name: str, low: int, high: int) -> None:
    for version, value in enumerate((low, high, None), start=1):
        actions.change_dose_settings(lead, clinic, {name: value}, version=version, at=NOW)
        assert getattr(queries.dose_settings(clinic), name) == (value or getattr(queries.Settings(), name))
    for value in (low - 1, high + 1, -1):
        with refused(ValidationError, name):
            actions.change_dose_settings(lead, clinic, {name: value}, version=4, at=NOW)


@pytest.mark.parametrize(
    ("name", "most"),
    [("late_words", 600), ("green_words", 600), ("yellow_words", 600), ("red_words", 600), ("call_words", 200)],
)
def test_words_of_the_clinic_have_a_length(lead: Actor, clinic: Clinic, name: str, most: int) -> None:
    actions.change_dose_settings(lead, clinic, {name: "a" * most}, version=1, at=NOW)
    assert getattr(queries.dose_settings(clinic), name) == "a" * most
    with refused(ValidationError, name):
        actions.change_dose_settings(lead, clinic, {name: "a" * (most + 1)}, version=2, at=NOW)


def test_settings_are_changed_by_the_medical_lead_once_a_version(
    by: Actor, lead: Actor, clinic: Clinic, clinic_admin: User, outsider: User
) -> None:
    assert queries.dose_settings(clinic) == (28, 6, 70, 7, "", "", "", "", "")
    before = AuditEvent.objects.count()
    actions.change_dose_settings(lead, clinic, {"low_percent": 80, "red_words": "Call us."}, version=1, at=NOW)
    assert verbs_since(before) == ["dose settings changed"]
    assert AuditEvent.objects.latest("pk").fields == "low_percent,red_words"
    with refused(Stale) as caught:
        actions.change_dose_settings(lead, clinic, {"low_percent": 90}, version=1, at=NOW)
    assert (caught.value.current.low_percent, caught.value.current.version) == (80, 2)
    actions.change_dose_settings(lead, clinic, {"low_percent": 80}, version=2, at=NOW)  # the same: nothing
    assert (DoseSettings.objects.get().version, AuditEvent.objects.count()) == (2, before + 1)
    for who in (by, actor_for(clinic_admin, clinic), actor_for(outsider, clinic)):
        with refused(NotAllowed):
            actions.change_dose_settings(who, clinic, {"low_percent": 90}, version=2, at=NOW)
    assert queries.dose_settings(outsider.memberships.get().clinic).low_percent == 70
