"""Doses: a year of them read in a fixed number of queries; slots of 10,000 lines beside a bare loop over their dates.

    python -m bench.doses [--rounds N]

The database is of the moment: in memory, or on the PostgreSQL server of DATABASE_URL under a name of its own. Ends with 1
when a floor is missed: the queries grow with the doses or with the lines of others, the tally is not what was written, or
the slots take more than four times as long as the loop.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from regimens.protocol.facts import Phase
from regimens.protocol.slots import Schedule, slots, usual_times

if TYPE_CHECKING:
    from regimens.models import RegimenLine

FLOOR = 4.0  # times the bare loop, at the most
LINES, DAYS = 10_000, 60
BEGIN = date(2026, 9, 22)
AT = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
YEAR, OTHERS, OF_OTHERS = 365, 500, 60  # days of doses: of the line, and of each line of the others
SKIPPED_EACH, SILENT_EACH = 7, 5  # of the doses every seventh was skipped, of every fifth nothing is recorded


def main(arguments: list[str]) -> int:
    """Measure, print; 1 when a floor was missed."""
    parser = argparse.ArgumentParser(description="Measure doses: queries of a year, slots beside a bare loop.")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args(arguments)
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.doses_settings"
    import django

    django.setup()
    from django.db import connection

    name = connection.settings_dict["NAME"]
    with redirect_stdout(StringIO()):  # of the table of the cache it says a word however quiet it is asked to be
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        failures = read_a_year()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    failures += race(options.rounds)
    for failure in failures:
        print(f"MISSED: {failure}")
    return 1 if failures else 0


# --- Slots beside the bare loop ---------------------------------------------------------------------------------------


class Kind(NamedTuple):
    """A way to use something, and how many of 100 lines are used so."""

    name: str
    share: int
    schedule: dict[str, Any]


KINDS = (
    Kind("twice daily", 40, {"phase": Phase.INDUCTION, "times": usual_times(2)}),
    Kind("once daily", 20, {"phase": Phase.INDUCTION, "times": usual_times(1)}),
    Kind("twice weekly", 30, {"phase": Phase.MAINTENANCE, "times": usual_times(1), "weekdays": frozenset({0, 3})}),
    Kind("every two weeks", 5, {"phase": Phase.INTERVAL, "times": usual_times(1), "every_days": 14}),
    Kind("course of 21 days", 5, {"phase": Phase.COURSE, "times": usual_times(2), "last_on": BEGIN + timedelta(days=20)}),
)


def schedules(kind: Kind, lines: int) -> list[Schedule]:
    """So many lines of a kind, begun on different days before the time asked for (a course with it)."""
    is_course = kind.schedule["phase"] == Phase.COURSE
    begun = [BEGIN if is_course else BEGIN - timedelta(days=number % 90) for number in range(lines)]
    return [Schedule(from_on=on, zone="Europe/London", **kind.schedule) for on in begun]


def expected(lines: Sequence[Schedule], until: date) -> int:
    """The slots of all lines, made one by one."""
    return sum(len(slots(line, BEGIN, until)) for line in lines)


def bare(lines: Sequence[range | list[int]]) -> int:
    """Only the dates of the same slots, each once: which days they are is known beforehand."""
    return sum(len([BEGIN + timedelta(days=step) for step in steps]) for steps in lines)


def steps_of(line: Schedule, until: date) -> list[int]:
    """How many days after the first each day with a slot is."""
    return sorted({(slot.on - BEGIN).days for slot in slots(line, BEGIN, until)})


def timed(act: Any, *given: Any) -> float:
    """Seconds of one run, the collector of garbage out of the way."""
    gc.collect()
    gc.disable()
    try:
        began = perf_counter()
        act(*given)
        return perf_counter() - began
    finally:
        gc.enable()


def race(rounds: int, lines: int = LINES, days: int = DAYS, floor: float = FLOOR) -> list[str]:
    """Print slots beside the bare loop, in turns; what missed the floor."""
    until = BEGIN + timedelta(days=days - 1)
    made = {kind.name: schedules(kind, lines * kind.share // 100) for kind in KINDS}
    known = {name: [steps_of(line, until) for line in of_kind] for name, of_kind in made.items()}
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in made}
    for number in range(rounds):
        for name in made if number % 2 else reversed(made):
            slow, fast = timed(expected, made[name], until), timed(bare, known[name])
            took[name].append((slow, fast))
    took["all lines"] = [(sum(s for s, _ in row), sum(f for _, f in row)) for row in zip(*took.values(), strict=True)]
    counts = {name: (len(of_kind), expected(of_kind, until)) for name, of_kind in made.items()}
    counts["all lines"] = (sum(n for n, _ in counts.values()), sum(n for _, n in counts.values()))
    print(
        f"\n{f'slots of {days} days':<20}{'lines':>8}{'slots':>11}{'seconds':>10}{'bare loop':>11}{'ratio':>7}"
        f"{'(rounds)':>16}"
    )
    for name, rows in took.items():
        ratios = sorted(slow / fast for slow, fast in rows)
        slow, fast = median(row[0] for row in rows), median(row[1] for row in rows)
        spread = f"({ratios[0]:.2f} to {ratios[-1]:.2f})"
        print(
            f"{name:<20}{counts[name][0]:>8,}{counts[name][1]:>11,}{slow:>10.3f}{fast:>11.3f}{median(ratios):>7.2f}{spread:>16}"
        )
    ratio = median(slow / fast for slow, fast in took["all lines"])
    print(
        f"the bare loop only builds the dates, each once; median of {rounds} rounds; "
        f"floor of all lines: at the most {floor}\n"
    )
    return [f"slots take {ratio:.2f} times the bare loop, and not {floor}"] if ratio > floor else []


# --- A year of doses --------------------------------------------------------------------------------------------------


def read_a_year(days: int = YEAR, others: int = OTHERS, of_others: int = OF_OTHERS) -> list[str]:
    """Print the queries and the time of adherence and calendar, for a week, a year, and beside the lines of others."""
    own = made_line(0, days)
    found = [("a week", 7, *looked_at(own, 7)), (f"{days} days", days, *looked_at(own, days))]
    for number in range(1, others + 1):
        made_line(number, of_others)
    found.append((f"{days} days beside {others} lines", days, *looked_at(own, days)))
    from django.db import connection

    print(f"{connection.vendor}: {found[-1][4]:,} doses recorded in all\n")
    print(f"{'adherence and calendar':<32}{'doses':>7}{'queries':>9}{'ms':>9}")
    for name, _days, queries, took, _rows, doses, _is_true in found:
        print(f"{name:<32}{doses:>7}{queries:>9}{1000 * took:>9.1f}")
    failures = [f"{name}: the tally is not what was written" for name, *_rest, is_true in found if not is_true]
    if len({row[2] for row in found}) > 1:
        failures.append(f"queries grow: {', '.join(str(row[2]) for row in found)}")
    return failures


def looked_at(line: RegimenLine, days: int) -> tuple[int, float, int, int, bool]:
    """Queries, seconds, recorded doses in all, expected doses of the line, and whether the tally is what was written."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from regimens import queries
    from regimens.models import Application

    since, until = AT.date() - timedelta(days=days - 1), AT.date()

    def look() -> Any:
        (doses,) = queries.line_doses(line.patient, since=since, until=until, at=AT, lines=[line])
        queries.calendar(doses, since=since, until=until, today=until)
        return doses.tally

    with CaptureQueriesContext(connection) as captured:
        tally = look()
    took = median(timed(look) for _ in range(5))
    said = [outcome(number) for number in range(2 * YEAR)][-2 * days :]
    is_true = (tally.done, tally.skipped, tally.no_record) == tuple(said.count(one) for one in ("done", "skipped", ""))
    return len(captured), took, Application.objects.count(), tally.expected, is_true


def outcome(number: int) -> str:
    """What is recorded of a dose by its number, counted back from the last one of a year; "" for nothing."""
    if number % SILENT_EACH == 0:
        return ""
    return "skipped" if number % SKIPPED_EACH == 0 else "done"


def made_line(number: int, days: int) -> RegimenLine:
    """A patient with a line used twice daily for so many days until AT, and its doses."""
    from clinics.models import Clinic, User
    from patients.models import Patient
    from regimens.models import Application, DosePlan, Product, Regimen, RegimenLine

    user, _made = User.objects.get_or_create(email="doses@bench.example", defaults={"name": "Bench Nurse"})
    values = {"zone": "Europe/Berlin", "jurisdiction": "EU", "opened_at": AT}
    clinic, _made = Clinic.objects.get_or_create(name="Bench Clinic", defaults=values)
    begun = AT - timedelta(days=days, hours=12)
    on = AT.date() - timedelta(days=days - 1)
    patient = Patient(clinic=clinic, record_number=f"B{number}", family_name="Bench", given_name=f"Number {number}")
    patient.birth_date, patient.registered_at, patient.registered_by = date(1990, 5, 4), begun, user
    patient.fill_keys()
    patient.save()
    by = {"patient": patient, "started_at": begun, "started_by": user}
    regimen = Regimen.objects.create(started_on=on, **by)
    product = Product.objects.get(key="tacrolimus-0.1")
    line = RegimenLine.objects.create(regimen=regimen, product=product, starts_on=on, review_on=AT.date(), **by)
    times = "morning 08:00,evening 20:00"
    plan = DosePlan.objects.create(
        line=line, phase=Phase.INDUCTION, from_on=on, per_day=2, times=times, zone=clinic.zone, **by
    )
    Application.objects.bulk_create(doses_of(plan, days, user.pk))
    return line


def doses_of(plan: Any, days: int, user_id: int) -> Iterator[Any]:
    """Rows of Application of so many days until AT: done on time, skipped, or none."""
    from regimens.models import Application
    from regimens.protocol.slots import Slot, due_at

    for back in range(days):
        on = AT.date() - timedelta(days=back)
        for place, name in enumerate(("morning", "evening")):
            said = outcome(2 * (YEAR - 1 - back) + place)
            if not said:
                continue
            due = due_at(plan.schedule, Slot(on, name))
            yield Application(
                patient_id=plan.patient_id,
                line_id=plan.line_id,
                plan=plan,
                kind="slot",
                slot_on=on,
                slot=name,
                outcome=said,
                skip_reason="forgot" if said == "skipped" else "",
                applied_at=due if said == "done" else None,
                on=on,
                recorded_as="staff",
                recorded_at=due,
                recorded_by_id=user_id,
            )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
