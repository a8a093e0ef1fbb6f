"""What patients use, on which step, why it was right, and what waits to be looked at."""

from regimens.models.catalogue import FAMILIES, POTENCIES, Product, ProductFact, Route
from regimens.models.doses import (
    Application,
    ApplicationKind,
    DoseOutcome,
    DoseSettings,
    RecordedAs,
    SkipReason,
    TubeReport,
)
from regimens.models.events import ActionTaken, AdverseEvent, EventKind, Severity
from regimens.models.history import PastResponse, PastTreatment, WhyStopped
from regimens.models.regimen import (
    PHASES,
    AmountUnit,
    DosePlan,
    EndReason,
    Override,
    OverrideReason,
    PlanSite,
    Regimen,
    RegimenLine,
)
from regimens.models.rules import RuleChoice
from regimens.models.work import LastCheck, WorkItem, WorkOutcome, WorkReason

__all__ = [
    "FAMILIES",
    "PHASES",
    "POTENCIES",
    "ActionTaken",
    "AdverseEvent",
    "AmountUnit",
    "Application",
    "ApplicationKind",
    "DoseOutcome",
    "DosePlan",
    "DoseSettings",
    "EndReason",
    "EventKind",
    "LastCheck",
    "Override",
    "OverrideReason",
    "PastResponse",
    "PastTreatment",
    "PlanSite",
    "Product",
    "ProductFact",
    "RecordedAs",
    "Regimen",
    "RegimenLine",
    "Route",
    "RuleChoice",
    "Severity",
    "SkipReason",
    "TubeReport",
    "WhyStopped",
    "WorkItem",
    "WorkOutcome",
    "WorkReason",
]
