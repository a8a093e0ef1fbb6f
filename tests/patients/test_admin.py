"""Patients in the Django admin: for clinicians who also run the platform, and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from clinics.access import Actor
from clinics.models import AuditEvent, Clinic, Outcome, Role, User
from patients import actions
from patients.models import Patient
from tests.factories import NOW, actor_for, make_member, make_patient, make_user

pytestmark = pytest.mark.django_db
LIST = "admin:patients_patient_changelist"


@pytest.fixture
def clinician_of_the_platform(clinic: Clinic, signed_in: Callable[[User], Client]) -> Client:
    """A nurse of the clinic who is also platform administrator."""
    user = make_user("both@example.org", "Bea Both", is_staff=True)
    return signed_in(make_member(clinic, Role.NURSE, user=user))


def page_of(patient: Patient) -> str:
    return reverse("admin:patients_patient_change", args=[patient.pk])


def test_clinician_reads_the_record_and_that_is_noted(clinician_of_the_platform: Client, patient: Patient, by: Actor):
    actions.record_allergy(by, patient, kind="class", code="macrolides", at=NOW)
    actions.record_precaution(by, patient, {"kind": "epilepsy", "state": "present"}, at=NOW)
    actions.record_measurement(by, patient, kind="weight", value=21, measured_on=date(2026, 11, 2), at=NOW)
    answer = clinician_of_the_platform.get(page_of(patient))
    text = answer.content.decode()
    assert answer.status_code == 200
    for shown in ("Macrolides", "Epilepsy: Present", "Pregnancy: Not asked", "02-Nov-2026", "H-1001"):
        assert shown in text
    assert 'name="_save"' not in text
    row = AuditEvent.objects.get(verb="patient opened")
    assert (row.patient, row.channel, row.actor_role) == (patient.public_id, "admin", "nurse")


def test_list_is_scoped_and_noted(clinician_of_the_platform: Client, patient: Patient, other_patient: Patient):
    text = clinician_of_the_platform.get(reverse(LIST)).content.decode()
    assert "EXAMPLE, Mia" in text
    assert "EXAMPLE, Noah" not in text
    assert AuditEvent.objects.filter(verb="patients listed", clinic=patient.clinic.public_id).count() == 1
    assert 'name="q"' not in text  # a searched name would stand in an address


def test_another_clinics_patient_is_answered_like_none(
    clinician_of_the_platform: Client, other_patient: Patient, other_clinic: Clinic
):
    theirs = clinician_of_the_platform.get(page_of(other_patient))
    missing = clinician_of_the_platform.get(reverse("admin:patients_patient_change", args=[999_999]))
    assert (theirs.status_code, missing.status_code) == (404, 404)
    row = AuditEvent.objects.get(verb="access refused")
    assert (row.outcome, row.patient, row.clinic) == (Outcome.REFUSED, other_patient.public_id, other_clinic.public_id)


def test_being_clinic_administrator_elsewhere_opens_nothing_clinical_there(
    clinician_of_the_platform: Client, other_clinic: Clinic, other_patient: Patient
):
    make_member(other_clinic, Role.CLINIC_ADMIN, user=User.objects.get(email="both@example.org"))
    assert "Noah" not in clinician_of_the_platform.get(reverse(LIST)).content.decode()
    assert clinician_of_the_platform.get(page_of(other_patient)).status_code == 404


def test_platform_and_clinic_administrators_see_no_patients(
    patient: Patient, platform_admin: User, clinic: Clinic, signed_in: Callable[[User], Client]
):
    office = make_member(clinic, Role.CLINIC_ADMIN, user=make_user("office2@example.org", is_staff=True))
    for user in (platform_admin, office):
        client = signed_in(user)
        assert client.get(reverse(LIST)).status_code == 403
        assert client.get(page_of(patient)).status_code == 404
        index = client.get(reverse("admin:index")).content.decode()
        for model in ("patient", "assessment", "labresult"):
            assert reverse(f"admin:patients_{model}_changelist") not in index


def test_nothing_is_written_here(clinician_of_the_platform: Client, patient: Patient):
    client = clinician_of_the_platform
    assert client.post(page_of(patient), {"family_name": "X"}).status_code == 403
    assert client.get(reverse("admin:patients_patient_add")).status_code == 403
    assert client.post(reverse("admin:patients_patient_delete", args=[patient.pk])).status_code == 403
    assert client.get(reverse("admin:patients_patient_history", args=[patient.pk])).status_code == 404
    patient.refresh_from_db()
    assert patient.family_name == "Example"


def test_list_asks_the_same_for_one_and_three_rows(
    clinician_of_the_platform: Client, clinic: Clinic, django_assert_num_queries
):
    client, url = clinician_of_the_platform, reverse(LIST)
    by = actor_for(User.objects.get(email="both@example.org"), clinic)
    actions.open_list(by, clinic, searched=False, at=NOW)
    make_patient(clinic)
    client.get(url)
    with django_assert_num_queries(5):
        client.get(url)
    make_patient(clinic)
    make_patient(clinic)
    with django_assert_num_queries(5):
        assert client.get(url).content.decode().count("field-birth_date") == 3
