"""Load the demonstration: two clinics of made-up people and their sign-ins."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from adtrack.demo.load import load, set_password


class Command(BaseCommand):
    """`manage.py load_demo [--password PW] [--more N] [--weeks W]`; safe to run again, refused outside demo mode."""

    help = "Load the demonstration clinics (made-up people). Only in demo mode; a second run changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The password, and how large the first clinic is."""
        parser.add_argument("--password", help="password of every demo sign-in; without it nobody can sign in yet")
        parser.add_argument("--more", type=int, default=0, help="so many people more than the 60 of the first clinic")
        parser.add_argument("--weeks", type=int, help="how long the courses are that are not written down")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load once; set the password whenever one is given."""
        if not settings.DEMO:
            raise CommandError("load_demo works in demo mode only (ADTRACK_DEMO=1): made-up people have no place here.")
        now = datetime.now(UTC)
        is_new = load(at=now, more=options["more"], weeks=options["weeks"])
        self.stdout.write("Demonstration loaded." if is_new else "The demonstration is loaded already; nothing changed.")
        if options["password"] and set_password(options["password"], at=now):
            self.stdout.write("Password of the demo sign-ins set.")
