"""Why an order was not saved."""

from __future__ import annotations

from collections.abc import Sequence

from regimens.protocol.check import Checked


class Unsafe(Exception):
    """The rules stop the order, or warnings of it have no reason yet. Carries every answer, so that it can be shown."""

    def __init__(self, checked: Sequence[Checked], unanswered: frozenset[str] = frozenset()):
        super().__init__("the order was not saved")
        self.checked = list(checked)
        self.unanswered = unanswered  # ids of rules whose warning has no reason
