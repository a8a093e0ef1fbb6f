"""What the changes on the chart are counted from, which of several counts, and what is drawn of what was corrected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clinics.access import Actor
from clinics.models import Clinic, User
from patients import actions
from patients.models import Assessment, LabResult, Patient
from patients.queries import history
from patients.queries.chart import RANGES, Chart
from patients.queries.chart_data import chart_data
from patients.queries.history import CAP, LABS
from patients.queries.starts import OFFERED
from tests.factories import NOW, easi_values, make_assessment, make_lab, make_patient
from tests.patients.test_chart_page import PAGE_QUERIES, at, chart, copies, on, panel, poem, score

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
# 0.1 x 2 x 2 + 0.2 x 3 x 3 + 0.3 x 2 x 2 + 0.4 x 3 x 2 = 0.4 + 1.8 + 1.2 + 2.4 = 5.8; of 14.0 that is 58.57 % less
LOWER = {"hn": "1 1 0 0 | 2", "ul": "2 1 0 0 | 3", "tr": "1 1 0 0 | 2", "ll": "1 1 1 0 | 2"}


def lower() -> dict[str, Any]:
    return {name: value for name, value in easi_values(LOWER).items() if name != "assessed_on"}


@pytest.fixture
def adult(clinic: Clinic, clinician: User) -> Patient:
    return make_patient(clinic, family_name="Grown", birth_date=date(1989, 5, 4))


@pytest.fixture
def course(adult: Patient) -> list[Assessment]:
    """Two years: EASI 14.0, then 5.8; POEM 21 before the first EASI, 14 after it, 10 now; TARC 2000, then 500."""
    score(adult, "poem", 600, **poem("3 3 3 3 3 3 3"))
    rows = [score(adult, "easi", 400), score(adult, "easi", 250), score(adult, "easi", 10, **lower())]
    score(adult, "poem", 390, **poem("2 2 2 2 2 2 2"))
    score(adult, "poem", 10, **poem("2 2 2 2 2 0 0"))
    make_lab(adult, "4000", on=on(600), at=at(600))
    make_lab(adult, "2000", on=on(380), at=at(380))
    make_lab(adult, "500", on=on(10), at=at(10))
    return rows


# --- Counted from the same day, whatever is shown -----------------------------------------------------------------------


@pytest.mark.parametrize("wanted", RANGES)
def test_changes_are_the_same_in_every_range(adult: Patient, course: list[Assessment], wanted: str) -> None:
    found, is_before = chart(adult, wanted), wanted != "all"
    said = {}
    for key in ("easi", "poem", "tarc"):
        one = panel(found, key)
        assert one.change is not None
        said[key] = (one.change.text, one.change.meaning, one.since, one.was, one.is_since_before)
    assert said == {
        "easi": ("−58.6\u00a0%", "EASI-50", "16-Oct-2025", "14.0", is_before),
        "poem": ("4 points lower", "very likely important", "26-Oct-2025", "14", is_before),
        "tarc": ("−75.0\u00a0%", "", "05-Nov-2025", "2000", is_before),
    }
    assert (found.start, found.is_start_before, bool(found.start_x)) == ("16-Oct-2025", is_before, not is_before)
    assert [(option.value, option.is_chosen) for option in found.options] == [
        (str(course[2].public_id), False),
        (str(course[1].public_id), False),
        (str(course[0].public_id), True),
    ]
    assert found.lines[0].change in {"−58.6\u00a0%, EASI-50", "4 points lower, very likely important", "−75.0\u00a0%"}


def test_a_change_before_the_time_shown_is_said_as_well(adult: Patient) -> None:
    score(adult, "easi", 400)
    score(adult, "easi", 200, **lower())
    easi = panel(chart(adult, "12w"), "easi")
    assert easi.dots == []
    assert easi.change is not None
    assert easi.change.text == "−58.6\u00a0%"


def test_the_page_says_that_it_counts_from_before(signed_in: SignIn, clinician: User, adult: Patient) -> None:
    now = timezone.now()
    today = adult.clinic.today(now)
    for days, values in ((185 + 185, {}), (3, lower())):
        make_assessment(adult, on=today - timedelta(days=days), at=now - timedelta(days=days), **values)
    path = reverse("patient_chart", args=[adult.public_id])
    pages = {name: signed_in(clinician).get(path, {"range": name}).content.decode() for name in ("12w", "all")}
    for text in ("</bdi> (14.0), before the time shown", "That day lies before the time shown."):
        assert (text in pages["12w"], text in pages["all"]) == (True, False)


def test_the_box_shows_what_is_counted_from(
    signed_in: SignIn, clinician: User, adult: Patient, course: list[Assessment]
) -> None:
    path = reverse("patient_chart", args=[adult.public_id])
    for row in course:
        page = signed_in(clinician).get(path, {"range": "all", "baseline": str(row.public_id)}).content.decode()
        assert f'<option value="{row.public_id}" selected>' in page
        assert page.count(" selected>") == 1


def test_without_an_easi_it_is_the_first_score_of_all(adult: Patient) -> None:
    score(adult, "itch", 300, level=8)
    score(adult, "poem", 200, **poem("2 2 2 2 2 2 2"))
    score(adult, "itch", 5, level=2)
    found = chart(adult, "12w")
    assert found.start == "24-Jan-2026"
    assert [option.is_chosen for option in found.options] == [False, False, True]
    assert [line.change for line in found.lines] == ["6 points lower"]


def test_with_nothing_but_laboratory_values_it_is_the_first_of_them(adult: Patient) -> None:
    make_lab(adult, "1000", on=on(300), at=at(300))
    make_lab(adult, "800", on=on(5), at=at(5))
    found = chart(adult, "12w")
    assert (found.start, found.options, [line.change for line in found.lines]) == ("24-Jan-2026", [], ["−20.0\u00a0%"])


def test_of_several_on_the_first_day_the_last_entered_is_counted_from(adult: Patient) -> None:
    score(adult, "easi", 200, hour=8, **lower())
    last = score(adult, "easi", 200, hour=9)
    score(adult, "easi", 100, **lower())
    found = chart(adult)
    assert [option.value for option in found.options if option.is_chosen] == [str(last.public_id)]
    assert found.lines[0].change == "−58.6\u00a0%, EASI-50"
    assert len(found.options) == 2


@pytest.mark.parametrize(("count", "offered"), [(60, 60), (61, 61), (62, 61), (100, 61)])
def test_what_is_offered_is_bounded_and_holds_the_first(adult: Patient, count: int, offered: int) -> None:
    row = score(adult, "easi", 0)
    copies(row, count - 1)
    first = Assessment.objects.order_by("assessed_on").first()
    assert first is not None
    options = chart(adult, "12w").options
    assert (len(options), options[-1].value, options[-1].is_chosen) == (offered, str(first.public_id), True)
    assert OFFERED == 60
    if count == 100:
        chosen = Assessment.objects.order_by("assessed_on")[10]
        options = chart(adult, "12w", baseline=chosen.public_id).options
        assert (len(options), options[-2].value, options[-2].is_chosen) == (62, str(chosen.public_id), True)


@pytest.mark.parametrize("count", [1, 3, 70])
@pytest.mark.parametrize("is_chosen", [False, True])
def test_a_chosen_start_takes_no_more_queries(
    signed_in: SignIn,
    clinician: User,
    adult: Patient,
    count: int,
    is_chosen: bool,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    now = timezone.now()
    row = make_assessment(adult, on=adult.clinic.today(now), at=now)
    baseline = row.public_id
    copies(row, count - 1)
    make_lab(adult, on=adult.clinic.today(now), at=now)
    client, path = signed_in(clinician), reverse("patient_chart", args=[adult.public_id])
    client.get(path)
    with django_assert_num_queries(PAGE_QUERIES):
        client.get(path, {"range": "12w", "baseline": str(baseline)} if is_chosen else {"range": "12w"})


# --- Which of several counts --------------------------------------------------------------------------------------------


def test_one_respondent_does_not_take_the_day_from_another(adult: Patient) -> None:
    score(adult, "poem", 10, hour=8, **poem("4 4 4 4 4 4 4"))
    score(adult, "poem", 10, hour=9, **poem("2 2 2 2 2 2 2"))
    score(adult, "poem", 10, hour=10, **poem("1 1 1 1 1 1 1", "proxy"))
    found = chart(adult)
    assert [(line.value, line.notes) for line in found.lines] == [
        ("7", ""),
        ("14", "entered 10:00, the last of this day: it counts"),
        ("28", "entered 09:00; a later one of this day counts"),
    ]
    assert [dot.look for dot in panel(found, "poem").dots] == ["self is-pale", "self", "proxy"]
    points = next(one["points"] for one in chart_data(adult) if one["instrument"] == "poem")
    assert [(point["value"], point["in_trend"]) for point in points] == [("28", False), ("14", True), ("7", True)]
    assert "of" not in points[0]


def test_of_several_laboratory_values_of_one_assay_and_day_the_last_entered_counts(adult: Patient) -> None:
    for value, hour, assay in (("900", 8, "A"), ("800", 9, "A"), ("700", 10, "B")):
        make_lab(adult, value, on=on(10), at=at(10, hour), assay=assay)
    make_lab(adult, "400", on=on(5), at=at(5), assay="A")
    found = chart(adult)
    assert [dot.look for dot in panel(found, "tarc").dots] == ["lab is-pale", "lab", "lab", "lab"]
    assert len(panel(found, "tarc").pieces) == 1
    assert [line.change for line in found.lines] == ["−50.0\u00a0%", "", "", ""]
    assert "entered 09:00; a later one of this day counts" in found.lines[3].notes
    points = next(one["points"] for one in chart_data(adult) if one["instrument"] == "tarc")
    assert [point["in_trend"] for point in points] == [False, True, True, True]


# --- Corrected, then taken back -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 2])
def test_of_a_corrected_score_that_was_taken_back_nothing_is_drawn(adult: Patient, by: Actor, times: int) -> None:
    row = score(adult, "itch", 10, level=9)
    for number in range(times):
        values = {"assessed_on": on(10), "respondent": "self", "level": number}
        row = actions.amend_assessment(by, row, values, reason="typed wrongly", submission=uuid4(), at=NOW)
    assert len(panel(chart(adult), "itch").dots) == times + 1
    actions.withdraw_assessment(by, row, reason="another patient", at=NOW)
    found = chart(adult)
    assert panel(found, "itch").dots == []
    assert found.legend == []
    assert [(line.url, line.look) for line in found.lines] == [(f"../assessments/{row.public_id}/", "is-withdrawn")]


# --- Read at once or in parts --------------------------------------------------------------------------------------------


def many(adult: Patient, by: Actor) -> list[Assessment]:
    """Two years with something of everything: two of a day, other respondents, corrected, taken back, not scored."""
    score(adult, "easi", 700)
    gone = score(adult, "easi", 690)
    score(adult, "viga_ad", 500)
    rows = [score(adult, "easi", 400, hour=hour, **more) for hour, more in ((8, {}), (9, lower()))]
    score(adult, "poem", 390, **poem("3 3 3 3 3 3 3"))
    score(adult, "poem", 200, **poem("2 - - 2 2 2 2"))
    score(adult, "poem", 150, **poem("1 1 1 1 1 1 -"))
    score(adult, "poem", 150, **poem("2 2 2 2 2 2 2", "proxy"))
    old = score(adult, "itch", 60, level=9)
    score(adult, "itch", 40, level=2)
    score(adult, "poem", 20, **poem("2 2 2 2 2 0 0"))
    rows.append(score(adult, "easi", 10, **lower()))
    actions.withdraw_assessment(by, gone, reason="slip", at=NOW)
    values = {"assessed_on": on(60), "respondent": "self", "level": 3}
    actions.amend_assessment(by, old, values, reason="typed wrongly", submission=uuid4(), at=NOW)
    score(adult, "itch", 5, sign=False, level=1)
    for days, hour, assay in ((600, 8, "A"), (380, 8, "A"), (380, 9, "A"), (100, 8, "B"), (10, 8, "A"), (10, 9, "B")):
        make_lab(adult, str(1000 + days + hour), on=on(days), at=at(days, hour), assay=assay)
    return rows


ENTRIES, VALUES = 14, 6  # of `many`


@pytest.mark.parametrize("wanted", ["", *RANGES])
@pytest.mark.parametrize("chosen", [None, 0, 1, 2])
def test_a_history_says_the_same_at_once_and_in_parts(
    adult: Patient, by: Actor, monkeypatch: pytest.MonkeyPatch, wanted: str, chosen: int | None
) -> None:
    rows = many(adult, by)
    baseline = None if chosen is None else rows[chosen].public_id
    assert isinstance(history.history_of(adult), history.Whole)
    whole = chart(adult, wanted, baseline=baseline)
    monkeypatch.setattr("patients.queries.chart.history_of", history.Parts)
    assert chart(adult, wanted, baseline=baseline) == whole
    assert whole.start == ("16-Oct-2025" if chosen in (0, 1) else "10-Nov-2026" if chosen == 2 else "20-Dec-2024")


@pytest.mark.parametrize("wanted", ["", *RANGES])
@pytest.mark.parametrize("name", ["CAP", "LABS"])
def test_just_above_the_cap_the_page_says_what_it_says_just_below(
    adult: Patient, by: Actor, monkeypatch: pytest.MonkeyPatch, wanted: str, name: str
) -> None:
    many(adult, by)
    most = {"CAP": ENTRIES, "LABS": VALUES}[name]
    monkeypatch.setattr(history, name, most)
    below = chart(adult, wanted)
    monkeypatch.setattr(history, name, most - 1)
    above = chart(adult, wanted)
    assert [type(history.history_of(adult)).__name__, below.cuts] == ["Parts", []]
    if wanted != "all":
        assert above == below
        return

    def same(found: Chart) -> list[Any]:
        latest = [(one.key, one.latest, one.change, one.since, one.was) for one in found.panels]
        return [found.start, found.options, found.ranges, found.months, found.shown, found.drafts, latest]

    assert same(above) == same(below)
    assert (len(above.cuts), len(above.lines)) == (1, len(below.lines) - 1)
    assert [line for line in below.lines if line not in above.lines] == [
        below.lines[-2 if name == "CAP" else -3]  # of the entries the one taken back, of the values the first
    ]


# --- Bounded, and said so -----------------------------------------------------------------------------------------------


def more_labs(row: LabResult, count: int) -> None:
    for _number in range(count):
        row.pk, row.collected_on = None, row.collected_on - timedelta(days=1)
        row.public_id, row.submission = uuid4(), uuid4()
        LabResult.objects.bulk_create([row])


@pytest.mark.parametrize(("count", "cuts"), [(LABS, 0), (LABS + 1, 1)])
def test_more_laboratory_values_than_the_cap_are_cut_and_counted(adult: Patient, count: int, cuts: int) -> None:
    more_labs(make_lab(adult, on=on(0), at=at(0)), count - 1)
    found = chart(adult)
    assert (len(panel(found, "tarc").dots), len(found.lines), len(found.cuts)) == (LABS, LABS, cuts)
    assert found.cuts == ["There are more TARC than 100 in this time: the latest 100 are drawn and listed."][:cuts]
    assert [one.scores for one in found.ranges if one.key == "all"] == [count]


@pytest.mark.parametrize(("count", "cuts"), [(CAP - 1, 0), (CAP, 1)])
def test_what_was_taken_back_pushes_no_score_out(adult: Patient, by: Actor, count: int, cuts: int) -> None:
    score(adult, "itch", 1000, level=7)
    gone = score(adult, "itch", 1, level=9)
    actions.withdraw_assessment(by, gone, reason="slip", at=NOW)
    gone.refresh_from_db()
    copies(gone, count - 1)
    found = chart(adult)
    assert [dot.title.split(".")[0] for dot in panel(found, "itch").dots] == ["Worst itch, 24 h 7, severe"]
    assert (len(found.lines), found.lines[-1].value) == (CAP, "7")
    assert [text.startswith("Every score of this time that counts") for text in found.cuts] == [True] * cuts


# --- Weights ------------------------------------------------------------------------------------------------------------


def corrected(by: Actor, patient: Patient, born_on: date, choice: str) -> Patient:
    values = {"birth_date": born_on}
    return actions.update_patient(by, patient, values, version=patient.version, affected_scores=choice, at=NOW)


def test_no_change_of_weights_is_drawn_where_scores_were_left_as_stored(clinic: Clinic, by: Actor) -> None:
    child = make_patient(clinic, birth_date=date(2018, 11, 10))  # eight on 10 November 2026
    score(child, "easi", 30)
    score(child, "easi", 20)
    before = chart(child)
    assert before.has_birthday
    assert [line.notes for line in before.lines] == ["head and neck 1.6; weights under 8 years"] * 2
    child = corrected(by, child, date(2018, 10, 26), "keep")  # eight 25 days ago: between the two
    found = chart(child)
    assert not found.has_birthday
    assert panel(found, "easi").birthday == panel(found, "head_neck").birthday == ""
    assert [line.notes for line in found.lines] == [
        "head and neck 1.6; weights under 8 years, left as stored when the date of birth was corrected",
        "head and neck 1.6; weights under 8 years",
    ]


def test_computed_again_the_change_of_weights_is_drawn_and_every_set_is_named(clinic: Clinic, by: Actor) -> None:
    child = make_patient(clinic, birth_date=date(2018, 11, 10))
    score(child, "easi", 30)
    score(child, "easi", 20)
    child = corrected(by, child, date(2018, 10, 26), "recompute")
    found = chart(child)
    assert found.has_birthday
    weights = {line.value: line.notes.split("; ")[-1] for line in found.lines if not line.look}
    assert weights == {"12.7": "weights under 8 years", "14.0": "weights from 8 years"}
    assert [line.value for line in found.lines if line.look] == ["12.7"]  # the old value of the later day


def test_an_adult_s_weights_are_not_named(adult: Patient) -> None:
    score(adult, "easi", 10)
    assert [line.notes for line in chart(adult).lines] == ["head and neck 0.8"]


# --- Limits -------------------------------------------------------------------------------------------------------------


def test_each_limit_has_its_number(signed_in: SignIn, clinic: Clinic, clinician: User) -> None:
    now = timezone.now()
    today = clinic.today(now)
    child = make_patient(clinic, birth_date=today - timedelta(days=700), at=now)  # not yet two: 998, before a year 1367
    for days in (400, 100, 1):
        more = {"laboratory_limit": Decimal(900)} if days == 1 else {}
        make_lab(child, "2000", on=today - timedelta(days=days), at=now - timedelta(days=days), **more)
    path = reverse("patient_chart", args=[child.public_id])
    page = signed_in(clinician).get(path, {"range": "all"}).content.decode()
    numbers = [part.split("</text>")[0].split(">")[-1] for part in page.split('class="limit-name')[1:]]
    assert numbers == ["1367", "998", "limit 900"]


def test_a_limit_that_ends_is_not_named_at_the_edge(clinic: Clinic, clinician: User) -> None:
    baby = make_patient(clinic, birth_date=on(300))
    make_lab(baby, on=on(10), at=at(10), laboratory_limit=Decimal(1500))
    make_lab(baby, on=on(5), at=at(5))
    rows = LabResult.objects.filter(collected_on=on(5))
    rows.update(reference_limit=None)
    (limit,) = panel(chart(baby), "tarc").limits
    assert (limit.text, bool(limit.name_y), limit.x2) == ("1500", True, f"{100 * 23 / 28:.2f}%")


def test_an_unknown_start_is_as_none(adult: Patient, course: list[Assessment]) -> None:
    assert chart(adult, baseline=UUID(int=0)).start == "16-Oct-2025"
