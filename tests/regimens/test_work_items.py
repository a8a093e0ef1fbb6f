"""What waits: one item for each new finding, never a second one, closed by itself when its reason is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from clinics.access import Actor, system_actor
from clinics.errors import NotAllowed, Stale
from clinics.models import AuditEvent, Clinic, Role, User
from patients import actions as records
from patients.models import Allergy, Patient, Precaution
from regimens import actions
from regimens.actions import Reply
from regimens.errors import Unsafe
from regimens.models import Override, WorkItem, WorkReason
from tests.factories import NOW, actor_for, make_emollient, make_member, make_order, make_patient, make_regimen
from tests.regimens.every_action import begun, refused, verbs_since, writes_that_fail

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
KNOWN = Reply("known", "Seen weekly.")
NIGHT = system_actor("task")


@pytest.fixture
def lead(clinic: Clinic) -> Actor:
    """The medical lead of the clinic."""
    return actor_for(make_member(clinic, Role.DERMATOLOGIST, is_medical_lead=True), clinic)


def two_lines(by: Actor, patient: Patient, **more: Any) -> None:
    """Tacrolimus on the face and, as a line of its own, on the trunk; an emollient."""
    orders = [make_order("tacrolimus-0.1", "face"), make_order("tacrolimus-0.1", "trunk"), make_emollient()]
    make_regimen(patient, *orders, by=by, **more)


def infect(by: Actor, patient: Patient, site: str = "face", at: datetime = NOW, **more: Any) -> Precaution:
    values = {"kind": "skin_infection", "state": "present", "site": site} | more
    return actions.record_precaution(by, patient, values, at=at)


def rules_waiting() -> list[str]:
    """The rules of the open items."""
    return sorted(item.subject.split(":")[1] for item in WorkItem.objects.live())


# --- Raised once ------------------------------------------------------------------------------------------------------


def test_an_infection_on_the_face_raises_one_item_for_the_face_line_and_none_for_the_trunk(
    by: Actor, adult: Patient
) -> None:
    two_lines(by, adult)
    before = AuditEvent.objects.count()
    infect(by, adult)
    item = WorkItem.objects.get()
    face = adult.regimenlines.get(places__site="face")
    assert (item.patient, item.clinic, item.reason, item.raised_at) == (adult, adult.clinic, "finding", NOW)
    assert item.subject.split(":")[:2] == [str(face.public_id), "infection-tci"]
    assert item.text.startswith("Tacrolimus 0.1 % ointment: Caution: an infection is recorded")
    assert verbs_since(before) == ["precaution recorded", "work item raised"]
    event = AuditEvent.objects.latest("pk")
    assert (event.patient, event.clinic, event.object_id) == (adult.public_id, adult.clinic.public_id, item.public_id)


@pytest.mark.parametrize(("site", "waiting"), [("trunk", 1), ("back", 1), ("whole_body", 2), ("hands", 0), ("cheeks", 1)])
def test_an_infection_waits_where_it_shares_skin_with_a_line(by: Actor, adult: Patient, site: str, waiting: int) -> None:
    two_lines(by, adult)
    infect(by, adult, site)
    assert WorkItem.objects.count() == waiting


def test_face_and_trunk_on_one_line_is_one_item(by: Actor, adult: Patient) -> None:
    begun(by, adult)
    infect(by, adult, "whole_body")
    assert WorkItem.objects.count() == 1


def test_the_next_nights_raise_nothing_more(by: Actor, adult: Patient) -> None:
    two_lines(by, adult)
    infect(by, adult)
    before = AuditEvent.objects.count()
    for nights in (0, 1, 2, 30):
        assert actions.check_again(NIGHT, adult, at=NOW + nights * DAY) == []
    assert (WorkItem.objects.count(), verbs_since(before)) == (1, [])


def test_another_fact_does_not_raise_the_first_again(by: Actor, adult: Patient) -> None:
    two_lines(by, adult)
    infect(by, adult)
    actions.record_measurement(by, adult, kind="weight", value=Decimal(80), measured_on=TODAY, at=NOW)
    assert rules_waiting() == ["infection-tci"]


def test_what_is_only_for_information_does_not_wait(by: Actor, adult: Patient) -> None:
    make_regimen(adult, make_order("hydrocortisone-1"), by=by)
    infect(by, adult)
    assert not WorkItem.objects.exists()


def test_a_stop_waits_as_a_warning_does(by: Actor, adult: Patient) -> None:
    two_lines(by, adult)
    actions.record_precaution(by, adult, {"kind": "immunocompromise", "state": "present"}, at=NOW)
    assert rules_waiting() == ["immunocompromise", "immunocompromise"]


@pytest.mark.parametrize("code", ["tacrolimus", "nickel"])
def test_an_allergy_is_checked_on_saving(by: Actor, adult: Patient, code: str) -> None:
    two_lines(by, adult)
    actions.record_allergy(by, adult, kind="substance", code=code, at=NOW)
    assert rules_waiting() == (["allergy", "allergy"] if code == "tacrolimus" else [])


def test_a_weight_is_checked_on_saving(by: Actor, clinic: Clinic) -> None:
    """Upadacitinib from 12 years and 30 kg (EU): 30 kg is enough, 29.99 is not."""
    youth = make_patient(clinic, birth_date=date(2013, 1, 1))
    actions.record_measurement(by, youth, kind="weight", value=Decimal(30), measured_on=TODAY, at=NOW)
    order = make_order("upadacitinib-15", per_day=1, review_on=None)
    make_regimen(youth, order, by=by)
    assert not WorkItem.objects.exists()
    actions.record_measurement(by, youth, kind="weight", value=Decimal("29.99"), measured_on=TODAY, at=NOW)
    assert rules_waiting() == ["label-weight"]


@pytest.mark.parametrize(("born_on", "waiting"), [(date(2010, 11, 20), 0), (date(2010, 11, 21), 1)])
def test_a_corrected_birth_date_is_checked_on_saving(by: Actor, adult: Patient, born_on: date, waiting: int) -> None:
    """Tacrolimus 0.1 % from the sixteenth birthday."""
    make_regimen(adult, by=by)
    actions.update_patient(by, adult, {"birth_date": born_on}, version=adult.version, at=NOW)
    assert rules_waiting() == ["tacrolimus-0.1-age"] * waiting


def test_phototherapy_booked_is_checked_on_saving(by: Actor, adult: Patient) -> None:
    make_regimen(adult, make_order(until_on=TODAY + 9 * DAY), make_emollient(), by=by)
    after = {"kind": "phototherapy", "state": "present", "from_on": TODAY + 10 * DAY}
    actions.record_precaution(by, adult, after, at=NOW)
    assert rules_waiting() == []
    actions.record_precaution(by, adult, after | {"from_on": TODAY + 9 * DAY}, at=NOW)
    assert rules_waiting() == ["phototherapy-with-tci"]


# --- Closed by itself, and raised again -------------------------------------------------------------------------------


def test_a_withdrawn_fact_closes_its_item_as_gone(by: Actor, adult: Patient) -> None:
    two_lines(by, adult)
    row = infect(by, adult)
    before = AuditEvent.objects.count()
    actions.withdraw(by, row, reason="another patient", at=NOW + DAY)
    item = WorkItem.objects.get()
    assert (item.outcome, item.closed_at, item.closed_by, item.version) == ("gone", NOW + DAY, by.account, 2)
    assert item.ceased_at == NOW + DAY
    assert verbs_since(before)[-1] == "work item closed"


def test_an_allergy_withdrawn_closes_its_item(by: Actor, adult: Patient) -> None:
    make_regimen(adult, by=by)
    actions.record_allergy(by, adult, kind="substance", code="tacrolimus", at=NOW)
    actions.withdraw(by, Allergy.objects.get(), reason="error", at=NOW)
    assert list(WorkItem.objects.values_list("outcome", flat=True)) == ["gone"]


def test_a_stopped_line_has_nothing_waiting(by: Actor, adult: Patient) -> None:
    world = begun(by, adult)
    infect(by, adult)
    actions.stop(by, world.line, reason="infection", next_look_on=TODAY, version=1, at=NOW)
    assert list(WorkItem.objects.values_list("outcome", flat=True)) == ["gone"]


def test_an_infection_that_ends_closes_its_item_in_the_night(by: Actor, adult: Patient) -> None:
    two_lines(by, adult)
    infect(by, adult, from_on=TODAY, until_on=TODAY + 7 * DAY)
    actions.check_again(NIGHT, adult, at=NOW + 7 * DAY)
    assert WorkItem.objects.live().count() == 1
    before = AuditEvent.objects.count()
    actions.check_again(NIGHT, adult, at=NOW + 8 * DAY)
    item = WorkItem.objects.get()
    assert (item.outcome, item.closed_by) == ("gone", None)
    event = AuditEvent.objects.order_by("pk")[before:].get()
    assert (event.verb, event.actor, event.clinic) == ("work item closed", None, adult.clinic.public_id)


def test_the_same_fact_recorded_again_raises_again(by: Actor, adult: Patient) -> None:
    """Withdrawn by mistake and recorded again on the same day: the first item went by itself, nobody had looked at it."""
    two_lines(by, adult)
    actions.withdraw(by, infect(by, adult), reason="error", at=NOW)
    infect(by, adult)
    assert [item.outcome for item in WorkItem.objects.order_by("pk")] == ["gone", ""]


@pytest.mark.parametrize("outcome", ["handled", "not_needed"])
def test_what_somebody_closed_stays_closed_while_the_fact_is_the_same(by: Actor, adult: Patient, outcome: str) -> None:
    two_lines(by, adult)
    infect(by, adult)
    actions.close_item(by, WorkItem.objects.get(), outcome=outcome, note="seen", version=1, at=NOW)
    for nights in (0, 1, 2):
        actions.check_again(NIGHT, adult, at=NOW + nights * DAY)
    assert WorkItem.objects.count() == 1
    infect(by, adult, "forehead", at=NOW + 3 * DAY)
    assert WorkItem.objects.live().count() == 1


@pytest.mark.parametrize("outcome", ["handled", "not_needed"])
def test_what_somebody_closed_is_new_when_it_went_and_comes_again(by: Actor, adult: Patient, outcome: str) -> None:
    two_lines(by, adult)
    row = infect(by, adult)
    item = WorkItem.objects.get()
    actions.close_item(by, item, outcome=outcome, note="seen", version=1, at=NOW)
    item.refresh_from_db()
    assert item.ceased_at is None
    actions.withdraw(by, row, reason="error", at=NOW + HOUR)
    actions.check_again(NIGHT, adult, at=NOW + 2 * HOUR)
    item.refresh_from_db()
    assert (item.outcome, item.ceased_at, item.version) == (outcome, NOW + HOUR, 2)  # noted once, as it was first seen
    infect(by, adult, at=NOW + 3 * HOUR)
    again = WorkItem.objects.live().get()
    assert (again.subject, again.raised_at) == (item.subject, NOW + 3 * HOUR)  # of the same day: the same subject


def test_an_answered_warning_does_not_wait_until_the_fact_is_new(by: Actor, adult: Patient) -> None:
    infect(by, adult)
    two_lines(by, adult, replies={"infection-tci": KNOWN})
    assert Override.objects.count() == 1
    for nights in (0, 1, 40):
        actions.check_again(NIGHT, adult, at=NOW + nights * DAY)
    assert not WorkItem.objects.exists()
    infect(by, adult, "forehead", at=NOW + DAY)
    assert rules_waiting() == ["infection-tci"]


def test_an_answer_at_one_line_is_not_an_answer_at_another(by: Actor, adult: Patient) -> None:
    infect(by, adult)
    regimen = make_regimen(
        adult, make_order("tacrolimus-0.1", "cheeks:left"), make_emollient(), by=by, replies={"infection-tci": KNOWN}
    )
    with refused(Unsafe):
        actions.add_line(by, regimen, [make_order("tacrolimus-0.1", "cheeks:right")], at=NOW)


def test_an_answer_at_another_line_from_before_a_line_was_there_is_not_about_it(
    by: Actor, adult: Patient, lead: Actor
) -> None:
    """Three steroids of one class: the answer at the second was about the first, and nobody was asked at the third."""
    orders = [make_order(key, "trunk") for key in ("hydrocortisone-1", "clobetasone-butyrate-0.05")] + [make_emollient()]
    regimen = make_regimen(adult, *orders, by=by, replies={"two-of-one-class": KNOWN})
    choice = {"params": {}, "source": "own", "reason": "trial", "at": NOW}
    actions.choose_rule(lead, adult.clinic, "two-of-one-class", level=1, **choice)
    (third,) = actions.add_line(by, regimen, [make_order("betamethasone-valerate-0.1", "trunk")], at=NOW + HOUR)
    actions.check_again(NIGHT, adult, at=NOW + HOUR)
    assert not WorkItem.objects.exists()
    actions.choose_rule(lead, adult.clinic, "two-of-one-class", level=2, **choice)
    actions.check_again(NIGHT, adult, at=NOW + DAY)
    assert str(third.public_id) in {item.subject.split(":")[0] for item in WorkItem.objects.live()}


def test_a_pair_answered_at_the_second_line_does_not_wait_at_the_first(by: Actor, adult: Patient) -> None:
    regimen = make_regimen(adult, make_order("hydrocortisone-1"), make_emollient(), by=by)
    order = make_order("clobetasone-butyrate-0.05")
    with refused(Unsafe) as caught:
        actions.add_line(by, regimen, [order], at=NOW)
    assert caught.value.rules == {"two-of-one-class"}
    actions.add_line(by, regimen, [order], replies=dict.fromkeys(caught.value.unanswered, KNOWN), at=NOW)
    actions.check_again(NIGHT, adult, at=NOW + DAY)
    assert not WorkItem.objects.exists()


ANSWERED: list[tuple[str, list[dict[str, Any]], set[str]]] = [
    ("prednisolone-oral", [{"phase": "course", "per_day": 1, "course_days": 7}], {"oral-steroid-length"}),
    ("clobetasol-propionate-0.05", [{}], {"potent-steroid-on-thin-skin"}),
    ("ruxolitinib-1.5", [{}], {"topical-jak-off-label"}),
    (
        "antihistamine-topical",
        [{"phase": "as_needed", "per_day": None, "condition": "itch", "most_per_day": 2}],
        {"antihistamine-topical"},
    ),
    ("tacrolimus-0.1", [{"phase": "maintenance", "per_day": None, "weekdays": (0, 2, 4)}], {"maintenance-weekdays"}),
    ("methotrexate", [{"phase": "interval", "per_day": None, "every_days": 14}], {"methotrexate-interval"}),
]


@pytest.mark.parametrize(("key", "more", "rules"), ANSWERED)
def test_no_warning_answered_at_the_order_waits_afterwards(
    by: Actor, adult: Patient, key: str, more: list[dict[str, Any]], rules: set[str]
) -> None:
    """What a rule saw at the order it sees the night after: its fingerprint holds nothing that changes by itself."""
    order = replace(make_order(key), **more[0])
    with refused(Unsafe) as caught:
        make_regimen(adult, order, make_emollient(), by=by)
    assert caught.value.rules == rules
    make_regimen(adult, order, make_emollient(), by=by, replies=dict.fromkeys(rules, KNOWN))
    for days in (0, 1, 2, 5):
        assert actions.check_again(NIGHT, adult, at=NOW + days * DAY) == []


def test_a_birthday_alone_does_not_raise_an_answered_warning_again(by: Actor, clinic: Clinic) -> None:
    child = make_patient(clinic, birth_date=date(2019, 11, 21))
    make_regimen(child, by=by, replies={"tacrolimus-0.1-age": KNOWN})
    for days in (0, 1, 32):
        assert actions.check_again(NIGHT, child, at=NOW + days * DAY) == []


def test_of_a_closed_record_nothing_waits_and_reopened_it_does(by: Actor, adult: Patient) -> None:
    two_lines(by, adult)
    infect(by, adult)
    closed = records.close_patient(by, adult, reason="moved", version=adult.version, at=NOW)
    actions.check_again(NIGHT, adult, at=NOW + DAY)
    assert not WorkItem.objects.live().exists()
    records.reopen_patient(by, closed, version=closed.version, at=NOW + 2 * DAY)
    actions.check_again(NIGHT, adult, at=NOW + 2 * DAY)
    assert rules_waiting() == ["infection-tci"]


@pytest.mark.parametrize("on_another_day", [False, True])
def test_what_somebody_closed_does_not_come_again_with_a_record_that_is_reopened(
    by: Actor, adult: Patient, on_another_day: bool
) -> None:
    two_lines(by, adult)
    infect(by, adult)
    actions.close_item(by, WorkItem.objects.get(), outcome="handled", note="seen", version=1, at=NOW)
    closed = records.close_patient(by, adult, reason="moved", version=adult.version, at=NOW)
    actions.check_again(NIGHT, adult, at=NOW + HOUR)
    later = NOW + on_another_day * DAY
    actions.reopen_patient(by, closed, version=closed.version, at=later)
    assert WorkItem.objects.count() == 1


def test_what_was_recorded_while_the_record_was_closed_waits_when_it_is_opened_again(by: Actor, adult: Patient) -> None:
    two_lines(by, adult)
    closed = records.close_patient(by, adult, reason="moved", version=adult.version, at=NOW)
    infect(by, adult)
    assert not WorkItem.objects.exists()
    before = AuditEvent.objects.count()
    actions.reopen_patient(by, closed, version=closed.version, at=NOW)
    assert rules_waiting() == ["infection-tci"]
    assert verbs_since(before) == ["patient reopened", "work item raised"]


def test_a_fact_and_its_items_are_one_change(by: Actor, adult: Patient) -> None:
    two_lines(by, adult)
    assert writes_that_fail(lambda: infect(by, adult)) == 4  # the precaution, the item, and an audit row of each
    assert (Precaution.objects.count(), WorkItem.objects.count()) == (1, 1)


def test_items_of_one_patient_are_not_anothers(by: Actor, adult: Patient, clinic: Clinic) -> None:
    other = make_patient(clinic, birth_date=date(1980, 5, 4))
    two_lines(by, adult)
    two_lines(by, other)
    infect(by, adult)
    actions.check_again(NIGHT, other, at=NOW)
    assert [item.patient for item in WorkItem.objects.live()] == [adult]


@pytest.mark.parametrize(("days", "waiting"), [(9, 0), (10, 1), (11, 1)])
def test_a_hold_waits_from_the_day_somebody_wanted_to_look(by: Actor, adult: Patient, days: int, waiting: int) -> None:
    world = begun(by, adult)
    actions.hold(by, world.line, look_again_on=TODAY + 10 * DAY, reason="asked", version=1, at=NOW)
    for _night in range(2):
        actions.check_again(NIGHT, adult, at=NOW + days * DAY)
    assert WorkItem.objects.live().filter(reason=WorkReason.LOOK_AGAIN).count() == waiting
    actions.resume(by, world.line, version=2, at=NOW + days * DAY)
    assert not WorkItem.objects.live().exists()


# --- Closing and putting off by hand ----------------------------------------------------------------------------------


@pytest.fixture
def item(by: Actor, adult: Patient) -> WorkItem:
    two_lines(by, adult)
    infect(by, adult)
    return WorkItem.objects.get()


def test_a_nurse_closes_an_item(item: WorkItem, nurse: User, clinic: Clinic) -> None:
    before = AuditEvent.objects.count()
    actions.close_item(actor_for(nurse, clinic), item, outcome="handled", note=" called ", version=1, at=NOW + DAY)
    item.refresh_from_db()
    assert (item.outcome, item.note, item.closed_by, item.closed_at) == ("handled", "called", nurse, NOW + DAY)
    assert (item.version, verbs_since(before)) == (2, ["work item closed"])


def test_the_same_close_again_changes_nothing_and_another_is_stale(by: Actor, item: WorkItem) -> None:
    actions.close_item(by, item, outcome="handled", note="called", version=1, at=NOW)
    before = AuditEvent.objects.count()
    actions.close_item(by, item, outcome="handled", note=" called ", version=1, at=NOW + DAY)
    item.refresh_from_db()
    assert (item.outcome, item.closed_at, item.version, verbs_since(before)) == ("handled", NOW, 2, [])
    for other in ({"outcome": "not_needed", "note": "called"}, {"outcome": "handled", "note": "wrote"}):
        with refused(Stale):
            actions.close_item(by, item, **other, version=1, at=NOW + DAY)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("outcome", {"outcome": "", "note": "called"}),
        ("outcome", {"outcome": "gone", "note": "called"}),
        ("note", {"outcome": "not_needed", "note": ""}),
        ("note", {"outcome": "not_needed", "note": " "}),
        ("note", {"outcome": "handled", "note": ""}),
        ("note", {"outcome": "handled", "note": " ok "}),
        ("note", {"outcome": "handled", "note": "1, 2, 3: ok"}),
    ],
)
def test_closing_says_what_became_of_it(by: Actor, item: WorkItem, field: str, values: dict[str, Any]) -> None:
    with refused(ValidationError, field):
        actions.close_item(by, item, **values, version=1, at=NOW)


@pytest.mark.parametrize("outcome", ["handled", "not_needed"])
def test_three_letters_are_enough(by: Actor, item: WorkItem, outcome: str) -> None:
    actions.close_item(by, item, outcome=outcome, note="GP!s", version=1, at=NOW)
    item.refresh_from_db()
    assert (item.outcome, item.note) == (outcome, "GP!s")


def test_what_went_by_itself_is_not_closed_by_hand(by: Actor, item: WorkItem) -> None:
    """Whether somebody saw it before it went or after."""
    actions.withdraw(by, Precaution.objects.get(), reason="error", at=NOW)
    for version in (1, 2):
        with refused(Stale) as caught:
            actions.close_item(by, item, outcome="handled", note="called", version=version, at=NOW)
        assert (caught.value.current.outcome, caught.value.current.version) == ("gone", 2)


@pytest.mark.parametrize(("days", "is_fine"), [(-1, False), (0, False), (1, True), (90, True), (91, False)])
def test_an_item_is_put_off_for_ninety_days_at_the_most(by: Actor, item: WorkItem, days: int, is_fine: bool) -> None:
    values = {"until_on": TODAY + days * DAY, "why": " holidays ", "version": 1, "at": NOW}
    before = AuditEvent.objects.count()
    if not is_fine:
        with refused(ValidationError, "until_on"):
            actions.snooze_item(by, item, **values)
        return
    actions.snooze_item(by, item, **values)
    item.refresh_from_db()
    assert (item.snoozed_until_on, item.snooze_why, item.version) == (TODAY + days * DAY, "holidays", 2)
    assert verbs_since(before) == ["work item put off"]


def test_putting_off_says_why(by: Actor, item: WorkItem) -> None:
    with refused(ValidationError, "why"):
        actions.snooze_item(by, item, until_on=TODAY + DAY, why=" ", version=1, at=NOW)


def test_an_item_from_a_stale_page_stays(by: Actor, item: WorkItem) -> None:
    with refused(Stale):
        actions.close_item(by, item, outcome="handled", note="called", version=2, at=NOW)
    with refused(Stale):
        actions.snooze_item(by, item, until_on=TODAY + DAY, why="later", version=2, at=NOW)
    actions.close_item(by, item, outcome="handled", note="called", version=1, at=NOW)
    with refused(Stale):
        actions.snooze_item(by, item, until_on=TODAY + DAY, why="later", version=2, at=NOW)


def test_items_are_for_those_who_record_facts(
    item: WorkItem, clinic: Clinic, clinic_admin: User, outsider: User, other_clinic: Clinic
) -> None:
    for who in (actor_for(clinic_admin, clinic), actor_for(outsider, clinic), actor_for(outsider, other_clinic), NIGHT):
        with refused(NotAllowed):
            actions.close_item(who, item, outcome="handled", note="called", version=1, at=NOW)
        with refused(NotAllowed):
            actions.snooze_item(who, item, until_on=TODAY + DAY, why="later", version=1, at=NOW)


def test_closing_leaves_nothing_when_a_write_fails(by: Actor, item: WorkItem) -> None:
    closing = {"outcome": "handled", "note": "called", "version": 1, "at": NOW}
    assert writes_that_fail(lambda: actions.close_item(by, item, **closing)) == 2
