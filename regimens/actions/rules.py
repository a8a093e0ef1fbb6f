"""Where a clinic deviates from the defaults of the rules."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.models import Clinic, Kind
from patients.actions.texts import line_of
from regimens.actions.sweeps import check_clinic_anew
from regimens.models import RuleChoice
from regimens.protocol.base import RULES, Level, Rule
from regimens.protocol.check import check as _check  # noqa: F401 - registers every rule

STOPS_FROM = "block_from"  # the number from which a rule stops; the rules hold to the default as the latest


@transaction.atomic
def choose_rule(
    by: Actor,
    clinic: Clinic,
    rule_id: str,
    *,
    level: int | None,
    params: dict[str, int],
    source: str,
    reason: str,
    version: int | None = None,
    at: datetime,
) -> RuleChoice:
    """Set the level and the numbers of a rule for a clinic, with source and reason; nothing of either: the default again.

    Going back is a choice too: who did, and why, stays. `version` counts the choices somebody saw; Stale (with the live
    one) when there is a later one. ValidationError names the field.
    """
    by.must(May.CHOOSE_RULES, clinic)
    rule = RULES.get(rule_id)
    if rule is None:
        raise ValidationError({"rule": _("There is no such rule.")})
    source, reason = line_of("source", source)[:300], line_of("reason", reason)[:300]
    if found := _level_problems(rule, level) | _number_problems(rule, params) | _words_missing(source, reason):
        raise ValidationError(found)
    _end_the_live_one(by, clinic, rule_id, version, at)
    row = RuleChoice.objects.create(
        clinic=clinic,
        rule=rule_id,
        level=None if level == rule.level else level,
        params={name: value for name, value in params.items() if value != rule.params[name]},
        source=source,
        reason=reason,
        valid_from_on=clinic.today(at),
        chosen_at=at,
        chosen_by=by.account,
    )
    audit.record(by, "rule chosen", Kind.UPDATE, at=at, obj=row, fields=[rule_id])
    check_clinic_anew(clinic)
    return row


def _end_the_live_one(by: Actor, clinic: Clinic, rule_id: str, version: int | None, at: datetime) -> None:
    """One at a time: the choices of a clinic wait for each other."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    chosen = RuleChoice.objects.filter(clinic=clinic, rule=rule_id)
    if version is not None and version != chosen.count():
        raise Stale(chosen.filter(replaced_at__isnull=True).first())
    chosen.filter(replaced_at__isnull=True).update(replaced_at=at, replaced_by=by.account)


def _words_missing(source: str, reason: str) -> dict[str, str]:
    asked = {"source": (source, _("Name the source the clinic relies on.")), "reason": (reason, _("Say why."))}
    return {name: message for name, (text, message) in asked.items() if not text}


def _level_problems(rule: Rule, level: int | None) -> dict[str, str]:
    """Only stops marked lowerable may be lowered, and to a warning at the least."""
    if level is None or level in rule.levels:
        return {}
    if level not in list(Level):
        return {"level": _("Choose inform, warn or stop.")}
    stays = _("This stop can be lowered to a warning.") if rule.is_lowerable else _("This stop stays a stop.")
    return {"level": stays}


def _number_problems(rule: Rule, params: dict[str, int]) -> dict[str, str]:
    """The numbers of a stop that stays one stay too; what a rule stops from may come earlier, never later."""
    found = {}
    if rule.level == Level.STOP and not rule.is_lowerable and any(rule.params.get(name) != n for name, n in params.items()):
        found["params"] = _("The numbers of this stop stay as they are.")
    for name, value in params.items():
        if name not in rule.params or not 0 <= value <= 10_000:
            found["params"] = _("%(name)s is not a number of this rule, or out of range.") % {"name": name}
        elif name == STOPS_FROM and value > rule.params[name]:
            found["params"] = _("From %(number)s on it cannot be saved: a stop may come earlier, never later.") % {
                "number": rule.params[name]
            }
    return found
