"""Where a clinic deviates from the defaults of the rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.models import Clinic, Kind
from regimens.models import RuleChoice
from regimens.protocol.base import RULES, Level
from regimens.protocol.check import check as _check  # noqa: F401 - registers every rule


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
    at: datetime,
) -> RuleChoice | None:
    """Set the level and the numbers of a rule for a clinic, with source and reason; nothing of either: the default again.

    Only stops marked lowerable may be lowered, and to a warning at the least.
    """
    by.must(May.CHOOSE_RULES, clinic)
    found: dict[str, str] = {}
    rule = RULES.get(rule_id)
    if rule is None:
        raise ValidationError({"rule": _("There is no such rule.")})
    if level is not None and level not in list(Level):
        found["level"] = _("Choose inform, warn or stop.")
    elif level is not None and rule.level == Level.STOP and level < (Level.WARN if rule.is_lowerable else Level.STOP):
        found["level"] = _("This stop can be lowered to a warning.") if rule.is_lowerable else _("This stop stays a stop.")
    for name, value in params.items():
        if name not in rule.params or not 0 <= value <= 10_000:
            found["params"] = _("%(name)s is not a number of this rule, or out of range.") % {"name": name}
    if not source.strip():
        found["source"] = _("Name the source the clinic relies on.")
    if not reason.strip():
        found["reason"] = _("Say why.")
    if found:
        raise ValidationError(found)
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    old = RuleChoice.objects.filter(clinic=clinic, rule=rule_id, replaced_at__isnull=True)
    old.update(replaced_at=at, replaced_by=by.account)
    changed: dict[str, Any] = {name: value for name, value in params.items() if value != rule.params[name]}
    row = None
    if level not in (None, rule.level) or changed:
        row = RuleChoice.objects.create(
            clinic=clinic,
            rule=rule_id,
            level=level,
            params=changed,
            source=source.strip(),
            reason=reason.strip(),
            valid_from_on=clinic.today(at),
            chosen_at=at,
            chosen_by=by.account,
        )
    audit.record(by, "rule chosen", Kind.UPDATE, at=at, obj=row, fields=[rule_id], reason="")
    return row
