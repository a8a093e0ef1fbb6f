"""Starting a regimen, adding a line, putting another product in the place of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.models import Kind
from clinics.models.base import day
from patients.actions.locks import locked
from patients.models import Patient
from regimens import queries
from regimens.actions.orders import (
    Order,
    Reply,
    answer,
    end_line_row,
    refuse_misshapen,
    save_line,
    save_overrides,
)
from regimens.actions.work import check_again
from regimens.models import EndReason, Regimen, RegimenLine

CHANGE_AHEAD = timedelta(days=14)  # until then the line before can be stopped, but takes no other step
NO_REPLIES: Mapping[str, Reply] = {}
IS_OPEN = "regimen_is_open"  # the code of the refusal to open a second regimen


def treated(by: Actor, patient: Patient) -> Patient:
    """The patient, locked, for somebody who may prescribe; a closed record is not treated."""
    by.must(May.PRESCRIBE, patient.clinic)
    patient = locked(patient)
    if patient.closed_at is not None or patient.deceased_on is not None:
        raise ValidationError(_("This record is closed: open it again before changing treatment."))
    return patient


@transaction.atomic
def start_regimen(
    by: Actor, patient: Patient, orders: Sequence[Order], *, replies: Mapping[str, Reply] = NO_REPLIES, at: datetime
) -> Regimen:
    """Open the regimen of a patient with its first lines.

    ValidationError names the field (or says that a regimen is open); Unsafe carries what the rules say.
    """
    patient = treated(by, patient)
    if Regimen.objects.live().filter(patient=patient).exists():
        raise ValidationError(_("A regimen is open already: add a line to it."), code=IS_OPEN)
    if not orders:
        raise ValidationError(_("A regimen begins with a line."))
    refuse_misshapen(orders, patient, at)
    regimen = Regimen(
        patient=patient,
        started_on=min(min(order.starts_on for order in orders), patient.clinic.today(at)),
        started_at=at,
        started_by=by.account,
    )
    regimen.save()
    audit.record(by, "regimen started", Kind.CREATE, at=at, obj=regimen, patient=patient.public_id)
    _add(by, regimen, orders, replies, at=at)
    return regimen


@transaction.atomic
def add_line(
    by: Actor,
    regimen: Regimen,
    orders: Sequence[Order],
    *,
    version: int | None = None,
    replies: Mapping[str, Reply] = NO_REPLIES,
    at: datetime,
) -> list[RegimenLine]:
    """Add lines to an open regimen. Errors as start_regimen.

    With the version somebody saw: Stale when it is another, so that a form sent twice does not add twice.
    """
    patient = treated(by, regimen.patient)
    regimen = _open(regimen)
    if version is not None and regimen.version != version:
        raise Stale(regimen)
    if not orders:
        raise ValidationError(_("Nothing is ordered."))
    refuse_misshapen(orders, patient, at)
    _touch(regimen)
    return _add(by, regimen, orders, replies, at=at)


@transaction.atomic
def change_product(
    by: Actor,
    line: RegimenLine,
    order: Order,
    *,
    version: int,
    text: str = "",
    replies: Mapping[str, Reply] = NO_REPLIES,
    at: datetime,
) -> RegimenLine:
    """End a line and put another product or strength in its place, from today or the start of the order."""
    patient = treated(by, line.patient)
    line = current_line(line, version, on=patient.clinic.today(at))
    refuse_misshapen([order], patient, at)
    on = order.starts_on
    if on < patient.clinic.today(at):
        raise ValidationError({"starts_on": _("The other product was in use until now: today or later.")})
    if on > patient.clinic.today(at) + CHANGE_AHEAD:
        raise ValidationError({"starts_on": _("A change is planned two weeks ahead at the most.")})
    end_line_row(by, line, on=on, reason=EndReason.CHANGED, text=text, at=at)
    audit.record(by, "line replaced", Kind.UPDATE, at=at, obj=line, patient=patient.public_id)
    _touch(line.regimen)
    return _add(by, line.regimen, [order], replies, replaces=line, at=at)[0]


@transaction.atomic
def start_again(
    by: Actor, line: RegimenLine, order: Order, *, replies: Mapping[str, Reply] = NO_REPLIES, at: datetime
) -> RegimenLine:
    """Order the product of a line that was stopped again: a new line of the open regimen that names the one before."""
    patient = treated(by, line.patient)
    before = RegimenLine.objects.select_related("product").get(pk=line.pk)
    if not before.has_ended(patient.clinic.today(at)):
        raise ValidationError(_("This line has not ended."))
    if RegimenLine.objects.filter(replaces=before).exists():
        raise ValidationError(_("Another line took its place already."))
    if order.product.pk != before.product_id:
        raise ValidationError({"product": _("This is another product.")})
    regimen = Regimen.objects.live().select_related("patient__clinic").filter(patient=patient).first()
    if regimen is None:
        raise ValidationError(_("No regimen is open: start one."))
    refuse_misshapen([order], patient, at)
    _touch(regimen)
    audit.record(by, "line started again", Kind.UPDATE, at=at, obj=before, patient=patient.public_id)
    return _add(by, regimen, [order], replies, replaces=before, at=at)[0]


def _add(
    by: Actor,
    regimen: Regimen,
    orders: Sequence[Order],
    replies: Mapping[str, Reply],
    *,
    replaces: RegimenLine | None = None,
    at: datetime,
) -> list[RegimenLine]:
    patient = regimen.patient
    checked = queries.checked(patient, [order.as_line(by.account.name) for order in orders], on=patient.clinic.today(at))
    pairs = answer(checked, replies)
    saved = [save_line(by, regimen, order, replaces=replaces, at=at) for order in orders]
    save_overrides(by, {id(one): line for one, line in zip(checked, saved, strict=True)}, pairs, at=at)
    check_again(by, patient, at=at)
    return saved


def _touch(regimen: Regimen) -> None:
    """A regimen that has got a line is another than somebody saw who wants to end it."""
    Regimen.objects.filter(pk=regimen.pk).update(version=F("version") + 1)


def _open(regimen: Regimen) -> Regimen:
    row = Regimen.objects.live().select_related("patient__clinic").filter(pk=regimen.pk).first()
    if row is None:
        raise ValidationError(_("This regimen has ended."))
    return row


def line_in_use(line: RegimenLine, version: int, *, on: date) -> RegimenLine:
    """The line as stored, of the version somebody saw. Stale otherwise; ValidationError when its end has come."""
    rows = RegimenLine.objects.select_related("patient__clinic", "product", "regimen__patient__clinic")
    row = rows.get(pk=line.pk)
    if row.version != version:
        raise Stale(row)
    if row.has_ended(on):
        raise ValidationError(_("This line has ended."))
    return row


def current_line(line: RegimenLine, version: int, *, on: date) -> RegimenLine:
    """As line_in_use; ValidationError too when its end is planned: until then it takes no other step than stopping."""
    row = line_in_use(line, version, on=on)
    if row.ended_on is not None:
        text = _("It ends on %(day)s, as planned: until then it can be stopped, and nothing else.")
        raise ValidationError(text % {"day": day(row.ended_on)})
    return row
