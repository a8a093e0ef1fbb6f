"""Names as people search for them: case, accents and spelling variants folded. Pure."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher

# Letters Unicode does not take apart into a base letter and a mark.
LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "a", "œ": "o", "ı": "i", "ħ": "h", "ŋ": "n", "ə": "e"}
)
APOSTROPHES_AND_DOTS = frozenset("'’ʼ`´.")
# Besides the format characters (Cf) nobody sees these: joiners, fillers of Korean syllables, selectors of a letter's form.
UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
VIRAMA = 9  # the combining class of the sign that takes a vowel away: part of the spelling, as vowel signs (class 0) are
SIMILAR = 0.8  # share of matching letters from which two names are called similar; ours, not from a source
SPLIT_WORDS = 6  # a typed name is taken apart between its first words only: every split is a query


def fold(text: str) -> str:
    """A name as it is compared and sorted: lower case, no accents, single spaces; "Müller" = "Mueller" = "muller"."""
    # Unicode would take the acute accent that is typed as an apostrophe apart into a space and a mark.
    text = "".join(letter for letter in UNSEEN.sub("", text) if letter != "´" and unicodedata.category(letter) != "Cf")
    while (plain := unicodedata.normalize("NFKD", text.casefold())) != text:
        text = plain
    text = "".join(letter for letter in text if unicodedata.combining(letter) in (0, VIRAMA)).translate(LETTERS)
    text = "".join(_letter_or_space(letter) for letter in text if letter not in APOSTROPHES_AND_DOTS)
    return re.sub(r"([aou])e+", r"\1", " ".join(text.split()))


def _letter_or_space(letter: str) -> str:
    """Letters, marks and digits stay."""
    return letter if unicodedata.category(letter)[0] in "LMN" else " "


def shown(family: str, given: str) -> str:
    """A name as staff read it: "SURNAME, Given"."""
    return f"{family.upper()}, {given}"


def search_key(family: str, given: str) -> str:
    """The sort and prefix key of a person: "surname,given", folded."""
    return f"{fold(family)},{fold(given)}"


def alike_key(family: str, given: str) -> str:
    """Equal for names that are easily taken for each other: order of the parts and doubled letters do not count."""
    parts = sorted(fold(f"{family} {given}").split())
    return " ".join(re.sub(r"(.)\1", r"\1", part) for part in parts)


def search_prefixes(typed: str) -> list[str]:
    """The prefixes of `search_key` that a typed name may mean: "smi", "smith, jo", "smith jo", "jo smith".

    Words after the sixth belong to the sixth: they are looked for, but no name begins at them.
    """
    if "," in typed:
        family, given = typed.split(",", 1)
        return [search_key(family, given)] if fold(family) else []
    words = fold(typed).split()
    if not words:
        return []
    prefixes = [" ".join(words)]
    for at in range(1, min(len(words), SPLIT_WORDS)):
        first, rest = " ".join(words[:at]), " ".join(words[at:])
        prefixes += [f"{first},{rest}", f"{rest},{first}"]
    return prefixes


def similarity(one: str, other: str) -> float:
    """How alike two `alike_key`s are, 0 to 1."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
