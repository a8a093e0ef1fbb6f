"""A corrected date of birth: stored scores never change by themselves; somebody who may see them decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clinics.access import Actor, May
from clinics.errors import NotAllowed
from clinics.models import AuditEvent, Clinic, Membership, Role, User
from patients import actions
from patients.actions.rescore import settle_affected
from patients.errors import ScoresAffected
from patients.models import Assessment, CurrentScores, LabResult, Patient
from tests.factories import NOW, actor_for, easi_values, make_assessment, make_lab, make_member, make_patient

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=3)
BORN = date(2018, 11, 21)  # seven years old on 20 November 2026, eight the day after
OLDER = date(2018, 11, 20)  # eight on that day
ADULT = date(2010, 11, 20)


@pytest.fixture
def child(clinic: Clinic, by: Actor) -> Patient:
    """A patient whose 8th birthday is tomorrow."""
    return make_patient(clinic, birth_date=BORN)


def correct(by: Actor, patient: Patient, born_on: date, choice: str = "") -> Patient:
    return actions.update_patient(
        by, patient, {"birth_date": born_on}, version=patient.version, affected_scores=choice, at=LATER
    )


def everything() -> list[Any]:
    models: tuple[Any, ...] = (Patient, Assessment, LabResult, CurrentScores, AuditEvent)
    return [list(model.objects.order_by("pk").values()) for model in models]


def verbs(patient: Patient, after: int) -> list[str]:
    rows = AuditEvent.objects.filter(patient=patient.public_id, id__gt=after).order_by("id")
    return list(rows.values_list("verb", flat=True))


def last_event() -> int:
    return AuditEvent.objects.order_by("-id")[0].pk


def test_without_scores_nothing_is_asked(by: Actor, child: Patient) -> None:
    after = last_event()
    assert correct(by, child, ADULT).birth_date == ADULT
    assert verbs(child, after) == ["patient changed"]


def test_scores_that_stay_the_same_are_not_asked_about(by: Actor, child: Patient) -> None:
    easi, lab = make_assessment(child), make_lab(child)
    for instrument in ("viga_ad", "poem", "itch"):
        make_assessment(child, instrument)
    before = everything()
    assert correct(by, child, date(2020, 2, 29)).birth_date == date(2020, 2, 29)  # six years old: the same weights, limit
    assert everything()[1:4] == before[1:4]
    assert (Assessment.objects.get(pk=easi.pk).total, LabResult.objects.get(pk=lab.pk).reference_limit) == (
        Decimal("12.7"),
        Decimal(743),
    )


def test_it_asks_and_changes_nothing_until_somebody_decides(by: Actor, child: Patient) -> None:
    easi = make_assessment(child)
    earlier = make_assessment(child, on=date(2025, 1, 1))  # under 8 with either date, and from 8 for ADULT
    make_assessment(child, "poem")
    make_assessment(child, sign=False)
    lab = make_lab(child)
    actions.withdraw_assessment(by, make_assessment(child), reason="error", at=NOW)
    actions.withdraw(by, make_lab(child), reason="error", at=NOW)
    on = date(2026, 11, 20)
    before = everything()
    for choice in ("", "perhaps", "RECOMPUTE"):
        with pytest.raises(ScoresAffected) as asked:
            correct(by, child, OLDER, choice)
        assert [(row.row, row.on, row.stored, row.corrected) for row in asked.value.rows] == [
            (easi, on, Decimal("12.7"), Decimal("14.0"))
        ]
        with pytest.raises(ScoresAffected) as asked:
            correct(by, child, ADULT, choice)
        assert [(row.row, row.on, row.stored, row.corrected) for row in asked.value.rows] == [
            (earlier, date(2025, 1, 1), Decimal("12.7"), Decimal("14.0")),
            (easi, on, Decimal("12.7"), Decimal("14.0")),
            (lab, on, Decimal(743), Decimal(450)),
        ]
    assert everything() == before


def test_computed_again_the_old_value_stays_readable(by: Actor, clinic: Clinic, child: Patient) -> None:
    colleague = make_assessment(child).rater
    row = Assessment.objects.get()
    actions.release_assessment(by, row, release=True, visible_to_guardians=False, at=NOW)
    after = last_event()
    patient = correct(by, child, OLDER, "recompute")
    assert (patient.birth_date, patient.version) == (OLDER, 2)
    old = Assessment.objects.get(pk=row.pk)
    new = Assessment.objects.get(replaces=row)
    assert (old.state, old.total, old.weight_set, old.withdrawn_reason, old.withdrawn_by) == (
        "amended",
        Decimal("12.7"),
        "under_8",
        "Date of birth corrected",
        by.user,
    )
    assert (new.state, new.total, new.weight_set, new.head_neck) == ("signed", Decimal("14.0"), "from_8", Decimal("0.8"))
    assert (new.series, new.assessed_on, new.recorded_at, new.rater) == (
        old.series,
        old.assessed_on,
        old.recorded_at,
        colleague,
    )
    assert (new.amend_reason, new.signed_at, new.signed_by) == ("Date of birth corrected", LATER, by.user)
    assert (new.released_at, new.visible_to_guardians) == (NOW, False)
    assert new.items == old.items
    current = CurrentScores.objects.get(patient=child)
    assert (current.easi, current.easi_head_neck, current.easi_on) == (Decimal("14.0"), Decimal("0.8"), date(2026, 11, 20))
    assert verbs(child, after) == ["patient changed", "assessment amended", "scores recomputed"]
    assert AuditEvent.objects.get(verb="scores recomputed").reason == "birth date corrected"


def test_kept_as_stored(by: Actor, child: Patient) -> None:
    make_assessment(child)
    make_lab(child)
    before, after = everything(), last_event()
    assert correct(by, child, ADULT, "keep").birth_date == ADULT
    assert everything()[1:4] == before[1:4]
    assert verbs(child, after) == ["patient changed", "scores kept as stored"]
    assert Assessment.objects.get().weight_set == "under_8"
    again = actions.amend_assessment(by, Assessment.objects.get(), easi_values(), reason="x", submission=uuid4(), at=LATER)
    assert again.weight_set == "from_8"  # a correction by hand takes the date of birth as it is now


def test_a_laboratory_value_gets_the_limit_of_the_corrected_age(by: Actor, child: Patient) -> None:
    lab = make_lab(child, "600", assay="ELISA, north", is_haemolysed=True, comment="second tube")
    after = last_event()
    correct(by, child, ADULT, "recompute")
    old = LabResult.objects.get(pk=lab.pk)
    new = LabResult.objects.live().get(patient=child)
    assert (old.reference_limit, old.withdrawn_at, old.withdrawn_by, old.withdrawn_reason) == (
        Decimal(743),
        LATER,
        by.user,
        "Date of birth corrected",
    )
    assert (new.reference_limit, new.value, new.assay, new.is_haemolysed, new.comment) == (
        Decimal(450),
        Decimal(600),
        "ELISA, north",
        True,
        "second tube",
    )
    assert (new.collected_on, new.recorded_at, new.recorded_by) == (old.collected_on, old.recorded_at, old.recorded_by)
    assert len({old.public_id, new.public_id}) == 2
    current = CurrentScores.objects.get(patient=child)
    assert (current.tarc, current.tarc_on) == (Decimal(600), date(2026, 11, 20))
    assert verbs(child, after) == [
        "patient changed",
        "laboratory result withdrawn",
        "laboratory result recorded",
        "scores recomputed",
    ]


def test_there_and_back_again(by: Actor, child: Patient) -> None:
    make_assessment(child)
    child = correct(by, child, OLDER, "recompute")
    child = correct(by, child, BORN, "recompute")
    assert [(row.state, row.total) for row in Assessment.objects.order_by("id")] == [
        ("amended", Decimal("12.7")),
        ("amended", Decimal("14.0")),
        ("signed", Decimal("12.7")),
    ]
    assert CurrentScores.objects.get(patient=child).easi == Decimal("12.7")


def test_computed_again_though_the_rater_has_left_and_the_child_has_died(by: Actor, clinic: Clinic, child: Patient) -> None:
    colleague = make_member(clinic, Role.NURSE, may_score=True)
    make_assessment(child, by=actor_for(colleague, clinic))
    Membership.objects.filter(user=colleague).update(ended_at=NOW, ended_by=by.user)
    child = actions.close_patient(by, child, reason="died", deceased_on=date(2026, 11, 22), version=1, at=LATER)
    correct(by, child, OLDER, "recompute")
    row = Assessment.objects.get(state="signed")
    assert (row.total, row.rater, row.signed_by) == (Decimal("14.0"), colleague, by.user)
    assert CurrentScores.objects.get(patient=child).easi == Decimal("14.0")


@pytest.mark.parametrize("what", ["easi", "viga_ad", "poem", "itch", "draft", "lab"])
@pytest.mark.parametrize("choice", ["", "keep", "recompute"])
def test_no_score_may_lie_before_the_birth(by: Actor, child: Patient, what: str, choice: str) -> None:
    on = date(2026, 11, 2)
    if what == "lab":
        row: Any = make_lab(child, on=on)
    else:
        row = make_assessment(child, "easi" if what == "draft" else what, on=on, sign=what != "draft")
    before = everything()
    with pytest.raises(ValidationError) as error:
        correct(by, child, date(2026, 11, 3), choice)
    said = "A score of 02-Nov-2026 would lie before the birth. Take it back first if it was entered in error."
    assert error.value.message_dict == {"birth_date": [said]}
    assert everything() == before
    withdraw = actions.withdraw if what == "lab" else actions.withdraw_assessment
    withdraw(by, row, reason="another child", at=LATER)
    assert correct(by, child, date(2026, 11, 3), choice).birth_date == date(2026, 11, 3)


def test_on_the_day_of_birth_is_not_before_it(by: Actor, child: Patient) -> None:
    make_assessment(child, on=date(2026, 11, 2))
    assert correct(by, child, date(2026, 11, 2)).birth_date == date(2026, 11, 2)


@pytest.mark.parametrize("choice", ["", "keep", "recompute"])
@pytest.mark.parametrize("born_on", [OLDER, date(2026, 11, 20)])
def test_the_office_decides_nothing_and_learns_nothing(
    clinic_admin: User, clinic: Clinic, child: Patient, choice: str, born_on: date
) -> None:
    make_assessment(child, on=date(2026, 11, 19))
    make_assessment(child)
    office = actor_for(clinic_admin, clinic)
    before = everything()
    with pytest.raises(ValidationError) as error:
        correct(office, child, born_on, choice)
    said = "Scores rest on the date of birth. Ask a dermatologist or a nurse of the clinic to correct it."
    assert error.value.message_dict == {"birth_date": [said]}
    assert everything() == before


def test_the_office_corrects_what_no_score_rests_on(clinic_admin: User, clinic: Clinic, child: Patient) -> None:
    make_assessment(child)
    office = actor_for(clinic_admin, clinic)
    assert correct(office, child, date(2020, 1, 1)).birth_date == date(2020, 1, 1)


@pytest.mark.parametrize("choice", ["keep", "recompute"])
def test_a_nurse_who_does_not_score_may_decide(nurse: User, clinic: Clinic, child: Patient, choice: str) -> None:
    rater = make_assessment(child).rater
    correct(actor_for(nurse, clinic), child, OLDER, choice)
    row = Assessment.objects.get(state="signed")
    assert (row.total, row.rater) == ({"keep": Decimal("12.7"), "recompute": Decimal("14.0")}[choice], rater)


@pytest.mark.parametrize("choice", ["keep", "recompute"])
def test_decision_and_audit_rows_come_together(by: Actor, child: Patient, choice: str) -> None:
    make_assessment(child)
    make_lab(child)
    before = everything()
    with pytest.raises(DatabaseError), transaction.atomic():
        settle(replace(by, address=None), child, choice)  # type: ignore[arg-type]  # no audit row can be written with it
    assert everything() == before

    def fail_later() -> None:
        with transaction.atomic():
            correct(by, child, ADULT, choice)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_later()
    assert everything() == before


def settle(by: Actor, patient: Patient, choice: str) -> None:
    """The part of update_patient that follows its own audit row."""
    Patient.objects.filter(pk=patient.pk).update(birth_date=ADULT)
    settle_affected(by, Patient.objects.get(pk=patient.pk), choice, at=LATER)


def test_current_scores_are_written_once_for_all_that_is_computed_again(by: Actor, clinic: Clinic) -> None:
    def written(rows: int) -> int:
        patient = make_patient(clinic, birth_date=BORN)
        for n in range(rows):
            make_assessment(patient, on=date(2026, 11, 20) - timedelta(days=n))
            make_lab(patient, str(600 + n), on=date(2026, 11, 20) - timedelta(days=n))
        with CaptureQueriesContext(connection) as queries:
            correct(by, patient, date(2010, 11, 1), "recompute")
        current = CurrentScores.objects.get(patient=patient)
        assert (current.easi, current.easi_on) == (Decimal("14.0"), date(2026, 11, 20))
        assert (current.tarc, current.tarc_on) == (Decimal(600), date(2026, 11, 20))
        assert Assessment.objects.filter(patient=patient, state="signed", weight_set="from_8").count() == rows
        assert LabResult.objects.live().filter(patient=patient, reference_limit=450).count() == rows
        return sum(query["sql"].startswith(f'UPDATE "{CurrentScores._meta.db_table}"') for query in queries)

    assert (written(1), written(3)) == (2, 2)  # EASI and TARC


def test_computing_again_records_facts(by: Actor, child: Patient) -> None:
    make_lab(child)
    before = everything()
    with pytest.raises(NotAllowed):
        correct(replace(by, rights=by.rights - {May.RECORD_FACTS}), child, ADULT, "recompute")
    assert everything() == before


def test_a_nurse_who_does_not_score_is_named_as_signer(nurse: User, clinic: Clinic, child: Patient) -> None:
    rater = make_assessment(child).rater
    correct(actor_for(nurse, clinic), child, OLDER, "recompute")
    row = Assessment.objects.get(state="signed")
    assert (row.signed_by, row.rater, rater != nurse) == (nurse, rater, True)
