"""The pages about patients: one happy path and the refusals per view."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clinics import guard
from clinics.access import Actor
from clinics.models import AuditEvent, Clinic, KeptForm, Role, User
from patients import actions, queries
from patients.models import Allergy, ContactPoint, GuardianLink, Patient, Precaution
from tests.factories import NOW, make_member, make_patient

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]

# session, account with its roles, the page of patients with their scores, the audit row
LIST_QUERIES = 4


def typed(**more: str) -> dict[str, str]:
    """A filled registration form."""
    values = {
        "family_name": "Newcomer",
        "given_name": "Ada",
        "birth_date_day": "4",
        "birth_date_month": "May",
        "birth_date_year": "2019",
        "sex": "female",
        "record_number": "N-1",
        "no_guardian_reason": "later",
    }
    return values | more


def same_for_everyone(answer: HttpResponse) -> str:
    """A page without what differs on every request: its id and the masked form key."""
    page = answer.content.decode().replace(answer["X-Request-ID"], "")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


def names(html: str) -> list[str]:
    return re.findall(r'<td class="name"><a href="[^"]+">([^<]+)</a>', html)


@pytest.mark.parametrize("count", [1, 3, 50])
def test_list_takes_the_same_queries_for_any_number_of_rows(
    signed_in: SignIn, clinician: User, clinic: Clinic, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        make_patient(clinic, family_name=f"Row{number:02d}")
    client = signed_in(clinician)
    client.get(reverse("patient_list"))
    with django_assert_num_queries(LIST_QUERIES):
        page = client.get(reverse("patient_list")).content.decode()
    assert len(names(page)) == count


def test_list_holds_only_the_active_clinic_and_only_open_records(
    signed_in: SignIn, clinician: User, patient: Patient, other_patient: Patient, by: Actor, clinic: Clinic
) -> None:
    closed = make_patient(clinic, family_name="Gone")
    actions.close_patient(by, closed, reason="ended", version=1, at=NOW)
    page = signed_in(clinician).get(reverse("patient_list")).content.decode()
    assert names(page) == ["EXAMPLE, Mia"]


def test_list_pages_forward_and_back_without_gaps(signed_in: SignIn, clinician: User, clinic: Clinic) -> None:
    for number in range(queries.PAGE_SIZE * 2 + 10):
        make_patient(clinic, family_name=f"Row{number:03d}" if number % 7 else "Same", given_name="Sam")
    client = signed_in(clinician)
    url, seen, previous = reverse("patient_list"), [], ""
    while url:
        page = client.get(url).content.decode()
        seen.append(names(page))
        previous = url
        link = re.search(r'rel="next" href="([^"]+)"', page)
        url = reverse("patient_list") + link[1].replace("&amp;", "&") if link else ""
    assert [len(part) for part in seen] == [50, 50, 10]
    everybody = [name for part in seen for name in part]
    assert everybody == sorted(everybody, key=str.casefold)
    back = re.search(r'rel="prev" href="([^"]+)"', client.get(previous).content.decode())
    assert back is not None
    assert names(client.get(reverse("patient_list") + back[1].replace("&amp;", "&")).content.decode()) == seen[1]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("exa", ["EXAMPLE, Mia"]),
        ("EXAMPLE, m", ["EXAMPLE, Mia"]),
        ("mia example", ["EXAMPLE, Mia"]),
        ("H-1001", ["EXAMPLE, Mia"]),
        ("h-1001", ["EXAMPLE, Mia"]),
        ("04-May-2019", ["EXAMPLE, Mia"]),
        ("2019-05-04", ["EXAMPLE, Mia"]),
        ("4.5.2019", ["EXAMPLE, Mia"]),
        ("nobody", []),
        ("%", []),
        ("'; --", []),
    ],
)
def test_search_finds_and_keeps_what_was_typed_out_of_the_address(
    signed_in: SignIn, clinician: User, patient: Patient, other_patient: Patient, text: str, found: list[str]
) -> None:
    client = signed_in(clinician)
    answer = client.post(reverse("patient_list"), {"text": text})
    assert answer.status_code == 302
    assert re.fullmatch(r"/patients/\?s=[\w-]{12}", answer["Location"])
    for _again in range(2):
        assert names(client.get(answer["Location"]).content.decode()) == found


def test_search_of_one_person_is_nothing_to_another(
    signed_in: SignIn, clinician: User, nurse: User, clinic: Clinic
) -> None:
    make_patient(clinic, family_name="Aaa")
    make_patient(clinic, family_name="Bbb")
    key = signed_in(clinician).post(reverse("patient_list"), {"text": "aaa"})["Location"]
    assert names(signed_in(nurse).get(key).content.decode()) == ["AAA, Robin", "BBB, Robin"]


@pytest.mark.parametrize("text", ["4/5/2019", "31-Feb-2019", "4 Foo 2019", "2019-13-01"])
def test_a_date_that_cannot_be_read_is_said_and_kept(signed_in: SignIn, clinician: User, text: str) -> None:
    answer = signed_in(clinician).post(reverse("patient_list"), {"text": text})
    assert answer.status_code == 422
    assert f'value="{text}"' in answer.content.decode()


def test_the_list_marks_names_that_are_taken_for_each_other(signed_in: SignIn, clinician: User, clinic: Clinic) -> None:
    make_patient(clinic, family_name="Meier", given_name="Anna")
    make_patient(clinic, family_name="Meier", given_name="Ana")
    make_patient(clinic, family_name="Meier", given_name="Ben")
    page = signed_in(clinician).get(reverse("patient_list")).content.decode()
    assert page.count("Similar name") == 2


def test_register_then_the_page_says_whose_record_it_is(signed_in: SignIn, clinician: User, clinic: Clinic) -> None:
    client = signed_in(clinician)
    answer = client.post(reverse("patient_register"), typed(), follow=True)
    patient = Patient.objects.get()
    assert answer.redirect_chain == [(reverse("patient_page", args=[patient.public_id]), 302)]
    assert (
        'Registered – <bdi>NEWCOMER, Ada</bdi>, <bdi class="nowrap">04-May-2019</bdi>, <bdi>N-1</bdi>'
        in answer.content.decode()
    )
    assert (patient.clinic, patient.registered_by) == (clinic, clinician)


def test_register_with_errors_names_fields_and_loses_nothing(signed_in: SignIn, clinician: User) -> None:
    answer = signed_in(clinician).post(reverse("patient_register"), typed(birth_date_month="Mai2", record_number=""))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert '<a href="#id_birth_date_0">Date of birth: Enter the month' in page
    assert '<a href="#id_record_number">' in page
    assert 'value="Newcomer"' in page
    assert 'value="Mai2"' in page
    assert not Patient.objects.exists()


def test_register_asks_before_it_makes_a_duplicate(signed_in: SignIn, clinician: User, clinic: Clinic) -> None:
    make_patient(clinic, family_name="Newkomer", given_name="Ada", record_number="OLD-7")
    client = signed_in(clinician)
    answer = client.post(reverse("patient_register"), typed())
    assert answer.status_code == 422
    assert "OLD-7" in answer.content.decode()
    assert Patient.objects.count() == 1
    assert client.post(reverse("patient_register"), typed(confirm_not_duplicate="on")).status_code == 302
    assert Patient.objects.count() == 2


def test_register_never_shows_another_clinics_duplicate(signed_in: SignIn, clinician: User, other_clinic: Clinic) -> None:
    make_patient(other_clinic, family_name="Newcomer", given_name="Ada", record_number="N-1")
    assert signed_in(clinician).post(reverse("patient_register"), typed()).status_code == 302


def test_page_shows_banner_facts_and_leaves_a_row(signed_in: SignIn, clinician: User, patient: Patient, by: Actor) -> None:
    actions.record_allergy(by, patient, kind="class", code="macrolides", at=NOW)
    url = reverse("patient_page", args=[patient.public_id])
    page = signed_in(clinician).get(url).content.decode()
    for words in ("EXAMPLE, Mia", "04-May-2019", "H-1001", "Macrolides", "Netherton"):
        assert words in page
    event = AuditEvent.objects.get(verb="patient opened")
    assert (event.actor, event.patient, event.kind) == (clinician.public_id, patient.public_id, "R")


def test_banner_tells_not_asked_from_none_known(signed_in: SignIn, clinician: User, patient: Patient, by: Actor) -> None:
    client, url = signed_in(clinician), reverse("patient_people", args=[patient.public_id])
    assert '<dd class="not-asked">Not asked</dd>' in client.get(url).content.decode()
    actions.record_no_known_allergies(by, patient, at=NOW)
    assert 'No known allergies recorded on <bdi class="nowrap">20-Nov-2026</bdi>' in client.get(url).content.decode()


def test_clinic_admin_sees_the_person_and_nothing_clinical(
    signed_in: SignIn, clinic_admin: User, patient: Patient, by: Actor
) -> None:
    actions.record_allergy(by, patient, kind="class", code="macrolides", at=NOW)
    client = signed_in(clinic_admin)
    for name in ("patient_page", "patient_people", "patient_edit"):
        page = client.get(reverse(name, args=[patient.public_id])).content.decode()
        assert "EXAMPLE, Mia" in page
        for word in ("Macrolides", "Allerg", "Precaution", "Weight"):
            assert word not in page


def test_another_clinics_record_is_answered_like_a_missing_one(
    signed_in: SignIn, clinician: User, other_patient: Patient, other_clinic: Clinic
) -> None:
    client = signed_in(clinician)
    foreign = client.get(reverse("patient_page", args=[other_patient.public_id]))
    missing = client.get(reverse("patient_page", args=[uuid4()]))
    assert foreign.status_code == missing.status_code == 404
    assert same_for_everyone(foreign) == same_for_everyone(missing)
    row = AuditEvent.objects.get(outcome="refused")
    assert (row.actor, row.clinic, row.object_id, row.request_id) == (
        clinician.public_id,
        other_clinic.public_id,
        other_patient.public_id,
        foreign["X-Request-ID"],
    )


def test_edit_saves_and_names_whose_record(signed_in: SignIn, clinician: User, patient: Patient) -> None:
    client, url = signed_in(clinician), reverse("patient_edit", args=[patient.public_id])
    answer = client.post(url, typed(given_name="Mila", record_number="H-1001", version="1"), follow=True)
    assert (
        'Saved – <bdi>NEWCOMER, Mila</bdi>, <bdi class="nowrap">04-May-2019</bdi>, <bdi>H-1001</bdi>'
        in answer.content.decode()
    )


def test_stale_edit_shows_both_values_and_the_next_save_counts(
    signed_in: SignIn, clinician: User, patient: Patient, by: Actor
) -> None:
    client, url = signed_in(clinician), reverse("patient_edit", args=[patient.public_id])
    mine = typed(family_name="Example", given_name="Mila", record_number="H-1001", version="1")
    actions.update_patient(by, patient, {"given_name": "Lina"}, version=1, at=NOW)
    answer = client.post(url, mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert re.search(r"<bdi>Lina</bdi></td><td[^>]*><bdi>Mila</bdi></td>", page)
    assert 'name="version" value="2"' in page
    assert Patient.objects.get().given_name == "Lina"
    assert client.post(url, mine | {"version": "2"}).status_code == 302
    assert Patient.objects.get().given_name == "Mila"


def test_edit_with_a_taken_number_keeps_the_banner_of_the_stored_record(
    signed_in: SignIn, clinician: User, patient: Patient, clinic: Clinic
) -> None:
    make_patient(clinic, record_number="TAKEN")
    url = reverse("patient_edit", args=[patient.public_id])
    page = signed_in(clinician).post(url, typed(record_number="TAKEN", version="1")).content.decode()
    assert "Another patient of this clinic has this record number." in page
    assert 'for <bdi>EXAMPLE, Mia</bdi>, born <bdi class="nowrap">04-May-2019</bdi>' in page


def test_close_and_reopen(signed_in: SignIn, nurse: User, patient: Patient) -> None:
    client = signed_in(nurse)
    close = reverse("patient_close", args=[patient.public_id])
    assert client.post(close, {"reason": "died", "version": "1"}).status_code == 422
    assert client.post(close, {"reason": "moved", "version": "1"}).status_code == 302
    assert client.post(close, {"reason": "moved", "version": "1"}).status_code == 422
    assert "Closed" in client.get(reverse("patient_page", args=[patient.public_id])).content.decode()
    assert client.post(reverse("patient_reopen", args=[patient.public_id])).status_code == 302
    assert Patient.objects.get().closed_at is None


def test_facts_are_recorded_and_taken_back(signed_in: SignIn, nurse: User, patient: Patient) -> None:
    client, ids = signed_in(nurse), [patient.public_id]
    assert client.post(reverse("allergies_none_known", args=ids)).status_code == 302
    answer = client.post(reverse("allergy_add", args=ids), {"code": "substance:lanolin", "reaction": "rash"})
    assert answer.status_code == 302
    allergy = Allergy.objects.get()
    assert (allergy.recorded_by, allergy.reaction) == (nurse, "rash")
    measured = {
        "kind": "weight",
        "value": "24.5",
        "measured_on_day": "1",
        "measured_on_month": "11",
        "measured_on_year": "2026",
    }
    assert client.post(reverse("measurement_add", args=ids), measured).status_code == 302
    assert client.post(reverse("measurement_add", args=ids), measured | {"value": "24,5"}).status_code == 422
    infection = {"kind": "skin_infection", "state": "present"}
    assert client.post(reverse("precaution_add", args=ids), infection).status_code == 422
    assert client.post(reverse("precaution_add", args=ids), infection | {"site": "face"}).status_code == 302
    page = client.get(reverse("patient_page", args=ids)).content.decode()
    for words in ("Wool alcohols (lanolin)", "24.5\u00a0kg", "Skin infection: Face"):
        assert words in page
    withdraw = reverse("row_withdraw", args=[patient.public_id, "allergies", allergy.public_id])
    assert client.get(withdraw).status_code == 200
    assert client.post(withdraw, {"reason": ""}).status_code == 422
    assert client.post(withdraw, {"reason": "wrong patient"}).status_code == 302
    assert not Allergy.objects.live().exists()


def test_people_are_added_and_ended(signed_in: SignIn, clinic_admin: User, patient: Patient) -> None:
    client, ids = signed_in(clinic_admin), [patient.public_id]
    guardian = {
        "name": "Maria Example",
        "relation": "mother",
        "scope": "manage",
        "evidence": "birth certificate",
        "from_on_day": "20",
        "from_on_month": "Nov",
        "from_on_year": "2026",
    }
    assert client.post(reverse("guardian_add", args=ids), guardian).status_code == 302
    link = GuardianLink.objects.get()
    contact = {"kind": "email", "address": "maria@example.org", "guardian": str(link.public_id)}
    assert client.post(reverse("contact_add", args=ids), contact).status_code == 302
    assert ContactPoint.objects.get().guardian == link
    consent = {
        "purpose": "reminders",
        "channel": "email",
        "given_by": "Maria Example",
        "given_on_day": "20",
        "given_on_month": "11",
        "given_on_year": "2026",
    }
    assert client.post(reverse("consent_add", args=ids), consent).status_code == 302
    page = client.get(reverse("patient_people", args=ids)).content.decode()
    for words in ("Maria Example", "maria@example.org", "Not confirmed", "Reminders"):
        assert words in page
    assert str(link.pk) + '"' not in re.findall(r'<option value="([^"]*)"', page)
    end = reverse("row_withdraw", args=[patient.public_id, "guardians", link.public_id])
    assert client.post(end, {"reason": "moved out"}).status_code == 302
    assert not GuardianLink.objects.live().exists()


def test_a_contact_for_a_foreign_guardian_is_refused(
    signed_in: SignIn, clinician: User, clinic: Clinic, patient: Patient, by: Actor
) -> None:
    other = make_patient(clinic)
    values = {"name": "X", "relation": "carer", "scope": "read", "evidence": "letter", "from_on": NOW.date()}
    foreign = actions.grant_guardian(by, other, values, at=NOW)
    body = {"kind": "email", "address": "x@example.org", "guardian": str(foreign.public_id)}
    answer = signed_in(clinician).post(reverse("contact_add", args=[patient.public_id]), body)
    assert answer.status_code == 422
    assert not ContactPoint.objects.exists()


def test_a_row_of_another_patient_is_not_withdrawn_through_this_one(
    signed_in: SignIn, clinician: User, clinic: Clinic, patient: Patient, by: Actor
) -> None:
    other = make_patient(clinic)
    allergy = actions.record_allergy(by, other, kind="class", code="macrolides", at=NOW)
    url = reverse("row_withdraw", args=[patient.public_id, "allergies", allergy.public_id])
    assert signed_in(clinician).post(url, {"reason": "x"}).status_code == 404
    assert signed_in(clinician).post(url.replace("allergies", "tokens"), {"reason": "x"}).status_code == 404
    assert Allergy.objects.live().exists()


def test_a_form_for_another_patient_saves_nothing_and_keeps_the_input(
    signed_in: SignIn, clinician: User, clinic: Clinic, patient: Patient
) -> None:
    other = make_patient(clinic)
    client = signed_in(clinician)
    page = client.get(reverse("allergy_add", args=[other.public_id])).content.decode()
    made = re.search(rf'name="{guard.FIELD}" value="([^"]+)"', page)
    assert made is not None
    body = {"code": "substance:latex", "reaction": "hives", guard.FIELD: made[1]}
    answer = client.post(reverse("allergy_add", args=[patient.public_id]), body)
    assert answer.status_code == 409
    assert not Allergy.objects.exists()
    kept = KeptForm.objects.get()
    back = client.get(f"{kept.path}?kept={kept.public_id}").content.decode()
    assert kept.path == reverse("allergy_add", args=[other.public_id])
    assert 'value="hives"' in back


def test_membership_that_ended_closes_the_page_on_the_next_request(
    signed_in: SignIn, clinic: Clinic, patient: Patient
) -> None:
    user = make_member(clinic, Role.NURSE)
    client, url = signed_in(user), reverse("patient_page", args=[patient.public_id])
    assert client.get(url).status_code == 200
    user.memberships.update(ended_at=timezone.now() - timedelta(seconds=1), ended_by=user)
    assert client.get(url).status_code == 404
    assert client.get(reverse("patient_list")).status_code == 302


def test_register_a_child_with_guardian_and_address(signed_in: SignIn, nurse: User) -> None:
    client, url = signed_in(nurse), reverse("patient_register")
    child = typed(no_guardian_reason="", email="ada@example.org", guardian_name="Maria Newcomer")
    answer = client.post(url, child)
    assert answer.status_code == 422
    assert '<a href="#id_guardian_relation">' in answer.content.decode()
    rest = {"guardian_relation": "mother", "guardian_scope": "manage", "guardian_evidence": "passport"}
    assert client.post(url, child | rest).status_code == 302
    assert GuardianLink.objects.get().evidence_checked_by == nurse
    assert ContactPoint.objects.get().address == "ada@example.org"


def test_register_a_child_without_guardian_asks_why(signed_in: SignIn, nurse: User) -> None:
    answer = signed_in(nurse).post(reverse("patient_register"), typed(no_guardian_reason=""))
    assert answer.status_code == 422
    assert "Under 16: enter a guardian, or say why there is none." in answer.content.decode()


def test_being_shown_a_possible_duplicate_leaves_a_row(signed_in: SignIn, clinician: User, clinic: Clinic) -> None:
    other = make_patient(clinic, family_name="Newkomer", given_name="Ada")
    assert signed_in(clinician).post(reverse("patient_register"), typed()).status_code == 422
    assert AuditEvent.objects.get(verb="possible duplicate shown").patient == other.public_id


@pytest.mark.parametrize(
    ("route", "body", "says"),
    [
        ("measurement_add", {"kind": "height", "value": "1.24"}, "Between 20 and 250."),
        ("measurement_add", {"kind": "weight", "value": "501"}, "Between 0.3 and 400."),
        ("precaution_add", {"kind": "other", "state": "present"}, "Write what it is."),
    ],
)
def test_errors_are_words_at_their_field_and_never_a_constraints_name(
    signed_in: SignIn, nurse: User, patient: Patient, route: str, body: dict[str, str], says: str
) -> None:
    day_boxes = {"measured_on_day": "1", "measured_on_month": "11", "measured_on_year": "2026"}
    answer = signed_in(nurse).post(reverse(route, args=[patient.public_id]), body | day_boxes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert "onstraint" not in page
    assert "_error" in page  # it stands at its field too


def test_taking_back_an_address_names_the_address_and_no_key(
    signed_in: SignIn, nurse: User, patient: Patient, by: Actor
) -> None:
    row = actions.add_contact_point(by, patient, kind="email", address="mary@example.org", at=NOW)
    url = reverse("row_withdraw", args=[patient.public_id, "contacts", row.public_id])
    page = signed_in(nurse).get(url).content.decode()
    assert "Take back: mary@example.org (E-mail)" in page


def test_news_of_a_precaution_replaces_its_row_and_the_old_one_stays_readable(
    signed_in: SignIn, nurse: User, patient: Patient, by: Actor
) -> None:
    found = {"kind": "skin_infection", "state": "present", "site": "face"}
    infection = actions.record_precaution(by, patient, found, at=NOW)
    other = actions.record_precaution(by, patient, {**found, "site": "hands"}, at=NOW)
    client, url = signed_in(nurse), reverse("precaution_add", args=[patient.public_id])
    form = client.get(f"{url}?replaces={infection.public_id}").content.decode()
    assert f'name="replaces" value="{infection.public_id}"' in form
    assert '<option value="face" selected>' in form
    body = {"kind": "skin_infection", "state": "absent", "site": "face", "replaces": str(infection.public_id)}
    assert client.post(url, body).status_code == 302
    live = Precaution.objects.live().order_by("id")
    assert [(row.site, row.state) for row in live] == [("hands", "present"), ("face", "absent")]
    assert live[1].replaces == infection
    assert client.post(url, body).status_code == 422  # replaced meanwhile
    assert client.get(f"{url}?replaces=nonsense").status_code == 404
    page = client.get(reverse("patient_page", args=[patient.public_id])).content.decode()
    assert "1 entry taken back or replaced" in page
    assert "replaced by a newer finding" in page
    assert other.pk


def test_what_was_taken_back_stays_on_the_page_with_its_reason(
    signed_in: SignIn, nurse: User, patient: Patient, by: Actor
) -> None:
    row = actions.record_allergy(by, patient, kind="class", code="macrolides", at=NOW)
    actions.withdraw(by, row, reason="patch test negative", at=NOW)
    page = signed_in(nurse).get(reverse("patient_page", args=[patient.public_id])).content.decode()
    assert "Macrolides" in page
    assert "patch test negative" in page
