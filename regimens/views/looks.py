"""What the rules newly say once something was saved, told to whoever saved it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinics.access import Actor, May
from clinics.http import Request
from clinics.views.base import now
from patients.models import Patient
from patients.views.base import save_or_show
from regimens import queries


def say_what_was_raised(request: Request, patient: Patient, by: Actor, *, at: datetime) -> None:
    """A sentence for the next page about every line for which the action at this instant raised an item.

    Only for those who may see clinical facts: an administrator corrects a date of birth without reading what follows.
    """
    if May.SEE_CLINICAL not in by.rights:
        return
    items = queries.raised_at(patient, at)
    if not items:
        return
    count = queries.count_of_lines(items)
    said = ngettext("%(count)d line needs a look:", "%(count)d lines need a look:", count) % {"count": count}
    what = "; ".join(item.text for item in items)
    link = format_html('<a href="{}">{}</a>', reverse("work_list"), _("Show the work list"))
    messages.warning(request, format_html("{} {} {}", said, what, link))


def checked_save(
    request: Request,
    patient: Patient,
    by: Actor,
    form: forms.BaseForm,
    act: Callable[[datetime], object],
    *,
    title: str,
    done: str,
    button: str = "",
    back: str = "patient_page",
    intro: str = "",
) -> HttpResponse:
    """patients.views.base.save_or_show for an action that checks every line again; it takes the instant."""
    at = now()
    answer = save_or_show(
        request, patient, by, form, lambda: act(at), title=title, done=done, button=button, back=back, intro=intro
    )
    if answer.status_code == 302:
        say_what_was_raised(request, patient, by, at=at)
    return answer
