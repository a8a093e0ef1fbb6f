"""What the made-up people use: by age, severity and what is recorded about them; stepped as time went by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from clinics.access import Actor
from patients.ages import completed_years
from patients.models import Assessment, Patient
from patients.sites import Side
from regimens import actions
from regimens.actions import Order, Reply
from regimens.errors import Unsafe
from regimens.models import PlanSite, Product, Regimen, RegimenLine
from regimens.protocol.facts import Family, Phase, Place

SEED = "adtrack demonstration, treatment"
FACE = (Place("face"), Place("neck"))
LIMBS = (Place("elbow_folds", Side.BOTH), Place("knee_folds", Side.BOTH))
WORDS = "A thin layer on dry skin. Burning in the first days is usual and passes."
SIX_WEEKS, YEAR = timedelta(days=42), timedelta(days=365)
CLEARER, WORSE, UNCHANGED = Decimal("0.4"), Decimal("0.45"), Decimal("0.5")  # of the first EASI
ALWAYS = "D-1001"  # the patient with an account
T = TypeVar("T")
PAIRS = ((0, 3), (1, 4), (2, 5))


def treat(number: str, patient: Patient, by: Actor, *, since: date, until: date) -> Regimen | None:
    """A regimen from a day on, for somebody whose course began then; None for those whom nobody treated here.

    Steps follow at the visits, as the EASI of that day was, on days that are over by `until`. Cautions are answered; where
    a rule stops, a mild steroid is used.
    """
    drawn = Random(f"{SEED} {number}")  # noqa: S311 - made-up data
    if drawn.random() < 0.15 and number != ALWAYS:
        return None
    years = completed_years(patient.birth_date, since)
    started_at = _noon(patient, since)
    regimen = _start(patient, by, _first_choice(years, drawn), since, started_at)
    line = regimen.lines.exclude(product__key="emollient").select_related("product").first()
    if line is not None:
        _go_on(by, line, years, [visit for visit in _visits(patient) if since <= visit.on < until], drawn)
    return regimen


class Visit(NamedTuple):
    """A day on which the skin was scored."""

    on: date
    easi: Decimal


def _visits(patient: Patient) -> list[Visit]:
    rows = Assessment.objects.counting().filter(patient=patient, instrument="easi", total__isnull=False)
    found = rows.order_by("assessed_on", "recorded_at").values_list("assessed_on", "total")
    return [Visit(on, easi) for on, easi in dict(found).items()]


def _go_on(by: Actor, line: RegimenLine, years: int, visits: Sequence[Visit], drawn: Random) -> None:
    """To maintenance where the skin is clear enough, back to daily use where it flares, another product where it is not."""
    kept: Kept | None = None
    since, wait = line.starts_on, SIX_WEEKS
    for visit in visits[1:]:
        share = visit.easi / (visits[0].easi or 1)
        if kept is None and visit.on >= since + wait and share <= CLEARER:
            kept = _to_maintenance(by, line, visit, drawn)
            if kept is None:
                return
        elif kept is not None and share >= WORSE and visit.easi >= 2 * kept.easi:
            if not _flare(by, line, kept, visit.on):
                return
            kept, since, wait = None, visit.on, timedelta(days=14)
        elif kept is None and wait == SIX_WEEKS and visit.on >= since + 2 * SIX_WEEKS and share >= UNCHANGED:
            _change(by, line.patient, line, years, visit.on)
            return


def infect(number: str, patient: Patient, by: Actor, at: datetime) -> None:
    """Skin found infected today, of some of those who are treated there."""
    line = RegimenLine.objects.live().filter(patient=patient, product__family=Family.TCI).first()
    if line is not None and Random(f"{SEED} infection {number}").random() < 0.2:  # noqa: S311 - made-up data
        place = line.places.all()[0]
        found = {"kind": "skin_infection", "state": "present", "site": place.site, "side": place.side}
        actions.record_precaution(by, patient, found | {"from_on": patient.clinic.today(at)}, at=at)


def _first_choice(years: int, drawn: Random) -> tuple[str, tuple[Place, ...]]:
    if years < 2:
        return "hydrocortisone-1", (Place("cheeks", Side.BOTH), *LIMBS)
    if years < 16:
        return "tacrolimus-0.03", drawn.choice((FACE, LIMBS))
    return drawn.choice((("tacrolimus-0.1", FACE), ("tacrolimus-0.1", (*FACE, *LIMBS)), ("pimecrolimus-1", FACE)))


def _noon(patient: Patient, on: date) -> datetime:
    return datetime.combine(on, time(12), ZoneInfo(patient.clinic.zone))


def _product(key: str) -> Product:
    return Product.objects.prefetch_related("facts").get(key=key)


def _start(patient: Patient, by: Actor, choice: tuple[str, tuple[Place, ...]], on: date, at: datetime) -> Regimen:
    key, places = choice
    emollient = Order(_product("emollient"), Phase.INDUCTION, on, (Place("whole_body"),), per_day=2)
    for wanted in (key, "hydrocortisone-1"):
        order = Order(
            _product(wanted), Phase.INDUCTION, on, places, review_on=on + SIX_WEEKS, per_day=2, instructions=WORDS
        )
        try:
            return _answering(partial(_begin, by, patient, [order, emollient], at))
        except Unsafe:
            continue
    return actions.start_regimen(by, patient, [emollient], at=at)


def _begin(by: Actor, patient: Patient, orders: list[Order], at: datetime, replies: Mapping[str, Reply]) -> Regimen:
    return actions.start_regimen(by, patient, orders, replies=replies, at=at)


def _answering(act: Callable[[Mapping[str, Reply]], T]) -> T:
    """Do it; where cautions need a reason, give one and do it again. Unsafe where a rule stops."""
    try:
        return act({})
    except Unsafe as unsafe:
        if any(one.stops for one in unsafe.checked):
            raise
        reply = Reply("known", "Talked over with the patient; looked at again in two weeks.")
        return act(dict.fromkeys(unsafe.unanswered, reply))


class Kept(NamedTuple):
    """The places that are in maintenance, and how the skin was when they came there."""

    places: list[Place]
    easi: Decimal


def _to_maintenance(by: Actor, line: RegimenLine, visit: Visit, drawn: Random) -> Kept | None:
    """All places, or half of them, go to maintenance; None where a rule stops."""
    line.refresh_from_db()
    daily = line.plans.live().filter(phase=Phase.INDUCTION)
    rows = PlanSite.objects.filter(plan__in=daily, ended_on__isnull=True)
    places = [Place(row.site, Side(row.side)) for row in rows]
    clear = places[: max(1, len(places) // 2)] if drawn.random() < 0.5 else places
    weekdays, flares = drawn.choice(PAIRS), drawn.randint(3, 8)
    try:
        _answering(
            lambda replies: actions.step_to_maintenance(
                by,
                line,
                clear,
                weekdays=weekdays,
                flares_in_a_year=flares,
                review_on=visit.on + YEAR,
                version=line.version,
                replies=replies,
                at=_noon(line.patient, visit.on),
            )
        )
    except Unsafe:
        return None
    return Kept(clear, visit.easi)


def _flare(by: Actor, line: RegimenLine, kept: Kept, on: date) -> bool:
    """Back to daily use where it was in maintenance; False where a rule stops."""
    line.refresh_from_db()
    try:
        _answering(
            lambda replies: actions.return_to_induction(
                by,
                line,
                kept.places,
                per_day=2,
                review_on=on + SIX_WEEKS,
                reason="Flare",
                version=line.version,
                replies=replies,
                at=_noon(line.patient, on),
            )
        )
    except Unsafe:
        return False
    return True


def _change(by: Actor, patient: Patient, line: RegimenLine, years: int, on: date) -> None:
    """Not enough after twelve weeks: a potent steroid on the limbs instead, or an injection for adults."""
    if years >= 18:
        order = Order(
            _product("dupilumab-300"),
            Phase.INTERVAL,
            on,
            every_days=14,
            loading_dose="600 mg",
            dose="300 mg",
            review_on=on + timedelta(days=112),
        )
    else:
        order = Order(
            _product("mometasone-furoate-0.1"),
            Phase.INDUCTION,
            on,
            (Place("trunk"),),
            per_day=1,
            review_on=on + SIX_WEEKS,
        )
    try:
        _answering(
            lambda replies: actions.change_product(
                by,
                line,
                order,
                version=line.version,
                text="Not clear after twelve weeks",
                replies=replies,
                at=_noon(patient, on),
            )
        )
    except Unsafe:
        return
