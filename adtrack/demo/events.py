"""What treatment did to the made-up people that it should not, through the actions."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from clinics.access import Actor
from clinics.models import Clinic
from patients.models import Patient
from regimens import actions
from regimens.models import RegimenLine
from regimens.protocol.facts import Family

SEED = "adtrack demonstration, events"

# The clinic's own words, as a medical lead would write them: of the first clinic only.
WORDS = {
    "late_words": "Once late or once more is no harm. Go on with the next planned day.",
    "green_words": "Keep to your two days a week, also when you see nothing. Moisturiser every day.",
    "yellow_words": "Go back to what your plan says for a flare and send us a message if it is no better after two weeks.",
    "red_words": "Stop the ointment on that skin and call us the same day.",
    "call_words": "Demo Clinic, weekdays 8 to 17, 0000 000 000 (made up); otherwise the on-call service",
}


class Happened(NamedTuple):
    """One event that is written down by record number of the first clinic; days before the demonstration is loaded."""

    kind: str
    since_days: int
    ended_days: int | None
    severity: str = "mild"
    action_taken: str = "none"
    text: str = ""


KNOWN = {
    "D-1032": Happened("burning", 12, None, "moderate", "advice", "Every evening for half an hour"),
    "D-1022": Happened("folliculitis", 70, 58, "mild", "advice", "At the hairline"),
    "D-1018": Happened("herpes_simplex", 4, None, "moderate", "treated", "On the upper lip, as years ago"),
}


def own_words(by: Actor, clinic: Clinic, *, at: datetime) -> None:
    """The medical lead writes what patients of the clinic read."""
    actions.change_dose_settings(by, clinic, WORDS, version=1, at=at)


def suffer(number: str, patient: Patient, by: Actor, *, until: date, at: datetime) -> None:
    """Burning in the first days of a calcineurin inhibitor, of some, that ended; and what is written down of few."""
    lines = RegimenLine.objects.filter(patient=patient, product__family=Family.TCI).select_related("product")
    line = lines.order_by("starts_on", "pk").first()
    if line is None:
        return
    drawn = Random(f"{SEED} {number}")  # noqa: S311 - made-up data
    is_burning, began, lasted = drawn.random() < 0.45, drawn.randrange(2), drawn.randrange(2, 6)
    if is_burning and line.starts_on + timedelta(days=began + lasted + 7) < until:
        onset = line.starts_on + timedelta(days=began)
        values = _values(line, "burning", onset) | {"severity": "mild", "action_taken": "advice"}
        row = actions.record_adverse_event(by, patient, values, at=_noon(patient, onset + timedelta(days=1), at))
        ended = {"ended_on": onset + timedelta(days=lasted)}
        actions.amend_adverse_event(by, row, ended, at=_noon(patient, ended["ended_on"] + timedelta(days=2), at))
    if number in KNOWN and patient.clinic.jurisdiction == "EU":
        _happen(KNOWN[number], line, by, until, at)


def _happen(event: Happened, line: RegimenLine, by: Actor, until: date, at: datetime) -> None:
    onset = until - timedelta(days=event.since_days)
    ended = until - timedelta(days=event.ended_days) if event.ended_days is not None else None
    values = _values(line, event.kind, onset) | {
        "ended_on": ended,
        "severity": event.severity,
        "action_taken": event.action_taken,
        "text": event.text,
    }
    then = _noon(line.patient, ended or onset + timedelta(days=2), at)
    actions.record_adverse_event(by, line.patient, values, at=then)
    actions.check_again(by, line.patient, at=at)  # burning that goes on has become long since


def _values(line: RegimenLine, kind: str, onset: date) -> dict[str, Any]:
    place = line.places.order_by("pk")[0]
    return {"kind": kind, "site": place.site, "side": place.side, "line": line, "onset_on": onset}


def _noon(patient: Patient, on: date, at: datetime) -> datetime:
    return min(datetime.combine(on, time(12), ZoneInfo(patient.clinic.zone)), at)
