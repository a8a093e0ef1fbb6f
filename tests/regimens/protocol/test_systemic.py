"""Methotrexate once weekly, antihistamines, what labels ask to look at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from regimens.protocol.base import Level
from regimens.protocol.facts import Answer, Choice, Family, LabelFact, Phase
from tests.regimens.protocol.build import PRODUCTS, answers, case, found, having, line, person

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
