"""What the operations about one patient have in common: which patient, which version, which rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db import transaction
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from clinics.access import May
from clinics.api import Endpoint, now
from clinics.errors import Stale
from clinics.problems import Refused
from clinics.serializers import PageQuery, Problem, StrictSerializer
from patients import actions, queries
from patients.api.shapes import PatientOut
from patients.models import Patient
from patients.models.base import PatientRow

Row = TypeVar("Row", bound=PatientRow)

ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201],
    description="The version of the record, for If-Match.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag the record had when you read it; 412 when it has changed since.",
)


KEPT = ("limit", "with_withdrawn")  # of the query, in the link to the next page


class ChangedProblem(Problem):
    """The save was refused; here is how the record stands now, to be shown beside what was sent."""

    current = PatientOut()


class PatientEndpoint(Endpoint):
    """An operation on patients."""

    def patient(self, public_id: UUID, *rights: May) -> Patient:
        """The patient of the address; whoever calls must be allowed to see patients, and `rights` too."""
        patient = queries.patient(self.request.user, public_id)
        actor = self.actor(patient.clinic)
        for right in (May.SEE_PATIENTS, *rights):
            actor.must(right, patient.clinic)
        return patient

    def represent(self, patient: Patient) -> dict[str, Any]:
        """The record as this caller may see it: allergies only with the right to clinical facts."""
        clinical = self.access.may(May.SEE_CLINICAL, patient.clinic)
        allergies = queries.allergy_state(patient) if clinical else None
        return dict(PatientOut(patient, context={"allergies": allergies}).data)

    def shown_unsaved(self, patient: Patient) -> dict[str, Any]:
        """The record though nothing was saved: that is opening it, and leaves its row."""
        actions.open_patient(self.actor(patient.clinic), patient, at=now())
        return self.represent(patient)

    def answer(self, patient: Patient, status: int = HTTPStatus.OK) -> Response:
        """The record with its version as ETag."""
        return Response(self.represent(patient), status=status, headers={"ETag": f'"{patient.version}"'})

    def version(self) -> int:
        """The version the caller read, from If-Match; -1, which no record has, when it is none of ours.

        A weak tag is taken too: proxies that compress make ours weak on the way out.
        """
        sent = self.request.headers.get("If-Match", "").strip()
        if sent in ("", "*"):
            raise Refused(HTTPStatus.PRECONDITION_REQUIRED, "Send If-Match with the ETag of the record you read.")
        tag = re.fullmatch(r'(?:W/)?"([0-9]{1,9})"', sent)
        return int(tag[1]) if tag else -1

    @contextmanager
    def saving(self, version: int) -> Iterator[None]:
        """Answer a stale save with the record as it stands."""
        try:
            yield
        except Stale as stale:
            current = self.shown_unsaved(stale.current)
            if stale.current.version == version:
                raise Refused(HTTPStatus.CONFLICT, "The record is in that state already.", current=current) from stale
            text = "The record was changed since you read it. Nothing was saved."
            raise Refused(HTTPStatus.PRECONDITION_FAILED, text, current=current) from stale


class RowsQuery(PageQuery):
    """Which rows about a patient."""

    with_withdrawn = serializers.BooleanField(default=False, help_text="Also rows that were taken back.")


class WithdrawIn(StrictSerializer):
    """Why a row is taken back."""

    reason = serializers.CharField(max_length=200)


class RowEndpoint(PatientEndpoint):
    """An operation on rows of one kind about a patient."""

    model: ClassVar[type[PatientRow]]
    out: ClassVar[type[serializers.BaseSerializer]]
    sees: ClassVar[May]
    records: ClassVar[May]
    opened: ClassVar[str]  # the verb of the audit row
    related: ClassVar[tuple[str, ...]] = ("recorded_by",)
    withdraw: ClassVar[Callable[..., None]] = staticmethod(actions.withdraw)

    def listed(self, public_id: UUID) -> Response:
        """A page of rows, the last recorded first."""
        with transaction.atomic():
            patient = self.patient(public_id, self.sees)
            actions.open_patient(self.actor(patient.clinic), patient, at=now(), page=self.opened)
            rows, more = queries.rows_about(
                self.model,
                patient,
                related=self.related,
                with_withdrawn=self.params["with_withdrawn"],
                after=self.params.get("after"),
                size=self.params["limit"],
            )
        kept = {name: self.request.query_params[name] for name in KEPT if name in self.request.query_params}
        following = self.link(**kept, after=rows[-1].public_id) if more else None
        return Response({"results": self.out(rows, many=True).data, "next": following})

    def created(self, row: PatientRow) -> Response:
        """A row that was just recorded."""
        return Response(self.out(row).data, status=HTTPStatus.CREATED)

    def withdrawn(self, public_id: UUID, row_id: UUID) -> Response:
        """Take a row back, and answer it as it is now."""
        patient = self.patient(public_id, self.sees, self.records)
        row = queries.row_of(self.model, self.request.user, patient, row_id)
        by, at = self.actor(patient.clinic), now()
        self.withdraw(by, row, reason=self.body(WithdrawIn)["reason"], at=at)
        row.refresh_from_db()
        if row.withdrawn_at != at:  # it was taken back before: this call only shows it
            actions.open_patient(by, patient, at=at, page=self.opened)
        return Response(self.out(row).data)

    def named(self, model: type[Row], patient: Patient, values: dict[str, Any], field: str) -> None:
        """Put the row whose id stands in a field of the body in its place; another patient's is as unknown as none."""
        if values.get(field) is None:
            return
        try:
            values[field] = queries.row_of(model, self.request.user, patient, values[field])
        except Http404 as unknown:
            raise serializers.ValidationError({field: ["There is no such row about this patient."]}) from unknown
