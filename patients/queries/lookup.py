"""One record, one row: what an address names, for those who may see it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from django.http import Http404

from clinics.errors import NotYours
from clinics.models import Clinic
from patients.models import (
    Patient,
)
from patients.models.base import PatientRow
from patients.queries.lists import PAGE_SIZE

Row = TypeVar("Row", bound=PatientRow)


def patient(user: Any, public_id: UUID) -> Patient:
    """The patient this account may see; NotYours for another clinic's, Http404 for none: the answers look the same."""
    row = Patient.objects.visible_to(user).select_related("clinic").filter(public_id=public_id).first()
    if row is not None:
        return row
    foreign = Patient.objects.filter(public_id=public_id).values_list("clinic__public_id", flat=True).first()
    if foreign is not None:
        raise NotYours(object_type="patient", object_id=public_id, clinic=foreign, patient=public_id)
    raise Http404


def row_of(model: type[Row], user: Any, patient: Patient, public_id: UUID) -> Row:
    """A row about this very patient that the account may see, or Http404."""
    row = (
        model.objects.visible_to(user)
        .select_related("patient__clinic")
        .filter(patient=patient, public_id=public_id)
        .first()
    )
    if row is not None:
        return row
    elsewhere = (
        model.objects.filter(public_id=public_id).values_list("patient__public_id", "patient__clinic__public_id").first()
    )
    if elsewhere is not None:
        name = str(model._meta.model_name)
        raise NotYours(object_type=name, object_id=public_id, clinic=elsewhere[1], patient=elsewhere[0])
    raise Http404


def rows_about(
    model: type[Row],
    patient: Patient,
    *,
    related: tuple[str, ...] = ("recorded_by",),
    with_withdrawn: bool = False,
    after: UUID | None = None,
    size: int = PAGE_SIZE,
) -> tuple[list[Row], bool]:
    """Rows of one kind about a patient, the last recorded first, those that follow `after`; and whether more follow.

    Rows are withdrawn, never deleted, so a row that was the last of a page can always be continued from.
    """
    rows = model.objects.filter(patient=patient).select_related(*related)
    if not with_withdrawn:
        rows = rows.live()
    if after is not None:
        rows = rows.filter(id__lt=model.objects.filter(patient=patient, public_id=after).values("id"))
    part = list(rows.order_by("-id")[: size + 1])
    return part[:size], len(part) > size


def record_numbers(user: Any, patients: Iterable[UUID | None]) -> dict[UUID, str]:
    """Record numbers of those of these patients that the account may see; for lists that must not show names."""
    wanted = {public_id for public_id in patients if public_id is not None}
    return dict(Patient.objects.visible_to(user).filter(public_id__in=wanted).values_list("public_id", "record_number"))


def patient_with_number(user: Any, clinic: Clinic, number: str) -> UUID | None:
    """The public id of the clinic's patient with this record number."""
    known = Patient.objects.visible_to(user).filter(clinic=clinic, record_number=number.strip())
    return known.values_list("public_id", flat=True).first()


def foreign_patient(pk: str) -> Http404:
    """What to raise for a patient (by key, as the Django admin asks) not for this account: NotYours if there is one."""
    known = Patient.objects.filter(pk=pk) if pk.isdecimal() else Patient.objects.none()
    found = known.select_related("clinic").first()
    if found is None:
        return Http404()
    return NotYours(
        object_type="patient", object_id=found.public_id, clinic=found.clinic.public_id, patient=found.public_id
    )
