"""What every row about a patient has in common."""

from __future__ import annotations

from typing import Any, Self

from django.db import models

from clinics.access import May, clinics_where
from clinics.models import User
from clinics.models.base import PublicIdModel
from patients.models.patient import Patient


class ClinicalQuerySet(models.QuerySet):
    """Rows with clinical content: for dermatologists and nurses of the patient's clinic."""

    needs = May.SEE_CLINICAL

    def visible_to(self, user: Any) -> Self:
        """Rows of patients of the clinics in which this account may see them now."""
        return self.filter(patient__clinic_id__in=clinics_where(user, self.needs))

    def live(self) -> Self:
        """Rows that count: not withdrawn and not replaced."""
        return self.filter(withdrawn_at__isnull=True)


class PatientRow(PublicIdModel):
    """A row about a patient: recorded by somebody, perhaps withdrawn later, with a reason; never overwritten."""

    objects: Any  # each kind of row brings its own: a ClinicalQuerySet

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="%(class)ss")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawn_reason="")
                | (models.Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~models.Q(withdrawn_reason="")),
                name="%(class)s_withdrawn_at_by_and_why",
            )
        ]
