"""What can be prescribed, what the rules ask, and what was used before."""

from __future__ import annotations

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.access import May
from clinics.api import Endpoint, now, operation
from patients.api.base import RowEndpoint, RowsQuery, WithdrawIn
from regimens import actions
from regimens.api.base import ORDERED, TreatmentEndpoint
from regimens.api.catalogue_shapes import (
    PastTreatmentIn,
    PastTreatmentOut,
    PastTreatmentPage,
    ProductOut,
    ProductPage,
    ProductsQuery,
)
from regimens.api.check_shapes import RuleList, RulesQuery
from regimens.models import PastTreatment
from regimens.queries.guidance import rules_in_use
from regimens.queries.rows import product_with, products


class Products(Endpoint):
    """The catalogue."""

    query = ProductsQuery

    @operation("products_list", answer=ProductPage, query=ProductsQuery, refusals=(403,))
    def get(self, request: Request) -> Response:
        """List the products that can be prescribed, by name, with what labels and guidelines say about them."""
        self.clinic(None, May.SEE_PATIENTS)
        asked = self.params
        rows, more = products(
            family=asked.get("family", ""),
            text=asked.get("text", ""),
            with_withdrawn=asked["with_withdrawn"],
            after=asked.get("after"),
            size=asked["limit"],
        )
        kept = {name: value for name, value in request.query_params.items() if name != "after"}
        following = self.link(**kept, after=rows[-1].public_id) if more else None
        return Response({"results": ProductOut(rows, many=True).data, "next": following})


class Rules(Endpoint):
    """The rules of the protocol."""

    query = RulesQuery

    @operation("rules_list", answer=RuleList, query=RulesQuery, refusals=(403,))
    def get(self, request: Request) -> Response:
        """List every rule with its level, numbers and sources, as they are by default and as your clinic chose them."""
        clinic = self.clinic(self.params.get("clinic"), May.SEE_CLINICAL)
        return Response(RuleList({"results": rules_in_use(clinic)}).data)


class PastTreatmentEndpoint(TreatmentEndpoint, RowEndpoint):
    """Rows of treatment before adtrack."""

    model, out, opened = PastTreatment, PastTreatmentOut, "past treatments opened"
    related = ("recorded_by", "product")
    sees, records = May.SEE_CLINICAL, May.RECORD_FACTS
    withdraw = staticmethod(actions.withdraw)


class PastTreatments(PastTreatmentEndpoint):
    """What was used before."""

    query = RowsQuery

    @operation("past_treatments_list", answer=PastTreatmentPage, query=RowsQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """List what a patient used before adtrack, the last recorded first."""
        return self.listed(public_id)

    @operation("past_treatments_record", takes=PastTreatmentIn, answer=PastTreatmentOut, status=201, **ORDERED)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Record what was used before, as far as anybody remembers. 422 names values that cannot be."""
        patient = self.patient(public_id, self.sees, self.records)
        values = self.body(PastTreatmentIn)
        if values["product"] is not None:
            product = product_with(values["product"])
            if product is None:
                raise serializers.ValidationError({"product": ["There is no product with this key."]})
            values["product"] = product
        values["sites"] = ",".join(dict.fromkeys(values["sites"]))
        with self.prescribing(patient):
            row = actions.record_past_treatment(self.actor(patient.clinic), patient, values, at=now())
        return self.created(row)


class PastTreatmentWithdrawal(PastTreatmentEndpoint):
    """Taking back what was recorded about earlier treatment."""

    @operation("past_treatments_withdraw", takes=WithdrawIn, answer=PastTreatmentOut, refusals=(404,))
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Take back a past treatment, with the reason. It stays in history; a second call changes nothing."""
        return self.withdrawn(public_id, row_id)
