"""People around a patient: guardians, addresses, consents."""

from __future__ import annotations

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.access import May
from clinics.api import now, operation
from clinics.serializers import StrictSerializer
from patients import actions
from patients.api.base import RowEndpoint, RowsQuery, WithdrawIn
from patients.api.shapes import GuardianIn, RowOut
from patients.models import (
    Consent,
    ConsentChannel,
    ConsentPurpose,
    ContactKind,
    ContactPoint,
    GuardianLink,
)


class GuardianOut(RowOut):
    """A guardian."""

    has_account = serializers.SerializerMethodField()

    class Meta:
        model = GuardianLink
        fields = (*RowOut.ROW, "name", "relation", "scope", "evidence", "from_on", "until_on", "has_account")
        read_only_fields = fields

    def get_has_account(self, row: GuardianLink) -> bool:
        """Whether an account is linked; which one is nobody's business here."""
        return row.user_id is not None


class GuardianPage(serializers.Serializer):
    """A page of guardians."""

    results = GuardianOut(many=True)
    next = serializers.URLField(allow_null=True)


class GuardianEndpoint(RowEndpoint):
    """Rows of guardians."""

    model, out, opened = GuardianLink, GuardianOut, "guardians opened"
    sees, records = May.SEE_PATIENTS, May.GRANT_ACCESS


class Guardians(GuardianEndpoint):
    """The guardians of a patient."""

    query = RowsQuery

    @operation("guardians_list", answer=GuardianPage, query=RowsQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """List the guardians of a patient, the last recorded first."""
        return self.listed(public_id)

    @operation("guardians_grant", takes=GuardianIn, answer=GuardianOut, status=201, refusals=(404, 409))
    def post(self, request: Request, public_id: UUID) -> Response:
        """Let somebody act for the patient. You are noted as the one who checked the evidence."""
        patient = self.patient(public_id, self.sees, self.records)
        values = self.body(GuardianIn)
        return self.created(actions.grant_guardian(self.actor(patient.clinic), patient, values, at=now()))


class GuardianWithdrawal(GuardianEndpoint):
    """Ending a guardian's access."""

    @operation("guardians_withdraw", takes=WithdrawIn, answer=GuardianOut, refusals=(404,))
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """End a guardian's access, with the reason. It stays in history; a second call changes nothing."""
        return self.withdrawn(public_id, row_id)


class ContactPointIn(StrictSerializer):
    """An address of the patient, or of a guardian of theirs."""

    kind = serializers.ChoiceField(ContactKind.choices)
    address = serializers.CharField(max_length=254, help_text="name@example.org, or +491701234567.")
    guardian = serializers.UUIDField(allow_null=True, default=None, help_text="Whose, if not the patient's own.")
    is_preferred = serializers.BooleanField(default=False)


class ContactPointOut(RowOut):
    """A recorded address; used for messages only once it is verified."""

    guardian = serializers.UUIDField(source="guardian.public_id", allow_null=True, default=None)

    class Meta:
        model = ContactPoint
        fields = (*RowOut.ROW, "kind", "address", "guardian", "is_preferred", "verified_at", "failed_at")
        read_only_fields = fields


class ContactPointPage(serializers.Serializer):
    """A page of addresses."""

    results = ContactPointOut(many=True)
    next = serializers.URLField(allow_null=True)


class ContactPointEndpoint(RowEndpoint):
    """Rows of addresses."""

    model, out, opened = ContactPoint, ContactPointOut, "contacts opened"
    sees, records = May.SEE_PATIENTS, May.EDIT_PATIENTS
    related = ("recorded_by", "guardian")


class ContactPoints(ContactPointEndpoint):
    """Addresses of a patient and of their guardians."""

    query = RowsQuery

    @operation("contact_points_list", answer=ContactPointPage, query=RowsQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """List the addresses of a patient and of their guardians, the last recorded first."""
        return self.listed(public_id)

    @operation("contact_points_add", takes=ContactPointIn, answer=ContactPointOut, status=201, refusals=(404, 409))
    def post(self, request: Request, public_id: UUID) -> Response:
        """Add an address, not yet verified."""
        patient = self.patient(public_id, self.sees, self.records)
        values = self.body(ContactPointIn)
        self.named(GuardianLink, patient, values, "guardian")
        return self.created(actions.add_contact_point(self.actor(patient.clinic), patient, **values, at=now()))


class ContactPointWithdrawal(ContactPointEndpoint):
    """Taking an address back."""

    @operation("contact_points_withdraw", takes=WithdrawIn, answer=ContactPointOut, refusals=(404,))
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Take back an address, with the reason. It stays in history; a second call changes nothing."""
        return self.withdrawn(public_id, row_id)


CHANNELS = [choice for choice in ConsentChannel.choices if choice[0]]  # the empty one is what allow_blank says


class ConsentIn(StrictSerializer):
    """A consent of the patient or a guardian."""

    purpose = serializers.ChoiceField(ConsentPurpose.choices)
    channel = serializers.ChoiceField(CHANNELS, allow_blank=True, default="")
    given_on = serializers.DateField()
    given_by = serializers.CharField(max_length=120, help_text="Who said yes.")


class ConsentOut(RowOut):
    """A recorded consent."""

    channel = serializers.ChoiceField(CHANNELS, allow_blank=True)

    class Meta:
        model = Consent
        fields = (*RowOut.ROW, "purpose", "channel", "given_on", "given_by")
        read_only_fields = fields


class ConsentPage(serializers.Serializer):
    """A page of consents."""

    results = ConsentOut(many=True)
    next = serializers.URLField(allow_null=True)


class ConsentEndpoint(RowEndpoint):
    """Rows of consents."""

    model, out, opened = Consent, ConsentOut, "consents opened"
    sees, records = May.SEE_PATIENTS, May.GRANT_ACCESS


class Consents(ConsentEndpoint):
    """The consents of a patient."""

    query = RowsQuery

    @operation("consents_list", answer=ConsentPage, query=RowsQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """List the consents of a patient, the last recorded first."""
        return self.listed(public_id)

    @operation("consents_record", takes=ConsentIn, answer=ConsentOut, status=201, refusals=(404, 409))
    def post(self, request: Request, public_id: UUID) -> Response:
        """Record a consent."""
        patient = self.patient(public_id, self.sees, self.records)
        values = self.body(ConsentIn)
        return self.created(actions.record_consent(self.actor(patient.clinic), patient, **values, at=now()))


class ConsentWithdrawal(ConsentEndpoint):
    """Withdrawing a consent."""

    @operation("consents_withdraw", takes=WithdrawIn, answer=ConsentOut, refusals=(404,))
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Withdraw a consent, with the reason. It stays in history; a second call changes nothing."""
        return self.withdrawn(public_id, row_id)
