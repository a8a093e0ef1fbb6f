"""Treatment in the Django admin: for reading, by the same few as records and scores are (patients/admin).

A platform administrator who is a dermatologist or nurse reads the treatment of the clinics where they are one; platform and
clinic administrators see nothing here. Lists are noted, and so is every page.
"""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from clinics.models.base import day
from patients.admin.base import lines
from patients.admin.scores import ScoreAdmin
from regimens import words
from regimens.models import DosePlan, Override, PastTreatment, Regimen, RegimenLine, WorkItem
from regimens.queries.facts import place_of

BEGUN_AND_ENDED = ("started_at", "started_by", "ended_on", "ended_at", "ended_by", "end_reason", "end_text")


@admin.register(Regimen)
class RegimenAdmin(ScoreAdmin):
    """Regimens with their lines."""

    opened, listed = "regimen opened", "regimens listed"
    fields = ("patient", "started_on", "lines", *BEGUN_AND_ENDED, "next_look_on", "no_look_reason", "public_id")
    readonly_fields = ("lines", "public_id")
    list_display = ("public_id", "patient", "patient__clinic", "started_on", "ended_on")
    list_filter = ("started_on", ("ended_on", admin.EmptyFieldListFilter))

    @admin.display(description=_("lines"))
    def lines(self, row):
        return lines(f"{line} · {_days(line.starts_on, line.ended_on)}" for line in row.lines.select_related("product"))


@admin.register(RegimenLine)
class RegimenLineAdmin(ScoreAdmin):
    """Lines with their phases, and the warnings that were answered."""

    opened, listed = "regimen opened", "regimens listed"
    fields = (
        "patient",
        "product",
        "is_elsewhere",
        "amount",
        "amount_unit",
        "dose",
        "instructions",
        "starts_on",
        "until_on",
        "review_on",
        "flares_in_a_year",
        "replaces",
        "phases",
        "overrides",
        *BEGUN_AND_ENDED,
        "next_look_on",
        "no_look_reason",
        "public_id",
    )
    readonly_fields = ("phases", "overrides", "public_id")
    list_display = ("public_id", "patient", "patient__clinic", "product", "starts_on", "ended_on")
    list_filter = ("starts_on", ("ended_on", admin.EmptyFieldListFilter))
    list_select_related = ("patient__clinic", "product")  # type: ignore[assignment]

    @admin.display(description=_("phases"))
    def phases(self, row):
        plans = DosePlan.objects.filter(line=row).prefetch_related("places").select_related("started_by")
        return lines(_phase(plan) for plan in plans)

    @admin.display(description=_("warnings that were answered"))
    def overrides(self, row):
        rows = Override.objects.filter(line=row).select_related("by")
        return lines(f"{each}: {each.text} – {each.get_reason_display()}: {each.sentence} ({each.by})" for each in rows)


@admin.register(PastTreatment)
class PastTreatmentAdmin(ScoreAdmin):
    """What was used before adtrack."""

    opened, listed = "past treatments opened", "past treatments listed"
    list_display = ("public_id", "patient", "patient__clinic", "recorded_at", "withdrawn_at")
    list_filter = ("recorded_at", ("withdrawn_at", admin.EmptyFieldListFilter))
    readonly_fields = ("public_id",)


@admin.register(WorkItem)
class WorkItemAdmin(ScoreAdmin):
    """What waits, or waited, for somebody."""

    opened, listed = "work item opened", "work items listed"
    list_display = ("public_id", "patient", "patient__clinic", "reason", "raised_at", "closed_at", "outcome")
    list_filter = ("reason", "raised_at", ("closed_at", admin.EmptyFieldListFilter))
    readonly_fields = ("public_id",)


def _days(first, ended):
    return f"{day(first)} – {day(ended)}" if ended else day(first)


def _phase(plan):
    """A phase in one line: which, how, where, when, by whom."""
    where = words.where(place_of(place) for place in plan.places.all())
    said = (words.PHASE_WORDS[plan.phase], words.how(plan), where, _days(plan.from_on, plan.ended_on), plan.started_by.name)
    return " · ".join(str(part) for part in said if part)
