"""What is typed about something that waits."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from clinics.fields import DateField
from regimens.models import WorkOutcome

BY_HAND = [(one.value, one.label) for one in (WorkOutcome.HANDLED, WorkOutcome.NOT_NEEDED)]


class CloseItemForm(forms.Form):
    """How an item came to its end."""

    outcome = forms.ChoiceField(label=_("Outcome"), choices=BY_HAND, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("In a few words"), max_length=300, help_text=_("What was done, or why nothing needs to be done.")
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class SnoozeItemForm(forms.Form):
    """Until when an item is left, and why."""

    until_on = DateField(label=_("Until"), help_text=_("Within the next 90 days. It is back on the list on this day."))
    why = forms.CharField(label=_("Why"), max_length=200)
    version = forms.IntegerField(widget=forms.HiddenInput)
