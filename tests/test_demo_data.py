"""The demonstration: deterministic, synthetic, whole, separate, and only where it belongs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from adtrack.demo import generate, load
from adtrack.demo.accounts import ACCOUNTS
from clinics.access import Access
from clinics.models import AuditEvent, Clinic, Membership, User
from clinics.models.base import local_date
from patients import ages, queries
from patients.models import (
    Allergy,
    Assessment,
    AssessmentState,
    Consent,
    ContactPoint,
    CurrentScores,
    GuardianLink,
    LabResult,
    Measurement,
    Patient,
    PatientLink,
    Precaution,
    PrecautionKind,
)
from patients.queries.lists import alike
from regimens.actions import Said, record_dose
from regimens.models import AdverseEvent, Application, DosePlan, DoseSettings, Override, TubeReport, WorkItem
from regimens.protocol.slots import Slot
from regimens.queries import line_doses

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ON = AT.date()
PASSWORD = "a password for the demonstration"


@pytest.fixture(scope="module")
def both_clinics(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Loaded once for all tests of this file, and taken back behind the last."""
    with django_db_blocker.unblock(), transaction.atomic():
        assert load.load(at=AT)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def loaded(both_clinics: None, db: None) -> None:
    """Both clinics."""


def run(settings: Settings, *args: str) -> str:
    """The command in demo mode, and what it said."""
    settings.DEMO = True
    said = StringIO()
    call_command("load_demo", *args, stdout=said)
    return said.getvalue()


def count_rows() -> list[int]:
    """How many rows of each kind there are."""
    models = (
        *(User, Clinic, Membership, Patient, AuditEvent, Allergy, Measurement, Precaution, GuardianLink, ContactPoint),
        *(Consent, Assessment, LabResult, CurrentScores, Application, AdverseEvent, TubeReport),
    )
    return [model.objects.count() for model in models]


@pytest.mark.parametrize("on", [ON, date(2028, 2, 29), date(2027, 1, 1)])
def test_people_are_the_same_for_the_same_day(on: date) -> None:
    assert generate.demo_clinic(on) == generate.demo_clinic(on)
    assert [len(people(on)) for people in (generate.demo_clinic, generate.other_clinic)] == [60, 8]
    assert all(person.birth_date <= on for person in generate.demo_clinic(on))


def test_every_story_belongs_to_somebody() -> None:
    first = {f"{person.name.family}, {person.name.given}" for person in generate.demo_clinic(ON)}
    second = {f"{person.name.family}, {person.name.given}" for person in generate.other_clinic(ON)}
    assert set(generate.STORIES) <= first
    assert set(generate.OTHER_STORIES) <= second


def test_stories_fit_the_people() -> None:
    for person in generate.demo_clinic(ON):
        years = ages.completed_years(person.birth_date, ON)
        kinds = {values["kind"] for values in person.precautions}
        if kinds & {"pregnancy", "breastfeeding"}:
            assert person.name.sex == "female"
            assert 18 <= years <= 45
        assert bool(person.guardians) == (years < 18)
        assert bool(person.measurements) >= (years < 18)


@pytest.mark.parametrize(
    ("years", "weight", "height"), [(0.0, 3.5, 51), (1.0, 9.6, 76), (3.0, 14.45, 95.5), (17.0, 63, 171), (30.0, 63, 171)]
)
def test_growth_is_a_line_through_the_points(years: float, weight: float, height: float) -> None:
    assert generate.growth(years) == pytest.approx((weight, height))


def test_calendar_of_leap_years() -> None:
    assert generate.years_before(date(2028, 2, 29), 1) == date(2027, 2, 28)
    assert generate.years_before(date(2028, 2, 29), 4) == date(2024, 2, 29)
    assert generate.leap_day_before(date(2026, 11, 20), 25) == date(2000, 2, 29)


def test_addresses_and_numbers_can_reach_nobody(loaded: None) -> None:
    for kind, address in ContactPoint.objects.values_list("kind", "address"):
        reserved = address.endswith(".example") if kind == "email" else address.startswith(("+447700900", "+12025550"))
        assert reserved, address
    assert all(email.endswith(".example") for email in User.objects.values_list("email", flat=True))


def test_everybody_is_marked_as_made_up(loaded: None) -> None:
    assert Patient.objects.count() == 68
    assert Patient.objects.filter(clinic__name__contains="made-up people", record_number__startswith="D-").count() == 68


def test_every_kind_of_thing_is_there(loaded: None) -> None:
    present = Precaution.objects.live().filter(state="present")
    assert set(present.values_list("kind", flat=True)) == set(PrecautionKind.values)
    assert present.filter(kind="skin_infection").exclude(site="").count() == 10
    plans = DosePlan.objects.all()
    assert {"induction", "maintenance", "interval"} <= set(plans.values_list("phase", flat=True))
    assert Override.objects.exclude(sentence="").count() == Override.objects.count() >= 5
    # Infections found today on skin that is treated, and an open herpes; burning that goes on.
    assert Counter(WorkItem.objects.live().values_list("reason", flat=True)) == {"finding": 7, "adverse_event": 1}
    states = [queries.allergy_state(patient) for patient in Patient.objects.filter(clinic__name=load.CLINIC["name"])]
    assert sum(bool(state.recorded) for state in states) >= 5
    assert sum(state.none_known_on is not None for state in states) >= 5
    assert sum(state.not_asked for state in states) >= 5
    assert set(Patient.objects.exclude(close_reason="").values_list("close_reason", flat=True)) == {"died", "moved"}
    assert Patient.objects.filter(birth_date__month=2, birth_date__day=29).exists()
    assert Patient.objects.filter(birth_date__gt=date(2026, 5, 20)).count() == 2


def test_names_that_are_taken_for_each_other(loaded: None) -> None:
    clinic = Clinic.objects.get(name=load.CLINIC["name"])
    same = Patient.objects.filter(clinic=clinic, family_name="Schmidt", given_name="Anna")
    assert len({row.birth_date for row in same}) == 2
    rows = Patient.objects.filter(clinic=clinic).annotate(is_alike=alike()).filter(is_alike=True)
    assert {row.family_name for row in rows} == {"Schmidt", "Müller", "Mueller", "Chen", "Li"}


def test_accounts_of_patient_and_mother_are_linked(loaded: None) -> None:
    assert PatientLink.objects.get().user.email == "patient@demo.example"
    links = GuardianLink.objects.live().filter(user__email="guardian@demo.example")
    assert {link.patient.family_name for link in links} == {"Örnek-Yıldız"}
    assert links.count() == 3


def test_staff_came_in_by_invitation_and_see_their_clinic_only(loaded: None) -> None:
    for email, number in (
        ("dermatologist@demo.example", 60),
        ("dermatologist@other.demo.example", 8),
        ("admin@demo.example", 0),
    ):
        user = User.objects.get(email=email)
        assert Patient.objects.visible_to(user).count() == number
        assert len(Access(user=user).clinics) == bool(number)
    assert AuditEvent.objects.filter(verb="invitation accepted").count() == 5
    assert EmailAddress.objects.filter(verified=True, primary=True).count() == len(ACCOUNTS) == User.objects.count()


def test_the_same_record_numbers_stand_in_both_clinics(loaded: None) -> None:
    twice = Patient.objects.values("record_number").annotate(clinics=Count("clinic", distinct=True)).filter(clinics=2)
    assert twice.count() == 8


def test_every_row_has_its_audit_row(loaded: None) -> None:
    for model in (Patient, Allergy, Measurement, Precaution, GuardianLink, ContactPoint, Consent, PatientLink, LabResult):
        written = AuditEvent.objects.filter(object_type=model._meta.model_name, kind="C").values_list(
            "object_id", flat=True
        )
        assert set(written) == set(model.objects.values_list("public_id", flat=True))


def test_search_keys_are_true(loaded: None) -> None:
    for row in Patient.objects.all():
        kept = (row.name_key, row.alike_key)
        row.fill_keys()
        assert (row.name_key, row.alike_key) == kept


def easi_of(family: str, given: str) -> list[Assessment]:
    """Signed EASI of somebody of the first clinic, the oldest first."""
    rows = Assessment.objects.counting().filter(instrument="easi", patient__clinic__name=load.CLINIC["name"])
    return list(rows.filter(patient__family_name=family, patient__given_name=given).order_by("assessed_on"))


def test_every_instrument_and_every_state_is_there(loaded: None) -> None:
    assert set(Assessment.objects.counting().values_list("instrument", flat=True)) == {"easi", "viga_ad", "poem", "itch"}
    assert set(Assessment.objects.values_list("state", flat=True)) == set(AssessmentState.values)
    assert set(Assessment.objects.values_list("respondent", flat=True)) == {"clinician", "self", "helped", "proxy"}
    assert LabResult.objects.filter(is_haemolysed=True).exists()
    assert Assessment.objects.filter(is_imputed=True).exists()
    assert Assessment.objects.filter(state="signed", instrument="poem", total=None).exists()
    assert Assessment.objects.filter(hn_percent__isnull=False).exists()
    assert Patient.objects.filter(assessments=None).exists()
    bands = set(Assessment.objects.counting().filter(instrument="easi").values_list("band", flat=True))
    assert bands == {"clear", "almost_clear", "mild", "moderate", "severe"}


def test_scores_belong_to_days_that_were(loaded: None) -> None:
    for row in Assessment.objects.select_related("patient__clinic"):
        today = row.patient.clinic.today(AT)
        assert row.patient.birth_date <= row.assessed_on <= min(today, row.patient.deceased_on or today)
        assert row.assessed_on <= row.patient.clinic.today(row.recorded_at) <= today
        assert row.patient.registered_at <= row.recorded_at <= (row.signed_at or row.recorded_at) <= AT
    late = [row for row in Assessment.objects.all() if row.recorded_at.date() > row.assessed_on]
    assert {row.patient.family_name for row in late} == {"García Fernández de la Vega"}


def test_only_those_who_may_score_did(loaded: None) -> None:
    raters = Counter(Assessment.objects.filter(instrument="easi").values_list("rater__email", flat=True))
    assert set(raters) == {"dermatologist@demo.example", "nurse@demo.example", "dermatologist@other.demo.example"}
    assert Membership.objects.filter(user__email="nurse@demo.example", may_score=True).exists()


def test_current_scores_equal_history(loaded: None) -> None:
    said = StringIO()
    call_command("check_current_scores", stdout=said)
    assert said.getvalue() == "68 patients checked, 0 differ\n"


def test_a_child_turns_eight_in_the_middle_of_the_course(loaded: None) -> None:
    rows = easi_of("Örnek-Yıldız", "Deniz")
    birthday = generate.years_before(rows[0].patient.birth_date, -8)
    before, after = ([row for row in rows if (row.assessed_on < birthday) is young] for young in (True, False))
    assert min(len(before), len(after)) >= 2
    assert {row.weight_set for row in before} == {"under_8"}
    assert {row.weight_set for row in after} == {"from_8"}


def test_two_answer_for_one_child_on_one_day(loaded: None) -> None:
    poems = Assessment.objects.filter(instrument="poem", patient__given_name="Defne")
    of_day = {
        day: set(poems.filter(assessed_on=day).values_list("respondent", flat=True))
        for (day,) in poems.values_list("assessed_on")
    }
    assert len(of_day) > 3
    assert all(who == {"self", "proxy"} for who in of_day.values())


def test_slips_of_the_pen_are_told_by_the_rows(loaded: None) -> None:
    amended = Assessment.objects.get(state="amended")
    assert (amended.patient.family_name, amended.replaced_by.state) == ("O'Connor", "signed")
    assert amended.total != amended.replaced_by.total
    assert Assessment.objects.get(state="withdrawn").patient.family_name == "Mueller"
    draft = Assessment.objects.get(state="draft")
    assert (draft.patient.family_name, draft.total, draft.ll_area) == ("Chen", None, None)
    sparse = easi_of("Ng'ang'a", "Wanjirũ")
    assert [ON - row.assessed_on for row in sparse] == [timedelta(weeks=104), timedelta(weeks=61)]
    shown = Assessment.objects.filter(released_at__isnull=False)
    assert {row.patient.family_name for row in shown} == {"Beispiel"}


def test_doses_are_the_rows_the_action_makes(loaded: None) -> None:
    planned = Application.objects.live().filter(kind="slot", replaces=None).select_related("plan", "recorded_by")
    rows = list(planned.order_by("recorded_at", "pk"))
    assert len(rows) > 8_000
    for outcome in ("done", "skipped"):
        for is_late in (False, True):
            of_kind = [row for row in rows if (row.outcome, row.is_late) == (outcome, is_late)]
            for row in of_kind[:: max(1, len(of_kind) // 8)]:
                clinic = row.patient.clinic
                by = Access(user=row.recorded_by, channel=load.CHANNEL).actor(clinic)
                Application.objects.filter(pk=row.pk).delete()
                said = Said(row.outcome, row.applied_at, row.skip_reason, row.note)
                made = record_dose(by, row.plan, Slot(row.slot_on, row.slot), said, at=row.recorded_at)
                names = {field.attname for field in Application._meta.concrete_fields} - {"id", "public_id"}
                assert {name: getattr(made, name) for name in names} == {name: getattr(row, name) for name in names}


def test_doses_and_events_have_their_audit_rows(loaded: None) -> None:
    for model, change in ((Application, "dose changed"), (AdverseEvent, "adverse event amended"), (TubeReport, "")):
        rows = AuditEvent.objects.filter(object_type=model._meta.model_name)
        written = rows.filter(kind="C") | rows.filter(verb=change)
        assert set(written.values_list("object_id", flat=True)) == set(model.objects.values_list("public_id", flat=True))


def test_no_dose_lies_ahead_or_is_later_than_a_week(loaded: None) -> None:
    for row in Application.objects.select_related("plan", "patient"):
        assert (row.applied_at or row.recorded_at) <= row.recorded_at <= AT
        if row.kind == "slot" and row.replaces_id is None:
            days = (local_date(row.recorded_at, row.plan.zone) - row.slot_on).days
            assert 0 <= days <= 7
            assert row.is_late is (days > 0)
    assert {plan.next_due_at > AT for plan in DosePlan.objects.exclude(next_due_at=None)} == {True}


def shares(record_number: str) -> tuple[int, int, int]:
    """Done, skipped and without a record in the last eight weeks, of everything but the emollient."""
    patient = Patient.objects.get(clinic__name=load.CLINIC["name"], record_number=record_number)
    found = line_doses(patient, since=ON - timedelta(days=55), until=ON, at=AT)
    counts = [doses.tally for doses in found if doses.line.product.key != "emollient"]
    return sum(one.done for one in counts), sum(one.skipped for one in counts), sum(one.no_record for one in counts)


def test_people_keep_their_diaries_as_people_do(loaded: None) -> None:
    done, skipped, silent = shares("D-1001")  # faithful
    assert done > 5 * (skipped + silent) > 0
    done, skipped, silent = shares("D-1002")  # began well
    assert silent > done > 0
    assert shares("D-1037")[:2] == (0, 0)  # nothing is recorded
    assert shares("D-1037")[2] > 50
    kinds = Counter(Application.objects.values_list("kind", flat=True))
    assert kinds["extra"] >= 4
    reasons = set(Application.objects.filter(outcome="skipped").values_list("skip_reason", flat=True))
    assert reasons >= {"forgot", "felt_well", "ran_out", "other"}
    assert set(Application.objects.exclude(withdrawn_at=None).values_list("withdrawn_reason", flat=True)) == {
        "undone",
        "changed",
    }
    assert all(report.tubes % Decimal("0.5") == 0 < report.tubes for report in TubeReport.objects.all())
    assert TubeReport.objects.count() > 30


def test_unwanted_events_are_as_they_are_told(loaded: None) -> None:
    events = AdverseEvent.objects.live()
    kinds = Counter(events.values_list("kind", flat=True))
    assert (kinds["folliculitis"], kinds["herpes_simplex"]) == (1, 1)
    early = [row for row in events.filter(kind="burning").select_related("line") if row.ended_on]
    assert len(early) >= 8
    assert all((row.onset_on - row.line.starts_on).days < 2 and (row.ended_on - row.onset_on).days < 7 for row in early)
    (long,) = events.filter(kind="burning", ended_on=None)
    assert (ON - long.onset_on).days > 7
    assert WorkItem.objects.live().get(reason="adverse_event").patient_id == long.patient_id
    assert events.get(kind="herpes_simplex").infection is not None
    assert DoseSettings.objects.get().clinic.name == load.CLINIC["name"]
    assert DoseSettings.objects.exclude(red_words="").filter(window_days=None, least_records=None).exists()


def test_steps_follow_the_scores(loaded: None) -> None:
    flares = DosePlan.objects.filter(phase="induction", reason="Flare").select_related("patient")
    assert flares.count() >= 6
    for plan in flares:
        of_patient = Assessment.objects.counting().filter(instrument="easi", patient=plan.patient)
        totals = dict(of_patient.order_by("assessed_on", "recorded_at").values_list("assessed_on", "total"))
        before = DosePlan.objects.filter(line=plan.line_id, phase="maintenance", ended_on=plan.from_on)
        assert totals[plan.from_on] >= 2 * totals[before[0].from_on]


def test_second_run_changes_nothing_but_the_password(loaded: None, settings: Settings) -> None:
    before = count_rows()
    assert not any(user.has_usable_password() for user in User.objects.all())
    already = "The demonstration is loaded already; nothing changed.\n"
    assert run(settings) == already
    assert count_rows() == before
    assert run(settings, "--password", PASSWORD) == already + "Password of the demo sign-ins set.\n"
    assert all(user.check_password(PASSWORD) for user in User.objects.all())
    with_password = count_rows()
    assert run(settings, "--password", PASSWORD) == already
    assert count_rows() == with_password
