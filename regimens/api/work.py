"""What waits for somebody of the clinic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.access import May
from clinics.api import now, operation
from clinics.errors import Stale
from clinics.problems import Refused
from clinics.serializers import PageQuery, Problem, StrictSerializer
from patients.actions import open_list, open_patient
from patients.api.base import ETAG, IF_MATCH, PatientEndpoint
from regimens import actions, queries
from regimens.forms.work import BY_HAND
from regimens.models import WorkItem, WorkOutcome, WorkReason

REASONS = [(reason.value, reason.value) for reason in WorkReason]
OUTCOMES = [(outcome.value, outcome.value) for outcome in WorkOutcome]
CLOSED_BY_HAND = [(value, value) for value, _label in BY_HAND]


class WorkItemOut(serializers.ModelSerializer):
    """One thing that waits."""

    id = serializers.UUIDField(source="public_id")
    patient = serializers.UUIDField(source="patient.public_id")
    reason = serializers.ChoiceField(REASONS)
    outcome = serializers.ChoiceField(OUTCOMES, allow_blank=True, help_text="Empty while it is open.")

    class Meta:
        model = WorkItem
        fields = (
            "id",
            "patient",
            "reason",
            "text",
            "raised_at",
            "snoozed_until_on",
            "snooze_why",
            "closed_at",
            "outcome",
            "note",
            "version",
        )
        read_only_fields = fields


class WorkItemPage(serializers.Serializer):
    """A page of open items, red flags first, then the oldest."""

    results = WorkItemOut(many=True)
    next = serializers.URLField(allow_null=True)


class WorkQuery(PageQuery):
    """Which items."""

    clinic = serializers.UUIDField(required=False, help_text="One of your clinics; without it, your active clinic.")


class CloseItemIn(StrictSerializer):
    """How an item came to its end."""

    outcome = serializers.ChoiceField(CLOSED_BY_HAND)
    note = serializers.CharField(
        max_length=300, help_text="What was done, or why nothing is needed: three letters or more."
    )


class SnoozeItemIn(StrictSerializer):
    """Until when an item is left, and why."""

    until_on = serializers.DateField(help_text="After today, within 90 days.")
    why = serializers.CharField(max_length=200)


class ChangedWorkProblem(Problem):
    """The save was refused; here is how the item stands now."""

    current = WorkItemOut()


CHANGING: dict[str, Any] = {
    "answer": WorkItemOut,
    "described": {409: ChangedWorkProblem, 412: ChangedWorkProblem},
    "refusals": (404, 428),
    "headers": (IF_MATCH, ETAG),
}


class WorkItems(PatientEndpoint):
    """The open items of a clinic."""

    query = WorkQuery

    @operation("work_items_list", answer=WorkItemPage, query=WorkQuery, refusals=(403,))
    def get(self, request: Request) -> Response:
        """List what waits for somebody of the clinic, red flags first, then the oldest; what was put off is left out."""
        clinic, at = self.clinic(self.params.get("clinic"), May.SEE_PATIENTS, May.SEE_CLINICAL), now()
        with transaction.atomic():
            open_list(self.actor(clinic), clinic, searched=False, at=at, page="work listed")
            after, size = self.params.get("after"), self.params["limit"]
            rows, more = queries.open_work(request.user, clinic, on=clinic.today(at), after=after, size=size)
        # The clinic is named in the link, so that switching the active clinic half-way does not mix two lists.
        kept = {"limit": size, "clinic": clinic.public_id}
        following = self.link(**kept, after=rows[-1].public_id) if more else None
        return Response({"results": WorkItemOut(rows, many=True).data, "next": following})


class WorkItemEndpoint(PatientEndpoint):
    """An operation on one item."""

    def item(self, public_id: UUID) -> WorkItem:
        """The item of the address, for somebody who may record facts."""
        item = queries.work_item(self.request.user, public_id)
        by = self.actor(item.patient.clinic)
        for right in (May.SEE_PATIENTS, May.SEE_CLINICAL, May.RECORD_FACTS):
            by.must(right, item.patient.clinic)
        return item

    @contextmanager
    def changing(self, item: WorkItem, version: int) -> Iterator[None]:
        """Answer a stale save with the item as it stands; showing it leaves its row."""
        try:
            yield
        except Stale as stale:
            by = self.actor(item.patient.clinic)
            open_patient(by, item.patient, at=now(), page="work item opened")
            current = WorkItemOut(stale.current).data
            text = "The item was changed since you read it. Nothing was saved."
            if stale.current.outcome:
                text = "The item is closed already. Nothing was saved."
            if stale.current.outcome == WorkOutcome.GONE:
                text = "The item closed by itself: what it says is no longer so. Nothing was saved."
            is_seen = stale.current.version == version
            status = HTTPStatus.CONFLICT if is_seen else HTTPStatus.PRECONDITION_FAILED
            raise Refused(status, text, current=current) from stale

    def shown(self, item: WorkItem) -> Response:
        """The item as it stands, with its version as ETag."""
        item.refresh_from_db()
        return Response(WorkItemOut(item).data, headers={"ETag": f'"{item.version}"'})


class WorkItemClosing(WorkItemEndpoint):
    """Closing an item."""

    @operation("work_items_close", takes=CloseItemIn, **CHANGING)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Close an item as handled or not needed, in a few words. The `version` in the list is its ETag.

        409 when it is closed already, by somebody or, when what it says was no longer so, by itself.
        """
        item, version = self.item(public_id), self.version()
        values = self.body(CloseItemIn)
        with self.changing(item, version):
            actions.close_item(self.actor(item.patient.clinic), item, **values, version=version, at=now())
        return self.shown(item)


class WorkItemSnoozing(WorkItemEndpoint):
    """Putting an item off."""

    @operation("work_items_snooze", takes=SnoozeItemIn, **CHANGING)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Leave an item until a day, and say why. The `version` in the list is its ETag."""
        item, version = self.item(public_id), self.version()
        values = self.body(SnoozeItemIn)
        with self.changing(item, version):
            actions.snooze_item(self.actor(item.patient.clinic), item, **values, version=version, at=now())
        return self.shown(item)
