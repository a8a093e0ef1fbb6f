"""The patient list and the chart without a database: same server, template, frame and rows, but nobody signs in.

Asked for without a cookie, the middleware finds no session and so asks for no account and no roles; the rows and the
person the frame shows were read once. What is left out is what the ratio measures: sign-in, scoping, queries, audit.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bench.load import USER, longest
from clinics.access import STAFF_LIMITS, Access
from clinics.http import Request
from clinics.models import User
from clinics.views.base import now
from patients import queries
from patients.forms import SearchForm
from regimens.queries import timeline


@cache
def kept() -> tuple[Access, queries.Page, list[queries.Line]]:
    """Who looks, and the first page of the list; read once."""
    access = Access(user=User.objects.get(email=USER))
    clinic = access.here
    page = queries.page_of_patients(queries.found(access.user, clinic, queries.Search()))
    return access, page, queries.lines(page.rows, reverse("patient_list"), on=clinic.today(now()), with_scores=True)


@login_not_required
def patient_list(request: Request) -> HttpResponse:
    """The template of the list with rows from memory."""
    access, page, rows = kept()
    request.user, request.access, request.session_ends_in = access.user, access, int(STAFF_LIMITS.idle.total_seconds())
    context = {
        "rows": rows,
        "page": page,
        "form": SearchForm(),
        "search": queries.Search(),
        "key": "",
        "nav": "patients",
        "clinical": True,
    }
    return render(request, "patients/list.html", context)


@cache
def kept_chart() -> dict[str, Any]:
    """The chart of the patient with the most assessments, with treatment; read once."""
    access = kept()[0]
    patient = queries.patient(access.user, longest().public_id)
    rights, at = access.actor(patient.clinic).rights, now()
    found = timeline(patient, rights, wanted="all", baseline=None, base="../", at=at)
    banner = queries.banner(patient, rights, on=patient.clinic.today(at))
    shown = {"chart": found.chart, "bars": found.bars}
    return {"patient": patient, "banner": banner, "nav": "patients", "tab": "scores", **shown}


@login_not_required
def chart(request: Request) -> HttpResponse:
    """The template of the chart with 500 assessments from memory."""
    access = kept()[0]
    request.user, request.access, request.session_ends_in = access.user, access, int(STAFF_LIMITS.idle.total_seconds())
    return render(request, "regimens/chart.html", kept_chart())


@login_not_required
def plain(request: HttpRequest) -> HttpResponse:
    """Nothing but an answer, for orientation."""
    return HttpResponse("plain")
