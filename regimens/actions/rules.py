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
from regimens.protocol.base import RULES, Level
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

    Going back is a choice too: who did, and why, stays. Only stops marked lowerable may be lowered, and to a warning at
    the least. `version` counts the choices somebody saw; Stale (with the live one) when there is a later one.
    """
    by.must(May.CHOOSE_RULES, clinic)
    found: dict[str, str] = {}
    rule = RULES.get(rule_id)
    if rule is None:
        raise ValidationError({"rule": _("There is no such rule.")})
    if level is not None and level not in list(Level):
        found["level"] = _("Choose inform, warn or stop.")
    elif level is not None and level not in rule.levels:
        found["level"] = _("This stop can be lowered to a warning.") if rule.is_lowerable else _("This stop stays a stop.")
    if rule.level == Level.STOP and not rule.is_lowerable and any(rule.params.get(name) != n for name, n in params.items()):
        found["params"] = _("The numbers of this stop stay as they are.")
    for name, value in params.items():
        if name not in rule.params or not 0 <= value <= 10_000:
            found["params"] = _("%(name)s is not a number of this rule, or out of range.") % {"name": name}
        elif name == STOPS_FROM and value > rule.params[name]:
            found["params"] = _("From %(number)s on it cannot be saved: a stop may come earlier, never later.") % {
                "number": rule.params[name]
            }
    source, reason = line_of("source", source)[:300], line_of("reason", reason)[:300]
    if not source:
        found["source"] = _("Name the source the clinic relies on.")
    if not reason:
        found["reason"] = _("Say why.")
    if found:
        raise ValidationError(found)
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    chosen = RuleChoice.objects.filter(clinic=clinic, rule=rule_id)
    if version is not None and version != chosen.count():
        raise Stale(chosen.filter(replaced_at__isnull=True).first())
    chosen.filter(replaced_at__isnull=True).update(replaced_at=at, replaced_by=by.account)
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
