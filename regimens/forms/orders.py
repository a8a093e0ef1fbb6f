"""One line as somebody types it. Neither strength nor frequency has a default."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinics.fields import DateField
from regimens.actions import Order
from regimens.forms.sites import SitesField, boxes_of
from regimens.models import FAMILIES, AmountUnit, DosePlan, Product, RegimenLine
from regimens.protocol.facts import Family, Phase, Place
from regimens.words import WEEKDAYS

WAYS = [
    (Phase.INDUCTION.value, _("Every day")),
    (Phase.MAINTENANCE.value, _("Proactively, on chosen weekdays")),
    (Phase.INTERVAL.value, _("At an interval of days or weeks")),
    (Phase.COURSE.value, _("A course of fixed days")),
    (Phase.AS_NEEDED.value, _("As needed")),
]
# Days from the start to the next look, offered beside a date of one's own.
REVIEWS = [
    ("14", _("in 2 weeks")),
    ("42", _("in 6 weeks")),
    ("84", _("in 12 weeks")),
    ("112", _("in 16 weeks")),
    ("none", _("no review")),
    ("on", _("on a day:")),
]
# What belongs to which way of use: the names of the fields below it.
MORE: dict[str, tuple[str, ...]] = {
    Phase.INDUCTION: ("per_day",),
    Phase.MAINTENANCE: ("weekdays",),
    Phase.INTERVAL: ("every", "every_unit", "loading_dose", "second_after_days"),
    Phase.COURSE: ("course_per_day", "course_days"),
    Phase.AS_NEEDED: ("condition", "most_per_day"),
}
# What stands for a field that could not be read.
DAYS = ("starts_on", "until_on", "review_on")
COUNTS = ("per_day", "every", "second_after_days", "course_per_day", "course_days", "most_per_day", "amount")
TEXTS = ("product", "phase", "every_unit", "loading_dose", "condition", "amount_unit", "dose", "review", "instructions")
UNREAD: dict[str, Any] = (
    dict.fromkeys((*DAYS, *COUNTS)) | dict.fromkeys(TEXTS, "") | {"places": (), "weekdays": (), "is_elsewhere": False}
)
# What is said at a field is true only where these others could be read.
RESTS_ON: dict[str, tuple[str, ...]] = {
    "until_on": ("starts_on",),
    "review_on": ("starts_on", "review", "is_elsewhere"),
    "every": ("every_unit",),
    "amount": ("amount_unit",),
    "amount_unit": ("amount",),
}


def product_choices() -> list[Any]:
    """The products that are offered, by class."""
    rows = Product.objects.filter(is_offered=True)
    by_family = sorted(rows, key=lambda row: (list(FAMILIES).index(row.family), row.name))
    groups = groupby(by_family, key=lambda row: row.family)
    return [
        ("", _("Choose …")),
        *((str(FAMILIES[Family(key)]), [(row.key, row.name) for row in found]) for key, found in groups),
    ]


class OrderForm(forms.Form):
    """A product, where, how often, from when until when."""

    product = forms.ChoiceField(label=_("Product and strength"))
    is_elsewhere = forms.BooleanField(
        label=_("Prescribed elsewhere"), help_text=_("It counts in the checks; nobody is reminded of it."), required=False
    )
    places = SitesField(label=_("Where on the body"), required=False)
    phase = forms.ChoiceField(label=_("How it is used"), choices=WAYS, widget=forms.RadioSelect)
    per_day = forms.TypedChoiceField(
        label=_("How often"),
        choices=[
            ("1", _("once daily")),
            ("2", _("twice daily")),
            ("3", _("3 times daily (emollients)")),
            ("4", _("4 times daily (emollients)")),
        ],
        coerce=int,
        empty_value=None,
        widget=forms.RadioSelect,
        required=False,
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On which weekdays"),
        choices=[(str(number), name) for number, name in enumerate(WEEKDAYS)],
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    every = forms.IntegerField(label=_("Every"), min_value=1, max_value=366, required=False)
    every_unit = forms.ChoiceField(
        label=_("Days or weeks"), choices=[("", _("Choose …")), ("7", _("weeks")), ("1", _("days"))], required=False
    )
    loading_dose = forms.CharField(label=_("Loading dose"), max_length=120, required=False)
    second_after_days = forms.IntegerField(
        label=_("Second dose after (days)"),
        help_text=_("Only when the loading phase has a distance of its own, for example 14 days, then every 4 weeks."),
        min_value=1,
        max_value=366,
        required=False,
    )
    course_per_day = forms.IntegerField(label=_("Times a day"), min_value=1, max_value=12, required=False)
    course_days = forms.IntegerField(label=_("For how many days"), min_value=1, max_value=366, required=False)
    condition = forms.CharField(label=_("When"), max_length=200, required=False)
    most_per_day = forms.IntegerField(label=_("At the most, times a day"), min_value=1, max_value=12, required=False)
    amount = forms.DecimalField(label=_("Amount at a time"), max_digits=6, decimal_places=2, required=False)
    amount_unit = forms.ChoiceField(label=_("Unit"), choices=[("", _("Choose …")), *AmountUnit.choices], required=False)
    dose = forms.CharField(
        label=_("Dose"), help_text=_("Of what is swallowed or injected, for example 300 mg"), max_length=120, required=False
    )
    starts_on = DateField(label=_("From"))
    review = forms.ChoiceField(label=_("Look at it again"), choices=REVIEWS, widget=forms.RadioSelect, required=False)
    review_on = DateField(label=_("Day to look at it again"), required=False)
    until_on = DateField(label=_("Until (last day), if it ends by itself"), required=False)
    instructions = forms.CharField(
        label=_("What the patient will read besides"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    with_emollient = forms.BooleanField(label=_("An emollient with it, on the whole body"), required=False)
    emollient_per_day = forms.IntegerField(label=_("Emollient: times a day"), min_value=1, max_value=12, required=False)

    def __init__(self, *args: Any, offers_emollient: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["product"].choices = product_choices()
        if not offers_emollient:
            del self.fields["with_emollient"], self.fields["emollient_per_day"]

    def clean(self) -> dict[str, Any]:
        """What belongs together is there together; what belongs to another way of use is left out."""
        typed = super().clean() or {}
        phase = typed.get("phase", "")
        for way, names in MORE.items():
            if way != phase:
                for name in names:
                    self.errors.pop(name, None)
        if phase == Phase.INTERVAL and bool(typed.get("every")) != bool(typed.get("every_unit")):
            self.add_error("every_unit", _("Say days or weeks, and how many."))
        if typed.get("review") == "on" and not typed.get("review_on") and "review_on" not in self.errors:
            self.add_error("review_on", _("Enter the day."))
        if typed.get("review") not in ("", "on", None) and typed.get("review_on"):
            self.add_error("review_on", _("Choose “on a day” for this day, or leave it empty."))
        if typed.get("with_emollient") and not typed.get("emollient_per_day"):
            self.add_error("emollient_per_day", _("Say how many times a day."))
        if typed.get("emollient_per_day") and not typed.get("with_emollient"):
            self.add_error("with_emollient", _("Tick it, or leave the times a day empty."))
        return typed

    def orders(self) -> list[Order]:
        """What the action takes: the line, and the emollient if it was wanted."""
        typed = self.cleaned_data
        return [_order(typed, Phase(typed["phase"]), typed["starts_on"]), *self._emollient(typed["starts_on"])]

    def draft(self, today: date) -> list[Order]:
        """The line as far as it can be read, to say what else is wrong with it; nothing without a product."""
        typed = UNREAD | self.cleaned_data
        if not typed["product"]:
            return []
        phase = Phase(typed["phase"]) if typed["phase"] else Phase.HOLD  # which nobody orders: the rest can be looked at
        return [_order(typed, phase, typed["starts_on"] or today)]

    def add_problems(self, found: Mapping[str, list[str]]) -> None:
        """What is wrong with a draft, at fields without an error, unless it rests on one that could not be read."""
        unread = set(self.errors)
        for name, texts in found.items():
            if name in self.fields and unread.isdisjoint({name, *RESTS_ON.get(name, ())}):
                self.add_error(name, texts)

    def _emollient(self, starts_on: date) -> list[Order]:
        if not self.cleaned_data.get("with_emollient"):
            return []
        product = Product.objects.prefetch_related("facts").get(key="emollient")
        often = self.cleaned_data["emollient_per_day"]
        return [Order(product, Phase.INDUCTION, starts_on, (Place("whole_body"),), per_day=often)]

    # What stands below each way of use, for the template.

    def ways(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """Every way of use with the fields below it."""
        return [
            (radio, [self[name] for name in MORE[value]])
            for radio, (value, _label) in zip(self["phase"], WAYS, strict=True)
        ]


def _order(typed: Mapping[str, Any], phase: Phase, starts_on: date) -> Order:
    """What was typed as an order."""
    return Order(
        product=Product.objects.prefetch_related("facts").get(key=typed["product"]),
        phase=phase,
        starts_on=starts_on,
        places=typed["places"],
        until_on=typed["until_on"],
        review_on=_review_on(typed, starts_on),
        amount=typed["amount"],
        amount_unit=typed["amount_unit"],
        dose=typed["dose"],
        instructions=typed["instructions"],
        is_elsewhere=typed["is_elsewhere"],
        **_often(typed, phase),
    )


def _review_on(typed: Mapping[str, Any], starts_on: date) -> date | None:
    chosen = typed["review"]
    if chosen.isdecimal():
        days = timedelta(days=int(chosen))
        return starts_on + days if starts_on < date.max - days else None
    found: date | None = typed["review_on"]
    return found if chosen in ("", "on") else None


def _often(typed: Mapping[str, Any], phase: Phase) -> dict[str, Any]:
    if phase == Phase.INDUCTION:
        return {"per_day": typed["per_day"]}
    if phase == Phase.MAINTENANCE:
        return {"weekdays": tuple(sorted(typed["weekdays"]))}
    if phase == Phase.INTERVAL:
        days = typed["every"] * int(typed["every_unit"]) if typed["every"] and typed["every_unit"] else None
        return {
            "every_days": days,
            "loading_dose": typed["loading_dose"],
            "second_after_days": typed["second_after_days"],
        }
    if phase == Phase.COURSE:
        return {"per_day": typed["course_per_day"], "course_days": typed["course_days"]}
    return {"condition": typed["condition"], "most_per_day": typed["most_per_day"]}


def known_of(line: RegimenLine, plan: DosePlan | None, places: list[Place]) -> dict[str, Any]:
    """An ended or running line as the initial values of a new order: everything but the dates."""
    known: dict[str, Any] = {
        "product": line.product.key,
        "places": boxes_of(places),
        "amount": line.amount,
        "amount_unit": line.amount_unit,
        "dose": line.dose,
        "instructions": line.instructions,
        "is_elsewhere": line.is_elsewhere,
    }
    if plan is not None and plan.phase in MORE:
        known |= {
            "phase": plan.phase,
            "per_day": plan.per_day,
            "weekdays": sorted(plan.days),
            "loading_dose": plan.loading_dose,
            "second_after_days": plan.second_after_days,
            "course_per_day": plan.per_day,
            "course_days": plan.course_days,
            "condition": plan.condition,
            "most_per_day": plan.most_per_day,
        }
        if plan.every_days:
            weeks = plan.every_days % 7 == 0
            known |= {"every": plan.every_days // 7 if weeks else plan.every_days, "every_unit": "7" if weeks else "1"}
    return known
