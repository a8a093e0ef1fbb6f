"""Records and scores in the Django admin, for clinicians to read; texts of the instruments, for the platform to load."""

from patients.admin.instruments import InstrumentEditionAdmin
from patients.admin.patients import PatientAdmin
from patients.admin.scores import AssessmentAdmin, LabResultAdmin

__all__ = ["AssessmentAdmin", "InstrumentEditionAdmin", "LabResultAdmin", "PatientAdmin"]
