"""What an action answers when it needs a decision first."""

from __future__ import annotations

from typing import Any


class ScoresAffected(Exception):
    """A corrected birth date changes what stored scores rest on: `rows` (actions.rescore.Affected) say which and how."""

    def __init__(self, rows: list[Any]):
        super().__init__("stored scores depend on the date of birth")
        self.rows = rows
