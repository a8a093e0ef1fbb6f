"""The action plan as it is printed: in words, with the sources behind them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.access import May
from clinics.api import now, operation
from regimens.api.base import TreatmentEndpoint
from regimens.queries.action_plan import ActionPlan, How, action_plan


class UseOut(serializers.Serializer):
    """One way in which a line is used, in words. Empty: nothing is known, or nothing is to be said."""

    when = serializers.CharField(allow_blank=True)
    where = serializers.CharField(allow_blank=True)
    amount = serializers.CharField(allow_blank=True)
    is_estimate = serializers.BooleanField(help_text="The amount is of fingertip units by site and age.")
    days = serializers.CharField(allow_blank=True, help_text="From when, until when, where that is not simply now.")


class UsedOut(serializers.Serializer):
    """A line of the plan."""

    name = serializers.CharField()
    uses = UseOut(many=True)
    instructions = serializers.CharField(allow_blank=True, help_text="What the clinic wrote for the patient.")


class ToldOut(serializers.Serializer):
    """A sentence of a label, and which one."""

    text = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # the name it has everywhere


class HowOut(serializers.Serializer):
    """What labels say about a product."""

    name = serializers.CharField()
    said = ToldOut(many=True)


class GreenOut(serializers.Serializer):
    """While the skin is well."""

    lines = UsedOut(many=True)
    words = serializers.CharField(allow_blank=True, help_text="The clinic's own; empty until it writes some.")


class YellowOut(GreenOut):
    """In a flare. What labels say of one is theirs, not an instruction of the software."""

    told = HowOut(many=True)


class RedOut(serializers.Serializer):
    """When to call."""

    signs = serializers.ListField(child=serializers.CharField(), help_text="General information, for nobody in particular.")
    words = serializers.CharField(allow_blank=True, help_text="The clinic's own; empty until it writes some.")
    call = serializers.CharField(allow_blank=True, help_text="Whom to call, in the clinic's own words.")


class ActionPlanOut(serializers.Serializer):
    """The action plan of a patient. A patient who uses nothing has an empty one."""

    on = serializers.DateField()
    is_empty = serializers.BooleanField(help_text="Nothing is prescribed.")
    green = GreenOut()
    daily = UsedOut(many=True, help_text="Put on the skin every day now, whatever the colour.")
    as_prescribed = UsedOut(many=True, help_text="Taken, injected or given as light: no medicine for a flare.")
    every_day = UsedOut(many=True, help_text="In green and yellow: care.")
    yellow = YellowOut()
    red = RedOut()
    paused = UsedOut(many=True, help_text="On hold: not to be used until the clinic says so.")
    elsewhere = UsedOut(many=True)
    how = HowOut(many=True)
    fingertips = serializers.CharField(allow_blank=True, help_text="Source of the fingertip units, where some are named.")
    zone = serializers.CharField(allow_blank=True, help_text="IANA, of the times, where it is not the clinic's.")
    hints = serializers.ListField(child=serializers.CharField(), help_text="To staff alone.")


class PatientActionPlan(TreatmentEndpoint):
    """What a patient uses, as a family reads it at home."""

    @operation("action_plan_read", answer=ActionPlanOut, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """Read the action plan, made from what is in use today: the words of the printed page, each with its source."""
        with transaction.atomic():
            patient = self.patient(public_id, May.SEE_CLINICAL)
            on = patient.clinic.today(now())
            self.note_opened(patient, "action plan opened")
            plan = action_plan(patient, on=on)
        return Response(ActionPlanOut({"on": on, **_shown(plan)}).data)


def _shown(plan: ActionPlan) -> dict[str, Any]:
    own = plan.settings
    return {
        "is_empty": plan.is_empty,
        "green": {"lines": plan.kept, "words": own.green_words},
        "daily": plan.daily,
        "as_prescribed": plan.taken,
        "every_day": plan.always,
        "yellow": {"lines": plan.flare, "words": own.yellow_words, "told": _told(plan.flare_said, plan.notes)},
        "red": {"signs": plan.red_flags, "words": own.red_words, "call": own.call_words},
        "paused": plan.paused,
        "elsewhere": plan.elsewhere,
        "how": _told(plan.how, plan.notes),
        "fingertips": plan.notes[plan.fingertips - 1] if plan.fingertips else "",
        "zone": plan.zone,
        "hints": plan.hints,
    }


def _told(found: Iterable[How], notes: list[str]) -> list[dict[str, Any]]:
    """Numbers of notes as the sources they stand for."""
    return [
        {"name": one.name, "said": [{"text": said.text, "source": notes[said.note - 1]} for said in one.said]}
        for one in found
    ]
