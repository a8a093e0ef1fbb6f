"""What is typed about an unwanted event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.fields import DateField
from patients.sites import Side
from regimens.forms.sites import SitesField, boxes_of
from regimens.models import ActionTaken, AdverseEvent, EventKind, Severity
from regimens.protocol.facts import Place
from regimens.queries.event_page import Suspect


class PlaceField(SitesField):
    """One place on the body, or none; its two sides are one place."""

    def validate(self, value: Any) -> None:
        """Not more than one."""
        super().validate(value)
        if len(value or ()) > 1:
            raise ValidationError(_("Choose one place. Record what happened at another as an event of its own."))


class EventForm(forms.Form):
    """An unwanted event. Nothing is chosen beforehand."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What happened"), choices=[("", gettext_lazy("Choose …")), *EventKind.choices]
    )
    severity = forms.ChoiceField(label=gettext_lazy("How bad"), choices=Severity, widget=forms.RadioSelect)
    line = forms.ChoiceField(
        label=gettext_lazy("Suspected"),
        help_text=gettext_lazy("Lines in use, and those that ended within a year."),
        required=False,
    )
    action_taken = forms.ChoiceField(
        label=gettext_lazy("What was done"), choices=[("", gettext_lazy("Choose …")), *ActionTaken.choices]
    )
    onset_on = DateField(label=gettext_lazy("Since"))
    ended_on = DateField(
        label=gettext_lazy("Until (last day)"), help_text=gettext_lazy("Empty while it goes on."), required=False
    )
    text = forms.CharField(
        label=gettext_lazy("In words"),
        help_text=gettext_lazy("Needed for “other”."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    site = PlaceField(
        label=gettext_lazy("Where on the body"),
        help_text=gettext_lazy("One place; needed for an infection."),
        required=False,
    )

    def __init__(self, *args: Any, suspects: Iterable[Suspect], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.lines = {str(one.line.public_id): one.line for one in suspects}
        labels = [(str(one.line.public_id), one.label) for one in suspects]
        self.fields["line"].choices = [("", _("None of these, or not known")), *labels]

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        typed = dict(self.cleaned_data)
        place = next(iter(typed.pop("site") or ()), Place(""))
        line = self.lines.get(typed.pop("line"))
        return typed | {"site": place.site, "side": place.side.value, "line": line}


def known_of(row: AdverseEvent) -> dict[str, Any]:
    """What the form shows of an event."""
    places = [Place(row.site, Side(row.side))] if row.site else []
    names = ("kind", "severity", "action_taken", "onset_on", "ended_on", "text")
    line = str(row.line.public_id) if row.line is not None else ""
    return {name: getattr(row, name) for name in names} | {"line": line, "site": boxes_of(places)}
