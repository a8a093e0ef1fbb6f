"""The action plan: what is used every day and as prescribed, then three colours, as a family reads it at home.

Made from the live regimen; a closed record, or one of somebody who died, prints nothing as in use.

It says what was prescribed and what labels say, each with its source. Advice to go on or to stop is the clinic's to write.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from django.conf.locale import LANG_INFO
from django.db.models import Prefetch, Q
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from clinics.models.base import day, local_date, unbroken
from patients import ages
from patients.models import Patient, Precaution, PrecautionKind, PrecautionState
from patients.sites import Side, overlaps
from regimens import words
from regimens.models import AdverseEvent, DosePlan, RegimenLine, Route
from regimens.models.regimen import AmountUnit
from regimens.protocol import facts
from regimens.protocol.base import label_facts, strictest
from regimens.protocol.facts import Family, Jurisdiction, LabelFact, Phase
from regimens.protocol.fingertips import SOURCE, Amount, amount_for
from regimens.protocol.told import ANTI_INFLAMMATORY
from regimens.queries.doses import Settings, dose_settings
from regimens.queries.events import event_words
from regimens.queries.facts import place_of, product_facts
from regimens.queries.regimen import CARE, gap_in_words

HOW_KINDS = ("application", "sun")  # label facts that say how something is applied
FLARE_KIND = "flare"  # ... and what to do when symptoms come back
# Red flags of a report by a patient (reference/ux.md, H5). General information of adtrack, made for nobody in particular.
RED_FLAGS: tuple[Any, ...] = (
    gettext_lazy("fever"),
    gettext_lazy("pus"),
    gettext_lazy("painful eyes"),
    gettext_lazy("eczema that spreads or gets worse fast"),
    gettext_lazy("blisters in groups, or small sores that look punched out"),
)


class Zone(StrEnum):
    """Where on the plan a use of a line stands."""

    DAILY = "daily"  # above the colours: put on the skin every day now
    TAKEN = "taken"  # above the colours: taken, injected or given as light, each time as prescribed
    KEPT = "kept"  # green: maintenance
    ALWAYS = "always"  # green, and in a flare too: care
    FLARE = "flare"  # yellow: when needed
    PAUSED = "paused"


class Use(NamedTuple):
    """One way in which a line is used: how often and when, where, how much."""

    when: str
    where: str
    amount: str
    is_estimate: bool  # of fingertip units by site and age
    days: str  # from when and until when, where that is not simply now


@dataclass(frozen=True)
class Used:
    """A line of the plan: its name, how it is used, and what the clinic wrote about it."""

    name: str
    uses: list[Use]
    instructions: str


class Said(NamedTuple):
    """A sentence with the number of its source."""

    text: str
    note: int


class How(NamedTuple):
    """What labels say about applying a product."""

    name: str
    said: list[Said]


@dataclass(frozen=True)
class ActionPlan:
    """The action plan of a patient on a day."""

    on: str
    born: str
    daily: list[Used]
    taken: list[Used]
    kept: list[Used]
    always: list[Used]
    flare: list[Used]
    paused: list[Used]
    elsewhere: list[Used]
    flare_said: list[How]
    how: list[How]
    fingertips: int  # number of the source of the fingertip units; 0 where none are named
    has_most: bool  # some estimate is "at the most"
    notes: list[str]  # the sources, in the order of their numbers
    red_flags: list[str]
    zone: str  # of the times, where it is not the clinic's
    settings: Settings
    hints: list[str]  # to staff only, never on paper

    @property
    def is_empty(self) -> bool:
        """Whether nothing is prescribed."""
        return not (self.is_treated or self.kept or self.always or self.flare or self.paused)

    @property
    def is_treated(self) -> bool:
        """Whether something is used whatever the colour, or prescribed elsewhere: no colour may say that nothing is."""
        return bool(self.daily or self.taken or self.elsewhere)

    @property
    def lacks_words(self) -> bool:
        """Whether the clinic has left some part without words of its own."""
        own = self.settings
        return not (own.green_words and own.yellow_words and own.red_words and own.call_words)


@dataclass
class _Notes:
    """Sources as numbered notes, each once."""

    texts: list[str] = field(default_factory=list)

    def number(self, source: str) -> int:
        if source not in self.texts:
            self.texts.append(source)
        return self.texts.index(source) + 1


def action_plan(patient: Patient, *, on: date) -> ActionPlan:
    """The plan as it is on a day of the clinic. A fixed number of queries, however many lines."""
    is_closed = patient.closed_at is not None or patient.deceased_on is not None
    rows = [] if is_closed else _lines(patient, on)
    months = ages.completed_months(patient.birth_date, on) if patient.birth_date <= on else None
    own = [row for row in rows if not row.is_elsewhere]
    by_zone = {zone: _used(own, zone, on, months) for zone in Zone}
    notes = _Notes()
    jurisdiction = Jurisdiction(patient.clinic.jurisdiction)
    flare_said = _told([row for row in own if _in_zone(row, Zone.KEPT, on)], (FLARE_KIND,), jurisdiction, notes)
    how = _told([row for row in own if _is_applied(row, on)], HOW_KINDS, jurisdiction, notes)
    uses = [use for found in by_zone.values() for one in found for use in one.uses]
    has_estimate = any(use.is_estimate for use in uses)
    settings = dose_settings(patient.clinic)
    return ActionPlan(
        on=long_day(on),
        born=long_day(patient.birth_date),
        daily=by_zone[Zone.DAILY],
        taken=by_zone[Zone.TAKEN],
        kept=by_zone[Zone.KEPT],
        always=by_zone[Zone.ALWAYS],
        flare=by_zone[Zone.FLARE],
        paused=by_zone[Zone.PAUSED],
        elsewhere=_elsewhere([row for row in rows if row.is_elsewhere], on),
        flare_said=flare_said,
        how=how,
        fingertips=notes.number(str(SOURCE)) if has_estimate else 0,
        has_most=any(_is_at_most(row, on, months) for row in own),
        notes=notes.texts,
        red_flags=[str(one) for one in RED_FLAGS],
        zone=_foreign_zone(own, patient),
        settings=settings,
        hints=[*_warnings(patient, own, on), *_hints(patient, rows, on)],
    )


def long_day(on: date) -> str:
    """A day as families read it: "24 November 2026"."""
    return unbroken(date_format(on, "j F Y"))


# --- Which lines, and in which colour ---------------------------------------------------------------------------------


def _lines(patient: Patient, on: date) -> list[RegimenLine]:
    plans = Prefetch("plans", DosePlan.objects.order_by("from_on", "pk"))
    rows = RegimenLine.objects.in_use(on).filter(patient=patient).select_related("product", "patient__clinic")
    return list(rows.prefetch_related(plans, "plans__places", "product__facts").order_by("starts_on", "pk"))


def _plans(row: RegimenLine, on: date) -> list[DosePlan]:
    """The phases a line is in on a day, or will be; not those whose last day has passed."""
    now = [plan for plan in row.plans.all() if plan.ended_on is None or plan.ended_on > max(on, plan.from_on)]
    return [plan for plan in now if plan.phase == Phase.HOLD or not _is_over(plan, on)]


def _is_over(plan: DosePlan, on: date) -> bool:
    return plan.ended_on is None and plan.phase != Phase.HOLD and (last := plan.last_on) is not None and last < on


def _zone(row: RegimenLine, plan: DosePlan) -> Zone:
    """Maintenance keeps the skin well; what is used now is no medicine for a flare, and what is swallowed never is one."""
    if plan.phase == Phase.HOLD:
        return Zone.PAUSED
    if row.product.family in CARE:
        return Zone.ALWAYS
    if row.product.route not in (Route.TOPICAL, Route.BATH):
        return Zone.TAKEN
    if plan.phase == Phase.MAINTENANCE:
        return Zone.KEPT
    if plan.phase == Phase.AS_NEEDED:
        return Zone.FLARE
    return Zone.TAKEN if plan.phase == Phase.INTERVAL else Zone.DAILY


def _in_zone(row: RegimenLine, zone: Zone, on: date) -> bool:
    return any(_zone(row, plan) == zone for plan in _plans(row, on))


def _is_applied(row: RegimenLine, on: date) -> bool:
    """Whether it is a treatment of the skin that is not on hold; care has no rules of its own here."""
    is_topical = row.product.route == Route.TOPICAL and row.product.family not in CARE
    return is_topical and any(plan.phase != Phase.HOLD for plan in _plans(row, on))


def _used(rows: Iterable[RegimenLine], zone: Zone, on: date, months: int | None) -> list[Used]:
    found = []
    for row in rows:
        plans = _plans(row, on)
        uses = [_use(row, plan, on, months, len(plans)) for plan in plans if _zone(row, plan) == zone]
        if uses:
            is_first = zone == min((_zone(row, plan) for plan in plans), key=list(Zone).index)
            found.append(Used(unbroken(row.product.name), uses, row.instructions if is_first else ""))
    return found


def _elsewhere(rows: Iterable[RegimenLine], on: date) -> list[Used]:
    found = []
    for row in rows:
        uses = [Use(capfirst(_often(plan)), _where(plan), "", False, "") for plan in _plans(row, on)]
        found.append(Used(unbroken(row.product.name), uses, ""))
    return found


# --- One use in words -------------------------------------------------------------------------------------------------


def _use(row: RegimenLine, plan: DosePlan, on: date, months: int | None, count: int) -> Use:
    estimate = _estimate(row, plan, months)
    amount = _amount(row, count) or (_units(estimate) if estimate else "")
    is_hold = plan.phase == Phase.HOLD
    return Use(
        when=capfirst(_when(plan, on)),
        where=_where(plan),
        amount="" if is_hold else amount,
        is_estimate=not is_hold and estimate is not None and not _amount(row, count),
        days=_days(plan, on),
    )


def _where(plan: DosePlan) -> str:
    return words.where(place_of(place) for place in plan.places.all() if plan.ended_on or place.ended_on is None)


def _often(plan: DosePlan) -> str:
    """How often; of a single weekday that it is once a week, for nobody is to read "once a day"."""
    if plan.phase == Phase.MAINTENANCE and len(plan.days) == 1:
        return _("once a week, on %(day)s") % {"day": words.weekdays(plan.days)}
    return words.how(plan)


def _when(plan: DosePlan, on: date) -> str:
    """How often, with the times of the day; of an interval its first doses while they are ahead, then the next day."""
    if begins := _begins(plan, on):
        return begins
    if plan.phase == Phase.INTERVAL and plan.from_on <= on:
        if plan.next_due_at is None:
            return words.every(plan.every_days)
        following = long_day(local_date(plan.next_due_at, plan.zone))
        return _("%(often)s, next on %(day)s") % {"often": words.every(plan.every_days), "day": following}
    times = [f"{words.dose_name(name)}\u00a0{at:%H:%M}" for name, at in plan.slot_times]
    often = _often(plan)
    return _("%(often)s: %(times)s") % {"often": often, "times": ", ".join(times)} if times else often


def _begins(plan: DosePlan, on: date) -> str:
    """A loading dose and a second dose with a distance of its own, each with its day, until that day is over."""
    found = []
    has_second = plan.second_after_days is not None
    if plan.from_on >= on and (plan.loading_dose or has_second):
        first = _("first %(loading)s on %(day)s") if plan.loading_dose else _("first on %(day)s")
        found.append(first % {"loading": unbroken(plan.loading_dose), "day": long_day(plan.from_on)})
    second = plan.from_on + timedelta(days=plan.second_after_days or 0)
    if has_second and second >= on:
        said = {"after": words.after(plan.second_after_days or 0), "day": long_day(second)}
        found.append(_("the second dose %(after)s, on %(day)s") % said)
    if not found:
        return ""
    return _("%(begins)s, then %(often)s") % {"begins": ", ".join(found), "often": words.every(plan.every_days)}


def _days(plan: DosePlan, on: date) -> str:
    if plan.phase == Phase.HOLD:
        return _("your clinic looks at it again on %(day)s") % {"day": long_day(plan.look_again_on or on)}
    since = long_day(plan.from_on) if plan.from_on > on and not _begins(plan, on) else ""
    until = long_day(plan.last_on) if plan.last_on else ""
    if since and until:
        return _("from %(since)s until %(until)s") % {"since": since, "until": until}
    if since:
        return _("from %(since)s") % {"since": since}
    return _("until %(until)s") % {"until": until} if until else ""


def _amount(row: RegimenLine, count: int) -> str:
    """What was prescribed at a time; where a line is used in several ways, that it is for all its places together."""
    found = [unbroken(row.dose)] if row.dose else []
    if row.amount is not None and row.amount_unit == AmountUnit.FTU:
        found.insert(0, _fingertips(row.amount))
    elif row.amount is not None:
        found.insert(0, f"{row.amount.normalize():f}\u00a0g")
    text = " · ".join(found)
    return _("%(amount)s for all its places together") % {"amount": text} if text and count > 1 else text


def _estimate(row: RegimenLine, plan: DosePlan, months: int | None) -> Amount | None:
    """Fingertip units of one application by site and age: of treatments of the skin, not of an emollient."""
    if row.product.family not in ANTI_INFLAMMATORY or row.amount is not None:
        return None
    return amount_for([place_of(place) for place in plan.places.all() if plan.ended_on or place.ended_on is None], months)


def _units(amount: Amount) -> str:
    said = {"amount": _fingertips(amount.units)}
    return _("at the most %(amount)s") % said if amount.is_at_most else _("about %(amount)s") % said


def _fingertips(units: Any) -> str:
    number = f"{units.normalize():f}"
    count = 1 if units == 1 else 2
    return ngettext("%(n)s\u00a0fingertip unit", "%(n)s\u00a0fingertip units", count) % {"n": number}


def _is_at_most(row: RegimenLine, on: date, months: int | None) -> bool:
    found = [_estimate(row, plan, months) for plan in _plans(row, on) if plan.phase != Phase.HOLD]
    return any(one is not None and one.is_at_most for one in found)


def _foreign_zone(rows: Iterable[RegimenLine], patient: Patient) -> str:
    zones = {plan.zone for row in rows for plan in row.plans.all() if plan.ended_on is None and plan.times}
    return ", ".join(sorted(zones - {patient.clinic.zone}))


# --- What labels say --------------------------------------------------------------------------------------------------


def _told(rows: Iterable[RegimenLine], kinds: Sequence[str], jurisdiction: Jurisdiction, notes: _Notes) -> list[How]:
    """What verified facts of these kinds say about each product, with the gap to an emollient behind what is applied.

    Facts of the jurisdiction, else all that are known, marked as another's. A class of which none speaks has nothing here.
    """
    found: list[How] = []
    for row in {row.product_id: row for row in rows}.values():
        product = product_facts(row.product)
        told = [fact for kind in kinds for fact in label_facts(product, kind, jurisdiction)]
        said = {unbroken(_(fact.text)): notes.number(_source(fact, jurisdiction)) for fact in told}
        if FLARE_KIND not in kinds and (gap := _gap(product, jurisdiction)) is not None:
            said[gap_in_words(int(gap.value or 0))] = notes.number(_source(gap, jurisdiction))
        if said:
            found.append(How(unbroken(row.product.name), [Said(text, number) for text, number in said.items()]))
    return found


def _gap(product: facts.Product, jurisdiction: Jurisdiction) -> LabelFact | None:
    """The fact about the time between it and an emollient (clinical.md C11)."""
    return strictest(label_facts(product, "emollient-gap-minutes", jurisdiction))


def _source(fact: LabelFact, jurisdiction: Jurisdiction) -> str:
    source = ", ".join(text for text in (fact.source, fact.section, day(fact.on)) if text)
    if fact.jurisdiction in (jurisdiction.value, "any"):
        return source
    return _("%(source)s (a text of another country: %(code)s)") % {"source": source, "code": fact.jurisdiction}


# --- To staff ---------------------------------------------------------------------------------------------------------


def _warnings(patient: Patient, rows: Sequence[RegimenLine], on: date) -> list[str]:
    """What staff must know before this is printed; two queries."""
    found = []
    if patient.deceased_on is not None:
        found.append(_("The patient has died: nothing is printed as in use."))
    elif patient.closed_at is not None:
        found.append(_("The record is closed: nothing is printed as in use."))
    open_on = Q(ended_on__isnull=True) | Q(ended_on__gte=on)
    events = AdverseEvent.objects.live().filter(open_on, patient=patient).select_related("line__product")
    for event in events.order_by("onset_on", "pk"):
        if event.is_red_flag:
            said = {"what": event_words(event), "day": long_day(event.onset_on)}
            found.append(_("Red flag: %(what)s, since %(day)s. Look before you print.") % said)
    return [*found, *_infected(patient, rows, on), *_held(rows, on)]


def _infected(patient: Patient, rows: Iterable[RegimenLine], on: date) -> list[str]:
    """Calcineurin inhibitors on skin with an infection; one whose place was not recorded counts on all skin."""
    going_on = (Q(from_on__isnull=True) | Q(from_on__lte=on)) & (Q(until_on__isnull=True) | Q(until_on__gte=on))
    live = Precaution.objects.live().filter(going_on, patient=patient, kind=PrecautionKind.SKIN_INFECTION)
    infections = list(live.filter(state=PrecautionState.PRESENT))
    text = _("An infection is recorded on skin where %(product)s goes (%(where)s). Look before you print.")
    found = []
    for row in rows if infections else ():
        plans = [plan for plan in _plans(row, on) if plan.phase != Phase.HOLD]
        sites = [place for plan in plans for place in plan.places.all() if plan.ended_on or place.ended_on is None]
        hit = [place_of(one) for one in sites if any(_shares(one.site, one.side, infection) for infection in infections)]
        if hit and row.product.family == Family.TCI:
            said = {"product": unbroken(row.product.name), "where": words.where(hit) or _("place not recorded")}
            found.append(text % said)
    return found


def _shares(site: str, side: str, infection: Precaution) -> bool:
    return not (site and infection.site) or overlaps(site, Side(side), infection.site, Side(infection.side))


def _held(rows: Iterable[RegimenLine], on: date) -> list[str]:
    text = _("%(product)s is on hold: the plan says that it is not to be used until the clinic says so.")
    held = [row for row in rows if any(plan.phase == Phase.HOLD for plan in _plans(row, on))]
    return [text % {"product": _named(row, on)} for row in held]


def _named(row: RegimenLine, on: date) -> str:
    """A line with the places that are on hold."""
    where = ", ".join(text for plan in _plans(row, on) if plan.phase == Phase.HOLD and (text := _where(plan)))
    return f"{unbroken(row.product.name)} ({where})" if where else unbroken(row.product.name)


def _hints(patient: Patient, rows: Sequence[RegimenLine], on: date) -> list[str]:
    found = []
    own = [row for row in rows if not row.is_elsewhere]
    if own and not any(row.product.family == Family.EMOLLIENT for row in own):
        found.append(_("No emollient is recorded: the plan says nothing about one."))
    for row in own:
        if any(_is_over(plan, on) for plan in row.plans.all()):
            text = _("The last day of %(product)s has passed and nobody has said what comes next: it is not on the plan.")
            found.append(text % {"product": unbroken(row.product.name)})
    language = (get_language() or "").split("-")[0]
    if patient.language and patient.language.split("-")[0] != language:
        name = LANG_INFO.get(patient.language, {}).get("name", patient.language)
        found.append(_("This page is not in the language of the patient (%(language)s).") % {"language": _(name)})
    return found
