"""The steps of a line: to maintenance, back to induction, down, on hold, on again, stopped. Nothing else moves a phase."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor, May
from clinics.errors import Stale
from clinics.models import Kind
from clinics.models.base import day as in_words
from patients.models import Patient
from regimens import queries
from regimens.actions.orders import (
    FURTHEST,
    SCHEDULE,
    Order,
    Reply,
    answer,
    end_line_row,
    end_plan,
    leave_plan,
    open_plan,
    refuse_misshapen,
    save_overrides,
    too_long,
)
from regimens.actions.regimen import NO_REPLIES, current_line, line_in_use, treated
from regimens.actions.work import check_again
from regimens.models import Application, ApplicationKind, DoseOutcome, DosePlan, EndReason, PlanSite, Regimen, RegimenLine
from regimens.protocol.facts import Family, Phase, Place
from regimens.protocol.slots import slots
from regimens.protocol.told import ANTI_INFLAMMATORY
from regimens.queries.facts import planned_line

REVIEWED = frozenset({Phase.INDUCTION, Phase.MAINTENANCE})  # without an end, somebody looks at it again


@transaction.atomic
def step_to_maintenance(
    by: Actor,
    line: RegimenLine,
    places: Sequence[Place],
    *,
    weekdays: Sequence[int],
    flares_in_a_year: int | None,
    review_on: date | None,
    version: int,
    replies: Mapping[str, Reply] = NO_REPLIES,
    at: datetime,
) -> DosePlan:
    """Use a line proactively, on chosen weekdays, on these places that are clear; the others go on as they are.

    The EU label asks for four flares a year or more: the count is kept, None when it was not asked.
    """
    by.must(May.PRESCRIBE, line.patient.clinic)
    _only(line, ANTI_INFLAMMATORY)
    order = Order(line.product, Phase.MAINTENANCE, date.min, tuple(places), weekdays=tuple(weekdays), review_on=review_on)
    if flares_in_a_year is not None and not 0 <= flares_in_a_year <= 365:
        raise ValidationError({"flares_in_a_year": _("Between %(low)s and %(high)s.") % {"low": 0, "high": 365}})
    return _step(
        by,
        line,
        order,
        {Phase.INDUCTION},
        "stepped to maintenance",
        version,
        replies,
        at,
        flares_in_a_year=flares_in_a_year,
    )


@transaction.atomic
def return_to_induction(
    by: Actor,
    line: RegimenLine,
    places: Sequence[Place],
    *,
    per_day: int,
    until_on: date | None = None,
    review_on: date | None = None,
    reason: str = "",
    version: int,
    replies: Mapping[str, Reply] = NO_REPLIES,
    at: datetime,
) -> DosePlan:
    """Go back to daily use on these places: a flare during maintenance."""
    order = Order(
        line.product, Phase.INDUCTION, date.min, tuple(places), per_day=per_day, until_on=until_on, review_on=review_on
    )
    return _step(by, line, order, {Phase.MAINTENANCE}, "returned to induction", version, replies, at, reason=reason)


@transaction.atomic
def step_down(
    by: Actor,
    line: RegimenLine,
    places: Sequence[Place],
    *,
    review_on: date | None = None,
    version: int,
    replies: Mapping[str, Reply] = NO_REPLIES,
    at: datetime,
) -> DosePlan:
    """From twice to once daily on these places (EU leaflet of Protopic: a child after three weeks)."""
    order = Order(line.product, Phase.INDUCTION, date.min, tuple(places), per_day=1, review_on=review_on)
    return _step(by, line, order, {Phase.INDUCTION}, "stepped down", version, replies, at, per_day=2)


def _only(line: RegimenLine, families: frozenset[Family]) -> None:
    if line.product.family not in families:
        raise ValidationError(_("This is not done with a product of this class."))


def _step(
    by: Actor,
    line: RegimenLine,
    order: Order,
    phases: set[Phase],
    verb: str,
    version: int,
    replies: Mapping[str, Reply],
    at: datetime,
    *,
    per_day: int | None = None,
    flares_in_a_year: int | None = None,
    reason: str = "",
) -> DosePlan:
    """Move places of a line from one of these phases into another; checked as an order is."""
    patient = treated(by, line.patient)
    today = patient.clinic.today(at)
    line = current_line(line, version, on=today)
    leaving = _plans_of(line, order.places, phases, per_day)
    order = _with_its_days(order, line, leaving, today)
    refuse_misshapen([order], patient, at, is_running=True)
    if wrong := too_long(DosePlan, reason=reason):
        raise ValidationError(wrong)
    checked = queries.checked(patient, [order.as_line(by.account.name)], on=order.starts_on, without=[str(line.public_id)])
    pairs = answer(checked, replies)
    plan, changes = _move(by, line, order, leaving, reason, at)
    if flares_in_a_year is not None:
        changes["flares_in_a_year"] = flares_in_a_year
    _changed(by, line, verb, at, **changes)
    save_overrides(by, {id(checked[0]): line}, pairs, at=at)
    check_again(by, patient, at=at)
    return plan


def _with_its_days(order: Order, line: RegimenLine, leaving: Sequence[DosePlan], today: date) -> Order:
    """The order of a step with what it takes over: the earliest last day, and the next day to look again."""
    on = max([today, *(plan.from_on for plan in leaving)])
    last = min((day for day in (*(plan.until_on for plan in leaving), line.until_on) if day), default=None)
    looks = (*(plan.look_again_on for plan in leaving), line.review_on)
    ahead = min((day for day in looks if day is not None and day >= on), default=None)
    return replace(
        order,
        product=line.product,
        starts_on=on,
        until_on=None if order.phase == Phase.MAINTENANCE else order.until_on or last,
        review_on=order.review_on or ahead,
        is_elsewhere=line.is_elsewhere,
    )


def _move(
    by: Actor, line: RegimenLine, order: Order, leaving: Iterable[DosePlan], reason: str, at: datetime
) -> tuple[DosePlan, dict[str, Any]]:
    """Open the plan of a step, and what changes at the line.

    A last day and a day to look again go with the places they were meant for: with all of the line they are the line's,
    else their plan's, and the places that stay keep theirs.
    """
    for plan in leaving:
        leave_plan(by, plan, order.places, on=order.starts_on, at=at)
    staying = DosePlan.objects.live().filter(line=line)
    staying.filter(until_on__isnull=True).update(until_on=line.until_on)
    is_whole = not staying.exists()
    of_plan: dict[str, Any] = {} if is_whole else {"until_on": order.until_on, "look_again_on": order.review_on}
    opened = open_plan(by, line, order.places, order, from_on=order.starts_on, at=at, reason=reason.strip(), **of_plan)
    of_line: dict[str, Any] = {"until_on": None}
    if is_whole:
        of_line = {"until_on": order.until_on, "review_on": order.review_on or line.review_on}
    return opened, of_line


def _plans_of(line: RegimenLine, places: Iterable[Place], phases: set[Phase], per_day: int | None) -> list[DosePlan]:
    """The live plans these places are in; ValidationError unless each is in one of these phases now."""
    wanted = list(places)
    if not wanted:
        raise ValidationError({"places": _("Say where on the body.")})
    rows = PlanSite.objects.filter(line=line, ended_on__isnull=True).select_related("plan")
    where = {(row.site, row.side): row.plan for row in rows}
    found: dict[int, DosePlan] = {}
    for place in wanted:
        plan = where.get((place.site, place.side.value))
        if plan is None:
            raise ValidationError({"places": _("This line is not in use there.")})
        if plan.phase not in phases or (per_day is not None and plan.per_day != per_day):
            raise ValidationError({"places": _("It is not in a phase there from which this step is possible.")})
        found[plan.pk] = plan
    return list(found.values())


@transaction.atomic
def hold(by: Actor, line: RegimenLine, *, look_again_on: date, reason: str, version: int, at: datetime) -> None:
    """Pause a line everywhere until somebody looks again on a date (today to a year ahead); needs a reason."""
    patient = treated(by, line.patient)
    today = patient.clinic.today(at)
    line = current_line(line, version, on=today)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    if wrong := too_long(DosePlan, reason=reason):
        raise ValidationError(wrong)
    if not today <= look_again_on <= today + timedelta(days=366):
        raise ValidationError({"look_again_on": _("Between today and a year ahead.")})
    plans = list(DosePlan.objects.live().filter(line=line).exclude(phase=Phase.HOLD))
    if not plans:
        raise ValidationError(_("This line is on hold already."))
    for plan in plans:
        places = _places(plan)
        on = max(today, plan.from_on)
        leave_plan(by, plan, places, on=on, at=at)
        pause = Order(line.product, Phase.HOLD, on)
        open_plan(
            by,
            line,
            places,
            pause,
            from_on=on,
            at=at,
            resumes=plan,
            until_on=plan.until_on,
            reason=reason.strip(),
            look_again_on=look_again_on,
        )
    _changed(by, line, "line held", at)
    check_again(by, patient, at=at)


@transaction.atomic
def resume(
    by: Actor,
    line: RegimenLine,
    *,
    review_on: date | None = None,
    version: int,
    replies: Mapping[str, Reply] = NO_REPLIES,
    at: datetime,
) -> None:
    """Go on with a line that was on hold, as it was used before; checked as an order is.

    A course goes on with the days it has left, an interval not before the next dose was due, and a loading dose is not
    repeated. What had its last day meanwhile does not go on; ValidationError when that is all of it. Where the day to look
    again has passed, daily use and maintenance without an end need another one, `review_on` (today or later).
    """
    patient = treated(by, line.patient)
    today = patient.clinic.today(at)
    line = current_line(line, version, on=today)
    goes_on = _going_on(by, line, today, at)
    line.review_on = _next_review(line, [how for _pause, how in goes_on], review_on, today)
    again = [planned_line(how, _places(pause), by=by.account.name) for pause, how in goes_on]
    checked = queries.checked(patient, again, on=today, without=[str(line.public_id)])
    pairs = answer(checked, replies)
    for pause, how in goes_on:
        places, on = _places(pause), how.from_on
        own: dict[str, Any] = {"until_on": how.until_on, "look_again_on": how.look_again_on}
        leave_plan(by, pause, places, on=on, at=at)
        open_plan(by, line, places, how, from_on=on, at=at, resumes=pause, **own)
    save_overrides(by, {id(one): line for one in checked}, pairs, at=at)
    _changed(by, line, "line resumed", at, review_on=line.review_on)
    check_again(by, patient, at=at)


def _going_on(by: Actor, line: RegimenLine, today: date, at: datetime) -> list[tuple[DosePlan, DosePlan]]:
    """Each pause of a line with how it goes on (not saved). A pause after whose plan nothing is left ends."""
    pauses = list(DosePlan.objects.live().filter(line=line, phase=Phase.HOLD).select_related("resumes", "patient"))
    if not pauses:
        raise ValidationError(_("This line is not on hold."))
    goes_on = []
    for pause in pauses:
        pause.line = line
        on = max(today, pause.from_on)
        how = _rest(pause, on)
        if how is None:
            end_plan(by, pause, on=on, at=at)
        else:
            goes_on.append((pause, how))
    if not goes_on:
        raise ValidationError(_("Its last day has passed meanwhile: order it again."))
    return goes_on


def _next_review(line: RegimenLine, going_on: Iterable[DosePlan], review_on: date | None, today: date) -> date | None:
    """The line's day to look again from now on; a plan's own that has passed gives way to it.

    ValidationError for a day that has passed, or that is missing.
    """
    if review_on is not None and not today <= review_on <= today + FURTHEST:
        raise ValidationError({"review_on": _("Between today and ten years ahead.")})
    for how in going_on:
        look = how.look_again_on or line.review_on
        if look is None or look >= today:
            continue
        if review_on is not None:
            how.look_again_on = None
        elif how.phase in REVIEWED and line.product.family in ANTI_INFLAMMATORY and not (how.last_on or line.is_elsewhere):
            text = _("Its day to look again, %(day)s, has passed: choose the next one.")
            raise ValidationError({"review_on": text % {"day": in_words(look)}})
    return review_on or line.review_on


def _rest(pause: DosePlan, on: date) -> DosePlan | None:
    """What is left of the plan that was paused, to go on from `on` (not saved); None when its last day has passed."""
    before = pause.resumes
    if before is None:
        return None
    used = ((before.ended_on or on) - before.from_on).days
    how = DosePlan(
        line=pause.line, patient=pause.patient, phase=before.phase, from_on=on, until_on=pause.until_on, resumes=pause
    )
    for name in (*SCHEDULE, "look_again_on"):
        setattr(how, name, getattr(before, name))
    if before.course_days:
        how.course_days = max(0, before.course_days - used)
    over = used + _is_done_on_its_last_day(before)
    if before.every_days and over:
        how.from_on = max(on, _next_dose_after(before, before.from_on + timedelta(days=over - 1)))
        how.loading_dose, how.second_after_days = "", None
    is_over = how.course_days == 0 or (how.last_on is not None and how.last_on < how.from_on)
    return None if is_over else how


def _is_done_on_its_last_day(plan: DosePlan) -> bool:
    """Whether the dose of the day on which a plan was put on hold had been given."""
    done = Application.objects.live().filter(plan=plan, kind=ApplicationKind.SLOT, outcome=DoseOutcome.DONE)
    return done.filter(slot_on=plan.ended_on).exists()


def _next_dose_after(plan: DosePlan, on: date) -> date:
    """The day of the first dose of an interval after a day, as if the plan had gone on."""
    far = on + timedelta(days=max(plan.every_days or 0, plan.second_after_days or 0))
    open_end = replace(plan.schedule, last_on=None)
    return slots(open_end, on + timedelta(days=1), far)[0].on


@transaction.atomic
def stop(
    by: Actor,
    line: RegimenLine,
    *,
    reason: str,
    text: str = "",
    next_look_on: date | None = None,
    no_look_reason: str = "",
    version: int,
    at: datetime,
) -> None:
    """End a line today, with a listed reason, and a date to look next or why none is needed.

    So can be ended what was to end later because another line follows; that one stays as it was ordered.
    """
    patient = treated(by, line.patient)
    today = patient.clinic.today(at)
    line = line_in_use(line, version, on=today)
    _check_ending(patient, reason, text, next_look_on, no_look_reason, at)
    end_line_row(
        by,
        line,
        on=today,
        reason=reason,
        text=text,
        next_look_on=next_look_on,
        no_look_reason=no_look_reason,
        at=at,
    )
    moved = ("ended_on", "end_reason") if line.ended_on else ()
    audit.record(by, "line stopped", Kind.UPDATE, at=at, obj=line, patient=patient.public_id, fields=moved)
    check_again(by, patient, at=at)


@transaction.atomic
def stop_regimen(
    by: Actor,
    regimen: Regimen,
    *,
    reason: str,
    text: str = "",
    next_look_on: date | None = None,
    no_look_reason: str = "",
    version: int,
    at: datetime,
) -> None:
    """End a regimen with all its lines, those that were to end later too."""
    patient = treated(by, regimen.patient)
    current = Regimen.objects.get(pk=regimen.pk)
    if current.version != version:
        raise Stale(current)
    _check_ending(patient, reason, text, next_look_on, no_look_reason, at)
    on = max(patient.clinic.today(at), regimen.started_on)
    ended = Regimen.objects.filter(pk=regimen.pk, version=version, ended_on__isnull=True).update(
        ended_on=on,
        ended_at=at,
        ended_by=by.account,
        end_reason=reason,
        end_text=text.strip(),
        next_look_on=next_look_on,
        no_look_reason=no_look_reason.strip(),
        version=F("version") + 1,
    )
    if not ended:
        raise ValidationError(_("This regimen has ended."))
    for line in RegimenLine.objects.in_use(on).filter(regimen=regimen):
        end_line_row(by, line, on=on, reason=reason, text=text, at=at)
        audit.record(by, "line stopped", Kind.UPDATE, at=at, obj=line, patient=patient.public_id)
    audit.record(by, "regimen stopped", Kind.UPDATE, at=at, obj=regimen, patient=patient.public_id)
    check_again(by, patient, at=at)


def _check_ending(
    patient: Patient, reason: str, text: str, next_look_on: date | None, no_look_reason: str, at: datetime
) -> None:
    found: dict[str, str] = {}
    if reason not in EndReason.values:
        found["reason"] = _("Choose why.")
    if reason == EndReason.OTHER and not text.strip():
        found["text"] = _("Write why.")
    wrong = too_long(RegimenLine, end_text=text, no_look_reason=no_look_reason)
    found |= {{"end_text": "text"}.get(name, name): said for name, said in wrong.items()}
    if (next_look_on is None) == (not no_look_reason.strip()):
        found["next_look_on"] = _("Either a day to look next, or why none is needed.")
    elif next_look_on is not None and next_look_on < patient.clinic.today(at):
        found["next_look_on"] = _("This day is over.")
    if found:
        raise ValidationError(found)


def _places(plan: DosePlan) -> list[Place]:
    return [queries.place_of(row) for row in plan.places.all() if row.ended_on is None]


def _changed(by: Actor, line: RegimenLine, verb: str, at: datetime, **values: Any) -> None:
    RegimenLine.objects.filter(pk=line.pk).update(version=F("version") + 1, **values)
    audit.record(by, verb, Kind.UPDATE, at=at, obj=line, patient=line.patient.public_id)
