"""Names as people search for them: case, accents and spelling variants folded. Pure."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher

# Letters Unicode does not take apart into a base letter and a mark.
LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "a", "œ": "o", "ı": "i", "ħ": "h", "ŋ": "n", "ə": "e"}
)
SIMILAR = 0.8  # share of matching letters from which two names are called similar; ours, not from a source


def fold(text: str) -> str:
    """A name as it is compared and sorted: lower case, no accents, single spaces; "Müller" = "Mueller" = "muller"."""
    text = unicodedata.normalize("NFKD", text.casefold()).translate(LETTERS)
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"['’ʼ`´.]", "", text)
    text = re.sub(r"[\W_]+", " ", text).strip()
    return re.sub(r"([aou])e+", r"\1", text)


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
    """The prefixes of `search_key` that a typed name may mean: "smi", "smith, jo", "smith jo", "jo smith"."""
    if "," in typed:
        family, given = typed.split(",", 1)
        return [search_key(family, given)] if fold(family) else []
    words = fold(typed).split()
    if not words:
        return []
    prefixes = [" ".join(words)]
    for at in range(1, len(words)):
        first, rest = " ".join(words[:at]), " ".join(words[at:])
        prefixes += [f"{first},{rest}", f"{rest},{first}"]
    return prefixes


def similarity(one: str, other: str) -> float:
    """How alike two `alike_key`s are, 0 to 1."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
