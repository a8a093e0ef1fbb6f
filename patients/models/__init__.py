"""The person, and who and what stands around them."""

from patients.models.facts import (
    Allergy,
    AllergyKind,
    Measurement,
    MeasurementKind,
    Precaution,
    PrecautionKind,
    PrecautionState,
)
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
    "Allergy",
    "AllergyKind",
    "CloseReason",
    "Consent",
    "ConsentChannel",
    "ConsentPurpose",
    "ContactKind",
    "ContactPoint",
    "GuardianLink",
    "GuardianScope",
    "Measurement",
    "MeasurementKind",
    "NoGuardianReason",
    "Patient",
    "PatientLink",
    "Precaution",
    "PrecautionKind",
    "PrecautionState",
    "Relation",
    "Sex",
]
