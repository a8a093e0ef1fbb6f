"""What the operations on treatment have in common: how a refusal of the rules, or of a stale version, is answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from rest_framework import serializers
from rest_framework.response import Response

from clinics.access import May
from clinics.api import now
from clinics.errors import Stale
from clinics.problems import MOST_ERRORS, Refused
from patients.actions import open_patient
from patients.api.base import ETAG, IF_MATCH, PatientEndpoint
from patients.models import Patient
from regimens.actions import Order
from regimens.api.check_shapes import OrderProblem, findings_of
from regimens.api.line_shapes import ChangedLineProblem, ChangedRegimenProblem, LineOut, RegimenOut
from regimens.api.order_shapes import OrderIn, order_of
from regimens.errors import Misshapen, Unsafe
from regimens.models import Regimen, RegimenLine
from regimens.queries.rows import offered, row_of, whole_line, whole_regimen

ORDERED: dict[str, Any] = {"described": {422: OrderProblem}, "refusals": (404, 409)}
LINE_CHANGED: dict[str, Any] = {
    "described": {412: ChangedLineProblem, 422: OrderProblem},
    "refusals": (404, 409, 428),
    "headers": (IF_MATCH, ETAG),
}
REGIMEN_CHANGED: dict[str, Any] = LINE_CHANGED | {"described": {412: ChangedRegimenProblem, 422: OrderProblem}}


class TreatmentEndpoint(PatientEndpoint):
    """An operation on the treatment of a patient."""

    def note_opened(self, patient: Patient, page: str = "regimen opened") -> None:
        """Leave the row that treatment was shown, where no change leaves one."""
        open_patient(self.actor(patient.clinic), patient, at=now(), page=page)

    def treated(self, public_id: UUID) -> Patient:
        """The patient of the address, for somebody who may prescribe."""
        return self.patient(public_id, May.SEE_CLINICAL, May.PRESCRIBE)

    def regimen_named(self, patient: Patient, row_id: UUID) -> Regimen:
        """The regimen of the address."""
        return row_of(Regimen, self.request.user, patient, row_id)

    def line_named(self, patient: Patient, row_id: UUID) -> RegimenLine:
        """The line of the address."""
        return row_of(RegimenLine, self.request.user, patient, row_id)

    def shown_regimen(self, regimen: Regimen, status: int = HTTPStatus.OK) -> Response:
        """A regimen as it stands now, with its version as ETag."""
        row = whole_regimen(regimen.patient, regimen.public_id)
        assert row is not None
        return Response(RegimenOut(row).data, status=status, headers={"ETag": f'"{row.version}"'})

    def shown_line(self, line: RegimenLine, status: int = HTTPStatus.OK) -> Response:
        """A line as it stands now, with its version as ETag."""
        row = whole_line(line)
        return Response(LineOut(row).data, status=status, headers={"ETag": f'"{row.version}"'})

    def orders(self, sent: Iterable[Mapping[str, Any]], place: str = "orders") -> list[Order]:
        """Validated orders as the actions take them; a product that is not offered is named by its place."""
        wanted = list(sent)
        products = offered(order["product"] for order in wanted)
        unknown: list[dict[str, list[str]]] = [
            {} if order["product"] in products else {"product": ["No product with this key is offered."]}
            for order in wanted
        ]
        if any(unknown):
            raise serializers.ValidationError({place: unknown if place == "orders" else unknown[0]})
        return [order_of(order, products[order["product"]]) for order in wanted]

    @contextmanager
    def prescribing(self, patient: Patient, place: str = "") -> Iterator[None]:
        """Answer what the actions refuse: 422 with fields or findings, 412 with what stands now.

        `place` is where the orders stand in the body: errors of an order are named below it.
        """
        try:
            yield
        except Unsafe as unsafe:
            self.note_opened(patient, "order checked")  # the findings show the record
            shown = findings_of(unsafe.checked, unsafe.unanswered)
            if wrong := _reply_errors(unsafe):
                shown["errors"] = wrong
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, _why_unsafe(unsafe), **shown) from unsafe
        except Stale as stale:
            self.note_opened(patient)
            text = "It was changed since you read it. Nothing was saved."
            current = _as_it_stands(stale.current)
            raise Refused(HTTPStatus.PRECONDITION_FAILED, text, current=current) from stale
        except ValidationError as error:
            raise refused_values(error, place) from error


def refused_values(error: ValidationError, place: str = "") -> Refused:
    """422 with what an action says of the values, by the place they have in the body."""
    text = "Some values cannot be accepted. Nothing was saved."
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, text, errors=_errors(error, place))


def _why_unsafe(unsafe: Unsafe) -> str:
    if unsafe.unanswered:
        rules = ", ".join(sorted(unsafe.rules))
        return f"These warnings need a listed reason and a sentence in `replies`: {rules}. Nothing was saved."
    if unsafe.unknown:
        return "Some replies are about no warning of this order. Nothing was saved."
    rules = ", ".join(sorted({found.rule.id for one in unsafe.checked for found in one.stops}))
    return f"These rules stop the order: {rules}. Nothing was saved."


def _reply_errors(unsafe: Unsafe) -> list[dict[str, str]]:
    """What is wrong with replies, by their place in the body."""
    return [
        {"field": f"replies.{key}.{part}", "message": str(text)}
        for key, lack in unsafe.unanswered.items()
        for part, text in lack.problems.items()
    ] + [
        {"field": f"replies.{key}", "message": "No warning of this order has this key: see `findings` for those it has."}
        for key in unsafe.unknown[:MOST_ERRORS]
    ]


def _as_it_stands(row: Regimen | RegimenLine) -> Any:
    if isinstance(row, RegimenLine):
        return LineOut(whole_line(row)).data
    whole = whole_regimen(row.patient, row.public_id)
    return RegimenOut(whole).data


def _errors(error: ValidationError, place: str) -> list[dict[str, str]]:
    """An action's errors by the place they have in the body; of the whole: an empty field."""
    if isinstance(error, Misshapen):
        return [
            {"field": _below(place, number, name), "message": str(text)}
            for number, problems in enumerate(error.by_order)
            for name, text in problems.items()
        ]
    if hasattr(error, "error_dict"):
        said = error.message_dict.items()
        return [{"field": _named(place, name), "message": text} for name, texts in said for text in texts]
    return [{"field": "", "message": text} for text in error.messages]


def _named(place: str, name: str) -> str:
    """The place of a name in the body; of one order, the names that are its own stand below it."""
    if name == NON_FIELD_ERRORS:
        return ""
    return _below(place, 0, name) if place == "order" and name in OrderIn().fields else name


def _below(place: str, number: int, name: str) -> str:
    """`orders[1].per_day`, `order.per_day`, or the name itself where the body is the order."""
    step = f"{place}[{number}]" if place == "orders" else place
    return f"{step}.{name}" if step else name
