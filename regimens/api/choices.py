"""What may be chosen in the shapes of treatment, and defaults of what may be left out."""

from __future__ import annotations

from typing import Any

from patients import sites
from patients.sites import Side
from regimens.models import FAMILIES, PHASES, POTENCIES
from regimens.protocol.base import Level
from regimens.protocol.facts import Phase
from regimens.queries.panel import LEVELS

SITES = [(site.code, site.label) for site in sites.SITES.values()]
SIDES = [(side.value, side.value) for side in Side if side]
FAMILY_CHOICES = [(str(family), str(family)) for family in FAMILIES]
POTENCY_CHOICES = [(str(potency), str(potency)) for potency in POTENCIES]
PHASE_CHOICES = [(phase.value, phase.value) for phase in PHASES]
ORDER_PHASES = [choice for choice in PHASE_CHOICES if choice[0] != Phase.HOLD]
LEVEL_CHOICES = [(word, word) for word, _label in LEVELS.values()]
JURISDICTIONS = [(code, code) for code in ("EU", "UK", "US", "JP", "any")]

OPEN: dict[str, Any] = {"allow_null": True, "default": None}
BLANK: dict[str, Any] = {"allow_blank": True, "default": ""}


def level_word(level: int) -> str:
    """`inform`, `warn` or `stop`."""
    return LEVELS[Level(level)][0]
