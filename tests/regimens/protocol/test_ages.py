"""Ages and weights of the labels, on both sides of every boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regimens.protocol.base import Finding, Level, Unchecked
from regimens.protocol.facts import Choice, Jurisdiction, LabelFact, Line, Measured, Person
from tests.regimens.protocol.build import EMOLLIENT, ON, PRODUCTS, answers, case, line, person

AGE_RULES = {
    "tacrolimus-0.1-age",
    "tacrolimus-under-2",
    "pimecrolimus-under-3-months",
    "pimecrolimus-age",
    "label-age",
    "label-age-above",
    "label-age-not-verified",
    "label-weight",
    "weight-old",
}


def born(day: date | None, kg: str | None = "70") -> Person:
    return person(born_on=day, weight=None if kg is None else Measured(Decimal(kg), date(2026, 11, 1), "Nora Nurse"))


def said(one: Finding) -> str:
    return one.text % one.values


def about_age(
    who: Person, checked: Line, where: str = "EU", on: date = ON
) -> tuple[dict[str, Finding], dict[str, Unchecked]]:
    """Findings and unchecked of this family only."""
    found, unchecked = answers(replace(case(who, where=where), on=on), checked)
    return (
        {key: one for key, one in found.items() if key in AGE_RULES},
        {key: one for key, one in unchecked.items() if key in AGE_RULES},
    )


def on(day: date, key: str, *sites: str) -> Line:
    return line(key, *(sites or ("trunk",)), starts_on=day, review_on=day + timedelta(days=42))


# --- C1, C2 -----------------------------------------------------------------------------------------------------------

# The age on 20 November 2026, and what is found for 0.1 % and for 0.03 %.
TACROLIMUS = [
    (date(2010, 11, 20), "16 years today", set(), set()),
    (date(2010, 11, 21), "16 years tomorrow", {"tacrolimus-0.1-age"}, set()),
    (date(2017, 3, 1), "9 years", {"tacrolimus-0.1-age"}, set()),
    (date(2024, 11, 20), "2 years today", {"tacrolimus-0.1-age"}, set()),
    (date(2024, 11, 21), "2 years tomorrow", {"tacrolimus-under-2"}, {"tacrolimus-under-2"}),
    (date(2026, 11, 20), "born today", {"tacrolimus-under-2"}, {"tacrolimus-under-2"}),
    (date(1986, 5, 4), "40 years", set(), set()),
]


@pytest.mark.parametrize("where", ["EU", "UK", "US", "other"])
@pytest.mark.parametrize(
    ("day", "why", "strong", "weak"), TACROLIMUS, ids=lambda value: str(value) if isinstance(value, str) else ""
)
def test_tacrolimus_by_age(day: date, why: str, strong: set[str], weak: set[str], where: str) -> None:
    found, unchecked = about_age(born(day), line("tacrolimus-0.1", "trunk"), where)
    assert set(found) == strong, why
    assert all(one.level == Level.WARN for one in found.values())
    assert not unchecked
    assert set(about_age(born(day), line("tacrolimus-0.03", "trunk"), where)[0]) == weak, why


@pytest.mark.parametrize(
    ("born_on", "day", "expected"),
    [
        (date(2024, 2, 29), date(2026, 2, 28), {"tacrolimus-under-2"}),
        (date(2024, 2, 29), date(2026, 3, 1), set()),  # turns 2 on 1 March
        (date(2008, 2, 29), date(2024, 2, 28), {"tacrolimus-0.1-age"}),
        (date(2008, 2, 29), date(2024, 2, 29), set()),  # 16 years later there is a 29 February
    ],
)
def test_born_on_29_february(born_on: date, day: date, expected: set[str]) -> None:
    key = "tacrolimus-0.03" if born_on.year == 2024 else "tacrolimus-0.1"
    assert set(about_age(born(born_on), on(day, key), on=day)[0]) == expected


def test_the_age_counts_on_the_day_the_line_starts() -> None:
    turns_16 = born(date(2010, 12, 1))
    assert set(about_age(turns_16, on(date(2026, 11, 30), "tacrolimus-0.1"))[0]) == {"tacrolimus-0.1-age"}
    assert not about_age(turns_16, on(date(2026, 12, 1), "tacrolimus-0.1"))[0]


def test_a_line_that_runs_is_looked_at_today() -> None:
    turned_16 = born(date(2010, 11, 20))
    assert not about_age(turned_16, on(date(2026, 5, 1), "tacrolimus-0.1"))[0]
    found, _ = about_age(born(date(2010, 11, 21)), on(date(2026, 5, 1), "tacrolimus-0.1"))
    (seen,) = found["tacrolimus-0.1-age"].inputs
    assert (seen.what, seen.value, seen.on) == ("age", "15 y 11 m", ON)


def test_the_warning_names_both_sides_of_the_contradiction() -> None:
    found, _ = about_age(born(date(2016, 11, 20)), line("tacrolimus-0.1", "trunk"))
    warning = found["tacrolimus-0.1-age"]
    assert "10 y 0 m" in said(warning)
    assert "16 years" in said(warning)
    assert "0.1 %" in said(warning)
    assert warning.rule.topic == "C1"
    names = [one.name for one in warning.cited]
    assert "EMA package leaflet EU/1/02/201/001" in names
    assert any(name.startswith("US label of Protopic") for name in names)
    assert any(name.startswith("S2:") for name in names)
    assert "No label of this jurisdiction" not in said(warning)


def test_where_no_label_of_the_jurisdiction_is_on_file_the_sentence_says_so() -> None:
    for where, is_missing in (("UK", True), ("other", True), ("EU", False), ("US", False)):
        found, _ = about_age(born(date(2016, 11, 20)), line("tacrolimus-0.1", "trunk"), where)
        assert ("No label of this jurisdiction" in said(found["tacrolimus-0.1-age"])) == is_missing, where


def test_a_clinic_can_set_other_ages_and_levels() -> None:
    child, checked = born(date(2014, 11, 20)), line("tacrolimus-0.1", "trunk")  # 12 years
    from_12 = case(child, choices={"tacrolimus-0.1-age": Choice(params={"min_age_months": 144})})
    assert "tacrolimus-0.1-age" not in answers(from_12, checked)[0]
    stopped = case(child, choices={"tacrolimus-0.1-age": Choice(level=3)})
    assert answers(stopped, checked)[0]["tacrolimus-0.1-age"].level == Level.STOP


def test_with_an_earlier_age_for_every_strength_the_two_rules_still_share_no_age() -> None:
    choices = {"tacrolimus-under-2": Choice(params={"min_age_months": 12})}
    for born_on, expected in ((date(2025, 11, 21), "tacrolimus-under-2"), (date(2025, 11, 20), "tacrolimus-0.1-age")):
        found, _ = answers(case(born(born_on), choices=choices), line("tacrolimus-0.1", "trunk"))
        assert AGE_RULES & set(found) == {expected}


@given(days=st.integers(min_value=0, max_value=366 * 20))
def test_one_order_is_reported_once_and_by_the_birthday(days: int) -> None:
    born_on = ON - timedelta(days=days)
    years = ON.year - born_on.year - ((born_on.month, born_on.day) > (11, 20))
    found, _ = about_age(born(born_on), line("tacrolimus-0.1", "trunk"))
    expected = {"tacrolimus-under-2"} if years < 2 else {"tacrolimus-0.1-age"} if years < 16 else set()
    assert set(found) == expected


@pytest.mark.parametrize("key", ["tacrolimus-0.03", "tacrolimus-0.1", "pimecrolimus-1", "crisaborole-2", "upadacitinib-30"])
@pytest.mark.parametrize("born_on", [None, ON + timedelta(days=1)], ids=["unknown", "after today"])
def test_an_unknown_birth_date_is_not_passed(key: str, born_on: date | None) -> None:
    found, unchecked = about_age(born(born_on), line(key, "trunk"))
    assert not found
    assert unchecked
    assert all("birth date" in one.missing for one in unchecked.values())
    if key.startswith(("tacro", "pime", "crisa")):
        assert len(unchecked) == 1, "one order is said once"


@pytest.mark.parametrize("key", ["emollient", "hydrocortisone-1", "cetirizine", "wet-wrap", "methotrexate"])
def test_where_no_label_names_an_age_it_is_not_needed(key: str) -> None:
    found, unchecked = about_age(born(None, kg=None), line(key, "trunk"))
    assert not found
    assert not unchecked


# --- C3 ---------------------------------------------------------------------------------------------------------------

INFANT, CHILD = {"pimecrolimus-under-3-months"}, {"pimecrolimus-age"}


@pytest.mark.parametrize(
    ("born_on", "eu_uk", "us_other"),
    [
        (date(2026, 8, 21), INFANT, INFANT),  # 3 months tomorrow
        (date(2026, 8, 20), set(), CHILD),  # 3 months today
        (date(2024, 11, 21), set(), CHILD),  # 2 years tomorrow
        (date(2024, 11, 20), set(), set()),
        (date(2026, 11, 20), INFANT, INFANT),
    ],
)
def test_pimecrolimus_by_jurisdiction(born_on: date, eu_uk: set[str], us_other: set[str]) -> None:
    for where, expected in (("EU", eu_uk), ("UK", eu_uk), ("US", us_other), ("other", us_other)):
        found, _ = about_age(born(born_on), line("pimecrolimus-1", "trunk"), where)
        assert set(found) == expected, where
        for one in found.values():
            assert one.level == (Level.STOP if expected == INFANT else Level.WARN)


def test_three_months_after_the_end_of_november_count_from_the_day_of_the_month() -> None:
    who = born(date(2025, 11, 29))  # 28 February is one day short
    for day, expected in ((date(2026, 2, 28), INFANT), (date(2026, 3, 1), set())):
        assert set(about_age(who, on(day, "pimecrolimus-1"), on=day)[0]) == expected


def test_the_stop_under_3_months_cannot_be_lowered() -> None:
    newborn = born(date(2026, 11, 1))
    choices = {"pimecrolimus-under-3-months": Choice(level=1, params={"min_age_months": 0})}
    found, _ = answers(case(newborn, choices=choices), line("pimecrolimus-1", "trunk"))
    assert found["pimecrolimus-under-3-months"].level == Level.STOP
    assert not found["pimecrolimus-under-3-months"].rule.is_lowerable


def test_the_warning_of_pimecrolimus_cites_every_label() -> None:
    found, _ = about_age(born(date(2025, 11, 20)), line("pimecrolimus-1", "trunk"), "US")
    names = [one.name for one in found["pimecrolimus-age"].cited]
    assert names[0] == "US label of Elidel (elidel-us.com)"
    assert any("Poland" in name for name in names)
    assert any(name.startswith("UK SmPC of Elidel") for name in names)
    assert "No label of this jurisdiction" not in said(found["pimecrolimus-age"])
    elsewhere, _ = about_age(born(date(2025, 11, 20)), line("pimecrolimus-1", "trunk"), "other")
    assert "No label of this jurisdiction" in said(elsewhere["pimecrolimus-age"])


# --- Other labels -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "where", "years", "months"),
    [
        ("crisaborole-2", "US", 0, 3),
        ("crisaborole-2", "EU", 0, 3),  # only the US label is on file
        ("ruxolitinib-1.5", "US", 2, 0),
        ("roflumilast-0.15", "US", 6, 0),
        ("tapinarof-1", "US", 2, 0),
        ("dupilumab-200", "EU", 0, 6),
        ("tralokinumab", "EU", 12, 0),
        ("tralokinumab", "US", 12, 0),
        ("lebrikizumab", "EU", 12, 0),
        ("nemolizumab", "UK", 12, 0),
        ("upadacitinib-15", "EU", 12, 0),
        ("upadacitinib-30", "EU", 18, 0),
        ("abrocitinib-100", "EU", 18, 0),  # the extension to 12 years was not verified
        ("baricitinib-2", "EU", 2, 0),
    ],
)
def test_the_least_age_of_a_label(key: str, where: str, years: int, months: int) -> None:
    month = 11 - months
    birthday = date(2026 - years, month, 20)
    for born_on, expected in ((birthday, set()), (birthday + timedelta(days=1), {"label-age"})):
        found, unchecked = about_age(born(born_on), line(key, "trunk"), where)
        assert set(found) == expected, born_on
        assert not unchecked
        for one in found.values():
            assert one.level == Level.WARN
            assert len(one.cited) == 1
            assert said(one).startswith("Caution: the age is")


def test_the_label_of_another_jurisdiction_is_said_to_be_one() -> None:
    baby, checked = born(date(2026, 10, 20)), line("crisaborole-2", "trunk")
    assert "No label of this jurisdiction" in said(about_age(baby, checked, "EU")[0]["label-age"])
    assert "No label of this jurisdiction" not in said(about_age(baby, checked, "US")[0]["label-age"])


@pytest.mark.parametrize(
    ("born_on", "day", "expected"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), {"label-age"}),
        (date(2008, 2, 29), date(2026, 3, 1), set()),  # turns 18 on 1 March
        (date(1961, 11, 21), ON, set()),  # 64 years and 11 months
        (date(1961, 11, 20), ON, {"label-age-above"}),  # 65 years today
        (date(1961, 3, 31), date(2026, 3, 30), set()),
        (date(1961, 3, 31), date(2026, 3, 31), {"label-age-above"}),
    ],
)
def test_upadacitinib_30_mg_is_from_18_to_64(born_on: date, day: date, expected: set[str]) -> None:
    found, _ = about_age(born(born_on), on(day, "upadacitinib-30"), on=day)
    assert set(found) == expected
    assert not about_age(born(date(1961, 11, 20)), line("upadacitinib-15", "trunk"))[0]


def test_the_finding_names_the_limit_in_years() -> None:
    found, _ = about_age(born(date(1950, 1, 1)), line("upadacitinib-30"))
    assert "under 65 years" in said(found["label-age-above"])


@pytest.mark.parametrize(
    ("key", "born_on", "is_told"),
    [
        ("ciclosporin", date(2010, 11, 20), False),
        ("ciclosporin", date(2010, 11, 21), True),  # "from 16 years" was not verified
        ("roflumilast-0.05", date(2024, 11, 21), True),  # under 2 years
        ("roflumilast-0.05", date(2024, 11, 20), False),
        ("roflumilast-0.05", date(2020, 11, 21), False),
        ("roflumilast-0.05", date(2020, 11, 20), True),  # 6 years today: 71 months is the last
        ("abrocitinib-100", date(2012, 11, 20), False),  # the verified fact decides
    ],
)
def test_what_nobody_verified_only_informs(key: str, born_on: date, is_told: bool) -> None:
    found, _ = about_age(born(born_on), line(key, "trunk"))
    assert ("label-age-not-verified" in found) == is_told
    if is_told:
        assert found["label-age-not-verified"].level == Level.INFORM
        assert set(found) == {"label-age-not-verified"}


def test_a_japanese_fact_decides_nothing() -> None:
    fact = LabelFact("JP", "min-age-months", Decimal(600), "From 50 years.", "a label of Japan", is_verified=True)
    product = replace(PRODUCTS["hydrocortisone-1"], facts=(fact,))
    checked = replace(line("hydrocortisone-1", "trunk"), product=product)
    found, unchecked = about_age(born(date(1986, 5, 4)), checked)
    assert not found
    assert not unchecked


# --- Weight -----------------------------------------------------------------------------------------------------------

TEEN = date(2012, 11, 20)  # 14 years


@pytest.mark.parametrize(
    ("key", "where", "least"),
    [
        ("dupilumab-300", "EU", 15),
        ("dupilumab-200", "EU", 5),
        ("lebrikizumab", "EU", 40),
        ("nemolizumab", "UK", 30),
        ("upadacitinib-15", "EU", 30),
        ("baricitinib-2", "EU", 10),
        ("baricitinib-4", "EU", 30),
        ("baricitinib-4", "other", 30),
    ],
)
def test_the_least_weight_of_a_label(key: str, where: str, least: int) -> None:
    light, enough = str(Decimal(least) - Decimal("0.01")), str(least)
    found, _ = about_age(born(TEEN, light), line(key, "trunk"), where)
    assert found["label-weight"].level == Level.WARN
    (seen,) = found["label-weight"].inputs
    assert (seen.what, seen.value, seen.by) == ("weight", f"{light} kg", "Nora Nurse")
    assert f"from {least} kg" in said(found["label-weight"])
    assert "label-weight" not in about_age(born(TEEN, enough), line(key, "trunk"), where)[0]


def test_an_unknown_weight_is_not_passed() -> None:
    found, unchecked = about_age(born(TEEN, None), line("baricitinib-4"))
    assert not found
    assert unchecked["label-weight"].missing == ("weight",)
    assert not about_age(born(TEEN, None), line("tacrolimus-0.03", "trunk"))[1]


@pytest.mark.parametrize(
    ("days", "born_on", "is_old"),
    [
        (90, TEEN, False),
        (91, TEEN, True),
        (91, date(2008, 11, 21), True),  # 18 years tomorrow
        (91, date(2008, 11, 20), False),  # 18 years today
        (400, date(1986, 5, 4), False),
    ],
)
def test_an_old_weight_of_a_child_is_said(days: int, born_on: date, is_old: bool) -> None:
    who = person(born_on=born_on, weight=Measured(Decimal(50), ON - timedelta(days=days), "Nora Nurse"))
    found, _ = about_age(who, line("baricitinib-4"))
    assert ("weight-old" in found) == is_old
    if is_old:
        assert found["weight-old"].level == Level.INFORM
        assert f"{days} days old" in said(found["weight-old"])
        assert found["weight-old"].inputs[0].on == ON - timedelta(days=days)


def test_the_days_of_a_weight_are_the_clinics() -> None:
    who = person(born_on=TEEN, weight=Measured(Decimal(50), ON - timedelta(days=31)))
    choices = {"weight-old": Choice(params={"max_days": 30})}
    assert "weight-old" in answers(case(who, choices=choices), line("baricitinib-4"))[0]
    assert "weight-old" not in answers(case(who), line("baricitinib-4"))[0]


def test_an_old_weight_without_a_birth_date_is_not_passed() -> None:
    who = person(born_on=None, weight=Measured(Decimal(50), ON - timedelta(days=91)))
    assert "weight-old" in about_age(who, line("baricitinib-4"))[1]


def test_a_weight_is_not_looked_at_for_a_topical() -> None:
    who = person(born_on=TEEN, weight=Measured(Decimal(2), ON - timedelta(days=900)))
    assert not {"label-weight", "weight-old"} & set(about_age(who, line("tacrolimus-0.03", "trunk"))[0])
    assert not about_age(born(None, None), EMOLLIENT)[0]


# --- The two orders that are right ------------------------------------------------------------------------------------


def test_the_orders_that_are_right_are_silent_here() -> None:
    adult, child = person(), person(born_on=date(2017, 3, 1), weight=Measured(Decimal(28), date(2026, 11, 1)))
    assert about_age(adult, line("tacrolimus-0.1", "face", "neck")) == ({}, {})
    assert about_age(child, line("tacrolimus-0.03", "trunk"), Jurisdiction.US) == ({}, {})
