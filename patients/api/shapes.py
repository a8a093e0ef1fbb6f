"""The patient as the API takes and gives it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinics.serializers import PageQuery, Problem, StrictSerializer
from patients.models import (
    Allergy,
    AllergyKind,
    CloseReason,
    GuardianScope,
    NoGuardianReason,
    Patient,
    Relation,
    Sex,
)
from patients.models.facts import CLASSES, SUBSTANCES

ALLERGENS = [*dict([*SUBSTANCES, *CLASSES]).items()]


class RowOut(serializers.ModelSerializer):
    """What every row about a patient shows of itself."""

    id = serializers.UUIDField(source="public_id")
    recorded_by = serializers.CharField(source="recorded_by.name", allow_null=True, default=None)

    ROW = ("id", "recorded_at", "recorded_by", "withdrawn_at", "withdrawn_reason")


class AllergyIn(StrictSerializer):
    """An allergy to a coded substance or class."""

    kind = serializers.ChoiceField(AllergyKind.choices)
    code = serializers.ChoiceField(ALLERGENS, help_text="A substance or a class, as `kind` says; `other` needs the text.")
    text = serializers.CharField(max_length=200, allow_blank=True, default="")
    reaction = serializers.CharField(max_length=200, allow_blank=True, default="")


class AllergyOut(RowOut):
    """A recorded allergy."""

    class Meta:
        model = Allergy
        fields = (*RowOut.ROW, "kind", "code", "text", "reaction")
        read_only_fields = fields


class AllergyPage(serializers.Serializer):
    """A page of allergies."""

    results = AllergyOut(many=True)
    next = serializers.URLField(allow_null=True)


class AllergyStateOut(serializers.Serializer):
    """What is known of allergies. That nobody asked is not the same as none."""

    state = serializers.ChoiceField(
        [("not_asked", "Nobody asked"), ("none_known", "Asked, none known"), ("recorded", "Recorded")]
    )
    none_known_on = serializers.DateField(allow_null=True)
    recorded = AllergyOut(many=True)


class PatientIn(StrictSerializer):
    """What may be entered and corrected. PUT sets what is left out to its default; PATCH leaves it as it is."""

    record_number = serializers.CharField(max_length=32)
    family_name = serializers.CharField(max_length=120)
    given_name = serializers.CharField(max_length=120)
    preferred_name = serializers.CharField(max_length=120, allow_blank=True, default="")
    birth_date = serializers.DateField()
    sex = serializers.ChoiceField(Sex.choices, help_text="Sex recorded for clinical use.")
    language = serializers.CharField(max_length=16, allow_blank=True, default="", help_text="For example en or pt-br.")
    needs_interpreter = serializers.BooleanField(default=False)
    zone = serializers.CharField(max_length=64, allow_blank=True, default="", help_text="IANA; empty: the clinic's.")
    no_guardian_reason = serializers.ChoiceField(
        NoGuardianReason.choices, allow_blank=True, default="", help_text="Why nobody acts for a patient under 16."
    )


class GuardianIn(StrictSerializer):
    """Somebody who may act for the patient. Their account comes by invitation, never through the API."""

    name = serializers.CharField(max_length=120)
    relation = serializers.ChoiceField(Relation.choices)
    scope = serializers.ChoiceField(GuardianScope.choices)
    evidence = serializers.CharField(max_length=120, help_text="Which document or register was seen.")
    from_on = serializers.DateField()
    until_on = serializers.DateField(allow_null=True, default=None)


class RegisterIn(PatientIn):
    """A new patient of one of your clinics."""

    clinic = serializers.UUIDField()
    guardian = GuardianIn(
        required=False, allow_null=True, help_text="Under 16: somebody who may act, or `no_guardian_reason`."
    )
    confirm_not_duplicate = serializers.BooleanField(
        default=False, help_text="True once somebody has compared the possible duplicates of a 409."
    )


class CloseIn(StrictSerializer):
    """Why a record is closed."""

    reason = serializers.ChoiceField(CloseReason.choices)
    deceased_on = serializers.DateField(allow_null=True, default=None, help_text="With the reason `died`, and only then.")


class NothingIn(StrictSerializer):
    """No body, or an empty object."""


class PatientOut(serializers.ModelSerializer):
    """A patient's record. `allergies` is present only for those who may see clinical facts."""

    id = serializers.UUIDField(source="public_id")
    clinic = serializers.UUIDField(source="clinic.public_id")
    no_guardian_reason = serializers.ChoiceField(NoGuardianReason.choices, allow_blank=True)
    close_reason = serializers.ChoiceField(CloseReason.choices, allow_blank=True, help_text="Empty while it is open.")
    allergies = AllergyStateOut(required=False)

    class Meta:
        model = Patient
        fields = (
            "id",
            "clinic",
            "record_number",
            "family_name",
            "given_name",
            "preferred_name",
            "birth_date",
            "sex",
            "language",
            "needs_interpreter",
            "zone",
            "no_guardian_reason",
            "deceased_on",
            "closed_at",
            "close_reason",
            "registered_at",
            "version",
            "allergies",
        )
        read_only_fields = tuple(name for name in fields if name != "allergies")

    def to_representation(self, patient: Patient) -> dict[str, Any]:
        """The row's own values, and the allergies the view handed over for this caller, if it did."""
        shown = super().to_representation(patient)
        shown.pop("allergies", None)
        state = self.context.get("allergies")
        if state is not None:
            word = "recorded" if state.recorded else "not_asked" if state.not_asked else "none_known"
            values = {"state": word, "none_known_on": state.none_known_on, "recorded": state.recorded}
            shown["allergies"] = AllergyStateOut(values).data
        return shown


class PatientLine(serializers.ModelSerializer):
    """A patient in a list: who, and nothing clinical."""

    id = serializers.UUIDField(source="public_id")
    is_alike = serializers.BooleanField(help_text="Another open record of the clinic bears a name that is easily mistaken.")

    class Meta:
        model = Patient
        fields = (
            "id",
            "record_number",
            "family_name",
            "given_name",
            "preferred_name",
            "birth_date",
            "sex",
            "deceased_on",
            "closed_at",
            "is_alike",
        )
        read_only_fields = fields


class PatientPage(serializers.Serializer):
    """A page of patients in name order."""

    results = PatientLine(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class FoundPage(serializers.Serializer):
    """A page of what a search found; to go on, send the same search with this `after`, or back with this `before`."""

    results = PatientLine(many=True)
    after = serializers.UUIDField(allow_null=True)
    before = serializers.UUIDField(allow_null=True)


class OnePlace(PageQuery):
    """A page after one patient or before one."""

    before = serializers.UUIDField(required=False, help_text="The id of the patient the page precedes.")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """One direction at a time."""
        if "after" in values and "before" in values:
            raise serializers.ValidationError({"before": "Give either after or before."})
        return values


class PatientsQuery(OnePlace):
    """Which patients. There is no name and no number here: addresses end up in logs. Searching is a POST."""

    clinic = serializers.UUIDField(required=False, help_text="One of your clinics; without it, your active clinic.")
    with_closed = serializers.BooleanField(default=False)
    ordering = serializers.ChoiceField([("name", "Name")], default="name")


class SearchIn(OnePlace):
    """What to look for; without text and birth date, everybody."""

    clinic = serializers.UUIDField(required=False, help_text="One of your clinics; without it, your active clinic.")
    text = serializers.CharField(
        max_length=120,
        allow_blank=True,
        default="",
        help_text="The start of a name (`smi`, `smith, jo`, `jo smith`) or a whole record number.",
    )
    born_on = serializers.DateField(allow_null=True, default=None)
    with_closed = serializers.BooleanField(default=False)


class PossibleDuplicate(serializers.ModelSerializer):
    """A patient of the clinic, born on the same day, with a similar name."""

    id = serializers.UUIDField(source="public_id")

    class Meta:
        model = Patient
        fields = ("id", "record_number")
        read_only_fields = fields


class DuplicateProblem(Problem):
    """Nothing was registered: somebody must compare first."""

    possible_duplicates = PossibleDuplicate(many=True, required=False)
