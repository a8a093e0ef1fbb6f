"""The regimen of a patient, and the steps of its lines."""

from __future__ import annotations

from collections.abc import Callable
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
from regimens.forms.replies import RepliesForm, not_shown, replies_of
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
from regimens.protocol.check import Checked
from regimens.protocol.facts import Phase


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
    return page(request, "regimens/regimen.html", patient, by, verb="treatment opened", tab="regimen", shown=shown)


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

    title = str(how.title) % {"line": line}
    intro = queries.before_step(line, step, on=patient.clinic.today(now()))
    words = {"title": title, "button": str(how.button), "done": str(how.done), "intro": intro}
    return _step_page(request, patient, by, form, act, line=line, **words)


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

    title, button, done = _("Stop the whole regimen"), _("Stop all of it"), _("Regimen stopped")
    return _step_page(request, patient, by, form, act, title=title, button=button, done=done)


def _step_page(
    request: Request,
    patient: Patient,
    by: Actor,
    form: StepForm,
    act: Callable[[], None],
    *,
    title: str,
    button: str,
    done: str,
    intro: str = "",
    line: RegimenLine | None = None,
) -> HttpResponse:
    """One form, one step; with the panel of the rules when they had something to say."""
    stands, checked = None, list[Checked]()
    unanswered: frozenset[str] = frozenset()
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                act()
            except ValidationError as error:
                put_errors(form, error)
            except Stale as stale:
                form.add_error(None, _("It was changed since you opened this page. Nothing was saved: look at it again."))
                form.see(stale.current.version)
                stands = line and queries.line_now(line, on=patient.clinic.today(now()))
                status = 409
            except Unsafe as unsafe:
                checked, unanswered = unsafe.checked, unsafe.unanswered
            else:
                return saved(request, patient, done, "patient_regimen")
    panel = queries.panel(checked, unanswered) if checked else None
    answered = [one.rule for one in panel.warnings] if panel and not panel.stops else []
    replies = RepliesForm(form_data(request), rules=answered)
    return page(
        request,
        "regimens/step.html",
        patient,
        by,
        status,
        verb="treatment page opened",
        tab="regimen",
        form=form,
        title=title,
        intro=intro,
        button=button,
        panel=panel,
        answers=[(one, replies.pair(one.rule) if answered else []) for one in panel.warnings] if panel else [],
        unshown=not_shown(form_data(request), answered),
        stands=stands,
        kept=kept_input(request),
    )
