"""What meets on the same skin: doubles, classes, wraps, thin skin, emollients."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.sites import SITES
from regimens.protocol.base import Level
from regimens.protocol.facts import Case, Choice, Family, Line, Phase
from tests.regimens.protocol.build import EMOLLIENT, ON, PRODUCTS, answers, case, line, person

TCI, TCI_LOW, PIMECROLIMUS = "tacrolimus-0.1", "tacrolimus-0.03", "pimecrolimus-1"
WEAK, MODERATE, POTENT, VERY_POTENT = (
    "hydrocortisone-1",
    "clobetasone-butyrate-0.05",
    "mometasone-furoate-0.1",
    "clobetasol-propionate-0.05",
)
NO_LABEL = "No label of this jurisdiction is on file: the strictest known is used."
ANTI_INFLAMMATORY = {Family.TCI, Family.TCS, Family.PDE4, Family.JAK_TOPICAL, Family.AHR}
BOTH_DAYS = {"phase": Phase.MAINTENANCE, "weekdays": frozenset({0, 3})}


def wrap(*sites: str, **more: Any) -> Line:
    return line(
        "wet-wrap", *sites, **({"phase": Phase.COURSE, "course_days": 5, "until_on": ON + timedelta(days=4)} | more)
    )


def level(of: Case, checked: Line, rule: str) -> Level | None:
    found, _ = answers(of, checked)
    return found[rule].level if rule in found else None


# --- The same twice, two of a class -----------------------------------------------------------------------------------

SAME_SKIN = [
    (["face"], ["face"], True),
    (["face"], ["eyelids"], True),  # contained
    (["eyelids"], ["head_neck"], True),
    (["whole_body"], ["palms"], True),
    (["hands:left"], ["hands:right"], False),
    (["hands:left"], ["hands:both"], True),
    (["hands:left"], ["hands"], True),  # a side that is not named may be either
    (["hands:left"], ["palms:left"], True),
    (["hands:left"], ["palms:right"], False),
    (["face"], ["neck"], False),
    (["face", "neck"], ["trunk", "neck"], True),
]


@pytest.mark.parametrize(("sites", "others", "expected"), SAME_SKIN)
def test_same_product_on_the_same_skin(sites: list[str], others: list[str], expected: bool) -> None:
    there = replace(line(TCI, *others), key="there")
    found, unchecked = answers(case(None, there), line(TCI, *sites))
    assert ("same-product-twice" in found) is expected
    assert "same-product-twice" not in unchecked
    assert "two-of-one-class" not in found  # told once
    if expected:
        finding = found["same-product-twice"]
        assert (finding.level, finding.others) == (Level.WARN, ("there",))
        assert [(one.what, one.on) for one in finding.inputs] == [("Tacrolimus 0.1 % ointment", ON)]
        assert finding.cited[0].name == "adtrack's own rule: no label and no guideline on file says it"


@pytest.mark.parametrize(
    ("starts", "until", "expected"),
    [(-10, -1, False), (-10, 0, True), (0, 9, True), (9, 20, True), (10, 20, False), (-10, None, True), (10, None, False)],
)
def test_same_product_counts_only_in_shared_days(starts: int, until: int | None, expected: bool) -> None:
    there = line(
        TCI, "face", starts_on=ON + timedelta(days=starts), until_on=None if until is None else ON + timedelta(days=until)
    )
    ordered = line(TCI, "face", until_on=ON + timedelta(days=9))
    assert (level(case(None, there), ordered, "same-product-twice") == Level.WARN) is expected


def test_a_line_on_hold_is_not_beside() -> None:
    there = line(TCI, "face", phase=Phase.HOLD)
    assert level(case(None, there), line(TCI, "face"), "same-product-twice") is None


def test_a_line_prescribed_elsewhere_is_beside_and_named_so() -> None:
    there = line(TCI, "face", is_elsewhere=True, by="Dana Derm")
    found, _ = answers(case(None, there), line(TCI, "face"))
    (seen,) = found["same-product-twice"].inputs
    assert (seen.value, seen.by) == ("twice daily on face, prescribed elsewhere", "Dana Derm")


def test_unknown_skin_is_not_checked_rather_than_passed() -> None:
    _, unchecked = answers(case(None, line(TCI)), line(TCI, "face"))
    assert unchecked["same-product-twice"].missing == ("sites",)
    _, unchecked = answers(case(None, line(TCI_LOW)), line(TCI, "face"))
    assert unchecked["two-of-one-class"].missing == ("sites",)
    _, unchecked = answers(case(None, line(WEAK)), line(TCI, "face"))
    assert unchecked["tci-with-steroid"].missing == ("sites",)
    _, unchecked = answers(case(None, wrap()), line(TCI, "face"))
    assert unchecked["wrap-over-tci"].missing == ("sites",)


@pytest.mark.parametrize("key", ["emollient", "cleanser-soap-free", "bathing"])
def test_emollients_and_cleansers_never_conflict(key: str) -> None:
    there = [line(one, "whole_body") for one in PRODUCTS]
    found, unchecked = answers(case(None, *there), line(key, "whole_body"))
    assert not {"same-product-twice", "two-of-one-class", "tci-with-steroid", "wrap-over-tci", "no-emollient"} & {
        *found,
        *unchecked,
    }


@pytest.mark.parametrize(
    ("key", "other", "expected"),
    [
        ("cetirizine", "cetirizine", True),
        ("cetirizine", "hydroxyzine", False),
        ("dupilumab-300", "dupilumab-200", True),  # one drug in two strengths
        ("upadacitinib-15", "upadacitinib-30", True),
        ("upadacitinib-15", "abrocitinib-100", False),
        ("antibiotic-oral", "antibiotic-oral", True),
        ("prednisolone-oral", "prednisolone-oral", True),
        ("ruxolitinib-1.5", "baricitinib-4", False),
    ],
)
def test_same_drug_swallowed_or_injected(key: str, other: str, expected: bool) -> None:
    found, unchecked = answers(case(None, line(other)), line(key))
    assert ("same-product-twice" in found) is expected
    assert "same-product-twice" not in unchecked


CLASSES = [
    (TCI, TCI_LOW, True),
    (TCI, PIMECROLIMUS, True),
    (WEAK, POTENT, True),
    ("crisaborole-2", "roflumilast-0.15", True),
    (TCI, WEAK, False),
    (TCI, "crisaborole-2", False),
    ("antiseptic", "antibiotic-topical", False),
]


@pytest.mark.parametrize(("key", "other", "expected"), CLASSES)
def test_two_of_one_class(key: str, other: str, expected: bool) -> None:
    for one, two in ((key, other), (other, key)):
        on_it = answers(case(None, line(two, "chest")), line(one, "trunk"))[0]
        assert ("two-of-one-class" in on_it) is expected
        assert "same-product-twice" not in on_it
        beside_it = answers(case(None, line(two, "scalp")), line(one, "trunk"))[0]
        assert "two-of-one-class" not in beside_it


def test_clinic_may_lower_doubles() -> None:
    choices = {"two-of-one-class": Choice(level=1), "same-product-twice": Choice(level=3)}
    of = case(None, line(TCI_LOW, "face"), line(TCI, "face"), choices=choices)
    assert level(of, line(TCI, "face"), "two-of-one-class") == Level.INFORM
    assert level(of, line(TCI, "face"), "same-product-twice") == Level.STOP


# --- Calcineurin inhibitor with a steroid -----------------------------------------------------------------------------


def test_tci_with_steroid_informs_from_both_sides() -> None:
    for one, two in ((TCI, WEAK), (WEAK, TCI)):
        found, _ = answers(case(None, line(two, "face")), line(one, "eyelids"))
        assert found["tci-with-steroid"].level == Level.INFORM
        assert "tci-with-steroid" not in answers(case(None, line(two, "trunk")), line(one, "eyelids"))[0]


def test_combined_maintenance_names_the_days() -> None:
    steroid = line(MODERATE, "face", phase=Phase.MAINTENANCE, weekdays=frozenset({5, 6}))
    found, _ = answers(case(None, steroid), line(TCI, "face", **BOTH_DAYS))
    finding = found["tci-with-steroid"]
    assert finding.text % finding.values == (
        "A combined maintenance plan on the same skin: Tacrolimus 0.1 % ointment on Monday, Thursday, "
        "beside Clobetasone butyrate 0.05 % cream (Saturday, Sunday on face)."
    )
    found, _ = answers(case(None, replace(steroid, weekdays=frozenset({3, 4}))), line(TCI, "face", **BOTH_DAYS))
    finding = found["tci-with-steroid"]
    assert (finding.text % finding.values).endswith("On Thursday more than one of them is due.")


@pytest.mark.parametrize("key", [key for key, one in PRODUCTS.items() if one.family not in (Family.TCI, Family.TCS)])
def test_tci_with_steroid_is_silent_for_the_rest(key: str) -> None:
    found, unchecked = answers(case(None, line(TCI, "face"), line(WEAK, "face")), line(key, "face"))
    assert "tci-with-steroid" not in {*found, *unchecked}


# --- Systemic treatments together -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "other", "expected"),
    [
        ("dupilumab-300", "upadacitinib-15", True),
        ("upadacitinib-15", "abrocitinib-100", True),
        ("ciclosporin", "methotrexate", True),
        ("tralokinumab", "lebrikizumab", True),
        ("dupilumab-300", "dupilumab-200", False),  # the same drug: told once
        ("dupilumab-300", "prednisolone-oral", False),
        ("dupilumab-300", TCI, False),
        ("dupilumab-300", "nb-uvb", False),
        ("cetirizine", "ciclosporin", False),
    ],
)
def test_two_systemic_treatments(key: str, other: str, expected: bool) -> None:
    for one, two in ((key, other), (other, key)):
        found = level(case(None, line(two, "face")), line(one, "face"), "two-systemic-treatments")
        assert (found == Level.INFORM) is expected


# --- Wraps ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["EU", "UK", "US", "other"])
@pytest.mark.parametrize("key", [TCI, TCI_LOW, PIMECROLIMUS])
def test_wrap_over_tci_stops_from_both_sides_and_stays_a_stop(where: str, key: str) -> None:
    lowered = {"wrap-over-tci": Choice(level=1)}
    for ordered, there in ((wrap("upper_limbs"), line(key, "hands:left")), (line(key, "hands:left"), wrap("upper_limbs"))):
        found, _ = answers(case(None, there, where=where, choices=lowered), ordered)
        finding = found["wrap-over-tci"]
        assert finding.level == Level.STOP
        assert finding.rule.is_lowerable is False
        names = " ".join(source.name for source in finding.cited)
        assert ("EMA package leaflet EU/1/02/201/001" in names) is (where != "US")
        assert ("US label of Protopic" in names) is (where != "EU")
        assert (NO_LABEL in finding.text) is (where in ("UK", "other"))


@pytest.mark.parametrize(("starts", "expected"), [(-5, False), (-4, True), (0, True), (41, True), (42, False)])
def test_wrap_over_tci_counts_days(starts: int, expected: bool) -> None:
    first = ON + timedelta(days=starts)  # five days; the tacrolimus runs for 42
    there = wrap("face", starts_on=first, until_on=first + timedelta(days=4))
    ordered = line(TCI, "face", until_on=ON + timedelta(days=41))
    assert (level(case(None, there), ordered, "wrap-over-tci") == Level.STOP) is expected
    assert (level(case(None, ordered), there, "wrap-over-tci") == Level.STOP) is expected


def test_wrap_elsewhere_on_the_body_or_over_a_steroid_is_fine() -> None:
    assert level(case(None, wrap("hands:right")), line(TCI, "hands:left"), "wrap-over-tci") is None
    assert level(case(None, wrap("hands")), line(MODERATE, "hands"), "wrap-over-tci") is None
    assert level(case(None, wrap("face"), line(TCI, "face", phase=Phase.HOLD)), wrap("face"), "wrap-over-tci") is None


# --- Nemolizumab ------------------------------------------------------------------------------------------------------

PROBLEM_AREAS = "Topical calcineurin inhibitors only for problem areas."
TOGETHER = "Together with topical corticosteroids, calcineurin inhibitors or both."


@pytest.mark.parametrize(
    ("where", "said", "not_said"),
    [
        ("EU", [PROBLEM_AREAS], [TOGETHER, NO_LABEL]),
        ("UK", [PROBLEM_AREAS], [TOGETHER, NO_LABEL]),
        ("US", [TOGETHER], [PROBLEM_AREAS, NO_LABEL]),
        ("other", [PROBLEM_AREAS, TOGETHER, NO_LABEL], []),
    ],
)
def test_nemolizumab_with_tci_quotes_the_label(where: str, said: list[str], not_said: list[str]) -> None:
    for key, other in (("nemolizumab", TCI), (TCI, "nemolizumab")):
        found, _ = answers(case(None, line(other, "face"), where=where), line(key, "face"))
        finding = found["nemolizumab-with-tci"]
        words = finding.text % finding.values
        assert finding.level == Level.INFORM
        assert all(one in words for one in said)
        assert not any(one in words for one in not_said)


def test_nemolizumab_alone_or_another_biologic_beside_tci_says_nothing() -> None:
    assert level(case(), line("nemolizumab"), "nemolizumab-with-tci") is None
    assert level(case(None, line("dupilumab-300")), line(TCI, "face"), "nemolizumab-with-tci") is None


# --- Thin skin --------------------------------------------------------------------------------------------------------

# S3: face, neck, genitals and folds low to medium; trunk and limbs medium to high for flares.
THIN = {"face", "forehead", "eyelids", "cheeks", "around_mouth", "neck", "axillae", "nipples", "groin", "genitals"}
THIN |= {"elbow_folds", "knee_folds", "head_neck", "whole_body"}  # the last two hold the face


# What S3 leaves out, and lies within a larger area.
HOLDS = {
    "whole_body": "face, neck, armpits, nipples, groin, genitals, elbow folds, knee folds",
    "head_neck": "face, neck",
    "trunk": "armpits, nipples, groin, genitals",
    "chest": "nipples",
    "upper_limbs": "elbow folds",
    "lower_limbs": "knee folds",
}


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("key", [POTENT, "betamethasone-valerate-0.1", VERY_POTENT])
def test_potent_steroid_by_site(site: str, key: str) -> None:
    found, _ = answers(case(), line(key, site))
    assert ("potent-steroid-on-thin-skin" in found) is (site in THIN or site in HOLDS)
    if site not in THIN and site not in HOLDS:
        return
    finding = found["potent-steroid-on-thin-skin"]
    assert finding.level == (Level.WARN if site in THIN else Level.INFORM)
    assert [source.name[:3] for source in finding.cited] == ["S3:"]
    label = SITES[site].label.lower()
    expected = {"potency": "very-potent" if key == VERY_POTENT else "potent"}
    expected |= {"sites": label} if site in THIN else {}
    expected |= {"thin skin within": f"{label} ({HOLDS[site]})"} if site in HOLDS else {}
    assert {one.what: one.value for one in finding.inputs} == expected
    if site in HOLDS:
        assert f"{label} ({HOLDS[site]})" in finding.text % finding.values


def test_a_fold_that_is_ordered_beside_its_area_is_the_caution() -> None:
    finding = answers(case(), line(POTENT, "trunk", "elbow_folds:left", "upper_limbs:right"))[0][
        "potent-steroid-on-thin-skin"
    ]
    assert finding.level == Level.WARN
    assert finding.values["where"] == "elbow folds (left)"
    assert finding.values["holds"] == "trunk (armpits, nipples, groin, genitals), upper limbs (right) (elbow folds)"


def test_an_area_that_holds_folds_stays_for_information() -> None:
    choices = {"potent-steroid-on-thin-skin": Choice(level=3)}
    assert level(case(choices=choices), line(POTENT, "trunk"), "potent-steroid-on-thin-skin") == Level.INFORM
    assert level(case(choices=choices), line(POTENT, "groin"), "potent-steroid-on-thin-skin") == Level.STOP


@given(st.sets(st.sampled_from(sorted(SITES)), min_size=1))
def test_potent_steroid_names_only_the_thin_skin(sites: set[str]) -> None:
    found, _ = answers(case(), line(POTENT, *sorted(sites)))
    thin = [SITES[site].label.lower() for site in sorted(sites) if site in THIN]
    if not thin and not sites & HOLDS.keys():
        assert "potent-steroid-on-thin-skin" not in found
    else:
        assert found["potent-steroid-on-thin-skin"].values["where"] == ", ".join(thin)


@pytest.mark.parametrize("key", [key for key in PRODUCTS if PRODUCTS[key].potency not in ("potent", "very-potent")])
def test_thin_skin_is_about_potent_steroids_only(key: str) -> None:
    found, unchecked = answers(case(), line(key, "eyelids"))
    assert "potent-steroid-on-thin-skin" not in {*found, *unchecked}
    assert "potent-steroid-on-thin-skin" not in answers(case(), line(key))[1]


def test_potent_steroid_without_a_site_is_not_checked() -> None:
    found, unchecked = answers(case(), line(POTENT))
    assert "potent-steroid-on-thin-skin" not in found
    assert unchecked["potent-steroid-on-thin-skin"].missing == ("sites",)


# --- Emollients -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", PRODUCTS)
def test_no_emollient_is_about_topical_anti_inflammatories(key: str) -> None:
    alone = replace(case(), lines=())
    found = level(alone, line(key, "trunk"), "no-emollient")
    assert (found == Level.INFORM) is (PRODUCTS[key].family in ANTI_INFLAMMATORY)
    assert level(case(), line(key, "trunk"), "no-emollient") is None


def test_an_emollient_counts_in_shared_days_on_any_skin_and_from_anybody() -> None:
    def told(emollient: Line) -> Level | None:
        return level(replace(case(), lines=(emollient,)), line(TCI, "face"), "no-emollient")

    assert told(EMOLLIENT) is None
    assert told(replace(EMOLLIENT, is_elsewhere=True)) is None
    assert told(line("emollient", "hands")) is None
    assert told(line("emollient")) is None
    assert told(replace(EMOLLIENT, phase=Phase.AS_NEEDED)) is None
    assert told(replace(EMOLLIENT, phase=Phase.HOLD)) == Level.INFORM
    assert told(replace(EMOLLIENT, starts_on=ON - timedelta(days=9), until_on=ON - timedelta(days=1))) == Level.INFORM
    assert told(replace(EMOLLIENT, starts_on=ON - timedelta(days=9), until_on=ON)) is None
    assert told(line("cleanser-soap-free", "face")) == Level.INFORM


def test_no_emollient_tells_the_same_every_day() -> None:
    alone = replace(case(), lines=())
    today = answers(alone, line(TCI, "face"))[0]["no-emollient"]
    tomorrow = answers(replace(alone, on=ON + timedelta(days=1)), line(TCI, "face"))[0]["no-emollient"]
    assert today.inputs == tomorrow.inputs


def test_no_emollient_does_not_rest_on_the_adult_guideline_alone() -> None:
    finding = answers(replace(case(), lines=()), line(TCI, "face"))[0]["no-emollient"]
    assert [source.speaks_for for source in finding.cited] == ["", "", "", "adults"]


@pytest.mark.parametrize(
    ("key", "where", "said", "is_own"),
    [
        (TCI, "EU", "within 2 hours of tacrolimus", True),
        (TCI_LOW, "EU", "within 2 hours of tacrolimus", True),
        (TCI, "UK", "within 2 hours of tacrolimus", False),
        (TCI, "US", "within 2 hours of tacrolimus", False),
        (TCI, "other", "within 2 hours of tacrolimus", False),
        (PIMECROLIMUS, "EU", "Singapore text: an emollient can follow at once.", True),
        (PIMECROLIMUS, "US", "Singapore text: an emollient can follow at once.", True),
    ],
)
def test_emollient_gap_is_the_text_of_the_product(key: str, where: str, said: str, is_own: bool) -> None:
    finding = answers(case(where=where), line(key, "face"))[0]["emollient-gap"]
    words = finding.text % finding.values
    assert finding.level == Level.INFORM
    assert said in words
    assert (NO_LABEL not in words) is is_own
    assert [source.name[:3] for source in finding.cited][1] == "S1:"


def test_emollient_gap_needs_a_tci_and_shared_skin() -> None:
    hands = replace(case(), lines=(line("emollient", "hands"),))
    assert level(hands, line(TCI, "face"), "emollient-gap") is None
    assert level(hands, line(TCI, "palms"), "emollient-gap") == Level.INFORM
    assert level(replace(case(), lines=(line("emollient"),)), line(TCI, "face"), "emollient-gap") == Level.INFORM
    assert level(replace(case(), lines=()), line(TCI, "face"), "emollient-gap") is None


@pytest.mark.parametrize("key", [key for key, one in PRODUCTS.items() if one.family != Family.TCI])
def test_emollient_gap_is_silent_for_the_rest(key: str) -> None:
    found, unchecked = answers(case(), line(key, "face"))
    assert "emollient-gap" not in {*found, *unchecked}


# --- Correct orders ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "born", "ordered"),
    [
        ("EU", date(1986, 5, 4), line(TCI, "face", "neck")),
        ("US", date(2017, 5, 1), line(TCI_LOW, "trunk")),
    ],
)
def test_a_correct_order_has_no_interruption(where: str, born: date, ordered: Line) -> None:
    found, unchecked = answers(case(person(born_on=born), where=where), ordered)
    assert {one.level for one in found.values()} == {Level.INFORM}
    assert "emollient-gap" in found
    assert unchecked == {}
