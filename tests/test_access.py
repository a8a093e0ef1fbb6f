"""Every route and API operation by every role, against the tables of docs/authorization.md.

The document is the expectation: a route without a row fails, and so does a row without a route.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import DjangoDbBlocker

from clinics import actions as clinic_actions
from clinics.access import MATRIX, NEEDS_FLAG, May
from clinics.models import AuditEvent, Clinic, Role, User
from patients import actions
from patients.models import Patient
from regimens import actions as treatment
from regimens.models import WorkReason
from regimens.protocol.slots import Slot
from tests.conftest import make_guardian, make_portal_user
from tests.factories import (
    NOW,
    TODAY,
    actor_for,
    make_assessment,
    make_clinic,
    make_lab,
    make_line,
    make_member,
    make_patient,
    make_user,
)

pytestmark = pytest.mark.django_db
DOCUMENT = (Path(__file__).resolve().parent.parent / "docs" / "authorization.md").read_text()
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
BURNING = {"kind": "burning", "severity": "mild", "onset_on": TODAY, "action_taken": "none"}


def table(heading: str) -> list[dict[str, str]]:
    """The first table under a heading of the document, one dictionary a row."""
    part = DOCUMENT.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line.strip().strip("|") for line in part.splitlines() if line.startswith("|")]
    head, rows = [cell.strip() for cell in lines[0].split("|")], lines[2:]
    return [dict(zip(head, (cell.strip().strip("`") for cell in row.split("|")), strict=True)) for row in rows]


ROUTES = table("Routes")
PEOPLE = [name for name in ROUTES[0] if name not in {"route", "method"}]


@dataclass
class Route:
    """A named address with the parameters it takes."""

    name: str
    params: frozenset[str]


def routes(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[Route]:
    """Every address of the site except the admin's own, which test_admin_routes walks."""
    for entry in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(entry, URLResolver) and entry.namespace == "admin":
            continue
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, prefix)
        elif isinstance(entry, URLPattern):
            assert entry.name, f"{entry.pattern} has no name and so no row"
            yield Route(entry.name, frozenset(entry.pattern.converters) | frozenset(entry.pattern.regex.groupindex))


@dataclass
class World:
    """Two clinics with the same things in them, and everybody who may try."""

    people: dict[str, User | None]
    ours: dict[str, Any] = field(default_factory=dict)
    theirs: dict[str, Any] = field(default_factory=dict)

    def client(self, person: str) -> Client:
        client = Client(raise_request_exception=False)
        user = self.people[person]
        if user is not None:
            client.force_login(user)
        return client


def things(user: User, admin: User, clinic: Clinic, patient: Patient) -> dict[str, Any]:
    """One of each row a route may name."""
    by, office = actor_for(user, clinic), actor_for(admin, clinic)
    access = {"name": "X", "relation": "carer", "scope": "read", "evidence": "letter", "from_on": NOW.date()}
    guardian = actions.grant_guardian(by, patient, access, at=NOW)
    line = make_line(patient, by=by)
    before = {"family": "tcs", "response": "partial", "why_stopped": "no_effect"}
    return {
        "patient": patient,
        "allergies": actions.record_allergy(by, patient, kind="class", code="macrolides", at=NOW),
        "measurements": actions.record_measurement(by, patient, kind="weight", value=20, measured_on=NOW.date(), at=NOW),
        "precautions": actions.record_precaution(by, patient, {"kind": "epilepsy", "state": "absent"}, at=NOW),
        "guardians": guardian,
        "contacts": actions.add_contact_point(by, patient, kind="email", address="x@example.org", at=NOW),
        "consents": actions.record_consent(by, patient, purpose="portal", given_on=NOW.date(), given_by="X", at=NOW),
        "assessments": make_assessment(patient, by=by),
        "drafts": make_assessment(patient, by=by, sign=False),
        "labs": make_lab(patient, by=by),
        "lines": line,
        "regimens": line.regimen,
        "work": treatment.raise_item(by, patient, WorkReason.FINDING, "line:rule:facts", "An ointment: consider.", at=NOW),
        "past treatments": treatment.record_past_treatment(by, patient, before, at=NOW),
        "doses": treatment.record_dose(by, line.plans.get(), Slot(TODAY, "morning"), treatment.Said("done"), at=NOW),
        "tubes": treatment.report_tubes(by, line, since_on=TODAY, until_on=TODAY, tubes=Decimal(1), grams_each=30, at=NOW),
        "events": treatment.record_adverse_event(by, patient, BURNING, at=NOW),
        "membership": user.memberships.get(),
        "invitation": clinic_actions.invite_member(
            office, clinic, email=f"new@{clinic.pk}.example.org", name="New", role=Role.NURSE, at=NOW
        )[0],
    }


def make_world() -> World:
    """Two clinics, a patient with a row of each kind in each, and everybody."""
    ours, theirs = make_clinic("Hillside"), make_clinic("Riverside", zone="America/New_York", jurisdiction="US")
    clinician = make_member(ours, Role.DERMATOLOGIST, may_prescribe=True, may_score=True)
    outsider = make_member(theirs, Role.DERMATOLOGIST, may_prescribe=True)
    nurse, office = make_member(ours, Role.NURSE), make_member(ours, Role.CLINIC_ADMIN)
    patient = make_patient(ours, family_name="Example", given_name="Mia", record_number="H-1001")
    other = make_patient(theirs, family_name="Example", given_name="Noah", record_number="H-1001")
    people = {
        "anonymous": None,
        "dermatologist": clinician,
        "nurse": nurse,
        "clinic admin": office,
        "platform admin": make_user(is_staff=True, is_superuser=True),
        "patient": make_portal_user(patient),
        "guardian": make_guardian(patient),
        "other clinic": outsider,
    }
    assert list(people) == PEOPLE
    their_office = make_member(theirs, Role.CLINIC_ADMIN)
    return World(people, things(clinician, office, ours, patient), things(outsider, their_office, theirs, other))


@pytest.fixture(scope="module")
def made_once(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The world, made for all tests of this file and taken back behind the last."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(made_once: World, db: None) -> World:
    """The world as it was made: what a test changes in it, in the database or in its rows, stays in the test."""
    return deepcopy(made_once)


ROWS = {
    "api_allergy_withdraw": "allergies",
    "api_measurement_withdraw": "measurements",
    "api_precaution_withdraw": "precautions",
    "api_guardian_withdraw": "guardians",
    "api_contact_point_withdraw": "contacts",
    "api_consent_withdraw": "consents",
    "api_assessment": "assessments",
    "api_assessment_draft": "drafts",
    "api_assessment_amend": "assessments",
    "api_assessment_withdraw": "assessments",
    "api_assessment_release": "assessments",
    "api_lab_withdraw": "labs",
    "api_regimen_lines": "regimens",
    "api_regimen_stop": "regimens",
    "api_line_change_product": "lines",
    "api_line_start_again": "lines",
    "api_line_step_to_maintenance": "lines",
    "api_line_return_to_induction": "lines",
    "api_line_step_down": "lines",
    "api_line_hold": "lines",
    "api_line_resume": "lines",
    "api_line_stop": "lines",
    "api_line_times": "lines",
    "api_past_treatment_withdraw": "past treatments",
    "api_dose_undo": "doses",
    "api_dose_change": "doses",
    "api_tubes_withdraw": "tubes",
    "api_adverse_event_amend": "events",
    "api_adverse_event_withdraw": "events",
    "dose_change": "doses",
    "dose_undo": "doses",
    "event_amend": "events",
    "event_withdraw": "events",
    "lab_page": "labs",
    "assessment_page": "assessments",
    "assessment_edit": "drafts",
    "assessment_amend": "assessments",
    "assessment_withdraw": "assessments",
    "assessment_release": "assessments",
}


def address(route: Route, things: dict[str, Any], rows: dict[str, Any] | None = None) -> str:
    """The route's address for these things; `rows` gives the inner row where it is another's."""
    values: dict[str, Any] = {}
    if "public_id" in route.params:
        kinds = {"staff_": "membership", "invitation": "invitation", "work_": "work"}
        kind = next((kind for part, kind in kinds.items() if part in route.name), "patient")
        values["public_id"] = things[kind].public_id
    if "row_id" in route.params:
        values["row_id"] = (rows or things)[ROWS.get(route.name, "allergies")].public_id
    if "line_id" in route.params:
        values["line_id"] = (rows or things)["lines"].public_id
    if "step" in route.params:
        values["step"] = "stop"
    if "rule_id" in route.params:
        values["rule_id"] = "allergy"
    if "what" in route.params:
        values["what"] = "allergies"
    if "instrument" in route.params:
        values["instrument"] = "easi"
    values |= {name: "no-such-token" for name in ("token", "uidb36", "key", "rest") if name in route.params}
    return reverse(route.name, kwargs=values)


def ask(client: Client, method: str, url: str) -> HttpResponse:
    """One request with an empty body, undone afterwards."""
    with transaction.atomic():
        if url.startswith("/api/"):
            answer = client.generic(method, url, "{}" if method != "GET" else "", content_type="application/json")
        else:
            answer = client.generic(method, url, "", content_type="application/x-www-form-urlencoded")
        transaction.set_rollback(True)
    return answer


def known() -> dict[str, Route]:
    return {route.name: route for route in routes()}


def shown(answer: HttpResponse) -> str:
    """The status as the table writes it: a redirect to the sign-in page is `in`."""
    if answer.status_code == 302 and answer["Location"].startswith(reverse("account_login")):
        return "in"
    return str(answer.status_code)


def test_matrix_in_the_document_is_the_matrix_in_the_code() -> None:
    columns = {"dermatologist": Role.DERMATOLOGIST, "nurse": Role.NURSE, "clinic admin": Role.CLINIC_ADMIN}
    rows = {May(row["may"]): {role: row[column] for column, role in columns.items()} for row in table("Rights")}
    assert {what: frozenset(role for role, cell in row.items() if cell != "-") for what, row in rows.items()} == MATRIX
    flags = {"if trained", "with the flag"}
    flagged = {what: {role for role, cell in row.items() if cell in flags} for what, row in rows.items()}
    assert {what: roles for what, roles in flagged.items() if roles} == {what: set(by) for what, by in NEEDS_FLAG.items()}
    assert {cell for row in rows.values() for cell in row.values()} == {"yes", "-"} | flags


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert {row["route"] for row in ROUTES} == set(known())


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: f"{row['method']} {row['route']}")
def test_route_answers_everybody_as_the_document_says(world: World, row: dict[str, str]) -> None:
    url = address(known()[row["route"]], world.ours)
    answers = {person: shown(ask(world.client(person), row["method"], url)) for person in PEOPLE}
    assert answers == {person: row[person] for person in PEOPLE}


@pytest.mark.parametrize("name", sorted({row["route"] for row in ROUTES}))
def test_methods_without_a_row_do_nothing(world: World, name: str) -> None:
    url = address(known()[name], world.ours)
    for method in METHODS:
        if any(row["route"] == name and row["method"] == method for row in ROUTES):
            continue
        for person in PEOPLE:
            assert shown(ask(world.client(person), method, url)) in {"401", "403", "404", "405", "in"}, (method, person)


def test_public_routes_are_the_listed_ones() -> None:
    listed = set(re.findall(r"^- `(\w+)`", DOCUMENT.split("## Public routes\n", 1)[1].split("\n## ", 1)[0], re.MULTILINE))
    assert {row["route"] for row in ROUTES if row["anonymous"] not in {"in", "401", "404"}} | {
        "invitation_accept",
        "invitation_form",
    } == listed


def snapshot(things: dict[str, Any]) -> dict[str, Any]:
    return {name: type(row).objects.filter(pk=row.pk).values().get() for name, row in things.items()}


FOREIGN = sorted({row["route"] for row in ROUTES if known()[row["route"]].params & {"public_id", "row_id"}})


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("person", ["dermatologist", "nurse", "clinic admin"])
def test_foreign_ids_in_the_path_are_answered_like_missing_ones(world: World, name: str, person: str) -> None:
    route, client, before = known()[name], world.client(person), snapshot(world.theirs)
    urls = [address(route, world.theirs)]
    if "row_id" in route.params:
        urls.append(address(route, world.ours, rows=world.theirs))
    for url in urls:
        for method in ("GET", "POST", "PUT", "PATCH"):
            assert shown(ask(client, method, url)) in {"403", "404", "405"}, (method, url)
    assert snapshot(world.theirs) == before


ABOUT_PATIENTS = [name for name in FOREIGN if not name.startswith(("staff_", "invitation_"))]


@pytest.mark.parametrize("name", ABOUT_PATIENTS)
def test_nobody_sees_a_record_without_leaving_a_row(world: World, name: str) -> None:
    """Whatever the answer: a page, a form with errors, a stale save, a refusal that shows the record as it stands."""
    patient, client = world.ours["patient"], world.client("nurse")
    url = address(known()[name], world.ours)
    for method in ("GET", "POST", "PATCH", "PUT"):
        for tag in ('"0"', f'"{patient.version}"'):
            before = AuditEvent.objects.count()
            kind = "application/json" if url.startswith("/api/") else "application/x-www-form-urlencoded"
            body = "{}" if kind == "application/json" and method != "GET" else ""
            answer = client.generic(method, url, body, content_type=kind, headers={"If-Match": tag})
            text = answer.content.decode().lower()
            if patient.family_name.lower() in text or patient.record_number.lower() in text:
                assert AuditEvent.objects.count() > before, (method, answer.status_code)


@pytest.mark.parametrize("name", ["patient_page", "api_patient", "allergy_add", "api_allergies"])
def test_a_try_at_a_foreign_record_leaves_a_security_row(world: World, name: str) -> None:
    client = world.client("dermatologist")
    assert client.get(address(known()[name], world.theirs)).status_code == 404
    row = AuditEvent.objects.get(outcome="refused")
    assert (row.verb, row.object_id) == ("access refused", world.theirs["patient"].public_id)


def test_foreign_ids_in_a_body_reach_nothing(world: World) -> None:
    client, before = world.client("dermatologist"), snapshot(world.theirs)
    patient, foreign = world.ours["patient"], world.theirs
    assert client.post(reverse("clinic_switch"), {"clinic": str(foreign["patient"].clinic.public_id)}).status_code == 302
    assert "Riverside" not in client.get(reverse("patient_list")).content.decode()
    contact = {"kind": "email", "address": "y@example.org", "guardian": str(foreign["guardians"].public_id)}
    assert client.post(reverse("contact_add", args=[patient.public_id]), contact).status_code == 422
    order = {"product": "emollient", "phase": "induction", "per_day": 2, "starts_on": "2026-11-20"}
    past = {"family": "tcs", "response": "partial", "why_stopped": "no_effect"}
    dose = {"outcome": "done", "slot_on": "2026-11-20", "slot": "evening"}
    foreign_line = {"line": str(foreign["lines"].public_id)}
    level = {"instrument": "viga_ad", "assessed_on": "2026-11-01", "items": {"level": 2}}
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("api_patients", {"clinic": str(foreign["patient"].clinic.public_id), "family_name": "X", "given_name": "Y"}),
        (
            "api_contact_points",
            {"kind": "email", "address": "y@example.org", "guardian": str(foreign["guardians"].public_id)},
        ),
        ("api_allergies", {"kind": "class", "code": "macrolides", "patient": str(foreign["patient"].public_id)}),
        ("api_precautions", {"kind": "epilepsy", "state": "present", "replaces": str(foreign["precautions"].public_id)}),
        ("api_guardians", {"name": "X", "user": str(foreign["membership"].user.public_id)}),
        ("api_assessments", level | {"rater": str(foreign["membership"].user.public_id)}),
        ("api_order_check", {"orders": [order], "replaces": str(foreign["lines"].public_id)}),
        ("api_past_treatments", past | {"patient": str(foreign["patient"].public_id)}),
        ("api_doses", dose | foreign_line),
        ("api_doses", dose | {"plan": str(foreign["lines"].plans.get().public_id)}),
        ("api_doses_extra", foreign_line | {"kind": "extra", "applied_at": "2026-11-20T11:00:00Z"}),
        ("api_tubes", foreign_line | {"since_on": "2026-11-20", "until_on": "2026-11-20", "tubes": "1", "grams_each": 30}),
        ("api_adverse_events", BURNING | foreign_line | {"onset_on": "2026-11-20"}),
        ("api_adverse_event_amend", foreign_line),
        ("api_assessment_amend", level | {"replaces": str(foreign["assessments"].public_id)}),
    ]
    for name, body in bodies:
        url = address(known()[name], world.ours)
        answer = client.post(url, json.dumps(body), content_type="application/json")
        assert answer.status_code == 400, (name, answer.content)
    assert snapshot(foreign) == before


@pytest.fixture
def rows_in_the_admin(world: World) -> None:
    """What else the admin has a page for."""
    make_assessment(world.ours["patient"])
    make_lab(world.ours["patient"])
    head = {"instrument": "poem", "name": "2026", "language": "en", "respondent": "self", "licence": "L", "credit": "C"}
    by = actor_for(world.people["platform admin"], world.ours["patient"].clinic, "admin")  # type: ignore[arg-type]
    actions.open_edition(by, head | {"clinic": world.ours["patient"].clinic}, at=NOW)


def admin_urls() -> Iterator[str]:
    """Every page of the admin that needs no row, and the change pages of rows that exist."""
    from django.contrib import admin

    yield from (reverse(f"admin:{name}") for name in ("index", "jsi18n"))
    for model in admin.site._registry:
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{base}_changelist")
        yield reverse(f"{base}_add")
        row = model._default_manager.first()
        if row is not None:
            yield from (reverse(f"{base}_{page}", args=[row.pk]) for page in ("change", "history", "delete"))


@pytest.mark.usefixtures("rows_in_the_admin")
def test_admin_routes_are_closed_to_everybody_but_platform_admins(world: World) -> None:
    for url in admin_urls():
        assert world.client("anonymous").get(url, follow=True).request["PATH_INFO"] == reverse("account_login"), url
        for person in PEOPLE[1:]:
            if person != "platform admin":
                assert world.client(person).get(url, follow=True).status_code == 403, (person, url)


@pytest.mark.usefixtures("rows_in_the_admin")
def test_admin_shows_platform_admins_nothing_of_patients_and_deletes_nothing(world: World) -> None:
    client = world.client("platform admin")
    for url in admin_urls():
        status = shown(ask(client, "GET", url))
        is_about_patients = "/patients/" in url or "/regimens/" in url
        is_about_patients &= not any(f"/{name}/" in url for name in ("instrumentedition", "product", "productfact"))
        if is_about_patients or url.endswith("/delete/"):
            assert status in {"403", "404"}, url
        else:
            assert status in {"200", "302", "403"}, url


@pytest.mark.parametrize("model", [model for model in apps.get_models() if hasattr(model.objects, "visible_to")])
def test_every_scoped_list_is_empty_for_people_of_no_clinic(world: World, model: Any) -> None:
    for person in ("platform admin", "patient", "guardian"):
        assert not model.objects.visible_to(world.people[person]).exists()
    ours, theirs = world.people["dermatologist"], world.people["other clinic"]
    mine = set(model.objects.visible_to(ours).values_list("pk", flat=True))
    assert mine.isdisjoint(model.objects.visible_to(theirs).values_list("pk", flat=True))


@pytest.mark.parametrize("door", ["role", "account"])
def test_a_role_taken_away_and_an_account_closed_stop_on_the_next_request_of_every_door(world: World, door: str) -> None:
    nurse = world.people["nurse"]
    assert nurse is not None
    by = actor_for(world.people["platform admin"], world.ours["patient"].clinic, "admin")  # type: ignore[arg-type]
    _token, text = clinic_actions.issue_token(by, nurse, scopes=["patients:read"], days=1, at=NOW)
    page, api = reverse("patient_list"), reverse("api_patients")
    browser, program = world.client("nurse"), Client(headers={"Authorization": f"Bearer {text}"})
    before = [browser.get(page), browser.get(api), program.get(api)]
    assert [answer.status_code for answer in before] == [200, 200, 200]
    if door == "role":
        clinic_actions.end_membership(by, nurse.memberships.get(), at=NOW)
    else:
        clinic_actions.set_account_active(by, nurse, False, at=NOW)
    after = [browser.get(page), browser.get(api), program.get(api)]
    assert [answer.status_code for answer in after] == ([302, 403, 403] if door == "role" else [302, 401, 401])
