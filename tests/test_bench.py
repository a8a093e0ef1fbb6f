"""The benchmark's own parts: what the loader writes is what the application would have written."""

from __future__ import annotations

import re
import socket
from collections import Counter
from datetime import timedelta
from io import StringIO
from random import Random

import pytest
from django.core.management import call_command
from django.db import connection

from bench import doses, load, plans, scores, server
from bench.pages import CHART, CHART_MEMORY, LIST, MEMORY, Target, report, settled
from clinics.models import Clinic, User
from patients import queries
from patients.actions.scores import scored
from patients.models import Allergy, Assessment, CurrentScores, LabResult, Measurement, Patient
from patients.queries import Search
from regimens.models import Application
from tests.factories import make_assessment, make_patient

SIZES = {"One": 120, "Two": 60, "Three": 1}


@pytest.fixture
def filled(db: None) -> None:
    """The loader's clinics on a small scale."""
    if connection.vendor != "postgresql":
        pytest.skip("the loader writes by COPY: needs PostgreSQL (DATABASE_URL)")
    load.fill(connection, SIZES, most=60)


@pytest.mark.services
def test_loader_writes_rows_the_application_would_write(filled: None) -> None:
    for row in Patient.objects.select_related("clinic"):
        kept = (row.name_key, row.alike_key)
        row.full_clean()
        row.fill_keys()
        assert (row.name_key, row.alike_key) == kept
    assert Counter(Patient.objects.values_list("clinic__name", flat=True)) == SIZES
    assert Patient.objects.filter(record_number="B000001").count() == len(SIZES)
    assert 0 < Patient.objects.filter(closed_at__isnull=False).count() < 40
    for fact in (Allergy.objects.all()[0], Measurement.objects.all()[0]):
        fact.full_clean()


@pytest.mark.services
def test_every_assessment_is_scored_as_the_application_would(filled: None) -> None:
    rows = list(Assessment.objects.select_related("patient"))
    assert len(rows) == 180 * scores.EACH + 60
    for row in rows:
        made = scored(row, row.patient.birth_date)._asdict()
        assert {name: getattr(row, name) for name in made} == made
        assert row.patient.birth_date <= row.assessed_on <= load.AT.date()
    for row in rows[::50]:
        row.full_clean()
    shares = {name: number / len(rows) for name, number in Counter(row.instrument for row in rows).items()}
    assert shares == pytest.approx({"easi": 1 / 3, "poem": 1 / 3, "viga_ad": 1 / 6, "itch": 1 / 6})
    assert {row.weight_set for row in rows} == {"", "under_8", "from_8"}
    assert {row.respondent for row in rows} == {"clinician", "self", "proxy"}
    assert len({row.band for row in rows if row.instrument == "easi"}) == 6
    assert any(row.total is None for row in rows)
    LabResult.objects.all()[0].full_clean()


@pytest.mark.services
def test_the_longest_history_and_the_current_scores_are_there(filled: None) -> None:
    assert Assessment.objects.filter(patient=load.longest(SIZES)).count() == 60
    assert CurrentScores.objects.count() == 181
    assert CurrentScores.objects.exclude(tarc=None).exists()
    said = StringIO()
    call_command("check_current_scores", stdout=said)
    assert said.getvalue() == "181 patients checked, 0 differ\n"


@pytest.mark.services
def test_indexes_and_constraints_are_back(filled: None, clinic: Clinic) -> None:
    with connection.cursor() as cursor:
        kept = connection.introspection.get_constraints(cursor, scores.TABLE)
    wanted = [*Assessment._meta.constraints, *Assessment._meta.indexes]
    assert {one.name for one in wanted} <= set(kept)
    assert sum(bool(one["foreign_key"]) for one in kept.values()) == 8
    assert sum(one["unique"] for one in kept.values()) == 5  # key, public id, what it replaces, live version, submission
    last = Assessment.objects.order_by("-id")[0]
    assert make_assessment(make_patient(clinic)).pk == last.pk + 1


@pytest.mark.services
def test_ids_go_on_behind_the_loaded_ones(filled: None) -> None:
    last = Patient.objects.order_by("-id")[0]
    added = Patient.objects.create(
        clinic=last.clinic, record_number="new", family_name="A", given_name="B", birth_date=load.AT, registered_at=load.AT
    )
    assert added.pk == last.pk + 1


@pytest.mark.services
def test_accounts_see_their_clinics(filled: None) -> None:
    seen = {email: Patient.objects.visible_to(User.objects.get(email=email)).count() for email in (load.USER, load.LONE)}
    assert seen == {load.USER: 120, load.LONE: 1}
    assert Patient.objects.visible_to(User.objects.get(email=load.TWO_CLINICS)).count() == 180


@pytest.mark.services
def test_plan_is_read_from_the_database(filled: None) -> None:
    user = User.objects.get(email=load.USER)
    clinic = user.memberships.get().clinic
    got = plans.reading(lambda: queries.page_of_patients(queries.found(user, clinic, Search()), size=5))
    assert got.queries == 1
    assert got.rows >= 5


def test_names_come_out_the_same_and_the_first_are_common() -> None:
    assert len(set(load.SURNAMES)) > 3_000
    assert len(set(load.GIVEN)) > 300
    one, two = Random("x"), Random("x")
    drawn = [load.common(load.SURNAMES, one) for _ in range(5_000)]
    assert drawn == [load.common(load.SURNAMES, two) for _ in range(5_000)]
    assert 10 < Counter(drawn).most_common(1)[0][1] < 250


def test_only_the_own_database_is_ever_used() -> None:
    assert load.own_database("postgresql://u:p@db:5433/clinic?x=1") == "postgresql://u:p@db:5433/adtrack_bench?x=1"
    assert load.own_database("sqlite:///file") == load.own_database("") == "postgresql://127.0.0.1:5432/adtrack_bench"


def test_a_database_of_another_name_is_refused() -> None:
    with pytest.raises(SystemExit, match="adtrack_bench only"):
        load.prepare()


def test_taken_port_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SystemExit, match="is taken"):
            server.free_port(taken.getsockname()[1])
    assert server.free_port() < 32_768


def test_report_names_what_missed_its_floor(capsys: pytest.CaptureFixture[str]) -> None:
    def target(name: str, *rates: float) -> Target:
        return Target(name, server.Browser(1), "", "", size=100, rates=list(rates), took=[0.01] * 30)

    fast = [target(MEMORY, 100, 200, 300), target(LIST, 60, 120, 30)]
    assert report(fast) == []
    slow = [target(MEMORY, 100, 200, 300), target(LIST, 59, 118, 300)]
    assert report(slow) == ["patient list is 0.59 of the same page fed from memory, and not 0.6"]
    assert "(0.59 to 1.00)" in capsys.readouterr().out
    # The chart is compared with the chart from memory, not with the list.
    chart = [target(MEMORY, 100, 100, 100), target(CHART_MEMORY, 10, 10, 10)]
    assert report([*chart, target(CHART, 6, 6, 6)]) == []
    assert report([*chart, target(CHART, 5.9, 5.9, 5.9)]) == [
        "chart, 500 scores is 0.59 of the same page fed from memory, and not 0.6"
    ]


def test_pages_are_compared_without_what_is_new_in_every_answer() -> None:
    page = '<body data-session-ends-in="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}"><td>{}</td>'
    assert settled(page.format(900, "abc", "Mia")) == settled(page.format(899, "xyz", "Mia"))
    assert settled(page.format(900, "abc", "Mia")) != settled(page.format(900, "abc", "Noah"))


def test_rows_of_a_plan_are_counted_with_those_it_threw_away() -> None:
    scan = {
        "Node Type": "Index Scan",
        "Relation Name": "patients_patient",
        "Index Name": "patient_by_name",
        "Actual Rows": 51,
        "Actual Loops": 1,
        "Rows Removed by Filter": 10_566,
    }
    result = plans.Reading(1, set(), 0, 0)
    plans._walk({"Node Type": "Limit", "Plans": [scan]}, result)
    assert (result.rows, result.indexes, result.is_bounded) == (10_617, {"patient_by_name"}, False)
    assert not plans.Reading(1, set(), 3, 1).is_bounded
    assert plans.Reading(1, set(), 500, 0).is_bounded
    assert not plans.Reading(1, set(), 501, 0).is_bounded
    assert plans.Reading(1, set(), 501, 0, most=501).is_bounded


def test_tables_that_grow_are_all_watched() -> None:
    watched = {model._meta.db_table for model in (Patient, Assessment, LabResult, CurrentScores)}
    assert watched == plans.TABLES
    whole = {"Node Type": "Seq Scan", "Relation Name": "patients_assessment", "Actual Rows": 1, "Actual Loops": 1}
    result = plans.Reading(1, set(), 0, 0)
    plans._walk(whole, result)
    assert result.whole_tables == 1


def test_slots_of_the_race_are_counted_and_a_missed_floor_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert doses.race(1, lines=100, days=60, floor=1000.0) == []
    said = capsys.readouterr().out
    # 40 lines twice and 20 once a day; 30 on 17 or 18 weekdays of 60 days; 5 every two weeks; 5 courses of 21 days.
    assert re.search(r"twice daily +40 +4,800 ", said)
    assert re.search(r"once daily +20 +1,200 ", said)
    assert re.search(r"twice weekly +30 +510 ", said)
    assert re.search(r"course of 21 days +5 +210 ", said)
    assert re.search(r"all lines +100 ", said)
    (missed,) = doses.race(1, lines=100, days=5, floor=0.01)
    assert missed.endswith("times the bare loop, and not 0.01")


def test_the_bare_loop_builds_each_date_of_the_slots_once() -> None:
    kinds = {kind.name: doses.schedules(kind, 1)[0] for kind in doses.KINDS}
    until = doses.BEGIN + timedelta(days=20)
    steps = {name: doses.steps_of(line, until) for name, line in kinds.items()}
    assert steps["twice daily"] == steps["once daily"] == steps["course of 21 days"] == list(range(21))
    assert steps["twice weekly"] == [2, 6, 9, 13, 16, 20]  # from Tuesday 22 September: Thursdays and Mondays
    assert steps["every two weeks"] == [0, 14]
    assert doses.bare([steps["twice weekly"], steps["every two weeks"]]) == 8


@pytest.mark.django_db
def test_adherence_of_the_benchmark_is_what_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert doses.read_a_year(days=30, others=2, of_others=10) == []
    queries_of = [int(row.split()[-2]) for row in capsys.readouterr().out.splitlines()[3:]]
    assert queries_of == [3, 3, 3]
    rows = list(Application.objects.all())
    assert {row.outcome for row in rows} == {"done", "skipped"}
    for row in rows[::5]:
        row.full_clean()
    last = Application.objects.filter(patient__record_number="B0").order_by("-slot_on", "slot")[0]
    Application.objects.filter(pk=last.pk).delete()
    assert doses.looked_at(last.line, 30)[-1] is False  # one is missing, and it is noticed
