"""Who did what: the clinic's audit for its administrator, and everybody's own activity.

They stand in this app because a row about a patient is shown with the record number: no name, no clinical value.
"""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clinics import actions as clinic_actions
from clinics import queries as clinic_queries
from clinics.access import May
from clinics.forms import AuditForm
from clinics.http import Request
from clinics.queries import AuditFilter
from clinics.views.base import needs, now
from patients import queries
from patients.views.lists import KEPT_SEARCHES

SALT = "audit page"
KEPT = "audit_filters"
NOBODY = UUID(int=0)  # a record number nobody has finds nothing
FIELDS = ("actor", "number", "kind", "outcome", "on_day", "on_month", "on_year")


@require_http_methods(["GET", "POST"])
@needs(May.SEE_CLINIC_AUDIT)
def clinic_audit(request: Request) -> HttpResponse:
    """What was done in the active clinic; looking at it is noted too."""
    people = clinic_queries.people_of(request.access.here)
    return _answer(request, "clinic_audit", AuditForm(_typed(request), people=people))


@require_http_methods(["GET", "POST"])
@needs(May.SEE_OWN_AUDIT)
def own_activity(request: Request) -> HttpResponse:
    """What the signed-in person did, in whatever clinic."""
    return _answer(request, "own_activity", AuditForm(_typed(request), people=None))


def _answer(request: Request, name: str, form: AuditForm) -> HttpResponse:
    context = {"form": form, "name": name, "nav": "audit" if name == "clinic_audit" else "activity"}
    if not form.is_valid():
        return render(request, "patients/audit.html", context, status=422)
    if request.method == "POST":
        return HttpResponseRedirect(_kept_under_key(request, name))
    return _page(request, form, context)


@transaction.atomic
def _page(request: Request, form: AuditForm, context: dict[str, Any]) -> HttpResponse:
    clinic = request.access.here
    wanted = _filter(request, form)
    before = _cursor(request.GET.get("before", ""))
    if context["name"] == "clinic_audit":
        rows, has_more = clinic_queries.clinic_audit(clinic, wanted, before=before)
        rows = queries.without_clinical_detail(rows)
        clinic_actions.open_audit(request.access.actor(clinic), patient=wanted.patient, at=now())
    else:
        rows, has_more = clinic_queries.own_audit(request.user, clinic, wanted, before=before)
    names = clinic_queries.names_of(clinic, [row.actor for row in rows if row.actor])
    numbers = queries.record_numbers(request.user, [row.patient for row in rows])
    context |= {
        "rows": clinic_queries.audit_lines(rows, clinic, names, numbers),
        "is_filtered": wanted != AuditFilter(),
        "key": request.GET.get("s", ""),
        "next": signing.dumps(rows[-1].pk, salt=SALT) if has_more else "",
        "is_first": before is None,
    }
    return render(request, "patients/audit.html", context)


def _filter(request: Request, form: AuditForm) -> AuditFilter:
    values = form.cleaned_data
    number = values["number"]
    patient = queries.patient_with_number(request.user, request.access.here, number) if number else None
    return AuditFilter(
        actor=UUID(values["actor"]) if values.get("actor") else None,
        patient=(patient or NOBODY) if number else None,
        kind=values["kind"],
        outcome=values["outcome"],
        on=values["on"],
    )


def _typed(request: Request) -> QueryDict:
    """The filter just sent, or the one kept under the key in the address; an unknown key filters nothing."""
    if request.method == "POST":
        return request.POST
    kept = request.session.get(KEPT, {}).get(request.GET.get("s", ""), {})
    mine = kept.get("clinic") == str(request.access.here.public_id) and kept.get("path") == request.path
    return QueryDict(kept["typed"] if mine else "")


def _kept_under_key(request: Request, name: str) -> str:
    """Keep the filter in the session and name it by a random key: no record number is ever in an address."""
    typed = QueryDict(mutable=True)
    typed.update({field: request.POST[field] for field in FIELDS if request.POST.get(field)})
    if not typed:
        return reverse(name)
    key = secrets.token_urlsafe(9)
    kept: dict[str, Any] = request.session.get(KEPT, {})
    kept[key] = {
        "clinic": str(request.access.here.public_id),
        "path": request.path,
        "typed": typed.urlencode(),
    }
    request.session[KEPT] = dict(list(kept.items())[-KEPT_SEARCHES:])
    return f"{reverse(name)}?s={key}"


def _cursor(text: str) -> int | None:
    """The row a page follows; signed, so that nobody walks the table by its keys. Anything else is the first page."""
    try:
        return int(signing.loads(text, salt=SALT))
    except (signing.BadSignature, ValueError):
        return None
