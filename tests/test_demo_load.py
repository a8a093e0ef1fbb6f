"""Loading the demonstration: only in demo mode, all or nothing, larger when asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from adtrack.demo import generate, load
from clinics.models import Clinic, User
from patients.models import Assessment, Patient

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSWORD = "a password for the demonstration"


@pytest.mark.django_db
def test_command_is_refused_outside_demo_mode() -> None:
    with pytest.raises(CommandError, match="demo mode only"):
        call_command("load_demo", password=PASSWORD)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_first_run_loads_and_makes_a_larger_clinic(settings: Settings) -> None:
    settings.DEMO = True
    said = StringIO()
    call_command("load_demo", "--password", PASSWORD, "--more", "3", "--weeks", "8", stdout=said)
    assert said.getvalue() == "Demonstration loaded.\nPassword of the demo sign-ins set.\n"
    assert all(user.check_password(PASSWORD) for user in User.objects.all())
    assert Patient.objects.filter(clinic__name=load.CLINIC["name"]).count() == 63
    assert Assessment.objects.filter(patient__record_number__in=["D-1061", "D-1062", "D-1063"]).exists()


@pytest.mark.django_db
def test_a_failed_load_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    few = generate.demo_clinic(AT.date())[:5]  # enough to be left behind; the other clinic fails after them
    monkeypatch.setattr(load, "demo_clinic", lambda *_args, **_more: few)
    User.objects.create_user("dermatologist@other.demo.example", "In The Way")
    with pytest.raises(IntegrityError), transaction.atomic():
        load.load(at=AT)
    assert not Clinic.objects.exists()
    assert not load.is_loaded()
