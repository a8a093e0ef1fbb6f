"""Why an order was not saved."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError

from regimens.protocol.check import Checked


class Unsafe(Exception):
    """The rules stop the order, or warnings of it have no reason yet. Carries every answer, so that it can be shown."""

    def __init__(self, checked: Sequence[Checked], unanswered: frozenset[str] = frozenset()):
        super().__init__("the order was not saved")
        self.checked = list(checked)
        self.unanswered = unanswered  # ids of rules whose warning has no reason


class Misshapen(ValidationError):
    """Orders that say too little or what cannot be. By field: those of the first order, of the others under `more`."""

    def __init__(self, found: Sequence[tuple[str, dict[str, str]]]):
        said: dict[str, list[str]] = {}
        for number, (product, problems) in enumerate(found):
            for name, text in problems.items():
                said.setdefault("more" if number else name, []).append(f"{product}: {text}" if number else text)
        super().__init__(said)
        self.by_order = [problems for _product, problems in found]  # in the order of the orders; empty where all is well
