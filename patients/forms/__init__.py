"""What staff type about patients. Shape only: every rule is in the actions."""

from patients.forms.records import (
    AllergyForm,
    CloseForm,
    ConsentForm,
    ContactForm,
    EditForm,
    GuardianForm,
    MeasurementForm,
    PrecautionForm,
    RegisterForm,
    SearchForm,
    WithdrawAssessmentForm,
    WithdrawForm,
)
from patients.forms.scores import FORMS, AssessmentForm, EasiForm, LabForm, ScoreSettingsForm

__all__ = [
    "FORMS",
    "AllergyForm",
    "AssessmentForm",
    "CloseForm",
    "ConsentForm",
    "ContactForm",
    "EasiForm",
    "EditForm",
    "GuardianForm",
    "LabForm",
    "MeasurementForm",
    "PrecautionForm",
    "RegisterForm",
    "ScoreSettingsForm",
    "SearchForm",
    "WithdrawAssessmentForm",
    "WithdrawForm",
]
