"""POEM: seven answers, what happens to open ones, the bands, and what a change means."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.scoring.bands import Band
from patients.scoring.poem import HIGHEST, Change, Question, change_class, score

QUESTIONS = [
    Question.ITCH,
    Question.SLEEP,
    Question.BLEEDING,
    Question.WEEPING,
    Question.CRACKING,
    Question.FLAKING,
    Question.DRYNESS,
]
# The band of each total from 0 to 28, one by one (Charman 2013).
BANDS = [Band.CLEAR] * 3 + [Band.MILD] * 5 + [Band.MODERATE] * 9 + [Band.SEVERE] * 8 + [Band.VERY_SEVERE] * 4

ANSWERS = st.lists(st.integers(0, 4), min_size=7, max_size=7)


def answers(text: str) -> dict[Question, int | None]:
    """Seven answers in the order of the form; "-" is a question left open."""
    return {
        question: None if one == "-" else int(one) for question, one in zip(QUESTIONS, text.replace(",", ""), strict=True)
    }


@pytest.mark.parametrize(
    ("text", "total", "band"),
    [
        pytest.param("0,0,0,0,0,0,0", 0, Band.CLEAR, id="P1"),
        pytest.param("4,4,4,4,4,4,4", 28, Band.VERY_SEVERE, id="P2"),
        pytest.param("1,1,0,0,0,0,0", 2, Band.CLEAR, id="P3"),
        pytest.param("1,1,1,0,0,0,0", 3, Band.MILD, id="P4"),
        pytest.param("1,1,1,1,1,1,1", 7, Band.MILD, id="P5"),
        pytest.param("2,1,1,1,1,1,1", 8, Band.MODERATE, id="P6"),
        pytest.param("3,3,2,2,2,2,2", 16, Band.MODERATE, id="P7"),
        pytest.param("3,3,3,2,2,2,2", 17, Band.SEVERE, id="P8"),
        pytest.param("4,4,4,3,3,3,3", 24, Band.SEVERE, id="P9"),
        pytest.param("4,4,4,4,3,3,3", 25, Band.VERY_SEVERE, id="P10"),
        pytest.param("0,1,2,3,4,3,2", 15, Band.MODERATE, id="H1"),
        pytest.param("4,0,0,0,0,0,4", 8, Band.MODERATE, id="H2"),
        pytest.param("0,0,0,0,0,0,1", 1, Band.CLEAR, id="H3"),
    ],
)
def test_score_of_a_vector(text: str, total: int, band: Band) -> None:
    scored = score(answers(text))
    assert (scored.total, scored.band) == (total, band)
    assert (scored.is_imputed, scored.open) == (False, ())


def test_the_highest_total_is_28() -> None:
    assert HIGHEST == score(dict.fromkeys(QUESTIONS, 4)).total == 28


def test_questions_stand_in_the_order_of_the_form() -> None:
    assert list(Question) == QUESTIONS


@pytest.mark.parametrize("total", range(29))
def test_band_of_every_total(total: int) -> None:
    given = [4] * (total // 4) + [total % 4] * (total < 28) + [0] * 6
    scored = score(dict(zip(QUESTIONS, given[:7], strict=True)))
    assert (scored.total, scored.band) == (total, BANDS[total])


@pytest.mark.parametrize("place", range(7))
def test_score_of_one_open_answer_counts_it_0(place: int) -> None:  # P11
    question = QUESTIONS[place]
    scored = score(dict.fromkeys(QUESTIONS, 4) | {question: None})
    assert (scored.total, scored.band) == (24, Band.SEVERE)
    assert (scored.is_imputed, scored.open) == (True, (question,))


@pytest.mark.parametrize("how_many", range(2, 8))
def test_no_score_of_two_or_more_open_answers(how_many: int) -> None:  # P12
    for left_open in combinations(QUESTIONS, how_many):
        scored = score(dict.fromkeys(QUESTIONS, 1) | dict.fromkeys(left_open))
        assert (scored.total, scored.band, scored.is_imputed) == (None, None, False)
        assert scored.open == left_open


def test_an_answer_that_was_never_sent_is_open() -> None:
    assert score({}).open == tuple(QUESTIONS)
    assert score({}).total is None
    scored = score({question: 1 for question in QUESTIONS if question is not Question.SLEEP})
    assert (scored.total, scored.is_imputed, scored.open) == (6, True, (Question.SLEEP,))


def test_no_open_answer_is_not_the_same_as_an_answer_of_0() -> None:
    zero, left_open = score(answers("0,1,1,1,1,1,1")), score(answers("-,1,1,1,1,1,1"))
    assert (zero.total, left_open.total) == (6, 6)
    assert (zero.is_imputed, left_open.is_imputed) == (False, True)


@pytest.mark.parametrize("wrong", [-1, 5, 28])
@pytest.mark.parametrize("place", range(7))
def test_score_refused_for_an_answer_outside_0_to_4(place: int, wrong: int) -> None:
    for others in (dict.fromkeys(QUESTIONS, 2), {}):  # also where it would not be scored
        with pytest.raises(ValueError, match="between 0 and 4"):
            score({**others, QUESTIONS[place]: wrong})


@given(ANSWERS, st.sets(st.integers(0, 6)))
def test_score_by_counting(given_answers: list[int], left_open: set[int]) -> None:
    sent = {question: None if at in left_open else given_answers[at] for at, question in enumerate(QUESTIONS)}
    scored = score(sent)
    expected = sum(answer for at, answer in enumerate(given_answers) if at not in left_open)
    assert scored.total == (expected if len(left_open) < 2 else None)
    assert scored.band == (BANDS[expected] if len(left_open) < 2 else None)
    assert scored.is_imputed is (len(left_open) == 1)
    assert scored.open == tuple(QUESTIONS[at] for at in sorted(left_open))


@pytest.mark.parametrize(
    ("baseline", "total", "change"),
    [
        pytest.param(28, 24, Change.VERY_LIKELY_IMPORTANT, id="P13-4"),
        pytest.param(20, 17, Change.PROBABLY_IMPORTANT, id="P13-3"),
        pytest.param(20, 18, Change.WITHIN_ERROR, id="P13-2"),
        (20, 20, Change.WITHIN_ERROR),
        (20, 19, Change.WITHIN_ERROR),
        (20, 22, Change.WITHIN_ERROR),
        (20, 23, Change.PROBABLY_IMPORTANT),
        (20, 24, Change.VERY_LIKELY_IMPORTANT),
        (3, 0, Change.PROBABLY_IMPORTANT),
        (0, 2, Change.WITHIN_ERROR),
        (0, 3, Change.PROBABLY_IMPORTANT),
        (0, 4, Change.VERY_LIKELY_IMPORTANT),
        (28, 0, Change.VERY_LIKELY_IMPORTANT),
        (0, 28, Change.VERY_LIKELY_IMPORTANT),
    ],
)
def test_class_of_a_change(baseline: int, total: int, change: Change) -> None:
    assert change_class(baseline, total) is change
