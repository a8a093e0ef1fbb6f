"""The pages of staff at 100,000 patients and 3 million assessments, measured against the same page fed from memory.

    python -m bench.pages [--port N] [--rounds N] [--seconds S]

Prints ratios: both run in this very run, in turns, under the same gunicorn; on a shared machine nothing else means
something. The real page signs in, keeps to the clinic, reads the database and writes its audit row. Ends with 1 when a
floor is missed.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from io import StringIO
from random import Random
from statistics import median, quantiles
from uuid import UUID, uuid4

from bench import load
from bench.client import Job
from bench.server import Browser, free_port, gunicorn

FLOOR = 0.6  # requests per second, to the same page fed from memory
SEARCHED = "Bar"
MEMORY, LIST = "list from memory", "patient list"
CHART_MEMORY, CHART = "chart from memory", "chart, 500 scores"
BASES = {CHART_MEMORY: CHART_MEMORY, CHART: CHART_MEMORY}  # what a page is compared with; the others with MEMORY
FLOORS = (LIST, CHART)
CHART_ROWS = 5_000  # of 500 assessments: drawn, counted, and looked for their earlier versions
WRITES, WRITE_ROUNDS = 40, 5


@dataclass
class Target:
    """A page to be asked for, and what its answer must contain."""

    name: str
    browser: Browser
    path: str
    marker: str
    size: int = 0
    rates: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)

    @property
    def p95(self) -> float:
        """Milliseconds within which 95 of 100 answers came."""
        return quantiles(self.took, n=20)[-1] * 1000


def main(arguments: list[str]) -> int:
    """Load, check, measure, print; 1 when a floor was missed."""
    parser = argparse.ArgumentParser(description="Measure the pages against the same page fed from memory.")
    parser.add_argument("--port", type=int, default=0, help="port to serve at (default: a free one)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each page in each round")
    options = parser.parse_args(arguments)
    load.setup()
    load.prepare()
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    failures = [*check_current(), *check_plans(), *check_query_counts()]
    time_writes()
    port = free_port(options.port)
    with gunicorn("bench.settings", port):
        targets = targets_of(port)
        for number in range(options.rounds):
            for target in targets if number % 2 else reversed(targets):
                measure(target, options.seconds)
    failures += report(targets)
    for failure in failures:
        print(f"MISSED: {failure}")
    return 1 if failures else 0


def targets_of(port: int) -> list[Target]:
    """Sign in, follow the links of the pages as a person would, and look at every page before it is timed."""
    browser, nobody = Browser(port), Browser(port)
    browser.sign_in(load.USER, load.PASSWORD)
    _status, _location, first = browser.ask("GET", "/patients/")
    record = re.findall(r'href="(/patients/[0-9a-f-]{36}/)"', first)[0]
    following = re.findall(r'rel="next" href="([^"]+)"', first)[0]
    found = browser.send_form("/patients/", {"text": SEARCHED})
    long = load.longest().public_id
    targets = [
        Target("plain answer", nobody, "/bench/plain/", "plain"),
        Target(MEMORY, nobody, "/bench/memory/", record),
        Target(LIST, browser, "/patients/", record),
        Target("list, page 2", browser, f"/patients/{following}", 'rel="prev"'),
        Target(f"search “{SEARCHED}”", browser, found, SEARCHED.upper()),
        Target("patient page", browser, record, load.USER),
        Target(CHART_MEMORY, nobody, "/bench/memory/chart/", "chart-table"),
        Target(CHART, browser, f"/patients/{long}/scores/?range=all", "chart-table"),
        Target("chart, 30 scores", browser, f"{record}scores/?range=all", "chart-table"),
        Target("chart data (API)", browser, f"/api/v1/patients/{long}/chart/?range=all", '"easi"'),
    ]
    for target in targets:
        status, _location, body = target.browser.ask("GET", target.path)
        if status != 200 or target.marker not in body:
            raise SystemExit(f"{target.path} answered {status} without {target.marker!r}: nothing was timed.")
        target.size = len(body.encode())
    by_name = {target.name: target for target in targets}
    for real, memory in ((LIST, MEMORY), (CHART, CHART_MEMORY)):
        pages = [by_name[name].browser.ask("GET", by_name[name].path)[2] for name in (real, memory)]
        if settled(pages[0]) != settled(pages[1]):
            raise SystemExit(f"{memory} is not the page of the database: nothing was timed.")
    return targets


def settled(page: str) -> str:
    """A page without what is new in every answer."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|data-session-ends-in="\d+"', "", page)


def measure(target: Target, seconds: float) -> None:
    """One round of one page, from a process of its own."""
    job = Job(target.browser.port, target.browser.raw(target.path), seconds, count=20_000)
    done = subprocess.run(
        [sys.executable, "-m", "bench.client"],
        input=json.dumps(asdict(job)),
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 60,
    )
    result = json.loads(done.stdout)
    if set(result["statuses"]) != {"200"} or abs(result["smallest"] - target.size) > 200:
        raise SystemExit(f"{target.name}: {result['statuses']}, {result['smallest']} bytes and not {target.size}.")
    target.rates.append(len(result["took"]) / result["elapsed"])
    target.took += result["took"]


def report(targets: list[Target]) -> list[str]:
    """The table; what missed its floor."""
    by_name = {target.name: target for target in targets}
    print(f"\n{'page':<20}{'bytes':>9}{'requests/s':>12}{'p95 ms':>9}{'ratio':>8}{'(rounds)':>16}")
    missed = []
    for target in targets:
        base = by_name[BASES.get(target.name, MEMORY)]
        ratios = sorted(rate / of for rate, of in zip(target.rates, base.rates, strict=True))
        ratio, spread = median(ratios), f"({ratios[0]:.2f} to {ratios[-1]:.2f})"
        print(
            f"{target.name:<20}{target.size:>9,}{median(target.rates):>12,.0f}{target.p95:>9.1f}{ratio:>8.2f}{spread:>16}"
        )
        if target.name in FLOORS and ratio < FLOOR:
            missed.append(f"{target.name} is {ratio:.2f} of the same page fed from memory, and not {FLOOR}")
    print(f"ratio: requests per second to “{MEMORY}” (of “{CHART}” to “{CHART_MEMORY}”) of the same round, median;")
    print(f"floor of “{LIST}” and of “{CHART}”: {FLOOR}\n")
    return missed


def check_current() -> list[str]:
    """Print how long the proof of the current scores takes over the whole load; whether it found a difference."""
    from django.core.management import CommandError, call_command

    from patients.models import Assessment

    said, began = StringIO(), time.perf_counter()
    try:
        call_command("check_current_scores", stdout=said)
    except CommandError:
        return [f"check_current_scores: {said.getvalue().splitlines()[0]}"]
    finally:
        took = time.perf_counter() - began
        print(f"{said.getvalue().splitlines()[0]}, of {Assessment.objects.count():,} assessments, in {took:.1f} s\n")
    return []


def time_writes() -> None:
    """Print how many bare rows could be inserted in the time of one recorded assessment. Nothing stays written."""
    from django.db import transaction

    from bench.load import AT
    from bench.scores import easi_items
    from clinics.access import Access
    from clinics.models import User
    from patients import actions
    from patients.models import Assessment

    patient = load.longest()
    access = Access(user=User.objects.get(email=load.USER))
    by, on = access.actor(patient.clinic), AT.date()
    values = easi_items(0.5, patient.birth_date, on, Random(0)) | {"assessed_on": on}
    ratios = []
    for _ in range(WRITE_ROUNDS):
        with transaction.atomic():
            began = time.perf_counter()
            for _ in range(WRITES):
                row = actions.record_assessment(by, patient, "easi", values, submission=uuid4(), at=AT)
            recorded = time.perf_counter()
            for _ in range(WRITES):
                row.pk, row.public_id, row.series, row.submission = None, uuid4(), uuid4(), uuid4()
                Assessment.objects.bulk_create([row])
            ratios.append((recorded - began) / (time.perf_counter() - recorded))
            transaction.set_rollback(True)
    spread = f"({min(ratios):.1f} to {max(ratios):.1f})"
    print(f"\nrecording an EASI takes {median(ratios):.1f} times a bare insert of its row {spread}")


def check_plans() -> list[str]:
    """Print how each page reaches its rows; what is not bounded."""
    from bench.plans import MOST_ROWS, reading
    from clinics.access import Access
    from clinics.models import Clinic, User
    from patients import queries
    from patients.models import Patient
    from patients.queries import Search
    from regimens.queries import timeline

    clinic = Clinic.objects.get(name=next(iter(load.SIZES)))
    user = User.objects.get(email=load.USER)
    middle = Patient.objects.open().filter(clinic=clinic).order_by("name_key", "id")[clinic.patients.count() // 2]

    def page(search: Search, after: UUID | None = None, before: UUID | None = None) -> Callable[[], object]:
        return lambda: queries.page_of_patients(queries.found(user, clinic, search), after=after, before=before)

    pages = {
        "first page": page(Search()),
        "next page, mid-list": page(Search(), after=middle.public_id),
        "previous page": page(Search(), before=middle.public_id),
        "with closed records": page(Search(with_closed=True), after=middle.public_id),
        "surname begins": page(Search("Zel")),
        "surname, given": page(Search(f"{middle.family_name}, {middle.given_name}")),
        "record number": page(Search(middle.record_number)),
        "birth date": page(Search(born_on=middle.birth_date)),
    }
    rights = Access(user=user).actor(clinic).rights

    def chart(patient: Patient) -> Callable[[], object]:
        return lambda: timeline(patient, rights, wanted="all", baseline=None, base="../", at=load.AT)

    charts = {"chart, 30 scores": chart(middle), "chart, 500 scores": chart(load.longest())}
    print(f"{'how the rows are found':<24}{'queries':>9}{'rows read':>11}  indexes")
    missed = []
    for name, ask in (pages | charts).items():
        got = reading(ask, CHART_ROWS if name in charts else MOST_ROWS)
        print(f"{name:<24}{got.queries:>9}{got.rows:>11}  {', '.join(sorted(got.indexes))}")
        if not got.is_bounded:
            missed.append(f"{name} reads {got.rows} rows, {got.whole_tables} whole tables")
    return missed


def check_query_counts() -> list[str]:
    """Print the queries of list and chart, as many for few rows as for many; from memory there must be none."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from bench.scores import LONGEST
    from clinics.models import User
    from patients.models import Patient
    from patients.queries import PAGE_SIZE

    def rows_and_queries(email: str, path: str, row: bytes = b"<tr><td") -> tuple[int, int]:
        client = Client(SERVER_NAME="127.0.0.1", headers={"X-Forwarded-For": "127.0.0.1"})
        if email:
            client.force_login(User.objects.get(email=email))
        client.get(path, secure=True)
        with CaptureQueriesContext(connection) as captured:
            page = client.get(path, secure=True)
        return page.content.count(row), len(captured)

    few, many = rows_and_queries(load.LONE, "/patients/"), rows_and_queries(load.USER, "/patients/")
    from_memory = rows_and_queries("", "/bench/memory/")
    if (few[0], many[0], *from_memory) != (1, PAGE_SIZE, PAGE_SIZE, 0):
        raise SystemExit(f"Rows and queries are {few}, {many} and from memory {from_memory}: nothing was timed.")
    print(f"\nqueries of the patient list: {few[1]} for 1 row, {many[1]} for {PAGE_SIZE} rows, none from memory")
    first = Patient.objects.open().filter(clinic__name=next(iter(load.SIZES))).exclude(pk=load.longest().pk)[0]
    charts = [
        rows_and_queries(email, path, b'<td class="nowrap name">')
        for email, path in (
            (load.USER, f"/patients/{first.public_id}/scores/?range=all"),
            (load.USER, f"/patients/{load.longest().public_id}/scores/?range=all"),
            ("", "/bench/memory/chart/"),
        )
    ]
    if not (charts[0][0] < 50 < LONGEST <= charts[1][0] == charts[2][0]) or charts[2][1]:
        raise SystemExit(f"Rows and queries of the chart are {charts}: nothing was timed.")
    (few_scores, few_queries), (scores, queries), _ = charts
    print(f"queries of the chart: {few_queries} for {few_scores} scores, {queries} for {scores}, none from memory")
    grown = [("list", few, many), ("chart", *charts[:2])]
    return [f"queries of the {name} grow with the rows: {a[1]}, {b[1]}" for name, a, b in grown if a[1] != b[1]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
