"""Unwanted events: recorded, followed to their end, taken back. Every change asks the rules again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.access import May
from clinics.api import now, operation
from clinics.problems import Refused
from patients import queries as patients
from patients.actions import open_patient
from patients.api.base import RowEndpoint, RowsQuery, WithdrawIn
from patients.models import Patient
from regimens import actions
from regimens.actions.events import AMENDED
from regimens.api.base import refused_values
from regimens.api.event_shapes import AmendEventIn, ChangedEventProblem, EventIn, EventOut, EventPage
from regimens.models import AdverseEvent, RegimenLine
from regimens.queries.events import event_now

CHANGING: dict[str, Any] = {"described": {409: ChangedEventProblem}, "refusals": (404, 422)}


class EventEndpoint(RowEndpoint):
    """Unwanted events: clinical facts, for dermatologists and nurses."""

    model, out, opened = AdverseEvent, EventOut, "adverse events opened"
    related = ("recorded_by", "line", "infection", "replaces")
    sees, records = May.SEE_CLINICAL, May.RECORD_FACTS

    def event(self, public_id: UUID, row_id: UUID) -> AdverseEvent:
        """The event of the address, for somebody who may record."""
        patient = self.patient(public_id, self.sees, self.records)
        return patients.row_of(AdverseEvent, self.request.user, patient, row_id)

    def note_opened(self, patient: Patient) -> None:
        """Leave the row that an event was shown, where no change leaves one."""
        open_patient(self.actor(patient.clinic), patient, at=now(), page=self.opened)

    @contextmanager
    def changing(self, row: AdverseEvent) -> Iterator[None]:
        """Answer an event that was amended or withdrawn meanwhile with what counts now; 422 names values that cannot be."""
        try:
            yield
        except ValidationError as error:
            current = event_now(row)
            if current.pk == row.pk and current.withdrawn_at is None:
                raise refused_values(error) from error
            self.note_opened(row.patient)
            what = "withdrawn" if current.withdrawn_at else "amended"
            text = f"This event was {what} meanwhile. Nothing was saved."
            raise Refused(HTTPStatus.CONFLICT, text, current=EventOut(current).data) from error


class Events(EventEndpoint):
    """The unwanted events of a patient."""

    query = RowsQuery

    @operation("adverse_events_list", answer=EventPage, query=RowsQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """List the unwanted events of a patient, the last recorded first; with `with_withdrawn` the rows before, too."""
        return self.listed(public_id)

    @operation("adverse_events_record", takes=EventIn, answer=EventOut, status=201, refusals=(404, 409, 422))
    def post(self, request: Request, public_id: UUID) -> Response:
        """Record an unwanted event. 422 names values that cannot be.

        An infection of the skin cites the patient's open infection there, or opens one. A red flag becomes an item of work
        at once.
        """
        patient = self.patient(public_id, self.sees, self.records)
        values = self.body(EventIn)
        self.named(cast(Any, RegimenLine), patient, values, "line")
        try:
            row = actions.record_adverse_event(self.actor(patient.clinic), patient, values, at=now())
        except ValidationError as error:
            raise refused_values(error) from error
        return self.created(row)


class EventAmendment(EventEndpoint):
    """Writing an event anew."""

    @operation("adverse_events_amend", takes=AmendEventIn, answer=EventOut, status=201, **CHANGING)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Write an event anew with what has been learned since; the row before stays in history.

        409 when that row does not count any more: amend the one that does (`current`).
        """
        row = self.event(public_id, row_id)
        values = self.body(AmendEventIn)
        self.named(cast(Any, RegimenLine), row.patient, values, "line")
        with self.changing(row):
            fresh = actions.amend_adverse_event(self.actor(row.patient.clinic), row, values, at=now())
        return self.created(fresh)


class EventWithdrawal(EventEndpoint):
    """Taking an event back."""

    @operation("adverse_events_withdraw", takes=WithdrawIn, answer=EventOut, **CHANGING)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Take back an event that was recorded in error; an infection it opened is a fact of its own and stays.

        A second call changes nothing; 409 for a row that was amended: take back the one that counts (`current`).
        """
        row = self.event(public_id, row_id)
        reason = self.body(WithdrawIn)["reason"]
        if row.withdrawn_at is not None and row.withdrawn_reason != AMENDED:
            self.note_opened(row.patient)
            return Response(EventOut(row).data)
        with self.changing(row):
            actions.withdraw_adverse_event(self.actor(row.patient.clinic), row, reason=reason, at=now())
        row.refresh_from_db()
        return Response(EventOut(row).data)
