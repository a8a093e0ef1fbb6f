"""What the pages of treatment show: lines with their phases, what may be done with them, and what was before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, Prefetch, Q
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinics.access import May
from clinics.errors import NotYours
from clinics.models.base import day, local_date, unbroken
from patients.models import CurrentScores, Patient
from patients.sites import SITES
from regimens import words
from regimens.models import DosePlan, EndReason, Override, PastTreatment, Regimen, RegimenLine, WorkItem
from regimens.models.regimen import AmountUnit
from regimens.protocol.base import label_facts, strictest
from regimens.protocol.facts import Family, Jurisdiction, Phase, Place
from regimens.protocol.schedule import dose_days
from regimens.protocol.told import ANTI_INFLAMMATORY
from regimens.queries.facts import place_of, product_facts

CLEAR_ENOUGH = 2  # vIGA-AD: cleared, almost cleared or mildly affected (EU label of tacrolimus)
SIX_WEEKS = timedelta(days=42)
ENDED = 200  # lines of history at the most
CARE = frozenset({Family.EMOLLIENT, Family.CLEANSER})
STEPS: dict[str, Any] = {
    "maintenance": gettext_lazy("To maintenance"),
    "induction": gettext_lazy("Back to daily use"),
    "down": gettext_lazy("Down to once daily"),
    "hold": gettext_lazy("Put on hold"),
    "resume": gettext_lazy("Go on with it"),
    "change": gettext_lazy("Change product or use"),
    "again": gettext_lazy("Use it again"),
    "stop": gettext_lazy("Stop"),
}


class PlanView(NamedTuple):
    """A phase of a line in words."""

    phase: str
    phase_word: str
    how: str
    where: str
    since: str
    last: str  # the last day of it, where one is known
    is_over: bool  # that day has passed and nobody has said what comes next
    look: str  # its own day to look again, where only some places have it
    is_look_late: bool
    note: str
    by: str


class Step(NamedTuple):
    """Something that may be done with a line now."""

    key: str
    label: str


class OverrideView(NamedTuple):
    """A warning that was answered."""

    rule: str
    version: int
    text: str
    reason: str
    sentence: str
    on: str
    by: str


@dataclass(frozen=True)
class LineView:
    """A line in words."""

    public_id: UUID
    version: int
    name: str
    family: str
    is_elsewhere: bool
    amount: str
    since: str
    until: str
    review: str
    is_review_late: bool
    is_ending: bool  # its end is known and lies ahead
    instructions: str
    by: str
    ended: str
    why_ended: str
    next_look: str
    plans: list[PlanView] = field(default_factory=list)
    past: list[PlanView] = field(default_factory=list)
    overrides: list[OverrideView] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    offer: str = ""
    waiting: list[str] = field(default_factory=list)  # what the rules found about it since, and nobody has handled


class UsedView(NamedTuple):
    """A line in use at a glance."""

    name: str
    is_elsewhere: bool
    review: str
    is_review_late: bool
    plans: list[PlanView]


@dataclass(frozen=True)
class RegimenPage:
    """The regimen of a patient."""

    regimen: Regimen | None
    since: str
    lines: list[LineView]
    may_prescribe: bool
    has_emollient: bool


def open_regimen(patient: Patient) -> Regimen | None:
    """The regimen that is open."""
    return Regimen.objects.live().select_related("patient__clinic").filter(patient=patient).first()


def regimen_page(patient: Patient, rights: frozenset[May], *, on: date) -> RegimenPage:
    """What a patient uses now, and what somebody with these rights may do about it."""
    regimen = open_regimen(patient)
    may = May.PRESCRIBE in rights and patient.closed_at is None
    rows = sorted(_line_rows(RegimenLine.objects.filter(_in_use(on), patient=patient)), key=_care)
    score = CurrentScores.objects.filter(patient=patient).first()
    items = WorkItem.objects.live().filter(patient=patient).values_list("subject", "text")
    waiting: dict[str, list[str]] = {}
    for subject, text in items:
        waiting.setdefault(subject.partition(":")[0], []).append(unbroken(text))
    lines = [
        replace(line_view(row, on=on, may_prescribe=may, score=score), waiting=waiting.get(str(row.public_id), []))
        for row in rows
    ]
    return RegimenPage(
        regimen,
        day(regimen.started_on) if regimen else "",
        lines,
        may,
        any(row.product.family == Family.EMOLLIENT for row in rows),
    )


def used_now(patient: Patient, *, on: date) -> list[UsedView]:
    """What a patient uses now, at a glance. One query where nothing is used, three otherwise."""
    plans = Prefetch("plans", DosePlan.objects.select_related("started_by"))
    rows = RegimenLine.objects.filter(_in_use(on), patient=patient).select_related("product")
    return [
        UsedView(
            unbroken(row.product.name),
            row.is_elsewhere,
            day(row.review_on),
            _is_review_late(row, on),
            _plan_views(row, on)[0],
        )
        for row in sorted(rows.prefetch_related(plans, "plans__places"), key=_care)
    ]


def _care(row: RegimenLine) -> bool:
    """For sorting: what goes with everything stands last."""
    return row.product.family in CARE


def _in_use(on: date) -> Q:
    """Lines that have not ended; what ends on a later day (another product takes its place then) is in use until then."""
    return Q(ended_on__isnull=True) | (Q(ended_on__gt=on) & Q(ended_on__gt=F("starts_on")))


def uses_emollient(patient: Patient) -> bool:
    """Whether an emollient is in use."""
    return RegimenLine.objects.live().filter(patient=patient, product__family=Family.EMOLLIENT).exists()


def ended_lines(patient: Patient, rights: frozenset[May], *, on: date) -> list[LineView]:
    """The lines that have ended, the last first; ENDED at the most. While a regimen is open they may be used again."""
    may = May.PRESCRIBE in rights and patient.closed_at is None and open_regimen(patient) is not None
    rows = RegimenLine.objects.filter(~_in_use(on), patient=patient).order_by("-ended_on", "-id")[:ENDED]
    return [line_view(row, on=on, may_prescribe=may, score=None) for row in _line_rows(rows)]


def line_now(line: RegimenLine, *, on: date) -> LineView:
    """A line as it stands now, for somebody who saw it before it was changed."""
    return line_view(_line_rows(RegimenLine.objects.filter(pk=line.pk))[0], on=on, may_prescribe=False, score=None)


def _line_rows(rows: Any) -> list[RegimenLine]:
    found = rows.select_related("product", "started_by", "ended_by", "regimen", "patient__clinic", "replaced_by")
    return list(found.prefetch_related("plans__places", "plans__started_by", "overrides__by"))


def line_of(user: Any, patient: Patient, public_id: UUID) -> RegimenLine:
    """A line of this very patient that the account may see, or Http404."""
    rows = RegimenLine.objects.visible_to(user).filter(patient=patient, public_id=public_id)
    row: RegimenLine | None = (
        rows.select_related("product", "regimen__patient__clinic", "patient__clinic")
        .prefetch_related("product__facts", "plans__places")
        .first()
    )
    if row is not None:
        return row
    elsewhere = RegimenLine.objects.filter(public_id=public_id).values_list(
        "patient__public_id", "patient__clinic__public_id"
    )
    for whose, clinic in elsewhere:
        raise NotYours(object_type="regimenline", object_id=public_id, clinic=clinic, patient=whose)
    raise Http404


def places_in(line: RegimenLine, phases: Iterable[str] | None = None, per_day: int | None = None) -> list[Place]:
    """The places of a line that are in one of these phases now (default: any); line with its plans and places."""
    wanted = None if phases is None else set(phases)
    return [
        place_of(row)
        for plan in line.plans.all()
        if plan.ended_on is None
        and (wanted is None or plan.phase in wanted)
        and (per_day is None or plan.per_day == per_day)
        for row in plan.places.all()
        if row.ended_on is None
    ]


def last_plan(line: RegimenLine) -> tuple[DosePlan | None, list[Place]]:
    """How a line was used last (not on hold), and every place it was used on."""
    plans = [plan for plan in line.plans.all() if plan.phase != Phase.HOLD]
    places = {(row.site, row.side): place_of(row) for plan in line.plans.all() for row in plan.places.all()}
    return (max(plans, key=lambda plan: (plan.from_on, plan.pk)) if plans else None), list(places.values())


def line_view(row: RegimenLine, *, on: date, may_prescribe: bool, score: CurrentScores | None) -> LineView:
    """A line (with product, people, plans, places and overrides) in words."""
    zone = row.patient.clinic.zone
    live = [plan for plan in row.plans.all() if plan.ended_on is None]
    plans, past = _plan_views(row, on)
    is_ending = row.ended_on is not None and row.ended_on > on
    return LineView(
        public_id=row.public_id,
        version=row.version,
        name=unbroken(row.product.name),
        family=str(row.product.get_family_display()),
        is_elsewhere=row.is_elsewhere,
        amount=_much(row),
        since=day(row.starts_on),
        until=day(row.until_on),
        review=day(row.review_on) if row.ended_on is None or is_ending else "",
        is_ending=is_ending,
        is_review_late=_is_review_late(row, on),
        instructions=row.instructions,
        by=row.started_by.name,
        ended=day(row.ended_on),
        why_ended=" – ".join(text for text in (str(row.get_end_reason_display()), row.end_text) if text),
        next_look=day(row.next_look_on) or row.no_look_reason,
        plans=plans,
        past=past,
        overrides=[_override_view(one, zone) for one in row.overrides.all()],
        steps=_steps(row, live, on) if may_prescribe else [],
        offer=_offer(row, live, score) if may_prescribe else "",
    )


def _is_review_late(row: RegimenLine, on: date) -> bool:
    return row.ended_on is None and row.review_on is not None and row.review_on < on


def _plan_views(row: RegimenLine, on: date) -> tuple[list[PlanView], list[PlanView]]:
    """The phases a line (with plans, their people and places) is in on a day, and those before, in their order."""
    now: list[PlanView] = []
    past: list[PlanView] = []
    for plan in sorted(row.plans.all(), key=lambda plan: (plan.from_on, plan.pk)):
        is_now = plan.ended_on is None or plan.ended_on > max(on, plan.from_on)
        (now if is_now else past).append(_plan_view(plan, on))
    return now, past


def _plan_view(plan: DosePlan, on: date) -> PlanView:
    last = max(plan.last_on, plan.from_on) if plan.last_on else None
    look = plan.look_again_on if plan.phase != Phase.HOLD else None
    places = [place_of(row) for row in plan.places.all() if plan.ended_on is not None or row.ended_on is None]
    note = plan.reason
    if plan.phase == Phase.HOLD and plan.look_again_on:
        note = _("look again on %(on)s: %(why)s") % {"on": day(plan.look_again_on), "why": plan.reason}
    return PlanView(
        phase=plan.phase,
        phase_word=str(words.PHASE_WORDS[plan.phase]),
        how=words.how(plan),
        where=words.where(places),
        since=day(plan.from_on),
        last=day(last),
        is_over=plan.ended_on is None and last is not None and last < on,
        look=day(look),
        is_look_late=plan.ended_on is None and look is not None and look < on,
        note=note,
        by=plan.started_by.name,
    )


def _override_view(row: Override, zone: str) -> OverrideView:
    return OverrideView(
        row.rule,
        row.rule_version,
        unbroken(row.text),
        str(row.get_reason_display()),
        row.sentence,
        day(local_date(row.at, zone)),
        row.by.name,
    )


def _steps(row: RegimenLine, live: Sequence[DosePlan], on: date) -> list[Step]:
    if row.ended_on is not None and not row.has_ended(on):
        return [Step("stop", str(STEPS["stop"]))]  # its end is planned: it can only come earlier
    if row.ended_on is not None:
        may_be_again = row.end_reason not in (EndReason.CHANGED, EndReason.ERROR) and not hasattr(row, "replaced_by")
        return [Step("again", str(STEPS["again"]))] if may_be_again else []
    phases = {plan.phase for plan in live}
    found = []
    if Phase.INDUCTION in phases and row.product.family in ANTI_INFLAMMATORY:
        found.append("maintenance")
        if any(plan.phase == Phase.INDUCTION and plan.per_day == 2 for plan in live):
            found.append("down")
    if Phase.MAINTENANCE in phases:
        found.append("induction")
    found.append("resume" if Phase.HOLD in phases else "hold")
    if Phase.HOLD not in phases:
        found.append("change")
    return [Step(key, str(STEPS[key])) for key in (*found, "stop")]


def _offer(row: RegimenLine, live: Sequence[DosePlan], score: CurrentScores | None) -> str:
    """Maintenance as something to consider: vIGA-AD of 2 or less within six weeks of twice-daily use (EU label)."""
    if row.product.family != Family.TCI or score is None or score.viga_ad is None or score.viga_ad_on is None:
        return ""
    if score.viga_ad > CLEAR_ENOUGH:
        return ""
    for plan in live:
        if (
            plan.phase == Phase.INDUCTION
            and plan.per_day == 2
            and timedelta() <= score.viga_ad_on - plan.from_on <= SIX_WEEKS
        ):
            text = _(
                "vIGA-AD %(level)s on %(on)s, within six weeks of twice-daily use: consider proactive maintenance on the "
                "areas affected before, or going on as now (EU label; four flares a year or more)."
            )
            return text % {"level": score.viga_ad, "on": day(score.viga_ad_on)}
    return ""


def before_step(line: RegimenLine, step: str, *, on: date) -> str:
    """What somebody has to know who is about to take a step of a line; empty for most."""
    if step == "maintenance":
        return readiness(line.patient)
    if step == "resume":
        return _("It goes on as it was used before, from today.")
    if step == "stop" and line.ended_on is not None and not line.has_ended(on):
        return _before_stopping_early(line, on)
    return ""


def _before_stopping_early(line: RegimenLine, on: date) -> str:
    """Of a line whose end is planned: what follows it, and that this stays."""
    planned = _("It is in use until %(day)s, as planned. Stopped here, it ends today.") % {"day": day(line.ended_on)}
    following = RegimenLine.objects.filter(replaces=line).select_related("product").first()
    if following is None or following.has_ended(on):
        return planned
    words = {"product": following.product.name, "day": day(following.starts_on)}
    stays = _("%(product)s still begins on %(day)s: stop that line too if it is not to be used.") % words
    return f"{planned} {stays}"


def readiness(patient: Patient) -> str:
    """What labels ask for before maintenance, with the last vIGA-AD beside it: for somebody to weigh, not a verdict."""
    score = CurrentScores.objects.filter(patient=patient).first()
    seen = _("No vIGA-AD is recorded.")
    if score is not None and score.viga_ad is not None and score.viga_ad_on is not None:
        seen = _("Last vIGA-AD: %(level)s on %(on)s.") % {"level": score.viga_ad, "on": day(score.viga_ad_on)}
    asks = _(
        "For tacrolimus the EU label asks for skin that is cleared, almost cleared or mildly affected after six weeks of "
        "twice-daily use at the most, and for four flares a year or more; the US label has no maintenance."
    )
    return f"{seen} {asks}"


class PreviewDay(NamedTuple):
    """A day of the first two weeks: what is due of each line."""

    on: str
    weekday: str
    doses: list[str]


class CardView(NamedTuple):
    """A line as the patient reads it: the clinic's plan and words, what its label says about an emollient, no advice."""

    name: str
    is_elsewhere: bool
    how: str
    where: str
    since: str
    until: str
    review: str
    gap: str  # between it and an emollient
    gap_source: str
    instructions: str


@dataclass(frozen=True)
class Preview:
    """What an order would mean: the first two weeks, and what the patient will see."""

    names: list[str]
    days: list[PreviewDay]
    elsewhere: list[str]  # prescribed elsewhere: no doses are planned here
    cards: list[CardView]


def preview(patient: Patient, orders: Sequence[Any]) -> Preview:
    """The first 14 days of orders from the earliest start, and their words for the patient."""
    planned = [order for order in orders if not order.is_elsewhere]
    first = min((order.starts_on for order in planned), default=date.min)
    last = first + timedelta(days=13)
    due = [_due(order, first, last) for order in planned]
    days = [first + timedelta(days=n) for n in range(14)] if planned else []
    return Preview(
        names=[unbroken(order.product) for order in planned],
        days=[PreviewDay(day(on), str(words.WEEKDAYS[on.weekday()]), ["×" * one.get(on, 0) for one in due]) for on in days],
        elsewhere=[unbroken(order.product) for order in orders if order.is_elsewhere],
        cards=[_card(order, Jurisdiction(patient.clinic.jurisdiction)) for order in orders],
    )


def _due(order: Any, first: date, last: date) -> dict[date, int]:
    line = order.as_line()
    return dict(
        dose_days(
            order.phase,
            order.starts_on,
            since=first,
            until=last,
            until_on=line.until_on,
            per_day=order.per_day,
            weekdays=line.weekdays,
            every_days=order.every_days,
            second_after_days=order.second_after_days,
        )
    )


def _much(use: Any) -> str:
    """How much at a time: "1 fingertip units", "300 mg"; nothing where it was not said."""
    if use.amount is None:
        return unbroken(use.dose)
    unit = dict(AmountUnit.choices)[use.amount_unit]
    return " · ".join(text for text in (f"{use.amount.normalize():f}\u00a0{unit}", unbroken(use.dose)) if text)


def _card(order: Any, jurisdiction: Jurisdiction) -> CardView:
    gap, gap_source = _gap(order, jurisdiction)
    return CardView(
        name=unbroken(order.product),
        is_elsewhere=order.is_elsewhere,
        how=", ".join(text for text in (_much(order), words.how(order)) if text),
        where=words.where(order.places),
        since=day(order.starts_on),
        until=day(order.until_on),
        review=day(order.review_on),
        gap=gap,
        gap_source=gap_source,
        instructions=order.instructions,
    )


def _gap(order: Any, jurisdiction: Jurisdiction) -> tuple[str, str]:
    """What a label says about the time between it and an emollient (C11), and which label.

    The strictest of the jurisdiction, else the strictest on file; nothing where none says anything. It stops no order.
    """
    fact = strictest(label_facts(product_facts(order.product), "emollient-gap-minutes", jurisdiction))
    if fact is None or fact.value is None:
        return "", ""
    source = ", ".join(text for text in (fact.source, fact.section, day(fact.on)) if text)
    if fact.jurisdiction not in (jurisdiction.value, "any"):
        source = _("%(source)s; no label of this jurisdiction is on file") % {"source": source}
    return gap_in_words(int(fact.value)), source


def gap_in_words(minutes: int) -> str:
    """How long to leave between something and an emollient."""
    if not minutes:
        return _("An emollient can follow at once.")
    if minutes % 60:
        time = ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    else:
        time = ngettext("%(n)s hour", "%(n)s hours", minutes // 60) % {"n": minutes // 60}
    return _("Leave %(time)s between this and an emollient on the same skin.") % {"time": time.replace(" ", "\u00a0")}


class PastView(NamedTuple):
    """A treatment before adtrack in words."""

    public_id: UUID
    name: str
    family: str
    where: str
    period: str
    response: str
    why: str
    text: str
    recorded: str
    by: str


def past_treatments(patient: Patient) -> list[PastView]:
    """What was used before adtrack, the latest first."""
    rows = PastTreatment.objects.live().filter(patient=patient).select_related("product", "recorded_by")
    zone = patient.clinic.zone
    return [_past_view(row, zone) for row in rows.order_by("-from_on", "-id")[:ENDED]]


def _past_view(row: PastTreatment, zone: str) -> PastView:
    months = [f"{on.month:02d}/{on.year}" if on else "…" for on in (row.from_on, row.until_on)]
    period = " – ".join(months) if row.from_on or row.until_on else _("time not known")
    if row.days:
        period = f"{period} ({_('%(n)s days') % {'n': row.days}})"
    return PastView(
        row.public_id,
        unbroken(row),
        str(row.get_family_display()),
        ", ".join(_(SITES[code].label) for code in row.sites.split(",") if code in SITES),
        period,
        str(row.get_response_display()),
        str(row.get_why_stopped_display()),
        row.text,
        day(local_date(row.recorded_at, zone)),
        row.recorded_by.name if row.recorded_by else "",
    )
