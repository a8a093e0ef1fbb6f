"""What pages, the API and actions read about treatment."""

from regimens.queries.checks import checked, checked_again, fingerprint, inputs_of, sentence
from regimens.queries.facts import case, choices, lines, live_plans, person, place_of, plan_line, product_facts
from regimens.queries.panel import FindingView, NotChecked, Panel, finding_view, panel

__all__ = [
    "FindingView",
    "NotChecked",
    "Panel",
    "case",
    "checked",
    "checked_again",
    "choices",
    "finding_view",
    "fingerprint",
    "inputs_of",
    "lines",
    "live_plans",
    "panel",
    "person",
    "place_of",
    "plan_line",
    "product_facts",
    "sentence",
]
