"""Unwanted events as the API takes and gives them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from clinics.serializers import Problem, StrictSerializer
from patients.api.shapes import RowOut
from regimens.api.choices import BLANK, OPEN, SIDES, SITES
from regimens.models import ActionTaken, AdverseEvent, EventKind, Severity


class EventIn(StrictSerializer):
    """What a treatment did that it should not."""

    kind = serializers.ChoiceField(EventKind.choices)
    site = serializers.ChoiceField(SITES, help_text="An infection needs it.", **BLANK)
    side = serializers.ChoiceField(SIDES, **BLANK)
    line = serializers.UUIDField(help_text="The line that is suspected.", **OPEN)
    severity = serializers.ChoiceField(Severity.choices)
    onset_on = serializers.DateField()
    ended_on = serializers.DateField(help_text="The last day; null while it goes on.", **OPEN)
    action_taken = serializers.ChoiceField(ActionTaken.choices)
    text = serializers.CharField(max_length=500, help_text="Needed for `other`.", **BLANK)


class AmendEventIn(EventIn):
    """What has been learned since, its end for example. What is left out stays as it was."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """The same fields, none of them needed."""
        fields = super().get_fields()
        for field in fields.values():
            field.required, field.default = False, empty
        return fields

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Something has to be said."""
        if not values:
            raise serializers.ValidationError("Say what has been learned.")
        return values


class EventOut(RowOut):
    """An unwanted event. What was learned later is a row of the same `episode`, which names the one it `replaces`."""

    kind = serializers.ChoiceField(EventKind.choices)
    site = serializers.ChoiceField(SITES, allow_blank=True)
    side = serializers.ChoiceField(SIDES, allow_blank=True)
    line = serializers.UUIDField(source="line.public_id", allow_null=True, default=None)
    severity = serializers.ChoiceField(Severity.choices)
    action_taken = serializers.ChoiceField(ActionTaken.choices)
    infection = serializers.UUIDField(
        source="infection.public_id",
        allow_null=True,
        default=None,
        help_text="The precaution (a skin infection) that it opened or cites: the rules know of it.",
    )
    is_red_flag = serializers.BooleanField(help_text="Somebody has to look at once.")
    replaces = serializers.UUIDField(source="replaces.public_id", allow_null=True, default=None)

    class Meta:
        model = AdverseEvent
        fields = (
            *RowOut.ROW,
            "episode",
            "kind",
            "site",
            "side",
            "line",
            "severity",
            "onset_on",
            "ended_on",
            "action_taken",
            "text",
            "infection",
            "is_red_flag",
            "replaces",
        )
        read_only_fields = fields


class EventPage(serializers.Serializer):
    """A page of unwanted events."""

    results = EventOut(many=True)
    next = serializers.URLField(allow_null=True)


class ChangedEventProblem(Problem):
    """The event was amended or withdrawn meanwhile; here is what counts now, or how it was withdrawn."""

    current = EventOut(required=False)
