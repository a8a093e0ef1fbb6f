"""What the forms of treatment make of what was typed, apart from any page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from patients.sites import SITES, Side
from regimens.actions import Reply
from regimens.errors import Lack
from regimens.forms.history import MonthField, PastTreatmentForm
from regimens.forms.orders import MORE, REVIEWS, WAYS, OrderForm
from regimens.forms.replies import RepliesForm, not_shown, replies_of
from regimens.forms.sites import SitesField, SitesWidget, boxes_of
from regimens.forms.steps import StepForm, StopForm
from regimens.models import OverrideReason, Product
from regimens.protocol.facts import Phase, Place
from tests.regimens.pages import order_form

pytestmark = pytest.mark.django_db


def data(sent: Mapping[str, Any]) -> MultiValueDict[str, Any]:
    """As a browser sends it."""
    found: MultiValueDict[str, Any] = MultiValueDict()
    for name, value in sent.items():
        found.setlist(name, value if isinstance(value, list) else [value])
    return found


def form(**more: Any) -> OrderForm:
    """A filled form; `offers_emollient` as on the page of somebody without one."""
    return OrderForm(data(order_form(**more)), offers_emollient=True)


# --- Orders -----------------------------------------------------------------------------------------------------------


def test_every_way_of_use_has_its_own_fields_and_no_other_form_of_use_is_offered() -> None:
    assert [value for value, _label in WAYS] == [phase.value for phase in Phase if phase != Phase.HOLD]
    names = [name for fields in MORE.values() for name in fields]
    assert len(names) == len(set(names))
    for radio, fields in form().ways():
        assert [field.name for field in fields] == list(MORE[radio.data["value"]])


@pytest.mark.parametrize(
    "name", ["product", "phase", "per_day", "weekdays", "every", "every_unit", "review", "places", "amount_unit"]
)
def test_no_field_has_a_default(name: str) -> None:
    empty = OrderForm(offers_emollient=True, initial={"starts_on": date(2026, 11, 20)})
    assert empty[name].initial in (None, "", [])
    assert "checked" not in str(empty[name])


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"per_day": "1"}, {"per_day": 1}),
        ({"phase": "maintenance", "weekdays": ["3", "0"]}, {"weekdays": (0, 3)}),
        (
            {"phase": "interval", "every": "2", "every_unit": "7", "loading_dose": "600 mg"},
            {"every_days": 14, "loading_dose": "600 mg"},
        ),
        ({"phase": "interval", "every": "10", "every_unit": "1"}, {"every_days": 10}),
        (
            {"phase": "interval", "every": "4", "every_unit": "7", "second_after_days": "14"},
            {"every_days": 28, "second_after_days": 14},
        ),
        ({"phase": "course", "course_per_day": "1", "course_days": "5"}, {"per_day": 1, "course_days": 5}),
        ({"phase": "as_needed", "condition": "itch", "most_per_day": "3"}, {"condition": "itch", "most_per_day": 3}),
    ],
)
def test_an_order_has_what_belongs_to_its_way_of_use_and_nothing_else(
    more: dict[str, Any], expected: dict[str, Any]
) -> None:
    other = {"weekdays": ["5"], "every": "3", "course_days": "9", "condition": "pain", "per_day": "2"}
    typed = form(**(other | more))
    assert typed.is_valid(), typed.errors
    order = typed.orders()[0]
    schedule = ("per_day", "weekdays", "every_days", "second_after_days", "course_days", "condition", "most_per_day")
    schedule += ("loading_dose",)
    assert {name: value for name in schedule if (value := getattr(order, name))} == expected


def test_an_amount_is_exact() -> None:
    typed = form(amount="0.25", amount_unit="ftu")
    assert typed.is_valid()
    assert (typed.orders()[0].amount, typed.orders()[0].amount_unit) == (Decimal("0.25"), "ftu")
    assert not form(amount="0.255", amount_unit="ftu").is_valid()


def test_the_emollient_starts_with_the_line_on_the_whole_body() -> None:
    typed = form(with_emollient="on", emollient_per_day="3")
    assert typed.is_valid()
    line, emollient = typed.orders()
    assert (emollient.product.key, emollient.per_day, emollient.places) == ("emollient", 3, (Place("whole_body"),))
    assert (emollient.starts_on, emollient.review_on) == (line.starts_on, None)


def test_no_emollient_is_offered_beside_one() -> None:
    typed = OrderForm(data(order_form(with_emollient="on", emollient_per_day="3")), offers_emollient=False)
    assert typed.is_valid()
    assert len(typed.orders()) == 1


@pytest.mark.parametrize("value", [value for value, _label in REVIEWS])
def test_each_review_is_a_day_after_the_start_or_one_of_its_own(value: str) -> None:
    own = {"review_on_day": "24", "review_on_month": "12", "review_on_year": "2026"} if value == "on" else {}
    typed = form(review=value, **own)
    assert typed.is_valid(), typed.errors
    days = {"14": date(2026, 12, 4), "42": date(2027, 1, 1), "84": date(2027, 2, 12), "112": date(2027, 3, 12)}
    assert typed.orders()[0].review_on == (days | {"none": None, "on": date(2026, 12, 24)})[value]


def test_products_are_listed_by_class_and_by_name_of_the_strength() -> None:
    groups = [choice for choice in form().fields["product"].choices if isinstance(choice[1], (list, tuple))]  # type: ignore[attr-defined]
    assert [name for name, _rows in groups][:2] == ["Topical calcineurin inhibitor", "Topical corticosteroid"]
    names = [label for _name, rows in groups for _key, label in rows]
    assert len(names) == Product.objects.filter(is_offered=True).count()
    assert {"Tacrolimus 0.03 % ointment", "Tacrolimus 0.1 % ointment"} <= set(names)


# --- Sites ------------------------------------------------------------------------------------------------------------


def test_every_site_has_a_box_and_paired_ones_two() -> None:
    regions = SitesWidget().regions(set(), "id_places")
    boxes = [box for region in regions for row in region.rows for box in row.boxes]
    assert [region.label for region in regions] == ["Whole body", "Head and neck", "Upper limbs", "Trunk", "Lower limbs"]
    wanted = {f"{site.code}{end}" for site in SITES.values() for end in ((":left", ":right") if site.paired else ("",))}
    assert {box.value for box in boxes} == wanted
    assert len(boxes) == len(wanted)
    assert [box.id for box in boxes] == [f"id_places_{number}" for number in range(len(boxes))]
    assert {box.value for box in boxes if box.is_ticked} == set()


def test_a_region_with_a_ticked_box_is_open() -> None:
    regions = SitesWidget().regions({"hands:left"}, "x")
    assert {region.label for region in regions if region.is_open} == {"Whole body", "Head and neck", "Upper limbs"}


@pytest.mark.parametrize(
    ("boxes", "places"),
    [
        (["face"], (Place("face"),)),
        (["hands:left"], (Place("hands", Side.LEFT),)),
        (["hands:right", "hands:left"], (Place("hands", Side.BOTH),)),
        (["feet:left", "face"], (Place("face"), Place("feet", Side.LEFT))),  # in the order of the list
        ([], ()),
    ],
)
def test_boxes_as_places_and_back(boxes: list[str], places: tuple[Place, ...]) -> None:
    assert SitesField(required=False).clean(boxes) == places
    assert set(boxes_of(places)) == set(boxes)


def test_a_paired_site_without_a_side_is_both_sides_on_the_form() -> None:
    assert boxes_of([Place("hands"), Place("")]) == ["hands:left", "hands:right"]


@pytest.mark.parametrize("box", ["hands", "face:left", "hands:both", "moon", "hands:", ""])
def test_other_boxes_are_refused(box: str) -> None:
    typed = form(places=[box])
    assert not typed.is_valid()
    assert "places" in typed.errors


def test_where_no_side_is_recorded_none_is_offered() -> None:
    field = SitesField(required=False, has_sides=False)
    assert field.clean(["hands", "face"]) == (Place("face"), Place("hands"))
    boxes = [box.value for region in field.widget.regions(set(), "x") for row in region.rows for box in row.boxes]
    assert sorted(boxes) == sorted(SITES)


def test_needed_sites_are_asked_for() -> None:
    with pytest.raises(Exception, match="Say where on the body"):
        SitesField().clean([])


# --- Replies ----------------------------------------------------------------------------------------------------------


ONE, OTHER = "0-" + "a" * 24, "12-" + "b" * 24


def test_replies_are_read_by_key_incomplete_ones_too_and_blank_ones_not() -> None:
    sent = QueryDict(
        f"reason_{ONE}=known&sentence_{ONE}=&reason_{OTHER}=&sentence_{OTHER}=+&reason_no-emollient=known&reason=cleared"
    )
    assert replies_of(sent) == {ONE: Reply("known", "")}
    assert replies_of(QueryDict(f"sentence_{OTHER}=Seen weekly.")) == {OTHER: Reply("", "Seen weekly.")}
    assert replies_of(QueryDict("")) == {}


def test_what_was_typed_on_an_earlier_page_is_known_as_such() -> None:
    sent = QueryDict(f"earlier_reason_{ONE}=known&earlier_sentence_{ONE}=Seen weekly.&reason_{OTHER}=short")
    assert replies_of(sent) == {ONE: Reply("known", "Seen weekly.", is_earlier=True), OTHER: Reply("short", "")}
    both = QueryDict(f"reason_{ONE}=short&earlier_reason_{ONE}=known")
    assert replies_of(both) == {ONE: Reply("short", "")}


@pytest.mark.parametrize("prefix", ["", "earlier_"])
def test_what_is_not_shown_goes_along_unseen(prefix: str) -> None:
    sent = QueryDict(f"{prefix}reason_{ONE}=known&{prefix}sentence_{OTHER}=Rare.&{prefix}reason_{OTHER}=&reason_x=x")
    assert not_shown(sent, [ONE]) == [(f"earlier_sentence_{OTHER}", "Rare.")]
    assert not_shown(sent, [ONE, OTHER]) == []
    assert set(not_shown(sent, [])) == {(f"earlier_reason_{ONE}", "known"), (f"earlier_sentence_{OTHER}", "Rare.")}
    assert not_shown(None, []) == []


def test_every_reason_is_listed_and_none_chosen() -> None:
    replies = RepliesForm(None, keys=[ONE, ONE], unanswered={})
    assert list(replies.fields) == [f"reason_{ONE}", f"sentence_{ONE}"]
    reason = replies.pair(ONE)[0]
    assert [value for value, _label in reason.field.choices] == ["", *OverrideReason.values]  # type: ignore[attr-defined]
    assert "selected" not in str(reason).replace('value="" selected', "")


def test_what_a_reply_lacks_is_said_at_its_field_once() -> None:
    lacks = {key: Lack("no-emollient", {"reason": "Choose.", "sentence": "Write."}) for key in (ONE, OTHER)}
    sent = QueryDict(f"reason_{ONE}=because&earlier_sentence_{ONE}=Kept.")
    replies = RepliesForm(sent, keys=[ONE], unanswered=lacks)
    reason, sentence = replies.pair(ONE)
    assert (len(reason.errors), list(sentence.errors), sentence.value()) == (1, ["Write."], "Kept.")


# --- Steps and months -------------------------------------------------------------------------------------------------


def test_a_form_that_was_late_stands_for_the_new_version_and_keeps_the_rest() -> None:
    typed = StopForm(QueryDict("version=1&reason=cleared&text=Kept.&x=1&x=2"), places=[])
    typed.see(7)
    assert typed["version"].value() == "7"
    assert typed["text"].value() == "Kept."


def test_places_of_a_step_are_those_it_was_given() -> None:
    step = StepForm(QueryDict("version=1"), places=[Place("face"), Place("hands", Side.LEFT)])
    assert list(step.known) == ["face:", "hands:left"]


@pytest.mark.parametrize(
    ("typed", "day"),
    [(["3", "2024"], date(2024, 3, 1)), (["", "2024"], date(2024, 1, 1)), (["", ""], None), ([], None)],
)
def test_about_when(typed: list[str], day: date | None) -> None:
    assert MonthField().clean(typed) == day


@pytest.mark.parametrize("typed", [["3", ""], ["3", "24"], ["", "1899"], ["", "2201"], ["", "20x4"], ["13", "2024"]])
def test_no_such_month(typed: list[str]) -> None:
    with pytest.raises(Exception, match=r"year|choice"):
        MonthField().clean(typed)


def test_past_sites_are_kept_as_codes() -> None:
    sent = {"family": "tcs", "places": ["hands", "face"], "response": "good", "why_stopped": "wish"}
    typed = PastTreatmentForm(data(sent))
    assert typed.is_valid(), typed.errors
    assert typed.values()["sites"] == "face,hands"
    assert typed.values()["product"] is None
