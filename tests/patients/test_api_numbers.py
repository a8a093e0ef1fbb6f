"""Numbers the API takes as texts: what it takes it answers, and a zero has no sign."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from clinics.models import User
from patients.models import Assessment, LabResult, Patient
from tests.api import Api

pytestmark = pytest.mark.django_db

SIGNS = ("redness", "thickness", "scratching", "lichenification")
REGIONS = ("head_neck", "upper_limbs", "trunk", "lower_limbs")
LAB = {"collected_on": "2026-11-19", "value": "5000", "assay": "HISCL"}


def easi(trunk: dict[str, Any]) -> dict[str, Any]:
    """An EASI with these findings on the trunk and none elsewhere."""
    items: dict[str, Any] = {region: {"area": 0, **dict.fromkeys(SIGNS, "0")} for region in REGIONS}
    return {"instrument": "easi", "assessed_on": "2026-11-19", "items": items | {"trunk": trunk}}


def post(user: User, patient: Patient, what: str, body: dict[str, Any]) -> Any:
    return Api(user).post(f"patients/{patient.public_id}/{what}/", body)


@pytest.mark.parametrize("text", ["0", "1", "1.5", "2", "2.5", "3"])
def test_the_six_signs_are_answered_as_they_were_sent(clinician: User, patient: Patient, text: str) -> None:
    answer = post(clinician, patient, "assessments", easi({"area": 1, **dict.fromkeys(SIGNS, "1"), "redness": text}))
    assert answer.status_code == 201, answer.content
    assert answer.json()["items"]["trunk"]["redness"] == text
    assert Assessment.objects.get().tr_redness == Decimal(text)


@pytest.mark.parametrize("text", ["-0", "-0.0", "-1", "0.5", "3.5", "+1", "1,5", "1e0", "", "-", "\u0661", "\u22121", 1])
def test_other_signs_are_refused(clinician: User, patient: Patient, text: Any) -> None:
    answer = post(clinician, patient, "assessments", easi({"area": 1, **dict.fromkeys(SIGNS, "1"), "redness": text}))
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["items.trunk.redness"]
    assert not Assessment.objects.exists()


@pytest.mark.parametrize("text", ["-0", "-0.0", "-00"])
def test_a_share_of_minus_nothing_is_refused(clinician: User, patient: Patient, text: str) -> None:
    answer = post(clinician, patient, "assessments", easi({"area_percent": text, **dict.fromkeys(SIGNS, "0")}))
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["items.trunk.area_percent"]


@pytest.mark.parametrize(("text", "shown"), [("0", "0"), ("0.0", "0"), ("0.9", "0.9"), ("100.0", "100")])
def test_a_share_is_answered_without_trailing_zeros(clinician: User, patient: Patient, text: str, shown: str) -> None:
    sign = "0" if shown == "0" else "1"
    answer = post(clinician, patient, "assessments", easi({"area_percent": text, **dict.fromkeys(SIGNS, sign)}))
    assert answer.status_code == 201, answer.content
    assert answer.json()["items"]["trunk"]["area_percent"] == shown


@pytest.mark.parametrize("field", ["value", "laboratory_limit"])
@pytest.mark.parametrize("text", ["-0", "-0.0", "0", "-0.1"])
def test_a_laboratory_value_and_its_limit_are_above_nothing(nurse: User, patient: Patient, field: str, text: str) -> None:
    answer = post(nurse, patient, "labs", LAB | {field: text})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not LabResult.objects.exists()
