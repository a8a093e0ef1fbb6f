"""What the rules say of a step of a line before it is taken: what holds whatever is chosen on its form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from patients.models import Patient
from regimens.models import RegimenLine
from regimens.protocol.check import check
from regimens.protocol.facts import Line, Phase, Place
from regimens.queries.facts import case, place_of, planned_line, product_facts
from regimens.queries.panel import FindingView, Panel, panel

# How a line may be used after a step, as far as rules tell these uses apart. Of the first the words are shown.
USES: dict[str, tuple[Mapping[str, Any], ...]] = {
    "maintenance": (
        {"weekdays": frozenset()},  # not chosen yet
        {"weekdays": frozenset({0})},
        {"weekdays": frozenset({0, 3})},
    ),
    "induction": ({"per_day": 1}, {"per_day": 2}),
    "down": ({"per_day": 1},),
}


def step_ahead(patient: Patient, line: RegimenLine, step: str, places: Sequence[Place], *, on: date) -> Panel:
    """What is for information, and what could not be checked, of a step that may be taken on these places.

    Its cautions and stops are looked for when it is taken. The line comes with its product, plans and their places.
    """
    beside = case(patient, on=on, without=[str(line.public_id)])
    ways = _resumed(line, on) if step == "resume" else _stepped(line, step, places, on)
    return _in_all([panel(check(beside, way)) for way in ways])


def _in_all(panels: Iterable[Panel]) -> Panel:
    """The notes, and what could not be checked, that stand in every one of these."""
    first, *others = [*panels] or [Panel([], [])]
    said = [{(one.rule, one.text) for one in other.notes} for other in others]
    open_ones = [{(one.rule, one.because) for one in other.unchecked} for other in others]
    return Panel(
        [_seen(one) for one in first.notes if all((one.rule, one.text) in other for other in said)],
        [one for one in first.unchecked if all((one.rule, one.because) in other for other in open_ones)],
    )


def _seen(view: FindingView) -> FindingView:
    """Without inputs that are not chosen yet."""
    return replace(view, inputs=[one for one in view.inputs if one.value])


def _stepped(line: RegimenLine, step: str, places: Sequence[Place], on: date) -> list[list[Line]]:
    """The line after a step, in every use, with a review and without, on all of these places and on each of them."""
    if not places:
        return []
    whole = _used(line, Phase.MAINTENANCE if step == "maintenance" else Phase.INDUCTION, tuple(places), on)
    uses = [replace(whole, **use) for use in USES[step]]
    reviewed = [replace(use, review_on=on + timedelta(days=1)) for use in uses]
    return [[use] for use in (*uses, *reviewed, *(replace(uses[0], places=(place,)) for place in places))]


def _used(line: RegimenLine, phase: Phase, places: tuple[Place, ...], on: date) -> Line:
    return Line(
        product=product_facts(line.product),
        places=places,
        phase=phase,
        starts_on=on,
        until_on=None if phase == Phase.MAINTENANCE else line.until_on,
        is_elsewhere=line.is_elsewhere,
        key=str(line.public_id),
    )


def _resumed(line: RegimenLine, on: date) -> list[list[Line]]:
    """The line as it goes on after a pause; of a course nobody says here how many days are left."""
    plans = {plan.pk: plan for plan in line.plans.all()}
    whole = []
    for pause in plans.values():
        before = plans.get(pause.resumes_id or 0)
        if pause.ended_on is None and pause.phase == Phase.HOLD and before is not None:
            places = [place_of(row) for row in pause.places.all() if row.ended_on is None]
            whole.append(replace(planned_line(before, places, by=""), starts_on=on, until_on=pause.until_on))
    if not any(one.course_days for one in whole):
        return [whole]
    return [whole, [replace(one, course_days=1) if one.course_days else one for one in whole]]
