"""Recorded allergies: substance, class, cross-group; what could not be compared is said."""

from __future__ import annotations

from datetime import date

import pytest

from regimens.protocol.base import Level
from regimens.protocol.facts import Allergy, Case, Choice, Line, Person
from tests.regimens.protocol.build import EMOLLIENT, answers, case, line, person

ON_THE_SKIN = "trunk"


def allergy(kind: str, code: str, label: str = "") -> Allergy:
    return Allergy(kind, code, label or code, date(2026, 10, 2), "Nora Nurse")


def allergic(*rows: Allergy) -> Person:
    return person(allergies=rows, allergies_asked_on=None)


def stops(who: Person, key: str) -> bool:
    found, _ = answers(case(who), line(key, ON_THE_SKIN))
    return "allergy" in found


@pytest.mark.parametrize(
    ("kind", "code", "key"),
    [
        ("substance", "tacrolimus", "tacrolimus-0.03"),
        ("substance", "tacrolimus", "tacrolimus-0.1"),
        ("substance", "pimecrolimus", "pimecrolimus-1"),
        ("substance", "crisaborole", "crisaborole-2"),
        ("substance", "ruxolitinib", "ruxolitinib-1.5"),
        ("substance", "dupilumab", "dupilumab-200"),
        ("substance", "hydrocortisone", "hydrocortisone-1"),
        ("substance", "hydrocortisone", "hydrocortisone-butyrate-0.1"),  # an ester of it
        ("class", "calcineurin_inhibitors", "tacrolimus-0.1"),
        ("class", "calcineurin_inhibitors", "pimecrolimus-1"),
        ("class", "macrolides", "tacrolimus-0.03"),  # EU leaflet: allergy to tacrolimus or macrolides
        ("class", "corticosteroids", "mometasone-furoate-0.1"),
        ("class", "corticosteroids", "prednisolone-oral"),
        ("class", "jak_inhibitors", "ruxolitinib-1.5"),
        ("class", "jak_inhibitors", "baricitinib-4"),
        ("class", "biologics", "tralokinumab"),
    ],
)
def test_a_recorded_allergy_stops_what_meets_it(kind: str, code: str, key: str) -> None:
    found, unchecked = answers(case(allergic(allergy(kind, code))), line(key, ON_THE_SKIN))
    assert found["allergy"].level == Level.STOP
    assert "allergy" not in unchecked
    (seen,) = found["allergy"].inputs
    assert (seen.what, seen.value, seen.on, seen.by) == ("allergy", code, date(2026, 10, 2), "Nora Nurse")


@pytest.mark.parametrize(
    ("kind", "code", "key"),
    [
        ("substance", "tacrolimus", "pimecrolimus-1"),
        ("substance", "pimecrolimus", "tacrolimus-0.1"),
        ("class", "macrolides", "pimecrolimus-1"),  # no label on file names the group
        ("class", "corticosteroids", "tacrolimus-0.1"),
        ("class", "jak_inhibitors", "crisaborole-2"),
        ("class", "biologics", "methotrexate"),
        ("class", "calcineurin_inhibitors", "ciclosporin"),  # the brief's class is the topical one
        ("substance", "penicillin", "tacrolimus-0.1"),
        ("substance", "nickel", "tacrolimus-0.1"),
        ("substance", "hydrocortisone", "mometasone-furoate-0.1"),
        ("substance", "tacrolimus", "emollient"),
        ("class", "calcineurin_inhibitors", "emollient"),
    ],
)
def test_another_allergy_is_silent(kind: str, code: str, key: str) -> None:
    found, unchecked = answers(case(allergic(allergy(kind, code))), line(key, ON_THE_SKIN))
    assert "allergy" not in found
    assert "allergy" not in unchecked


def test_the_finding_names_the_allergy_and_how_it_meets() -> None:
    who = allergic(allergy("class", "macrolides", "Macrolides (rash)"), allergy("substance", "tacrolimus", "Tacrolimus"))
    found, _ = answers(case(who), line("tacrolimus-0.1", "face"))
    stop = found["allergy"]
    said = stop.text % stop.values
    assert "Macrolides (rash) (a group its label names), Tacrolimus (the substance)" in said
    assert "Tacrolimus 0.1 % ointment" in said
    assert [one.value for one in stop.inputs] == ["Macrolides (rash)", "Tacrolimus"]


@pytest.mark.parametrize(
    ("where", "name"),
    [("EU", "EMA package leaflet EU/1/02/201/001 and SmPC (Protopic)"), ("US", "US label of Protopic")],
)
def test_the_label_of_the_jurisdiction_is_cited(where: str, name: str) -> None:
    found, _ = answers(case(allergic(allergy("substance", "tacrolimus")), where=where), line("tacrolimus-0.1", "face"))
    cited = [one.name for one in found["allergy"].cited]
    assert len(cited) == 1
    assert cited[0].startswith(name)


def test_where_the_jurisdiction_has_no_label_every_one_is_cited() -> None:
    found, _ = answers(case(allergic(allergy("substance", "tacrolimus")), where="UK"), line("tacrolimus-0.1", "face"))
    assert len(found["allergy"].cited) == 2


def test_without_a_label_on_allergy_our_own_rule_is_cited() -> None:
    found, _ = answers(case(allergic(allergy("class", "corticosteroids"))), line("hydrocortisone-1", "face"))
    assert [one.name for one in found["allergy"].cited] == ["adtrack's own rule: no label and no guideline on file says it"]


# --- Unknown ----------------------------------------------------------------------------------------------------------

NOBODY_ASKED = person(allergies=(), allergies_asked_on=None)


@pytest.mark.parametrize("key", ["tacrolimus-0.1", "hydrocortisone-1", "dupilumab-300", "antibiotic-topical", "antiseptic"])
def test_nobody_asked_is_not_passed(key: str) -> None:
    found, unchecked = answers(case(NOBODY_ASKED), line(key, ON_THE_SKIN))
    assert "allergy" not in found
    assert unchecked["allergy"].missing == ("allergies",)


@pytest.mark.parametrize("key", ["emollient", "cleanser-soap-free", "bathing", "wet-wrap", "nb-uvb"])
def test_what_has_no_substance_is_not_asked_about(key: str) -> None:
    _, unchecked = answers(case(NOBODY_ASKED), line(key, ON_THE_SKIN))
    assert "allergy" not in unchecked


def test_asked_and_none_is_passed() -> None:
    found, unchecked = answers(case(), line("tacrolimus-0.1", "face"))
    assert "allergy" not in found
    assert "allergy" not in unchecked


@pytest.mark.parametrize(
    ("label", "key", "is_met"),
    [
        ("mometasone (rash)", "mometasone-furoate-0.1", True),
        ("Betamethasone", "betamethasone-valerate-0.1", True),
        ("all CORTICOSTEROIDS", "clobetasol-propionate-0.05", True),
        ("a macrolide antibiotic", "tacrolimus-0.1", True),
        ("peanut", "tacrolimus-0.1", False),
    ],
)
def test_an_allergy_in_words_is_compared_by_its_words_or_said_to_be_uncompared(label: str, key: str, is_met: bool) -> None:
    found, unchecked = answers(case(allergic(allergy("substance", "other", label))), line(key, ON_THE_SKIN))
    assert ("allergy" in found) == is_met
    assert ("allergy" in unchecked) != is_met
    if not is_met:
        assert unchecked["allergy"].missing == (label,)


@pytest.mark.parametrize("key", ["antibiotic-topical", "antibiotic-oral", "antiseptic", "antihistamine-topical"])
def test_a_product_that_stands_for_any_substance_is_not_passed(key: str) -> None:
    found, unchecked = answers(case(allergic(allergy("substance", "penicillin", "Penicillin"))), line(key, ON_THE_SKIN))
    assert "allergy" not in found
    assert unchecked["allergy"].missing == ("substance", "Penicillin")


@pytest.mark.parametrize(
    ("key", "is_said"), [("tacrolimus-0.1", True), ("emollient", True), ("methotrexate", False), ("nb-uvb", False)]
)
def test_ingredients_the_catalogue_does_not_list_are_said(key: str, is_said: bool) -> None:
    _, unchecked = answers(
        case(allergic(allergy("substance", "lanolin", "Wool alcohols (lanolin)"))), line(key, ON_THE_SKIN)
    )
    assert ("allergy" in unchecked) == is_said


# --- The clinic's choice ----------------------------------------------------------------------------------------------


def lowered(checked: Line, level: Level) -> Case:
    return case(allergic(allergy("substance", "tacrolimus")), choices={"allergy": Choice(level=level)})


def test_the_stop_can_be_lowered_to_a_warning() -> None:
    checked = line("tacrolimus-0.1", "face")
    found, _ = answers(lowered(checked, Level.WARN), checked)
    assert found["allergy"].level == Level.WARN
    assert found["allergy"].rule.is_lowerable


def test_an_emollient_is_never_stopped() -> None:
    every = [("class", "calcineurin_inhibitors"), ("class", "corticosteroids"), ("substance", "tacrolimus")]
    found, _ = answers(case(allergic(*(allergy(*one) for one in every))), EMOLLIENT)
    assert "allergy" not in found
