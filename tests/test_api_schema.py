"""The API against its own schema: as every kind of caller, with generated input, on rows that exist."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from clinics.models import Clinic, User
from patients import actions
from patients.models import (
    Allergy,
    Assessment,
    AssessmentState,
    Consent,
    ContactPoint,
    GuardianLink,
    LabResult,
    Measurement,
    Patient,
    Precaution,
)
from regimens.actions import Said, record_adverse_event, record_dose, record_past_treatment, report_tubes
from regimens.models import AdverseEvent, Application, PastTreatment, Regimen, RegimenLine, TubeReport
from regimens.protocol.slots import Slot
from tests.api import make_token
from tests.factories import NOW, actor_for, make_assessment, make_lab, make_line

pytestmark = pytest.mark.django_db

CHECKS = [
    not_a_server_error,
    negative_data_rejection,
    status_code_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
]
NOUNS: dict[str, Any] = {
    "allergies": Allergy,
    "measurements": Measurement,
    "precautions": Precaution,
    "guardians": GuardianLink,
    "contact-points": ContactPoint,
    "consents": Consent,
    "assessments": Assessment,
    "labs": LabResult,
    "regimens": Regimen,
    "lines": RegimenLine,
    "past-treatments": PastTreatment,
    "doses": Application,
    "tubes": TubeReport,
    "adverse-events": AdverseEvent,
}
# Values that no schema can tell, for half of the bodies.
ORDER = {
    "product": "tacrolimus-0.1",
    "phase": "induction",
    "per_day": 2,
    "places": [{"site": "face"}],
    "starts_on": datetime.now(UTC).date().isoformat(),
}
LIKELY: dict[str, Any] = {
    "family": "tcs",
    "look_again_on": (datetime.now(UTC).date() + timedelta(days=7)).isoformat(),
    "next_look_on": None,
    "order": ORDER,
    "orders": [ORDER],
    "places": [{"site": "whole_body"}],
    "product": None,
    "replies": {},
    "review_on": None,
    "assessed_on": "2026-11-01",
    "birth_date": "2015-02-03",
    "collected_on": "2026-11-01",
    "from_on": "2026-11-01",
    "given_on": "2026-11-01",
    "guardian": None,
    "laboratory_limit": None,
    "language": "",
    "applied_at": None,
    "ended_on": None,
    "measured_on": "2026-11-01",
    "onset_on": "2026-11-01",
    "outcome": "done",
    "site": "face",
    "side": "",
    "skip_reason": "",
    "slot": "evening",
    "slot_on": datetime.now(UTC).date().isoformat(),
    "times": [{"name": "morning", "at": "07:00"}, {"name": "evening", "at": "19:05"}],
    "rater": None,
    "replaces": None,
    "until_on": None,
    "value": "30.5",
    "zone": "",
}
# Generated calls of each operation, of valid and of invalid input. What somebody may not get shows at any call, so there
# are fewer for those who get nothing of patients; fewer for the others do not meet every answer of ANSWERS.
EXAMPLES = {"everything": 6, "reading": 6, "themselves": 2, "nothing": 2}
# Who calls, and what they may get as an answer at most: everything, reading only, themselves only, nothing.
CALLERS = {
    "clinician": "everything",
    "nurse": "everything",
    "clinic_admin": "everything",
    "read_only_token": "reading",
    "platform_admin": "themselves",
    "portal_user": "themselves",
    "guardian": "themselves",
    "nobody": "nothing",
}
# What each must have met, so that the run is not merely a row of refusals.
ANSWERS = {
    "everything": {200, 201, 400, 404, 409, 412, 428},
    "reading": {200, 400, 403, 404},
    "themselves": {200, 400, 403, 404},
    "nothing": {401},
}
READING_POSTS = {"patients_search", "order_check"}


django_application = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """The whole of adtrack, called from a peer with an address, which the in-process caller leaves out."""
    return django_application({**environ, "REMOTE_ADDR": "127.0.0.1"}, start_response)


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """Keep the connection, and with it the test's transaction, between requests, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def schema() -> Any:
    """The schema as the management command writes it."""
    from drf_spectacular.generators import SchemaGenerator

    loaded = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
    loaded.app = application
    loaded.config.generation.with_security_parameters = False
    return loaded


def rows_around(patient: Patient, by: Any) -> None:
    """One row of each kind, so that ids hit."""
    actions.record_allergy(by, patient, kind="substance", code="latex", at=NOW)
    actions.record_measurement(by, patient, kind="weight", value=Decimal("12.5"), measured_on=NOW.date(), at=NOW)
    actions.record_precaution(by, patient, {"kind": "epilepsy", "state": "absent"}, at=NOW)
    link = {"name": "Jo", "relation": "father", "scope": "read", "evidence": "passport", "from_on": NOW.date()}
    actions.grant_guardian(by, patient, link, at=NOW)
    actions.add_contact_point(by, patient, kind="email", address="jo@example.org", at=NOW)
    actions.record_consent(by, patient, purpose="portal", given_on=NOW.date(), given_by="Jo", at=NOW)
    make_assessment(patient, "poem", by=by)
    make_assessment(patient, "easi", by=by, sign=False)
    make_lab(patient, by=by)
    line = make_line(patient, by=by)
    record_dose(by, line.plans.get(), Slot(NOW.date(), "morning"), Said("done"), at=NOW)
    used = {"since_on": NOW.date(), "until_on": NOW.date(), "tubes": Decimal(1), "grams_each": 30}
    report_tubes(by, line, **used, at=NOW)
    event = {"kind": "burning", "severity": "mild", "onset_on": NOW.date(), "action_taken": "none"}
    record_adverse_event(by, patient, event, at=NOW)
    before = {"family": "tcs", "response": "partial", "why_stopped": "no_effect"}
    record_past_treatment(by, patient, before, at=NOW)


@pytest.fixture
def story(clinician: User, outsider: User, patient: Patient, other_patient: Patient, clinic_admin: User) -> None:
    """A patient in each clinic with a row of each kind."""
    rows_around(patient, actor_for(clinician, patient.clinic))
    rows_around(other_patient, actor_for(outsider, other_patient.clinic))


def sign_in(caller: str, request: pytest.FixtureRequest) -> dict[str, Any]:
    """How this caller signs in: a session with its CSRF token, a token, or not at all."""
    if caller == "nobody":
        return {}
    if caller == "read_only_token":
        _, text = make_token(request.getfixturevalue("nurse"), "patients:read")
        return {"headers": {"Authorization": f"Bearer {text}"}}
    client = Client()
    client.force_login(request.getfixturevalue(caller))
    csrf = "a" * 32
    return {"headers": {"X-CSRFToken": csrf}, "cookies": {"session": client.cookies["session"].value, "csrf": csrf}}


def foreign_rows(other_patient: Patient) -> list[Any]:
    """Everything about the other clinic's patient, as it stands in the database."""
    rows = [Patient.objects.filter(pk=other_patient.pk).values().get()]
    for model in NOUNS.values():
        rows += model.objects.filter(patient=other_patient).order_by("id").values()
    return rows


def allowed(bound: str, case: Case, status: int) -> bool:
    """Whether this caller may have got this answer."""
    if status >= 300:
        return True
    name = case.operation.definition.raw["operationId"]
    return {
        "everything": True,
        "reading": case.method == "GET" or name in READING_POSTS,
        "themselves": name == "me",
        "nothing": False,
    }[bound]


def test_the_schema_is_valid_and_complete() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")


@pytest.mark.usefixtures("_one_connection", "story")
@pytest.mark.parametrize("caller", CALLERS)
def test_every_answer_is_one_the_schema_documents(
    caller: str, schema: Any, patient: Patient, other_patient: Patient, request: pytest.FixtureRequest
) -> None:
    door = sign_in(caller, request)
    before = foreign_rows(other_patient)
    seen: dict[int, int] = {}
    for operation in (result.ok() for result in schema.get_all_operations()):
        takes_nothing = not (operation.path_parameters or operation.query or operation.body)
        for mode in [GenerationMode.POSITIVE] if takes_nothing else GenerationMode:
            explore(operation, mode, door, CALLERS[caller], patient, other_patient, seen)
    assert foreign_rows(other_patient) == before
    assert seen.keys() >= ANSWERS[CALLERS[caller]]


def explore(
    operation: Any,
    mode: GenerationMode,
    door: dict[str, Any],
    bound: str,
    patient: Patient,
    other_patient: Patient,
    seen: dict[int, int],
) -> None:
    """Call one operation with generated input; most of the time about a patient that exists, with the right version."""

    @settings(
        max_examples=EXAMPLES[bound],
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=mode),
        whose=st.sampled_from([patient, patient, other_patient, None]),
        fresh=st.booleans(),
    )
    def one(case: Case, whose: Patient | None, fresh: bool) -> None:
        aim(case, mode, whose, fresh)
        response = case.call_and_validate(checks=CHECKS, **door)
        seen[response.status_code] = seen.get(response.status_code, 0) + 1
        assert allowed(bound, case, response.status_code)

    one()


def aim(case: Case, mode: GenerationMode, whose: Patient | None, fresh: bool) -> None:
    """Put ids of rows that exist into the address, the current version into If-Match, and likely values into the body."""
    if fresh and isinstance(case.body, dict) and mode is GenerationMode.POSITIVE:
        case.body.update({name: value for name, value in LIKELY.items() if name in case.body})
        if "clinic" in case.body:
            case.body["clinic"] = str(Clinic.objects.get(name="Hillside").public_id)
        if whose is not None:
            case.body.update(ids_for(case.body, whose))
    if whose is not None and "public_id" in (case.path_parameters or {}):
        case.path_parameters["public_id"] = str(whose.public_id)
        row = row_for(case, whose) if "row_id" in case.path_parameters else Patient.objects.get(pk=whose.pk)
        if "row_id" in case.path_parameters:
            case.path_parameters["row_id"] = str(row.public_id)
        if fresh and case.headers and "If-Match" in case.headers:
            case.headers["If-Match"] = f'"{row.version}"'


def ids_for(body: dict[str, Any], whose: Patient) -> dict[str, Any]:
    """A line of the patient where the body has a place for one, instead of one of its plans."""
    ids = {"line": str(RegimenLine.objects.filter(patient=whose).earliest("pk").public_id), "plan": None}
    return {name: value for name, value in ids.items() if name in body}


def row_for(case: Case, whose: Patient) -> Any:
    """A row about the patient of the kind the address is about; for going on with a draft, a draft if there is one."""
    rows = NOUNS[case.path.split("/")[5]].objects.filter(patient=whose)
    draft = rows.filter(state=AssessmentState.DRAFT).first() if case.path.endswith("/draft/") else None
    return draft or rows.first()
