"""Errors of the API as problem JSON (RFC 9457)."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import exception_handler

from clinics import audit
from clinics.errors import NotAllowed, NotYours, Stale

CONTENT_TYPE = "application/problem+json"


def problem(request: HttpRequest, status: int, detail: str = "") -> JsonResponse:
    """A problem answer for what goes wrong before or outside a view."""
    return JsonResponse(_body(request, status, detail), status=status, content_type=CONTENT_TYPE)


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error a view raises; what is not known here becomes a 500 without detail."""
    request = context["request"]._request
    if isinstance(error, (NotYours, NotAllowed)):
        audit.record_refusal(request.access.actor(request.access.clinic), error, at=datetime.now(UTC))
    if isinstance(error, Stale):
        return _answer(request, HTTPStatus.PRECONDITION_FAILED, "The record was changed by someone else. Read it again.")
    if isinstance(error, ModelValidationError):
        error = exceptions.ValidationError(as_serializer_error(error))
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        answer = _answer(request, response.status_code, "Some values cannot be accepted.", errors=list(_flat(response.data)))
    else:
        answer = _answer(request, response.status_code, str(getattr(error, "detail", "")))
    for name, value in response.headers.items():
        if name != "Content-Type":
            answer[name] = value
    return answer


def _answer(request: HttpRequest, status: int, detail: str, **more: Any) -> Response:
    return Response(_body(request, status, detail) | more, status=status, content_type=CONTENT_TYPE)


def _body(request: HttpRequest, status: int, detail: str) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail or HTTPStatus(status).description,
        "request_id": request.request_id,
    }


def _flat(errors: Any, path: str = "") -> Any:
    """DRF's nested errors as a list of {field, message}."""
    if isinstance(errors, dict):
        for name, inner in errors.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(errors, list):
        for index, inner in enumerate(errors):
            yield from _flat(inner, f"{path}[{index}]" if isinstance(inner, dict) else path)
    else:
        yield {"field": path, "message": str(errors)}
