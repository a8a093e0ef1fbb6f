"""Names as people search for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.names import SIMILAR, alike_key, fold, search_key, search_prefixes, similarity


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Müller", "muller"),
        ("MUELLER", "muller"),
        ("muller", "muller"),
        ("O'Brien", "obrien"),
        ("O’Brien", "obrien"),
        ("Núñez-Ortega", "nunez ortega"),
        ("Łukasiewicz", "lukasiewicz"),
        ("Sørensen", "sorensen"),
        ("Straße", "strasse"),
        ("İnci", "inci"),
        ("Nguyễn", "nguyen"),
        ("van der  Berg", "van der berg"),
        ("王", "王"),
        ("محمد", "محمد"),
        ("Ахматова", "ахматова"),
        ("  St. John ", "st john"),
        ("O´Brien", "obrien"),
        ("ΐ Ὀδυσσεύς", "ι οδυσσευσ"),
        ("Winter\u200bmann", "wintermann"),
        ("\ufeffWinter\u00ad\u2060mann\U000e0041", "wintermann"),
        ("Winter\ufe0fm\u034fann\u3164", "wintermann"),
        ("प्रिया शर्मा", "प्रिया शर्मा"),
        ("தமிழ்ச்செல்வி", "தமிழ்ச்செல்வி"),
    ],
)
def test_fold(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_folding_one_letter_twice_changes_nothing_more() -> None:
    folded = {fold(f"a{chr(code)}e") for code in range(0x30000)}
    assert {text for text in folded if fold(text) != text} == set()


@given(st.text(max_size=30), st.text(max_size=30))
def test_the_comma_of_the_key_is_the_only_one(family: str, given_name: str) -> None:
    assert search_key(family, given_name).count(",") == 1


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("müll", True),
        ("Mueller", True),
        ("mueller, an", True),
        ("Müller An", True),
        ("anna müller", True),
        ("anna mü", False),
        ("muller,anna", True),
        ("anna", False),
        ("mulle, anna", False),
        ("muller, b", False),
    ],
)
def test_what_may_be_typed_for_anna_mueller(typed: str, found: bool) -> None:
    key = search_key("Müller", "Anna")
    assert any(key.startswith(prefix) for prefix in search_prefixes(typed)) is found


@pytest.mark.parametrize(
    ("family", "given_name", "typed", "found"),
    [
        ("शर्मा", "प्रिया", "शर्", True),
        ("शर्मा", "प्रिया", "शर्मा, प्रि", True),
        ("शर्मा", "प्रिया", "प्रिया शर्मा", True),
        ("शर्मा", "प्रिया", "शर्मा, प्रे", False),
        ("செல்வி", "கவிதா", "செல்", True),
        ("செல்வி", "கவிதா", "கவிதா செல்வி", True),
        ("செல்வி", "கவிதா", "செல்வா", False),
        ("Winter\u200bmann", "Anna", "winterm", True),
    ],
)
def test_what_may_be_typed_in_other_scripts(family: str, given_name: str, typed: str, found: bool) -> None:
    key = search_key(family, given_name)
    assert any(key.startswith(prefix) for prefix in search_prefixes(typed)) is found


def test_a_name_of_many_words_is_split_at_its_first_ones_only() -> None:
    assert len(search_prefixes(" ".join(["word"] * 60))) == 11
    assert search_prefixes("a b c d e f g h")[-2:] == ["a b c d e,f g h", "f g h,a b c d e"]


@pytest.mark.parametrize("nothing", ["", "  ", ",", "' .", "-"])
def test_nothing_to_look_for(nothing: str) -> None:
    assert search_prefixes(nothing) == []


def test_names_that_are_taken_for_each_other_have_one_key() -> None:
    assert alike_key("Meier", "Anna") == alike_key("Meier", "Ana")
    assert alike_key("Anna", "Meier") == alike_key("Meier", "Anna")
    assert alike_key("Meier", "Anna") != alike_key("Meier", "Ben")


@pytest.mark.parametrize(
    ("one", "other", "similar"),
    [
        (("Schmidt", "Anna"), ("Schmitt", "Anna"), True),
        (("Schmidt", "Anna"), ("Schmidt", "Anne"), True),
        (("Example", "Mia"), ("Example", "Noah"), False),
        (("Kaya", "Elif"), ("Yilmaz", "Emre"), False),
    ],
)
def test_similarity(one: tuple[str, str], other: tuple[str, str], similar: bool) -> None:
    assert (similarity(alike_key(*one), alike_key(*other)) >= SIMILAR) is similar
