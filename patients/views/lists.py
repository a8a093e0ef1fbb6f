"""Finding a patient. A search is stored under a random key: no name and no number is ever in an address."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clinics.access import May
from clinics.http import Request
from clinics.views.base import needs, now
from patients import actions, queries
from patients.forms import SearchForm
from patients.queries import Search

KEPT_SEARCHES = 20


@require_http_methods(["GET", "POST"])
@needs(May.SEE_PATIENTS)
def patient_list(request: Request) -> HttpResponse:
    """The patients of the active clinic in name order, or those a search found."""
    if request.method == "POST":
        return _keep_search(request)
    form, search = _search_of(request)
    return _list(request, form, search)


def _list(request: Request, form: SearchForm, search: Search) -> HttpResponse:
    clinic = request.access.here
    by = request.access.actor(clinic)
    clinical = May.SEE_CLINICAL in by.rights
    found = queries.found(request.user, clinic, search)
    page = queries.page_of_patients(found, after=_uuid(request, "after"), before=_uuid(request, "before"))
    actions.open_list(by, clinic, searched=search != Search(), at=now())
    context = {
        "rows": queries.lines(page.rows, reverse("patient_list"), on=clinic.today(now()), with_scores=clinical),
        "clinical": clinical,
        "page": page,
        "form": form,
        "search": search,
        "key": request.GET.get("s", ""),
        "nav": "patients",
    }
    return render(request, "patients/list.html", context)


def _keep_search(request: Request) -> HttpResponse:
    form = SearchForm(request.POST)
    if not form.is_valid():
        return render(request, "patients/list.html", {"form": form, "nav": "patients"}, status=422)
    search = form.search()
    if search == Search():
        return HttpResponseRedirect(reverse("patient_list"))
    key = secrets.token_urlsafe(9)
    kept: dict[str, Any] = request.session.get("searches", {})
    kept[key] = {
        "typed": form.cleaned_data["text"],
        "born_on": str(search.born_on or ""),
        "with_closed": search.with_closed,
    }
    request.session["searches"] = dict(list(kept.items())[-KEPT_SEARCHES:])
    return HttpResponseRedirect(f"{reverse('patient_list')}?s={key}")


def _search_of(request: Request) -> tuple[SearchForm, Search]:
    """The search behind the key in the address; an unknown or old key shows everybody."""
    kept = request.session.get("searches", {}).get(request.GET.get("s", ""))
    if kept is None:
        return SearchForm(), Search()
    born_on = date.fromisoformat(kept["born_on"]) if kept["born_on"] else None
    form = SearchForm(initial={"text": kept["typed"], "with_closed": kept["with_closed"]})
    return form, Search("" if born_on else kept["typed"].strip(), born_on, kept["with_closed"])


def _uuid(request: Request, name: str) -> UUID | None:
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None
