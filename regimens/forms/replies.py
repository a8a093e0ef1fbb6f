"""Reasons for warnings: one pair of fields for every warning the rules gave."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from regimens.actions import Reply
from regimens.models import OverrideReason
from regimens.protocol.base import RULES

MOST = 300  # characters of a sentence


class RepliesForm(forms.Form):
    """A listed reason and a sentence for each rule; which are needed is known once the rules were asked."""

    def __init__(self, *args: Any, rules: Iterable[str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.rules = list(dict.fromkeys(rules))
        for rule in self.rules:
            self.fields[f"reason_{rule}"] = forms.ChoiceField(
                label=_("Reason"), choices=[("", _("Choose …")), *OverrideReason.choices], required=False
            )
            self.fields[f"sentence_{rule}"] = forms.CharField(label=_("In a sentence"), max_length=MOST, required=False)

    def pair(self, rule: str) -> list[forms.BoundField]:
        """The two fields of a rule."""
        return [self[f"reason_{rule}"], self[f"sentence_{rule}"]]


def not_shown(data: Any, shown: Iterable[str]) -> list[tuple[str, str]]:
    """Names and values of what was typed about rules that are not on the page now: they go along unseen."""
    beside = set(shown)
    return [
        (f"{part}_{rule}", data[f"{part}_{rule}"])
        for rule in RULES
        if rule not in beside
        for part in ("reason", "sentence")
        if data and data.get(f"{part}_{rule}")
    ]


def replies_of(data: Any) -> dict[str, Reply]:
    """What was typed about warnings, by rule id; incomplete ones too, which the action refuses."""
    found: dict[str, Reply] = {}
    for name in data or {}:
        if name.startswith("reason_"):
            rule = name.removeprefix("reason_")
            sentence = data.get(f"sentence_{rule}", "")
            is_sentence = len(sentence) <= MOST and "\x00" not in sentence
            found[rule] = Reply(data.get(name, ""), sentence if is_sentence else "")
    return found
