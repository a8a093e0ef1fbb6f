"""Conditions of the person: present, past, absent, not asked, and where on the skin."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from patients.models import Sex
from patients.sites import Side
from regimens.protocol.asked import WORDS
from regimens.protocol.base import RULES, Finding, Level, Unchecked, outcomes
from regimens.protocol.facts import Allergy, Answer, Choice, Line, Measured, Person, Phase, Place, Precaution
from tests.regimens.protocol.build import EMOLLIENT, KINDS, ON, PRODUCTS, answers, case, found, having, line, person

INFORM, WARN, STOP = Level.INFORM, Level.WARN, Level.STOP
TCIS = ("tacrolimus-0.03", "tacrolimus-0.1", "pimecrolimus-1")
ORAL_JAKS = ("upadacitinib-15", "abrocitinib-100", "baricitinib-4")
BIOLOGICS = ("dupilumab-300", "tralokinumab", "lebrikizumab", "nemolizumab")
CONDITION_RULES = {
    "immunocompromise",
    "barrier-defect",
    "skin-malignancy",
    "infection-tci",
    "infection-steroid",
    "pregnancy-tci",
    "pregnancy-systemic",
    "pregnancy-topical-jak",
    "breastfeeding-tci",
    "breastfeeding-abrocitinib",
    "breastfeeding-oral-jak",
    "breastfeeding-topical-jak",
    "phototherapy-with-tci",
    "phototherapy-age",
    "helminth-infection",
}


def said(one: Finding) -> str:
    return one.text % one.values


def looked(who: Person, checked: Line, *beside: Line, where: str = "EU") -> tuple[dict[str, Finding], dict[str, Unchecked]]:
    """Findings and unchecked of this family only."""
    findings, unchecked = answers(case(who, *beside, where=where), checked)
    return (
        {key: one for key, one in findings.items() if key in CONDITION_RULES},
        {key: one for key, one in unchecked.items() if key in CONDITION_RULES},
    )


def levels(who: Person, checked: Line, *beside: Line, where: str = "EU") -> dict[str, Level]:
    return {key: one.level for key, one in looked(who, checked, *beside, where=where)[0].items()}


def unasked(*kinds: str, **more: object) -> Person:
    """The person with these never asked."""
    base = person(**more)
    return replace(base, precautions=tuple(row for row in base.precautions if row.kind not in kinds))


# --- What each condition says of which product ------------------------------------------------------------------------

EXPECTED: dict[str, dict[str, dict[str, Level]]] = {
    "immunocompromise": {key: {"immunocompromise": STOP} for key in (*TCIS, "ruxolitinib-1.5")},
    "barrier_defect": {key: {"barrier-defect": STOP} for key in TCIS},
    "skin_malignancy": {key: {"skin-malignancy": WARN} for key in TCIS},
    "skin_infection": {key: {"infection-tci": WARN} for key in TCIS}
    | {key: {"infection-steroid": INFORM} for key in ("hydrocortisone-1", "clobetasol-propionate-0.05")},
    "pregnancy": {key: {"pregnancy-tci": WARN} for key in TCIS}
    | {key: {"pregnancy-systemic": STOP} for key in (*ORAL_JAKS, "methotrexate")}
    | {"ruxolitinib-1.5": {"pregnancy-topical-jak": WARN}},
    "breastfeeding": {key: {"breastfeeding-tci": WARN} for key in TCIS}
    | {"abrocitinib-100": {"breastfeeding-abrocitinib": STOP}, "ruxolitinib-1.5": {"breastfeeding-topical-jak": WARN}}
    | {key: {"breastfeeding-oral-jak": WARN} for key in ("upadacitinib-15", "baricitinib-4")},
    "phototherapy": {key: {"phototherapy-with-tci": WARN} for key in TCIS},
    "helminth_infection": {key: {"helminth-infection": WARN} for key in BIOLOGICS},
    "epilepsy": {},  # the antihistamines have it
}
SOME_OF_EVERY_FAMILY = (
    *TCIS,
    *ORAL_JAKS,
    *BIOLOGICS,
    "ruxolitinib-1.5",
    "hydrocortisone-1",
    "clobetasol-propionate-0.05",
    "crisaborole-2",
    "tapinarof-1",
    "emollient",
    "cleanser-soap-free",
    "wet-wrap",
    "bleach-bath",
    "antibiotic-topical",
    "antibiotic-oral",
    "antiseptic",
    "antihistamine-topical",
    "cetirizine",
    "ciclosporin",
    "methotrexate",
    "azathioprine",
    "nb-uvb",
    "prednisolone-oral",
)


@pytest.mark.parametrize("where", ["EU", "UK", "US", "other"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_condition_that_is_present(kind: str, where: str) -> None:
    who = having(found(kind))
    for key in SOME_OF_EVERY_FAMILY:
        assert levels(who, line(key, "trunk"), where=where) == EXPECTED[kind].get(key, {}), key
        assert not looked(who, line(key, "trunk"), where=where)[1], key


@pytest.mark.parametrize("kind", KINDS)
def test_a_condition_nobody_asked_about_is_not_passed(kind: str) -> None:
    answer = found(kind, Answer.NOT_ASKED)
    for who in (unasked(kind), having(answer)):
        for key in SOME_OF_EVERY_FAMILY:
            findings, unchecked = looked(who, line(key, "trunk"))
            assert not findings, key
            assert set(unchecked) == set(EXPECTED[kind].get(key, {})), key
            for one in unchecked.values():
                assert one.missing == (WORDS[kind],)


def test_nothing_present_and_everything_asked_is_silent() -> None:
    for key in SOME_OF_EVERY_FAMILY:
        assert looked(person(), line(key, "trunk")) == ({}, {}), key


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"epilepsy"}))
def test_the_answer_is_shown_with_its_day_and_who_recorded_it(kind: str) -> None:
    row = Precaution(kind, Answer.PRESENT, date(2026, 10, 3), "Nora Nurse", from_on=date(2026, 9, 1), text="in words")
    key = next(iter(EXPECTED[kind]))
    (one,) = looked(having(row), line(key, "trunk"))[0].values()
    (seen,) = one.inputs
    assert seen.value == "present, from 1 September 2026, in words"
    assert (seen.what, seen.on, seen.by) == (WORDS[kind], date(2026, 10, 3), "Nora Nurse")


@pytest.mark.parametrize(
    ("from_on", "until_on", "is_present"),
    [
        (None, None, True),
        (date(2026, 9, 1), ON, True),  # its last day is today
        (date(2026, 9, 1), ON - timedelta(days=1), False),
        (ON + timedelta(days=13), None, True),  # the last day of the line
        (ON + timedelta(days=14), None, False),
    ],
)
@pytest.mark.parametrize("kind", ["immunocompromise", "skin_infection", "pregnancy", "phototherapy"])
def test_the_days_of_a_condition(kind: str, from_on: date | None, until_on: date | None, is_present: bool) -> None:
    who = having(found(kind, from_on=from_on, until_on=until_on))
    checked = line("tacrolimus-0.1", "trunk", until_on=ON + timedelta(days=13))
    findings, unchecked = looked(who, checked)
    assert bool(findings) == is_present
    is_over = until_on is not None and until_on < ON  # what is over says nothing about today
    assert bool(unchecked) == is_over


def test_a_line_that_runs_is_looked_at_from_today() -> None:
    checked = line("tacrolimus-0.1", "trunk", starts_on=ON - timedelta(days=60))
    over = found("skin_infection", from_on=ON - timedelta(days=50), until_on=ON - timedelta(days=40))
    assert not looked(having(over), checked)[0]


# --- Sources ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "key", "where", "names", "is_other"),
    [
        ("immunocompromise", "tacrolimus-0.1", "EU", ("EMA package leaflet EU/1/02/201/001", "S0:", "S2:"), False),
        ("immunocompromise", "tacrolimus-0.1", "US", ("US label of Protopic", "S0:", "S2:"), False),
        ("immunocompromise", "tacrolimus-0.1", "UK", ("EMA package leaflet", "US label of Protopic", "S0:", "S2:"), True),
        ("immunocompromise", "pimecrolimus-1", "UK", ("UK SmPC of Elidel, 2022", "S0:", "S2:"), False),
        ("immunocompromise", "ruxolitinib-1.5", "US", ("US label of ruxolitinib cream",), False),
        ("immunocompromise", "ruxolitinib-1.5", "EU", ("US label of ruxolitinib cream",), True),
        ("barrier_defect", "tacrolimus-0.03", "EU", ("EMA package leaflet EU/1/02/201/001", "S0:", "S2:"), False),
        ("skin_malignancy", "pimecrolimus-1", "EU", ("Elidel product text",), False),
        ("skin_infection", "tacrolimus-0.1", "US", ("US label of Protopic", "S1:", "S3:"), False),
        ("skin_infection", "hydrocortisone-1", "EU", ("adtrack's own rule",), False),
        ("pregnancy", "tacrolimus-0.1", "EU", ("EU product text of Protopic", "S0:"), False),
        ("pregnancy", "baricitinib-4", "EU", ("EMA package leaflet of Olumiant", "fact sheet C24"), False),
        ("pregnancy", "baricitinib-4", "US", ("EMA package leaflet of Olumiant", "fact sheet C24"), True),
        ("pregnancy", "methotrexate", "EU", ("fact sheet C24",), False),
        ("pregnancy", "ruxolitinib-1.5", "EU", ("EMA package leaflet of Opzelura",), False),
        ("breastfeeding", "abrocitinib-50", "EU", ("EMA package leaflet of Cibinqo",), False),
        ("breastfeeding", "upadacitinib-15", "EU", ("EMA package leaflet of Cibinqo",), False),
        ("helminth_infection", "dupilumab-300", "EU", ("EMA package leaflet of Dupixent",), False),
        (
            "helminth_infection",
            "nemolizumab",
            "EU",
            ("EMA package leaflet of Dupixent", "EMA package leaflet of Adtralza"),
            True,
        ),
        ("phototherapy", "tacrolimus-0.1", "EU", ("EMA package leaflet EU/1/02/201/001", "US label", "S0:", "S2:"), False),
    ],
)
def test_the_sources_are_named(kind: str, key: str, where: str, names: tuple[str, ...], is_other: bool) -> None:
    (one,) = looked(having(found(kind)), line(key, "trunk"), where=where)[0].values()
    cited = [source.name for source in one.cited]
    for name in names:
        assert any(source.startswith(name) for source in cited), (name, cited)
    if kind != "pregnancy" or key != "methotrexate":  # its rule cites the leaflets of the JAK inhibitors as well
        assert len(cited) == len(names), cited
    assert ("No label of this jurisdiction is on file on this point" in said(one)) == is_other


# --- C23: lowering ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "rule_id", "key", "expected"),
    [
        ("immunocompromise", "immunocompromise", "tacrolimus-0.1", WARN),
        ("barrier_defect", "barrier-defect", "tacrolimus-0.1", WARN),
        ("pregnancy", "pregnancy-systemic", "methotrexate", STOP),
        ("pregnancy", "pregnancy-systemic", "upadacitinib-30", STOP),
        ("breastfeeding", "breastfeeding-abrocitinib", "abrocitinib-200", STOP),
    ],
)
def test_only_a_lowerable_stop_is_lowered(kind: str, rule_id: str, key: str, expected: Level) -> None:
    of = case(having(found(kind)), choices={rule_id: Choice(level=2)})
    assert answers(of, line(key, "trunk"))[0][rule_id].level == expected


def test_a_clinic_can_make_light_with_a_tci_a_stop() -> None:
    of = case(having(found("phototherapy")), choices={"phototherapy-with-tci": Choice(level=3)})
    assert answers(of, line("tacrolimus-0.1", "trunk"))[0]["phototherapy-with-tci"].level == STOP


# --- C21: where the infection is --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "sites", "is_met"),
    [
        (Place("face"), ("face",), True),
        (Place("face"), ("eyelids",), True),
        (Place("eyelids", Side.LEFT), ("face",), True),
        (Place("face"), ("trunk",), False),
        (Place("face"), ("neck",), False),
        (Place("face"), ("trunk", "head_neck"), True),
        (Place("whole_body"), ("hands:left",), True),
        (Place("hands", Side.LEFT), ("hands:right",), False),
        (Place("hands", Side.LEFT), ("hands:left",), True),
        (Place("hands", Side.LEFT), ("hands:both",), True),
        (Place("hands", Side.LEFT), ("hands",), True),
    ],
)
@pytest.mark.parametrize(
    ("key", "rule_id"), [("tacrolimus-0.1", "infection-tci"), ("hydrocortisone-1", "infection-steroid")]
)
def test_an_infection_counts_where_it_is(
    key: str, rule_id: str, place: Place, sites: tuple[str, ...], is_met: bool
) -> None:
    findings, unchecked = looked(having(found("skin_infection", place=place)), line(key, *sites))
    assert set(findings) == ({rule_id} if is_met else set())
    assert set(unchecked) == (set() if is_met else {rule_id})  # of that other skin nobody said anything


def test_an_infection_on_the_face_is_one_finding_for_the_face_and_none_for_the_trunk() -> None:
    who = having(found("skin_infection", place=Place("face")), found("skin_infection", place=Place("eyelids", Side.LEFT)))
    findings, _ = looked(who, line("tacrolimus-0.1", "face"))
    assert [one.value for one in findings["infection-tci"].inputs] == ["present, face", "present, eyelids (left)"]
    assert findings["infection-tci"].rule.topic == "C21"
    assert not looked(who, line("tacrolimus-0.1", "trunk"))[0]


def test_an_infection_without_a_place_counts_everywhere_and_says_so() -> None:
    findings, _ = looked(having(found("skin_infection")), line("tacrolimus-0.1", "trunk"))
    assert "Where an infection is was not recorded" in said(findings["infection-tci"])
    unplaced, _ = looked(having(found("skin_infection", place=Place("face"))), line("tacrolimus-0.1"))
    assert "Where the product is used was not recorded" in said(unplaced["infection-tci"])


def test_an_infection_that_was_ruled_out_on_one_place_is_silent() -> None:
    who = having(found("skin_infection", Answer.ABSENT, place=Place("face")))
    assert looked(who, line("tacrolimus-0.1", "face")) == ({}, {})


# --- What counts as asked ---------------------------------------------------------------------------------------------

ABSENT = Answer.ABSENT


@pytest.mark.parametrize(
    ("asked", "sites", "is_known"),
    [
        ([""], ("face",), True),  # about the whole person
        (["face"], ("face",), True),
        (["face"], ("eyelids",), True),
        (["eyelids"], ("face",), False),  # only a part of it
        (["face"], ("trunk",), False),
        (["face"], ("face", "trunk"), False),
        (["face", "trunk"], ("face", "trunk"), True),
        (["whole_body"], ("face", "hands:left"), True),
        (["hands:left"], ("hands:left",), True),
        (["hands:left"], ("hands:right",), False),
        (["hands:left"], ("hands:both",), False),
        (["hands:left"], ("hands",), False),
        (["hands:left", "hands:right"], ("hands:both",), True),
        (["hands:both"], ("palms:left",), True),
        (["hands"], ("palms:left",), True),
        (["face"], (), False),  # of a line whose skin is not known
        ([""], (), True),
    ],
)
@pytest.mark.parametrize(
    ("key", "rule_id"), [("tacrolimus-0.1", "infection-tci"), ("hydrocortisone-1", "infection-steroid")]
)
def test_absent_speaks_of_its_place(
    key: str, rule_id: str, asked: list[str], sites: tuple[str, ...], is_known: bool
) -> None:
    places = [Place(code, Side(side)) if code else None for code, _colon, side in (one.partition(":") for one in asked)]
    who = having(*(found("skin_infection", ABSENT, place=place) for place in places))
    findings, unchecked = looked(who, line(key, *sites))
    assert not findings
    assert set(unchecked) == (set() if is_known else {rule_id})
    if not is_known:
        assert unchecked[rule_id].because == "Nobody has recorded whether the skin is infected."


@pytest.mark.parametrize(("until_on", "is_known"), [(ON, True), (ON - timedelta(days=1), False), (None, True)])
@pytest.mark.parametrize("answer", [ABSENT, Answer.PRESENT])
def test_an_answer_that_is_over_says_nothing_about_now(answer: Answer, until_on: date | None, is_known: bool) -> None:
    for kind, key in (("pregnancy", "methotrexate"), ("immunocompromise", "ruxolitinib-1.5")):
        who = having(found(kind, answer, from_on=date(2026, 1, 1), until_on=until_on))
        assert bool(looked(who, line(key, "trunk"))[1]) is not is_known


def test_an_answer_that_ends_before_a_later_start_says_nothing_about_it() -> None:
    who = having(found("pregnancy", Answer.PRESENT, until_on=ON + timedelta(days=9)))
    assert set(looked(who, line("methotrexate", starts_on=ON + timedelta(days=9)))[0]) == {"pregnancy-systemic"}
    assert set(looked(who, line("methotrexate", starts_on=ON + timedelta(days=10)))[1]) == {"pregnancy-systemic"}


GROWING_OLD = [
    ("pregnancy", "tacrolimus-0.1", "pregnancy-tci"),
    ("pregnancy", "methotrexate", "pregnancy-systemic"),
    ("pregnancy", "ruxolitinib-1.5", "pregnancy-topical-jak"),
    ("skin_infection", "pimecrolimus-1", "infection-tci"),
    ("skin_infection", "mometasone-furoate-0.1", "infection-steroid"),
]


@pytest.mark.parametrize(
    ("days", "params", "is_old"),
    [(0, {}, False), (90, {}, False), (91, {}, True), (30, {"max_days": 30}, False), (31, {"max_days": 30}, True)],
)
@pytest.mark.parametrize(("kind", "key", "rule_id"), GROWING_OLD)
def test_absent_grows_old(kind: str, key: str, rule_id: str, days: int, params: dict[str, int], is_old: bool) -> None:
    who = having(replace(found(kind, ABSENT), on=ON - timedelta(days=days)))
    findings, unchecked = answers(case(who, choices={rule_id: Choice(params=params)}), line(key, "back"))
    assert rule_id not in findings
    assert (rule_id in unchecked) is is_old
    assert "adtrack's own" in RULES[rule_id].logic


def test_what_has_grown_old_names_the_day() -> None:
    who = having(replace(found("pregnancy", ABSENT), on=date(2026, 8, 21)))  # 91 days
    one = looked(who, line("methotrexate"))[1]["pregnancy-systemic"]
    assert one.because == "Not checked because it was asked on 21 August 2026, more than 90 days ago: pregnancy."
    assert one.missing == ("pregnancy",)
    undated = having(replace(found("pregnancy", ABSENT), on=None))
    assert "on a day that is not recorded" in looked(undated, line("methotrexate"))[1]["pregnancy-systemic"].because


def test_a_newer_answer_about_the_place_counts_and_the_oldest_place_is_named() -> None:
    old, new = replace(found("skin_infection", ABSENT), on=date(2026, 6, 1)), date(2026, 11, 1)
    face = replace(old, place=Place("face"), on=new)
    assert not looked(having(old, face), line("tacrolimus-0.1", "face"))[1]
    both = looked(having(old, face), line("tacrolimus-0.1", "face", "trunk"))[1]
    assert "asked on 1 June 2026" in both["infection-tci"].because


@pytest.mark.parametrize("kind", ["immunocompromise", "barrier_defect", "skin_malignancy", "breastfeeding"])
def test_other_answers_do_not_grow_old(kind: str) -> None:
    who = having(replace(found(kind, ABSENT), on=date(2016, 1, 1)))
    assert looked(who, line("tacrolimus-0.1", "trunk")) == ({}, {})


# --- C24: who is asked ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born_on", "is_said"),
    [
        (date(2016, 11, 21), False),  # 10 years tomorrow
        (date(2016, 11, 20), True),
        (date(1970, 11, 21), True),  # 55 years
        (date(1970, 11, 20), False),  # 56 years today
        (date(1986, 5, 4), True),
    ],
)
@pytest.mark.parametrize(
    ("kind", "key"), [("pregnancy", "pimecrolimus-1"), ("breastfeeding", "baricitinib-4"), ("pregnancy", "methotrexate")]
)
def test_pregnancy_is_asked_from_10_to_55_years(kind: str, key: str, born_on: date, is_said: bool) -> None:
    findings, unchecked = looked(unasked(kind, born_on=born_on), line(key, "trunk"))
    assert not findings
    assert bool(unchecked) == is_said


def test_born_on_29_february_is_10_on_1_march() -> None:
    who = unasked("pregnancy", born_on=date(2016, 2, 29))
    for day, is_said in ((date(2026, 2, 28), False), (date(2026, 3, 1), True)):
        of = replace(case(who), on=day)
        _, unchecked = answers(of, line("tacrolimus-0.03", "trunk", starts_on=day))
        assert ("pregnancy-tci" in unchecked) == is_said


def test_at_an_unknown_age_it_is_asked() -> None:
    _, unchecked = looked(unasked("pregnancy", born_on=None), line("tacrolimus-0.1", "trunk"))
    assert unchecked["pregnancy-tci"].missing == ("pregnancy", "birth date")


@pytest.mark.parametrize(
    ("sex", "is_said"), [("female", True), ("male", False), ("indeterminate", True), ("unknown", True)]
)
@pytest.mark.parametrize(("kind", "key"), [("pregnancy", "methotrexate"), ("breastfeeding", "pimecrolimus-1")])
def test_men_are_not_asked_and_what_is_recorded_counts(kind: str, key: str, sex: str, is_said: bool) -> None:
    assert set(Sex.values) == {"female", "male", "indeterminate", "unknown"}
    nobody = unasked(kind, sex=sex)
    assert bool(looked(nobody, line(key, "trunk"))[1]) is is_said
    old = having(replace(found(kind, Answer.ABSENT), on=date(2020, 1, 1)), sex=sex)
    assert bool(looked(old, line(key, "trunk"))[1]) is (is_said and kind == "pregnancy")
    assert looked(having(found(kind), sex=sex), line(key, "trunk"))[0]
    assert not looked(unasked(kind, sex=sex, born_on=date(2016, 11, 21)), line(key, "trunk"))[1]  # 10 years tomorrow


def test_of_an_unknown_birth_date_only_men_are_not_asked() -> None:
    assert not looked(unasked("pregnancy", sex="male", born_on=None), line("methotrexate"))[1]
    assert looked(unasked("pregnancy", sex="unknown", born_on=None), line("methotrexate"))[1]


def test_what_is_recorded_counts_at_every_age() -> None:
    for born_on in (date(2020, 1, 1), date(1960, 1, 1), None):
        assert levels(having(found("pregnancy"), born_on=born_on), line("upadacitinib-15")) == {"pregnancy-systemic": STOP}


def test_the_ages_are_the_clinics() -> None:
    who = unasked("pregnancy", born_on=date(2014, 11, 20))  # 12 years
    choices = {"pregnancy-tci": Choice(params={"asked_from_years": 13})}
    assert "pregnancy-tci" not in answers(case(who, choices=choices), line("tacrolimus-0.03", "trunk"))[1]
    assert "pregnancy-tci" in answers(case(who), line("tacrolimus-0.03", "trunk"))[1]


# --- C6: light --------------------------------------------------------------------------------------------------------

LIGHT = line("nb-uvb", "whole_body", phase=Phase.COURSE, until_on=ON + timedelta(days=60), review_on=None)


@pytest.mark.parametrize(
    ("first", "last", "is_met"),
    [(0, 60, True), (-10, 0, True), (-10, -1, False), (13, 60, True), (14, 60, False)],
)
def test_a_light_line_beside_a_tci_in_either_order(first: int, last: int, is_met: bool) -> None:
    light = replace(LIGHT, starts_on=ON + timedelta(days=first), until_on=ON + timedelta(days=last))
    tci = line("tacrolimus-0.1", "trunk", until_on=ON + timedelta(days=13))
    expected = {"phototherapy-with-tci": WARN} if is_met else {}
    assert levels(person(), tci, light) == expected
    assert levels(person(), light, tci) == expected


def test_the_other_line_and_the_first_shared_day_are_named() -> None:
    tci = line("tacrolimus-0.1", "trunk")
    light = replace(LIGHT, starts_on=date(2026, 12, 1), is_elsewhere=True)
    one = looked(person(), tci, light)[0]["phototherapy-with-tci"]
    assert one.others == ("line-nb-uvb",)
    assert "from 1 December 2026" in said(one)
    assert "prescribed elsewhere" in said(one)
    assert one.rule.topic == "C6b"
    booked = having(found("phototherapy", from_on=date(2026, 12, 5), until_on=date(2026, 12, 20)))
    recorded = looked(booked, tci)[0]["phototherapy-with-tci"]
    assert "phototherapy share days from 5 December 2026" in said(recorded)
    for begun in (None, date(2026, 11, 2)):  # under way: shared from today, not from its first day
        running = looked(having(found("phototherapy", from_on=begun)), tci)[0]["phototherapy-with-tci"]
        assert "share days from 20 November 2026" in said(running)


def test_light_on_hold_or_beside_another_class_is_silent() -> None:
    assert not levels(person(), line("tacrolimus-0.1", "trunk"), replace(LIGHT, phase=Phase.HOLD))
    assert not levels(person(), line("hydrocortisone-1", "trunk"), LIGHT)
    assert not levels(having(found("phototherapy")), LIGHT)


def test_a_light_line_answers_what_nobody_asked() -> None:
    findings, unchecked = looked(unasked("phototherapy"), line("tacrolimus-0.1", "trunk"), LIGHT)
    assert set(findings) == {"phototherapy-with-tci"}
    assert not unchecked


@pytest.mark.parametrize(("born_on", "is_young"), [(date(2014, 11, 21), True), (date(2014, 11, 20), False)])
def test_light_under_12_years(born_on: date, is_young: bool) -> None:
    findings, _ = looked(person(born_on=born_on), LIGHT)
    assert set(findings) == ({"phototherapy-age"} if is_young else set())
    if is_young:
        one = findings["phototherapy-age"]
        assert (one.level, one.rule.topic) == (WARN, "C6a")
        assert "11 y 11 m" in said(one)
        assert "written for adults" in said(one)
        spoken = {source.name[:3]: source.speaks_for for source in one.cited}
        assert spoken == {"S0:": "", "S3:": "", "AAD": "adults"}


def test_light_at_an_unknown_age_and_the_age_of_the_clinic() -> None:
    assert looked(person(born_on=None), LIGHT)[1]["phototherapy-age"].missing == ("birth date",)
    choices = {"phototherapy-age": Choice(params={"min_age_years": 6})}
    of = case(person(born_on=date(2018, 1, 1)), choices=choices)
    assert "phototherapy-age" not in answers(of, LIGHT)[0]


# --- Every rule of the four families ----------------------------------------------------------------------------------

WORST = replace(
    having(*(found(kind) for kind in KINDS), born_on=date(2025, 10, 1)),
    weight=Measured(Decimal("4.2"), date(2026, 1, 1), "Nora Nurse"),
    allergies=(
        Allergy("class", "calcineurin_inhibitors", "Calcineurin inhibitors"),
        Allergy("class", "corticosteroids", "Corticosteroids"),
        Allergy("class", "jak_inhibitors", "JAK inhibitors"),
        Allergy("class", "biologics", "Biologics"),
        Allergy("substance", "other", "100 % wool"),
    ),
    viga=Measured(Decimal(4), ON),
    easi=Measured(Decimal("30.5"), ON),
)


@pytest.mark.parametrize("where", ["EU", "UK", "US", "other"])
@pytest.mark.parametrize(
    "who", [WORST, replace(WORST, viga=None, easi=Measured(Decimal(1), ON), born_on=date(1940, 1, 1)), Person(None)]
)
def test_every_sentence_can_be_shown(who: Person, where: str) -> None:
    for key in PRODUCTS:
        heard = list(outcomes(case(who, LIGHT, where=where), line(key, "face")))
        for one in heard:
            text = said(one) if isinstance(one, Finding) else one.because
            assert text.endswith((".", "(not verified)")), text
            assert "%(" not in text
            assert "%%" not in text
            assert "—" not in text
            assert RULES[one.rule.id] is one.rule
            if isinstance(one, Finding):
                assert one.cited
                assert one.rule.logic.endswith("."), one.rule.id
        told = [one.rule.id for one in heard if isinstance(one, Finding)]
        assert len(told) == len(set(told)), f"{key}: one order is reported once"


def test_the_orders_that_are_right_are_not_interrupted() -> None:
    child = person(born_on=date(2017, 3, 1), weight=Measured(Decimal(28), date(2026, 11, 1)))
    for of, checked in (
        (case(), line("tacrolimus-0.1", "face", "neck")),
        (case(child, where="US"), line("tacrolimus-0.03", "trunk")),
    ):
        findings, unchecked = answers(of, checked)
        assert {one.level for one in findings.values()} <= {INFORM}
        assert not unchecked
    assert answers(case(unasked(*KINDS, born_on=None)), EMOLLIENT) == ({}, {})
