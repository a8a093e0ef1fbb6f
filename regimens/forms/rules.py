"""How a clinic wants a rule to be."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from clinics.models.base import one_line
from regimens.protocol.base import RULES
from regimens.queries.guidance import NUMBERS
from regimens.queries.panel import LEVELS

MOST = 10_000


class RuleForm(forms.Form):
    """Level and numbers of one rule, with the source the clinic relies on and why."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, rule_id: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        rule = RULES[rule_id]
        self.rule = rule
        levels = rule.levels
        if len(levels) > 1:
            words = {level: str(LEVELS[level][1]) for level in levels}
            words[rule.level] = _("%(level)s (default)") % {"level": words[rule.level]}
            self.fields["level"] = forms.TypedChoiceField(
                label=_("Level"),
                choices=[(int(level), word) for level, word in words.items()],
                coerce=int,
                widget=forms.RadioSelect,
            )
        for name, default in rule.params.items():
            self.fields[f"number_{name}"] = forms.IntegerField(
                label=NUMBERS.get(name, name.replace("_", " ")),
                help_text=_("By default %(number)s.") % {"number": default},
                min_value=0,
                max_value=MOST,
            )
        self.fields["source"] = forms.CharField(
            label=_("Source the clinic relies on"),
            help_text=_("With its date: a label, a guideline, a decision of the clinic."),
            max_length=300,
            validators=[one_line],
        )
        self.fields["reason"] = forms.CharField(label=_("Why"), max_length=300, validators=[one_line])

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        typed = self.cleaned_data
        return {
            "level": typed.get("level"),
            "params": {name: typed[f"number_{name}"] for name in self.rule.params},
            "source": typed["source"],
            "reason": typed["reason"],
            "version": typed["version"],
        }
