"""The steps of a line as forms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from clinics.fields import DateField
from regimens.models import EndReason
from regimens.protocol.facts import Place
from regimens.words import WEEKDAYS, where


class PlacesField(forms.TypedMultipleChoiceField):
    """Some of the places a line is used on."""

    def __init__(self, **kwargs: Any):
        super().__init__(label=_("Where"), widget=forms.CheckboxSelectMultiple, coerce=_place, **kwargs)


def _key(place: Place) -> str:
    return f"{place.site}:{place.side}"


def _place(key: str) -> Place:
    site, _colon, side = key.partition(":")
    return Place(site, side)  # type: ignore[arg-type]


class StepForm(forms.Form):
    """A step of a line: of which version, and on which of its places."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, places: Iterable[Place], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.known = {_key(place): place for place in places}
        if "places" in self.fields:
            choices = [(key, where([place]) or _("everywhere")) for key, place in self.known.items()]
            self.fields["places"].choices = choices

    def see(self, version: int) -> None:
        """Stand for another version from now on: who presses the button again was shown it."""
        typed = MultiValueDict(self.data)
        typed["version"] = str(version)
        self.data = typed

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        values = dict(self.cleaned_data)
        if "places" in values:
            values["places"] = [self.known[_key(place)] for place in values["places"]]
        return values


class MaintenanceForm(StepForm):
    """To proactive use on places that are clear."""

    places = PlacesField()
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On which weekdays"),
        choices=[(str(number), name) for number, name in enumerate(WEEKDAYS)],
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    flares_in_a_year = forms.IntegerField(
        label=_("Flares in the last twelve months"),
        help_text=_("The EU label asks for four or more. Leave it empty if nobody asked."),
        min_value=0,
        max_value=365,
        required=False,
    )
    review_on = DateField(label=_("Look at it again on"), help_text=_("The EU label: at the latest after twelve months."))


class InductionForm(StepForm):
    """Back to daily use: a flare."""

    places = PlacesField()
    per_day = forms.TypedChoiceField(
        label=_("How often"),
        choices=[("1", _("once daily")), ("2", _("twice daily"))],
        coerce=int,
        widget=forms.RadioSelect,
    )
    review_on = DateField(label=_("Look at it again on"))
    reason = forms.CharField(label=_("Why"), max_length=300, required=False)


class DownForm(StepForm):
    """From twice to once daily."""

    places = PlacesField()


class HoldForm(StepForm):
    """Pause a line."""

    look_again_on = DateField(label=_("Look again on"))
    reason = forms.CharField(label=_("Why"), max_length=300)


class ResumeForm(StepForm):
    """Go on with a line that was on hold."""

    review_on = DateField(
        label=_("Look at it again on"),
        required=False,
        help_text=_("Needed when the day that was set has passed; empty: the day that was set stays."),
    )


class StopForm(StepForm):
    """End a line."""

    reason = forms.ChoiceField(label=_("Why it ends"), choices=[("", _("Choose …")), *EndReason.choices])
    text = forms.CharField(label=_("In words"), max_length=300, required=False)
    next_look_on = DateField(label=_("Next look on"), required=False)
    no_look_reason = forms.CharField(label=_("Or: why no next look is needed"), max_length=200, required=False)


class StopRegimenForm(StopForm):
    """End a regimen with all its lines."""
