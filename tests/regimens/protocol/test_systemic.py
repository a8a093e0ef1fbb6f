"""Methotrexate once weekly, antihistamines, what labels ask to look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from regimens.protocol.base import Level
from regimens.protocol.check import check
from regimens.protocol.facts import Answer, Choice, Family, LabelFact, Line, Phase
from tests.regimens.protocol.build import ON, PRODUCTS, answers, case, found, having, line, person

NO_LABEL = "No label of this jurisdiction is on file: the strictest known is used."
WEEKLY, INTERVAL = "methotrexate-weekly", "methotrexate-interval"

# --- Methotrexate -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "rule"),
    [
        ({"phase": Phase.INDUCTION, "per_day": 1}, WEEKLY),
        ({"phase": Phase.INDUCTION, "per_day": None}, WEEKLY),  # daily use, how often not known
        ({"phase": Phase.COURSE, "per_day": 1, "course_days": 1}, WEEKLY),
        ({"phase": Phase.AS_NEEDED}, WEEKLY),
        ({"phase": Phase.INTERVAL, "every_days": 1}, WEEKLY),
        ({"phase": Phase.INTERVAL, "every_days": 6}, WEEKLY),
        ({"phase": Phase.INTERVAL, "every_days": 7}, None),
        ({"phase": Phase.INTERVAL, "every_days": 7, "per_day": 1}, WEEKLY),  # "times a day" makes it daily
        ({"phase": Phase.INTERVAL, "every_days": 8}, INTERVAL),
        ({"phase": Phase.INTERVAL, "every_days": 14}, INTERVAL),
        ({"phase": Phase.INTERVAL, "every_days": 7, "second_after_days": 1}, WEEKLY),  # today and tomorrow
        ({"phase": Phase.INTERVAL, "every_days": 7, "second_after_days": 6}, WEEKLY),
        ({"phase": Phase.INTERVAL, "every_days": 7, "second_after_days": 7}, None),
        ({"phase": Phase.INTERVAL, "every_days": 7, "second_after_days": 8}, INTERVAL),
        ({"phase": Phase.INTERVAL, "every_days": 14, "second_after_days": 6}, WEEKLY),
        ({"phase": Phase.INTERVAL, "every_days": 14, "second_after_days": 7}, INTERVAL),
        ({"phase": Phase.INTERVAL, "every_days": 6, "second_after_days": 14}, WEEKLY),
        ({"phase": Phase.INTERVAL, "every_days": None, "second_after_days": 6}, WEEKLY),
        ({"phase": Phase.MAINTENANCE, "weekdays": frozenset({0})}, None),  # once a week, on Mondays
        ({"phase": Phase.MAINTENANCE, "weekdays": frozenset({0, 3})}, WEEKLY),
        ({"phase": Phase.MAINTENANCE, "weekdays": frozenset(range(7))}, WEEKLY),
        ({"phase": Phase.HOLD, "every_days": 1}, None),
    ],
)
@pytest.mark.parametrize("where", ["EU", "UK", "US", "other"])
def test_methotrexate_is_once_weekly(plan: dict[str, Any], rule: str | None, where: str) -> None:
    lowered = {WEEKLY: Choice(level=1), INTERVAL: Choice(level=1)}
    for choices, warned in (({}, Level.WARN), (lowered, Level.INFORM)):
        told, unchecked = answers(case(where=where, choices=choices), line("methotrexate", **plan))
        assert {WEEKLY, INTERVAL} & set(told) == ({rule} if rule else set())
        assert not {WEEKLY, INTERVAL} & set(unchecked)
        if rule:
            assert told[rule].level == (Level.STOP if rule == WEEKLY else warned)  # the stop cannot be lowered
            assert "guidelinecentral.com" in told[rule].cited[0].name


@pytest.mark.parametrize(
    ("second", "rule", "words"),
    [
        (1, WEEKLY, "every 7 days, the second dose after 1 day"),
        (8, INTERVAL, "every 7 days, the second dose after 8 days"),
    ],
)
def test_methotrexate_names_the_second_dose(second: int, rule: str, words: str) -> None:
    ordered = line("methotrexate", phase=Phase.INTERVAL, every_days=7, second_after_days=second)
    finding = answers(case(), ordered)[0][rule]
    assert f"is planned {words};" in finding.text % finding.values
    assert finding.inputs[0].value == words


def weekly(*days: int, **more: Any) -> Line:
    return line("methotrexate", **({"phase": Phase.MAINTENANCE, "weekdays": frozenset(days), "key": "there"} | more))


def every(days: int, first: int = 0, **more: Any) -> Line:
    starts = ON + timedelta(days=first)
    return line(
        "methotrexate", **({"phase": Phase.INTERVAL, "every_days": days, "starts_on": starts, "key": "there"} | more)
    )


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (weekly(3), True),  # Monday and Thursday
        (weekly(1), True),
        (weekly(0), True),  # twice on one day is two doses a week
        (weekly(3, starts_on=ON - timedelta(days=90), until_on=ON), True),  # its last Thursday was yesterday
        (weekly(3, until_on=ON), False),  # begins today and ends before its first Thursday
        (every(7), True),  # Fridays
        (every(14), True),
        (every(7, 3), True),  # Mondays
        (every(28, 150), True),  # not before April: still in the same weeks
        (weekly(0, phase=Phase.HOLD), False),
        (weekly(0, is_elsewhere=True), True),
        (line("methotrexate", per_day=1, key="there"), True),
        (line("methotrexate", phase=Phase.AS_NEEDED, key="there"), True),
        (
            weekly(0, starts_on=ON - timedelta(days=90), until_on=ON - timedelta(days=1)),
            False,
        ),  # its last Monday is a week before
    ],
)
def test_methotrexate_lines_count_together(there: Line, expected: bool) -> None:
    """Ordered on Friday 20 November 2026 for Mondays, the first on the 23rd."""
    told, unchecked = answers(case(None, there), weekly(0, key=""))
    assert (WEEKLY in told) is expected
    assert WEEKLY not in unchecked
    if expected:
        finding = told[WEEKLY]
        assert (finding.level, finding.others) == (Level.STOP, ("there",))
        assert "together more than one dose within 7 days" in finding.text


@pytest.mark.parametrize(("first", "expected"), [(5, True), (6, True), (7, False), (8, False)])
def test_methotrexate_back_to_back(first: int, expected: bool) -> None:
    """One dose today, and another line from a later day: as long as a week lies between them nothing is said."""
    today = every(7, until_on=ON + timedelta(days=1), key="")
    for one, two in ((today, every(7, first)), (every(7, first, key=""), replace(today, key="there"))):
        assert (WEEKLY in answers(case(None, two), one)[0]) is expected


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        (every(14), every(14, 7), False),  # every second week each: together once a week
        (every(14), every(14, 6), True),
        (every(28, second_after_days=14), every(28, 7), False),  # days 0, 14, 42, 70 and 7, 35, 63
        (every(28, second_after_days=14), every(28, 15), True),  # the second dose, a day before the other line
        (every(28), every(28, 15), False),  # which has no dose on day 14
        (every(14), every(21, 7), True),  # day 28 of both
        (every(8), every(16, 8), True),
    ],
)
def test_methotrexate_at_intervals_together(one: Line, two: Line, expected: bool) -> None:
    for ordered, there in ((one, two), (two, one)):
        assert (WEEKLY in answers(case(None, there), replace(ordered, key=""))[0]) is expected


def test_methotrexate_in_seven_weekly_lines_is_daily() -> None:
    lines = [weekly(day, key="") for day in range(7)]
    for answer in check(case(), lines):
        assert WEEKLY in [one.rule.id for one in answer.stops]
    spread = [every(7, day, until_on=ON + timedelta(days=day), key="") for day in range(7)]  # one dose each, day after day
    for answer in check(case(), spread):
        assert WEEKLY in [one.rule.id for one in answer.stops]


def test_methotrexate_beside_a_line_of_unknown_days_is_not_checked() -> None:
    told, unchecked = answers(case(None, every(7, every_days=None)), weekly(0, key=""))
    assert WEEKLY not in told
    assert unchecked[WEEKLY].missing == ("interval",)
    assert WEEKLY in answers(case(None, every(7, every_days=None), weekly(2)), weekly(0, key=""))[0]


def test_methotrexate_beside_another_drug_is_silent() -> None:
    beside = line("azathioprine", per_day=1), line("ciclosporin", per_day=2)
    assert not {WEEKLY, INTERVAL} & set(answers(case(None, *beside), weekly(0))[0])


@pytest.mark.parametrize("plan", [{"phase": Phase.INTERVAL}, {"phase": Phase.MAINTENANCE}])
def test_methotrexate_without_an_interval_is_not_checked(plan: dict[str, Any]) -> None:
    told, unchecked = answers(case(), line("methotrexate", **plan))
    assert not {WEEKLY, INTERVAL} & set(told)
    assert unchecked[WEEKLY].missing == ("interval",)


@pytest.mark.parametrize("key", [key for key in PRODUCTS if key != "methotrexate"])
def test_methotrexate_rules_are_silent_for_the_rest(key: str) -> None:
    for plan in ({"per_day": 1}, {"phase": Phase.INTERVAL, "every_days": 14}, {"phase": Phase.INTERVAL}):
        told, unchecked = answers(case(), line(key, **plan))
        assert not {WEEKLY, INTERVAL} & {*told, *unchecked}


# --- Antihistamines (C7) ----------------------------------------------------------------------------------------------

ORAL = ["cetirizine", "hydroxyzine"]


@pytest.mark.parametrize("key", PRODUCTS)
def test_antihistamine_notes_are_for_antihistamines(key: str) -> None:
    told, unchecked = answers(case(), line(key, "hands"))
    assert ("antihistamine-oral" in told) is (key in ORAL)
    assert ("antihistamine-topical" in told) is (key == "antihistamine-topical")
    assert "antihistamine-epilepsy" not in {*told, *unchecked}  # asked, absent


@pytest.mark.parametrize(("key", "said"), [("hydroxyzine", "Sedating."), ("cetirizine", "Non-sedating.")])
def test_oral_antihistamine_informs_with_what_is_not_verified(key: str, said: str) -> None:
    finding = answers(case(), line(key))[0]["antihistamine-oral"]
    assert finding.level == Level.INFORM
    assert f"{said} (not verified)" in finding.text % finding.values
    assert [source.name for source in finding.cited][2:] == ["general knowledge, no source opened"]
    assert [source.name[:3] for source in finding.cited][:2] == ["S0:", "S3:"]


@pytest.mark.parametrize("key", ORAL)
def test_epilepsy(key: str) -> None:
    told, unchecked = answers(case(having(found("epilepsy"))), line(key))
    finding = told["antihistamine-epilepsy"]
    assert (finding.level, "antihistamine-epilepsy" in unchecked) == (Level.WARN, False)
    assert [(one.what, one.value, one.by) for one in finding.inputs] == [("epilepsy", "present", "Nora Nurse")]
    assert [source.name[:3] for source in finding.cited] == ["S0:"]
    nobody = person(precautions=tuple(row for row in person().precautions if row.kind != "epilepsy"))
    for who in (nobody, having(found("epilepsy", Answer.NOT_ASKED))):
        told, unchecked = answers(case(who), line(key))
        assert "antihistamine-epilepsy" not in told
        assert unchecked["antihistamine-epilepsy"].missing == ("epilepsy",)


@pytest.mark.parametrize("key", [key for key in PRODUCTS if key not in ORAL])
def test_epilepsy_is_silent_for_the_rest(key: str) -> None:
    for who in (having(found("epilepsy")), person(precautions=())):
        told, unchecked = answers(case(who), line(key, "hands"))
        assert "antihistamine-epilepsy" not in {*told, *unchecked}


def test_topical_antihistamine_warns_and_says_for_whom() -> None:
    finding = answers(case(), line("antihistamine-topical", "hands"))[0]["antihistamine-topical"]
    assert finding.level == Level.WARN
    assert [source.name[:3] for source in finding.cited] == ["S3:", "AAD"]
    assert [source.speaks_for for source in finding.cited] == ["", "adults"]
    lowered = case(choices={"antihistamine-topical": Choice(level=1)})
    assert answers(lowered, line("antihistamine-topical", "hands"))[0]["antihistamine-topical"].level == Level.INFORM


# --- What labels ask to look at ---------------------------------------------------------------------------------------

LOOK = "systemic-look-at"
SYSTEMIC = {Family.BIOLOGIC, Family.JAK_ORAL, Family.IMMUNOSUPPRESSANT}


@pytest.mark.parametrize("where", ["EU", "UK", "US", "other"])
@pytest.mark.parametrize("key", PRODUCTS)
def test_one_note_for_every_systemic_product(key: str, where: str) -> None:
    told, unchecked = answers(case(where=where), line(key, "hands"))
    if PRODUCTS[key].family not in SYSTEMIC:
        assert LOOK not in {*told, *unchecked}
    elif key == "nemolizumab":  # the catalogue names nothing to look at
        assert LOOK not in told
        assert unchecked[LOOK].missing == ("label facts",)
    else:
        assert told[LOOK].level == Level.INFORM
        assert told[LOOK].missing
        assert LOOK not in unchecked
        names = [source.name for source in told[LOOK].cited]
        assert names
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("key", "said", "missing"),
    [
        ("ciclosporin", ["Kidney function at least twice", "Blood pressure, liver"], ["kidney function", "blood pressure"]),
        ("upadacitinib-15", ["Tuberculosis test", "blood count", "blood clots"], ["tuberculosis test", "blood count"]),
        ("upadacitinib-30", ["Not for: Active tuberculosis"], ["lipids"]),
        ("abrocitinib-100", ["blood count with platelets"], ["platelets", "tuberculosis test"]),
        ("baricitinib-4", ["Tuberculosis test"], ["smoking"]),
        (
            "dupilumab-300",
            ["New eye problems", "wording was not checked. (not verified)"],
            ["eye problems", "live vaccines"],
        ),
        ("tralokinumab", ["New eye problems", "wording was not checked. (not verified)"], ["eye problems"]),
        ("lebrikizumab", ["Watch for eye problems.", "No live vaccines."], ["live vaccines"]),
        ("azathioprine", ["TPMT (and NUDT15) before the start. (not verified)"], ["TPMT and NUDT15", "blood count"]),
        ("methotrexate", ["kidney function. (not verified)"], ["blood count", "liver values", "kidney function"]),
    ],
)
def test_what_is_said_to_look_at(key: str, said: list[str], missing: list[str]) -> None:
    finding = answers(case(), line(key))[0][LOOK]
    words = finding.text % finding.values
    assert all(one in words for one in said)
    assert set(missing) <= set(finding.missing)
    assert "so not checked: " + ", ".join(finding.missing) in words


@pytest.mark.parametrize(
    ("key", "where", "is_own"),
    [
        ("upadacitinib-15", "EU", True),
        ("upadacitinib-15", "UK", False),
        ("upadacitinib-15", "US", False),
        ("upadacitinib-15", "other", False),
        ("ciclosporin", "US", True),  # for every jurisdiction
        ("ciclosporin", "other", True),
    ],
)
def test_it_says_when_no_label_of_the_jurisdiction_is_on_file(key: str, where: str, is_own: bool) -> None:
    finding = answers(case(where=where), line(key))[0][LOOK]
    assert (NO_LABEL in finding.text) is not is_own


def test_the_label_of_the_jurisdiction_comes_before_those_of_others() -> None:
    ordered = line("upadacitinib-15")
    us = LabelFact("US", "warning", None, "A text of the US label.", "US label")
    ordered = replace(ordered, product=replace(ordered.product, facts=(*ordered.product.facts, us)))
    assert answers(case(where="US"), ordered)[0][LOOK].values["label"] == "A text of the US label."
    assert "A text of the US label." not in answers(case(where="EU"), ordered)[0][LOOK].values["label"]
    assert "A text of the US label." in answers(case(where="UK"), ordered)[0][LOOK].values["label"]


def test_look_at_rule_follows_the_clinic() -> None:
    of = case(choices={LOOK: Choice(level=2)})
    assert answers(of, line("ciclosporin"))[0][LOOK].level == Level.WARN
