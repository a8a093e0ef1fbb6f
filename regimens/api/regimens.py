"""The regimen of a patient: read, started, its lines added, stepped, held, stopped; its history; orders checked alone."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.access import May
from clinics.api import now, operation
from clinics.serializers import PageQuery, StrictSerializer
from patients.api.base import ETAG
from regimens import actions
from regimens.api.base import LINE_CHANGED, ORDERED, REGIMEN_CHANGED, TreatmentEndpoint
from regimens.api.check_shapes import OrderCheckOut, OrderProblem, findings_of
from regimens.api.line_shapes import LineOut, OpenRegimenOut, RegimenOut, RegimenPage
from regimens.api.order_shapes import (
    ChangeProductIn,
    CheckIn,
    HoldIn,
    InductionIn,
    MaintenanceIn,
    OrdersIn,
    ResumeIn,
    StartAgainIn,
    StepDownIn,
    StopIn,
    places_of,
)
from regimens.protocol.base import Level
from regimens.queries.checks import findings_in
from regimens.queries.rows import regimens_about, whole_regimen


class OpenRegimen(TreatmentEndpoint):
    """What a patient uses now."""

    @operation("regimen_read", answer=OpenRegimenOut, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """Read the regimen that is open, with its lines, their phases and places, and the warnings that were answered.

        `regimen` is null when none is open. The `version` of the regimen, and of each line, is what If-Match takes.
        """
        with transaction.atomic():
            patient = self.patient(public_id, May.SEE_CLINICAL)
            self.note_opened(patient)
            return Response(OpenRegimenOut({"regimen": whole_regimen(patient)}).data)


class Regimens(TreatmentEndpoint):
    """The regimens of a patient."""

    query = PageQuery

    @operation("regimens_list", answer=RegimenPage, query=PageQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """List the regimens of a patient with everything that happened in them, the last first."""
        with transaction.atomic():
            patient = self.patient(public_id, May.SEE_CLINICAL)
            self.note_opened(patient, "regimens listed")
            rows, more = regimens_about(patient, after=self.params.get("after"), size=self.params["limit"])
        kept = {"limit": request.query_params["limit"]} if "limit" in request.query_params else {}
        following = self.link(**kept, after=rows[-1].public_id) if more else None
        return Response({"results": RegimenOut(rows, many=True).data, "next": following})

    @operation("regimen_start", takes=OrdersIn, answer=RegimenOut, status=201, headers=(ETAG,), **ORDERED)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Start a regimen with its first lines: all of them or none. The rules are asked first.

        422 with `findings` when a rule stops it, or a warning has no reply; with `errors` when a value cannot be, or a
        regimen is open already.
        """
        patient = self.treated(public_id)
        sent = self.body(OrdersIn)
        orders = self.orders(sent["orders"])
        with self.prescribing(patient, "orders"):
            by = self.actor(patient.clinic)
            regimen = actions.start_regimen(by, patient, orders, replies=sent["replies"], at=now())
        return self.shown_regimen(regimen, HTTPStatus.CREATED)


class RegimenLines(TreatmentEndpoint):
    """Adding to a regimen."""

    @operation("lines_add", takes=OrdersIn, answer=RegimenOut, status=201, **REGIMEN_CHANGED)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Add lines to an open regimen: all of them or none. Refusals as of starting one.

        If-Match takes the version of the regimen, so that what is sent twice is added once.
        """
        patient = self.treated(public_id)
        regimen = self.regimen_named(patient, row_id)
        version = self.version()
        sent = self.body(OrdersIn)
        orders = self.orders(sent["orders"])
        with self.prescribing(patient, "orders"):
            by, replies = self.actor(patient.clinic), sent["replies"]
            actions.add_line(by, regimen, orders, version=version, replies=replies, at=now())
        return self.shown_regimen(regimen, HTTPStatus.CREATED)


class RegimenStop(TreatmentEndpoint):
    """Ending a regimen."""

    @operation("regimen_stop", takes=StopIn, answer=RegimenOut, **REGIMEN_CHANGED)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """End a regimen with all its lines."""
        patient = self.treated(public_id)
        regimen = self.regimen_named(patient, row_id)
        version = self.version()
        sent = self.body(StopIn)
        with self.prescribing(patient):
            actions.stop_regimen(self.actor(patient.clinic), regimen, **sent, version=version, at=now())
        return self.shown_regimen(regimen)


class OrderCheck(TreatmentEndpoint):
    """Asking the rules."""

    @operation("order_check", takes=CheckIn, answer=OrderCheckOut, described={422: OrderProblem}, refusals=(404,))
    def post(self, request: Request, public_id: UUID) -> Response:
        """Check orders against the record and each other, and save nothing but that it was asked.

        It answers 200 whatever the rules say; 422 names values that cannot be.
        """
        patient = self.patient(public_id, May.SEE_CLINICAL)
        sent = self.body(CheckIn)
        replaces = None
        if sent["replaces"] is not None:
            try:
                replaces = self.line_named(patient, sent["replaces"])
            except Http404 as unknown:
                raise serializers.ValidationError({"replaces": ["There is no such line of this patient."]}) from unknown
        orders = self.orders(sent["orders"])
        with self.prescribing(patient, "orders"):
            checked = actions.look_at(self.actor(patient.clinic), patient, orders, replaces=replaces, at=now())
        is_stopped = any(one.stops for one in checked)
        asking = {one.key for one in findings_in(checked) if one.finding.level == Level.WARN}
        return Response({"is_stopped": is_stopped, **findings_of(checked, asking)})


class LineEndpoint(TreatmentEndpoint):
    """A step of a line."""

    def step(
        self,
        public_id: UUID,
        row_id: UUID,
        shape: type[StrictSerializer],
        action: Callable[..., Any],
    ) -> Response:
        """Take a step that an action of this line takes, with the values of the body; answer the line as it is then."""
        patient = self.treated(public_id)
        line = self.line_named(patient, row_id)
        version = self.version()
        sent = self.body(shape)
        places = [places_of(sent.pop("places"))] if "places" in sent else []
        with self.prescribing(patient):
            action(self.actor(patient.clinic), line, *places, **sent, version=version, at=now())
        return self.shown_line(line)


class LineProduct(LineEndpoint):
    """Another product in the place of a line."""

    @operation("line_change_product", takes=ChangeProductIn, answer=LineOut, status=201, **LINE_CHANGED)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """End a line and put another product, strength or use in its place; answers the new line.

        If-Match takes the version of the old line. Errors of the order are named `order.…`.
        """
        patient = self.treated(public_id)
        line = self.line_named(patient, row_id)
        version = self.version()
        sent = self.body(ChangeProductIn)
        order = self.orders([sent["order"]], "order")[0]
        with self.prescribing(patient, "order"):
            by, more = self.actor(patient.clinic), {"text": sent["text"], "replies": sent["replies"]}
            new = actions.change_product(by, line, order, version=version, at=now(), **more)
        return self.shown_line(new, HTTPStatus.CREATED)


class LineStartAgain(LineEndpoint):
    """A line that was stopped, again."""

    @operation("line_start_again", takes=StartAgainIn, answer=LineOut, status=201, headers=(ETAG,), **ORDERED)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Order the product of a line that ended again: a new line of the open regimen, which names the one before."""
        patient = self.treated(public_id)
        line = self.line_named(patient, row_id)
        sent = self.body(StartAgainIn)
        order = self.orders([sent["order"]], "order")[0]
        with self.prescribing(patient, "order"):
            by = self.actor(patient.clinic)
            new = actions.start_again(by, line, order, replies=sent["replies"], at=now())
        return self.shown_line(new, HTTPStatus.CREATED)


class LineMaintenance(LineEndpoint):
    """From induction to proactive maintenance."""

    @operation("line_step_to_maintenance", takes=MaintenanceIn, answer=LineOut, **LINE_CHANGED)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Use a line proactively, on chosen weekdays, on sites that are clear; its other sites go on as they are."""
        return self.step(public_id, row_id, MaintenanceIn, actions.step_to_maintenance)


class LineInduction(LineEndpoint):
    """From maintenance back to daily use."""

    @operation("line_return_to_induction", takes=InductionIn, answer=LineOut, **LINE_CHANGED)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Go back to daily use on sites that flare during maintenance."""
        return self.step(public_id, row_id, InductionIn, actions.return_to_induction)


class LineStepDown(LineEndpoint):
    """From twice to once daily."""

    @operation("line_step_down", takes=StepDownIn, answer=LineOut, **LINE_CHANGED)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Go from twice to once daily on some sites."""
        return self.step(public_id, row_id, StepDownIn, actions.step_down)


class LineHold(LineEndpoint):
    """A pause."""

    @operation("line_hold", takes=HoldIn, answer=LineOut, **LINE_CHANGED)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Pause a line everywhere until somebody looks again."""
        return self.step(public_id, row_id, HoldIn, actions.hold)


class LineResume(LineEndpoint):
    """The end of a pause."""

    @operation("line_resume", takes=ResumeIn, answer=LineOut, **LINE_CHANGED)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Go on with a line that was on hold, as it was used before."""
        return self.step(public_id, row_id, ResumeIn, actions.resume)


class LineStop(LineEndpoint):
    """The end of a line."""

    @operation("line_stop", takes=StopIn, answer=LineOut, **LINE_CHANGED)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """End a line, with a day to look next or why none is needed."""
        return self.step(public_id, row_id, StopIn, actions.stop)
