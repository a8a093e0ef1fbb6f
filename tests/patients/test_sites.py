"""Body sites: containment and sides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.sites import SITES, Side, contains, lineage, overlaps, problem_with

CODES = st.sampled_from(sorted(SITES))
SIDES = st.sampled_from(list(Side))


@pytest.mark.parametrize(
    ("outer", "inner", "inside"),
    [
        ("face", "eyelids", True),
        ("head_neck", "eyelids", True),
        ("whole_body", "eyelids", True),
        ("eyelids", "face", False),
        ("trunk", "axillae", True),
        ("trunk", "genitals", True),
        ("lower_limbs", "buttocks", True),
        ("trunk", "buttocks", False),
        ("upper_limbs", "axillae", False),
        ("face", "neck", False),
        ("face", "face", True),
    ],
)
def test_containment(outer: str, inner: str, inside: bool) -> None:
    assert contains(outer, inner) is inside


def test_every_site_lies_in_the_whole_body() -> None:
    assert all(lineage(code)[-1] == "whole_body" for code in SITES)


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (("hands", Side.LEFT), ("fingers", Side.LEFT), True),
        (("hands", Side.LEFT), ("fingers", Side.RIGHT), False),
        (("hands", Side.LEFT), ("fingers", Side.BOTH), True),
        (("hands", Side.LEFT), ("fingers", Side.NONE), True),
        (("upper_limbs", Side.NONE), ("palms", Side.RIGHT), True),
        (("face", Side.NONE), ("hands", Side.NONE), False),
    ],
)
def test_overlap(one: tuple[str, Side], other: tuple[str, Side], shared: bool) -> None:
    assert overlaps(*one, *other) is shared


@given(CODES, SIDES, CODES, SIDES)
def test_overlap_is_mutual(one: str, one_side: Side, other: str, other_side: Side) -> None:
    assert overlaps(one, one_side, other, other_side) == overlaps(other, other_side, one, one_side)


def test_a_side_only_where_there_are_two() -> None:
    assert problem_with("hands", Side.LEFT) == ""
    assert problem_with("scalp", Side.NONE) == ""
    assert problem_with("scalp", Side.LEFT) == "this site has no left and right"
    assert problem_with("elbow", Side.NONE) == "unknown site"
