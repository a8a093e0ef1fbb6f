"""Short texts that people typed: lines that can be seen."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from clinics.models.base import JOINERS, one_line


def line_of(name: str, text: str) -> str:
    """The text without spaces around it, "" when nothing of it can be seen. ValidationError names the field."""
    text = text.strip()
    try:
        one_line(text)
    except ValidationError as error:
        raise ValidationError({name: error}) from None
    return "" if all(letter in JOINERS or letter.isspace() for letter in text) else text


def lines_of(text: str) -> str:
    """A text of several lines as it is kept: each with single spaces and nothing that breaks a line but its end."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines()).strip()


def reason_of(text: str) -> str:
    """Why something is corrected or taken back, as it is kept. ValidationError names `reason`."""
    reason = line_of("reason", text)
    if not reason:
        raise ValidationError({"reason": _("Say why.")})
    return reason[:200]
