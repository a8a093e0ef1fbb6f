"""EASI against values worked out by hand, and against arithmetic of its own in whole twentieths of a point."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patients.scoring.bands import Band
from patients.scoring.easi import (
    HIGHEST,
    WEIGHTS,
    WHOLE_SIGNS,
    Findings,
    Problem,
    Region,
    Sign,
    WeightSet,
    Wrong,
    area_score,
    problems,
    score,
    weight_set,
)

HN, UL, TR, LL = Region.HEAD_NECK, Region.UPPER_LIMBS, Region.TRUNK, Region.LOWER_LIMBS
REGIONS = [HN, UL, TR, LL]
SIGNS = [Sign.REDNESS, Sign.THICKNESS, Sign.SCRATCHING, Sign.LICHENIFICATION]
ADULT, CHILD = WeightSet.FROM_8, WeightSet.UNDER_8
BOTH = [ADULT, CHILD]

# Of our own: weights in tenths, signs in halves, so that a total comes out in twentieths of a point, a whole number.
TENTHS = {ADULT: (1, 2, 3, 4), CHILD: (2, 2, 3, 3)}
HALVES = (0, 2, 3, 4, 5, 6)
UPPER_LIMITS = [  # in twentieths
    (0, Band.CLEAR),
    (20, Band.ALMOST_CLEAR),
    (140, Band.MILD),
    (420, Band.MODERATE),
    (1000, Band.SEVERE),
    (1440, Band.VERY_SEVERE),
]

NONE, WORST = "0 0 0 0 | 0", "3 3 3 3 | 6"

# A region of our own: four signs in halves and the area.
Seen = tuple[tuple[int, int, int, int], int]


def seen(hn: str = NONE, ul: str = NONE, tr: str = NONE, ll: str = NONE) -> dict[Region, Findings]:
    """Findings as the clinical reference writes them: redness, thickness, scratching, lichenification | area."""
    found = {}
    for region, text in ((HN, hn), (UL, ul), (TR, tr), (LL, ll)):
        signs, area = text.split("|")
        found[region] = Findings(int(area), dict(zip(SIGNS, map(Decimal, signs.split()), strict=True)))
    return found


def one_region(region: Region, findings: Findings) -> dict[Region, Findings]:
    """These findings in one region, all others clear."""
    return seen() | {region: findings}


def without(findings: dict[Region, Findings], items: set[tuple[Region, Sign | None]]) -> dict[Region, Findings]:
    """The findings with these items not answered; None stands for the area."""
    return {
        region: Findings(
            None if (region, None) in items else was.area,
            {sign: None if (region, sign) in items else value for sign, value in was.signs.items()},
        )
        for region, was in findings.items()
    }


def as_findings(regions: tuple[Seen, ...]) -> dict[Region, Findings]:
    return {
        region: Findings(area, dict(zip(SIGNS, (Decimal(half) / 2 for half in halves), strict=True)))
        for region, (halves, area) in zip(REGIONS, regions, strict=True)
    }


def twentieths(regions: tuple[Seen, ...], weights: WeightSet) -> list[int]:
    """The four terms, in twentieths of a point."""
    return [sum(halves) * area * tenths for (halves, area), tenths in zip(regions, TENTHS[weights], strict=True)]


def band_in_twentieths(total: int) -> Band:
    return next(band for limit, band in UPPER_LIMITS if total <= limit)


# The vectors of the clinical reference, then (H) others, all worked out on paper.
E5 = {"hn": "2 1 1 0 | 2", "ul": "2 2 1 1 | 3", "tr": "1 1 0 0 | 2", "ll": "2 2 2 1 | 3"}
E16 = {"hn": "1 0 0 0 | 2", "ul": "1 1 0 0 | 2", "tr": "1 1 1 1 | 2", "ll": "1 1 1 0 | 3"}
ALL_WORST = {"hn": WORST, "ul": WORST, "tr": WORST, "ll": WORST}
VECTORS: list[tuple[str, dict[str, str], WeightSet, str, str, Band]] = [
    ("E1-from-8", {}, ADULT, "0", "0 0 0 0", Band.CLEAR),
    ("E1-under-8", {}, CHILD, "0", "0 0 0 0", Band.CLEAR),
    ("E2", ALL_WORST, ADULT, "72", "7.2 14.4 21.6 28.8", Band.VERY_SEVERE),
    ("E3", ALL_WORST, CHILD, "72", "14.4 14.4 21.6 21.6", Band.VERY_SEVERE),
    ("E5", E5, ADULT, "14.0", "0.8 3.6 1.2 8.4", Band.MODERATE),
    ("E6", E5, CHILD, "12.7", "1.6 3.6 1.2 6.3", Band.MODERATE),
    ("E7", {"hn": "1 0 0 0 | 1"}, ADULT, "0.1", "0.1 0 0 0", Band.ALMOST_CLEAR),
    ("E8-from-8", {"hn": WORST}, ADULT, "7.2", "7.2 0 0 0", Band.MODERATE),
    ("E8-under-8", {"hn": WORST}, CHILD, "14.4", "14.4 0 0 0", Band.MODERATE),
    ("E9-from-8", {"ll": WORST}, ADULT, "28.8", "0 0 0 28.8", Band.SEVERE),
    ("E9-under-8", {"ll": WORST}, CHILD, "21.6", "0 0 0 21.6", Band.SEVERE),
    ("E11", {"hn": "1.5 0 0 0 | 1"}, ADULT, "0.15", "0.15 0 0 0", Band.ALMOST_CLEAR),
    ("E14", {"hn": "1 1 1 1 | 1", "ul": "1 1 1 0 | 1"}, ADULT, "1.0", "0.4 0.6 0 0", Band.ALMOST_CLEAR),
    ("E16", E16, ADULT, "7.0", "0.2 0.8 2.4 3.6", Band.MILD),
    ("E17", E16 | {"hn": "1 1 1 0 | 1"}, ADULT, "7.1", "0.3 0.8 2.4 3.6", Band.MODERATE),
    # Each limit of the bands and the half step above it: 1.0, 7.0, 21.0, 50.0.
    ("H1", {"hn": "1.5 1 1 1 | 1", "ul": "1 1 1 0 | 1"}, ADULT, "1.05", "0.45 0.6 0 0", Band.MILD),
    ("H2", E16 | {"hn": "2.5 0 0 0 | 1"}, ADULT, "7.05", "0.25 0.8 2.4 3.6", Band.MODERATE),
    ("H3", {"hn": "3 3 3 3 | 1", "ul": "1 1 1 0 | 1", "ll": "3 3 3 3 | 4"}, ADULT, "21.0", "1.2 0.6 0 19.2", Band.MODERATE),
    (
        "H4",
        {"hn": "2.5 0 0 0 | 5", "ul": "1 1 1 0 | 1", "ll": "3 3 3 3 | 4"},
        ADULT,
        "21.05",
        "1.25 0.6 0 19.2",
        Band.SEVERE,
    ),
    ("H5", {"ul": "2 2 2 2 | 2", "tr": "3 3 3 3 | 5", "ll": WORST}, ADULT, "50.0", "0 3.2 18 28.8", Band.SEVERE),
    (
        "H6",
        {"hn": "2.5 0 0 0 | 1", "ul": "3 2 0 0 | 3", "tr": "3 3 3 3 | 5", "ll": WORST},
        ADULT,
        "50.05",
        "0.25 3 18 28.8",
        Band.VERY_SEVERE,
    ),
    ("H7", {"hn": "2 2 1 0 | 1"}, CHILD, "1.0", "1 0 0 0", Band.ALMOST_CLEAR),
    ("H8", {"tr": "1.5 1 1 0 | 1"}, CHILD, "1.05", "0 0 1.05 0", Band.MILD),
    ("H9", {"hn": "3 3 1 0 | 5"}, CHILD, "7.0", "7 0 0 0", Band.MILD),
    ("H10", {"hn": "3 3 0 0 | 5", "tr": "1.5 1 1 0 | 1"}, CHILD, "7.05", "6 0 1.05 0", Band.MODERATE),
    ("H11", {"hn": WORST, "ul": "3 3 3 2 | 3"}, CHILD, "21.0", "14.4 6.6 0 0", Band.MODERATE),
    ("H12", {"hn": WORST, "ul": "3 3 1 0 | 4", "tr": "1.5 1 1 0 | 1"}, CHILD, "21.05", "14.4 5.6 1.05 0", Band.SEVERE),
    (
        "H13",
        {"hn": WORST, "ul": "3 3 3 2 | 5", "tr": WORST, "ll": "3 2 0 0 | 2"},
        CHILD,
        "50.0",
        "14.4 11 21.6 3",
        Band.SEVERE,
    ),
    (
        "H14",
        {"hn": WORST, "ul": "3 3 2 2 | 5", "tr": WORST, "ll": "3 1.5 0 0 | 3"},
        CHILD,
        "50.05",
        "14.4 10 21.6 4.05",
        Band.VERY_SEVERE,
    ),
    # The same finding in all limbs tells the weights of arms and legs apart.
    ("H15", {"ul": "1.5 0 0 0 | 1", "ll": "1.5 0 0 0 | 1"}, ADULT, "0.9", "0 0.3 0 0.6", Band.ALMOST_CLEAR),
    ("H16", {"ul": "1.5 0 0 0 | 1", "ll": "1.5 0 0 0 | 1"}, CHILD, "0.75", "0 0.3 0 0.45", Band.ALMOST_CLEAR),
]


@pytest.mark.parametrize(
    ("regions", "weights", "total", "terms", "band"),
    [vector[1:] for vector in VECTORS],
    ids=[vector[0] for vector in VECTORS],
)
def test_score_of_a_vector(regions: dict[str, str], weights: WeightSet, total: str, terms: str, band: Band) -> None:
    scored = score(seen(**regions), weights)
    assert scored.total == Decimal(total)
    assert [scored.by_region[region] for region in REGIONS] == [Decimal(term) for term in terms.split()]
    assert scored.head_neck == Decimal(terms.split()[0])
    assert (scored.weights, scored.band) == (weights, band)


@pytest.mark.parametrize("weights", BOTH)
@pytest.mark.parametrize("sign", SIGNS)
def test_score_of_one_mild_sign_is_the_weight_of_its_region(sign: Sign, weights: WeightSet) -> None:
    only = Findings(1, dict.fromkeys(SIGNS, Decimal(0)) | {sign: Decimal(1)})
    scored = [score(one_region(region, only), weights).total * 10 for region in REGIONS]
    assert scored == list(TENTHS[weights])


def test_weights_are_the_published_ones_and_add_up_to_1() -> None:
    for weights, tenths in TENTHS.items():
        assert [WEIGHTS[weights][region] * 10 for region in REGIONS] == list(tenths)
        assert sum(WEIGHTS[weights].values()) == 1


# Every value there is, and what nothing can reach.


def products() -> dict[int, Seen]:
    """Every (sum of signs x area) of a region in halves, each with one way to get there."""
    ways: dict[int, Seen] = {}
    for halves in product(HALVES, repeat=4):
        for area in range(7):
            if bool(area) == bool(sum(halves)):
                ways.setdefault(sum(halves) * area, (halves, area))
    return ways


def totals(weights: WeightSet) -> dict[int, tuple[Seen, ...]]:
    """Every total in twentieths, each with one set of regions that has it."""
    ways: dict[int, tuple[Seen, ...]] = {0: ()}
    region = products()
    for tenths in TENTHS[weights]:
        longer: dict[int, tuple[Seen, ...]] = {}
        for total, regions in ways.items():
            for halves, found in region.items():
                longer.setdefault(total + halves * tenths, (*regions, found))
        ways = longer
    return ways


@pytest.mark.parametrize(("weights", "how_many"), [(ADULT, 1405), (CHILD, 1346)])
def test_total_and_band_of_every_value_that_can_be_reached(weights: WeightSet, how_many: int) -> None:
    ways = totals(weights)
    assert len(ways) == how_many
    assert (min(ways), max(ways)) == (0, 1440)
    assert HIGHEST == 72
    for total, regions in ways.items():
        scored = score(as_findings(regions), weights)
        assert Fraction(scored.total) == Fraction(total, 20)
        assert scored.band == band_in_twentieths(total)


def terms_as_scored(region: Region, weights: WeightSet) -> set[Fraction]:
    """Every term of a region, as the code scores it, in twentieths."""
    found = [as_findings((way,) * 4)[region] for way in products().values()]
    return {Fraction(score(one_region(region, one), weights).total) * 20 for one in found}


def test_e27_what_no_child_and_no_adult_can_score() -> None:
    below = {weights: {Fraction(0)} for weights in BOTH}
    for weights, region in product(BOTH, REGIONS):
        terms = [term for term in terms_as_scored(region, weights) if term < 20]
        below[weights] = {total + term for total in below[weights] for term in terms if total + term < 20}
    assert set(range(20)) - below[CHILD] == {1, 2, 3, 5, 7, 11}  # 0.05, 0.10, 0.15, 0.25, 0.35, 0.55
    assert set(range(20)) - below[ADULT] == {1}


# Properties.

AFFECTED = st.tuples(st.tuples(*[st.sampled_from(HALVES)] * 4), st.integers(1, 6)).filter(lambda one: any(one[0]))
CLEAR = st.just(((0, 0, 0, 0), 0))
FOUR = st.tuples(*[st.one_of(AFFECTED, AFFECTED, CLEAR)] * 4)
WHOLE = st.tuples(st.tuples(*[st.sampled_from([0, 2, 4, 6])] * 4), st.integers(1, 6)).filter(lambda one: any(one[0]))
FOUR_WHOLE = st.tuples(*[st.one_of(WHOLE, WHOLE, CLEAR)] * 4)
ITEMS = list(product(REGIONS, [None, *SIGNS]))


@given(FOUR, st.sampled_from(BOTH))
def test_score_equals_whole_number_arithmetic(regions: tuple[Seen, ...], weights: WeightSet) -> None:
    scored, terms = score(as_findings(regions), weights), twentieths(regions, weights)
    assert Fraction(scored.total) == Fraction(sum(terms), 20)
    assert 0 <= scored.total <= 72
    assert [Fraction(scored.by_region[region]) for region in REGIONS] == [Fraction(term, 20) for term in terms]
    assert scored.head_neck == scored.by_region[HN] <= (Decimal("7.2") if weights is ADULT else Decimal("14.4"))
    assert scored.band == band_in_twentieths(sum(terms))


@given(FOUR_WHOLE, st.sampled_from(BOTH))
def test_whole_points_give_multiples_of_a_tenth(regions: tuple[Seen, ...], weights: WeightSet) -> None:
    assert score(as_findings(regions), weights).total * 10 % 1 == 0


@given(FOUR, AFFECTED, st.sampled_from(REGIONS), st.sampled_from(BOTH), st.data())
def test_a_worse_item_scores_more(
    regions: tuple[Seen, ...], here: Seen, region: Region, weights: WeightSet, data: st.DataObject
) -> None:
    findings = as_findings(regions) | {region: as_findings((here,) * 4)[region]}
    was = findings[region]
    worse = [Findings(area, was.signs) for area in range((was.area or 0) + 1, 7)]
    worse += [
        Findings(was.area, dict(was.signs) | {sign: Decimal(half) / 2})
        for sign in SIGNS
        for half in HALVES
        if half > (was.signs[sign] or 0) * 2
    ]
    if worse:
        after = score(findings | {region: data.draw(st.sampled_from(worse))}, weights)
        assert after.total > score(findings, weights).total


@given(FOUR, st.sets(st.sampled_from(ITEMS), min_size=1))
@settings(max_examples=60)
def test_problems_name_exactly_the_missing_items(regions: tuple[Seen, ...], items: set[tuple[Region, Sign | None]]) -> None:
    findings = without(as_findings(regions), items)
    assert problems(findings) == [Problem(*item, Wrong.MISSING) for item in ITEMS if item in items]
    with pytest.raises(ValueError, match="not scored"):
        score(findings, ADULT)


# What is refused.


@pytest.mark.parametrize(("region", "sign"), ITEMS)
def test_problem_of_one_missing_item(region: Region, sign: Sign | None) -> None:
    findings = without(seen(**E5), {(region, sign)})
    assert problems(findings) == [Problem(region, sign, Wrong.MISSING)]
    with pytest.raises(ValueError, match="not scored"):
        score(findings, CHILD)


@pytest.mark.parametrize("region", REGIONS)
def test_problems_of_a_region_left_out(region: Region) -> None:
    findings = seen(**E5)
    del findings[region]
    assert problems(findings) == [Problem(region, item, Wrong.MISSING) for item in (None, *SIGNS)]
    assert problems(findings | {region: Findings()}) == problems(findings)


def test_problems_of_nothing_at_all_are_all_twenty_items() -> None:
    assert problems({}) == [Problem(*item, Wrong.MISSING) for item in ITEMS]


@pytest.mark.parametrize("text", ["0.5", "0.25", "1.25", "1.75", "2.75", "3.5", "4", "-1", "-1.5", "1.4999", "1.51", "NaN"])
@pytest.mark.parametrize(("region", "sign"), list(product(REGIONS, SIGNS)))
def test_e23_problem_of_a_sign_outside_the_set(region: Region, sign: Sign, text: str) -> None:
    was = seen(**E5)
    findings = was | {region: Findings(was[region].area, dict(was[region].signs) | {sign: Decimal(text)})}
    assert problems(findings) == [Problem(region, sign, Wrong.NOT_ALLOWED)]
    with pytest.raises(ValueError, match="not scored"):
        score(findings, ADULT)


@pytest.mark.parametrize("text", ["0", "1", "1.0", "1.5", "1.50", "2", "2.5", "3", "3.0"])
def test_no_problem_with_a_sign_of_the_set(text: str) -> None:
    assert problems(seen(hn=f"1 {text} 0 0 | 1")) == []


def test_whole_signs_are_the_allowed_ones_without_the_half_points() -> None:
    assert WHOLE_SIGNS == (0, 1, 2, 3)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("area", [-1, 7, 10])
def test_problem_of_an_area_outside_0_to_6(region: Region, area: int) -> None:
    findings = seen(**E5)
    findings |= {region: Findings(area, findings[region].signs)}
    assert problems(findings) == [Problem(region, None, Wrong.NOT_ALLOWED)]
    with pytest.raises(ValueError, match="not scored"):
        score(findings, ADULT)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("area", range(1, 7))
def test_e24_problem_of_an_area_without_a_sign(region: Region, area: int) -> None:
    findings = one_region(region, Findings(area, dict.fromkeys(SIGNS, Decimal(0))))
    assert problems(findings) == [Problem(region, None, Wrong.AREA_WITHOUT_SIGN)]
    with pytest.raises(ValueError, match="not scored"):
        score(findings, ADULT)


@given(st.sampled_from(REGIONS), st.sets(st.sampled_from(SIGNS), min_size=1), st.sampled_from(["1", "1.5", "2.5", "3"]))
@settings(max_examples=40)
def test_e24_problems_of_signs_without_an_area(region: Region, present: set[Sign], text: str) -> None:
    signs = {sign: Decimal(text) if sign in present else Decimal(0) for sign in SIGNS}
    findings = one_region(region, Findings(0, signs))
    assert problems(findings) == [Problem(region, sign, Wrong.SIGN_WITHOUT_AREA) for sign in SIGNS if sign in present]
    with pytest.raises(ValueError, match="not scored"):
        score(findings, CHILD)


def test_problems_of_several_regions_come_in_the_order_of_the_form() -> None:
    findings = seen(hn="0 0 0 0 | 3", ul="0 2 0 1 | 0", tr="1 0.5 0 0 | 1", ll="1 0 0 0 | 7")
    assert problems(findings) == [
        Problem(HN, None, Wrong.AREA_WITHOUT_SIGN),
        Problem(UL, Sign.THICKNESS, Wrong.SIGN_WITHOUT_AREA),
        Problem(UL, Sign.LICHENIFICATION, Wrong.SIGN_WITHOUT_AREA),
        Problem(TR, Sign.THICKNESS, Wrong.NOT_ALLOWED),
        Problem(LL, None, Wrong.NOT_ALLOWED),
    ]


def test_only_the_four_signs_are_added_up() -> None:
    more: dict[Any, Decimal | None] = dict(seen(**E5)[HN].signs) | {"dryness": Decimal(3)}
    assert score(seen(**E5) | {HN: Findings(2, more)}, ADULT).total == 14


# The affected share.


@pytest.mark.parametrize(
    ("percent", "area"),
    [
        ("0", 0),
        ("0.0", 0),
        ("0.001", 1),
        ("0.1", 1),
        ("0.4", 1),
        ("1", 1),
        ("9", 1),
        ("9.5", 1),
        ("9.9", 1),
        ("9.999", 1),
        ("10", 2),
        ("10.0", 2),
        ("10.1", 2),
        ("29.9", 2),
        ("29.999", 2),
        ("30", 3),
        ("49.9", 3),
        ("49.999", 3),
        ("50", 4),
        ("69.9", 4),
        ("69.999", 4),
        ("70", 5),
        ("89.9", 5),
        ("89.999", 5),
        ("90", 6),
        ("99.9", 6),
        ("100", 6),
        ("100.0", 6),
    ],
)
def test_e25_area_score_of_a_share(percent: str, area: int) -> None:
    assert area_score(Decimal(percent)) == area


@pytest.mark.parametrize("percent", ["-100", "-0.1", "-0.001", "100.001", "100.1", "101", "1000"])
def test_area_score_refused_outside_0_to_100(percent: str) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        area_score(Decimal(percent))


def test_area_score_of_every_tenth_of_a_per_cent() -> None:
    spans = [range(1), range(1, 100), range(100, 300), range(300, 500), range(500, 700), range(700, 900), range(900, 1001)]
    for area, span in enumerate(spans):
        assert {area_score(Decimal(tenths) / 10) for tenths in span} == {area}


# The weights by age.


@pytest.mark.parametrize(
    ("born", "on", "weights"),
    [
        # E26
        ("2018-02-28", "2026-02-27", CHILD),
        ("2018-02-28", "2026-02-28", ADULT),
        ("2020-02-29", "2028-02-28", CHILD),
        ("2020-02-29", "2028-02-29", ADULT),
        # Others
        ("2018-11-20", "2018-11-20", CHILD),
        ("2018-11-20", "2026-11-19", CHILD),
        ("2018-11-20", "2026-11-20", ADULT),
        ("2018-11-20", "2026-11-21", ADULT),
        ("2018-03-01", "2026-02-28", CHILD),
        ("2018-03-01", "2026-03-01", ADULT),
        ("2020-03-01", "2028-02-29", CHILD),
        ("2020-03-01", "2028-03-01", ADULT),
        ("2018-01-01", "2025-12-31", CHILD),
        ("2018-01-01", "2026-01-01", ADULT),
        ("2018-12-31", "2026-12-30", CHILD),
        ("2018-12-31", "2026-12-31", ADULT),
        ("2020-02-29", "2027-03-01", CHILD),
        ("2020-02-29", "2028-03-01", ADULT),
        # Eight years after 29 February 1892 and 2092 there is no such day: 1 March.
        ("1892-02-29", "1900-02-28", CHILD),
        ("1892-02-29", "1900-03-01", ADULT),
        ("2092-02-29", "2100-02-28", CHILD),
        ("2092-02-29", "2100-03-01", ADULT),
        ("1930-05-04", "2026-05-04", ADULT),
    ],
)
def test_weights_on_both_sides_of_the_8th_birthday(born: str, on: str, weights: WeightSet) -> None:
    assert weight_set(date.fromisoformat(born), date.fromisoformat(on)) is weights


@given(st.dates(date(1890, 1, 1), date(2110, 12, 31)))
def test_weights_change_on_the_8th_birthday_and_never_again(born: date) -> None:
    try:
        birthday = born.replace(year=born.year + 8)
    except ValueError:
        birthday = date(born.year + 8, 3, 1)
    around = [born, birthday - timedelta(days=1), birthday, birthday + timedelta(days=1), birthday + timedelta(days=30000)]
    assert [weight_set(born, on) for on in around] == [CHILD, CHILD, ADULT, ADULT, ADULT]


def test_no_weights_before_the_birth() -> None:
    with pytest.raises(ValueError, match="before the birth"):
        weight_set(date(2020, 2, 29), date(2020, 2, 28))


def test_same_findings_score_differently_from_the_8th_birthday_on() -> None:
    born, eve = date(2018, 11, 20), date(2026, 11, 19)
    assert score(seen(**E5), weight_set(born, eve)).total == Decimal("12.7")
    assert score(seen(**E5), weight_set(born, eve + timedelta(days=1))).total == Decimal("14.0")
