"""Error pages: plain words, the request id, a way back; problem JSON on the API; no detail of ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import User
from patients.models import Patient

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def test_not_found_for_somebody_signed_in_and_for_nobody(signed_in: SignIn, nurse: User) -> None:
    answer = signed_in(nurse).get("/no/such/page/")
    assert answer.status_code == 404
    assert answer["X-Request-ID"] in answer.content.decode()
    assert Client().get("/no/such/page/").status_code == 404


def test_forbidden_says_who_can_help(signed_in: SignIn, nurse: User) -> None:
    answer = signed_in(nurse).get(reverse("staff_list"))
    assert answer.status_code == 403
    assert "Your role does not allow this" in answer.content.decode()


def test_a_form_without_its_key_is_refused_with_a_way_back(nurse: User, patient: Patient) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(nurse)
    answer = client.post(reverse("allergies_none_known", args=[patient.public_id]))
    assert answer.status_code == 403
    assert "This form is no longer valid" in answer.content.decode()


@pytest.mark.parametrize("url", ["/patients/register/", "/api/v1/patients/"])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(signed_in: SignIn, nurse: User, url: str) -> None:
    answer = signed_in(nurse).post(url, b"x" * (1024 * 1024 + 1), content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
    assert ("problem+json" in answer["Content-Type"]) is url.startswith("/api/")


def test_too_many_fields_are_a_bad_request(signed_in: SignIn, nurse: User) -> None:
    answer = signed_in(nurse).post(reverse("patient_register"), {f"f{number}": "x" for number in range(1001)})
    assert answer.status_code == 400
    assert answer["X-Request-ID"] in answer.content.decode()


@pytest.mark.parametrize("url", ["/patients/", "/api/v1/patients/", "/admin/"])
def test_a_fault_of_ours_shows_a_number_and_nothing_else(
    signed_in: SignIn, nurse: User, platform_admin: User, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(platform_admin if url == "/admin/" else nurse)
    client.raise_request_exception = False
    client.get(url)
    fault = "the secret of the fault"

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError(fault)

    target = "django.contrib.admin.sites.AdminSite.get_app_list" if url == "/admin/" else "patients.queries.found"
    monkeypatch.setattr(target, fail)
    answer = client.get(url)
    assert answer.status_code == 500
    assert answer["X-Request-ID"] in answer.content.decode()
    assert fault not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


def test_every_answer_carries_the_headers(signed_in: SignIn, nurse: User, patient: Patient) -> None:
    client = signed_in(nurse)
    answers = [
        client.get(reverse("patient_page", args=[patient.public_id])),
        client.get("/no/such/page/"),
        client.get(reverse("api_patients")),
        Client().get(reverse("account_login")),
    ]
    for answer in answers:
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy


def test_public_pages_set_no_session(client: Client) -> None:
    client.get(reverse("account_login"))
    client.get(reverse("account_reset_password"))
    assert "session" not in client.cookies
