"""Why an order was not saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError

from regimens.protocol.check import Checked


class Lack(NamedTuple):
    """What is wrong with the reply to a warning of this rule, by field; without a reply, what it needs."""

    rule: str
    problems: Mapping[str, str]


class Unsafe(Exception):
    """The rules stop the order, or warnings and replies do not fit. Carries every answer, so that it can be shown."""

    def __init__(
        self, checked: Sequence[Checked], unanswered: Mapping[str, Lack] | None = None, unknown: Iterable[str] = ()
    ):
        super().__init__("the order was not saved")
        self.checked = list(checked)
        self.unanswered = dict(unanswered or {})  # by key of finding
        self.unknown = sorted(unknown)  # keys in replies that no warning of the order has

    @property
    def rules(self) -> set[str]:
        """Ids of the rules with a warning that has no reason yet."""
        return {one.rule for one in self.unanswered.values()}


class Misshapen(ValidationError):
    """Orders that say too little or what cannot be. By field: those of the first order, of the others under `more`."""

    def __init__(self, found: Sequence[tuple[str, dict[str, str]]]):
        said: dict[str, list[str]] = {}
        for number, (product, problems) in enumerate(found):
            for name, text in problems.items():
                said.setdefault("more" if number else name, []).append(f"{product}: {text}" if number else text)
        super().__init__(said)
        self.by_order = [problems for _product, problems in found]  # in the order of the orders; empty where all is well


class AlreadyRecorded(Exception):
    """Somebody has said something about this dose before. Carries the row, so that it can be said who and when."""

    def __init__(self, row: Any):
        super().__init__("this dose is recorded already")
        self.row = row
