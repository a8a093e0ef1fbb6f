"""The clinic's numbers about doses, with what stands behind each, and what they make of a count."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from clinics.models import Clinic
from regimens.models import DoseSettings
from regimens.protocol.adherence import Tally
from regimens.queries.doses import Settings

NUMBERS = ("window_days", "least_records", "low_percent", "open_event_days")
# Of adtrack's defaults only this one has somebody behind it (clinical.md C15); the others are ours.
SOURCES = {"open_event_days": "EU package leaflet of Protopic: burning usually goes away within a week"}


class Number(NamedTuple):
    """A number at work in a clinic."""

    name: str
    value: int
    default: int
    is_chosen: bool  # by the clinic, instead of the default
    source: str  # behind the default, where it is in use; empty: none, the number is ours or the clinic's

    @property
    def is_ours(self) -> bool:
        """Whether no source stands behind it: a number of adtrack or of the clinic."""
        return not self.source


class Verdict(StrEnum):
    """What a count says; with few records it says nothing."""

    TOO_FEW = "too_few"
    LOW = "low"
    NOT_LOW = "not_low"


def stored_settings(clinic: Clinic) -> DoseSettings:
    """What the clinic chose; an unsaved row with nothing chosen where it has not."""
    return DoseSettings.objects.filter(clinic=clinic).first() or DoseSettings(clinic=clinic)


def numbers(stored: DoseSettings) -> list[Number]:
    """Every number as it works, in the order of the screen."""
    found = []
    for name in NUMBERS:
        default, chosen = getattr(Settings(), name), getattr(stored, name)
        value = default if chosen is None else chosen
        found.append(Number(name, value, default, chosen is not None, SOURCES.get(name, "") if value == default else ""))
    return found


def verdict(found: Tally, settings: Settings) -> Verdict:
    """Too few records to judge, low by the clinic's number, or not."""
    percent = found.percent(settings.least_records)
    if percent is None:
        return Verdict.TOO_FEW
    return Verdict.LOW if percent < settings.low_percent else Verdict.NOT_LOW
