"""The proof that the current scores are what history says."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinics.access import system_actor
from patients import actions
from patients.models import Patient
from patients.queries.current import current_scores_counted, differing

SHOWN = 20
AT_ONCE = 500


class Command(BaseCommand):
    help = "Compare the current scores of every patient with history; ends with 1 when some differ. Names no one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One option."""
        parser.add_argument("--repair", action="store_true", help="write those that differ anew from history")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, repair if asked and compare again; public ids of the first that differ."""
        checked, differ = current_scores_counted()
        self.stdout.write(f"{checked} patients checked, {differ} differ")
        for row in differing(size=SHOWN) if differ else ():
            self.stdout.write(str(row.public_id))
        if differ and options["repair"]:
            self.stdout.write(f"{repair(at=datetime.now(UTC))} renewed")
            checked, differ = current_scores_counted()
            self.stdout.write(f"{checked} patients checked, {differ} differ")
        if differ:
            raise CommandError("Current scores differ from history.")


def repair(*, at: datetime) -> int:
    """Write the current scores of every patient that differs anew, each in a transaction of its own; how many."""
    renewed, by = 0, system_actor("command")
    rows = differing(size=AT_ONCE)
    while rows:
        for row in rows:
            actions.renew_scores(by, Patient.objects.get(pk=row.id), at=at)
            renewed += 1
        rows = differing(after=rows[-1].id, size=AT_ONCE)
    return renewed
