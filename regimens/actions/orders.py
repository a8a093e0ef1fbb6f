"""What somebody wants to prescribe: its shape, its check, and how it becomes a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import DateField, F, Model, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor
from clinics.models import Kind
from clinics.models.base import one_line
from patients import sites
from patients.models import Patient
from regimens import queries
from regimens.errors import Lack, Misshapen, Unsafe
from regimens.models import (
    AmountUnit,
    DosePlan,
    EndReason,
    Override,
    OverrideReason,
    PlanSite,
    Product,
    Regimen,
    RegimenLine,
    Route,
)
from regimens.protocol import facts
from regimens.protocol.base import Finding, Level
from regimens.protocol.check import Checked
from regimens.protocol.facts import Family, Phase, Place
from regimens.protocol.slots import usual_times
from regimens.protocol.told import ANTI_INFLAMMATORY
from regimens.queries.checks import Found, findings_in, fingerprint, inputs_of, sentence

CARE = frozenset({Family.EMOLLIENT, Family.CLEANSER})  # as often as somebody likes
EARLIEST, LATEST = timedelta(days=366), timedelta(days=366)  # a start before or after today
FURTHEST = timedelta(days=3660)  # an end or a review after today: ten years
NEEDS: dict[Phase, tuple[str, ...]] = {
    Phase.INDUCTION: ("per_day",),
    Phase.MAINTENANCE: ("weekdays",),
    Phase.INTERVAL: ("every_days",),
    Phase.COURSE: ("per_day", "course_days"),
    Phase.AS_NEEDED: ("condition", "most_per_day"),
}
SCHEDULE = (
    "per_day",
    "weekdays",
    "every_days",
    "second_after_days",
    "course_days",
    "condition",
    "most_per_day",
    "loading_dose",
)
HIGHEST = {"per_day": 12, "every_days": 366, "second_after_days": 366, "course_days": 366, "most_per_day": 12}
MAY_HAVE: dict[Phase, tuple[str, ...]] = NEEDS | {Phase.INTERVAL: ("every_days", "second_after_days", "loading_dose")}


@dataclass(frozen=True)
class Reply:
    """Why an order is right in spite of a warning."""

    reason: str  # OverrideReason
    sentence: str
    is_earlier: bool = False  # typed on a page before the one that was sent: what it was about may be gone


NO_REPLY = Reply("", "")


@dataclass(frozen=True)
class Order:
    """One line as somebody wants it. Nothing about strength or frequency has a default."""

    product: Product
    phase: Phase
    starts_on: date
    places: tuple[Place, ...] = ()
    until_on: date | None = None
    review_on: date | None = None
    per_day: int | None = None
    weekdays: tuple[int, ...] = ()
    every_days: int | None = None
    loading_dose: str = ""
    second_after_days: int | None = None  # interval: from the first dose to the second, where it is another
    course_days: int | None = None
    condition: str = ""
    most_per_day: int | None = None
    amount: Decimal | None = None
    amount_unit: str = ""
    dose: str = ""
    instructions: str = ""
    is_elsewhere: bool = False

    def as_line(self, by: str = "") -> facts.Line:
        """The order as the rules see it."""
        until_on = self.until_on
        if self.course_days:
            last = self.starts_on + timedelta(days=self.course_days - 1)
            until_on = min(until_on, last) if until_on else last
        return facts.Line(
            product=queries.product_facts(self.product),
            places=self.places or (Place(""),),
            phase=self.phase,
            starts_on=self.starts_on,
            until_on=until_on,
            review_on=self.review_on,
            per_day=self.per_day,
            weekdays=frozenset(self.weekdays),
            every_days=self.every_days,
            second_after_days=self.second_after_days,
            course_days=self.course_days,
            is_elsewhere=self.is_elsewhere,
            by=by,
        )


def problems(order: Order, patient: Patient, at: datetime, *, is_running: bool = False) -> dict[str, str]:
    """What is wrong with the shape of an order, by field; empty when nothing is. A running line keeps its product."""
    found: dict[str, str] = {}
    if not (order.product.is_offered or is_running):
        found["product"] = _("%(product)s is no longer offered: choose another product.") % {"product": order.product}
    return (
        found | _use_problems(order) | _place_problems(order) | _date_problems(order, patient, at) | _amount_problems(order)
    )


def _use_problems(order: Order) -> dict[str, str]:
    if order.phase not in NEEDS:
        return {"phase": _("Choose how it is used.")}
    found: dict[str, str] = {}
    for name in NEEDS[order.phase]:
        if not getattr(order, name) or not str(getattr(order, name)).strip():
            found[name] = _("This is needed.")
    for name in SCHEDULE:
        if getattr(order, name) and name not in MAY_HAVE[order.phase]:
            found[name] = _("This does not belong to the chosen way of use.")
    if order.phase == Phase.INDUCTION and order.per_day not in (None, 1, 2) and order.product.family not in CARE:
        found["per_day"] = _("Once or twice daily.")
    if order.product.family in ANTI_INFLAMMATORY and max(order.per_day or 0, order.most_per_day or 0) > 2:
        found["per_day" if order.per_day else "most_per_day"] = _("Once or twice daily.")
    if order.phase == Phase.INTERVAL and order.product.route == Route.TOPICAL:
        found["phase"] = _("Of what is applied to the skin choose the weekdays, or every day.")
    if not all(0 <= number <= 6 for number in order.weekdays) or len(set(order.weekdays)) != len(order.weekdays):
        found["weekdays"] = _("Choose each weekday once.")
    for name in ("dose", "instructions", "loading_dose", "condition"):
        model = DosePlan if name in SCHEDULE else RegimenLine
        found |= too_long(model, **{name: getattr(order, name)})
    for name, high in HIGHEST.items():
        value = getattr(order, name)
        if value is not None and not 1 <= value <= high and name not in found:
            found[name] = _("Between %(low)s and %(high)s.") % {"low": 1, "high": high}
    return found


def too_long(model: type[Model], **texts: str) -> dict[str, str]:
    """Texts that are longer than their column, by name."""
    found = {}
    for name, text in texts.items():
        most = getattr(model._meta.get_field(name), "max_length", 0)
        if len(text.strip()) > most:
            found[name] = _("At the most %(most)s characters.") % {"most": most}
            continue
        try:
            one_line(" ".join(text.split()))
        except ValidationError as error:
            found[name] = error.messages[0]
    return found


def _place_problems(order: Order) -> dict[str, str]:
    if order.product.has_sites and not order.places:
        return {"places": _("Say where on the body.")}
    if not order.product.has_sites and order.places:
        return {"places": _("This is not applied to a part of the body.")}
    for number, place in enumerate(order.places):
        if problem := sites.problem_with(place.site, place.side):
            return {"places": _(problem)}
        for other in order.places[:number]:
            if sites.overlaps(place.site, place.side, other.site, other.side):
                both = {"one": sites.SITES[other.site].label, "other": sites.SITES[place.site].label}
                return {"places": _("%(one)s and %(other)s share skin: choose one of them.") % both}
    return {}


def _date_problems(order: Order, patient: Patient, at: datetime) -> dict[str, str]:
    today = patient.clinic.today(at)
    if order.starts_on < patient.birth_date:
        return {"starts_on": _("This date is before the birth.")}
    if order.starts_on > today + LATEST or (order.starts_on < today - EARLIEST and not order.is_elsewhere):
        return {"starts_on": _("A start lies within a year of today.")}
    found = {}
    for name in ("until_on", "review_on"):
        value = getattr(order, name)
        if value is not None and value < order.starts_on:
            found[name] = _("This is before the start.")
        elif name == "review_on" and value is not None and value < today and not order.is_elsewhere:
            found[name] = _("This day has passed: nobody would look.")
        elif value is not None and value > today + FURTHEST:
            found[name] = _("This is more than ten years ahead.")
    return found


def _amount_problems(order: Order) -> dict[str, str]:
    found = {}
    if order.amount_unit and order.amount_unit not in AmountUnit.values:
        found["amount_unit"] = _("Choose a unit from the list.")
    if (order.amount is None) != (not order.amount_unit):
        found["amount"] = _("An amount needs its unit.")
    elif order.amount is not None and not Decimal("0.01") <= order.amount <= 500:
        found["amount"] = _("Between %(low)s and %(high)s.") % {"low": "0.01", "high": 500}
    return found


def refuse_misshapen(orders: Sequence[Order], patient: Patient, at: datetime, *, is_running: bool = False) -> None:
    """Misshapen with every problem of every order; a line that is running may keep a product no longer offered."""
    found = [(str(order.product), problems(order, patient, at, is_running=is_running)) for order in orders]
    if any(wrong for _product, wrong in found):
        raise Misshapen(found)


def answer(checked: Sequence[Checked], replies: Mapping[str, Reply]) -> list[tuple[Checked, Finding, Reply]]:
    """Every warning with its reply; replies by key of finding.

    Unsafe where a rule stops, where a warning has no listed reason and sentence, or a reply is about no warning there is.
    """
    found = findings_in(checked)
    if any(one.finding.level == Level.STOP for one in found):
        raise Unsafe(checked)
    warnings: dict[str, Found] = {}
    for one in found:
        if one.finding.level == Level.WARN:
            warnings.setdefault(one.key, one)
    pairs: list[tuple[Checked, Finding, Reply]] = []
    unanswered: dict[str, Lack] = {}
    for key, one in warnings.items():
        reply = replies.get(key, NO_REPLY)
        if wrong := _reply_problems(reply):
            unanswered[key] = Lack(one.finding.rule.id, wrong)
        else:
            pairs.append((one.answer, one.finding, reply))
    unknown = [key for key, reply in replies.items() if key not in warnings and not reply.is_earlier]
    if unanswered or unknown:
        raise Unsafe(checked, unanswered, unknown)
    return pairs


def _reply_problems(reply: Reply) -> dict[str, str]:
    found: dict[str, str] = {}
    if reply.reason not in OverrideReason.values:
        found["reason"] = _("Choose a reason from the list.")
    if not is_sentence(reply.sentence):
        found["sentence"] = _("Write a sentence: at least two words and eight letters.")
    return found | too_long(Override, sentence=reply.sentence)


def is_sentence(text: str) -> bool:
    """Whether somebody wrote at least two words and eight letters."""
    words = [word for word in text.split() if any(map(str.isalpha, word))]
    return len(words) >= 2 and sum(map(str.isalpha, text)) >= 8


def save_line(
    by: Actor,
    regimen: Regimen,
    order: Order,
    *,
    replaces: RegimenLine | None = None,
    flares_in_a_year: int | None = None,
    at: datetime,
) -> RegimenLine:
    """The order as a line with its first plan. Inside an action that checked it."""
    line = RegimenLine.objects.create(
        patient=regimen.patient,
        regimen=regimen,
        product=order.product,
        is_elsewhere=order.is_elsewhere,
        amount=order.amount,
        amount_unit=order.amount_unit,
        dose=order.dose.strip(),
        instructions=order.instructions.strip(),
        starts_on=order.starts_on,
        until_on=order.until_on,
        review_on=order.review_on,
        flares_in_a_year=flares_in_a_year,
        replaces=replaces,
        started_at=at,
        started_by=by.account,
    )
    open_plan(by, line, order.places or (Place(""),), order, from_on=order.starts_on, at=at)
    audit.record(by, "line added", Kind.CREATE, at=at, obj=line, patient=regimen.patient.public_id)
    return line


def open_plan(
    by: Actor,
    line: RegimenLine,
    places: Iterable[Place],
    how: Order | DosePlan,
    *,
    from_on: date,
    at: datetime,
    resumes: DosePlan | None = None,
    until_on: date | None = None,
    reason: str = "",
    look_again_on: date | None = None,
) -> DosePlan:
    """A new plan of a line on these places, used as an order or another plan says; `until_on` where the line has none."""
    weekdays = how.weekdays if isinstance(how, DosePlan) else ",".join(str(number) for number in sorted(how.weekdays))
    plan = DosePlan.objects.create(
        patient=line.patient,
        line=line,
        phase=how.phase,
        from_on=from_on,
        per_day=how.per_day,
        weekdays=weekdays,
        every_days=how.every_days,
        loading_dose=how.loading_dose.strip(),
        second_after_days=how.second_after_days,
        course_days=how.course_days,
        until_on=until_on,
        condition=how.condition.strip(),
        most_per_day=how.most_per_day,
        look_again_on=look_again_on,
        resumes=resumes,
        reason=reason,
        times=_times(line, how),
        zone=_zone(line),
        started_at=at,
        started_by=by.account,
    )
    PlanSite.objects.bulk_create(
        PlanSite(plan=plan, line=line, site=place.site, side=place.side.value, from_on=from_on) for place in places
    )
    return plan


def _times(line: RegimenLine, how: Order | DosePlan) -> str:
    """The times of the doses of a day: those the line has had for as many, else the usual ones."""
    count = {Phase.MAINTENANCE: 1, Phase.INTERVAL: 1, Phase.AS_NEEDED: 0, Phase.HOLD: 0}.get(Phase(how.phase), how.per_day)
    if not count:
        return ""
    before = DosePlan.objects.filter(line=line).exclude(times="").order_by("-pk").values_list("times", flat=True)
    usual = ",".join(f"{name} {time:%H:%M}" for name, time in usual_times(count))
    return next((times for times in before if len(times.split(",")) == count), usual)


def _zone(line: RegimenLine) -> str:
    """The zone of the times: the one the line has had, else the patient's."""
    before = DosePlan.objects.filter(line=line).order_by("-pk").values_list("zone", flat=True).first()
    return before or line.patient.zone or line.patient.clinic.zone


def save_overrides(
    by: Actor, lines: Mapping[int, RegimenLine], pairs: Iterable[tuple[Checked, Finding, Reply]], *, at: datetime
) -> None:
    """Keep every answered warning at its line; `lines` by id() of the checked answer."""
    for one, finding, reply in pairs:
        line = lines[id(one)]
        Override.objects.create(
            line=line,
            rule=finding.rule.id,
            rule_version=finding.rule.version,
            level=finding.level,
            text=sentence(finding)[:600],
            inputs=inputs_of(finding),
            fingerprint=fingerprint(finding),
            reason=reply.reason,
            sentence=" ".join(reply.sentence.split()),
            at=at,
            by=by.account,
        )
        audit.record(
            by, "warning answered", Kind.CREATE, at=at, obj=line, patient=line.patient.public_id, fields=[finding.rule.id]
        )


def end_line_row(
    by: Actor,
    line: RegimenLine,
    *,
    on: date,
    reason: EndReason | str,
    text: str = "",
    next_look_on: date | None = None,
    no_look_reason: str = "",
    at: datetime,
) -> None:
    """End a line with all its plans on a day (the first without it). Inside an action."""
    on = max(on, line.starts_on)
    for plan in DosePlan.objects.live().filter(line=line):
        end_plan(by, plan, on=on, at=at)
    # What was to end later: a pause until the next dose, or a line that another was to replace.
    earlier = Greatest(F("from_on"), Value(on, DateField()))
    PlanSite.objects.filter(line=line, ended_on__gt=earlier).update(ended_on=earlier)
    plans = DosePlan.objects.filter(line=line, ended_on__gt=earlier)
    plans.update(ended_on=earlier, ended_at=at, ended_by=by.account)
    RegimenLine.objects.filter(pk=line.pk).update(
        ended_on=on,
        ended_at=at,
        ended_by=by.account,
        end_reason=reason,
        end_text=text.strip(),
        next_look_on=next_look_on,
        no_look_reason=no_look_reason.strip(),
        version=line.version + 1,
    )


def end_plan(by: Actor, plan: DosePlan, *, on: date, at: datetime) -> None:
    """End a plan on all its places."""
    on = max(on, plan.from_on)
    PlanSite.objects.filter(plan=plan, ended_on__isnull=True).update(ended_on=on)
    DosePlan.objects.filter(pk=plan.pk, ended_on__isnull=True).update(ended_on=on, ended_at=at, ended_by=by.account)


def leave_plan(by: Actor, plan: DosePlan, places: Iterable[Place], *, on: date, at: datetime) -> None:
    """End a plan on some of its places; with the last of them the plan ends."""
    on = max(on, plan.from_on)
    for place in places:
        rows = PlanSite.objects.filter(plan=plan, site=place.site, side=place.side.value, ended_on__isnull=True)
        rows.update(ended_on=on)
    if not PlanSite.objects.filter(plan=plan, ended_on__isnull=True).exists():
        end_plan(by, plan, on=on, at=at)
