"""The only hands that change patients and what stands around them. Atomic; each writes its audit row."""

from patients.actions.current import renew_scores
from patients.actions.facts import (
    record_allergy,
    record_measurement,
    record_no_known_allergies,
    record_precaution,
)
from patients.actions.instruments import change_edition, open_edition, put_in_use, retire_edition, write_texts
from patients.actions.labs import record_lab_result
from patients.actions.people import add_contact_point, grant_guardian, link_account, record_consent
from patients.actions.records import (
    close_patient,
    open_list,
    open_patient,
    register_patient,
    reopen_patient,
    show_duplicates,
    update_patient,
)
from patients.actions.rescore import AffectedScores, affected_by
from patients.actions.scores import (
    amend_assessment,
    record_assessment,
    release_assessment,
    right_to_record,
    save_draft,
    withdraw_assessment,
)
from patients.actions.settings import change_score_settings
from patients.actions.withdrawals import right_to_withdraw, withdraw

__all__ = [
    "AffectedScores",
    "add_contact_point",
    "affected_by",
    "amend_assessment",
    "change_edition",
    "change_score_settings",
    "close_patient",
    "grant_guardian",
    "link_account",
    "open_edition",
    "open_list",
    "open_patient",
    "put_in_use",
    "record_allergy",
    "record_assessment",
    "record_consent",
    "record_lab_result",
    "record_measurement",
    "record_no_known_allergies",
    "record_precaution",
    "register_patient",
    "release_assessment",
    "renew_scores",
    "reopen_patient",
    "retire_edition",
    "right_to_record",
    "right_to_withdraw",
    "save_draft",
    "show_duplicates",
    "update_patient",
    "withdraw",
    "withdraw_assessment",
    "write_texts",
]
