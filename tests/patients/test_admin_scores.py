"""Assessments and laboratory values in the Django admin: for clinicians who also run the platform, to read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from clinics.access import Actor
from clinics.models import AuditEvent, Clinic, Outcome, Role, User
from patients import actions
from patients.models import Assessment, LabResult, Patient
from tests.factories import NOW, make_assessment, make_lab, make_member, make_patient, make_user, poem_values

pytestmark = pytest.mark.django_db
LISTED = {"assessment": "scores listed", "labresult": "laboratory results listed"}
MODELS = list(LISTED)


def list_of(model: str) -> str:
    return reverse(f"admin:patients_{model}_changelist")


def page_of(row: Assessment | LabResult) -> str:
    return reverse(f"admin:patients_{row._meta.model_name}_change", args=[row.pk])


def results(client: Client, model: str, **asked: str) -> list[str]:
    """The rows of a list as text, without markup."""
    page = client.get(list_of(model), asked)
    assert page.status_code == 200
    body = page.content.decode().partition('id="result_list"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr>.*?</tr>", body.partition("<tbody>")[2], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


@pytest.fixture
def reader(clinic: Clinic, clinician: User, signed_in: Callable[[User], Client]) -> Client:
    """A nurse of the clinic who is also platform administrator."""
    user = make_user("both@example.org", "Bea Both", is_staff=True)
    return signed_in(make_member(clinic, Role.NURSE, user=user))


def test_easi_is_read_with_every_finding_and_that_is_noted(reader: Client, patient: Patient, clinician: User):
    row = make_assessment(patient, comment="after the summer", hn_percent=12, ll_redness=Decimal("2.5"))
    answer = reader.get(page_of(row))
    text = answer.content.decode()
    assert answer.status_code == 200
    # E5 at 7 years is 12.7; half a point of redness more, times area 3 and weight 0.3, adds 0.45: moderate (7.1 to 21).
    for shown in (
        "13.15 · moderate",
        "after the summer",
        "weights under 8 years",
        row.scoring_version,
        clinician.email,
        str(row.public_id),
    ):
        assert shown in text
    assert "Head and neck: Area 2 (12 %), Redness 2, Thickness 1, Scratching 1, Lichenification 0" in text
    assert "Lower limbs: Area 3, Redness 2.5, Thickness 2, Scratching 2, Lichenification 1" in text
    assert 'name="_save"' not in text
    opened = AuditEvent.objects.get(verb="assessment opened")
    assert (opened.patient, opened.channel, opened.actor_role) == (patient.public_id, "admin", "nurse")


def test_poem_with_an_open_question_says_so(reader: Client, patient: Patient):
    row = make_assessment(patient, "poem", **poem_values("4 - 4 4 4 4 4"))
    text = reader.get(page_of(row)).content.decode()
    assert "24 · severe" in text
    assert "Disturbed sleep: not answered" in text
    assert "Itch: 4" in text
    unscored = make_assessment(patient, "poem", **poem_values("4 - - 4 4 4 4"))
    assert "not scored" in reader.get(page_of(unscored)).content.decode()


def test_laboratory_value_is_read_and_that_is_noted(reader: Client, patient: Patient):
    row = make_lab(patient, "712.5", laboratory_limit=450)
    text = reader.get(page_of(row)).content.decode()
    for shown in ("712.5", "450", "HISCL, central laboratory"):
        assert shown in text
    opened = AuditEvent.objects.get(verb="laboratory results opened")
    assert (opened.patient, opened.channel) == (patient.public_id, "admin")


def test_versions_stay_readable_with_their_reasons(reader: Client, patient: Patient, by: Actor):
    old = make_assessment(patient, "viga_ad", level=2)
    values = {"assessed_on": old.assessed_on, "level": 3}
    new = actions.amend_assessment(by, old, values, reason="wrong level", submission=uuid4(), at=NOW)
    actions.withdraw_assessment(by, new, reason="another patient", at=NOW)
    assert "wrong level" in reader.get(page_of(old)).content.decode()
    assert "another patient" in reader.get(page_of(new)).content.decode()
    assert [row.split(" ")[0] for row in results(reader, "assessment", state__exact="amended")] == ["vIGA-AD"]
    assert results(reader, "assessment", state__exact="signed") == []


@pytest.mark.parametrize("model", MODELS)
def test_list_is_scoped_and_noted(reader: Client, patient: Patient, other_patient: Patient, model: str):
    for each in (patient, other_patient):
        make_assessment(each)
        make_lab(each)
    rows = results(reader, model)
    assert len(rows) == 1
    assert "EXAMPLE, Mia" in rows[0]
    listed = AuditEvent.objects.filter(clinic=patient.clinic.public_id, verb__endswith=" listed")
    assert list(listed.values_list("verb", flat=True)) == [LISTED[model]]


def test_list_is_filtered_by_instrument_state_and_day(reader: Client, patient: Patient):
    make_assessment(patient, "itch", on=date(2026, 11, 2))
    make_assessment(patient, "itch", on=date(2026, 11, 3), sign=False)
    make_assessment(patient, "viga_ad", on=date(2026, 11, 3))
    first, second, third = "Worst itch, 24 h 2026-11-02", "Worst itch, 24 h 2026-11-03", "vIGA-AD 2026-11-03"

    def found(**asked: str) -> list[str]:
        return [row.partition(" EXAMPLE")[0] for row in results(reader, "assessment", **asked)]

    assert found() == [third, second, first]
    assert found(instrument__exact="itch") == [second, first]
    assert found(state__exact="draft") == [second]
    assert found(assessed_on__gte="2026-11-03", assessed_on__lt="2026-11-04") == [third, second]
    assert found(instrument__exact="itch", state__exact="signed") == [first]


@pytest.mark.parametrize("model", MODELS)
def test_search_knows_the_whole_id_of_a_row_and_nothing_else(
    reader: Client, patient: Patient, other_patient: Patient, model: str
):
    make = {"assessment": make_assessment, "labresult": make_lab}[model]
    row, foreign = make(patient), make(other_patient)
    make(patient)
    assert len(results(reader, model, q=str(row.public_id))) == 1
    assert len(results(reader, model, q=f" {row.public_id.hex.upper()} ")) == 1
    for text in ("Example", "H-1001", str(row.pk), str(row.public_id)[:8], str(foreign.public_id), str(patient.public_id)):
        assert results(reader, model, q=text) == [], text


@pytest.mark.parametrize("make", [make_assessment, make_lab])
def test_another_clinics_row_is_answered_like_none(
    reader: Client, other_patient: Patient, other_clinic: Clinic, make: Callable[..., Assessment | LabResult]
):
    row = make(other_patient)
    make_member(other_clinic, Role.CLINIC_ADMIN, user=User.objects.get(email="both@example.org"))
    for page in ("change", "delete"):
        address = f"admin:patients_{row._meta.model_name}_{page}"
        theirs = reader.get(reverse(address, args=[row.pk]))
        missing = [reader.get(reverse(address, args=[key])) for key in (999_999, "9" * 30, "x")]
        assert {theirs.status_code, *(answer.status_code for answer in missing)} == {404}
    refused = AuditEvent.objects.filter(verb="access refused")
    assert refused.count() == 2
    assert {(each.outcome, each.object_id, each.patient, each.clinic) for each in refused} == {
        (Outcome.REFUSED, row.public_id, other_patient.public_id, other_clinic.public_id)
    }
    assert not AuditEvent.objects.filter(verb__endswith="opened", patient=other_patient.public_id).exists()


def test_platform_and_clinic_administrators_see_none(
    patient: Patient, platform_admin: User, clinic: Clinic, signed_in: Callable[[User], Client]
):
    rows = [make_assessment(patient), make_lab(patient)]
    office = make_member(clinic, Role.CLINIC_ADMIN, user=make_user("office2@example.org", is_staff=True))
    for client in (signed_in(platform_admin), signed_in(office)):
        for row in rows:
            assert client.get(list_of(row._meta.model_name)).status_code == 403
            assert client.get(page_of(row)).status_code == 404


@pytest.mark.parametrize("make", [make_assessment, make_lab])
def test_nothing_is_written_here(reader: Client, patient: Patient, make: Callable[..., Assessment | LabResult]):
    row = make(patient)
    before = type(row).objects.filter(pk=row.pk).values().get()
    name = f"admin:patients_{row._meta.model_name}"
    assert reader.post(page_of(row), {"comment": "X"}).status_code == 403
    assert reader.get(reverse(f"{name}_add")).status_code == 403
    assert reader.post(reverse(f"{name}_delete", args=[row.pk])).status_code == 403
    assert reader.get(reverse(f"{name}_history", args=[row.pk])).status_code == 404
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    reader.post(list_of(row._meta.model_name), chosen)
    assert type(row).objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("model", MODELS)
def test_list_asks_the_same_for_one_and_three_patients(
    reader: Client, clinic: Clinic, patient: Patient, django_assert_num_queries, model: str
):
    make = {"assessment": make_assessment, "labresult": make_lab}[model]
    make(patient)
    reader.get(list_of(model))
    with django_assert_num_queries(5):
        assert len(results(reader, model)) == 1
    for days in (1, 2):
        make(make_patient(clinic), at=NOW - timedelta(days=days))
    with django_assert_num_queries(5):
        assert len(results(reader, model)) == 3
