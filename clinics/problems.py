"""Errors of the API as problem JSON (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import islice
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from clinics import audit
from clinics.errors import NotAllowed, NotYours, Stale

CONTENT_TYPE = "application/problem+json"
OF_THE_WHOLE = (NON_FIELD_ERRORS, api_settings.NON_FIELD_ERRORS_KEY)  # Django's name and DRF's
MOST_ERRORS = 50  # a body of a thousand wrong names is not answered with a thousand lines


class Refused(exceptions.APIException):
    """A refusal with its own status and more than words: the current values of a changed record, for example."""

    def __init__(self, status: HTTPStatus, detail: str, **more: Any):
        super().__init__(detail)
        self.status_code = int(status)
        self.more = more


def problem(request: HttpRequest, status: int, detail: str = "") -> JsonResponse:
    """A problem answer for what goes wrong before or outside a view."""
    return JsonResponse(_body(request, status, detail), status=status, content_type=CONTENT_TYPE)


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error a view raises; what is not known here becomes a 500 without detail."""
    request: Any = context["request"]._request
    # Where an id stands in the body, the answer names its field, and the refusal is the cause of that.
    refusal = error.__cause__ if isinstance(error.__cause__, NotYours) else error
    if isinstance(refusal, (NotYours, NotAllowed)):
        audit.record_refusal(request.access.actor(request.access.clinic), refusal, at=datetime.now(UTC))
    error = _as_api_error(error)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        errors = list(islice(_flat(response.data), MOST_ERRORS))
        answer = _answer(request, response.status_code, "Some values cannot be accepted.", errors=errors)
    else:
        detail = _printable(getattr(error, "detail", ""))
        answer = _answer(request, response.status_code, detail, **getattr(error, "more", {}))
    for name, value in response.headers.items():
        if name != "Content-Type":
            answer[name] = value
    return answer


def _as_api_error(error: Exception) -> Exception:
    """What our actions and Django raise, in the API's own exceptions; anything else as it is."""
    if isinstance(error, Stale):
        return Refused(HTTPStatus.PRECONDITION_FAILED, "The record was changed by someone else. Read it again.")
    if isinstance(error, IntegrityError) and "unique" in str(error).lower():
        # The action looked before it saved: somebody else saved the same in between.
        return Refused(HTTPStatus.CONFLICT, "Someone else saved the same at this moment. Read it again.")
    if isinstance(error, ModelValidationError):
        return exceptions.ValidationError(as_serializer_error(error))
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    return error


def _answer(request: Any, status: int, detail: str, **more: Any) -> Response:
    return Response(_body(request, status, detail) | more, status=status, content_type=CONTENT_TYPE)


def _body(request: Any, status: int, detail: str) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail or HTTPStatus(status).description,
        "request_id": request.request_id,
    }


def _flat(errors: Any, path: str = "") -> Iterator[dict[str, str]]:
    """DRF's nested errors as a list of {field, message}; an error of the whole has an empty field."""
    if isinstance(errors, dict):
        for name, inner in errors.items():
            if isinstance(name, int):  # the number of an item of a list
                yield from _flat(inner, f"{path}[{name}]")
            else:
                yield from _flat(inner, ".".join(filter(None, (path, "" if name in OF_THE_WHOLE else str(name)))))
    elif isinstance(errors, list):
        for index, inner in enumerate(errors):
            yield from _flat(inner, f"{path}[{index}]" if isinstance(inner, dict) else path)
    else:
        yield {"field": _printable(path), "message": _printable(errors)}


def _printable(text: Any) -> str:
    """Words that may quote what was sent: not too long, and what UTF-8 cannot hold (lone surrogates) escaped."""
    return str(text)[:500].encode("utf-8", "backslashreplace").decode()
