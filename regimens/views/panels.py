"""The panel of the rules on a page that saves treatment, with the reasons typed into it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clinics.fields import form_data
from clinics.http import Request
from regimens import queries
from regimens.errors import Unsafe
from regimens.forms.replies import RepliesForm, not_shown
from regimens.protocol.check import Checked


def panel_context(request: Request, checked: Sequence[Checked] | None, unsafe: Unsafe | None = None) -> dict[str, Any]:
    """What the templates of panel and replies show; without an answer of the rules only what goes along unseen."""
    data = form_data(request)
    unanswered = unsafe.unanswered if unsafe else {}
    panel = None if checked is None else queries.panel(checked, unanswered)
    asked = [one.key for one in panel.warnings] if panel and not panel.stops else []
    replies = RepliesForm(data, keys=asked, unanswered=unanswered)
    return {
        "panel": panel,
        "answers": _with_fields(panel, replies, asked) if panel else [],
        "unshown": not_shown(data, asked),
        "is_gone": bool(unsafe and unsafe.unknown),
    }


def _with_fields(panel: queries.Panel, replies: RepliesForm, asked: Sequence[str]) -> list[tuple[Any, Any]]:
    """Every warning with its two fields; of two that rest on the same, the first has them. None where a rule stops."""
    left = dict.fromkeys(asked)
    found = []
    for one in panel.warnings:
        found.append((one, replies.pair(one.key) if one.key in left else []))
        left.pop(one.key, None)
    return found
