"""Facts that treatment rules depend on: allergies, measurements, precautions.

Every change asks the rules about every line again, in the same transaction.
"""

from __future__ import annotations

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.access import May
from clinics.api import now, operation
from clinics.serializers import StrictSerializer
from patients.api.base import PatientEndpoint, RowEndpoint, RowsQuery, WithdrawIn
from patients.api.shapes import AllergyIn, AllergyOut, AllergyPage, NothingIn, PatientOut, RowOut
from patients.models import Allergy, Measurement, MeasurementKind, Precaution, PrecautionKind, PrecautionState
from regimens import actions
from regimens.api.choices import SIDES, SITES


class FactEndpoint(RowEndpoint):
    """Clinical facts: for dermatologists and nurses."""

    sees, records = May.SEE_CLINICAL, May.RECORD_FACTS
    withdraw = staticmethod(actions.withdraw)


class AllergyEndpoint(FactEndpoint):
    """Rows of allergies."""

    model, out, opened = Allergy, AllergyOut, "allergies opened"


class Allergies(AllergyEndpoint):
    """The allergies of a patient."""

    query = RowsQuery

    @operation("allergies_list", answer=AllergyPage, query=RowsQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """List the allergies of a patient, the last recorded first.

        An empty list may mean that nobody asked: the patient's own record says which (`allergies.state`).
        """
        return self.listed(public_id)

    @operation("allergies_record", takes=AllergyIn, answer=AllergyOut, status=201, refusals=(404, 409))
    def post(self, request: Request, public_id: UUID) -> Response:
        """Record an allergy. "No known allergies" ends with it."""
        patient = self.patient(public_id, self.sees, self.records)
        values = self.body(AllergyIn)
        return self.created(actions.record_allergy(self.actor(patient.clinic), patient, **values, at=now()))


class NoKnownAllergies(PatientEndpoint):
    """That somebody asked and there is none."""

    @operation("allergies_none_known", takes=NothingIn, answer=PatientOut, refusals=(404,))
    def post(self, request: Request, public_id: UUID) -> Response:
        """Record that somebody asked and there is no known allergy. Refused while an allergy is recorded."""
        patient = self.patient(public_id, May.SEE_CLINICAL, May.RECORD_FACTS)
        self.body(NothingIn)
        actions.record_no_known_allergies(self.actor(patient.clinic), patient, at=now())
        patient.refresh_from_db(fields=["no_known_allergies_on"])
        return Response(self.represent(patient))


class AllergyWithdrawal(AllergyEndpoint):
    """Taking an allergy back."""

    @operation("allergies_withdraw", takes=WithdrawIn, answer=AllergyOut, refusals=(404,))
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Take back an allergy, with the reason. It stays in history; a second call changes nothing."""
        return self.withdrawn(public_id, row_id)


class MeasurementIn(StrictSerializer):
    """A weight in kg (0.3 to 400) or a height in cm (20 to 250)."""

    kind = serializers.ChoiceField(MeasurementKind.choices)
    value = serializers.DecimalField(max_digits=5, decimal_places=2, help_text='kg or cm, as a string: "12.4".')
    measured_on = serializers.DateField()


class MeasurementOut(RowOut):
    """A recorded weight or height."""

    class Meta:
        model = Measurement
        fields = (*RowOut.ROW, "kind", "value", "measured_on")
        read_only_fields = fields


class MeasurementPage(serializers.Serializer):
    """A page of measurements."""

    results = MeasurementOut(many=True)
    next = serializers.URLField(allow_null=True)


class MeasurementEndpoint(FactEndpoint):
    """Rows of measurements."""

    model, out, opened = Measurement, MeasurementOut, "measurements opened"


class Measurements(MeasurementEndpoint):
    """Weights and heights of a patient."""

    query = RowsQuery

    @operation("measurements_list", answer=MeasurementPage, query=RowsQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """List the weights (kg) and heights (cm) of a patient, the last recorded first."""
        return self.listed(public_id)

    @operation("measurements_record", takes=MeasurementIn, answer=MeasurementOut, status=201, refusals=(404,))
    def post(self, request: Request, public_id: UUID) -> Response:
        """Record a weight or a height."""
        patient = self.patient(public_id, self.sees, self.records)
        values = self.body(MeasurementIn)
        return self.created(actions.record_measurement(self.actor(patient.clinic), patient, **values, at=now()))


class MeasurementWithdrawal(MeasurementEndpoint):
    """Taking a measurement back."""

    @operation("measurements_withdraw", takes=WithdrawIn, answer=MeasurementOut, refusals=(404,))
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Take back a measurement, with the reason. It stays in history; a second call changes nothing."""
        return self.withdrawn(public_id, row_id)


class PrecautionIn(StrictSerializer):
    """What was found when asked about a precaution."""

    kind = serializers.ChoiceField(PrecautionKind.choices)
    state = serializers.ChoiceField(PrecautionState.choices)
    site = serializers.ChoiceField(SITES, allow_blank=True, default="", help_text="Of a skin infection.")
    side = serializers.ChoiceField(SIDES, allow_blank=True, default="")
    from_on = serializers.DateField(allow_null=True, default=None)
    until_on = serializers.DateField(allow_null=True, default=None)
    text = serializers.CharField(max_length=200, allow_blank=True, default="", help_text="Needed for `other`.")
    replaces = serializers.UUIDField(
        allow_null=True, default=None, help_text="The row this one replaces, for kinds of which several may be open."
    )


class PrecautionOut(RowOut):
    """A recorded precaution."""

    site = serializers.ChoiceField(SITES, allow_blank=True)
    side = serializers.ChoiceField(SIDES, allow_blank=True)
    replaces = serializers.UUIDField(source="replaces.public_id", allow_null=True, default=None)

    class Meta:
        model = Precaution
        fields = (*RowOut.ROW, "kind", "state", "site", "side", "from_on", "until_on", "text", "replaces")
        read_only_fields = fields


class PrecautionPage(serializers.Serializer):
    """A page of precautions."""

    results = PrecautionOut(many=True)
    next = serializers.URLField(allow_null=True)


class PrecautionEndpoint(FactEndpoint):
    """Rows of precautions."""

    model, out, opened = Precaution, PrecautionOut, "precautions opened"
    related = ("recorded_by", "replaces")


class Precautions(PrecautionEndpoint):
    """The precautions of a patient."""

    query = RowsQuery

    @operation("precautions_list", answer=PrecautionPage, query=RowsQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """List the precautions of a patient, the last recorded first. A kind without a row was not asked about."""
        return self.listed(public_id)

    @operation("precautions_record", takes=PrecautionIn, answer=PrecautionOut, status=201, refusals=(404, 409))
    def post(self, request: Request, public_id: UUID) -> Response:
        """Record what was found.

        Of kinds that are one state of the person (pregnancy, epilepsy …) the new row replaces the live one by itself.
        """
        patient = self.patient(public_id, self.sees, self.records)
        values = self.body(PrecautionIn)
        self.named(Precaution, patient, values, "replaces")
        return self.created(actions.record_precaution(self.actor(patient.clinic), patient, values, at=now()))


class PrecautionWithdrawal(PrecautionEndpoint):
    """Taking a precaution back."""

    @operation("precautions_withdraw", takes=WithdrawIn, answer=PrecautionOut, refusals=(404,))
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Take back a precaution, with the reason. It stays in history; a second call changes nothing."""
        return self.withdrawn(public_id, row_id)
