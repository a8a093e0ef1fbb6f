"""The chart of a patient: what is drawn, compared and listed, for whom, and that it stays bounded."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clinics.access import Actor, May
from clinics.models import AuditEvent, Clinic, User
from patients import actions, queries, words
from patients.models import Assessment, Patient
from patients.queries.chart import RANGES, Chart
from patients.queries.history import CAP
from patients.queries.panels import Panel
from patients.queries.progress import percent_text, points_text, read
from patients.queries.starts import asked_starts, starts_of
from tests.factories import NOW, easi_values, make_assessment, make_lab, make_patient, poem_values, scorer_of

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
TODAY = date(2026, 11, 20)
EVERYTHING = frozenset({May.SEE_CLINICAL, May.RECORD_FACTS, May.SCORE})

# session, account with memberships, patient; scores, laboratory values, current scores, drafts; begin, audit row,
# namesakes, allergies, commit; and of treatment, of which there is none, lines, infections and events
PAGE_QUERIES = 15
# Of a history longer than the page: counts of scores and of laboratory values, both of the time shown, two for what to
# compare with, firsts of laboratory values
LONG_QUERIES = 7


def chart(patient: Patient, wanted: str = "all", *, baseline: Any = None, rights: frozenset[May] = EVERYTHING) -> Chart:
    return queries.chart_of(patient, rights, wanted=wanted, baseline=baseline, base="../", on=TODAY)


def panel(found: Chart, key: str) -> Panel:
    return next(one for one in found.panels if one.key == key)


def on(days: int) -> date:
    return TODAY - timedelta(days=days)


def at(days: int, hour: int = 10) -> datetime:
    return datetime(2026, 11, 20, hour, tzinfo=UTC) - timedelta(days=days)


def score(patient: Patient, instrument: str, days: int, *, hour: int = 10, **values: Any) -> Assessment:
    """An assessment made and entered so many days ago."""
    return make_assessment(patient, instrument, on=on(days), at=at(days, hour), **values)


def poem(answers: str, respondent: str = "self") -> dict[str, Any]:
    return {name: value for name, value in poem_values(answers, respondent=respondent).items() if name != "assessed_on"}


def copies(row: Assessment, count: int) -> None:
    """So many more like this one, one on each earlier day."""
    for _number in range(count):
        row.pk, row.assessed_on = None, row.assessed_on - timedelta(days=1)
        row.public_id, row.series, row.submission = uuid4(), uuid4(), uuid4()
        Assessment.objects.bulk_create([row])


@pytest.fixture
def adult(clinic: Clinic, clinician: User) -> Patient:
    return make_patient(clinic, family_name="Grown", birth_date=date(1989, 5, 4))


# --- Who ---------------------------------------------------------------------------------------------------------------


def test_the_chart_is_read_and_noted(signed_in: SignIn, nurse: User, patient: Patient) -> None:
    make_assessment(patient)
    answer = signed_in(nurse).get(reverse("patient_chart", args=[patient.public_id]))
    assert answer.status_code == 200
    assert "14.0" in answer.content.decode() or "12.7" in answer.content.decode()
    row = AuditEvent.objects.latest("pk")
    assert (row.verb, row.kind, row.patient, row.object_id) == ("chart opened", "R", patient.public_id, patient.public_id)


def test_a_clinic_admin_sees_no_chart_no_tab_and_reads_of_none(
    signed_in: SignIn, nurse: User, clinic_admin: User, patient: Patient
) -> None:
    make_assessment(patient)
    path = reverse("patient_chart", args=[patient.public_id])
    signed_in(nurse).get(path)
    client = signed_in(clinic_admin)
    assert client.get(path).status_code == 403
    assert path not in client.get(reverse("patient_page", args=[patient.public_id])).content.decode()
    assert path in signed_in(nurse).get(reverse("patient_page", args=[patient.public_id])).content.decode()
    audit = client.get(reverse("clinic_audit")).content.decode()
    assert "Clinical facts opened" in audit
    assert "chart opened" not in audit.lower()


def test_only_who_may_record_is_offered_it(adult: Patient) -> None:
    assert [add.key for add in chart(adult).adds] == ["easi", "viga_ad", "poem", "itch", "tarc"]
    without_flag = chart(adult, rights=frozenset({May.SEE_CLINICAL, May.RECORD_FACTS}))
    assert [add.key for add in without_flag.adds] == ["poem", "itch", "tarc"]
    assert chart(adult, rights=frozenset({May.SEE_CLINICAL})).adds == []


# --- Bounded -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3, CAP, CAP + 1])
def test_the_page_takes_the_same_queries_for_any_number_of_scores(
    signed_in: SignIn, clinician: User, adult: Patient, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = timezone.now()
    copies(make_assessment(adult, "itch", on=adult.clinic.today(now), at=now), count - 1)
    for _number in range(min(count, 3)):
        make_lab(adult, on=adult.clinic.today(now), at=now)
    client, path = signed_in(clinician), reverse("patient_chart", args=[adult.public_id])
    client.get(path)
    for wanted in RANGES:
        with django_assert_num_queries(PAGE_QUERIES + (LONG_QUERIES if count > CAP else 0)):
            page = client.get(path, {"range": wanted}).content.decode()
    assert page.count('<a class="dot self') == page.count("<tr>") - 1 == min(count, CAP)
    assert page.count('<a class="dot lab') == page.count('<tr id="lab-') == min(count, 3)


def test_starts_are_the_same_from_the_history_at_hand_as_from_the_database(adult: Patient) -> None:
    today = adult.clinic.today(NOW)
    for days, instrument, more in (
        (400, "easi", {}),
        (400, "easi", {"hn_area": 3}),
        (300, "poem", {}),
        (300, "poem", {"respondent": "proxy"}),
        (200, "viga_ad", {}),
        (10, "easi", {"hn_area": 4}),
        (5, "poem", {"poem_itch": 4}),
        (1, "itch", {}),
    ):
        make_assessment(adult, instrument, on=today - timedelta(days=days), at=NOW, **more)
    withdrawn = make_assessment(adult, on=today - timedelta(days=500), at=NOW)
    actions.withdraw_assessment(scorer_of(adult.clinic), withdrawn, reason="error", at=NOW)
    whole = read(Assessment.objects.filter(patient=adult).order_by("assessed_on", "recorded_at", "id"))
    for baseline in (None, whole[1].public_id, whole[4].public_id):
        asked, at_hand = asked_starts(adult, baseline), starts_of(whole, baseline)
        assert at_hand == asked
        assert asked.start is not None


@pytest.mark.parametrize(("count", "is_cut"), [(CAP, False), (CAP + 1, True)])
def test_more_than_the_cap_are_cut_and_the_page_says_so(
    signed_in: SignIn, clinician: User, adult: Patient, count: int, is_cut: bool
) -> None:
    now = timezone.now()
    copies(make_assessment(adult, "itch", on=adult.clinic.today(now), at=now), count - 1)
    page = signed_in(clinician).get(reverse("patient_chart", args=[adult.public_id]), {"range": "all"}).content.decode()
    assert page.count('<a class="dot self') == CAP
    assert ("the latest 500 are drawn and listed" in page) is is_cut


# --- Ranges ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((1, 30), "6m"),
        ((1, 184), "6m"),  # 20 May
        ((1, 185), "1y"),
        ((1, 365), "1y"),
        ((1, 366), "all"),
        ((1,), "all"),
        ((), "all"),
        ((400, 800), "all"),
    ],
)
def test_the_usual_range_is_the_smallest_that_shows_a_course(adult: Patient, days: tuple[int, ...], expected: str) -> None:
    for number in days:
        score(adult, "itch", number)
    assert chart(adult, "").key == expected
    assert chart(adult, "nonsense").key == expected


@pytest.mark.parametrize(
    ("wanted", "inside", "outside"), [("12w", 84, 85), ("6m", 184, 185), ("1y", 365, 366), ("all", 6000, None)]
)
def test_a_range_holds_its_first_day(adult: Patient, wanted: str, inside: int, outside: int | None) -> None:
    rows = {days: score(adult, "itch", days, level=3) for days in (0, inside, outside) if days is not None}
    found = chart(adult, wanted)
    assert [line.url for line in found.lines] == [f"../assessments/{rows[days].public_id}/" for days in (0, inside)]
    assert [one.scores for one in found.ranges if one.is_chosen] == [2]
    assert panel(found, "itch").dots[0].x == "0.00%"
    assert panel(found, "itch").dots[-1].x == "100.00%"


def test_range_links_keep_the_chosen_start_and_say_which_is_chosen(
    signed_in: SignIn, clinician: User, adult: Patient
) -> None:
    now = timezone.now()
    row = make_assessment(adult, on=adult.clinic.today(now), at=now)
    path = reverse("patient_chart", args=[adult.public_id])
    page = signed_in(clinician).get(path, {"range": "1y", "baseline": str(row.public_id)}).content.decode()
    assert f'<a href="?range=12w&amp;baseline={row.public_id}">' in page
    assert f'<a href="?range=1y&amp;baseline={row.public_id}" aria-current="true">' in page
    assert page.count('aria-current="true"') == 1


# --- What is drawn -----------------------------------------------------------------------------------------------------


def test_a_score_is_drawn_at_its_value_and_day_and_says_who(adult: Patient) -> None:
    score(adult, "easi", 10)
    score(adult, "easi", 110)
    found = chart(adult)
    dot = panel(found, "easi").dots[-1]
    assert dot.y == f"{220 * (72 - 14) / 73.5:.1f}"
    assert dot.x == f"{100 * 100 / 110:.2f}%"
    assert dot.shape == "circle"
    assert dot.title == "EASI 14.0, moderate (head and neck 0.8). 10-Nov-2026. Dana Derm."
    assert panel(found, "easi").scale == "0 to 72"
    assert [piece.x1 for piece in panel(found, "easi").pieces] == ["0.00%"]
    # Head and neck: (2+1+1+0) x 2 x 0.1 on a scale to 7.2
    assert panel(found, "head_neck").dots[-1].y == f"{72 * (7.2 - 0.8) / 7.2:.1f}"
    assert panel(found, "head_neck").scale == "0 to 7.2"


def test_each_instrument_has_its_own_scale_and_named_bands(adult: Patient) -> None:
    for instrument in ("easi", "viga_ad", "poem", "itch"):
        score(adult, instrument, 3)
    make_lab(adult, on=on(3), at=at(3))
    found = chart(adult)
    scales = {one.key: (one.scale, [shade.name for shade in one.shades]) for one in found.panels}
    assert scales == {
        "easi": ("0 to 72", ["clear", "almost clear", "mild", "moderate", "severe", "very severe"]),
        "head_neck": ("0 to 7.2", []),
        "viga_ad": ("0 to 4", ["clear", "almost clear", "mild", "moderate", "severe"]),
        "poem": ("0 to 28", ["(almost) clear", "mild", "moderate", "severe", "very severe"]),
        "itch": ("0 to 10", ["none or mild", "moderate", "severe"]),
        "tarc": ("0 to 6000 pg/mL, linear", []),
    }


def test_the_owners_of_the_instruments_drawn_are_named(adult: Patient) -> None:
    score(adult, "poem", 3)
    assert chart(adult).credits == [str(words.CREDITS["poem"])]
    score(adult, "viga_ad", 3)
    assert chart(adult).credits == [str(words.CREDITS["viga_ad"]), str(words.CREDITS["poem"])]


def test_respondents_differ_in_shape_and_are_not_joined(adult: Patient) -> None:
    for days, respondent in ((40, "self"), (30, "proxy"), (20, "self"), (10, "helped")):
        score(adult, "poem", days, **poem("1 1 1 1 1 1 1", respondent))
    found = panel(chart(adult), "poem")
    assert [dot.shape for dot in found.dots] == ["square", "triangle", "square", "diamond"]
    assert [piece.look for piece in found.pieces] == ["self"]
    assert chart(adult).has_series


def test_a_corrected_score_has_a_ring_and_its_old_value_stays_hollow(adult: Patient, by: Actor) -> None:
    old = score(adult, "itch", 10, level=9)
    values = {"assessed_on": on(10), "respondent": "self", "level": 3}
    new = actions.amend_assessment(by, old, values, reason="typed wrongly", submission=uuid4(), at=NOW)
    found = chart(adult)
    dots = {dot.url: dot for dot in panel(found, "itch").dots}
    hollow, ringed = dots[f"../assessments/{old.public_id}/"], dots[f"../assessments/{new.public_id}/"]
    assert (hollow.look, hollow.is_ringed, ringed.look, ringed.is_ringed) == ("self is-replaced", False, "self", True)
    assert "Old value, corrected since." in hollow.title
    assert "Corrected." in ringed.title
    assert panel(found, "itch").pieces == []
    notes = {line.value: (line.notes, line.look) for line in found.lines}
    assert notes == {
        "9": ("old value, corrected since: typed wrongly", "is-replaced"),
        "3": ("corrected: typed wrongly", ""),
    }
    assert [one.scores for one in found.ranges] == [1, 1, 1, 1]


def test_what_was_entered_in_error_is_listed_and_not_drawn(adult: Patient, by: Actor) -> None:
    row = score(adult, "itch", 10, level=9)
    score(adult, "itch", 20, level=2)
    actions.withdraw_assessment(by, row, reason="another patient", at=NOW)
    found = chart(adult)
    assert [dot.title for dot in panel(found, "itch").dots] == ["Worst itch, 24 h 2, none or mild. 31-Oct-2026. Patient."]
    assert [(line.value, line.look, line.notes) for line in found.lines] == [
        ("9", "is-withdrawn", "entered in error: another patient"),
        ("2", "", ""),
    ]
    latest = panel(found, "itch").latest
    assert latest is not None
    assert latest.value == "2"


def test_an_imputed_poem_is_marked_and_one_without_score_is_only_listed(adult: Patient) -> None:
    score(adult, "poem", 20, **poem("2 - 1 1 1 1 1"))
    score(adult, "poem", 10, **poem("2 - - 1 1 1 1"))
    found = chart(adult)
    assert [(dot.has_dot, "One question left open, counted 0." in dot.title) for dot in panel(found, "poem").dots] == [
        (True, True)
    ]
    assert [(line.value, line.notes) for line in found.lines] == [
        ("not scored", "2 questions left open"),
        ("7", "one question left open, counted 0"),
    ]


def test_of_several_on_a_day_the_last_entered_counts(adult: Patient) -> None:
    score(adult, "poem", 30, **poem("1 1 1 1 1 1 1"))
    score(adult, "poem", 10, hour=8, **poem("4 4 4 4 4 4 4"))
    score(adult, "poem", 10, hour=9, **poem("0 0 0 0 0 0 0"))
    found = chart(adult)
    assert [(dot.look, "A later one" in dot.title) for dot in panel(found, "poem").dots] == [
        ("self", False),
        ("self is-pale", True),
        ("self", False),
    ]
    (piece,) = panel(found, "poem").pieces
    assert piece.y2 == panel(found, "poem").dots[-1].y
    assert [(line.value, line.change, line.notes) for line in found.lines] == [
        ("0", "7 points lower, very likely important", "entered 10:00, the last of this day: it counts"),
        ("28", "", "entered 09:00; a later one of this day counts"),
        ("7", "", ""),
    ]  # times of Berlin in winter


def test_a_paper_form_entered_later_keeps_both_dates(adult: Patient) -> None:
    make_assessment(adult, "itch", on=on(10), at=at(3))
    (line,) = chart(adult).lines
    assert (line.on, line.notes) == ("10-Nov-2026", "entered 17-Nov-2026")


def test_tarc_is_read_against_its_limit(clinic: Clinic, clinician: User) -> None:
    child = make_patient(clinic, birth_date=date(2018, 11, 20))
    make_lab(child, "742", on=on(30), at=at(30))
    make_lab(child, "743", on=on(20), at=at(20))
    make_lab(child, "743", on=on(10), at=at(10), laboratory_limit=Decimal(900), assay="Other", is_haemolysed=True)
    found = chart(child)
    tarc = panel(found, "tarc")
    assert [(limit.x1, limit.x2, limit.text) for limit in tarc.limits] == [
        ("0.00%", f"{100 * 20 / 30:.2f}%", "743"),
        (f"{100 * 20 / 30:.2f}%", "100.00%", "900"),
    ]
    assert len(tarc.pieces) == 1  # not across the two assays
    assert [dot.has_dot for dot in tarc.dots] == [False, False, True]
    assert [(line.word, line.change) for line in found.lines] == [
        ("below the limit", ""),
        ("at or above the limit", "+0.1\u00a0%"),
        ("below the limit", ""),
    ]
    anchors = {f"#{line.anchor}" for line in found.lines}
    assert {dot.url for dot in tarc.dots} == anchors


# --- Across the eighth birthday ----------------------------------------------------------------------------------------


def test_the_same_skin_has_not_changed_over_the_eighth_birthday(clinic: Clinic, clinician: User) -> None:
    child = make_patient(clinic, birth_date=date(2018, 11, 10))
    score(child, "easi", 11)
    score(child, "easi", 10)  # on the birthday
    found = chart(child)
    easi = panel(found, "easi")
    assert [dot.title.split(",")[0] for dot in easi.dots] == ["EASI 12.7", "EASI 14.0"]
    assert easi.change is not None
    assert (easi.change.text, easi.change.is_recomputed, easi.was) == ("0.0\u00a0%", True, "14.0")
    assert easi.pieces == []
    assert easi.birthday == f"{100 * 18 / 28:.2f}%"  # a short history is drawn over four weeks
    assert panel(found, "head_neck").scale == "0 to 14.4"
    assert found.has_birthday
    assert found.lines[0].change == "0.0\u00a0% (recomputed with the weights of the later date)"
    assert "weights under 8 years" in found.lines[1].notes


def test_without_the_birthday_in_the_time_shown_nothing_marks_it(clinic: Clinic, clinician: User) -> None:
    child = make_patient(clinic, birth_date=TODAY.replace(year=2018) + timedelta(days=1))  # eight tomorrow
    score(child, "easi", 40)
    score(child, "easi", 0)
    found = chart(child)
    assert not found.has_birthday
    easi = panel(found, "easi")
    assert easi.change is not None
    assert not easi.change.is_recomputed
    assert len(easi.pieces) == 1


# --- Compared ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("baseline", "value", "expected"),
    [
        ("28.4", "7.1", "−75.0\u00a0%"),
        ("20", "10", "−50.0\u00a0%"),
        ("20", "10.05", "−49.8\u00a0%"),  # 49.75
        ("62.45", "31.25", "−49.95\u00a0%"),  # 49.959..: EASI-50 is not reached, and 50.0 would say so
        ("10", "12.5", "+25.0\u00a0%"),
        ("10", "10", "0.0\u00a0%"),
        ("10", "0", "−100.0\u00a0%"),
        ("0", "1", ""),
    ],
)
def test_percent_text(baseline: str, value: str, expected: str) -> None:
    assert percent_text(Decimal(baseline), Decimal(value)) == expected


@pytest.mark.parametrize(
    ("points", "expected"), [(-1, "1 point lower"), (-4, "4 points lower"), (1, "1 point higher"), (0, "unchanged")]
)
def test_points_text(points: int, expected: str) -> None:
    assert points_text(points) == expected


def test_easi_is_compared_with_the_first_or_the_chosen_one(adult: Patient) -> None:
    lower = {"hn": "1 1 0 0 | 2", "ul": "2 1 0 0 | 3", "tr": "1 1 0 0 | 2", "ll": "1 1 1 0 | 2"}
    # 0.1 x 2 x 2 + 0.2 x 3 x 3 + 0.3 x 2 x 2 + 0.4 x 3 x 2 = 0.4 + 1.8 + 1.2 + 2.4 = 5.8
    first = score(adult, "easi", 90)  # 14.0
    second = score(adult, "easi", 60, **{k: v for k, v in easi_values(lower).items() if k != "assessed_on"})
    score(adult, "easi", 30)
    usual = chart(adult)
    assert usual.start == "22-Aug-2026"
    assert [line.change for line in usual.lines] == ["0.0\u00a0%", "−58.6\u00a0%, EASI-50", ""]  # 8.2 of 14
    assert [(option.value, option.is_chosen) for option in usual.options][-1] == (str(first.public_id), True)
    chosen = chart(adult, baseline=second.public_id)
    assert [line.change for line in chosen.lines] == ["+141.4\u00a0%", "", ""]  # 8.2 of 5.8
    assert (chosen.chosen, usual.chosen) == (str(second.public_id), "")


def test_a_baseline_before_the_time_shown_still_counts(adult: Patient) -> None:
    first = score(adult, "easi", 300)
    score(adult, "easi", 10)
    found = chart(adult, "12w", baseline=first.public_id)
    assert [line.change for line in found.lines] == ["0.0\u00a0%"]
    assert found.start == "24-Jan-2026"
    assert found.start_x == ""
    assert str(first.public_id) in [option.value for option in found.options]


def test_a_baseline_of_somebody_else_or_of_nothing_gives_the_usual_one(
    signed_in: SignIn, clinician: User, adult: Patient, other_patient: Patient
) -> None:
    foreign = make_assessment(other_patient)
    score(adult, "easi", 10)
    for baseline in (foreign.public_id, uuid4()):
        assert chart(adult, baseline=baseline).start == "10-Nov-2026"
    path = reverse("patient_chart", args=[adult.public_id])
    assert signed_in(clinician).get(path, {"baseline": "' OR 1=1"}).status_code == 200


def test_poem_is_compared_in_points_and_only_with_the_same_person(adult: Patient) -> None:
    score(adult, "poem", 50, **poem("2 2 2 2 2 2 2"))  # 14
    score(adult, "poem", 40, **poem("4 4 4 4 4 4 4", "proxy"))  # 28
    score(adult, "poem", 30, **poem("2 2 2 2 2 2 0"))  # 12
    score(adult, "poem", 20, **poem("2 2 2 2 2 1 0"))  # 11
    score(adult, "poem", 10, **poem("2 2 2 2 2 0 0"))  # 10
    assert [line.change for line in chart(adult).lines] == [
        "4 points lower, very likely important",
        "3 points lower, probably important",
        "2 points lower, not beyond what the questionnaire can tell",
        "",
        "",
    ]


def test_viga_success_is_marked_as_not_verified(adult: Patient) -> None:
    score(adult, "viga_ad", 30, level=3)
    score(adult, "viga_ad", 20, level=2)
    score(adult, "viga_ad", 10, level=1)
    assert [line.change for line in chart(adult).lines] == [
        "2 points lower, success as in trials (rule not verified)",
        "1 point lower",
        "",
    ]


def test_from_an_easi_of_0_there_is_no_percentage(adult: Patient) -> None:
    score(adult, "easi", 30, **{k: v for k, v in easi_values({}).items() if k != "assessed_on"})
    score(adult, "easi", 10)
    assert [line.change for line in chart(adult).lines] == ["no percentage from 0", ""]


# --- Nothing to show ---------------------------------------------------------------------------------------------------


def test_a_record_without_scores_says_so_and_offers_to_record_one(
    signed_in: SignIn, clinician: User, adult: Patient
) -> None:
    page = signed_in(clinician).get(reverse("patient_chart", args=[adult.public_id])).content.decode()
    assert "No scores yet" in page
    assert "Record EASI" in page
    assert "<svg height" not in page


def test_a_missing_instrument_is_named_and_offered(signed_in: SignIn, clinician: User, adult: Patient) -> None:
    now = timezone.now()
    make_assessment(adult, "itch", on=adult.clinic.today(now) - timedelta(days=200), at=now - timedelta(days=200))
    make_assessment(adult, on=adult.clinic.today(now), at=now)
    page = signed_in(clinician).get(reverse("patient_chart", args=[adult.public_id]), {"range": "6m"}).content.decode()
    assert "No POEM yet." in page
    assert "No Worst itch, 24 h in the time shown." in page
    assert page.count("Out of date") == 1


@pytest.mark.parametrize(("days", "is_old"), [(84, False), (85, True)])
def test_a_value_says_how_old_it_is(adult: Patient, days: int, is_old: bool) -> None:
    score(adult, "itch", days)
    latest = panel(chart(adult), "itch").latest
    assert latest is not None
    assert (latest.age, latest.is_old) == ("12 weeks ago", is_old)


def test_a_draft_is_named_and_counts_nowhere(signed_in: SignIn, clinician: User, adult: Patient) -> None:
    now = timezone.now()
    row = make_assessment(adult, on=adult.clinic.today(now), at=now, sign=False)
    found = chart(adult)
    assert (found.lines, [one.scores for one in found.ranges]) == ([], [0, 0, 0, 0])
    page = signed_in(clinician).get(reverse("patient_chart", args=[adult.public_id])).content.decode()
    assert "Not signed yet, counts nowhere:" in page
    assert reverse("assessment_page", args=[adult.public_id, row.public_id]) in page


# --- The page itself ---------------------------------------------------------------------------------------------------


def test_every_link_of_the_page_leads_somewhere(signed_in: SignIn, clinician: User, adult: Patient) -> None:
    now = timezone.now()
    today = adult.clinic.today(now)
    for instrument in ("easi", "viga_ad", "poem", "itch"):
        make_assessment(adult, instrument, on=today, at=now)
    make_lab(adult, on=today, at=now)
    path = reverse("patient_chart", args=[adult.public_id])
    page = signed_in(clinician).get(path).content.decode()
    links = [urljoin(path, link) for link in re.findall(r'href="(\.\./[^"]+)"', page)]
    names = {resolve(link).url_name for link in links}
    assert names == {"assessment_page", "assessment_add", "lab_add", "lab_page"}
    assert {link.split("/")[2] for link in links} == {str(adult.public_id)}
    anchors = set(re.findall(r'href="#([^"]+)"', page)) - {"main"}
    assert anchors
    assert all(f'id="{anchor}"' in page for anchor in anchors)


def test_the_page_holds_no_style_and_no_script_of_its_own(signed_in: SignIn, clinician: User, adult: Patient) -> None:
    make_assessment(adult, on=adult.clinic.today(timezone.now()), at=timezone.now())
    page = signed_in(clinician).get(reverse("patient_chart", args=[adult.public_id])).content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert re.findall(r"<script(?![^>]* src=)", page) == []


def test_a_name_in_a_marker_is_escaped(signed_in: SignIn, clinician: User, adult: Patient) -> None:
    clinician.name = "<script>alert(1)</script>"
    clinician.save()
    make_assessment(adult, on=adult.clinic.today(timezone.now()), at=timezone.now())
    page = signed_in(clinician).get(reverse("patient_chart", args=[adult.public_id])).content.decode()
    assert "<script>alert" not in page
