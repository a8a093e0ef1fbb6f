"""The API's assessments, laboratory values and chart data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import AuditEvent, Clinic, Role, User
from patients import actions, queries
from patients.models import Assessment, CurrentScores, InstrumentEdition, LabResult, Patient
from patients.queries.chart import range_start
from patients.queries.chart_data import exact
from tests.api import Api
from tests.factories import E5, NOW, actor_for, make_assessment, make_lab, make_member, make_patient

pytestmark = pytest.mark.django_db

ADULT, CHILD = date(1985, 2, 3), date(2021, 2, 3)
REGIONS = {"hn": "head_neck", "ul": "upper_limbs", "tr": "trunk", "ll": "lower_limbs"}
SIGNS = ("redness", "thickness", "scratching", "lichenification")
QUESTIONS = ("itch", "sleep", "bleeding", "weeping", "cracking", "flaking", "dryness")
ALL = dict.fromkeys(REGIONS, "3 3 3 3 | 6")
E16 = {"hn": "1 0 0 0 | 2", "ul": "1 1 0 0 | 2", "tr": "1 1 1 1 | 2", "ll": "1 1 1 0 | 3"}


def easi_items(findings: dict[str, str]) -> dict[str, Any]:
    """Items as they are sent, from "redness thickness scratching lichenification | area"; a region not named is 0."""
    items = {}
    for prefix, region in REGIONS.items():
        signs, area = findings.get(prefix, "0 0 0 0 | 0").split("|")
        items[region] = {"area": int(area), "area_percent": None, **dict(zip(SIGNS, signs.split(), strict=True))}
    return items


def easi(findings: dict[str, str] = E5, **more: Any) -> dict[str, Any]:
    """The body of an EASI."""
    return {"instrument": "easi", "assessed_on": "2026-11-19", "items": easi_items(findings), **more}


def poem(answers: str, **more: Any) -> dict[str, Any]:
    """The body of a POEM; "-" is left open."""
    items = {name: None if one == "-" else int(one) for name, one in zip(QUESTIONS, answers.split(), strict=True)}
    return {"instrument": "poem", "assessed_on": "2026-11-19", "respondent": "self", "items": items, **more}


def itch(level: int | None = 7, **more: Any) -> dict[str, Any]:
    """The body of a peak itch."""
    return {"instrument": "itch", "assessed_on": "2026-11-19", "respondent": "proxy", "items": {"level": level}, **more}


def viga(level: int | None = 3, **more: Any) -> dict[str, Any]:
    """The body of a vIGA-AD."""
    return {"instrument": "viga_ad", "assessed_on": "2026-11-19", "items": {"level": level}, **more}


BODIES = {"easi": easi(), "viga_ad": viga(), "poem": poem("2 1 1 1 1 1 1"), "itch": itch()}
LAB = {"collected_on": "2026-11-19", "value": "5000", "assay": "HISCL, central laboratory"}


def where(patient: Patient, *more: Any) -> str:
    """An address under a patient's assessments."""
    return f"patients/{patient.public_id}/assessments/" + "".join(f"{part}/" for part in more)


def about(patient: Patient, *more: Any) -> str:
    """An address under a patient."""
    return f"patients/{patient.public_id}/" + "".join(f"{part}/" for part in more)


def made(response: Any, status: int = 201) -> dict[str, Any]:
    """The body of an answer that went well."""
    assert response.status_code == status, response.content
    return dict(response.json())


def errors_of(response: Any) -> dict[str, str]:
    """What a 400 says, by field."""
    assert response.status_code == 400, response.content
    return {error["field"]: error["message"] for error in response.json()["errors"]}


def points_of(api: Api, patient: Patient, instrument: str, reach: str = "all") -> list[dict[str, Any]]:
    """The chart's points of one instrument."""
    series = made(api.get(about(patient, "chart") + f"?range={reach}"), 200)["series"]
    return next(one["points"] for one in series if one["instrument"] == instrument)


@pytest.mark.parametrize(
    ("findings", "born_on", "total", "head_neck", "band"),
    [
        pytest.param({}, ADULT, "0", "0", "clear", id="E1 from 8"),
        pytest.param({}, CHILD, "0", "0", "clear", id="E1 under 8"),
        pytest.param(ALL, ADULT, "72", "7.2", "very_severe", id="E2"),
        pytest.param(ALL, CHILD, "72", "14.4", "very_severe", id="E3"),
        pytest.param(E5, ADULT, "14", "0.8", "moderate", id="E5"),
        pytest.param(E5, CHILD, "12.7", "1.6", "moderate", id="E6"),
        pytest.param({"hn": "1 0 0 0 | 1"}, ADULT, "0.1", "0.1", "almost_clear", id="E7"),
        pytest.param({"hn": "3 3 3 3 | 6"}, ADULT, "7.2", "7.2", "moderate", id="E8 from 8"),
        pytest.param({"hn": "3 3 3 3 | 6"}, CHILD, "14.4", "14.4", "moderate", id="E8 under 8"),
        pytest.param({"ll": "3 3 3 3 | 6"}, ADULT, "28.8", "0", "severe", id="E9 from 8"),
        pytest.param({"ll": "3 3 3 3 | 6"}, CHILD, "21.6", "0", "severe", id="E9 under 8"),
        pytest.param({"hn": "1.5 0 0 0 | 1"}, ADULT, "0.15", "0.15", "almost_clear", id="E11"),
        pytest.param({"hn": "1 1 1 1 | 1", "ul": "1 1 1 0 | 1"}, ADULT, "1", "0.4", "almost_clear", id="E14"),
        pytest.param(E16, ADULT, "7", "0.2", "mild", id="E16"),
        pytest.param(E16 | {"hn": "1 1 1 0 | 1"}, ADULT, "7.1", "0.3", "moderate", id="E17"),
        pytest.param(E16 | {"hn": "2.5 0 0 0 | 1"}, ADULT, "7.05", "0.25", "moderate", id="7.05"),
        pytest.param({"hn": "1 1 1 1 | 1", "ul": "2 1.5 0 0 | 1"}, ADULT, "1.1", "0.4", "mild", id="1.1"),
    ],
)
def test_easi_vectors_are_equal_wherever_they_are_read(
    findings: dict[str, str], born_on: date, total: str, head_neck: str, band: str, clinician: User, clinic: Clinic
) -> None:
    patient, api = make_patient(clinic, birth_date=born_on), Api(clinician)
    row = made(api.post(where(patient), easi(findings)))
    weights = "from_8" if born_on == ADULT else "under_8"
    assert (row["total"], row["head_neck"], row["band"], row["weight_set"]) == (total, head_neck, band, weights)
    assert row["items"] == easi_items(findings)
    assert made(api.get(where(patient, row["id"])), 200) == row
    assert made(api.get(where(patient)), 200)["results"] == [row]
    point = points_of(api, patient, "easi")[0]
    assert (point["id"], point["value"], point["band"], point["weight_set"]) == (row["id"], total, band, weights)
    stored = CurrentScores.objects.get(patient=patient)
    assert (stored.easi, stored.easi_head_neck, stored.easi_band) == (Decimal(total), Decimal(head_neck), band)


@pytest.mark.parametrize(
    ("head_neck", "errors"),
    [
        pytest.param("0.5 0 0 0 | 1", {"redness": "Head and neck, redness: not a value of this scale."}, id="E23"),
        pytest.param("3.5 0 0 0 | 1", {"redness": "Head and neck, redness: not a value of this scale."}, id="above 3"),
        pytest.param("1 0 0 0 | 7", {"area": "Head and neck, area: not a value of this scale."}, id="area 7"),
        pytest.param("1 0 0 0 | -1", {"area": "Head and neck, area: not a value of this scale."}, id="area -1"),
        pytest.param(
            "0 0 0 0 | 1", {"area": "Head and neck, area: an area is affected, but every sign is 0."}, id="E24 area"
        ),
        pytest.param("1 0 0 0 | 0", {"redness": "Head and neck, redness: above 0, but the area is 0."}, id="E24 sign"),
    ],
)
def test_what_is_no_easi_is_refused_by_region_and_sign(
    head_neck: str, errors: dict[str, str], clinician: User, patient: Patient
) -> None:
    refused = errors_of(Api(clinician).post(where(patient), easi({"hn": head_neck})))
    assert refused == {f"items.head_neck.{name}": text for name, text in errors.items()}
    assert not Assessment.objects.exists()


def test_every_region_and_sign_has_its_own_place_in_an_error(clinician: User, patient: Patient) -> None:
    refused = errors_of(Api(clinician).post(where(patient), easi() | {"items": {}}))
    names = ("area", *SIGNS)
    assert list(refused) == [f"items.{region}.{name}" for region in REGIONS.values() for name in names]
    assert refused["items.lower_limbs.scratching"] == "Lower limbs, scratching: not answered."
    for region in REGIONS.values():
        for name in names:
            body = easi()
            del body["items"][region][name]
            assert list(errors_of(Api(clinician).post(where(patient), body))) == [f"items.{region}.{name}"]
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    ("share", "area"),
    [
        ("0.4", 1),
        ("9.5", 1),
        ("9.9", 1),
        ("10", 2),
        ("29.9", 2),
        ("30", 3),
        ("49.9", 3),
        ("50", 4),
        ("69.9", 4),
        ("70", 5),
        ("89.9", 5),
        ("90", 6),
        ("100", 6),
    ],
)
def test_a_typed_share_gives_the_area_score(share: str, area: int, clinician: User, patient: Patient) -> None:
    """E25."""
    body = easi({})
    body["items"]["trunk"] = {"area_percent": share, **dict.fromkeys(SIGNS, "1")}
    trunk = made(Api(clinician).post(where(patient), body))["items"]["trunk"]
    assert (trunk["area"], trunk["area_percent"]) == (area, share)


@pytest.mark.parametrize("share", ["100.1", "-0.1", "1e1", " 10", "٣", "10.55", 10])
def test_a_share_that_is_none_is_refused(share: Any, clinician: User, patient: Patient) -> None:
    body = easi({})
    body["items"]["trunk"] = {"area_percent": share, **dict.fromkeys(SIGNS, "1")}
    assert "items.trunk.area_percent" in errors_of(Api(clinician).post(where(patient), body))


def test_a_share_and_another_area_score_contradict_each_other(clinician: User, patient: Patient) -> None:
    body = easi({})
    body["items"]["trunk"] = {"area": 2, "area_percent": "9.9", **dict.fromkeys(SIGNS, "1")}
    refused = errors_of(Api(clinician).post(where(patient), body))
    assert refused["items.trunk.area_percent"] == "Trunk, area: 9.9 % is area score 1, and 2 was chosen."


@pytest.mark.parametrize(
    ("born_on", "assessed_on", "weights", "total"),
    [
        ("2018-02-28", "2026-02-27", "under_8", "12.7"),
        ("2018-02-28", "2026-02-28", "from_8", "14"),
        ("2016-02-29", "2024-02-28", "under_8", "12.7"),
        ("2016-02-29", "2024-02-29", "from_8", "14"),
        ("2018-11-19", "2026-11-18", "under_8", "12.7"),
        ("2018-11-19", "2026-11-19", "from_8", "14"),
    ],
)
def test_weights_change_on_the_eighth_birthday(
    born_on: str, assessed_on: str, weights: str, total: str, clinician: User, clinic: Clinic
) -> None:
    """E26; the second child's 29 February of 2028 lies ahead, so it is that of 2024."""
    patient = make_patient(clinic, birth_date=date.fromisoformat(born_on))
    row = made(Api(clinician).post(where(patient), easi(assessed_on=assessed_on)))
    assert (row["weight_set"], row["total"]) == (weights, total)


@pytest.mark.parametrize(
    ("answers", "total", "band"),
    [
        pytest.param("0 0 0 0 0 0 0", "0", "clear", id="P1"),
        pytest.param("4 4 4 4 4 4 4", "28", "very_severe", id="P2"),
        pytest.param("1 1 0 0 0 0 0", "2", "clear", id="P3"),
        pytest.param("1 1 1 0 0 0 0", "3", "mild", id="P4"),
        pytest.param("1 1 1 1 1 1 1", "7", "mild", id="P5"),
        pytest.param("2 1 1 1 1 1 1", "8", "moderate", id="P6"),
        pytest.param("3 3 2 2 2 2 2", "16", "moderate", id="P7"),
        pytest.param("3 3 3 2 2 2 2", "17", "severe", id="P8"),
        pytest.param("4 4 4 3 3 3 3", "24", "severe", id="P9"),
        pytest.param("4 4 4 4 3 3 3", "25", "very_severe", id="P10"),
        pytest.param("- 4 4 4 4 4 4", "24", "severe", id="P11"),
        pytest.param("4 4 4 4 4 4 -", "24", "severe", id="P11 the last"),
        pytest.param("- - 4 4 4 4 4", None, "", id="P12"),
        pytest.param("- - - - - - 0", None, "", id="one answered"),
    ],
)
def test_poem_vectors_are_equal_wherever_they_are_read(
    answers: str, total: str | None, band: str, nurse: User, patient: Patient
) -> None:
    api = Api(nurse)
    row = made(api.post(where(patient), poem(answers)))
    assert (row["total"], row["band"], row["is_imputed"]) == (total, band, answers.count("-") == 1)
    assert (row["head_neck"], row["weight_set"], row["state"]) == (None, "", "signed")
    assert row["items"] == poem(answers)["items"]
    assert made(api.get(where(patient, row["id"])), 200) == row
    points = [(point["value"], point["band"], point["is_imputed"]) for point in points_of(api, patient, "poem")]
    assert points == ([] if total is None else [(total, band, answers.count("-") == 1)])
    stored = CurrentScores.objects.get(patient=patient)
    assert (stored.poem, stored.poem_band) == (None if total is None else int(total), band)


def test_a_poem_of_which_nothing_is_answered_is_none(nurse: User, patient: Patient) -> None:
    assert errors_of(Api(nurse).post(where(patient), poem("- - - - - - -"))) == {"": "Nothing is answered yet."}


@pytest.mark.parametrize("answer", [5, -1, "2", 1.0, 1.5, True, [1], 10**30])
def test_an_answer_is_a_whole_number_from_0_to_4(answer: Any, nurse: User, patient: Patient) -> None:
    body = poem("0 0 0 0 0 0 0")
    body["items"]["sleep"] = answer
    assert list(errors_of(Api(nurse).post(where(patient), body))) == ["items.sleep"]


@pytest.mark.parametrize(
    ("body", "total", "band"),
    [
        (viga(0), "0", "clear"),
        (viga(1), "1", "almost_clear"),
        (viga(4), "4", "severe"),
        (itch(0), "0", "mild"),
        (itch(10), "10", "severe"),
    ],
)
def test_levels(body: dict[str, Any], total: str, band: str, clinician: User, patient: Patient) -> None:
    api = Api(clinician)
    row = made(api.post(where(patient), body))
    assert (row["total"], row["items"]) == (total, body["items"])
    assert row["band"] == points_of(api, patient, row["instrument"])[0]["band"]
    assert row["band"] == band


@pytest.mark.parametrize("body", [viga(5), viga(-1), viga(None), itch(11), itch(-1), itch(None)])
def test_levels_outside_the_scale(body: dict[str, Any], clinician: User, patient: Patient) -> None:
    assert list(errors_of(Api(clinician).post(where(patient), body))) == ["items.level"]


@pytest.mark.parametrize("instrument", BODIES)
def test_totals_and_whatever_is_the_servers_are_never_written(instrument: str, clinician: User, patient: Patient) -> None:
    own = {
        "total": "1",
        "band": "clear",
        "head_neck": "0",
        "weight_set": "from_8",
        "scoring_version": "mine",
        "is_imputed": False,
        "state": "signed",
        "signed_at": "2026-11-01T00:00:00Z",
        "signed_by": "me",
        "recorded_at": "2026-11-01T00:00:00Z",
        "series": str(uuid4()),
        "replaces": str(uuid4()),
        "released_at": None,
        "patient": str(patient.public_id),
        "version": 7,
        "id": str(uuid4()),
    }
    api = Api(clinician)
    for name, value in own.items():
        assert list(errors_of(api.post(where(patient), BODIES[instrument] | {name: value}))) == [name]
    nested = BODIES[instrument] | {"items": {**BODIES[instrument]["items"], "total": 1}}
    assert list(errors_of(api.post(where(patient), nested))) == ["items.total"]
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "instrument"),
        ({"instrument": "scorad"}, "instrument"),
        ({"instrument": 4}, "instrument"),
        ({"instrument": ["easi"]}, "instrument"),
        (easi(respondent="self"), "respondent"),
        (poem("0 0 0 0 0 0 0", rater=str(uuid4())), "rater"),
        (poem("0 0 0 0 0 0 0", respondent="clinician"), "respondent"),
        (poem("0 0 0 0 0 0 0", language="xx"), "language"),
        (easi(assessed_on="2999-01-01"), "assessed_on"),
        (easi(assessed_on="2001-01-01"), "assessed_on"),
        (easi(items=poem("0 0 0 0 0 0 0")["items"]), "items.itch"),
        (itch(comment="x" * 501), "comment"),
        (itch(submission="mine"), "submission"),
    ],
)
def test_what_cannot_be_is_refused_by_name(body: dict[str, Any], field: str, clinician: User, patient: Patient) -> None:
    assert field in errors_of(Api(clinician).post(where(patient), body))
    assert not Assessment.objects.exists()


def test_a_body_that_is_no_object_is_refused(clinician: User, patient: Patient) -> None:
    for body in ([], [easi()], "easi", 4):
        assert Api(clinician).post(where(patient), body).status_code == 400


def test_record_read_amend_withdraw_and_their_audit_rows(clinician: User, patient: Patient) -> None:
    api, before = Api(clinician), AuditEvent.objects.count()
    row = made(api.post(where(patient), easi(comment="after a swim")))
    assert (row["state"], row["comment"], row["version"], row["replaces"]) == ("signed", "after a swim", 1, None)
    assert (row["recorded_by"], row["signed_by"], row["rater_name"]) == ("Dana Derm",) * 3
    assert (row["rater"], row["respondent"]) == (str(clinician.public_id), "clinician")
    assert (row["edition"], row["scoring_version"]) == (None, "easi-1/leshem-2015")
    assert row["credit"] == "EASI: Hanifin et al. 2001. Bands: Leshem et al. 2015."
    read = api.get(where(patient, row["id"]))
    assert (made(read, 200), read["ETag"]) == (row, '"1"')

    amended = made(api.post(where(patient, row["id"], "amend"), easi(E16, reason="wrong column")))
    assert (amended["total"], amended["amend_reason"], amended["state"]) == ("6.3", "wrong column", "signed")
    assert (amended["replaces"], amended["series"]) == (row["id"], row["series"])
    assert (amended["recorded_at"], amended["comment"]) == (row["recorded_at"], "")
    old = made(api.get(where(patient, row["id"])), 200)
    assert (old["state"], old["total"], old["withdrawn_reason"]) == ("amended", "12.7", "wrong column")
    assert made(api.get(where(patient)), 200)["results"] == [amended]
    assert made(api.get(where(patient) + "?with_withdrawn=true"), 200)["results"] == [amended, old]

    address = where(patient, amended["id"], "withdraw")
    assert list(errors_of(api.post(address, {"reason": " "}))) == ["reason"]
    gone = made(api.post(address, {"reason": "other patient"}), 200)
    assert (gone["state"], gone["withdrawn_reason"], gone["total"]) == ("withdrawn", "other patient", "6.3")
    assert made(api.post(address, {"reason": "again"}), 200) == gone
    assert made(api.get(where(patient)), 200)["results"] == []
    assert CurrentScores.objects.get(patient=patient).easi is None

    verbs = AuditEvent.objects.order_by("id").values_list("verb", "channel", "patient")[before:]
    assert list(verbs) == [
        (verb, "api", patient.public_id)
        for verb in (
            "assessment recorded",
            "assessment opened",
            "assessment amended",
            "assessment opened",
            "assessments opened",
            "assessments opened",
            "assessment withdrawn",
            "assessment opened",
            "assessments opened",
        )
    ]


def test_a_version_that_no_longer_lives_is_neither_amended_nor_withdrawn_nor_released(
    clinician: User, patient: Patient
) -> None:
    api = Api(clinician)
    row = made(api.post(where(patient), viga()))
    made(api.post(where(patient, row["id"], "amend"), viga(2, reason="slip")))
    tries = {
        "amend": viga(1, reason="again"),
        "withdraw": {"reason": "mistake"},
        "release": {"release": True},
    }
    before = AuditEvent.objects.count()
    for operation, body in tries.items():
        refused = api.post(where(patient, row["id"], operation), body)
        assert (refused.status_code, refused.json()["current"]["state"]) == (409, "amended")
        assert refused.json()["detail"] == "This version is amended. Nothing was saved."
    assert list(AuditEvent.objects.order_by("id").values_list("verb", flat=True)[before:]) == ["assessment opened"] * 3
    assert [one["total"] for one in made(api.get(where(patient)), 200)["results"]] == ["2"]


def test_a_draft_goes_on_and_is_signed(clinician: User, patient: Patient) -> None:
    api = Api(clinician)
    begun = easi(sign=False) | {"items": {"trunk": {"redness": "2"}}}
    draft = made(api.post(where(patient), begun))
    assert (draft["state"], draft["total"], draft["band"], draft["signed_at"]) == ("draft", None, "", None)
    assert draft["items"]["trunk"] == {"area": None, "area_percent": None, **dict.fromkeys(SIGNS), "redness": "2"}
    assert made(api.get(where(patient)), 200)["results"] == []
    assert made(api.get(where(patient) + "?state=draft"), 200)["results"] == [draft]
    assert points_of(api, patient, "easi") == []

    address = where(patient, draft["id"], "draft")
    assert api.put(address, easi()).status_code == 428
    second = api.put(address, begun | {"comment": "half"}, If_Match='"1"')
    assert (made(second, 200)["comment"], second["ETag"]) == ("half", '"2"')
    assert "items.head_neck.area" in errors_of(api.put(address, begun | {"items": {}, "sign": True}, If_Match='"2"'))
    stale = api.put(address, easi(sign=True), If_Match='"1"')
    assert (stale.status_code, stale.json()["current"]) == (412, second.json())
    assert errors_of(api.put(address, viga(), If_Match='"2"')) == {"instrument": "This assessment is of easi."}

    signed = made(api.put(address, easi(sign=True), If_Match='"2"'), 200)
    assert (signed["state"], signed["total"], signed["version"]) == ("signed", "12.7", 3)
    late = api.put(address, easi(), If_Match='"3"')
    assert (late.status_code, late.json()["current"]["total"]) == (409, "12.7")
    assert made(api.get(where(patient)), 200)["results"] == [signed]


def test_a_draft_is_dropped_and_never_released(clinician: User, patient: Patient) -> None:
    api = Api(clinician)
    draft = made(api.post(where(patient), itch(None, sign=False)))
    refused = api.post(where(patient, draft["id"], "release"), {"release": True})
    assert (refused.status_code, refused.json()["current"]["state"]) == (409, "draft")
    assert api.post(where(patient, draft["id"], "amend"), itch(3, reason="slip")).status_code == 409
    gone = made(api.post(where(patient, draft["id"], "withdraw"), {"reason": "not needed"}), 200)
    assert (gone["state"], gone["total"]) == ("withdrawn", None)
    assert made(api.get(where(patient) + "?state=draft"), 200)["results"] == []
    assert list(errors_of(api.get(where(patient) + "?state=draft&with_withdrawn=true"))) == ["with_withdrawn"]


def test_release_and_its_end(clinician: User, patient: Patient) -> None:
    api = Api(clinician)
    row = made(api.post(where(patient), viga()))
    assert row["released_at"] is None
    address = where(patient, row["id"], "release")
    shown = made(api.post(address, {"release": True, "visible_to_guardians": False}), 200)
    assert (shown["released_at"] is not None, shown["visible_to_guardians"]) == (True, False)
    assert list(errors_of(api.post(address))) == ["release"]
    assert made(api.post(address, {"release": False}), 200)["released_at"] is None
    verbs = AuditEvent.objects.filter(object_type="assessment").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["assessment recorded", "assessment released", "assessment no longer released"]


def test_the_same_submission_twice_is_one_record(clinician: User, patient: Patient) -> None:
    api, key = Api(clinician), str(uuid4())
    first = made(api.post(where(patient), easi(submission=key)))
    assert made(api.post(where(patient), easi(submission=key))) == first
    amend, again = where(patient, first["id"], "amend"), str(uuid4())
    body = easi(E16, reason="slip", submission=again)
    second = made(api.post(amend, body))
    assert made(api.post(amend, body)) == second
    assert Assessment.objects.count() == 2

    for address, other in (
        (where(patient), viga(submission=key)),
        (where(patient), easi(submission=again)),
        (amend, easi(reason="slip", submission=key)),
    ):
        refused = api.post(address, other)
        assert refused.status_code == 400
    assert Assessment.objects.count() == 2
    lab = made(api.post(about(patient, "labs"), LAB | {"submission": key}))
    assert made(api.post(about(patient, "labs"), LAB | {"submission": key})) == lab
    assert LabResult.objects.count() == 1


def test_who_may_record_what(nurse: User, clinician: User, clinic: Clinic, clinic_admin: User, patient: Patient) -> None:
    trained = make_member(clinic, Role.NURSE, may_score=True)
    callers = {
        "dermatologist": Api(clinician),
        "trained": Api(trained),
        "nurse": Api(nurse),
        "reading": Api(clinician, "patients:read"),
        "admin": Api(clinic_admin),
    }
    answers = {
        name: [api.post(where(patient), body).status_code for body in (*BODIES.values(), {})]
        + [api.post(about(patient, "labs"), LAB).status_code]
        for name, api in callers.items()
    }
    assert answers == {
        "dermatologist": [201, 201, 201, 201, 400, 201],
        "trained": [201, 201, 201, 201, 400, 201],
        "nurse": [403, 403, 201, 201, 400, 201],
        "reading": [403] * 6,
        "admin": [403] * 6,
    }
    reads = (where(patient), about(patient, "labs"), about(patient, "chart"))
    read = {name: [api.get(address).status_code for address in reads] for name, api in callers.items()}
    assert read == {name: [403] * 3 if name == "admin" else [200] * 3 for name in callers}


@pytest.mark.parametrize(("instrument", "status"), [("easi", 403), ("viga_ad", 403), ("poem", 409), ("itch", 409)])
def test_changes_need_the_right_to_the_instrument(
    instrument: str, status: int, nurse: User, clinician: User, patient: Patient
) -> None:
    """409 is let in: a draft is neither amended nor released."""
    draft = made(Api(clinician).post(where(patient), BODIES[instrument] | {"sign": False}))
    body = BODIES[instrument]
    for name, sent in (("amend", body | {"reason": "slip"}), ("release", {"release": True})):
        assert Api(nurse).post(where(patient, draft["id"], name), sent).status_code == status
    address = where(patient, draft["id"], "draft")
    assert Api(nurse).put(address, body, If_Match='"1"').status_code == (200 if status == 409 else 403)
    gone = Api(nurse).post(where(patient, draft["id"], "withdraw"), {"reason": "slip"})
    assert gone.status_code == (200 if status == 409 else 403)


def test_the_rater_is_somebody_of_the_clinic_who_may_score(
    clinician: User, nurse: User, outsider: User, clinic: Clinic, patient: Patient
) -> None:
    trained, api = make_member(clinic, Role.NURSE, may_score=True), Api(clinician)
    row = made(api.post(where(patient), easi(rater=str(trained.public_id))))
    assert (row["rater"], row["rater_name"], row["recorded_by"]) == (str(trained.public_id), trained.name, "Dana Derm")
    point = points_of(api, patient, "easi")[0]
    assert point["who"] == trained.name
    untrained = errors_of(api.post(where(patient), easi(rater=str(nurse.public_id))))
    assert untrained == {"rater": "This person does not score EASI and vIGA-AD in this clinic."}
    foreign, unknown = (errors_of(api.post(where(patient), easi(rater=str(one)))) for one in (outsider.public_id, uuid4()))
    assert foreign == unknown == {"rater": "Nobody with this id works in the clinic."}
    trained.memberships.update(ended_at=NOW, ended_by=clinician)
    for body in (easi(E16, reason="slip"), easi(reason="slip again", rater=str(trained.public_id))):
        row = made(api.post(where(patient, row["id"], "amend"), body))
        assert row["rater_name"] == trained.name
    assert list(errors_of(api.post(where(patient), easi(rater=str(trained.public_id))))) == ["rater"]


def test_the_edition_that_was_shown_is_named_with_its_owners_line_and_stays(
    clinician: User, clinic: Clinic, patient: Patient
) -> None:
    edition = InstrumentEdition.objects.create(
        clinic=clinic,
        instrument="poem",
        name="POEM 2026",
        language="en",
        respondent="self",
        licence="written permission",
        credit="The line of the owner",
        published_at=NOW,
    )
    old, api = make_assessment(patient, "poem", edition=edition, language="en"), Api(clinician)
    shown = {"id": str(edition.public_id), "name": "POEM 2026", "language": "en"}
    row = made(api.get(where(patient, old.public_id)), 200)
    assert (row["edition"], row["credit"]) == (shown, "The line of the owner")
    row = made(api.post(where(patient, row["id"], "amend"), poem("1 1 1 1 1 1 1", reason="slip", language="en")))
    assert (row["edition"], row["credit"]) == (shown, "The line of the owner")
    row = made(api.post(where(patient, row["id"], "amend"), poem("1 1 1 1 1 1 1", reason="slip", language="de")))
    assert (row["edition"], row["credit"][:8]) == (None, "POEM: © ")


def test_list_filters_pages_and_order(clinician: User, patient: Patient) -> None:
    """The latest day first, of one day the last entered, whatever was entered when."""
    days = [("2026-11-02", "easi"), ("2026-11-04", "poem"), ("2026-11-01", "easi"), ("2026-11-02", "easi")]
    ids = [
        str(make_assessment(patient, what, on=date.fromisoformat(on), at=NOW + timedelta(minutes=n)).public_id)
        for n, (on, what) in enumerate(days)
    ]
    api = Api(clinician)

    def listed(query: str = "") -> list[str]:
        return [row["id"] for row in made(api.get(where(patient) + query), 200)["results"]]

    order = [ids[1], ids[3], ids[0], ids[2]]
    assert listed() == order
    assert listed("?instrument=easi") == [ids[3], ids[0], ids[2]]
    assert listed("?instrument=viga_ad") == []
    assert listed("?from_on=2026-11-02") == [ids[1], ids[3], ids[0]]
    assert listed("?until_on=2026-11-02") == [ids[3], ids[0], ids[2]]
    assert listed("?from_on=2026-11-02&until_on=2026-11-02") == [ids[3], ids[0]]
    for query, whole in (("?limit=1", order), ("?limit=1&instrument=easi&from_on=2026-11-01", [ids[3], ids[0], ids[2]])):
        seen, following = [], where(patient) + query
        while following:
            page = made(api.get(following.removeprefix("http://testserver")), 200)
            seen += [row["id"] for row in page["results"]]
            following = page["next"]
        assert seen == whole
    assert listed(f"?after={uuid4()}") == []
    for query in ("?order=-id", "?assessed_on__gte=2026-11-01", "?instrument=tarc", "?from_on=yesterday", "?state=amended"):
        assert len(errors_of(api.get(where(patient) + query))) == 1


def test_lists_and_chart_cost_the_same_for_one_and_three(
    clinician: User, patient: Patient, django_assert_num_queries: Any
) -> None:
    api, trained = Api(clinician), make_member(patient.clinic, Role.NURSE, may_score=True)
    made(api.get("me/"), 200)  # the first call of a token notes that it is in use
    addresses = {where(patient): 13, about(patient, "labs"): 13, about(patient, "chart") + "?range=all": 14}
    for n in range(3):
        at = NOW - timedelta(days=n)
        by = actor_for([clinician, trained, clinician][n], patient.clinic)
        row = make_assessment(patient, "easi", by=by, on=at.date(), at=at)
        actions.amend_assessment(by, row, values_of(row) | {"comment": "again"}, reason="slip", submission=uuid4(), at=NOW)
        make_lab(patient, by=by, on=at.date(), at=at)
        if n == 1:
            continue
        for address, queries_ in addresses.items():
            with django_assert_num_queries(queries_):
                answer = made(api.get(address), 200)
            assert len(answer.get("results") or answer["series"][0]["points"]) == n + 1
    with django_assert_num_queries(18):
        made(api.get(where(patient, Assessment.objects.filter(state="signed").first().public_id)), 200)


def values_of(row: Assessment) -> dict[str, Any]:
    """What the actions take, as the row has it."""
    return {**row.items, "assessed_on": row.assessed_on}


@pytest.mark.parametrize("who", ["outsider", "platform_admin", "portal_user", "guardian"])
def test_from_outside_there_is_no_such_patient(
    who: str, clinician: User, patient: Patient, request: pytest.FixtureRequest
) -> None:
    row, lab = make_assessment(patient), make_lab(patient)
    api, before = Api(request.getfixturevalue(who)), Assessment.objects.values().get()
    answers = [
        api.get(where(patient)),
        api.post(where(patient), easi()),
        api.get(where(patient, row.public_id)),
        api.put(where(patient, row.public_id, "draft"), easi(), If_Match='"1"'),
        api.post(where(patient, row.public_id, "amend"), easi(reason="mine")),
        api.post(where(patient, row.public_id, "withdraw"), {"reason": "mine"}),
        api.post(where(patient, row.public_id, "release"), {"release": True}),
        api.get(about(patient, "labs")),
        api.post(about(patient, "labs"), LAB),
        api.post(about(patient, "labs", lab.public_id, "withdraw"), {"reason": "mine"}),
        api.get(about(patient, "chart")),
    ]
    assert [answer.status_code for answer in answers] == [404] * 11
    assert AuditEvent.objects.filter(verb="access refused", patient=patient.public_id).count() == 11
    assert Assessment.objects.values().get() == before


def test_an_assessment_of_another_patient_is_not_found_here(
    clinician: User, clinic: Clinic, patient: Patient, other_patient: Patient
) -> None:
    api, lab = Api(clinician), make_lab(make_patient(clinic))
    for theirs in (make_assessment(make_patient(clinic)), make_assessment(other_patient)):
        before = Assessment.objects.filter(pk=theirs.pk).values().get()
        answers = [
            api.get(where(patient, theirs.public_id)),
            api.put(where(patient, theirs.public_id, "draft"), easi(), If_Match='"1"'),
            api.post(where(patient, theirs.public_id, "amend"), easi(reason="slip")),
            api.post(where(patient, theirs.public_id, "withdraw"), {"reason": "slip"}),
            api.post(where(patient, theirs.public_id, "release"), {"release": True}),
        ]
        assert [answer.status_code for answer in answers] == [404] * 5
        assert Assessment.objects.filter(pk=theirs.pk).values().get() == before
        assert made(api.get(where(patient) + f"?after={theirs.public_id}"), 200)["results"] == []
    assert api.post(about(patient, "labs", lab.public_id, "withdraw"), {"reason": "slip"}).status_code == 404


def test_labs_are_recorded_listed_and_withdrawn(nurse: User, clinic: Clinic) -> None:
    adult, api = make_patient(clinic, birth_date=ADULT), Api(nurse)
    before = AuditEvent.objects.count()
    row = made(api.post(about(adult, "labs"), LAB | {"laboratory_limit": "500.5", "is_haemolysed": True}))
    shown = {name: row[name] for name in ("value", "laboratory_limit", "reference_limit", "is_haemolysed", "collected_on")}
    assert shown == {
        "value": "5000",
        "laboratory_limit": "500.5",
        "reference_limit": "450",
        "is_haemolysed": True,
        "collected_on": "2026-11-19",
    }
    assert (row["assay"], row["recorded_by"], row["withdrawn_at"]) == (LAB["assay"], "Nico Nurse", None)
    assert made(api.get(about(adult, "labs")), 200) == {"results": [row], "next": None}
    (point,) = points_of(api, adult, "tarc")
    assert (point["id"], point["value"], point["limit"], point["who"]) == (row["id"], "5000", "500.5", "Nico Nurse")
    address = about(adult, "labs", row["id"], "withdraw")
    gone = made(api.post(address, {"reason": "wrong tube"}), 200)
    assert gone["withdrawn_reason"] == "wrong tube"
    assert made(api.post(address, {"reason": "again"}), 200) == gone
    assert CurrentScores.objects.get(patient=adult).tarc is None
    assert made(api.get(about(adult, "labs")), 200)["results"] == []
    assert made(api.get(about(adult, "labs") + "?with_withdrawn=true"), 200)["results"] == [gone]
    verbs = AuditEvent.objects.order_by("id").values_list("verb", flat=True)[before:]
    opened = "laboratory results opened"
    assert list(verbs) == [
        "laboratory result recorded",
        opened,
        "chart opened",
        "laboratory result withdrawn",
        opened,  # taken back already: the second call only shows it
        opened,
        opened,
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": "0"}, "value"),
        ({"value": "-1"}, "value"),
        ({"value": "500000.1"}, "value"),
        ({"value": "10.55"}, "value"),
        ({"value": 5000}, "value"),
        ({"value": "NaN"}, "value"),
        ({"value": "5,000"}, "value"),
        ({"laboratory_limit": "0"}, "laboratory_limit"),
        ({"collected_on": "2999-01-01"}, "collected_on"),
        ({"collected_on": "2001-01-01"}, "collected_on"),
        ({"assay": " "}, "assay"),
        ({"reference_limit": "450"}, "reference_limit"),
        ({"unit": "ng/mL"}, "unit"),
    ],
)
def test_what_is_no_laboratory_value_is_refused_by_name(
    change: dict[str, Any], field: str, nurse: User, patient: Patient
) -> None:
    assert list(errors_of(Api(nurse).post(about(patient, "labs"), LAB | change))) == [field]
    assert not LabResult.objects.exists()


@pytest.mark.parametrize("value", ["0.1", "500000", "500000.0"])
def test_the_least_and_the_highest_laboratory_value(value: str, nurse: User, patient: Patient) -> None:
    assert made(Api(nurse).post(about(patient, "labs"), LAB | {"value": value}))["value"] == value.removesuffix(".0")


def test_the_chart_holds_what_counts(clinician: User, patient: Patient) -> None:
    api = Api(clinician)
    monday, later = NOW - timedelta(days=4), NOW - timedelta(days=4) + timedelta(hours=3)
    first = make_assessment(patient, "poem", on=monday.date(), at=monday)
    second = make_assessment(patient, "poem", on=monday.date(), at=later, respondent="proxy")
    make_assessment(patient, "poem", on=NOW.date(), at=NOW, poem_itch=None, poem_sleep=None)
    make_assessment(patient, "poem", sign=False)
    by = actor_for(clinician, patient.clinic)
    actions.withdraw_assessment(by, make_assessment(patient, "itch"), reason="slip", at=NOW)
    slip = make_assessment(patient, "viga_ad")
    right = actions.amend_assessment(
        by, slip, {"level": 3, "assessed_on": slip.assessed_on}, reason="x", submission=uuid4(), at=NOW
    )

    answer = made(api.get(about(patient, "chart")), 200)
    assert [one["instrument"] for one in answer["series"]] == ["easi", "viga_ad", "poem", "itch", "tarc"]
    assert answer["series"][1]["credit"].startswith("vIGA-AD™: Copyright ©2017 Eli Lilly and Company.")
    points = {one["instrument"]: one["points"] for one in answer["series"]}
    assert points["easi"] == points["itch"] == points["tarc"] == []
    assert [(point["id"], point["respondent"], point["in_trend"]) for point in points["poem"]] == [
        (str(first.public_id), "self", True),  # another respondent is another trend
        (str(second.public_id), "proxy", True),
    ]
    assert points["viga_ad"] == [
        {
            "id": str(right.public_id),
            "on": slip.assessed_on.isoformat(),
            "entered_at": "2026-11-20T12:00:00Z",
            "value": "3",
            "band": "moderate",
            "respondent": "clinician",
            "who": "Dana Derm",
            "weight_set": "",
            "is_imputed": False,
            "is_amended": True,
            "in_trend": True,
            "limit": None,
        }
    ]


@pytest.mark.parametrize(
    ("wanted", "today", "first"),
    [
        ("12w", date(2026, 11, 20), date(2026, 8, 28)),
        ("6m", date(2026, 11, 20), date(2026, 5, 20)),
        ("6m", date(2026, 8, 31), date(2026, 2, 28)),
        ("6m", date(2028, 8, 30), date(2028, 2, 29)),
        ("6m", date(2026, 6, 30), date(2025, 12, 30)),
        ("6m", date(2026, 1, 1), date(2025, 7, 1)),
        ("1y", date(2026, 12, 31), date(2025, 12, 31)),
        ("1y", date(2028, 2, 29), date(2027, 2, 28)),
        ("all", date(2026, 11, 20), None),
    ],
)
def test_ranges_of_the_chart(wanted: str, today: date, first: date | None) -> None:
    assert range_start(wanted, today) == first


@pytest.mark.parametrize("reach", ["12w", "6m", "1y", "all"])
def test_a_range_begins_with_its_first_day(reach: str, clinician: User, clinic: Clinic) -> None:
    patient, today = make_patient(clinic, birth_date=ADULT), clinic.today(datetime.now(UTC))
    start = range_start(reach, today)
    inside = start or today - timedelta(days=5000)
    for on in (today, inside, *([start - timedelta(days=1)] if start else [])):
        make_assessment(patient, "viga_ad", on=on, at=datetime.now(UTC))
        make_lab(patient, on=on, at=datetime.now(UTC))
    answer = made(Api(clinician).get(about(patient, "chart") + f"?range={reach}"), 200)
    assert (answer["range"], answer["until_on"]) == (reach, today.isoformat())
    assert answer["from_on"] == (start.isoformat() if start else None)
    shown = {one["instrument"]: [point["on"] for point in one["points"]] for one in answer["series"]}
    assert shown["viga_ad"] == shown["tarc"] == [inside.isoformat(), today.isoformat()]
    assert list(errors_of(Api(clinician).get(about(patient, "chart") + "?range=2y"))) == ["range"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(Decimal("14.00"), "14"), (Decimal("0.15"), "0.15"), (Decimal("0.00"), "0"), (500000, "500000"), (None, None)],
)
def test_numbers_are_exact_and_without_trailing_zeros(value: Any, text: str | None) -> None:
    assert exact(value) == text


@pytest.fixture
def affected(clinician: User, clinic: Clinic) -> Patient:
    """A child of 8 whose EASI of E5 has the weights from 8, and a TARC."""
    patient = make_patient(clinic, birth_date=date(2018, 11, 1))
    make_assessment(patient, "easi", on=date(2026, 11, 10))
    make_assessment(patient, "poem", on=date(2026, 11, 10))
    make_lab(patient, on=date(2020, 8, 1))
    return patient


def test_a_corrected_birth_date_lists_the_scores_it_changes_and_asks(nurse: User, affected: Patient) -> None:
    api, before = Api(nurse), AuditEvent.objects.count()
    asked = api.patch(about(affected), {"birth_date": "2019-11-01"}, If_Match='"1"')
    assert asked.status_code == 409
    easi_row, lab = Assessment.objects.get(instrument="easi"), LabResult.objects.get()
    assert asked.json()["affected_scores"] == [
        {"id": str(easi_row.public_id), "instrument": "easi", "on": "2026-11-10", "stored": "14", "corrected": "12.7"},
        {
            "id": str(lab.public_id),
            "instrument": "tarc",
            "on": "2020-08-01",
            "stored": "998",
            "corrected": "1367",
        },
    ]
    assert list(AuditEvent.objects.order_by("id").values_list("verb", flat=True)[before:]) == ["affected scores shown"]
    assert made(api.get(about(affected)), 200)["birth_date"] == "2018-11-01"


@pytest.mark.parametrize(("choice", "total", "weights"), [("recompute", "12.7", "under_8"), ("keep", "14", "from_8")])
def test_the_decision_about_affected_scores_is_carried_out(
    choice: str, total: str, weights: str, nurse: User, clinician: User, affected: Patient
) -> None:
    body = {"birth_date": "2019-11-01", "affected_scores": choice}
    saved = made(Api(nurse).patch(about(affected), body, If_Match='"1"'), 200)
    assert (saved["birth_date"], saved["version"], "affected_scores" in saved) == ("2019-11-01", 2, False)
    rows = made(Api(clinician).get(where(affected) + "?instrument=easi"), 200)["results"]
    assert [(row["total"], row["weight_set"], row["rater_name"]) for row in rows] == [(total, weights, "Dana Derm")]
    verb = "scores recomputed" if choice == "recompute" else "scores kept as stored"
    assert AuditEvent.objects.filter(verb=verb, patient=affected.public_id).count() == 1


def test_the_decision_comes_with_a_whole_record_too_and_is_one_of_two(nurse: User, affected: Patient) -> None:
    api = Api(nurse)
    whole = {
        "record_number": affected.record_number,
        "family_name": affected.family_name,
        "given_name": affected.given_name,
        "sex": "female",
        "no_guardian_reason": "later",
        "birth_date": "2019-11-01",
    }
    assert list(errors_of(api.put(about(affected), whole | {"affected_scores": "guess"}, If_Match='"1"'))) == [
        "affected_scores"
    ]
    assert "affected_scores" in api.put(about(affected), whole, If_Match='"1"').json()
    saved = made(api.put(about(affected), whole | {"affected_scores": "keep"}, If_Match='"1"'), 200)
    assert saved["birth_date"] == "2019-11-01"


def test_whoever_sees_no_scores_is_told_none(clinic_admin: User, affected: Patient) -> None:
    for body in ({"birth_date": "2019-11-01"}, {"birth_date": "2019-11-01", "affected_scores": "recompute"}):
        refused = Api(clinic_admin).patch(about(affected), body, If_Match='"1"')
        assert list(errors_of(refused)) == ["birth_date"]
        assert "14" not in refused.json()["errors"][0]["message"]
    made(Api(clinic_admin).patch(about(affected), {"birth_date": "2018-10-31"}, If_Match='"1"'), 200)


def test_a_clinic_administrators_audit_names_no_instrument_and_no_clinical_fact(
    clinician: User, patient: Patient, signed_in: Callable[[User], Client]
) -> None:
    api = Api(clinician)
    row = made(api.post(where(patient), easi()))
    made(api.post(where(patient, row["id"], "amend"), easi(E16, reason="slip")))
    made(api.post(about(patient, "labs"), LAB))
    for address in (where(patient), where(patient, row["id"]), about(patient, "labs"), about(patient, "chart")):
        made(api.get(address), 200)
    for noun in ("allergies", "measurements", "precautions"):
        made(api.get(about(patient, noun)), 200)
    browser = signed_in(clinician)
    for page, args in (("assessment_page", [row["id"]]), ("assessment_add", ["easi"]), ("patient_chart", [])):
        assert browser.get(reverse(page, args=[patient.public_id, *args])).status_code == 200
    rows = list(AuditEvent.objects.filter(patient=patient.public_id).exclude(verb="patient registered").order_by("id"))
    assert {one.channel for one in rows} == {"api", "web"}
    shown = {(one.verb, one.object_type) for one in queries.without_clinical_detail(rows)}
    assert shown == {(f"clinical facts {kind}", "patient") for kind in ("created", "changed", "opened")}
