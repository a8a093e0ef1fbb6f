"""Coded body sites with containment and side. Pure; infections, lines, adverse events and photos use these codes.

The four top sites are the EASI regions: the trunk holds axillae and groin with genitals, the lower limbs hold the buttocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Which side of the body."""

    NONE = ""
    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


@dataclass(frozen=True)
class Site:
    """A place on the body: its code, its words, what it lies in, whether it has a left and a right."""

    code: str
    label: str
    parent: str | None = None
    paired: bool = False


SITES: dict[str, Site] = {
    site.code: site
    for site in (
        Site("whole_body", "Whole body"),
        Site("head_neck", "Head and neck", "whole_body"),
        Site("scalp", "Scalp", "head_neck"),
        Site("face", "Face", "head_neck"),
        Site("forehead", "Forehead", "face"),
        Site("eyelids", "Eyelids", "face", paired=True),
        Site("cheeks", "Cheeks", "face", paired=True),
        Site("around_mouth", "Around the mouth", "face"),
        Site("ears", "Ears", "head_neck", paired=True),
        Site("neck", "Neck", "head_neck"),
        Site("upper_limbs", "Upper limbs", "whole_body", paired=True),
        Site("upper_arms", "Upper arms", "upper_limbs", paired=True),
        Site("elbow_folds", "Elbow folds", "upper_limbs", paired=True),
        Site("forearms", "Forearms", "upper_limbs", paired=True),
        Site("wrists", "Wrists", "upper_limbs", paired=True),
        Site("hands", "Hands", "upper_limbs", paired=True),
        Site("backs_of_hands", "Backs of the hands", "hands", paired=True),
        Site("palms", "Palms", "hands", paired=True),
        Site("fingers", "Fingers", "hands", paired=True),
        Site("trunk", "Trunk", "whole_body"),
        Site("chest", "Chest", "trunk"),
        Site("nipples", "Nipples", "chest", paired=True),
        Site("abdomen", "Abdomen", "trunk"),
        Site("back", "Back", "trunk"),
        Site("axillae", "Armpits", "trunk", paired=True),
        Site("groin", "Groin", "trunk", paired=True),
        Site("genitals", "Genitals", "trunk"),
        Site("lower_limbs", "Lower limbs", "whole_body", paired=True),
        Site("buttocks", "Buttocks", "lower_limbs", paired=True),
        Site("thighs", "Thighs", "lower_limbs", paired=True),
        Site("knee_folds", "Knee folds", "lower_limbs", paired=True),
        Site("lower_legs", "Lower legs", "lower_limbs", paired=True),
        Site("ankles", "Ankles", "lower_limbs", paired=True),
        Site("feet", "Feet", "lower_limbs", paired=True),
        Site("soles", "Soles", "feet", paired=True),
    )
}


def lineage(code: str) -> list[str]:
    """The site and everything it lies in, innermost first. KeyError for an unknown code."""
    line = []
    step: str | None = code
    while step is not None:
        line.append(step)
        step = SITES[step].parent
    return line


def contains(outer: str, inner: str) -> bool:
    """Whether `inner` lies in `outer` or is it: the face contains the eyelids."""
    return outer in lineage(inner)


def overlaps(one: str, one_side: Side, other: str, other_side: Side) -> bool:
    """Whether two places share skin: one contains the other and their sides are not opposite."""
    return (contains(one, other) or contains(other, one)) and {one_side, other_side} != {Side.LEFT, Side.RIGHT}


def problem_with(code: str, side: Side) -> str:
    """Why a place cannot be recorded like this; empty when it can."""
    if code not in SITES:
        return "unknown site"
    if side != Side.NONE and not SITES[code].paired:
        return "this site has no left and right"
    return ""
