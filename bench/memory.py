"""The patient list without a database: its template, its rows and its frame, read once and kept in memory."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bench.load import USER
from clinics.access import STAFF_LIMITS, Access
from clinics.http import Request
from clinics.models import User
from clinics.views.base import now
from patients import queries
from patients.forms import SearchForm


@cache
def kept() -> tuple[User, Access, dict[str, Any]]:
    """Who is looking and what they see; from then on a query is an error."""
    user = User.objects.get(email=USER)
    access = Access(user=user)
    (clinic,) = access.clinics
    search = queries.Search()
    page = queries.page_of_patients(queries.found(user, clinic, search))
    rows = queries.lines(page.rows, reverse("patient_list"), on=clinic.today(now()))
    context = {"rows": rows, "page": page, "form": SearchForm(), "search": search, "key": "", "nav": "patients"}
    connection.close()
    connection.execute_wrappers.append(_refuse)
    return user, access, context


def _refuse(execute: Any, sql: str, *rest: Any) -> Any:
    raise RuntimeError(f"a page fed from memory asked the database: {sql}")


def patient_list(request: Request) -> HttpResponse:
    """The real template with the rows of the real first page."""
    request.user, request.access, context = kept()
    request.session_ends_in = int(STAFF_LIMITS.idle.total_seconds())
    return render(request, "patients/list.html", context)


def plain(request: HttpRequest) -> HttpResponse:
    """Nothing but an answer, for orientation."""
    return HttpResponse("plain")
