"""Log lines carry ids only; the request id ties them to the audit rows and to the error page the user saw."""

from __future__ import annotations

import logging
import traceback
from contextvars import ContextVar
from typing import Any

import psycopg
from django.db import Error as DatabaseError

request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdFilter(logging.Filter):
    """Put the current request's id on every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class LineFormatter(logging.Formatter):
    """Errors of the database without their messages: those quote the row, with names and addresses."""

    def format(self, record: logging.LogRecord) -> str:
        """Do not take over the text another handler made of the error."""
        record.exc_text = None
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """Where it happened, the classes and the constraint, if a database error is anywhere in the chain."""
        errors = _chain(ei[1])
        if not any(isinstance(error, DatabaseError | psycopg.Error) for error in errors):
            return super().formatException(ei)
        return "\n\n".join(_without_message(error) for error in reversed(errors))


def _chain(error: BaseException | None) -> list[BaseException]:
    """The error, what it came from, and so on."""
    errors: list[BaseException] = []
    while error is not None and error not in errors:
        errors.append(error)
        error = error.__cause__ or error.__context__
    return errors


def _without_message(error: BaseException) -> str:
    constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
    name = f"{type(error).__module__}.{type(error).__qualname__}" + (f" ({constraint})" if constraint else "")
    return f"Traceback (most recent call last):\n{''.join(traceback.format_tb(error.__traceback__))}{name}"
