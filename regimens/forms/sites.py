"""Places on the body as boxes to tick: a paired site has one for each side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from patients.sites import SITES, Side
from regimens.protocol.facts import Place

REGIONS = ("whole_body", "head_neck", "upper_limbs", "trunk", "lower_limbs")


class Box(NamedTuple):
    """One box: what it sends, its words, whether it is ticked."""

    value: str
    label: str
    id: str
    is_ticked: bool


class SiteRow(NamedTuple):
    """One site with its boxes: one, or left and right."""

    label: str
    boxes: list[Box]
    depth: int


class Region(NamedTuple):
    """The sites of one region."""

    label: str
    rows: list[SiteRow]
    is_open: bool


class SitesWidget(forms.Widget):
    """Boxes by region."""

    template_name = "regimens/sites.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None, *, has_sides: bool = True):
        super().__init__(attrs)
        self.has_sides = has_sides

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """The ticked boxes."""
        return list(data.getlist(name)) if hasattr(data, "getlist") else list(data.get(name, []))

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        """A group of boxes has no single one to label."""
        return ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The regions with their boxes."""
        context = super().get_context(name, value, attrs)
        context["regions"] = self.regions({str(one) for one in value or []}, context["widget"]["attrs"].get("id", name))
        return context

    def regions(self, ticked: set[str], prefix: str) -> list[Region]:
        """Every site by region; a region with a ticked box is open, and so is head and neck."""
        found, number = [], 0
        for region in REGIONS:
            rows: list[SiteRow] = []
            for site in SITES.values():
                if not _lies_in(site.code, region):
                    continue
                has_sides = self.has_sides and site.paired
                sides = [(":left", _("left")), (":right", _("right"))] if has_sides else [("", _(site.label))]
                boxes = []
                for suffix, label in sides:
                    value = f"{site.code}{suffix}"
                    boxes.append(Box(value, str(label), f"{prefix}_{number}", value in ticked))
                    number += 1
                rows.append(SiteRow(_(site.label), boxes, _depth(site.code, region)))
            is_open = region in ("whole_body", "head_neck") or any(box.is_ticked for row in rows for box in row.boxes)
            found.append(Region(_(SITES[region].label), rows, is_open))
        return found


def _lies_in(code: str, region: str) -> bool:
    if region == "whole_body":
        return code == "whole_body"
    step: str | None = code
    while step is not None and step != region:
        step = SITES[step].parent
    return step == region


def _depth(code: str, region: str) -> int:
    depth, step = 0, code
    while step != region:
        step, depth = SITES[step].parent or region, depth + 1
    return depth


class SitesField(forms.Field):
    """Ticked boxes as places; both sides ticked is one place on both sides."""

    def __init__(self, *, has_sides: bool = True, **kwargs: Any):
        self.has_sides = has_sides
        super().__init__(widget=SitesWidget(has_sides=has_sides), **kwargs)

    def to_python(self, value: Any) -> tuple[Place, ...]:
        """The places in the order of the list of sites."""
        ticked: dict[str, set[str]] = {}
        for one in value or []:
            code, _colon, side = str(one).partition(":")
            sided = code in SITES and self.has_sides and SITES[code].paired
            if code not in SITES or side not in ("", "left", "right") or bool(side) != sided:
                raise ValidationError(_("Choose from the list of places."), code="invalid")
            ticked.setdefault(code, set()).add(side)
        return tuple(Place(code, _side(ticked[code])) for code in SITES if code in ticked)

    def validate(self, value: Any) -> None:
        """At least one, where one is needed."""
        if self.required and not value:
            raise ValidationError(_("Say where on the body."), code="required")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other boxes are ticked."""
        return set(initial or []) != set(data or [])


def _side(sides: set[str]) -> Side:
    return Side.BOTH if sides == {"left", "right"} else Side(next(iter(sides)))


def boxes_of(places: Iterable[Place]) -> list[str]:
    """Places as ticked boxes."""
    found = []
    for place in places:
        if place.side == Side.BOTH or (place.site and SITES[place.site].paired and not place.side):
            found += [f"{place.site}:left", f"{place.site}:right"]
        elif place.site:
            found.append(f"{place.site}:{place.side}" if place.side else place.site)
    return found
