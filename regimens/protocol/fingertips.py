"""How much ointment or cream a part of the body takes: fingertip units by age. Pure.

A fingertip unit is what lies on an adult's fingertip, pressed from a tube with a 5 mm nozzle: about 0.5 g. Adults: Long
CC, Finlay AY, Clin Exp Dermatol 1991;16:444. Children: Long CC, Mills CM, Finlay AY, Br J Dermatol 1998;138:293. The
figures are those that leaflets reprint; they were not checked against the papers. They are an estimate and decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from patients.sites import Side, lineage
from regimens.protocol.facts import Place

GRAMS = Decimal("0.5")  # of a fingertip unit
SOURCE = "Long and Finlay 1991 (adults); Long, Mills and Finlay 1998 (children); figures as leaflets reprint them"

# Face and neck; an arm with its hand; a leg with its foot; the front of the trunk; the back with the buttocks.
PARTS = ("head_neck", "arm", "leg", "front", "back")
FIGURES: tuple[tuple[int, tuple[str, ...]], ...] = (  # from so many completed months of age
    (3, ("1", "1", "1.5", "1", "1.5")),
    (12, ("1.5", "1.5", "2", "2", "3")),
    (36, ("1.5", "2", "3", "3", "3.5")),
    (72, ("2", "2.5", "4.5", "3.5", "5")),
    (132, ("2.5", "4", "8", "7", "7")),  # the children's table ends with ten years
)
# What a site takes: its parts, and whether it is all of them. Sites below one of these take a share of it.
TAKES: dict[str, tuple[str, ...]] = {
    "whole_body": PARTS,
    "head_neck": ("head_neck",),
    "upper_limbs": ("arm",),
    "trunk": ("front", "back"),
    "back": ("back",),
    "chest": ("front",),
    "abdomen": ("front",),
    "axillae": ("front",),
    "groin": ("front",),
    "genitals": ("front",),
    "lower_limbs": ("leg",),
    "buttocks": ("back",),
}
WHOLE = frozenset({"whole_body", "head_neck", "upper_limbs", "trunk", "lower_limbs"})
IN_PAIRS = frozenset({"arm", "leg"})


@dataclass(frozen=True)
class Amount:
    """What one application takes, in fingertip units; `is_at_most` where a site is only a share of a part of the table."""

    units: Decimal
    is_at_most: bool

    @property
    def grams(self) -> Decimal:
        """The same in grams."""
        return self.units * GRAMS


def amount_for(places: Iterable[Place], months: int | None) -> Amount | None:
    """What one application to these places takes at an age in completed months.

    None without a place on the skin, without an age, and below three months, of which the table says nothing.
    """
    sited = [place for place in places if place.site]
    figures = next((row for since, row in reversed(FIGURES) if months is not None and months >= since), None)
    if not sited or figures is None:
        return None
    by_part = dict(zip(PARTS, map(Decimal, figures), strict=True))
    taken: dict[str, set[Side]] = {}
    for place in sited:
        for part in _parts(place.site):
            sides = {Side.LEFT, Side.RIGHT} if place.side in (Side.NONE, Side.BOTH) else {place.side}
            taken.setdefault(part, set()).update(sides)
    units = sum((by_part[part] * (len(sides) if part in IN_PAIRS else 1) for part, sides in taken.items()), Decimal(0))
    return Amount(units, any(place.site not in WHOLE for place in sited))


def _parts(site: str) -> tuple[str, ...]:
    return next(TAKES[code] for code in lineage(site) if code in TAKES)
