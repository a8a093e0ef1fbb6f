"""Log lines say where and why, never what stands in a row."""

from __future__ import annotations

import logging
from datetime import date
from io import StringIO
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from clinics.models import Clinic
from patients.models import Patient
from tests.factories import NOW

PATH = "/patients/"


@pytest.fixture
def log() -> tuple[logging.Logger, StringIO]:
    """A logger set up as the settings set up django.request, behind a handler that keeps whole messages."""
    ours = next(h for h in logging.getLogger("django.request").handlers if isinstance(h, logging.StreamHandler))
    stream, log = StringIO(), logging.Logger("test")
    log.addHandler(logging.StreamHandler(StringIO()))
    log.addHandler(logging.StreamHandler(stream))
    log.handlers[1].setFormatter(ours.formatter)
    log.handlers[1].filters = ours.filters
    return log, stream


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_database_error_is_logged_without_values(
    log: tuple[logging.Logger, StringIO], clinic: Clinic, vendor: str, wrapped: bool
) -> None:
    secret = uuid4().hex
    try:
        try:
            with transaction.atomic():
                Patient.objects.create(
                    clinic=clinic, record_number=secret, family_name=secret, birth_date=date(1700, 1, 1), registered_at=NOW
                )
        except IntegrityError as error:
            error.args = (f"{error} {secret}",)  # as PostgreSQL does; SQLite does not quote the row
            if wrapped:
                raise RuntimeError(str(error)) from error
            raise
    except (IntegrityError, RuntimeError):
        log[0].exception("Internal Server Error: %s", PATH)
    text = log[1].getvalue()
    assert secret not in text
    assert "django.db.utils.IntegrityError" in text
    assert "test_a_database_error_is_logged_without_values" in text
    assert f"request=- Internal Server Error: {PATH}" in text
    assert ("builtins.RuntimeError" in text) is wrapped
    if vendor == "postgresql":
        assert "psycopg.errors.CheckViolation (patient_birth_date_plausible)" in text


def test_other_errors_keep_their_message(log: tuple[logging.Logger, StringIO]) -> None:
    try:
        raise KeyError("colour")
    except KeyError:
        log[0].exception("Internal Server Error: %s", PATH)
    assert "KeyError: 'colour'" in log[1].getvalue()
