"""What the database itself refuses about scores, whatever door a row comes through; on both engines."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from clinics.access import Actor
from patients import actions
from patients.models import Assessment, CurrentScores, LabResult, Patient
from tests.factories import NOW, easi_values, make_assessment, make_lab, poem_values

pytestmark = pytest.mark.django_db


def refused(row: Assessment | LabResult, constraint: str, **change: Any) -> None:
    """A plain update past the actions breaks this constraint, and the row stays as it is."""
    model = type(row)
    before = model.objects.filter(pk=row.pk).values().get()
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        model.objects.filter(pk=row.pk).update(**change)
    assert constraint in str(error.value)
    assert model.objects.filter(pk=row.pk).values().get() == before


def taken(row: Assessment | LabResult, **change: Any) -> None:
    """A plain update that no constraint stands against."""
    assert type(row).objects.filter(pk=row.pk).update(**change) == 1


REGIONS = ["hn", "ul", "tr", "ll"]
SIGNS = ["redness", "thickness", "scratching", "lichenification"]
ALL_SIGNS = [f"{region}_{sign}" for region in REGIONS for sign in SIGNS]


@pytest.mark.parametrize("region", REGIONS)
def test_areas_are_0_to_6(patient: Patient, region: str) -> None:
    draft = make_assessment(patient, sign=False)
    for area in (0, 6):
        taken(draft, **{f"{region}_area": area})
    refused(draft, "assessment_area_0_to_6", **{f"{region}_area": 7})
    refused(draft, "", **{f"{region}_area": -1})  # by more than one


@pytest.mark.parametrize("column", ALL_SIGNS)
def test_signs_are_0_1_15_2_25_3(patient: Patient, column: str) -> None:
    draft = make_assessment(patient, sign=False)
    for value in ("0", "1", "1.5", "2", "2.5", "3"):
        taken(draft, **{column: Decimal(value)})
    for value in ("0.5", "0.1", "1.4", "3.5", "-1", "9.9"):
        refused(draft, "assessment_sign_allowed", **{column: Decimal(value)})


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize(
    ("share", "area"),
    [
        *[("0", 0), ("0.1", 1), ("9.9", 1), ("10", 2), ("29.9", 2), ("30", 3), ("49.9", 3)],
        *[("50", 4), ("69.9", 4), ("70", 5), ("89.9", 5), ("90", 6), ("100", 6)],
    ],
)
def test_a_share_is_the_one_of_its_area(patient: Patient, region: str, share: str, area: int) -> None:
    draft = make_assessment(patient, sign=False)
    taken(draft, **{f"{region}_percent": Decimal(share), f"{region}_area": area})
    for other in {0, 1, 2, 3, 4, 5, 6} - {area}:
        refused(draft, "assessment_percent_is_the_area", **{f"{region}_area": other})


def test_shares_are_0_to_100(patient: Patient) -> None:
    draft = make_assessment(patient, sign=False)
    for share, area in (("-0.1", 0), ("-0.1", 1), ("100.1", 6)):
        change = {"hn_percent": Decimal(share), "hn_area": area}
        refused(draft, "assessment_percent_is_the_area", **change)


@pytest.mark.parametrize("name", ["itch", "sleep", "bleeding", "weeping", "cracking", "flaking", "dryness"])
def test_answers_are_0_to_4(patient: Patient, name: str) -> None:
    draft = make_assessment(patient, "poem", sign=False)
    for answer in (0, 4, None):
        taken(draft, **{f"poem_{name}": answer})
    refused(draft, "assessment_answer_0_to_4", **{f"poem_{name}": 5})
    refused(draft, "", **{f"poem_{name}": -1})  # by more than one


@pytest.mark.parametrize(("instrument", "highest"), [("viga_ad", 4), ("itch", 10)])
def test_levels(patient: Patient, instrument: str, highest: int) -> None:
    draft = make_assessment(patient, instrument, sign=False)
    for level in (0, highest, None):
        taken(draft, level=level)
    refused(draft, "assessment_level_in_range", level=highest + 1)
    refused(draft, "level", level=-1)


@pytest.mark.parametrize("instrument", ["easi", "poem"])
def test_no_level_where_there_is_none(patient: Patient, instrument: str) -> None:
    refused(make_assessment(patient, instrument, sign=False), "assessment_level_in_range", level=0)


@pytest.mark.parametrize("column", ["hn_area", "ll_lichenification", "tr_percent", "poem_itch", "poem_dryness"])
@pytest.mark.parametrize("instrument", ["viga_ad", "itch"])
def test_a_level_has_no_other_items(patient: Patient, instrument: str, column: str) -> None:
    refused(make_assessment(patient, instrument), "assessment_only_own_items", **{column: 0})


def test_easi_and_poem_do_not_mix(patient: Patient) -> None:
    refused(make_assessment(patient), "assessment_only_own_items", poem_itch=0)
    for column in ("hn_area", "ll_percent", "ul_redness"):
        refused(make_assessment(patient, "poem"), "assessment_only_own_items", **{column: 0})


@pytest.mark.parametrize("column", [*ALL_SIGNS, "hn_area", "ul_area", "tr_area", "ll_area"])
def test_a_signed_easi_has_every_item(patient: Patient, column: str) -> None:
    refused(make_assessment(patient), "assessment_signed_is_complete", **{column: None})


@pytest.mark.parametrize("region", REGIONS)
def test_a_signed_easi_has_signs_where_it_has_area_and_none_where_not(patient: Patient, region: str) -> None:
    empty = make_assessment(patient, **easi_values({}))
    refused(empty, "assessment_signed_is_complete", **{f"{region}_area": 1})
    for sign in SIGNS:
        refused(empty, "assessment_signed_is_complete", **{f"{region}_{sign}": Decimal(1)})
        taken(empty, **{f"{region}_area": 1, f"{region}_{sign}": Decimal(1)})
        taken(empty, **{f"{region}_area": 0, f"{region}_{sign}": Decimal(0)})


@pytest.mark.parametrize("instrument", ["viga_ad", "itch"])
def test_a_signed_level_is_there(patient: Patient, instrument: str) -> None:
    refused(make_assessment(patient, instrument), "assessment_signed_is_complete", level=None)


@pytest.mark.parametrize("instrument", ["easi", "viga_ad"])
def test_a_clinicians_score_has_a_rater_and_no_respondent(patient: Patient, instrument: str) -> None:
    row = make_assessment(patient, instrument)
    refused(row, "assessment_rater_or_respondent", rater=None)
    for respondent in ("self", "helped", "proxy", ""):
        refused(row, "assessment_rater_or_respondent", respondent=respondent)


@pytest.mark.parametrize("instrument", ["poem", "itch"])
def test_an_answered_score_has_no_rater(by: Actor, patient: Patient, instrument: str) -> None:
    row = make_assessment(patient, instrument)
    refused(row, "assessment_rater_or_respondent", rater=by.account)
    refused(row, "assessment_rater_or_respondent", respondent="clinician")
    refused(row, "assessment_rater_or_respondent", respondent="clinician", rater=by.account)


def test_totals_stay_within_the_instrument(patient: Patient) -> None:
    easi, poem = make_assessment(patient), make_assessment(patient, "poem")
    for total in ("0", "72"):
        taken(easi, total=Decimal(total))
    for total in ("-0.05", "72.05"):
        refused(easi, "assessment_total_in_range", total=Decimal(total))
    for total in ("-1", "7", "9", "29"):  # the answers add up to 8
        refused(poem, "assessment_total_in_range", total=Decimal(total))
    taken(poem, total=7, poem_itch=None, poem_sleep=2)
    refused(poem, "assessment_total_in_range", poem_itch=1)


def test_head_and_neck_stays_within_its_weights(patient: Patient) -> None:
    child = make_assessment(patient)
    for value in ("0", "14.4"):
        taken(child, head_neck=Decimal(value))
    for value in (Decimal("-0.05"), Decimal("14.45"), None):
        refused(child, "assessment_head_neck_in_range", head_neck=value)
    taken(child, weight_set="from_8", head_neck=Decimal("7.2"))
    refused(child, "assessment_head_neck_in_range", weight_set="from_8", head_neck=Decimal("7.25"))
    refused(make_assessment(patient, "poem"), "assessment_head_neck_in_range", head_neck=Decimal(1))


@pytest.mark.parametrize(("instrument", "level"), [("viga_ad", 2), ("itch", 5)])
def test_the_total_of_a_level_is_the_level(patient: Patient, instrument: str, level: int) -> None:
    row = make_assessment(patient, instrument)
    refused(row, "assessment_total_in_range", total=level + 1)
    refused(row, "assessment_total_in_range", level=level - 1)
    taken(row, level=level - 1, total=level - 1)


@pytest.mark.parametrize(
    ("instrument", "scores"),
    [
        ("easi", {"total": Decimal(14), "head_neck": Decimal(1)}),
        ("viga_ad", {"total": 2}),
        ("poem", {"total": 8}),
        ("itch", {"total": 5}),
    ],
)
def test_signed_is_scored_and_a_draft_is_not(patient: Patient, instrument: str, scores: dict[str, Any]) -> None:
    row = make_assessment(patient, instrument)
    draft = make_assessment(patient, instrument, sign=False)
    for change in ({"scoring_version": ""}, {"band": ""}):
        refused(row, "assessment_signed_is_scored", **change)
    for change in ({"scoring_version": "easi-1"}, {"band": "mild"}, scores):
        refused(draft, "assessment_signed_is_scored", **change)


@pytest.mark.parametrize("instrument", ["easi", "viga_ad", "itch"])
def test_only_a_poem_is_signed_without_a_total(patient: Patient, instrument: str) -> None:
    refused(make_assessment(patient, instrument), "assessment_signed_is_scored", total=None, band="", head_neck=None)
    taken(make_assessment(patient, "poem"), total=None, band="", poem_itch=None, poem_sleep=None)
    refused(make_assessment(patient, "poem"), "assessment_signed_is_scored", total=None)


def test_weights_belong_to_a_signed_easi(patient: Patient) -> None:
    refused(make_assessment(patient), "assessment_easi_has_weights", weight_set="")
    refused(make_assessment(patient, sign=False), "assessment_easi_has_weights", weight_set="from_8")
    for instrument in ("viga_ad", "poem", "itch"):
        refused(make_assessment(patient, instrument), "assessment_easi_has_weights", weight_set="from_8")


def test_the_state_agrees_with_the_instants(by: Actor, patient: Patient) -> None:
    gone = {"withdrawn_at": NOW, "withdrawn_by": by.account, "withdrawn_reason": "error"}
    row, draft = make_assessment(patient), make_assessment(patient, sign=False)
    for state in ("draft", "amended", "withdrawn", "deleted", ""):
        refused(row, "assessment_state_agrees", state=state)
    for state in ("signed", "amended", "withdrawn"):
        refused(draft, "assessment_state_agrees", state=state)
    refused(row, "assessment_state_agrees", **gone)
    refused(draft, "assessment_state_agrees", **gone)
    refused(draft, "assessment_state_agrees", state="amended", **gone)
    for part in gone:
        refused(row, "assessment_", state="withdrawn", **{name: gone[name] for name in gone if name != part})
    taken(row, state="amended", **gone)
    taken(draft, state="withdrawn", **gone)


def test_signed_and_released_name_who(by: Actor, patient: Patient) -> None:
    row = make_assessment(patient)
    refused(row, "assessment_signed_at_and_by", signed_by=None)
    refused(make_assessment(patient, sign=False), "assessment_signed_at_and_by", signed_by=by.account)
    refused(row, "assessment_released_at_and_by", released_at=NOW)
    refused(row, "assessment_released_at_and_by", released_by=by.account)
    taken(row, released_at=NOW, released_by=by.account)


def again(row: Any, **more: Any) -> dict[str, Any]:
    """The columns of a stored row for another one, by the back door."""
    values = type(row).objects.filter(pk=row.pk).values().get()
    del values["id"]
    return values | {"public_id": uuid4(), "submission": uuid4()} | more


def test_a_series_has_one_live_version(by: Actor, patient: Patient) -> None:
    row = make_assessment(patient)
    for more in ({}, {"replaces_id": row.pk}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Assessment.objects.create(**again(row, **more))
    new = actions.amend_assessment(by, row, easi_values(hn_area=3), reason="error", submission=uuid4(), at=NOW)
    back = {"withdrawn_at": None, "withdrawn_by": None, "withdrawn_reason": "", "state": "signed"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Assessment.objects.filter(pk=row.pk).update(**back)
    with pytest.raises(IntegrityError), transaction.atomic():
        Assessment.objects.create(**again(make_assessment(patient, sign=False), series=row.series))
    actions.withdraw_assessment(by, new, reason="error", at=NOW)
    assert Assessment.objects.create(**again(row, replaces_id=new.pk, **back | {"withdrawn_by_id": None})).pk


def test_a_version_is_replaced_once(by: Actor, patient: Patient) -> None:
    old = make_assessment(patient)
    new = actions.amend_assessment(by, old, easi_values(hn_area=3), reason="error", submission=uuid4(), at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Assessment.objects.create(**again(new, series=uuid4()))


def test_a_submission_is_stored_once_per_patient(patient: Patient) -> None:
    for row in (make_assessment(patient, "poem"), make_lab(patient)):
        fresh = {"series": uuid4()} if isinstance(row, Assessment) else {}
        with pytest.raises(IntegrityError), transaction.atomic():
            type(row).objects.create(**again(row, submission=row.submission, **fresh))
        assert type(row).objects.create(**again(row, **fresh)).pk


def test_a_row_created_by_the_back_door_is_held_to_the_same(by: Actor, patient: Patient) -> None:
    common = {"patient": patient, "recorded_at": NOW, "recorded_by": by.account, "assessed_on": date(2026, 11, 20)}
    signed = {"state": "signed", "signed_at": NOW, "signed_by": by.account, "scoring_version": "by hand"}
    easi = {"instrument": "easi", "respondent": "clinician", "rater": by.account, "band": "mild", "weight_set": "from_8"}
    poem = {"instrument": "poem", "respondent": "self", "band": "mild"}
    items = {name: value for name, value in easi_values().items() if name != "assessed_on"}
    answers = {name: value for name, value in poem_values().items() if name.startswith("poem_")}
    sums = {"total": Decimal(5), "head_neck": Decimal(1)}
    for wrong in (
        easi | sums | items | {"hn_redness": Decimal("0.5")},
        easi | sums | items | {"ll_area": None},
        easi | sums | items | {"ll_area": 0},
        easi | sums | {},
        easi | items,
        poem | answers | {"total": Decimal(29)},
        poem | answers | {"total": Decimal(8), "rater": by.account},
        poem | answers | {"total": Decimal(8), "poem_itch": 5},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Assessment.objects.create(**common, **signed, **wrong)
    assert Assessment.objects.create(**common, **signed, **easi, **sums, **items).pk
    assert Assessment.objects.create(**common, **signed, **poem, **answers, total=Decimal(8)).pk


def test_laboratory_values_stay_in_range(patient: Patient) -> None:
    lab = make_lab(patient)
    for value in ("0.1", "500000"):
        taken(lab, value=Decimal(value))
    for value in ("0", "-1", "500000.1"):
        refused(lab, "labresult_value_in_range", value=Decimal(value))
    taken(lab, laboratory_limit=Decimal("0.1"))
    for limit in ("0", "-0.1"):
        refused(lab, "labresult_limit_positive", laboratory_limit=Decimal(limit))
    refused(lab, "labresult_withdrawn_at_by_and_why", withdrawn_at=NOW)


def test_a_patient_has_one_row_of_current_scores(patient: Patient) -> None:
    make_assessment(patient)
    with pytest.raises(IntegrityError), transaction.atomic():
        CurrentScores.objects.create(patient=patient)
