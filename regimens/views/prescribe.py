"""Prescribing: type a line, see what it means and what the rules say, save it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.fields import form_data
from clinics.http import Request
from clinics.views.base import now, put_errors
from patients.models import Patient
from patients.views.base import kept_input, opened, page, saved
from regimens import actions, queries
from regimens.actions import Order, Reply
from regimens.actions.orders import problems
from regimens.errors import Unsafe
from regimens.forms.orders import OrderForm, known_of
from regimens.forms.replies import replies_of
from regimens.models import Regimen, RegimenLine
from regimens.protocol.check import Checked
from regimens.protocol.facts import Phase
from regimens.views.panels import panel_context

OPENED = gettext_lazy(
    "A regimen is open already, and this was not saved a second time. If you pressed the button twice, the first press "
    "saved it. Look at the regimen; what you typed is kept here, to be added to it if it is not there."
)
REGIMEN_CHANGED = gettext_lazy(
    "The regimen was changed since you opened this page, and this was not saved. If you pressed the button twice, the "
    "first press saved it. Look at the regimen before you check and save what you typed."
)
LINE_CHANGED = gettext_lazy(
    "The line was changed since you opened this page, and this was not saved. If you pressed the button twice, the first "
    "press saved it. Look at the regimen before you check and save what you typed."
)


Save = Callable[[list[Order], Mapping[str, Reply], int], object]


@dataclass(frozen=True)
class Goal:
    """What a page with an order is for: its title, how it is saved, and whose version it shows (None: of nothing yet)."""

    title: str
    save: Save  # orders, replies, the version that was seen
    stands: Regimen | RegimenLine | None = None
    replaces: RegimenLine | None = None
    late: Any = REGIMEN_CHANGED


@dataclass
class Answer:
    """What the page says to what was sent."""

    seen: int | None  # the version the form was made for; None for a fresh form
    status: int = 200
    orders: list[Order] = field(default_factory=list)
    checked: list[Checked] | None = None
    unsafe: Unsafe | None = None
    is_other: bool = False  # it was to be saved, and is another order than was shown


@require_http_methods(["GET", "POST"])
def prescribe(request: Request, public_id: UUID) -> HttpResponse:
    """Start a regimen, or add a line to the one that is open."""
    patient, by = opened(request, public_id)
    by.must(May.PRESCRIBE, patient.clinic)
    regimen = queries.open_regimen(patient)

    def save(orders: list[Order], replies: Mapping[str, Reply], seen: int) -> None:
        if not seen:
            actions.start_regimen(by, patient, orders, replies=replies, at=now())
        elif regimen is not None:
            actions.add_line(by, regimen, orders, version=seen, replies=replies, at=now())
        else:
            raise Stale(None)  # the regimen this line was for has ended

    form = OrderForm(
        form_data(request),
        offers_emollient=not queries.uses_emollient(patient),
        initial={"starts_on": patient.clinic.today(now())},
    )
    goal = Goal(_("Add a line") if regimen else _("Start a regimen"), save, stands=regimen)
    return _order_page(request, patient, by, form, goal)


@require_http_methods(["GET", "POST"])
def line_change(request: Request, public_id: UUID, line_id: UUID) -> HttpResponse:
    """Put another product, strength or use in the place of a line."""
    patient, by = opened(request, public_id)
    by.must(May.PRESCRIBE, patient.clinic)
    line = queries.line_of(request.user, patient, line_id)

    def save(orders: list[Order], replies: Mapping[str, Reply], seen: int) -> None:
        actions.change_product(by, line, orders[0], version=seen, replies=replies, at=now())

    title = _("In place of %(line)s") % {"line": line}
    goal = Goal(title, save, stands=line, replaces=line, late=LINE_CHANGED)
    return _order_page(request, patient, by, _form_of_line(request, patient, line), goal)


@require_http_methods(["GET", "POST"])
def line_again(request: Request, public_id: UUID, line_id: UUID) -> HttpResponse:
    """Use a line again that was stopped: a new one of the same product, which names the one before."""
    patient, by = opened(request, public_id)
    by.must(May.PRESCRIBE, patient.clinic)
    line = queries.line_of(request.user, patient, line_id)

    def save(orders: list[Order], replies: Mapping[str, Reply], seen: int) -> None:
        actions.start_again(by, line, orders[0], replies=replies, at=now())

    goal = Goal(_("Use again: %(line)s") % {"line": line}, save)
    return _order_page(request, patient, by, _form_of_line(request, patient, line), goal)


def _form_of_line(request: Request, patient: Patient, line: RegimenLine) -> OrderForm:
    """An order that begins as the line was used, from today."""
    known = known_of(line, *queries.last_plan(line)) | {"starts_on": patient.clinic.today(now())}
    return OrderForm(form_data(request), offers_emollient=False, initial=known)


def _order_page(request: Request, patient: Patient, by: Actor, form: OrderForm, goal: Goal) -> HttpResponse:
    """The form, with what it would mean below it once it was sent; saved when the second button was pressed."""
    answer = Answer(seen=_seen(request))
    if request.method == "POST" and _is_saved(request, patient, by, form, goal, answer):
        return saved(request, patient, _("Treatment saved"), "patient_regimen")
    stands = answer.seen if answer.seen is not None else goal.stands.version if goal.stands else 0
    return page(
        request,
        "regimens/prescribe.html",
        patient,
        by,
        answer.status,
        verb="treatment page opened",
        tab="regimen",
        form=form,
        title=goal.title,
        preview=None if answer.checked is None else queries.preview(patient, answer.orders),
        previewed=fingerprint_of(answer.orders),
        is_other=answer.is_other and answer.checked is not None,
        version=stands,
        kept=kept_input(request),
        **panel_context(request, answer.checked, answer.unsafe),
    )


def _is_saved(request: Request, patient: Patient, by: Actor, form: OrderForm, goal: Goal, answer: Answer) -> bool:
    """Check or save what was sent; whether it was saved. Form and answer say what keeps it from that."""
    answer.status = 422
    if not form.is_valid():
        _say_what_else(form, patient)
        return False
    answer.orders = form.orders()
    wants_save = request.POST.get("do") == "save"
    answer.is_other = wants_save and request.POST.get("previewed", "") not in ("", fingerprint_of(answer.orders))
    try:
        if wants_save and not answer.is_other:
            goal.save(answer.orders, replies_of(request.POST), answer.seen or 0)
            return True
        answer.checked = actions.look_at(by, patient, answer.orders, replaces=goal.replaces, at=now())
        answer.status = 200
    except Unsafe as unsafe:
        answer.checked, answer.unsafe = unsafe.checked, unsafe
    except (Stale, ValidationError) as error:
        _say_refused(form, goal, answer, error)
    return False


def _say_refused(form: OrderForm, goal: Goal, answer: Answer, error: Stale | ValidationError) -> None:
    """What the action refused, at its field; of what was changed meanwhile the form starts anew from what stands."""
    is_open = getattr(error, "code", "") == actions.IS_OPEN
    if isinstance(error, Stale) or is_open:
        form.add_error(None, OPENED if is_open else goal.late)
        answer.status, answer.seen = 409, None
    else:
        put_errors(form, _by_field(error, answer.orders[0]))


def _say_what_else(form: OrderForm, patient: Patient) -> None:
    """Beside what cannot be read: what is wrong with the rest of the order."""
    for order in form.draft(patient.clinic.today(now())):
        found = ValidationError(dict(problems(order, patient, now())))
        form.add_problems(_by_field(found, order).message_dict)


def fingerprint_of(orders: list[Order]) -> str:
    """The same for the same orders: what is saved is what was shown."""
    said = repr([[(one.name, str(getattr(order, one.name))) for one in fields(order)] for order in orders])
    return sha256(said.encode()).hexdigest()[:24]


def _seen(request: Request) -> int | None:
    """The version of the line, or of the open regimen (0: none), that the form was made for; None for a fresh form."""
    sent = form_data(request)
    typed = sent.get("version", "") if sent else ""
    return int(typed) if typed.isdecimal() and len(typed) < 10 else None


def _by_field(error: ValidationError, order: Order) -> ValidationError:
    """The refusal with the names of this form, where they differ from those of an order."""
    if not hasattr(error, "error_dict"):
        return error
    own = {"every_days": "every"} | ({"per_day": "course_per_day"} if order.phase == Phase.COURSE else {})
    return ValidationError({own.get(name, name): errors for name, errors in error.error_dict.items()})
