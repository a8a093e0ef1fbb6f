"""Reasons for warnings: one pair of fields for every warning the rules gave.

What was typed about a warning that is not on the page goes along in hidden fields named `earlier_…` until it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from regimens.actions import Reply
from regimens.errors import Lack
from regimens.models import OverrideReason

MOST = 300  # characters of a sentence
EARLIER = "earlier_"
FIELD = re.compile(r"(?:earlier_)?((?:reason|sentence)_(\d{1,3}-[0-9a-f]{24}))")


class RepliesForm(forms.Form):
    """A listed reason and a sentence for each warning on the page, by key of finding."""

    def __init__(self, data: Any, *, keys: Iterable[str], unanswered: Mapping[str, Lack]):
        super().__init__(_typed(data) if data else None)
        for key in dict.fromkeys(keys):
            self.fields[f"reason_{key}"] = forms.ChoiceField(
                label=_("Reason"), choices=[("", _("Choose …")), *OverrideReason.choices], required=False
            )
            self.fields[f"sentence_{key}"] = forms.CharField(
                label=_("In a sentence"),
                help_text=_("At least two words; it is kept with the line."),
                max_length=MOST,
                required=False,
            )
        for key in unanswered:
            self._say(key, unanswered[key].problems)

    def _say(self, key: str, problems: Mapping[str, str]) -> None:
        for part, text in problems.items():
            name = f"{part}_{key}"
            if name in self.fields and not self.has_error(name):
                self.add_error(name, text)

    def pair(self, key: str) -> list[forms.BoundField]:
        """The two fields of a warning."""
        return [self[f"reason_{key}"], self[f"sentence_{key}"]]


def _typed(data: Mapping[str, str]) -> dict[str, str]:
    """What was typed about warnings by name of field; what stands on the page before what goes along unseen."""
    names = sorted((name for name in data if FIELD.fullmatch(name)), key=lambda name: not name.startswith(EARLIER))
    return {name.removeprefix(EARLIER): data[name] for name in names}


def not_shown(data: Mapping[str, str] | None, shown: Iterable[str]) -> list[tuple[str, str]]:
    """Names and values of what was typed about warnings that are not on the page now: they go along unseen."""
    beside = set(shown)
    return [
        (EARLIER + name, value)
        for name, value in _typed(data or {}).items()
        if value and name.partition("_")[2] not in beside
    ]


def replies_of(data: Mapping[str, str]) -> dict[str, Reply]:
    """What was typed about warnings, by key of finding; incomplete ones too, which the action refuses."""
    typed, found = _typed(data), dict[str, Reply]()
    for key in dict.fromkeys(name.partition("_")[2] for name in typed):
        reason, sentence = typed.get(f"reason_{key}", ""), typed.get(f"sentence_{key}", "")
        if reason or sentence.strip():
            is_earlier = f"reason_{key}" not in data and f"sentence_{key}" not in data
            found[key] = Reply(reason, sentence, is_earlier=is_earlier)
    return found
