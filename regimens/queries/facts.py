"""Rows become the frozen facts the rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, Q, QuerySet

from clinics.models import Clinic
from clinics.models.base import local_date
from patients.models import Allergy, Assessment, AssessmentState, Measurement, MeasurementKind, Patient, PrecautionState
from patients.models import Precaution as PrecautionRow
from patients.sites import Side
from regimens.models import DosePlan, PastTreatment, PlanSite, Product, RegimenLine, RuleChoice
from regimens.protocol import facts
from regimens.protocol.facts import Answer, Case, Choice, Family, Line, Measured, Person, Phase, Place


def product_facts(product: Product) -> facts.Product:
    """A product with its label facts (prefetch `facts` for many)."""
    return facts.Product(
        key=product.key,
        drug=product.drug,
        name=product.name,
        strength=product.strength,
        form=product.form,
        family=Family(product.family),
        potency=facts.Potency(product.potency),
        route=product.route,
        cross_groups=frozenset(product.cross_groups),
        facts=tuple(
            facts.LabelFact(
                row.jurisdiction, row.kind, row.value, row.text, row.source, row.section, row.source_on, row.is_verified
            )
            for row in product.facts.all()
        ),
    )


def person(patient: Patient, *, on: date) -> Person:
    """The patient as the rules see them; seven queries, however long the history (eight with courses of adtrack's own)."""
    zone = patient.clinic.zone
    allergies = Allergy.objects.live().filter(patient=patient).select_related("recorded_by").order_by("id")
    precautions = PrecautionRow.objects.live().filter(patient=patient).select_related("recorded_by").order_by("id")
    weights = Measurement.objects.live().filter(patient=patient, kind=MeasurementKind.WEIGHT).select_related("recorded_by")
    weight = weights.order_by("-measured_on", "-recorded_at", "-id").first()
    courses = PastTreatment.objects.live().filter(patient=patient, family=Family.STEROID_ORAL)
    return Person(
        born_on=patient.birth_date,
        weight=Measured(weight.value, weight.measured_on, _name(weight.recorded_by)) if weight else None,
        allergies=tuple(
            facts.Allergy(row.kind, row.code, row.label, row.recorded_at.date(), _name(row.recorded_by))
            for row in allergies
        ),
        allergies_asked_on=patient.no_known_allergies_on,
        precautions=tuple(_precaution(row, zone) for row in precautions),
        viga=_score(patient, "viga_ad"),
        easi=_score(patient, "easi"),
        courses=(*_past_courses(courses), *_own_courses(patient, on)),
        sex=patient.sex,
    )


def _name(user: object) -> str:
    return getattr(user, "name", "")


def _precaution(row: PrecautionRow, zone: str) -> facts.Precaution:
    return facts.Precaution(
        kind=row.kind,
        answer={PrecautionState.PRESENT: Answer.PRESENT, PrecautionState.ABSENT: Answer.ABSENT}.get(
            PrecautionState(row.state), Answer.NOT_ASKED
        ),
        on=local_date(row.recorded_at, zone),
        by=_name(row.recorded_by),
        place=Place(row.site, Side(row.side)) if row.site else None,
        from_on=row.from_on,
        until_on=row.until_on,
        text=row.text,
    )


def _score(patient: Patient, instrument: str) -> Measured | None:
    rows = Assessment.objects.filter(patient=patient, instrument=instrument, state=AssessmentState.SIGNED)
    row = rows.select_related("rater").order_by("-assessed_on", "-recorded_at", "-id").first()
    if row is None or row.total is None:
        return None
    return Measured(Decimal(row.total), row.assessed_on, _name(row.rater))


def _past_courses(rows: Iterable[PastTreatment]) -> list[facts.Course]:
    return [facts.Course(Family.STEROID_ORAL, row.from_on, row.days, str(row)) for row in rows if row.from_on and row.days]


COUNTED = (Family.STEROID_ORAL, Family.WET_WRAP, Family.ANTIBIOTIC_TOPICAL)  # rules count their days in a row


def _own_courses(patient: Patient, on: date) -> list[facts.Course]:
    """What adtrack saw of treatments whose days count, and what is over on a day, with the days it was meant to last."""
    rows = DosePlan.objects.filter(patient=patient, line__product__family__in=COUNTED).exclude(phase=Phase.HOLD)
    return [
        facts.Course(
            Family(row.line.product.family),
            row.from_on,
            (last - row.from_on).days + 1,
            str(row.line),
            tuple(place_of(place) for place in row.places.all() if place.site and place.ended_on == row.ended_on),
        )
        for row in rows.select_related("line__product").prefetch_related("places")
        if (last := row.last_on) is not None and row.from_on <= last < on
    ]


def lines(patient: Patient, *, on: date) -> list[Line]:
    """The lines in use on a day or later, one for each of their plans; those whose last day has passed are not in use.

    What ends on a later day (another product takes its place then) is in use until then.
    """
    to_come = Q(ended_on__gt=on) & Q(ended_on__gt=F("from_on"))
    plans = _with_lines(DosePlan.objects.filter(Q(ended_on__isnull=True) | to_come, patient=patient))
    running = [plan for plan in plans if (last := plan.last_on) is None or last >= on]
    chain = _chain(running)
    return [plan_line(plan, chain) for plan in running]


def live_plans(patient: Patient) -> list[DosePlan]:
    """The plans that have not ended, with line, product, its facts, and their places."""
    return _with_lines(DosePlan.objects.live().filter(patient=patient))


def _with_lines(plans: QuerySet[DosePlan]) -> list[DosePlan]:
    rows = plans.select_related("line__product", "line__regimen", "started_by")
    return list(rows.prefetch_related("line__product__facts", "places").order_by("line__starts_on", "line_id", "id"))


def plans_ahead(patient: Patient, *, on: date) -> list[DosePlan]:
    """The plans in use on a day or later, and those that still think that something is due, with their lines."""
    plans = DosePlan.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on) | Q(next_due_at__isnull=False))
    return list(plans.filter(patient=patient).select_related("line"))


def plan_line(plan: DosePlan, chain: Mapping[int, DosePlan] | None = None) -> Line:
    """A plan with its line as the rules see it; `chain` as for planned_line."""
    places = tuple(place_of(row) for row in plan.places.all() if row.ended_on == plan.ended_on)
    return planned_line(plan, places, by=plan.started_by.name, chain=chain)


def planned_line(plan: DosePlan, places: Iterable[Place], *, by: str, chain: Mapping[int, DosePlan] | None = None) -> Line:
    """A plan that may not be saved yet, on these places, as the rules see it.

    `chain` are the plans of its line by id, where many are read at once; else they are read where it resumes another.
    """
    line: RegimenLine = plan.line
    return Line(
        product=product_facts(line.product),
        places=tuple(places),
        phase=Phase(plan.phase),
        starts_on=plan.from_on,
        until_on=plan.last_on,
        review_on=(plan.look_again_on if plan.phase != Phase.HOLD else None) or line.review_on,
        per_day=plan.per_day,
        weekdays=plan.days,
        every_days=plan.every_days,
        second_after_days=plan.second_after_days,
        course_days=plan.course_days,
        is_elsewhere=line.is_elsewhere,
        key=str(line.public_id),
        by=by,
        since_on=_since(plan, _chain([plan]) if chain is None else chain),
    )


def _chain(plans: Iterable[DosePlan]) -> dict[int, DosePlan]:
    """Every plan of the lines of which one goes on after a pause, by id; one query, none where no plan does."""
    resumed = {plan.line_id for plan in plans if plan.resumes_id is not None}
    return {row.pk: row for row in DosePlan.objects.filter(line__in=resumed)} if resumed else {}


def _since(plan: DosePlan, chain: Mapping[int, DosePlan]) -> date:
    """Since when a plan is in its phase: the first day of the first plan it goes on from, later by the days of the pauses.

    A plan that goes on names its pause, and the pause the plan before it.
    """
    held, first = timedelta(0), plan
    while first.phase != Phase.HOLD and (pause := chain.get(first.resumes_id or 0)) is not None:
        before = chain.get(pause.resumes_id or 0)
        if before is None or before.phase != plan.phase:
            break
        held, first = held + (first.from_on - pause.from_on), before
    return first.from_on + held


def place_of(row: PlanSite) -> Place:
    """A site of a plan as the rules see it."""
    return Place(row.site, Side(row.side))


def choices(clinic: Clinic) -> dict[str, Choice]:
    """Where the clinic deviates from the defaults of the rules, now."""
    rows = RuleChoice.objects.filter(clinic=clinic, replaced_at__isnull=True)
    return {row.rule: Choice(row.level, row.params) for row in rows}


def case(patient: Patient, *, on: date, without: Iterable[str] = ()) -> Case:
    """Everything one check looks at; `without` are keys of lines that an order replaces."""
    left_out = set(without)
    return Case(
        person=person(patient, on=on),
        jurisdiction=facts.Jurisdiction(patient.clinic.jurisdiction),
        on=on,
        lines=tuple(line for line in lines(patient, on=on) if line.key not in left_out),
        choices=choices(patient.clinic),
    )
