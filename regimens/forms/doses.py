"""Doses, their times and tubes as somebody types them. Nothing that was applied has a default."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from clinics.fields import DateField
from clinics.models.clinic import zone_choices
from regimens.actions import Said
from regimens.models import Application, ApplicationKind, DoseOutcome, SkipReason
from regimens.protocol import slots
from regimens.queries.dose_page import SlotChoice
from regimens.queries.dose_words import day_words
from regimens.words import dose_name

STEP = 5  # minutes, of the times of a day
YEARS = range(1900, 2200)  # in which a typed day becomes an instant
KINDS = [(kind.value, kind.label) for kind in (ApplicationKind.EXTRA, ApplicationKind.AS_NEEDED)]


class ClockField(forms.TimeField):
    """A wall-clock time typed as hours and minutes."""

    widget = forms.TextInput(attrs={"maxlength": 5, "autocomplete": "off", "size": 5})

    def __init__(self, **kwargs: Any):
        wrong = {"invalid": _("Enter hours and minutes, for example 20:15.")}
        super().__init__(input_formats=["%H:%M", "%H.%M"], error_messages=wrong, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Without seconds."""
        return f"{value:%H:%M}" if isinstance(value, time) else value


class AppliedForm(forms.Form):
    """When something was applied, in a named zone."""

    applied_on = DateField(label=_("Applied on"))
    applied_time = ClockField(label=_("Applied at"))
    note = forms.CharField(label=_("In words"), max_length=300, required=False)

    def __init__(self, *args: Any, zone: str, clinic_zone: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.zone = zone
        if zone != clinic_zone:
            self.fields["applied_time"].help_text = _("Time in %(zone)s.") % {"zone": zone}

    def clean_applied_on(self) -> date | None:
        """A day that can be."""
        on: date | None = self.cleaned_data["applied_on"]
        if on is not None and on.year not in YEARS:
            raise ValidationError(_("Enter a day of these years."))
        return on

    def applied_at(self, usual: date | None = None) -> datetime | None:
        """The instant of the typed day (or of the usual one) and time; None without a time."""
        on, at = self.cleaned_data.get("applied_on") or usual, self.cleaned_data.get("applied_time")
        return slots.instant(on, at, self.zone) if on and at else None


class SaidForm(AppliedForm):
    """What somebody says about a planned dose."""

    outcome = forms.ChoiceField(label=_("What happened"), choices=DoseOutcome.choices, widget=forms.RadioSelect)
    skip_reason = forms.ChoiceField(
        label=_("Why it was skipped"), choices=[("", _("Choose …")), *SkipReason.choices], required=False
    )
    field_order = ("slot", "outcome", "applied_on", "applied_time", "skip_reason", "note")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["applied_on"].required = self.fields["applied_time"].required = False
        self.fields["applied_on"].label = _("Applied on, if it was another day")
        self.fields["applied_time"].label = _("Applied at, if you know the time")

    def clean(self) -> dict[str, Any]:
        """A reason belongs to what was skipped (one said before goes with it), a day needs its time."""
        typed = super().clean() or {}
        if typed.get("outcome") == DoseOutcome.DONE and typed.get("skip_reason"):
            if typed["skip_reason"] == self.initial.get("skip_reason"):
                typed["skip_reason"] = ""
            else:
                self.add_error("skip_reason", _("Only of a dose that was skipped."))
        if typed.get("applied_on") and not typed.get("applied_time") and "applied_time" not in self.errors:
            self.add_error("applied_time", _("Enter the time of that day, or leave the day empty."))
        return typed

    def said(self, slot_on: date) -> Said:
        """What the action takes; a time without a day is of the day of the dose."""
        typed = self.cleaned_data
        return Said(typed["outcome"], self.applied_at(slot_on), typed["skip_reason"], typed["note"])


class SlotField(forms.ChoiceField):
    """A dose of the last days; one that was recorded meanwhile is understood, too: the action says by whom."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.known: dict[str, SlotChoice] = {}

    def offer(self, choices: Sequence[SlotChoice], chosen: str) -> None:
        """The doses that can be chosen, by day: those without a record, and the one that was chosen."""
        self.known = {one.key: one for one in choices}
        by_day = groupby((one for one in choices if one.row is None or one.key == chosen), key=lambda one: one.slot.on)
        days = [(day_words(on), [(one.key, one.label) for one in found]) for on, found in by_day]
        self.choices = [("", _("Choose …")), *days]

    def valid_value(self, value: Any) -> bool:
        """Whether it is a dose of these days."""
        return value in self.known


class DoseForm(SaidForm):
    """A dose of the last seven days."""

    slot = SlotField(label=_("Which dose"))

    def __init__(self, *args: Any, doses: Sequence[SlotChoice], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["slot"].offer(doses, self.data.get("slot", ""))
        self.fields["slot"].error_messages["invalid_choice"] = _("This is not a dose of the last seven days.")

    @property
    def chosen(self) -> SlotChoice:
        """The dose that was chosen."""
        known: SlotChoice = self.fields["slot"].known[self.cleaned_data["slot"]]
        return known


class ExtraForm(AppliedForm):
    """An application that no dose asked for."""

    kind = forms.ChoiceField(label=_("What it was"), choices=KINDS, widget=forms.RadioSelect)
    field_order = ("kind", "applied_on", "applied_time", "note")


def said_before(row: Application, zone: str) -> dict[str, Any]:
    """A record as the initial values of its change."""
    local = row.applied_at.astimezone(ZoneInfo(zone)) if row.applied_at else None
    return {
        "outcome": row.outcome,
        "applied_on": local.date() if local else None,
        "applied_time": local.time() if local else None,
        "skip_reason": row.skip_reason,
        "note": row.note,
    }


class TimesForm(forms.Form):
    """The wall-clock times of the doses of a day, and their zone."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any, *, times: Sequence[tuple[str, time]], zone: str, version: int):
        initial: dict[str, Any] = {f"time_{number}": at for number, (_name, at) in enumerate(times)}
        super().__init__(data, initial=initial | {"zone": zone, "version": version})
        self.names = [name for name, _at in times]
        for number, name in enumerate(self.names):
            self.fields[f"time_{number}"] = ClockField(label=dose_name(name).capitalize())
        zones = [choice for choice in zone_choices() if choice[0] != zone]
        self.fields["zone"] = forms.ChoiceField(
            label=_("Time zone of these times"), choices=[(zone, zone.replace("_", " ")), *zones]
        )

    def clean(self) -> dict[str, Any]:
        """Steps of five minutes, each later than the one before."""
        typed = super().clean() or {}
        before: time | None = None
        for number in range(len(self.names)):
            at = typed.get(f"time_{number}")
            if at is None:
                continue
            if at.minute % STEP:
                self.add_error(f"time_{number}", _("In steps of five minutes, for example 20:15."))
            elif before is not None and at <= before:
                self.add_error(f"time_{number}", _("Each dose is later in the day than the one before."))
            before = at
        return typed

    def times(self) -> list[tuple[str, time]]:
        """What the action takes."""
        return [(name, self.cleaned_data[f"time_{number}"]) for number, name in enumerate(self.names)]

    def see(self, version: int) -> None:
        """Stand for another version from now on: who presses the button again was shown it."""
        typed = MultiValueDict(self.data)
        typed["version"] = str(version)
        self.data = typed


class TubesForm(forms.Form):
    """How many tubes were used up, and in which days."""

    since_on = DateField(label=_("From"))
    until_on = DateField(label=_("Until (last day)"))
    tubes = forms.DecimalField(
        label=_("Tubes used up"),
        help_text=_("A half tube is 0.5."),
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
    )
    grams_each = forms.IntegerField(label=_("Grams in a tube"), min_value=1, max_value=1000)
