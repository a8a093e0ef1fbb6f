"""What waits for somebody of the clinic: the list, closing, putting off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.fields import form_data
from clinics.http import Request
from clinics.views.base import needs, now, put_errors
from patients.actions import open_list
from patients.views.base import kept_input, page, say_saved
from regimens import actions, queries
from regimens.forms.work import CloseItemForm, SnoozeItemForm
from regimens.models import WorkItem


@require_GET
@needs(May.SEE_CLINICAL)
@transaction.atomic
def work_list(request: Request) -> HttpResponse:
    """Open items of the active clinic, red flags first, then the oldest; what was put off comes back on its day."""
    clinic, at = request.access.here, now()
    by = request.access.actor(clinic)
    after = _uuid(request.GET.get("after", ""))
    items, has_more = queries.open_work(request.user, clinic, on=clinic.today(at), after=after)
    open_list(by, clinic, searched=False, at=at, page="work listed")
    context = {
        "rows": queries.work_lines(items, clinic.zone),
        "may_record": May.RECORD_FACTS in by.rights,
        "next": items[-1].public_id if has_more else "",
        "is_first": after is None,
        "nav": "work",
    }
    return render(request, "regimens/work.html", context)


@require_http_methods(["GET", "POST"])
def work_close(request: Request, public_id: UUID) -> HttpResponse:
    """Close an item: handled, or not needed and why."""
    item, by = _opened(request, public_id)
    form = CloseItemForm(form_data(request), initial={"version": item.version})

    def act(at: datetime) -> None:
        actions.close_item(by, item, **form.cleaned_data, at=at)

    return _save_or_show(request, item, by, form, act, title=_("Close"), done=_("Closed"))


@require_http_methods(["GET", "POST"])
def work_snooze(request: Request, public_id: UUID) -> HttpResponse:
    """Leave an item until a day, and say why."""
    item, by = _opened(request, public_id)
    form = SnoozeItemForm(form_data(request), initial={"version": item.version})

    def act(at: datetime) -> None:
        actions.snooze_item(by, item, **form.cleaned_data, at=at)

    return _save_or_show(request, item, by, form, act, title=_("Put off"), done=_("Put off"))


def _opened(request: Request, public_id: UUID) -> tuple[WorkItem, Actor]:
    item = queries.work_item(request.user, public_id)
    by = request.access.actor(item.patient.clinic)
    by.must(May.RECORD_FACTS, item.patient.clinic)
    return item, by


def _save_or_show(
    request: Request,
    item: WorkItem,
    by: Actor,
    form: forms.Form,
    act: Callable[[datetime], None],
    **words: Any,
) -> HttpResponse:
    """Save and go back to the list, or show the form with what is wrong: 409 when somebody else was faster."""
    is_stale = False
    if request.method == "POST" and form.is_valid():
        try:
            act(now())
        except Stale as stale:
            item, is_stale = stale.current, True
        except ValidationError as error:
            put_errors(form, error)
        else:
            say_saved(request, item.patient, words["done"])
            return HttpResponseRedirect(reverse("work_list"))
    if is_stale:
        typed = request.POST.copy()
        typed["version"] = str(item.version)  # the next save is made in the knowledge of how the item stands
        form.data = typed
    context = {
        "form": form,
        "title": words["title"],
        "line": queries.work_lines([item], item.patient.clinic.zone)[0],
        "item": item,
        "is_stale": is_stale,
        "kept": kept_input(request),
        "nav": "work",
    }
    status = 409 if is_stale else 422 if form.errors else 200
    return page(request, "regimens/work_form.html", item.patient, by, status=status, verb="work item opened", **context)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
