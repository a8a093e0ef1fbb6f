"""Assessments and laboratory values in the Django admin: for reading, by the same few as patients are (patients.py).

Only the public id of a row is searched: what is searched stands in the address, where an id may, and a name or a record
number may not. Filters lead to the rest. The current scores of a patient have no page: they are the latest of these rows.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin
from django.http import Http404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinics.errors import NotYours
from clinics.views.base import now
from patients import actions, queries, words
from patients.admin.base import ForClinicians, lines
from patients.models import Assessment, Instrument, LabResult
from patients.models.assessments import area_column, percent_column, poem_column, sign_column


class ScoreAdmin(ForClinicians):
    """A row about a patient as a list of facts; it is changed on the pages of the clinic."""

    opened = ""  # what the audit says of a page
    list_select_related = ("patient__clinic",)
    search_fields = ("public_id",)
    search_help_text = _(
        "The whole id of a row, as in the address of its page. Never a name: it would stand in the address."
    )

    def get_queryset(self, request):
        return self.model.objects.visible_to(request.user).order_by(*self.ordering)

    def get_search_results(self, request, queryset, search_term):
        if not search_term:
            return queryset, False
        try:
            return queryset.filter(public_id=UUID(search_term.strip())), False
        except ValueError:
            return queryset.none(), False

    def get_object(self, request, object_id, from_field=None):
        """Another clinic's row is answered like one that does not exist, and leaves a security row."""
        row = super().get_object(request, object_id, from_field)
        if row is None:
            raise _foreign(self.model, object_id)
        return row

    def change_view(self, request, object_id, form_url="", extra_context=None):
        patient = self.get_object(request, object_id).patient
        actions.open_patient(request.access.actor(patient.clinic), patient, at=now(), page=self.opened)
        return super().change_view(request, object_id, form_url, extra_context)


@admin.register(Assessment)
class AssessmentAdmin(ScoreAdmin):
    """Every version of every assessment: drafts, signed, amended and withdrawn ones."""

    opened, listed = "assessment opened", "scores listed"
    fields = (
        "patient",
        "instrument",
        "state",
        "assessed_on",
        "rater",
        "respondent",
        "language",
        "edition",
        "found",
        "total_in_words",
        "head_neck",
        "weights",
        "is_imputed",
        "scoring_version",
        "comment",
        "recorded_at",
        "recorded_by",
        "signed_at",
        "signed_by",
        "replaces",
        "amend_reason",
        "withdrawn_at",
        "withdrawn_by",
        "withdrawn_reason",
        "released_at",
        "released_by",
        "visible_to_guardians",
        "public_id",
    )
    readonly_fields = ("found", "total_in_words", "weights", "public_id")
    list_display = ("__str__", "patient", "patient__clinic", "state", "total_in_words", "recorded_at")
    list_filter = ("instrument", "state", "assessed_on")

    @admin.display(description=_("total"))
    def total_in_words(self, row):
        if row.signed_at is None:
            return ""
        total, word = queries.score_text(row.instrument, row.total), words.band_word(row.instrument, row.band)
        return f"{total} · {word}" if word else total

    @admin.display(description=_("weights"))
    def weights(self, row):
        return words.WEIGHT_SETS.get(row.weight_set, "")

    @admin.display(description=_("findings or answers"))
    def found(self, row):
        if row.instrument == Instrument.EASI:
            return lines(_region(row, region) for region in words.REGIONS)
        if row.instrument == Instrument.POEM:
            answers = ((name, getattr(row, poem_column(question))) for question, name in words.QUESTIONS.items())
            return lines(f"{name}: {_given(answer)}" for name, answer in answers)
        return _given(row.level)


@admin.register(LabResult)
class LabResultAdmin(ScoreAdmin):
    """Serum TARC, with the limit it was read against."""

    opened, listed = "laboratory results opened", "laboratory results listed"
    fields = (
        "patient",
        "collected_on",
        "value",
        "assay",
        "laboratory_limit",
        "reference_limit",
        "scoring_version",
        "is_haemolysed",
        "comment",
        "recorded_at",
        "recorded_by",
        "withdrawn_at",
        "withdrawn_by",
        "withdrawn_reason",
        "public_id",
    )
    readonly_fields = ("public_id",)
    list_display = ("__str__", "patient", "patient__clinic", "collected_on", "assay", "withdrawn_at")
    list_filter = ("collected_on", ("withdrawn_at", admin.EmptyFieldListFilter))


def _region(row, region):
    """A region in one line: the area (with the share that was typed) and the four signs."""
    share = getattr(row, percent_column(region))
    typed = "" if share is None else f" ({queries.plain(share)} %)"
    signs = (f"{name} {_given(getattr(row, sign_column(region, sign)))}" for sign, name in words.SIGNS.items())
    parts = [f"{words.AREA} {_given(getattr(row, area_column(region)))}{typed}", *signs]
    return f"{words.REGIONS[region]}: {', '.join(parts)}"


def _given(value):
    return gettext("not answered") if value is None else queries.plain(value)


def _foreign(model, pk):
    """What to raise for a row (by key, as the admin asks) that is not for this account: NotYours if there is one."""
    known = model.objects.filter(pk=pk) if pk.isdecimal() else model.objects.none()
    row = known.select_related("patient__clinic").first()
    if row is None:
        return Http404()
    about = row.patient
    name = model._meta.model_name
    return NotYours(object_type=name, object_id=row.public_id, clinic=about.clinic.public_id, patient=about.public_id)
