"""Licensed or not in the jurisdiction, and for which severity."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from regimens.protocol.base import Finding, Level, Unchecked
from regimens.protocol.facts import Case, Choice, LabelFact, Line, Measured, Person, Phase
from tests.regimens.protocol.build import EMOLLIENT, ON, PRODUCTS, answers, case, line, person

LICENCE_RULES = {"off-label", "topical-jak-off-label", "not-marketed", "no-licence-on-file"}
SEVERITY_RULES = {"pimecrolimus-severe", "label-severity", "tacrolimus-strength"}


def said(one: Finding) -> str:
    return one.text % one.values


def licence(of: Case, checked: Line) -> dict[str, Level]:
    found, _ = answers(of, checked)
    return {key: one.level for key, one in found.items() if key in LICENCE_RULES}


# --- C17, C18 ---------------------------------------------------------------------------------------------------------

INFORM, WARN = Level.INFORM, Level.WARN
OFF, JAK, UNKNOWN = {"off-label": INFORM}, {"topical-jak-off-label": WARN}, {"no-licence-on-file": INFORM}


@pytest.mark.parametrize(
    ("key", "eu", "uk", "us", "other"),
    [
        ("tacrolimus-0.1", {}, UNKNOWN, {}, UNKNOWN),
        ("pimecrolimus-1", {}, {}, {}, UNKNOWN),
        ("crisaborole-2", UNKNOWN, UNKNOWN, {}, UNKNOWN),  # "not marketed" in the EU was not verified
        ("ruxolitinib-1.5", JAK, JAK, {}, JAK),
        ("roflumilast-0.15", UNKNOWN, UNKNOWN, {}, UNKNOWN),
        ("roflumilast-0.05", UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),  # not even the US status was verified
        ("ciclosporin", {}, {}, OFF, OFF),
        ("methotrexate", OFF, OFF, OFF, OFF),
        ("azathioprine", OFF, OFF, OFF, OFF),
        ("baricitinib-4", {}, OFF, OFF, OFF),
        ("nemolizumab", {}, {}, {}, UNKNOWN),
        ("dupilumab-300", {}, UNKNOWN, UNKNOWN, UNKNOWN),
        ("hydrocortisone-1", {}, {}, {}, {}),  # no status on file anywhere
        ("cetirizine", {}, {}, {}, {}),
        ("emollient", {}, {}, {}, {}),
        ("wet-wrap", {}, {}, {}, {}),
        ("nb-uvb", {}, {}, {}, {}),
    ],
)
def test_the_status_by_jurisdiction(
    key: str, eu: dict[str, Level], uk: dict[str, Level], us: dict[str, Level], other: dict[str, Level]
) -> None:
    for where, expected in (("EU", eu), ("UK", uk), ("US", us), ("other", other)):
        assert licence(case(where=where), line(key, "trunk")) == expected, where


def test_off_label_shows_the_jurisdictions_side_by_side_with_their_sources() -> None:
    found, _ = answers(case(where="US"), line("ciclosporin"))
    one = found["off-label"]
    assert "EU: licensed; UK: licensed; US: off-label" in said(one)
    assert "No label of this jurisdiction" not in said(one)
    assert one.rule.topic == "C17"
    assert len(one.cited) == 3
    assert any("hospitalhealthcare.com" in source.name for source in one.cited)


def test_a_status_that_nobody_verified_is_marked_and_does_not_decide() -> None:
    found, _ = answers(case(where="EU"), line("methotrexate"))
    text = said(found["off-label"])
    assert "EU: off-label (not verified); UK: off-label; US: off-label" in text
    assert "No label of this jurisdiction is on file: the strictest known is used." in text


def test_the_cream_of_ruxolitinib_names_both_sides() -> None:
    found, _ = answers(case(where="EU"), line("ruxolitinib-1.5", "trunk"))
    one = found["topical-jak-off-label"]
    assert one.rule.topic == "C18"
    assert "S3" in said(one)
    assert "EU: off-label; US: licensed" in said(one)
    assert any(source.name == "EMA package leaflet of Opzelura" for source in one.cited)


def test_not_marketed_is_a_warning() -> None:
    facts = (
        LabelFact("EU", "status", None, "not-marketed", "a list of the EU"),
        LabelFact("US", "status", None, "licensed", "a label of the US"),
    )
    product = replace(PRODUCTS["crisaborole-2"], facts=facts)
    checked = replace(line("crisaborole-2", "trunk"), product=product)
    assert licence(case(where="EU"), checked) == {"not-marketed": WARN}
    assert licence(case(where="US"), checked) == {}
    assert licence(case(where="other"), checked) == {"not-marketed": WARN}  # the strictest
    found, _ = answers(case(where="other"), checked)
    assert "EU: not marketed; US: licensed" in said(found["not-marketed"])
    assert "strictest known" in said(found["not-marketed"])


def test_a_clinic_can_set_another_level() -> None:
    choices = {"topical-jak-off-label": Choice(level=1), "off-label": Choice(level=2)}
    assert licence(case(choices=choices), line("ruxolitinib-1.5", "trunk")) == {"topical-jak-off-label": INFORM}
    assert licence(case(where="US", choices=choices), line("ciclosporin")) == {"off-label": WARN}


# --- Severity ---------------------------------------------------------------------------------------------------------


def scored(viga: str | None, easi: str | None, day: date = date(2026, 11, 18)) -> Person:
    return person(
        viga=None if viga is None else Measured(Decimal(viga), day, "Dana Derm"),
        easi=None if easi is None else Measured(Decimal(easi), day, "Dana Derm"),
    )


def severity(of: Case, checked: Line) -> tuple[dict[str, Finding], dict[str, Unchecked]]:
    found, unchecked = answers(of, checked)
    return (
        {key: one for key, one in found.items() if key in SEVERITY_RULES},
        {key: one for key, one in unchecked.items() if key in SEVERITY_RULES},
    )


@pytest.mark.parametrize(
    ("viga", "easi", "is_severe"),
    [
        ("3", "21.0", False),
        ("3", "21.05", True),  # half points give values between the printed bands
        ("3", "21.1", True),
        ("4", "12.4", True),
        ("4", None, True),
        ("3", None, False),
        (None, "21", False),
        (None, "21.1", True),
        ("0", "0", False),
    ],
)
@pytest.mark.parametrize("where", ["EU", "UK", "US", "other"])
def test_pimecrolimus_in_severe_disease(viga: str | None, easi: str | None, is_severe: bool, where: str) -> None:
    found, unchecked = severity(case(scored(viga, easi), where=where), line("pimecrolimus-1", "trunk"))
    assert set(found) == ({"pimecrolimus-severe"} if is_severe else set())
    assert not unchecked
    if is_severe:
        one = found["pimecrolimus-severe"]
        assert (one.level, one.rule.topic) == (INFORM, "C4")
        assert ("No label of this jurisdiction" in said(one)) == (where == "other")
        assert any(source.name.startswith("S1:") for source in one.cited)


def test_each_score_stands_with_its_day() -> None:
    who = person(
        viga=Measured(Decimal(4), date(2026, 11, 2), "Dana Derm"), easi=Measured(Decimal("30.50"), date(2026, 9, 1), "Nora")
    )
    found, _ = severity(case(who), line("pimecrolimus-1", "trunk"))
    seen = [(one.what, one.value, one.on, one.by) for one in found["pimecrolimus-severe"].inputs]
    assert seen == [("vIGA-AD", "4", date(2026, 11, 2), "Dana Derm"), ("EASI", "30.5", date(2026, 9, 1), "Nora")]
    assert "vIGA-AD 4, EASI 30.5" in said(found["pimecrolimus-severe"])


def test_a_missing_score_is_named() -> None:
    found, _ = severity(case(scored("4", None)), line("pimecrolimus-1", "trunk"))
    assert found["pimecrolimus-severe"].missing == ("EASI",)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("pimecrolimus-1", {"pimecrolimus-severe"}),
        ("tacrolimus-0.1", {"label-severity", "tacrolimus-strength"}),
        ("ruxolitinib-1.5", {"label-severity"}),
        ("ciclosporin", {"label-severity"}),
        ("dupilumab-300", {"label-severity"}),
        ("tralokinumab", set()),  # its label on file names no severity
        ("roflumilast-0.15", set()),
        ("hydrocortisone-1", set()),
        ("methotrexate", set()),
        ("emollient", set()),
    ],
)
def test_an_unknown_severity_is_not_passed_where_a_label_names_one(key: str, expected: set[str]) -> None:
    found, unchecked = severity(case(scored(None, None)), line(key, "trunk"))
    assert not found
    assert set(unchecked) == expected
    assert all(one.missing == ("severity",) for one in unchecked.values())


MILD, MODERATE, SEVERE = ("2", "7.0"), ("3", "12.4"), ("4", "21.1")


@pytest.mark.parametrize(
    ("key", "mild", "moderate", "severe"),
    [
        ("tacrolimus-0.1", True, False, False),  # moderate to severe
        ("dupilumab-300", True, False, False),
        ("baricitinib-4", True, False, False),
        ("ciclosporin", True, True, False),  # severe
        ("crisaborole-2", False, False, True),  # mild to moderate
        ("ruxolitinib-1.5", False, False, True),
        ("pimecrolimus-1", False, False, False),  # has a rule of its own
        ("tapinarof-1", False, False, False),
        ("hydrocortisone-1", False, False, False),
        ("emollient", False, False, False),
    ],
)
def test_the_severity_of_a_label(key: str, mild: bool, moderate: bool, severe: bool) -> None:
    for scores, expected in ((MILD, mild), (MODERATE, moderate), (SEVERE, severe)):
        found, _ = severity(case(scored(*scores)), line(key, "trunk"))
        assert ("label-severity" in found) == expected, scores
        if expected:
            assert found["label-severity"].level == INFORM
            assert len(found["label-severity"].cited) == 1


@pytest.mark.parametrize(
    ("viga", "easi", "is_below"),
    [
        ("2", "7.0", True),
        ("2", "7.05", False),  # moderate: not rounded
        ("3", "2.0", False),  # the graver of the two counts
        ("2", None, True),
        (None, "7.1", False),
        ("0", "0", True),
    ],
)
def test_below_moderate_both_scores_say_less(viga: str | None, easi: str | None, is_below: bool) -> None:
    found, _ = severity(case(scored(viga, easi)), line("baricitinib-4"))
    assert ("label-severity" in found) == is_below


def test_scores_that_fell_under_treatment_say_nothing_against_it() -> None:
    before, after = ON - timedelta(days=40), ON - timedelta(days=41)
    running = line("tacrolimus-0.1", "trunk", starts_on=ON - timedelta(days=41))
    assert not severity(case(scored("1", "1.0", before)), running)[0]
    found, unchecked = severity(case(scored("1", "1.0", after)), running)
    assert set(found) == {"label-severity", "tacrolimus-strength"}
    assert not unchecked


def test_maintenance_is_for_calm_skin() -> None:
    calm = line("tacrolimus-0.1", "trunk", phase=Phase.MAINTENANCE, weekdays=frozenset({0, 3}))
    assert severity(case(scored("1", "0.5")), calm) == ({}, {})


@pytest.mark.parametrize(
    ("born_on", "scores", "is_told"),
    [
        (date(2014, 11, 21), MODERATE, True),  # 12 years tomorrow: severe only
        (date(2014, 11, 20), MODERATE, False),
        (date(2014, 11, 21), SEVERE, False),
        (date(2014, 11, 20), MILD, True),
        (date(2015, 6, 1), MILD, True),
    ],
)
def test_dupilumab_under_12_years_is_for_severe_disease(born_on: date, scores: tuple[str, str], is_told: bool) -> None:
    who = replace(scored(*scores), born_on=born_on)
    found, _ = severity(case(who), line("dupilumab-200"))
    assert ("label-severity" in found) == is_told
    if is_told and born_on > date(2014, 11, 20):
        assert "for severe disease" in said(found["label-severity"])
        assert found["label-severity"].cited[0].name == "EMA package leaflet of Dupixent"


def test_dupilumab_without_a_birth_date_is_not_passed() -> None:
    _, unchecked = severity(case(person(born_on=None)), line("dupilumab-200"))
    assert unchecked["label-severity"].missing == ("birth date",)


# --- C16 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "scores", "where", "is_told"),
    [
        ("tacrolimus-0.1", MILD, "EU", True),
        ("tacrolimus-0.1", MODERATE, "EU", False),
        ("tacrolimus-0.1", SEVERE, "EU", False),
        ("tacrolimus-0.1", MILD, "US", True),
        ("tacrolimus-0.1", MODERATE, "US", False),
        ("tacrolimus-0.03", MILD, "EU", True),
        ("tacrolimus-0.03", MODERATE, "UK", True),
        ("tacrolimus-0.03", SEVERE, "other", True),
        ("tacrolimus-0.03", MILD, "US", False),
        ("tacrolimus-0.03", MODERATE, "US", False),
        ("tacrolimus-0.03", SEVERE, "US", True),
        ("pimecrolimus-1", MILD, "EU", False),
    ],
)
def test_the_strength_of_an_adult(key: str, scores: tuple[str, str], where: str, is_told: bool) -> None:
    found, unchecked = severity(case(scored(*scores), where=where), line(key, "trunk"))
    assert ("tacrolimus-strength" in found) == is_told
    assert "tacrolimus-strength" not in unchecked
    if is_told:
        one = found["tacrolimus-strength"]
        assert (one.level, one.rule.topic) == (INFORM, "C16")
        assert "S2" in said(one)
        assert one.cited[0].name.startswith("S2:")
        assert len(one.cited) == 3
        assert one.inputs[-1].what == "age"


@pytest.mark.parametrize(("born_on", "is_told"), [(date(2010, 11, 21), False), (date(2010, 11, 20), True)])
def test_the_strength_is_looked_at_from_16_years(born_on: date, is_told: bool) -> None:
    who = replace(scored(*SEVERE), born_on=born_on)
    assert ("tacrolimus-strength" in severity(case(who), line("tacrolimus-0.03", "trunk"))[0]) == is_told
    mild = replace(scored(*MILD), born_on=born_on)
    assert ("tacrolimus-strength" in severity(case(mild), line("tacrolimus-0.1", "trunk"))[0]) == is_told


def test_the_strength_without_an_age_or_a_score() -> None:
    _, unchecked = severity(case(person(born_on=None)), line("tacrolimus-0.1", "trunk"))
    assert unchecked["tacrolimus-strength"].missing == ("birth date",)
    unscored = scored(None, None)
    found, _ = severity(case(unscored), line("tacrolimus-0.03", "trunk"))
    assert found["tacrolimus-strength"].missing == ("vIGA-AD", "EASI")
    assert "not recorded" in said(found["tacrolimus-strength"])
    assert "tacrolimus-strength" in severity(case(unscored, where="US"), line("tacrolimus-0.03", "trunk"))[1]


def test_the_orders_that_are_right_and_the_emollient_are_silent() -> None:
    child = person(born_on=date(2017, 3, 1))
    assert severity(case(), line("tacrolimus-0.1", "face", "neck")) == ({}, {})
    assert severity(case(child, where="US"), line("tacrolimus-0.03", "trunk")) == ({}, {})
    assert licence(case(), line("tacrolimus-0.1", "face", "neck")) == {}
    assert licence(case(child, where="US"), line("tacrolimus-0.03", "trunk")) == {}
    assert severity(case(scored(None, None)), EMOLLIENT) == ({}, {})
