"""Stopping keys to the API."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from clinics import actions
from clinics.access import system_actor
from clinics.models import ApiToken


class Command(BaseCommand):
    help = "List the live API tokens of an account, or revoke one or all of them; they fail on their next use."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, and which."""
        parser.add_argument("email", help="address of the account")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--id", type=UUID, help="revoke this one")
        which.add_argument("--all", action="store_true", help="revoke every one")

    def handle(self, *args: Any, **options: Any) -> None:
        """Without --id and --all, only list."""
        now = datetime.now(UTC)
        tokens = ApiToken.objects.filter(user__email=options["email"].strip().lower(), revoked_at=None, expires_at__gt=now)
        if options["id"]:
            tokens = tokens.filter(public_id=options["id"])
        if not tokens:
            raise CommandError("There is no such live token.")
        for token in tokens:
            if options["id"] or options["all"]:
                actions.revoke_token(system_actor("command"), token, at=now)
                self.stdout.write(f"revoked {token.public_id} {token.name}")
            else:
                used = f"{token.last_used_at:%d-%b-%Y %H:%M} UTC" if token.last_used_at else "never"
                until = f"{token.expires_at:%d-%b-%Y}"
                self.stdout.write(f"{token.public_id} {token.name} {','.join(token.scopes)} until {until} last used {used}")
