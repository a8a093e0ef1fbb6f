"""The points of a patient's chart as plain values: two queries, however many points."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce

from patients import words
from patients.models import Assessment, Instrument, LabResult, Patient

TARC = "tarc"
SERIES = (*Instrument.values, TARC)


def exact(value: Decimal | int | None) -> str | None:
    """A number without trailing zeros: "14", "0.15"; None for none."""
    return None if value is None else f"{Decimal(value).normalize():f}"


def chart_data(patient: Patient, *, from_on: date | None = None) -> list[dict[str, Any]]:
    """What counts, per instrument and for TARC, the oldest first.

    Of several on a day by one respondent (of one assay) the last entered is the one `in_trend`. `is_amended`: the point
    stands in place of a corrected one.
    """
    points: dict[str, list[dict[str, Any]]] = {name: [] for name in SERIES}
    for point in _scores(patient, from_on):
        points[point.pop("instrument")].append(point)
    points[TARC] = _labs(patient, from_on)
    for series in points.values():
        last = {(point["on"], point["of"]): point["id"] for point in series}
        for point in series:
            point["in_trend"] = last[point["on"], point.pop("of")] == point["id"]
    return [{"instrument": name, "credit": str(words.CREDITS[name]), "points": points[name]} for name in SERIES]


def _scores(patient: Patient, from_on: date | None) -> list[dict[str, Any]]:
    rows = Assessment.objects.counting().filter(patient=patient)
    if from_on is not None:
        rows = rows.filter(assessed_on__gte=from_on)
    who = Coalesce("rater__name", "recorded_by__name")
    columns = ("instrument", "public_id", "assessed_on", "recorded_at", "total", "band", "respondent", "weight_set")
    found = rows.order_by("assessed_on", "recorded_at", "id").values_list(*columns, "is_imputed", "replaces_id", who)
    return [
        {
            "instrument": instrument,
            "of": respondent,
            "id": public_id,
            "on": on,
            "entered_at": entered_at,
            "value": exact(total),
            "band": band,
            "respondent": respondent,
            "who": name or "",
            "weight_set": weights,
            "is_imputed": is_imputed,
            "is_amended": replaces is not None,
            "limit": None,
        }
        for instrument, public_id, on, entered_at, total, band, respondent, weights, is_imputed, replaces, name in found
    ]


def _labs(patient: Patient, from_on: date | None) -> list[dict[str, Any]]:
    rows = LabResult.objects.live().filter(patient=patient)
    if from_on is not None:
        rows = rows.filter(collected_on__gte=from_on)
    limit, who = Coalesce("laboratory_limit", "reference_limit"), F("recorded_by__name")
    columns = ("assay", "public_id", "collected_on", "recorded_at", "value")
    found = rows.order_by("collected_on", "recorded_at", "id").values_list(*columns, limit, who)
    return [
        {
            "of": assay,
            "id": public_id,
            "on": on,
            "entered_at": entered_at,
            "value": exact(value),
            "band": "",
            "respondent": "",
            "who": name or "",
            "weight_set": "",
            "is_imputed": False,
            "is_amended": False,
            "limit": exact(upper),
        }
        for assay, public_id, on, entered_at, value, upper, name in found
    ]
