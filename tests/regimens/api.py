"""Orders as a program sends them, and what comes back."""

from __future__ import annotations

from typing import Any

from patients.models import Patient
from tests.api import Api

TAC: dict[str, Any] = {
    "product": "tacrolimus-0.1",
    "phase": "induction",
    "places": [{"site": "face"}, {"site": "hands", "side": "both"}],
    "per_day": 2,
    "starts_on": "2026-11-20",
    "review_on": "2027-01-01",
}
EMOLLIENT: dict[str, Any] = {
    "product": "emollient",
    "phase": "induction",
    "places": [{"site": "whole_body"}],
    "per_day": 2,
    "starts_on": "2026-11-20",
}
POTENT: dict[str, Any] = TAC | {"product": "mometasone-furoate-0.1", "places": [{"site": "face"}], "per_day": 1}
THIN_SKIN = "potent-steroid-on-thin-skin"  # the warning POTENT meets
REPLY = {"reason": "short", "sentence": "Five days, then looked at again."}


def about(patient: Patient, *more: Any) -> str:
    """An address under a patient."""
    return f"patients/{patient.public_id}/" + "".join(f"{part}/" for part in more)


def made(response: Any, status: int = 200) -> Any:
    """The body of an answer that went well."""
    assert response.status_code == status, response.content
    return response.json()


def errors_of(response: Any, status: int = 422) -> dict[str, str]:
    """What a refusal names, by field."""
    assert response.status_code == status, response.content
    return {error["field"]: error["message"] for error in response.json()["errors"]}


def started(api: Api, patient: Patient, *orders: dict[str, Any], **replies: dict[str, str]) -> dict[str, Any]:
    """An open regimen: tacrolimus 0.1 % on face and hands and an emollient, unless told. Replies by rule."""
    body: dict[str, Any] = {"orders": list(orders) or [TAC, EMOLLIENT]}
    if replies:
        said = made(api.post(about(patient, "orders", "check"), body))
        body["replies"] = keyed(said, replies)
    return dict(made(api.post(about(patient, "regimens"), body), 201))


def keyed(said: Any, replies: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Replies by rule as the API takes them: by the keys of what a check or a refusal says."""
    return {one["key"]: replies[one["rule"]] for one in said["findings"] if one["rule"] in replies}


def asked(said: Any) -> list[str]:
    """The rules of which a check or a refusal says that a reason is needed."""
    rules = {one["key"]: one["rule"] for one in said["findings"] if one["is_unanswered"]}
    assert sorted(rules) == said["unanswered"]
    return sorted(set(rules.values()))


def tag(row: dict[str, Any]) -> str:
    """The ETag of a row."""
    return f'"{row["version"]}"'


def phases(line: dict[str, Any]) -> list[tuple[str, str, str | None, list[str]]]:
    """The phases of a line: which, from, ended, where."""
    return [
        (plan["phase"], plan["from_on"], plan["ended_on"], [place["site"] for place in plan["places"]])
        for plan in line["plans"]
    ]
