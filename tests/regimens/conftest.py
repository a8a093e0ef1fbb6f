"""Somebody whose orders need no answer."""

from __future__ import annotations

from datetime import date

import pytest

from clinics.models import Clinic, User
from patients.models import Patient
from tests.factories import make_patient


@pytest.fixture
def adult(clinic: Clinic, clinician: User) -> Patient:
    """Forty-six years old; nothing was asked, nothing found."""
    return make_patient(clinic, birth_date=date(1980, 5, 4))
