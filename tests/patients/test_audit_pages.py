"""The audit of a clinic and everybody's own activity: who did what, by record number, and nothing clinical."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from clinics import audit
from clinics.access import Actor, system_actor
from clinics.models import AuditEvent, Clinic, Kind, Membership, User
from clinics.queries import AUDIT_PAGE
from patients import actions
from patients.models import Patient
from tests.factories import NOW, actor_for, make_patient

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
AUDIT, OWN = "/clinic/audit/", "/activity/"


@pytest.fixture
def office(clinic_admin: User, signed_in: SignIn) -> Client:
    return signed_in(clinic_admin)


def table(client: Client, url: str) -> list[list[str]]:
    """The rows of a page, cell by cell, without tags."""
    body = client.get(url).content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in re.findall(r"<tr>(.*?)</tr>", body, re.S)]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in rows]


def filtered(client: Client, url: str, **typed: str) -> list[list[str]]:
    """The rows a filter leaves."""
    answer = client.post(url, typed)
    assert answer.status_code == 302
    return table(client, answer.headers["Location"])


def event(clinic: Clinic, by: Actor, verb: str, at: datetime = NOW, **more: object) -> None:
    audit.record(by, verb, Kind.READ, at=at, clinic=clinic.public_id, **more)  # type: ignore[arg-type]


# --- What a row shows --------------------------------------------------------------------------------------------------


def test_row_shows_who_what_about_which_number_and_when_in_the_clinics_zone(office: Client, by: Actor, patient: Patient):
    actions.open_patient(by, patient, at=datetime(2026, 7, 1, 22, 30, 5, tzinfo=UTC))
    row = table(office, AUDIT)[0]
    assert row[:5] == ["02-Jul-2026 00:30:05", "Dana Derm Dermatologist", "Patient opened", "Patient H-1001", "done"]
    assert row[5] == "pages Request test"


def test_no_name_of_a_patient_and_nothing_clinical_is_shown(office: Client, by: Actor, patient: Patient):
    actions.record_precaution(by, patient, {"kind": "epilepsy", "state": "present"}, at=NOW)
    actions.record_measurement(by, patient, kind="weight", value=21, measured_on=NOW.date(), at=NOW)
    actions.record_allergy(by, patient, kind="class", code="macrolides", at=NOW)
    text = str(table(office, AUDIT))
    for word in ("Example", "Mia", "pilepsy", "acrolid", "eight", "21.", "resent"):
        assert word not in text, word
    for word in ("recaution", "llergy", "easurement"):
        assert word not in text, word
    assert text.count("Clinical facts created") == 3


@pytest.mark.parametrize("page", ["scores listed", "laboratory results listed"])
def test_a_list_of_scores_is_a_clinical_fact_to_the_office(office: Client, clinic: Clinic, by: Actor, page: str):
    actions.open_list(by, clinic, searched=False, at=NOW)
    actions.open_list(by, clinic, searched=False, at=NOW, page=page)
    assert [row[2] for row in table(office, AUDIT)[:2]] == ["Clinical facts opened", "Patients listed"]


def test_strangers_and_the_software_stay_without_a_name(
    office: Client, clinic: Clinic, outsider: User, other_clinic: Clinic, patient: Patient, signed_in: SignIn
):
    assert signed_in(outsider).get(reverse("patient_page", args=[patient.public_id])).status_code == 404
    event(clinic, system_actor("task"), "swept")
    rows = table(office, AUDIT)
    stranger = next(row for row in rows if row[2].startswith("Access refused"))
    software = next(row for row in rows if row[2] == "Swept")
    assert stranger[1] == "Someone outside this clinic Dermatologist"
    assert stranger[3:5] == ["Patient H-1001", "refused"]
    assert (software[1], software[5]) == ("The software", "task Request")
    assert outsider.name not in str(rows)


def test_looking_is_noted_too(office: Client, clinic_admin: User, patient: Patient):
    filtered(office, AUDIT, number="H-1001")
    looked = AuditEvent.objects.filter(verb="audit opened", actor=clinic_admin.public_id)
    assert [row.patient for row in looked] == [patient.public_id]


# --- Whose rows --------------------------------------------------------------------------------------------------------


def test_another_clinics_rows_are_never_shown(office: Client, outsider: User, other_clinic: Clinic, other_patient: Patient):
    event(other_clinic, actor_for(outsider, other_clinic), "something elsewhere")
    assert "Something elsewhere" not in office.get(AUDIT).content.decode()
    assert filtered(office, AUDIT, number="H-1001") == []  # the other clinic's patient has this number
    assert outsider.name not in office.get(AUDIT).content.decode()


@pytest.mark.parametrize("person", ["clinician", "nurse"])
def test_audit_is_for_administrators_and_own_activity_for_everybody(
    request: pytest.FixtureRequest, person: str, office: Client, patient: Patient, signed_in: SignIn
):
    client = signed_in(request.getfixturevalue(person))
    client.get(reverse("patient_page", args=[patient.public_id]))
    own = table(client, OWN)
    assert own[0][1:3] == ["Patient opened", "Patient H-1001"]
    assert len(own[0]) == 5  # no column for who: it is always oneself
    assert 'name="actor"' not in client.get(OWN).content.decode()
    assert table(office, OWN) == []
    assert client.get(AUDIT).status_code == 403
    assert client.post(AUDIT, {}).status_code == 403
    assert table(client, OWN)[0][1:4] == ["Access refused: see the clinic&#x27;s audit", "", "refused"]


def test_own_activity_after_the_role_ended_shows_no_number(
    clinician: User, clinic: Clinic, other_clinic: Clinic, patient: Patient, by: Actor, signed_in: SignIn
):
    actions.open_patient(by, patient, at=NOW)
    Membership.objects.filter(user=clinician).update(clinic=other_clinic)
    text = signed_in(clinician).get(OWN).content.decode()
    assert "Patient opened" in text
    assert "H-1001" not in text


# --- Filters -----------------------------------------------------------------------------------------------------------


def test_filters_leave_what_fits_all_of_them(office: Client, clinic: Clinic, by: Actor, nurse: User, patient: Patient):
    # Days on which nobody opens the audit itself.
    second = make_patient(clinic, record_number="H-2", at=NOW)
    for who in (by, actor_for(nurse, clinic)):
        for which in (patient, second):
            actions.open_patient(who, which, at=NOW - timedelta(days=30))
    audit.record(by, "made", Kind.CREATE, at=NOW - timedelta(days=29))
    assert len(filtered(office, AUDIT, number="H-2")) == 3
    assert [row[1] for row in filtered(office, AUDIT, number="H-2", actor=str(nurse.public_id))] == ["Nico Nurse Nurse"]
    assert [row[2] for row in filtered(office, AUDIT, kind="C", on_day="22", on_month="Oct", on_year="2026")] == ["Made"]
    assert len(filtered(office, AUDIT, on_day="21", on_month="10", on_year="2026")) == 4
    assert filtered(office, AUDIT, outcome="refused") == []
    assert filtered(office, AUDIT, number="H") == []


def test_day_follows_the_clinics_midnight(office: Client, clinic: Clinic, by: Actor):
    for hour, verb in ((21, "before"), (22, "after")):  # Berlin is two hours ahead in July
        event(clinic, by, verb, at=datetime(2026, 7, 1, hour, 59 - hour, tzinfo=UTC))
    rows = filtered(office, AUDIT, on_day="2", on_month="Jul", on_year="2026")
    assert [row[2] for row in rows] == ["After"]


def test_record_number_never_stands_in_an_address(office: Client, patient: Patient):
    answer = office.post(AUDIT, {"number": "H-1001"})
    assert re.fullmatch(r"/clinic/audit/\?s=[\w-]{12}", answer.headers["Location"])
    page = office.get(answer.headers["Location"]).content.decode()
    assert 'value="H-1001"' in page
    assert not re.search(r'(href|action)="[^"]*H-1001', page)
    assert office.get(answer.headers["Location"]).status_code == 200  # Back works


def test_kept_filters_are_few_and_belong_to_page_and_clinic(
    office: Client, clinic_admin: User, clinic: Clinic, other_clinic: Clinic, patient: Patient
):
    first = office.post(AUDIT, {"number": "H-1001"}).headers["Location"]
    assert table(office, first.replace(AUDIT, OWN)) == table(office, OWN)
    Membership.objects.create(user=clinic_admin, clinic=other_clinic, role="clinic_admin", started_at=NOW)
    office.post(reverse("clinic_switch"), {"clinic": str(other_clinic.public_id)})
    assert 'value="H-1001"' not in office.get(first).content.decode()
    for _time in range(25):
        office.post(AUDIT, {"kind": "R"})
    assert len(office.session["audit_filters"]) == 20


@pytest.mark.parametrize(
    "typed", [{"on_day": "33", "on_month": "1", "on_year": "2026"}, {"actor": "x"}, {"kind": "Z"}, {"number": "9" * 33}]
)
def test_impossible_filter_is_said_and_kept(office: Client, typed: dict[str, str]):
    answer = office.post(AUDIT, typed)
    assert answer.status_code == 422
    assert 'class="error-summary"' in answer.content.decode()


def test_unknown_key_and_forged_cursor_show_the_first_page(office: Client, by: Actor, patient: Patient):
    actions.open_patient(by, patient, at=NOW)
    cursors = ["x", "1", signing.dumps(1, salt="another"), signing.dumps(1, salt="audit page") + "x"]
    for query in ("?s=unknown", *(f"?before={cursor}" for cursor in cursors)):
        assert table(office, AUDIT + query)[-1][2] == "Patient registered", query


def test_empty_says_why(office: Client):
    assert "Nothing has happened yet." in office.get(OWN).content.decode()
    nothing = office.post(AUDIT, {"number": "none"}).headers["Location"]
    assert "No row fits all of these at once." in office.get(nothing).content.decode()


# --- Pages -------------------------------------------------------------------------------------------------------------


def test_pages_follow_each_other_without_gap_or_double(office: Client, clinic: Clinic, by: Actor):
    for number in range(2 * AUDIT_PAGE + 5):
        event(clinic, by, f"step {number:03d}")
    seen, url = [], office.post(AUDIT, {"actor": str(by.account.public_id)}).headers["Location"]
    for _page in range(3):
        seen += [row[2] for row in table(office, url)]
        older = re.search(r'rel="next" href="([^"]+)"', office.get(url).content.decode())
        url = AUDIT + older[1].replace("&amp;", "&") if older else ""
    assert seen == [f"Step {number:03d}" for number in reversed(range(2 * AUDIT_PAGE + 5))]
    assert url == ""


def test_lists_ask_the_same_for_one_and_three_rows(
    office: Client, clinic: Clinic, by: Actor, nurse: User, django_assert_num_queries
):
    actions.open_patient(by, make_patient(clinic, record_number="A1"), at=NOW)
    office.get(AUDIT)
    with django_assert_num_queries(9):
        office.get(AUDIT)
    for number, who in (("A2", by), ("A3", actor_for(nurse, clinic))):
        actions.open_patient(who, make_patient(clinic, record_number=number), at=NOW)
    with django_assert_num_queries(9):
        rows = table(office, AUDIT)
    assert {"Patient A1", "Patient A2", "Patient A3"} <= {row[3] for row in rows}


def test_nobody_is_named_by_an_unknown_id(office: Client):
    assert office.post(AUDIT, {"actor": str(UUID(int=1))}).status_code == 422
