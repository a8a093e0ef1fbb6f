"""The regimen of a patient, and the steps of its lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.fields import form_data
from clinics.http import Request
from clinics.views.base import now, put_errors
from patients.models import Patient
from patients.views.base import kept_input, opened, page, saved
from regimens import actions, queries
from regimens.errors import Unsafe
from regimens.forms.replies import replies_of
from regimens.forms.steps import (
    DownForm,
    HoldForm,
    InductionForm,
    MaintenanceForm,
    ResumeForm,
    StepForm,
    StopForm,
    StopRegimenForm,
)
from regimens.models import RegimenLine
from regimens.protocol.facts import Phase
from regimens.queries.steps import step_ahead
from regimens.views.panels import panel_context


class Step(NamedTuple):
    """A step of a line: its form, its action, where it may be taken, and its words."""

    form: type[StepForm]
    act: Callable[..., Any]
    phases: tuple[str, ...] | None
    per_day: int | None
    title: Any
    button: Any
    done: Any
    asks_rules: bool


INDUCTION, MAINTENANCE = (Phase.INDUCTION.value,), (Phase.MAINTENANCE.value,)
STEPS: dict[str, Step] = {
    "maintenance": Step(
        MaintenanceForm,
        actions.step_to_maintenance,
        INDUCTION,
        None,
        gettext_lazy("To proactive maintenance: %(line)s"),
        gettext_lazy("Step to maintenance"),
        gettext_lazy("Stepped to maintenance"),
        True,
    ),
    "induction": Step(
        InductionForm,
        actions.return_to_induction,
        MAINTENANCE,
        None,
        gettext_lazy("Back to daily use: %(line)s"),
        gettext_lazy("Return to daily use"),
        gettext_lazy("Returned to daily use"),
        True,
    ),
    "down": Step(
        DownForm,
        actions.step_down,
        INDUCTION,
        2,
        gettext_lazy("Down to once daily: %(line)s"),
        gettext_lazy("Step down"),
        gettext_lazy("Stepped down to once daily"),
        True,
    ),
    "hold": Step(
        HoldForm,
        actions.hold,
        None,
        None,
        gettext_lazy("Put on hold: %(line)s"),
        gettext_lazy("Put on hold"),
        gettext_lazy("Put on hold"),
        False,
    ),
    "resume": Step(
        ResumeForm,
        actions.resume,
        None,
        None,
        gettext_lazy("Go on with: %(line)s"),
        gettext_lazy("Go on with it"),
        gettext_lazy("Line resumed"),
        True,
    ),
    "stop": Step(
        StopForm,
        actions.stop,
        None,
        None,
        gettext_lazy("Stop: %(line)s"),
        gettext_lazy("Stop"),
        gettext_lazy("Line stopped"),
        False,
    ),
}


@require_GET
def patient_regimen(request: Request, public_id: UUID) -> HttpResponse:
    """What the patient uses now."""
    patient, by = opened(request, public_id)
    by.must(May.SEE_CLINICAL, patient.clinic)
    shown = queries.regimen_page(patient, by.rights, on=patient.clinic.today(now()))
    flags = queries.red_flags(patient)
    template = "regimens/regimen.html"
    return page(request, template, patient, by, verb="treatment opened", tab="regimen", shown=shown, red_flags=flags)


@require_http_methods(["GET", "POST"])
def line_step(request: Request, public_id: UUID, line_id: UUID, step: str) -> HttpResponse:
    """A step of a line on its own page."""
    if step not in STEPS:
        raise Http404
    how = STEPS[step]
    patient, by = opened(request, public_id)
    by.must(May.PRESCRIBE, patient.clinic)
    line = queries.line_of(request.user, patient, line_id)
    places = queries.places_in(line, how.phases, how.per_day)
    form = how.form(form_data(request), places=places, initial={"version": line.version})

    def act() -> None:
        values = form.values()
        if how.asks_rules:
            values["replies"] = replies_of(request.POST)
        how.act(by, line, **values, at=now())

    shown = Page(str(how.title) % {"line": line}, str(how.button), str(how.done), line=line)
    shown.intro = queries.before_step(line, step, on=patient.clinic.today(now()))
    if how.asks_rules:
        shown.foreseen = lambda on: step_ahead(patient, line, step, places, on=on)
    return _step_page(request, patient, by, form, act, shown)


@require_http_methods(["GET", "POST"])
def regimen_stop(request: Request, public_id: UUID) -> HttpResponse:
    """End the regimen with all its lines."""
    patient, by = opened(request, public_id)
    by.must(May.PRESCRIBE, patient.clinic)
    regimen = queries.open_regimen(patient)
    if regimen is None:
        raise Http404
    form = StopRegimenForm(form_data(request), places=[], initial={"version": regimen.version})

    def act() -> None:
        actions.stop_regimen(by, regimen, **form.values(), at=now())

    shown = Page(_("Stop the whole regimen"), _("Stop all of it"), _("Regimen stopped"))
    return _step_page(request, patient, by, form, act, shown)


@dataclass
class Page:
    """What a page with a step says: its words, and what keeps the step from being taken."""

    title: str
    button: str
    done: str
    intro: str = ""
    foreseen: Callable[[date], queries.Panel | None] = lambda _on: None  # what the rules say of the step anyway
    line: RegimenLine | None = None
    status: int = 200
    unsafe: Unsafe | None = None
    is_late: bool = False


def _step_page(
    request: Request, patient: Patient, by: Actor, form: StepForm, act: Callable[[], None], shown: Page
) -> HttpResponse:
    """One form, one step; with the panel of the rules when they ask something, else with what they say of it anyway."""
    if request.method == "POST" and _is_taken(form, act, shown):
        return saved(request, patient, shown.done, "patient_regimen")
    on, line = patient.clinic.today(now()), shown.line
    return page(
        request,
        "regimens/step.html",
        patient,
        by,
        shown.status,
        verb="treatment page opened",
        tab="regimen",
        form=form,
        title=shown.title,
        intro=shown.intro,
        button=shown.button,
        stands=queries.line_now(line, on=on) if line and shown.is_late else None,
        foreseen=None if shown.unsafe else shown.foreseen(on),
        kept=kept_input(request),
        **panel_context(request, shown.unsafe.checked if shown.unsafe else None, shown.unsafe),
    )


def _is_taken(form: StepForm, act: Callable[[], None], shown: Page) -> bool:
    """Take the step; whether it was taken. Form and page say what keeps it from that."""
    shown.status = 422
    if not form.is_valid():
        return False
    try:
        act()
    except ValidationError as error:
        put_errors(form, error)
    except Stale as stale:
        form.add_error(None, _("It was changed since you opened this page. Nothing was saved: look at it again."))
        form.see(stale.current.version)
        shown.status, shown.is_late = 409, True
    except Unsafe as unsafe:
        shown.unsafe = unsafe
    else:
        return True
    return False
