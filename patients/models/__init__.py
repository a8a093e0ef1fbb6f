"""The person, and who and what stands around them."""

from patients.models.assessments import (
    CLINICIAN_INSTRUMENTS,
    Assessment,
    AssessmentState,
    CurrentScores,
    Instrument,
    LabResult,
    Respondent,
)
from patients.models.facts import (
    Allergy,
    AllergyKind,
    Measurement,
    MeasurementKind,
    Precaution,
    PrecautionKind,
    PrecautionState,
)
from patients.models.instruments import InstrumentEdition, InstrumentText, ScoreSettings
from patients.models.patient import CloseReason, NoGuardianReason, Patient, Sex
from patients.models.people import (
    Consent,
    ConsentChannel,
    ConsentPurpose,
    ContactKind,
    ContactPoint,
    GuardianLink,
    GuardianScope,
    PatientLink,
    Relation,
)

__all__ = [
    "CLINICIAN_INSTRUMENTS",
    "Allergy",
    "AllergyKind",
    "Assessment",
    "AssessmentState",
    "CloseReason",
    "Consent",
    "ConsentChannel",
    "ConsentPurpose",
    "ContactKind",
    "ContactPoint",
    "CurrentScores",
    "GuardianLink",
    "GuardianScope",
    "Instrument",
    "InstrumentEdition",
    "InstrumentText",
    "LabResult",
    "Measurement",
    "MeasurementKind",
    "NoGuardianReason",
    "Patient",
    "PatientLink",
    "Precaution",
    "PrecautionKind",
    "PrecautionState",
    "Relation",
    "Respondent",
    "ScoreSettings",
    "Sex",
]
