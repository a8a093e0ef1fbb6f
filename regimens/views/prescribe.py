"""Prescribing: type a line, see what it means and what the rules say, save it."""

from __future__ import annotations

from dataclasses import fields
from hashlib import sha256
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
from regimens.actions import Order
from regimens.errors import Unsafe
from regimens.forms.orders import OrderForm, known_of
from regimens.forms.replies import RepliesForm, not_shown, replies_of
from regimens.models import Regimen, RegimenLine
from regimens.protocol.facts import Phase

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


@require_http_methods(["GET", "POST"])
def prescribe(request: Request, public_id: UUID) -> HttpResponse:
    """Start a regimen, or add a line to the one that is open."""
    patient, by = opened(request, public_id)
    by.must(May.PRESCRIBE, patient.clinic)
    regimen = queries.open_regimen(patient)
    form = OrderForm(
        form_data(request),
        offers_emollient=not queries.uses_emollient(patient),
        initial={"starts_on": patient.clinic.today(now())},
    )
    title = _("Add a line") if regimen else _("Start a regimen")
    return _order_page(request, patient, by, form, title=title, regimen=regimen)


@require_http_methods(["GET", "POST"])
def line_change(request: Request, public_id: UUID, line_id: UUID) -> HttpResponse:
    """Put another product, strength or use in the place of a line."""
    patient, by = opened(request, public_id)
    by.must(May.PRESCRIBE, patient.clinic)
    line = queries.line_of(request.user, patient, line_id)
    known = known_of(line, *queries.last_plan(line)) | {"starts_on": patient.clinic.today(now())}
    form = OrderForm(form_data(request), offers_emollient=False, initial=known)
    title = _("In place of %(line)s") % {"line": line}
    return _order_page(request, patient, by, form, title=title, replaces=line)


@require_http_methods(["GET", "POST"])
def line_again(request: Request, public_id: UUID, line_id: UUID) -> HttpResponse:
    """Use a line again that was stopped: a new one of the same product, which names the one before."""
    patient, by = opened(request, public_id)
    by.must(May.PRESCRIBE, patient.clinic)
    line = queries.line_of(request.user, patient, line_id)
    known = known_of(line, *queries.last_plan(line)) | {"starts_on": patient.clinic.today(now())}
    form = OrderForm(form_data(request), offers_emollient=False, initial=known)
    title = _("Use again: %(line)s") % {"line": line}
    return _order_page(request, patient, by, form, title=title, again=line)


def _order_page(
    request: Request,
    patient: Patient,
    by: Actor,
    form: OrderForm,
    *,
    title: str,
    regimen: Regimen | None = None,
    replaces: RegimenLine | None = None,
    again: RegimenLine | None = None,
) -> HttpResponse:
    """The form, with what it would mean below it once it was sent; saved when the second button was pressed."""
    panel, preview, previewed, is_other, status, seen = None, None, "", False, 200, _seen(request)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            orders = form.orders()
            previewed = fingerprint_of(orders)
            try:
                is_other = request.POST.get("previewed", "") not in ("", fingerprint_of(orders))
                if request.POST.get("do") == "save" and not is_other:
                    if again is not None:
                        actions.start_again(by, again, orders[0], replies=replies_of(request.POST), at=now())
                    else:
                        _save(request, patient, by, orders, regimen, replaces, seen or 0)
                    return saved(request, patient, _("Treatment saved"), "patient_regimen")
                checked = actions.look_at(by, patient, orders, replaces=replaces, at=now())
                panel, preview, status = queries.panel(checked), queries.preview(patient, orders), 200
            except ValidationError as error:
                if getattr(error, "code", "") == actions.IS_OPEN:
                    form.add_error(None, OPENED)
                    status, seen = 409, None
                else:
                    put_errors(form, _by_field(error, orders[0]))
            except Stale:
                form.add_error(None, LINE_CHANGED if replaces else REGIMEN_CHANGED)
                status, seen = 409, None
            except Unsafe as unsafe:
                panel, preview = queries.panel(unsafe.checked, unsafe.unanswered), queries.preview(patient, orders)
    answered = [one.rule for one in panel.warnings] if panel and not panel.stops else []
    replies = RepliesForm(form_data(request), rules=answered)
    stands = replaces or regimen
    return page(
        request,
        "regimens/prescribe.html",
        patient,
        by,
        status,
        verb="treatment page opened",
        tab="regimen",
        form=form,
        title=title,
        panel=panel,
        answers=[(one, replies.pair(one.rule) if answered else []) for one in panel.warnings] if panel else [],
        unshown=not_shown(form_data(request), answered),
        preview=preview,
        previewed=previewed,
        is_other=is_other and request.POST.get("do") == "save" and preview is not None,
        version=seen if seen is not None else stands.version if stands else 0,
        kept=kept_input(request),
    )


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


def _save(
    request: Request,
    patient: Patient,
    by: Actor,
    orders: list[Order],
    regimen: Regimen | None,
    replaces: RegimenLine | None,
    seen: int,
) -> None:
    replies = replies_of(request.POST)
    if replaces is not None:
        actions.change_product(by, replaces, orders[0], version=seen, replies=replies, at=now())
    elif not seen:
        actions.start_regimen(by, patient, orders, replies=replies, at=now())
    elif regimen is not None:
        actions.add_line(by, regimen, orders, version=seen, replies=replies, at=now())
    else:
        raise Stale(None)  # the regimen this line was for has ended
