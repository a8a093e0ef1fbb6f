"""The API takes what it documents, and answers everything else as problem JSON without falling over."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from django.test import Client

from clinics.models import Clinic, User
from patients.models import Patient
from tests.api import ROOT, Api
from tests.patients.test_api_records import NEW

pytestmark = pytest.mark.django_db


def is_problem(response: Any, status: int) -> dict[str, Any]:
    """The body of a problem with this status, its frame checked."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert (body["type"], body["status"]) == ("about:blank", status)
    assert body["request_id"] == response["X-Request-ID"]
    assert body["title"]
    assert body["detail"]
    return body


@pytest.fixture
def api(nurse: User) -> Api:
    """A nurse's program."""
    return Api(nurse)


@pytest.fixture
def body(clinic: Clinic) -> dict[str, Any]:
    """A registration that would be accepted."""
    return {**NEW, "clinic": str(clinic.public_id)}


@pytest.mark.parametrize(
    "path",
    ["me/", "patients/", "patients/search/", "patients/{id}/", "patients/{id}/allergies/", "schema/", "nothing/", ""],
)
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
def test_nobody_gets_in_without_saying_who_they_are(path: str, method: str, patient: Patient) -> None:
    response = getattr(Client(), method)(ROOT + path.format(id=patient.public_id))
    is_problem(response, 401)
    assert response["WWW-Authenticate"] == 'Bearer realm="adtrack"'
    assert response.cookies == {}


@pytest.mark.parametrize(
    "path", ["", "nothing/", "patients", "patients/1/", "patients/not-a-uuid/", "patients/%00/", "%ff/"]
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_what_is_not_there_is_not_found(path: str, method: str, api: Api) -> None:
    is_problem(api.call(method, path), 404)


def test_an_address_outside_version_1_is_not_found_in_json(api: Api) -> None:
    is_problem(api.get("/api/v2/patients/"), 404)
    is_problem(Client().get("/api/"), 404)


def test_methods_that_are_not_offered(api: Api, patient: Patient) -> None:
    for method in ("delete", "options", "put"):
        response = api.call(method, "patients/")
        is_problem(response, 405)
        assert response["Allow"] == "GET, HEAD, POST"
    is_problem(api.get("patients/search/"), 405)
    is_problem(api.call("delete", f"patients/{patient.public_id}/"), 405)


def test_only_json_is_given_and_taken(api: Api, body: dict[str, Any]) -> None:
    is_problem(api.get("patients/", Accept="text/html"), 406)
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/xml"):
        response = api.client.post(ROOT + "patients/", json.dumps(body), content_type=kind, headers=api.headers)
        assert response.status_code in (400, 415)
        is_problem(response, response.status_code)
    assert not Patient.objects.exists()


def test_a_body_that_is_too_large_is_refused_before_it_is_read(api: Api) -> None:
    is_problem(api.post("patients/", {"family_name": "x" * 1024 * 1024}), 413)


def test_a_body_in_chunks_is_refused_and_not_taken_for_an_empty_one(api: Api, patient: Patient) -> None:
    headers = {**api.headers, "If-Match": '"1"', "Transfer-Encoding": "chunked"}
    response = api.client.generic("PATCH", f"{ROOT}patients/{patient.public_id}/", headers=headers)
    is_problem(response, 411)


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b"\xff",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"limit": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"text":' * 50_000,
        b"\xef\xbb\xbf{}",
        '{"text": "é"}'.encode("utf-16"),
    ],
)
def test_what_is_not_json_is_refused(text: bytes, api: Api) -> None:
    response = api.client.post(ROOT + "patients/search/", text, content_type="application/json", headers=api.headers)
    is_problem(response, 400)


@pytest.mark.parametrize("charset", ["zlib", "rot13", "utf-16", "latin-1", "nonsense", "undefined"])
def test_the_body_is_utf_8_whatever_the_request_says(charset: str, api: Api) -> None:
    def send(body: bytes) -> Any:
        kind = f"application/json; charset={charset}"
        # generic(), because post() of the test client would encode the body as the charset says
        return api.client.generic("POST", ROOT + "patients/search/", body, content_type=kind, headers=api.headers)

    assert send(b'{"text": "\xc3\xa9"}').status_code == 200
    is_problem(send(zlib.compress(b'{"text": "' + b"a" * 10_000_000 + b'"}')), 400)


@pytest.mark.parametrize("value", [None, [], "text", 1, True, [[[]]]])
def test_a_body_that_is_no_object_is_refused(value: Any, api: Api) -> None:
    text = json.dumps(value)
    response = api.client.post(ROOT + "patients/search/", text, content_type="application/json", headers=api.headers)
    assert [error["field"] for error in is_problem(response, 400)["errors"]] == [""]


@pytest.mark.parametrize(
    "name", ["id", "version", "closed_at", "allergies", "registered_by", "", "__proto__", "family_name.x"]
)
def test_unknown_fields_are_refused_by_name(name: str, api: Api, body: dict[str, Any]) -> None:
    problem = is_problem(api.post("patients/", {**body, name: "x"}), 400)
    assert problem["errors"] == [{"field": name, "message": "This field is not known here."}]
    assert not Patient.objects.exists()


@pytest.mark.parametrize("name", ["family_name", "birth_date", "sex", "clinic"])
def test_a_number_is_not_made_into_a_text(name: str, api: Api, body: dict[str, Any]) -> None:
    problem = is_problem(api.post("patients/", {**body, name: 5}), 400)
    assert problem["errors"] == [{"field": name, "message": "This must be a text."}]


def test_a_thousand_unknown_fields_get_a_short_answer(api: Api) -> None:
    problem = is_problem(api.post("patients/search/", {f"x{n}" * 50: n for n in range(1000)}), 400)
    assert len(problem["errors"]) == 50


@pytest.mark.parametrize(
    "value", ["a\x00b", "\ud800", "x" * 100_000, 10**30, -1, 1.5e308, True, None, [], {}, [["x"]], {"a": 1}]
)
@pytest.mark.parametrize("name", ["family_name", "birth_date", "sex", "needs_interpreter", "clinic", "\ud800", "zone"])
def test_odd_values_are_refused_or_taken_but_never_break_anything(
    name: str, value: Any, api: Api, body: dict[str, Any]
) -> None:
    response = api.client.post(
        ROOT + "patients/", json.dumps({**body, name: value}), content_type="application/json", headers=api.headers
    )
    if response.status_code != 201:
        problem = is_problem(response, 400)
        assert problem["errors"]
        assert len(response.content) < 2000


@pytest.mark.parametrize("depth", [50, 500, 900, 950, 980])
@pytest.mark.parametrize("name", ["sex", "clinic", "birth_date", "needs_interpreter", "family_name"])
def test_a_value_nested_deeply_is_refused(name: str, depth: int, api: Api, body: dict[str, Any]) -> None:
    text = json.dumps({**body, name: "@"}).replace('"@"', "[" * depth + "]" * depth)
    is_problem(api.client.post(ROOT + "patients/", text, content_type="application/json", headers=api.headers), 400)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("search=x", "search"),
        ("name=Example", "name"),
        ("record_number=1", "record_number"),
        ("format=xml", "format"),
        ("ordering=birth_date", "ordering"),
        ("ordering=registered_by__password", "ordering"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("limit=x", "limit"),
        ("limit=1&limit=2", "limit"),
        ("after=1", "after"),
        ("after=%00", "after"),
        ("clinic=Hillside", "clinic"),
        ("with_closed=perhaps", "with_closed"),
    ],
)
def test_the_query_of_a_list_is_strict(query: str, field: str, api: Api) -> None:
    problem = is_problem(api.get(f"patients/?{query}"), 400)
    assert [error["field"] for error in problem["errors"]] == [field]


def test_other_operations_take_no_query(api: Api, patient: Patient) -> None:
    for path in ("me/", f"patients/{patient.public_id}/", "schema/"):
        assert [e["field"] for e in is_problem(api.get(f"{path}?format=json"), 400)["errors"]] == ["format"]
    assert [e["field"] for e in is_problem(api.post("patients/search/?limit=1"), 400)["errors"]] == ["limit"]


def test_an_answer_is_not_stored_and_not_indexed(api: Api, patient: Patient) -> None:
    response = api.get(f"patients/{patient.public_id}/")
    assert response["Cache-Control"] == "no-store"
    assert "noindex" in response["X-Robots-Tag"]
    assert response.cookies == {}
