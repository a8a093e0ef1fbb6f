"""What a clinic chooses about doses, and its own words to patients."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regimens.models import DoseSettings
from regimens.queries.dose_numbers import NUMBERS, SOURCES
from regimens.queries.doses import RANGES, Settings

WORDS: dict[str, Any] = {
    "late_words": gettext_lazy("Shown to the patient after a late or an extra application that leaves a short gap."),
    "green_words": gettext_lazy("On the action plan, in the green part."),
    "yellow_words": gettext_lazy("On the action plan, in the yellow part."),
    "red_words": gettext_lazy("On the action plan, in the red part."),
    "call_words": gettext_lazy("On the action plan, in the red part: telephone numbers and hours."),
}


class DoseSettingsForm(forms.Form):
    """Numbers, empty for the default, and words, empty for none."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in NUMBERS:
            low, high = RANGES[name]
            self.fields[name] = forms.IntegerField(
                label=_label(name), help_text=_number_help(name), min_value=low, max_value=high, required=False
            )
        for name, help_text in WORDS.items():
            column: Any = DoseSettings._meta.get_field(name)
            widget: forms.Widget = forms.TextInput() if name == "call_words" else forms.Textarea(attrs={"rows": 3})
            self.fields[name] = forms.CharField(
                label=_label(name), help_text=help_text, max_length=column.max_length, required=False, widget=widget
            )

    @property
    def numbers(self) -> list[forms.BoundField]:
        """The fields of numbers."""
        return [self[name] for name in NUMBERS]

    @property
    def words(self) -> list[forms.BoundField]:
        """The fields of words."""
        return [self[name] for name in WORDS]


def _label(name: str) -> str:
    column: Any = DoseSettings._meta.get_field(name)
    return capfirst(str(column.verbose_name))


def _number_help(name: str) -> str:
    low, high = RANGES[name]
    said = {"default": getattr(Settings(), name), "low": low, "high": high}
    known = _("Empty: %(default)s. %(low)s to %(high)s.") % said
    source = SOURCES.get(name)
    return f"{known} " + (
        _("Behind the default stands: %(source)s.") % {"source": _(source)}
        if source
        else _("This number is ours; no published source stands behind it.")
    )
