"""The only hands that change patients and what stands around them. Atomic; each writes its audit row."""

from patients.actions.facts import (
    record_allergy,
    record_measurement,
    record_no_known_allergies,
    record_precaution,
)
from patients.actions.people import add_contact_point, grant_guardian, link_account, record_consent
from patients.actions.records import (
    close_patient,
    open_list,
    open_patient,
    register_patient,
    reopen_patient,
    right_to_withdraw,
    show_duplicates,
    update_patient,
    withdraw,
)

__all__ = [
    "add_contact_point",
    "close_patient",
    "grant_guardian",
    "link_account",
    "open_list",
    "open_patient",
    "record_allergy",
    "record_consent",
    "record_measurement",
    "record_no_known_allergies",
    "record_precaution",
    "register_patient",
    "reopen_patient",
    "right_to_withdraw",
    "show_duplicates",
    "update_patient",
    "withdraw",
]
