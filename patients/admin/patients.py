"""Patients in the Django admin: for reading, and only for platform administrators who are clinicians themselves.

They see the patients of the clinics in which they are one, as everywhere else; platform and clinic administrators see
nothing here. There is no search: its words would stand in an address.
"""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinics.access import May, clinics_where
from clinics.models.base import day
from clinics.views.base import now
from patients import actions, queries
from patients.admin.base import ForClinicians, lines
from patients.models import Patient


@admin.register(Patient)
class PatientAdmin(ForClinicians):
    """A record as a list of facts; it is changed on the pages of the clinic."""

    facts = ("allergies", "precautions", "measurements")
    fields = (
        "clinic",
        "record_number",
        "family_name",
        "given_name",
        "preferred_name",
        "birth_date",
        "sex",
        "language",
        "zone",
        "needs_interpreter",
        "deceased_on",
        "closed_at",
        "close_reason",
        *facts,
    )
    readonly_fields = facts
    list_display = ("__str__", "birth_date", "record_number", "clinic", "registered_at", "closed_at")
    list_filter = ("registered_at", ("closed_at", admin.EmptyFieldListFilter))
    list_select_related = ("clinic",)

    def get_queryset(self, request):
        own = clinics_where(request.user, May.SEE_CLINICAL)
        return Patient.objects.visible_to(request.user).filter(clinic_id__in=own).order_by(*self.ordering)

    def get_object(self, request, object_id, from_field=None):
        """Another clinic's patient is answered like one that does not exist, and leaves a security row."""
        patient = super().get_object(request, object_id, from_field)
        if patient is None:
            raise queries.foreign_patient(object_id)
        return patient

    def change_view(self, request, object_id, form_url="", extra_context=None):
        patient = self.get_object(request, object_id)
        actions.open_patient(request.access.actor(patient.clinic), patient, at=now())
        return super().change_view(request, object_id, form_url, extra_context)

    @admin.display(description=_("allergies"))
    def allergies(self, patient):
        state = queries.allergy_state(patient)
        if state.not_asked:
            return gettext("Not asked")
        none_known = gettext("No known allergies recorded on %(on)s") % {"on": day(state.none_known_on)}
        return lines(allergy.label for allergy in state.recorded) or none_known

    @admin.display(description=_("precautions"))
    def precautions(self, patient):
        return lines(f"{line.kind.label}: {_found(line)}" for line in queries.precautions(patient))

    @admin.display(description=_("latest measurements"))
    def measurements(self, patient):
        return lines(f"{row} · {day(row.measured_on)}" for row in queries.measurements(patient))


def _found(line):
    if line.not_asked:
        return gettext("Not asked")
    return ", ".join(row.get_state_display() for row in line.rows)
