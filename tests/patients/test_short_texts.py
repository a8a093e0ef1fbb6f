"""Reasons, assays and notes of laboratory values are one line that can be seen, through every door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from clinics.access import Actor
from clinics.models import User
from patients import actions
from patients.models import Assessment, LabResult, Patient
from tests.api import Api
from tests.factories import NOW, easi_values, make_assessment, make_lab

pytestmark = pytest.mark.django_db

UNSEEN = "Line breaks and invisible control characters are not possible here."
REVERSED = "wrong \u202etfel arm"
NOTHING = ["\u200d", "\u200c \u200d", "\u00a0", "\u3000\t"]  # joiners, and spaces of other scripts
CONTROLS = [REVERSED, "\u200b", "slip\u200b", "one\ntwo", "a\u2066b", "a\u0000b", "\ufeffslip"]
Act = Callable[[str], Any]


def doors(by: Actor, patient: Patient) -> dict[str, Act]:
    """Everything that asks for a reason, by what is done."""
    score, lab = make_assessment(patient), make_lab(patient)
    allergy = actions.record_allergy(by, patient, kind="class", code="macrolides", at=NOW)
    values = easi_values({"hn": "1 0 0 0 | 1"})
    return {
        "amend": lambda text: actions.amend_assessment(by, score, values, reason=text, submission=uuid4(), at=NOW),
        "withdraw a score": lambda text: actions.withdraw_assessment(by, score, reason=text, at=NOW),
        "withdraw a lab": lambda text: actions.withdraw(by, lab, reason=text, at=NOW),
        "withdraw an allergy": lambda text: actions.withdraw(by, allergy, reason=text, at=NOW),
    }


DOORS = ["amend", "withdraw a score", "withdraw a lab", "withdraw an allergy"]


def refused(act: Callable[[], Any]) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as error:
        act()
    return error.value.message_dict


@pytest.mark.parametrize("door", DOORS)
def test_a_reason_is_one_line_that_can_be_seen(by: Actor, patient: Patient, door: str) -> None:
    act = doors(by, patient)[door]
    for text in CONTROLS:
        assert refused(lambda text=text: act(text)) == {"reason": [UNSEEN]}, ascii(text)
    for text in NOTHING:
        assert refused(lambda text=text: act(text)) == {"reason": ["Say why."]}, ascii(text)
    assert Assessment.objects.get().state == "signed"
    assert LabResult.objects.live().exists()
    act("\u0627\u0634\u062a\u0628\u0627\u0647\u200c\u0647\u0627 ")  # Persian joins its letters with U+200C


@pytest.mark.parametrize("field", ["assay", "comment"])
def test_assay_and_comment_of_a_laboratory_value_are_one_line(by: Actor, patient: Patient, field: str) -> None:
    for text in CONTROLS:
        assert refused(lambda text=text: make_lab(patient, by=by, **{field: text})) == {field: [UNSEEN]}, ascii(text)
    assert not LabResult.objects.exists()
    assert getattr(make_lab(patient, by=by, **{field: " HISCL, north "}), field) == "HISCL, north"


@pytest.mark.parametrize("text", ["", " ", *NOTHING])
def test_an_assay_says_something_and_a_comment_need_not(by: Actor, patient: Patient, text: str) -> None:
    assert list(refused(lambda: make_lab(patient, by=by, assay=text))) == ["assay"]
    assert make_lab(patient, by=by, comment=text).comment == ""


def test_the_same_form_again_is_one_row_whatever_spaces_it_carries(by: Actor, patient: Patient) -> None:
    key = uuid4()
    row = make_lab(patient, by=by, assay="HISCL ", submission=key)
    assert make_lab(patient, by=by, assay=" HISCL", submission=key) == row


def test_the_api_names_the_field(nurse: User, patient: Patient) -> None:
    api, where = Api(nurse), f"patients/{patient.public_id}/labs/"
    sent = {"collected_on": "2026-11-19", "value": "5000", "assay": "HISCL"}
    lab = api.post(where, sent)
    assert lab.status_code == 201
    for answer, field in (
        (api.post(where, sent | {"assay": REVERSED}), "assay"),
        (api.post(where, sent | {"comment": REVERSED}), "comment"),
        (api.post(f"{where}{lab.json()['id']}/withdraw/", {"reason": REVERSED}), "reason"),
    ):
        assert answer.status_code == 400
        assert [(error["field"], error["message"]) for error in answer.json()["errors"]] == [(field, UNSEEN)]
    assert LabResult.objects.live().count() == 1


def test_the_page_names_the_field(signed_in: Callable[[User], Client], nurse: User, patient: Patient) -> None:
    lab = make_lab(patient)
    address = reverse("row_withdraw", args=[patient.public_id, "labs", lab.public_id])
    answer = signed_in(nurse).post(address, {"reason": REVERSED})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"reason": [UNSEEN]}
    assert LabResult.objects.live().get() == lab
