"""A key to the API for one account, printed once."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from clinics import actions
from clinics.access import SCOPES, system_actor
from clinics.actions.tokens import LONGEST_DAYS
from clinics.models import User


class Command(BaseCommand):
    help = "Issue an API token for an account. It is printed once and cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, for what, for how long."""
        parser.add_argument("email", help="address of the account the token acts as")
        parser.add_argument("--scope", action="append", required=True, choices=list(SCOPES), help="may be given again")
        parser.add_argument("--days", type=int, required=True, help=f"days until it expires, 1 to {LONGEST_DAYS}")
        parser.add_argument("--name", default="", help="what it is for")

    def handle(self, *args: Any, **options: Any) -> None:
        """Issue it; the token is the only line on standard output, so that a script can keep it."""
        user = User.objects.filter(email=options["email"].strip().lower(), is_active=True).first()
        if user is None:
            raise CommandError("There is no active account with this address.")
        try:
            token, text = actions.issue_token(
                system_actor("command"),
                user,
                scopes=options["scope"],
                days=options["days"],
                name=options["name"],
                at=datetime.now(UTC),
            )
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stderr.write(f"Token {token.public_id} for {user.email}, until {token.expires_at:%d-%b-%Y %H:%M} UTC.")
        self.stdout.write(text)
