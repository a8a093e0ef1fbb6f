"""A line that was stopped, used again from the history."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from clinics.models import Clinic, User
from patients.models import Patient
from regimens import actions
from regimens.models import RegimenLine
from tests.factories import NOW, actor_for, make_line


def stopped(patient: Patient, clinician: User) -> RegimenLine:
    by = actor_for(clinician, patient.clinic)
    line = make_line(patient, by=by)
    make_line(patient, by=by, key="cleanser-soap-free")
    actions.stop(by, line, reason="cleared", no_look_reason="all is well", version=line.version, at=NOW)
    return RegimenLine.objects.get(pk=line.pk)


def test_the_history_offers_it_and_the_form_knows_the_line(client: Client, clinician: User, patient: Patient) -> None:
    line = stopped(patient, clinician)
    client.force_login(clinician)
    url = reverse("line_again", args=[patient.public_id, line.public_id])
    assert url in client.get(reverse("regimen_history", args=[patient.public_id])).content.decode()
    page = client.get(url)
    assert page.context["form"]["product"].value() == "emollient"
    assert page.context["form"]["places"].value() == ["whole_body"]


def test_it_becomes_a_new_line_that_names_the_one_before_once(
    client: Client, clinician: User, clinic: Clinic, patient: Patient
) -> None:
    line = stopped(patient, clinician)
    client.force_login(clinician)
    url = reverse("line_again", args=[patient.public_id, line.public_id])
    today = clinic.today(NOW)
    guard = client.get(url)
    hidden = {"form_guard": guard.content.decode().split('name="form_guard" value="')[1].split('"')[0]}
    typed = {
        "product": "emollient",
        "places": ["whole_body"],
        "phase": "induction",
        "per_day": "2",
        "starts_on_day": str(today.day),
        "starts_on_month": str(today.month),
        "starts_on_year": str(today.year),
        "review": "none",
    }
    answer = client.post(url, hidden | typed | {"do": "save"})
    assert answer.status_code == 302, answer.context["form"].errors
    again = RegimenLine.objects.latest("pk")
    assert (again.replaces, again.product.key, again.ended_on) == (line, "emollient", None)
    refused = client.post(url, hidden | typed | {"do": "save"})
    assert (refused.status_code, RegimenLine.objects.count()) == (422, 3)
    assert url not in client.get(reverse("regimen_history", args=[patient.public_id])).content.decode()


def test_a_nurse_without_the_flag_is_not_offered_it(client: Client, nurse: User, clinician: User, patient: Patient) -> None:
    line = stopped(patient, clinician)
    client.force_login(nurse)
    url = reverse("line_again", args=[patient.public_id, line.public_id])
    assert url not in client.get(reverse("regimen_history", args=[patient.public_id])).content.decode()
    assert client.get(url).status_code == 403
