"""Two people, or two clicks, on one assessment at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ValidationError

from clinics.access import Actor
from clinics.errors import Stale
from clinics.models import AuditEvent, Clinic
from patients import actions
from patients.errors import ScoresAffected
from patients.models import Assessment, CurrentScores, LabResult, Patient
from tests.factories import NOW, easi_values, make_assessment, make_lab, make_patient, poem_values
from tests.patients.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
SENT = UUID("00000000-0000-4000-8000-000000000001")
ROUNDS = range(5)


@pytest.fixture(autouse=True)
def _postgresql(vendor: str) -> None:
    if vendor == "sqlite":
        pytest.skip("an SQLite database in memory has one writer and no waiting")


def told(act: Callable[[], Any]) -> Callable[[], Any]:
    """The call with "changed by someone else" and "decide first" as answers that at_once counts."""

    def call() -> None:
        try:
            act()
        except Stale:
            raise ValidationError({"stale": "changed by someone else"}) from None
        except ScoresAffected:
            raise ValidationError({"decide": "scores are affected"}) from None

    return call


def amend(by: Actor, row: Assessment, submission: UUID | None = None, **more: Any) -> Assessment:
    values = easi_values(**{"hn_area": 3} | more)
    return actions.amend_assessment(by, row, values, reason="error", submission=submission or uuid4(), at=NOW)


def withdraw(by: Actor, row: Assessment) -> None:
    actions.withdraw_assessment(by, row, reason="error", at=NOW)


@pytest.mark.parametrize("sign", [True, False])
def test_a_form_sent_three_times_at_once_is_one_assessment(by: Actor, patient: Patient, sign: bool) -> None:
    before = AuditEvent.objects.count()
    calls = [lambda: actions.record_assessment(by, patient, "easi", easi_values(), submission=SENT, sign=sign, at=NOW)] * 3
    assert at_once(*calls) == {"done": 3}
    assert Assessment.objects.count() == 1
    assert AuditEvent.objects.count() == before + 1


def test_a_laboratory_form_sent_three_times_at_once_is_one_value(by: Actor, patient: Patient) -> None:
    values = {"value": Decimal(5000), "collected_on": date(2026, 11, 20), "assay": "HISCL"}
    before = AuditEvent.objects.count()
    assert at_once(*[lambda: actions.record_lab_result(by, patient, values, submission=SENT, at=NOW)] * 3) == {"done": 3}
    assert LabResult.objects.count() == 1
    assert AuditEvent.objects.count() == before + 1


def test_a_correction_sent_three_times_at_once_is_one_version(by: Actor, patient: Patient) -> None:
    row = make_assessment(patient)
    assert at_once(*[told(lambda: amend(by, row, SENT))] * 3) == {"done": 3}
    assert sorted(Assessment.objects.values_list("state", flat=True)) == ["amended", "signed"]


def test_three_corrections_at_once_one_wins(by: Actor, patient: Patient) -> None:
    row = make_assessment(patient)
    calls = [told(lambda area=area: amend(by, row, hn_area=area)) for area in (3, 4, 5)]
    assert at_once(*calls) == {"done": 1, "stale": 2}
    live = Assessment.objects.get(state="signed")
    assert (live.replaces, Assessment.objects.count()) == (row, 2)
    assert CurrentScores.objects.get(patient=patient).easi == live.total


@pytest.mark.parametrize("attempt", ROUNDS)
def test_amended_and_withdrawn_at_the_same_moment(by: Actor, patient: Patient, attempt: int) -> None:
    earlier = make_assessment(patient, on=date(2026, 11, 1), **easi_values({}))
    row = make_assessment(patient)
    assert at_once(told(lambda: amend(by, row, hn_area=3)), told(lambda: withdraw(by, row))) == {"done": 1, "stale": 1}
    row.refresh_from_db()
    live = list(Assessment.objects.filter(series=row.series, state="signed"))
    assert (row.state, len(live)) in {("amended", 1), ("withdrawn", 0)}
    assert CurrentScores.objects.get(patient=patient).easi == (live or [earlier])[0].total


def test_withdrawn_twice_at_once_one_wins(by: Actor, patient: Patient) -> None:
    row = make_assessment(patient)
    assert at_once(*[told(lambda: withdraw(by, row))] * 3) == {"done": 1, "stale": 2}
    assert AuditEvent.objects.filter(verb="assessment withdrawn").count() == 1


@pytest.mark.parametrize("attempt", ROUNDS)
def test_a_draft_signed_and_dropped_at_the_same_moment(by: Actor, patient: Patient, attempt: int) -> None:
    draft = make_assessment(patient, sign=False)
    sign = told(lambda: actions.save_draft(by, draft, easi_values(), version=1, sign=True, at=NOW))
    assert at_once(sign, told(lambda: withdraw(by, draft))) == {"done": 1, "stale": 1}
    draft.refresh_from_db()
    current = CurrentScores.objects.get(patient=patient).easi
    assert (draft.state, current) in {("signed", Decimal("12.7")), ("withdrawn", None)}


def test_a_draft_signed_by_two_at_once_is_signed_once(by: Actor, patient: Patient) -> None:
    draft = make_assessment(patient, sign=False)
    calls = [
        told(lambda area=area: actions.save_draft(by, draft, easi_values(hn_area=area), version=1, sign=True, at=NOW))
        for area in (3, 4, 5)
    ]
    assert at_once(*calls) == {"done": 1, "stale": 2}
    assert AuditEvent.objects.filter(verb="assessment signed").count() == 1


@pytest.mark.parametrize("attempt", ROUNDS)
def test_released_and_amended_at_the_same_moment(by: Actor, patient: Patient, attempt: int) -> None:
    row = actions.release_assessment(by, make_assessment(patient), release=True, at=NOW)
    same = Assessment.objects.get()
    hide = told(lambda: actions.release_assessment(by, same, release=False, at=NOW))
    answers = at_once(told(lambda: amend(by, row, hn_area=3)), hide)
    live = Assessment.objects.get(state="signed")
    assert live.replaces == row
    if answers == {"done": 2}:
        assert live.released_at is None  # hidden first: the correction does not show it again
    else:
        assert answers == {"done": 1, "stale": 1}
        assert live.released_at == NOW


@pytest.mark.parametrize("attempt", ROUNDS)
def test_recorded_while_the_birth_date_is_corrected(by: Actor, clinic: Clinic, attempt: int) -> None:
    child = make_patient(clinic, birth_date=date(2018, 11, 21))

    def correct() -> None:
        actions.update_patient(by, child, {"birth_date": date(2018, 11, 20)}, version=1, at=NOW)

    answers = at_once(told(lambda: make_assessment(child, by=by)), told(correct))
    row = Assessment.objects.get()
    child.refresh_from_db()
    if answers == {"done": 2}:  # corrected first
        assert (child.birth_date, row.weight_set) == (date(2018, 11, 20), "from_8")
    else:
        assert answers == {"done": 1, "decide": 1}
        assert (child.birth_date, row.weight_set) == (date(2018, 11, 21), "under_8")


@pytest.mark.parametrize("attempt", ROUNDS)
def test_many_scores_of_one_patient_at_once_leave_current_scores_right(by: Actor, patient: Patient, attempt: int) -> None:
    old = make_assessment(patient, "poem")

    def record(day: int) -> Callable[[], Any]:
        values = poem_values(f"{day % 5} 0 0 0 0 0 0")
        return lambda: make_assessment(patient, "poem", by=by, on=date(2026, 11, day), **values)

    calls = [*(record(day) for day in (1, 2, 3, 4)), lambda: withdraw(by, old), lambda: make_lab(patient, by=by)]
    assert at_once(*calls) == {"done": 6}
    current = CurrentScores.objects.get(patient=patient)
    assert (current.poem, current.poem_on, current.tarc) == (4, date(2026, 11, 4), Decimal(5000))
