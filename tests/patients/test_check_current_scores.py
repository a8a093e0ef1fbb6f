"""check_current_scores: silent when the rows equal history, loud about every column that does not, and names no one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import DjangoAssertNumQueries

from clinics.access import Actor, system_actor
from clinics.models import AuditEvent, Clinic, User
from patients import actions
from patients.models import CurrentScores, LabResult, Patient
from patients.queries import without_clinical_detail
from patients.queries.current import TRUTH
from tests.factories import NOW, easi_values, make_assessment, make_lab, make_patient, poem_values

TODAY = NOW.date()


def run(*options: str) -> tuple[list[str], bool]:
    """The lines the command printed, and whether it ended well; a CommandError is exit 1."""
    said = StringIO()
    try:
        call_command("check_current_scores", *options, stdout=said)
    except CommandError:
        return said.getvalue().splitlines(), False
    return said.getvalue().splitlines(), True


def differing(patient: Patient) -> tuple[list[str], bool]:
    """What is printed when this one patient differs."""
    return ["1 patients checked, 1 differ", str(patient.public_id)], False


@pytest.fixture
def scored(patient: Patient) -> Patient:
    """The patient with a score of everything, older ones too."""
    for instrument in ("easi", "viga_ad", "poem", "itch"):
        make_assessment(
            patient, instrument, on=TODAY - timedelta(weeks=4), **({} if instrument != "itch" else {"level": 9})
        )
        make_assessment(patient, instrument)
    make_lab(patient, "5000", on=TODAY - timedelta(weeks=4))
    make_lab(patient, "700.5")
    return patient


def test_nothing_to_compare(db: None) -> None:
    assert run() == (["0 patients checked, 0 differ"], True)


def test_what_the_actions_write_equals_history(scored: Patient, clinic: Clinic) -> None:
    make_patient(clinic)  # without any score, and without a row
    kept = CurrentScores.objects.get()
    assert (kept.easi, kept.viga_ad, kept.poem, kept.itch) == (Decimal("12.70"), 2, 8, 5)
    assert (kept.tarc, kept.tarc_on) == (Decimal("700.5"), TODAY)
    assert run() == (["2 patients checked, 0 differ"], True)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("easi", Decimal("12.75")),
        ("easi", None),
        ("easi_on", TODAY - timedelta(days=1)),
        ("easi_band", "mild"),
        ("easi_band", ""),
        ("easi_head_neck", Decimal("3.15")),
        ("viga_ad", 3),
        ("viga_ad_on", None),
        ("poem", 9),
        ("poem_on", TODAY - timedelta(days=28)),
        ("poem_band", "mild"),
        ("poem_respondent", "proxy"),
        ("itch", 9),
        ("itch", None),
        ("itch_on", date(2020, 1, 1)),
        ("tarc", Decimal("700.4")),
        ("tarc", None),
        ("tarc_on", TODAY - timedelta(weeks=4)),
    ],
)
def test_every_column_is_compared(scored: Patient, column: str, value: Any) -> None:
    CurrentScores.objects.update(**{column: value})
    assert run() == differing(scored)
    assert run("--repair")[1]
    assert getattr(CurrentScores.objects.get(), column) != value


@pytest.mark.parametrize(("column", "value"), [("easi", 0), ("poem_band", "clear"), ("tarc_on", TODAY), ("itch", 0)])
def test_a_score_without_history_differs(patient: Patient, column: str, value: Any) -> None:
    CurrentScores.objects.create(patient=patient, **{column: value})
    assert run() == differing(patient)


def test_a_missing_row_differs_only_where_there_is_history(scored: Patient, clinic: Clinic) -> None:
    CurrentScores.objects.create(patient=make_patient(clinic))  # empty, and nothing to say
    assert run() == (["2 patients checked, 0 differ"], True)
    CurrentScores.objects.filter(patient=scored).delete()
    assert run() == (["2 patients checked, 1 differ", str(scored.public_id)], False)


def test_a_laboratory_value_alone_needs_a_row_too(patient: Patient) -> None:
    make_lab(patient)
    assert run() == (["1 patients checked, 0 differ"], True)
    CurrentScores.objects.all().delete()
    assert run() == differing(patient)


def test_what_does_not_count_does_not_count_here(patient: Patient, by: Actor) -> None:
    make_assessment(patient, sign=False)
    make_assessment(patient, "poem", **poem_values("1 1 1 1 1 - -"))
    actions.withdraw_assessment(by, make_assessment(patient, "itch"), reason="wrong patient", at=NOW)
    actions.withdraw(by, make_lab(patient), reason="wrong patient", at=NOW)
    assert run() == (["1 patients checked, 0 differ"], True)
    CurrentScores.objects.all().delete()
    assert run() == (["1 patients checked, 0 differ"], True)
    viga = make_assessment(patient, "viga_ad", level=4)
    values = {"level": 1, "assessed_on": TODAY}
    actions.amend_assessment(by, viga, values, reason="typed wrongly", submission=patient.public_id, at=NOW)
    assert CurrentScores.objects.get().viga_ad == 1
    assert run() == (["1 patients checked, 0 differ"], True)
    CurrentScores.objects.update(viga_ad=4)
    assert run() == differing(patient)


@pytest.mark.parametrize(
    ("second_on", "second_at", "current"),
    [
        (TODAY, NOW, 7),  # the same moment: the later row
        (TODAY, NOW + timedelta(seconds=1), 7),
        (TODAY, NOW - timedelta(seconds=1), 3),
        (TODAY - timedelta(days=1), NOW + timedelta(hours=1), 3),  # entered later about an earlier day
    ],
)
def test_the_trend_rule_decides_which_is_current(patient: Patient, second_on: date, second_at: Any, current: int) -> None:
    make_assessment(patient, "itch", level=3)
    make_assessment(patient, "itch", level=7, on=second_on, at=second_at)
    assert run() == (["1 patients checked, 0 differ"], True)
    assert CurrentScores.objects.get().itch == current
    CurrentScores.objects.update(itch=10 - current)  # the other of the two
    assert run() == differing(patient)


def test_laboratory_values_of_one_day_follow_the_same_rule(patient: Patient) -> None:
    make_lab(patient, "500")
    make_lab(patient, "600")
    make_lab(patient, "700", at=NOW - timedelta(seconds=1))
    assert CurrentScores.objects.get().tarc == 600
    assert run()[1]
    CurrentScores.objects.update(tarc=700)
    assert run() == differing(patient)


def test_twenty_are_listed_and_all_are_counted(
    clinic: Clinic, clinician: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [make_patient(clinic) for _ in range(21)]
    for row in rows[:-1]:
        CurrentScores.objects.create(patient=row, itch=1)
    with django_assert_num_queries(2):
        lines, _ = run()
    assert lines == ["21 patients checked, 20 differ", *(str(row.public_id) for row in rows[:-1])]
    CurrentScores.objects.create(patient=rows[-1], itch=1)
    lines, _ = run()
    assert lines == ["21 patients checked, 21 differ", *(str(row.public_id) for row in rows[:-1])]


def test_equal_rows_take_one_query(scored: Patient, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert run()[1]


def test_repair_writes_history_with_an_audit_row_each(
    scored: Patient, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patients.management.commands.check_current_scores.AT_ONCE", 2)
    kept = CurrentScores.objects.filter(patient=scored).values().get()
    others = [make_patient(clinic) for _ in range(4)]
    CurrentScores.objects.filter(patient=scored).delete()
    for row in others[1:]:
        CurrentScores.objects.create(patient=row, itch=1)
    lines, is_well = run("--repair")
    wrong = [scored, *others[1:]]
    assert lines == [
        "5 patients checked, 4 differ",
        *(str(row.public_id) for row in wrong),
        "4 renewed",
        "5 patients checked, 0 differ",
    ]
    assert is_well
    assert CurrentScores.objects.filter(patient=scored).values().get() == kept
    written = AuditEvent.objects.filter(verb="current scores renewed").order_by("id")
    assert [row.patient for row in written] == [row.public_id for row in wrong]
    assert {(row.actor, row.actor_role, row.channel, row.clinic) for row in written} == {
        (None, "system", "command", clinic.public_id)
    }
    # The office reads that something clinical happened, not what.
    assert {row.verb for row in without_clinical_detail(list(written))} == {"clinical facts changed"}


def test_repair_of_nothing_writes_nothing(scored: Patient) -> None:
    before = AuditEvent.objects.count()
    assert run("--repair") == (["1 patients checked, 0 differ"], True)
    assert AuditEvent.objects.count() == before


def test_renewing_gives_what_the_actions_wrote(scored: Patient) -> None:
    kept = CurrentScores.objects.values().get()
    actions.renew_scores(system_actor("command"), scored, at=NOW)
    assert CurrentScores.objects.values().get() == kept


def test_nobody_is_named(scored: Patient) -> None:
    CurrentScores.objects.update(poem=1)
    printed = "\n".join(run()[0] + run("--repair")[0])
    for told in (scored.family_name, scored.given_name, scored.record_number, "12.7", "700.5"):
        assert told not in printed


def test_half_points_survive_the_comparison(patient: Patient) -> None:
    make_assessment(patient, **easi_values({"hn": "1.5 0 0 0 | 1", "tr": "2.5 2.5 1 0 | 3"}))
    assert CurrentScores.objects.get().easi == Decimal("5.70")  # 1.5 x 1 x 0.2 + 6 x 3 x 0.3 at seven years
    assert LabResult.objects.count() == 0
    assert run()[1]


def test_no_column_is_forgotten() -> None:
    assert set(TRUTH) == {column.name for column in CurrentScores._meta.concrete_fields} - {"patient"}
