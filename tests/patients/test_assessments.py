"""Recording how the skin is doing: the change, the audit row, the rollback, the refusal; what counts, and what stays."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from clinics.access import Actor
from clinics.errors import NotAllowed, Stale
from clinics.models import AuditEvent, Clinic, Membership, Role, User
from patients import actions
from patients.models import Assessment, CurrentScores, InstrumentEdition, LabResult, Patient
from tests.factories import (
    NOW,
    actor_for,
    easi_values,
    make_assessment,
    make_clinic,
    make_lab,
    make_member,
    make_patient,
    poem_values,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)
MINUTE = timedelta(minutes=1)
SENT = UUID("00000000-0000-4000-8000-000000000001")


def everything() -> list[Any]:
    """All rows an action on scores could touch."""
    models: tuple[Any, ...] = (Patient, Assessment, LabResult, CurrentScores, AuditEvent)
    return [list(model.objects.order_by("pk").values()) for model in models]


def stored(row: Assessment) -> dict[str, Any]:
    """The row as the database has it."""
    return Assessment.objects.filter(pk=row.pk).values().get()


def record(by: Actor, patient: Patient, instrument: str, values: dict[str, Any], **more: Any) -> Assessment:
    return actions.record_assessment(by, patient, instrument, values, **{"submission": uuid4(), "at": NOW} | more)


def amend(by: Actor, old: Assessment, values: dict[str, Any], **more: Any) -> Assessment:
    return actions.amend_assessment(by, old, values, **{"reason": "typing error", "submission": uuid4(), "at": NOW} | more)


def withdraw(by: Actor, row: Assessment, **more: Any) -> None:
    actions.withdraw_assessment(by, row, **{"reason": "another child", "at": NOW} | more)


def refused(act: Callable[[], Any]) -> dict[str, list[str]]:
    """What the action says is wrong, by field; it must leave every row as it was."""
    before = everything()
    with pytest.raises(ValidationError) as error, transaction.atomic():
        act()
    assert everything() == before
    return error.value.message_dict


def current(patient: Patient) -> CurrentScores:
    return CurrentScores.objects.get(patient=patient)


# -- every action: the change with its audit row, or neither ---------------------------------------------------------


Act = Callable[[Actor], Any]


def cases(patient: Patient) -> dict[str, Act]:
    """Each action by the words of its audit row, ready to be done once by an actor."""
    draft = make_assessment(patient, sign=False)
    row = make_assessment(patient)
    return {
        "assessment recorded": lambda by: record(by, patient, "easi", easi_values()),
        "assessment drafted": lambda by: record(by, patient, "easi", easi_values(), sign=False),
        "assessment draft changed": lambda by: actions.save_draft(by, draft, easi_values(hn_area=3), version=1, at=NOW),
        "assessment signed": lambda by: actions.save_draft(by, draft, easi_values(), version=1, sign=True, at=NOW),
        "assessment amended": lambda by: amend(by, row, easi_values(hn_area=3)),
        "assessment withdrawn": lambda by: withdraw(by, row),
        "assessment released": lambda by: actions.release_assessment(by, row, release=True, at=NOW),
        "assessment no longer released": lambda by: actions.release_assessment(
            by, row, release=False, visible_to_guardians=False, at=NOW
        ),
    }


VERBS = [
    "assessment recorded",
    "assessment drafted",
    "assessment draft changed",
    "assessment signed",
    "assessment amended",
    "assessment withdrawn",
    "assessment released",
    "assessment no longer released",
]
KINDS = dict(zip(VERBS, ["C", "C", "U", "U", "U", "D", "U", "U"], strict=True))


@pytest.mark.parametrize("verb", VERBS)
def test_change_and_audit_row_come_together(by: Actor, patient: Patient, verb: str) -> None:
    act = cases(patient)[verb]
    before, events = everything(), AuditEvent.objects.count()
    act(by)
    assert everything()[:-1] != before[:-1]
    assert AuditEvent.objects.count() == events + 1
    event = AuditEvent.objects.order_by("-id")[0]
    assert (event.verb, event.kind, event.outcome, event.object_type) == (verb, KINDS[verb], "done", "assessment")
    assert (event.patient, event.clinic, event.actor) == (
        patient.public_id,
        patient.clinic.public_id,
        by.account.public_id,
    )
    assert Assessment.objects.filter(patient=patient, public_id=event.object_id).exists()
    assert "12.7" not in str(event.__dict__)


@pytest.mark.parametrize("verb", VERBS)
def test_without_the_audit_row_there_is_no_change(by: Actor, patient: Patient, verb: str) -> None:
    act = cases(patient)[verb]
    before = everything()
    with pytest.raises(DatabaseError), transaction.atomic():
        act(replace(by, address=None))  # type: ignore[arg-type]  # no audit row can be written with it
    assert everything() == before


@pytest.mark.parametrize("verb", VERBS)
def test_without_the_change_there_is_no_audit_row(by: Actor, patient: Patient, verb: str) -> None:
    act = cases(patient)[verb]
    before = everything()

    def fail_later() -> None:
        with transaction.atomic():
            act(by)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_later()
    assert everything() == before


@pytest.mark.parametrize("verb", VERBS)
def test_other_clinics_office_and_a_nurse_who_does_not_score_are_refused(
    nurse: User,
    clinic_admin: User,
    platform_admin: User,
    outsider: User,
    clinic: Clinic,
    other_clinic: Clinic,
    patient: Patient,
    verb: str,
) -> None:
    act = cases(patient)[verb]
    before = everything()
    for stranger in (
        actor_for(outsider, other_clinic),
        actor_for(outsider, clinic),
        actor_for(nurse, clinic),
        actor_for(clinic_admin, clinic),
        actor_for(platform_admin, clinic),
    ):
        with pytest.raises(NotAllowed):
            act(stranger)
    assert everything() == before


def test_who_works_in_two_clinics_uses_the_hat_of_the_patients_clinic(
    by: Actor, other_clinic: Clinic, patient: Patient
) -> None:
    make_member(other_clinic, Role.DERMATOLOGIST, user=by.account)
    with pytest.raises(NotAllowed):
        record(actor_for(by.account, other_clinic), patient, "easi", easi_values())
    assert not Assessment.objects.exists()


def test_a_nurse_who_scores_does_all_of_it(clinic: Clinic, patient: Patient) -> None:
    scoring = actor_for(make_member(clinic, Role.NURSE, may_score=True), clinic)
    draft = record(scoring, patient, "easi", easi_values(), sign=False)
    row = actions.save_draft(scoring, draft, easi_values(), version=1, sign=True, at=NOW)
    assert (row.rater, row.signed_by, row.recorded_by) == (scoring.user, scoring.user, scoring.user)
    row = amend(scoring, row, easi_values(hn_area=3))
    actions.release_assessment(scoring, row, release=True, at=NOW)
    withdraw(scoring, row)
    assert stored(row)["state"] == "withdrawn"


@pytest.mark.parametrize("instrument", ["poem", "itch"])
def test_what_patients_answer_every_nurse_records(nurse: User, clinic: Clinic, patient: Patient, instrument: str) -> None:
    plain = actor_for(nurse, clinic)
    values = {"poem": poem_values(), "itch": {"assessed_on": TODAY, "level": 5, "respondent": "self"}}[instrument]
    draft = record(plain, patient, instrument, values, sign=False)
    row = actions.save_draft(plain, draft, values, version=1, sign=True, at=NOW)
    row = amend(plain, row, values | {"comment": "asked again"})
    actions.release_assessment(plain, row, release=True, at=NOW)
    withdraw(plain, row)
    assert stored(row)["state"] == "withdrawn"


@pytest.mark.parametrize("instrument", ["poem", "itch"])
def test_the_office_and_other_clinics_record_no_answers(
    clinic_admin: User, outsider: User, clinic: Clinic, other_clinic: Clinic, patient: Patient, instrument: str
) -> None:
    row = make_assessment(patient, instrument)
    before = everything()
    for stranger in (actor_for(clinic_admin, clinic), actor_for(outsider, other_clinic)):
        for act in (
            lambda who: record(who, patient, instrument, poem_values()),
            lambda who: amend(who, row, poem_values()),
            lambda who: withdraw(who, row),
            lambda who: actions.release_assessment(who, row, release=True, at=NOW),
        ):
            with pytest.raises(NotAllowed):
                act(stranger)
    assert everything() == before


# -- what the server makes of the items ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "findings", "total", "head_neck", "band", "weights"),
    [
        ("2010-01-01", {}, "0", "0", "clear", "from_8"),
        ("2010-01-01", None, "14", "0.8", "moderate", "from_8"),
        ("2021-11-20", None, "12.7", "1.6", "moderate", "under_8"),
        ("2010-01-01", {"hn": "1.5 0 0 0 | 1"}, "0.15", "0.15", "almost_clear", "from_8"),
        ("2010-01-01", {"hn": "3 3 3 3 | 6"}, "7.2", "7.2", "moderate", "from_8"),
        ("2021-11-20", {"hn": "3 3 3 3 | 6"}, "14.4", "14.4", "moderate", "under_8"),
        ("2010-01-01", dict.fromkeys(("hn", "ul", "tr", "ll"), "3 3 3 3 | 6"), "72", "7.2", "very_severe", "from_8"),
        ("2021-11-20", dict.fromkeys(("hn", "ul", "tr", "ll"), "3 3 3 3 | 6"), "72", "14.4", "very_severe", "under_8"),
    ],
)
def test_an_easi_is_scored_and_stored_with_weights_band_and_version(
    by: Actor,
    clinic: Clinic,
    born: str,
    findings: dict[str, str] | None,
    total: str,
    head_neck: str,
    band: str,
    weights: str,
) -> None:
    patient = make_patient(clinic, birth_date=date.fromisoformat(born))
    row = Assessment.objects.get(pk=record(by, patient, "easi", easi_values(findings)).pk)
    assert (row.total, row.head_neck, row.band) == (Decimal(total), Decimal(head_neck), band)
    assert (row.weight_set, row.scoring_version, row.state) == (weights, "easi-1/leshem-2015", "signed")
    assert (row.rater, row.respondent, row.signed_by, row.signed_at) == (by.user, "clinician", by.user, NOW)
    assert (row.recorded_at, row.recorded_by, row.version, row.released_at) == (NOW, by.user, 1, None)
    now = current(patient)
    assert (now.easi, now.easi_head_neck, now.easi_band) == (Decimal(total), Decimal(head_neck), band)
    assert (now.easi_on, now.poem, now.viga_ad, now.itch, now.tarc) == (TODAY, None, None, None, None)


@pytest.mark.parametrize(
    ("answers", "total", "band", "imputed"),
    [
        ("0 0 0 0 0 0 0", 0, "clear", False),
        ("1 1 0 0 0 0 0", 2, "clear", False),
        ("1 1 1 0 0 0 0", 3, "mild", False),
        ("2 1 1 1 1 1 1", 8, "moderate", False),
        ("3 3 3 2 2 2 2", 17, "severe", False),
        ("4 4 4 4 3 3 3", 25, "very_severe", False),
        ("4 4 4 4 4 4 -", 24, "severe", True),
        ("- 0 0 0 0 0 0", 0, "clear", True),
        ("4 4 4 4 4 - -", None, "", False),
        ("- - - - - - 1", None, "", False),
    ],
)
def test_a_poem_is_scored_with_at_most_one_question_open(
    patient: Patient, answers: str, total: int | None, band: str, imputed: bool
) -> None:
    row = Assessment.objects.get(pk=make_assessment(patient, "poem", **poem_values(answers)).pk)
    assert (row.total, row.band, row.is_imputed, row.scoring_version) == (total, band, imputed, "poem-1/charman-2013")
    assert (row.state, row.weight_set, row.head_neck) == ("signed", "", None)
    now = current(patient)
    assert (now.poem, now.poem_band, now.poem_respondent) == (total, band, "" if total is None else "self")
    assert now.poem_on == (None if total is None else TODAY)


@pytest.mark.parametrize(
    ("instrument", "level", "band"),
    [
        ("viga_ad", 0, "clear"),
        ("viga_ad", 1, "almost_clear"),
        ("viga_ad", 4, "severe"),
        ("itch", 0, "mild"),
        ("itch", 3, "mild"),
        ("itch", 4, "moderate"),
        ("itch", 6, "moderate"),
        ("itch", 7, "severe"),
        ("itch", 10, "severe"),
    ],
)
def test_a_level_is_its_own_total(patient: Patient, instrument: str, level: int, band: str) -> None:
    row = Assessment.objects.get(pk=make_assessment(patient, instrument, level=level).pk)
    assert (row.total, row.band) == (level, band)
    assert (getattr(current(patient), instrument), getattr(current(patient), f"{instrument}_on")) == (level, TODAY)


@pytest.mark.parametrize(
    ("percent", "area"),
    [
        ("0", 0),
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
def test_a_typed_share_gives_the_area_and_is_kept(patient: Patient, percent: str, area: int) -> None:
    redness = Decimal(1 if area else 0)
    values = easi_values({}, ul_area=None, ul_percent=Decimal(percent), ul_redness=redness)
    row = Assessment.objects.get(pk=make_assessment(patient, **values).pk)
    assert (row.ul_area, row.ul_percent, row.total) == (area, Decimal(percent), Decimal("0.2") * area)
    same = make_assessment(patient, **values | {"ul_area": area})
    assert same.ul_area == area


# -- what is refused, and the words for it ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"tr_scratching": None}, {"tr_scratching": ["Trunk, scratching: not answered."]}),
        ({"ll_area": None}, {"ll_area": ["Lower limbs, area: not answered."]}),
        (
            dict.fromkeys(("hn_area", "hn_redness", "hn_thickness", "hn_scratching", "hn_lichenification")),
            {
                "hn_area": ["Head and neck, area: not answered."],
                "hn_redness": ["Head and neck, redness: not answered."],
                "hn_thickness": ["Head and neck, thickness: not answered."],
                "hn_scratching": ["Head and neck, scratching: not answered."],
                "hn_lichenification": ["Head and neck, lichenification: not answered."],
            },
        ),
        (
            {"hn_area": 0},
            {
                "hn_redness": ["Head and neck, redness: above 0, but the area is 0."],
                "hn_thickness": ["Head and neck, thickness: above 0, but the area is 0."],
                "hn_scratching": ["Head and neck, scratching: above 0, but the area is 0."],
            },
        ),
        (
            {"tr_redness": Decimal(0), "tr_thickness": Decimal(0)},
            {"tr_area": ["Trunk, area: an area is affected, but every sign is 0."]},
        ),
        ({"hn_redness": Decimal("0.5")}, {"hn_redness": ["Head and neck, redness: not a value of this scale."]}),
        ({"hn_redness": Decimal("1.25")}, {"hn_redness": ["Head and neck, redness: not a value of this scale."]}),
        ({"hn_redness": Decimal("3.5")}, {"hn_redness": ["Head and neck, redness: not a value of this scale."]}),
        ({"hn_redness": Decimal(-1)}, {"hn_redness": ["Head and neck, redness: not a value of this scale."]}),
        ({"ul_area": 7}, {"ul_area": ["Upper limbs, area: not a value of this scale."]}),
        ({"ul_area": -1}, {"ul_area": ["Upper limbs, area: not a value of this scale."]}),
        (
            {"ul_percent": Decimal("9.5"), "ul_area": 2},
            {"ul_percent": ["Upper limbs, area: 9.5 % is area score 1, and 2 was chosen."]},
        ),
        ({"ul_percent": Decimal("100.1")}, {"ul_percent": ["Upper limbs, area: from 0 to 100 per cent."]}),
        ({"ul_percent": Decimal("-0.1")}, {"ul_percent": ["Upper limbs, area: from 0 to 100 per cent."]}),
        ({"level": 2}, {"level": ["This instrument has no such item."]}),
        ({"poem_itch": 2}, {"poem_itch": ["This instrument has no such item."]}),
        ({"total": Decimal(1)}, {"total": ["This instrument has no such item."]}),
        ({"weight_set": "from_8"}, {"weight_set": ["This instrument has no such item."]}),
        ({"assessed_on": None}, {"assessed_on": ["Enter the date of the assessment."]}),
        ({"assessed_on": date(2026, 11, 21)}, {"assessed_on": ["This date is in the future."]}),
        ({"assessed_on": date(2019, 5, 3)}, {"assessed_on": ["This date is before the birth."]}),
    ],
)
def test_an_easi_that_cannot_be_scored_is_refused_by_region_and_sign(
    by: Actor, patient: Patient, wrong: dict[str, Any], said: dict[str, list[str]]
) -> None:
    assert refused(lambda: record(by, patient, "easi", easi_values() | wrong)) == said
    row = make_assessment(patient)
    assert refused(lambda: amend(by, row, easi_values() | wrong)) == said
    draft = make_assessment(patient, sign=False)
    assert refused(lambda: actions.save_draft(by, draft, easi_values() | wrong, version=1, sign=True, at=NOW)) == said


@pytest.mark.parametrize(
    ("instrument", "values", "said"),
    [
        ("viga_ad", {"level": None}, {"level": ["Choose a level."]}),
        ("viga_ad", {"level": 5}, {"level": ["This is not a level of the scale."]}),
        ("viga_ad", {"level": -1}, {"level": ["This is not a level of the scale."]}),
        ("viga_ad", {"level": 2, "hn_area": 1}, {"hn_area": ["This instrument has no such item."]}),
        ("itch", {"level": None, "respondent": "self"}, {"level": ["Choose a level."]}),
        ("itch", {"level": 11, "respondent": "self"}, {"level": ["This is not a level of the scale."]}),
        ("itch", {"level": -1, "respondent": "self"}, {"level": ["This is not a level of the scale."]}),
        ("itch", {"level": 5}, {"respondent": ["Say who answered."]}),
        ("poem", poem_values("5 0 0 0 0 0 0"), {"poem_itch": ["Itch: from 0 to 4."]}),
        ("poem", poem_values("0 -1 0 0 0 0 0"), {"poem_sleep": ["Disturbed sleep: from 0 to 4."]}),
        ("poem", poem_values("- - - - - - -"), {"__all__": ["Nothing is answered yet."]}),
        ("poem", poem_values(respondent=""), {"respondent": ["Say who answered."]}),
        ("poem", poem_values(respondent="clinician"), {"respondent": ["Say who answered."]}),
        ("poem", poem_values(level=2), {"level": ["This instrument has no such item."]}),
    ],
)
def test_other_instruments_refuse_what_is_not_theirs(
    by: Actor, patient: Patient, instrument: str, values: dict[str, Any], said: dict[str, list[str]]
) -> None:
    before = everything()
    with pytest.raises(ValidationError) as error:
        record(by, patient, instrument, {"assessed_on": TODAY} | values)
    assert getattr(error.value, "message_dict", {"__all__": error.value.messages}) == said
    assert everything() == before


@pytest.mark.parametrize("respondent", ["self", "helped", "proxy"])
@pytest.mark.parametrize("instrument", ["poem", "itch"])
def test_respondents_of_what_patients_answer(patient: Patient, instrument: str, respondent: str) -> None:
    row = make_assessment(patient, instrument, respondent=respondent, language="pl")
    assert (row.respondent, row.rater, row.language) == (respondent, None, "pl")


def test_an_answered_instrument_has_no_rater(by: Actor, patient: Patient) -> None:
    said = refused(lambda: record(by, patient, "poem", poem_values(rater=by.user)))
    assert said == {"rater": ["This is answered by the patient or a carer: it has no rater."]}


def test_the_rater_is_somebody_who_scores_in_this_clinic_now(
    by: Actor, clinic: Clinic, nurse: User, clinic_admin: User, outsider: User, patient: Patient
) -> None:
    said = {"rater": ["This person does not score EASI and vIGA-AD in this clinic."]}
    for person in (nurse, clinic_admin, outsider):
        assert refused(lambda person=person: record(by, patient, "easi", easi_values(rater=person))) == said
    colleague = make_member(clinic, Role.NURSE, may_score=True)
    row = record(by, patient, "easi", easi_values(rater=colleague))
    assert (row.rater, row.signed_by, row.recorded_by) == (colleague, by.user, by.user)
    Membership.objects.filter(user=colleague).update(ended_at=NOW, ended_by=by.user)
    assert refused(lambda: record(by, patient, "easi", easi_values(rater=colleague))) == said
    assert amend(by, row, easi_values(rater=colleague, hn_area=3)).rater == colleague  # has left, but was it


def test_who_corrects_does_not_become_the_rater(by: Actor, clinic: Clinic, patient: Patient) -> None:
    colleague = make_member(clinic, Role.NURSE, may_score=True)
    row = record(by, patient, "easi", easi_values(rater=colleague))
    again = amend(by, row, easi_values(hn_area=3))
    assert (again.rater, again.signed_by) == (colleague, by.user)


@pytest.mark.parametrize(
    ("on", "accepted"),
    [("2019-05-04", True), ("2019-05-03", False), ("2026-11-10", True), ("2026-11-11", False)],
)
@pytest.mark.parametrize("instrument", ["easi", "viga_ad", "poem", "itch"])
def test_an_assessment_lies_between_birth_and_death(
    by: Actor, patient: Patient, instrument: str, on: str, accepted: bool
) -> None:
    patient = actions.close_patient(by, patient, reason="died", deceased_on=date(2026, 11, 10), version=1, at=NOW)
    if accepted:
        assert make_assessment(patient, instrument, on=date.fromisoformat(on)).state == "signed"
    else:
        assert list(refused(lambda: make_assessment(patient, instrument, on=date.fromisoformat(on)))) == ["assessed_on"]


def test_an_edition_is_of_this_instrument_and_this_clinic(
    by: Actor, clinic: Clinic, other_clinic: Clinic, patient: Patient
) -> None:
    common = {"name": "Poem", "language": "en", "respondent": "self", "licence": "by letter", "credit": "©"}
    mine = InstrumentEdition.objects.create(clinic=clinic, instrument="poem", **common)
    assert make_assessment(patient, "poem", edition=mine, language="en").edition == mine
    assert make_assessment(patient, "poem", edition=mine, language="en", respondent="helped").edition == mine
    for said, where in (({"language": "de"}, "language"), ({"respondent": "proxy"}, "respondent")):
        values = {"language": "en", "edition": mine} | said
        assert list(refused(lambda values=values: make_assessment(patient, "poem", **values))) == [where]
    for wrong in (
        InstrumentEdition.objects.create(clinic=other_clinic, instrument="poem", **common),
        InstrumentEdition.objects.create(clinic=clinic, instrument="itch", **common),
    ):
        assert list(refused(lambda wrong=wrong: make_assessment(patient, "poem", edition=wrong))) == ["edition"]


# -- draft, sign, amend, withdraw, release ---------------------------------------------------------------------------


def test_a_draft_may_have_gaps_and_counts_nowhere(by: Actor, patient: Patient) -> None:
    draft = record(by, patient, "easi", {"assessed_on": TODAY, "hn_redness": Decimal(2)}, sign=False)
    row = stored(draft)
    assert (row["state"], row["total"], row["band"], row["weight_set"]) == ("draft", None, "", "")
    assert (row["hn_redness"], row["hn_area"], row["signed_at"], row["scoring_version"]) == (Decimal(2), None, None, "")
    assert not CurrentScores.objects.exists()
    assert not Assessment.objects.counting().exists()
    with pytest.raises(Stale):
        actions.release_assessment(by, draft, release=True, at=NOW)
    with pytest.raises(Stale):
        amend(by, draft, easi_values())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"hn_redness": Decimal("0.5")}, "hn_redness"),
        ({"hn_area": 7}, "hn_area"),
        ({"hn_percent": Decimal(101)}, "hn_percent"),
        ({"assessed_on": date(2026, 11, 21)}, "assessed_on"),
        ({"level": 1}, "level"),
    ],
)
def test_a_draft_may_not_be_wrong(by: Actor, patient: Patient, wrong: dict[str, Any], field: str) -> None:
    values: dict[str, Any] = {"assessed_on": TODAY} | wrong
    assert list(refused(lambda: record(by, patient, "easi", values, sign=False))) == [field]


def test_a_draft_is_changed_signed_and_then_no_draft_any_more(by: Actor, patient: Patient) -> None:
    draft = record(by, patient, "easi", {"assessed_on": TODAY}, sign=False)
    later = NOW + timedelta(hours=1)
    changed = actions.save_draft(by, draft, {"assessed_on": TODAY, "hn_area": 2}, version=1, at=later)
    assert (changed.pk, changed.version, changed.hn_area, changed.state) == (draft.pk, 2, 2, "draft")
    signed = actions.save_draft(by, changed, easi_values(), version=2, sign=True, at=later)
    assert (signed.pk, signed.version, signed.total, signed.state) == (draft.pk, 3, Decimal("12.7"), "signed")
    assert (signed.recorded_at, signed.signed_at) == (NOW, later)
    with pytest.raises(Stale) as stale:
        actions.save_draft(by, signed, easi_values({}), version=3, at=later)
    assert stale.value.current.state == "signed"
    assert Assessment.objects.get().total == Decimal("12.7")


def test_a_draft_changed_since_is_refused_and_kept(by: Actor, patient: Patient) -> None:
    draft = record(by, patient, "easi", easi_values(), sign=False)
    actions.save_draft(by, draft, easi_values(hn_area=4), version=1, at=NOW)
    before = everything()
    for sign in (False, True):
        with pytest.raises(Stale) as stale:
            actions.save_draft(by, draft, easi_values(hn_area=5), version=1, sign=sign, at=NOW)
        assert (stale.value.current.hn_area, stale.value.current.version) == (4, 2)
    assert everything() == before


def test_a_dropped_draft_is_withdrawn_with_its_reason(by: Actor, patient: Patient) -> None:
    draft = record(by, patient, "easi", {"assessed_on": TODAY}, sign=False)
    withdraw(by, draft, reason="  begun for another child ")
    row = stored(draft)
    assert (row["state"], row["withdrawn_reason"], row["signed_at"]) == ("withdrawn", "begun for another child", None)
    with pytest.raises(Stale):
        actions.save_draft(by, draft, easi_values(), version=1, sign=True, at=NOW)


def test_what_was_signed_or_changed_since_is_not_dropped_as_a_draft(by: Actor, patient: Patient) -> None:
    draft = record(by, patient, "easi", easi_values(), sign=False)
    seen = Assessment.objects.get()
    changed = actions.save_draft(by, draft, easi_values(hn_area=3), version=1, at=NOW)
    with pytest.raises(Stale):
        withdraw(by, seen)
    actions.save_draft(by, changed, easi_values(), version=2, sign=True, at=NOW)
    for row in (seen, changed):
        with pytest.raises(Stale) as stale:
            withdraw(by, row)
        assert stale.value.current.state == "signed"
    assert current(patient).easi == Decimal("12.7")


def test_amending_keeps_the_old_version_readable(by: Actor, patient: Patient) -> None:
    old = make_assessment(patient, comment="first look")
    actions.release_assessment(by, old, release=True, visible_to_guardians=False, at=NOW)
    before = stored(old)
    later = NOW + timedelta(days=2)
    new = amend(by, old, easi_values({"hn": "1 0 0 0 | 1"}), reason=" wrong row ", at=later)
    kept = stored(old)
    changed = {name for name in kept if kept[name] != before[name]}
    assert changed == {"state", "withdrawn_at", "withdrawn_by_id", "withdrawn_reason", "version"}
    assert (kept["state"], kept["withdrawn_at"], kept["withdrawn_reason"], kept["version"]) == (
        "amended",
        later,
        "wrong row",
        2,
    )
    assert (kept["total"], kept["ll_area"], kept["comment"]) == (Decimal("12.7"), 3, "first look")
    assert (new.replaces, new.series, new.amend_reason, new.state) == (old, old.series, "wrong row", "signed")
    assert (new.total, new.recorded_at, new.signed_at) == (Decimal("0.2"), NOW, later)
    assert (new.released_at, new.released_by, new.visible_to_guardians) == (NOW, by.user, False)
    assert list(Assessment.objects.counting()) == [new]
    assert (current(patient).easi, current(patient).easi_band) == (Decimal("0.2"), "almost_clear")


def test_what_was_taken_from_the_patients_view_meanwhile_is_not_shown_again(by: Actor, patient: Patient) -> None:
    row = make_assessment(patient)
    actions.release_assessment(by, row, release=True, at=NOW)
    as_shown = Assessment.objects.get()
    actions.release_assessment(by, row, release=False, at=NOW)
    assert as_shown.released_at == NOW
    new = amend(by, as_shown, easi_values(hn_area=3))  # from a page that was read while it was shown
    assert stored(new)["released_at"] is None
    assert stored(new)["released_by_id"] is None


def test_only_the_live_version_is_amended_withdrawn_or_released(by: Actor, patient: Patient) -> None:
    first = make_assessment(patient)
    second = amend(by, first, easi_values(hn_area=3))
    third = amend(by, second, easi_values(hn_area=4))
    withdraw(by, third)
    before = everything()
    for row in (first, second, third):
        for act in (
            lambda row: amend(by, row, easi_values()),
            lambda row: withdraw(by, row),
            lambda row: actions.release_assessment(by, row, release=True, at=NOW),
            lambda row: actions.save_draft(by, row, easi_values(), version=row.version, at=NOW),
        ):
            with pytest.raises(Stale) as stale, transaction.atomic():
                act(row)
            assert stale.value.current == row
    assert everything() == before
    assert [row.state for row in Assessment.objects.order_by("id")] == ["amended", "amended", "withdrawn"]


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_amending_and_withdrawing_say_why(by: Actor, patient: Patient, reason: str) -> None:
    row = make_assessment(patient)
    assert refused(lambda: amend(by, row, easi_values(), reason=reason)) == {"reason": ["Say why."]}
    assert refused(lambda: withdraw(by, row, reason=reason)) == {"reason": ["Say why."]}


def test_a_withdrawn_assessment_stays_readable_and_counts_nowhere(by: Actor, patient: Patient) -> None:
    earlier = make_assessment(patient, on=date(2026, 11, 1), **easi_values({"hn": "1 0 0 0 | 1"}))
    wrong = make_assessment(patient)
    assert current(patient).easi == Decimal("12.7")
    withdraw(by, wrong)
    row = stored(wrong)
    assert (row["state"], row["total"], row["withdrawn_reason"]) == ("withdrawn", Decimal("12.7"), "another child")
    assert list(Assessment.objects.counting()) == [earlier]
    assert (current(patient).easi, current(patient).easi_on) == (Decimal("0.2"), date(2026, 11, 1))
    withdraw(by, earlier)
    now = current(patient)
    assert (now.easi, now.easi_on, now.easi_band, now.easi_head_neck) == (None, None, "", None)


def test_release_and_withhold(by: Actor, patient: Patient) -> None:
    row = make_assessment(patient)
    shown = actions.release_assessment(by, row, release=True, visible_to_guardians=False, at=NOW)
    assert (shown.released_at, shown.released_by, shown.visible_to_guardians) == (NOW, by.user, False)
    hidden = actions.release_assessment(by, row, release=False, at=NOW)
    assert (hidden.released_at, hidden.released_by) == (None, None)
    assert hidden.total == Decimal("12.7")


# -- sent twice ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [True, False])
def test_the_same_form_twice_is_one_assessment(by: Actor, patient: Patient, sign: bool) -> None:
    first = record(by, patient, "easi", easi_values(), submission=SENT, sign=sign)
    before = everything()
    assert record(by, patient, "easi", easi_values(), submission=SENT, sign=sign) == first
    assert everything() == before


def test_the_same_correction_twice_is_one_version(by: Actor, patient: Patient) -> None:
    old = make_assessment(patient)
    first = amend(by, old, easi_values(hn_area=3), submission=SENT)
    before = everything()
    assert amend(by, old, easi_values(hn_area=3), submission=SENT) == first
    assert everything() == before


def test_the_same_key_for_another_patient_is_another_assessment(by: Actor, clinic: Clinic, patient: Patient) -> None:
    other = make_patient(clinic)
    one = record(by, patient, "easi", easi_values(), submission=SENT)
    two = record(by, other, "easi", easi_values(), submission=SENT)
    assert (one.patient, two.patient) == (patient, other)


# -- weights by age on the day, in the clinic's zone -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("Pacific/Kiritimati", "2026-11-20T10:00+00:00"),
        ("Pacific/Auckland", "2026-11-20T11:00+00:00"),
        ("Europe/Berlin", "2026-11-20T23:00+00:00"),
        ("UTC", "2026-11-21T00:00+00:00"),
        ("America/Los_Angeles", "2026-11-21T08:00+00:00"),
    ],
)
def test_the_weights_change_at_the_clinics_midnight_before_the_8th_birthday(zone: str, midnight: str) -> None:
    clinic = make_clinic(zone=zone)
    child = make_patient(clinic, birth_date=date(2018, 11, 21))
    starts = datetime.fromisoformat(midnight)
    eve, birthday = date(2026, 11, 20), date(2026, 11, 21)

    before = make_assessment(child, at=starts - MINUTE)
    assert (before.assessed_on, before.weight_set, before.total) == (eve, "under_8", Decimal("12.7"))
    said = refused(lambda: make_assessment(child, on=birthday, at=starts - MINUTE))
    assert said == {"assessed_on": ["This date is in the future."]}

    after = make_assessment(child, at=starts)
    assert (after.assessed_on, after.weight_set, after.total) == (birthday, "from_8", Decimal("14.0"))
    entered_later = make_assessment(child, on=eve, at=starts)
    assert (entered_later.weight_set, entered_later.total) == ("under_8", Decimal("12.7"))
    assert current(child).easi == Decimal("14.0")


@pytest.mark.parametrize(
    ("born", "on", "weights", "total"),
    [
        ("2018-02-28", "2026-02-27", "under_8", "12.7"),
        ("2018-02-28", "2026-02-28", "from_8", "14.0"),
        ("2020-02-29", "2028-02-28", "under_8", "12.7"),
        ("2020-02-29", "2028-02-29", "from_8", "14.0"),
        ("1892-02-29", "1900-02-28", "under_8", "12.7"),  # 1900 has no 29 February
        ("1892-02-29", "1900-03-01", "from_8", "14.0"),
    ],
)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_8th_birthday_of_the_calendar(zone: str, born: str, on: str, weights: str, total: str) -> None:
    child = make_patient(make_clinic(zone=zone), birth_date=date.fromisoformat(born))
    row = make_assessment(child, on=date.fromisoformat(on), at=datetime(2028, 3, 5, tzinfo=UTC))
    assert (row.weight_set, row.total) == (weights, Decimal(total))


def test_weights_once_stored_stay(by: Actor, clinic: Clinic, patient: Patient) -> None:
    child = make_patient(clinic, birth_date=date(2018, 11, 21))
    eve = make_assessment(child, at=datetime(2026, 11, 20, 22, 59, tzinfo=UTC))
    before = stored(eve)
    clinic.zone = "Pacific/Kiritimati"  # in which that instant is the birthday
    clinic.save()
    years_later = datetime(2031, 1, 1, tzinfo=UTC)
    make_assessment(child, at=years_later)
    actions.update_patient(by, child, {"given_name": "Mila"}, version=1, at=years_later)
    assert stored(eve) == before
    again = amend(by, eve, easi_values(comment="spelling"), at=years_later)
    assert (again.assessed_on, again.weight_set, again.total) == (date(2026, 11, 20), "under_8", Decimal("12.7"))


# -- the trend rule --------------------------------------------------------------------------------------------------


def test_of_several_poems_on_a_day_the_last_entered_counts(by: Actor, patient: Patient) -> None:
    def poem(answers: str, hour: int, on: date = TODAY) -> Assessment:
        at = datetime(2026, 11, 20, hour, tzinfo=UTC)
        return make_assessment(patient, "poem", on=on, at=at, **poem_values(answers, respondent="proxy"))

    morning = poem("1 1 1 1 1 1 1", 8)
    noon = poem("2 2 2 2 2 2 2", 12)
    assert current(patient).poem == 14
    evening = poem("3 3 3 3 3 3 3", 18)
    assert (current(patient).poem, current(patient).poem_respondent) == (21, "proxy")
    paper = poem("4 4 4 4 4 4 4", 20, on=date(2026, 11, 19))  # of yesterday, entered last
    assert current(patient).poem == 21
    assert list(Assessment.objects.counting().in_trend_order()) == [evening, noon, morning, paper]
    assert (paper.assessed_on, paper.recorded_at) == (date(2026, 11, 19), datetime(2026, 11, 20, 20, tzinfo=UTC))

    corrected = amend(by, noon, poem_values("0 0 0 0 0 0 1"), at=datetime(2026, 11, 20, 21, tzinfo=UTC))
    assert list(Assessment.objects.counting().in_trend_order()) == [evening, corrected, morning, paper]
    assert current(patient).poem == 21
    withdraw(by, evening)
    assert (current(patient).poem, current(patient).poem_respondent) == (1, "self")
    amend(by, corrected, poem_values("- - 1 1 1 1 1"))  # not scored any more: the one before it counts
    assert current(patient).poem == 7


def test_a_correction_may_move_the_day(by: Actor, patient: Patient) -> None:
    first = make_assessment(patient, on=date(2026, 11, 1), **easi_values({}))
    second = make_assessment(patient, on=date(2026, 11, 10))
    amend(by, second, easi_values(assessed_on=date(2026, 10, 31)))
    assert (current(patient).easi, current(patient).easi_on) == (Decimal(0), first.assessed_on)


def told_by_history(patient: Patient) -> dict[str, Any]:
    """What the current scores should say, worked out here row by row."""
    said: dict[str, Any] = {"easi_band": "", "easi_head_neck": None, "poem_band": "", "poem_respondent": ""}
    for name in ("easi", "viga_ad", "poem", "itch"):
        rows = [row for row in Assessment.objects.filter(patient=patient).values() if row["instrument"] == name]
        rows = [row for row in rows if row["state"] == "signed" and row["total"] is not None]
        rows.sort(key=lambda row: (row["assessed_on"], row["recorded_at"], row["id"]))
        last = rows[-1] if rows else None
        said |= {name: last["total"] if last else None, f"{name}_on": last["assessed_on"] if last else None}
        if last and name == "easi":
            said |= {"easi_band": last["band"], "easi_head_neck": last["head_neck"]}
        if last and name == "poem":
            said |= {"poem_band": last["band"], "poem_respondent": last["respondent"]}
    labs = [row for row in LabResult.objects.filter(patient=patient).values() if row["withdrawn_at"] is None]
    labs.sort(key=lambda row: (row["collected_on"], row["recorded_at"], row["id"]))
    last = labs[-1] if labs else None
    return said | {"tarc": last["value"] if last else None, "tarc_on": last["collected_on"] if last else None}


def random_values(dice: random.Random, instrument: str) -> dict[str, Any]:
    """Complete items of an instrument; sometimes a POEM that is not scored."""
    if instrument == "easi":
        signs = [dice.choice(["0", "1", "1.5", "2", "2.5", "3"]) for _ in range(3)]
        return easi_values({dice.choice(["hn", "ul", "tr", "ll"]): f"{' '.join(signs)} 1 | {dice.randint(1, 6)}"})
    if instrument == "poem":
        answers = " ".join(dice.choice("01234-") for _ in range(6))
        return poem_values(f"{answers} 1", respondent=dice.choice(["self", "helped", "proxy"]))
    return {"level": dice.randint(0, 4)} | ({"respondent": "self"} if instrument == "itch" else {})


@pytest.mark.parametrize("seed", range(8))
def test_current_scores_equal_history_after_every_action(by: Actor, clinic: Clinic, patient: Patient, seed: int) -> None:
    dice = random.Random(seed)
    bystander = make_patient(clinic)
    make_assessment(bystander)
    make_assessment(patient)
    done = {"record": 0, "draft": 0, "sign": 0, "amend": 0, "withdraw": 0, "lab": 0, "withdraw lab": 0, "born": 0}
    for step in range(60):
        at = NOW + timedelta(minutes=step // 2)  # now and then two at the same instant
        on = TODAY - timedelta(days=dice.randint(0, 6))
        instrument = dice.choice(["easi", "viga_ad", "poem", "itch"])
        values = random_values(dice, instrument) | {"assessed_on": on}
        live = list(Assessment.objects.filter(patient=patient, state="signed").order_by("id"))
        drafts = list(Assessment.objects.filter(patient=patient, state="draft").order_by("id"))
        labs = list(LabResult.objects.live().filter(patient=patient).order_by("id"))
        what = dice.choice(list(done))
        if what == "record":
            record(by, patient, instrument, values, at=at)
        elif what == "draft":
            record(by, patient, instrument, values, sign=False, at=at)
        elif what == "sign" and drafts:
            draft = dice.choice(drafts)
            values = random_values(dice, draft.instrument) | {"assessed_on": on}
            actions.save_draft(by, draft, values, version=draft.version, sign=True, at=at)
        elif what == "amend" and live:
            old = dice.choice(live)
            amend(by, old, random_values(dice, old.instrument) | {"assessed_on": on}, at=at)
        elif what == "withdraw" and live + drafts:
            withdraw(by, dice.choice(live + drafts), at=at)
        elif what == "lab":
            make_lab(patient, str(dice.randint(100, 9000)), on=on, at=at)
        elif what == "withdraw lab" and labs:
            actions.withdraw(by, dice.choice(labs), reason="haemolysed", at=at)
        elif what == "born":
            patient.refresh_from_db()
            born = dice.choice([date(2018, 11, 17), date(2019, 5, 4), date(2010, 1, 1)])
            choice = dice.choice(["recompute", "keep"])
            actions.update_patient(
                by, patient, {"birth_date": born}, version=patient.version, affected_scores=choice, at=at
            )
        else:
            continue
        done[what] += 1
        expected = told_by_history(patient)
        assert CurrentScores.objects.filter(patient=patient).values(*expected).get() == expected
    assert min(done.values()) >= 1, done
    assert current(bystander).easi is not None
    assert Assessment.objects.filter(patient=bystander).count() == 1
