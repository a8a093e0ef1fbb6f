"""The only hands that change treatment. Atomic; each checks, writes its audit row, and asks the rules again."""

from regimens.actions.doses import Said, change_dose, record_application, record_dose, report_tubes, undo_dose
from regimens.actions.due import advance_due, set_times
from regimens.actions.events import amend_adverse_event, record_adverse_event, withdraw_adverse_event
from regimens.actions.facts import (
    record_allergy,
    record_measurement,
    record_no_known_allergies,
    record_precaution,
    reopen_patient,
    update_patient,
    withdraw,
)
from regimens.actions.history import record_past_treatment
from regimens.actions.looks import look_at
from regimens.actions.orders import Order, Reply
from regimens.actions.phases import hold, resume, return_to_induction, step_down, step_to_maintenance, stop, stop_regimen
from regimens.actions.regimen import IS_OPEN, add_line, change_product, start_again, start_regimen
from regimens.actions.rules import choose_rule
from regimens.actions.settings import change_dose_settings
from regimens.actions.sweeps import check_clinic_anew, check_everybody_anew, check_for_the_day, sweep
from regimens.actions.work import check_again, close_item, raise_item, snooze_item

__all__ = [
    "IS_OPEN",
    "Order",
    "Reply",
    "Said",
    "add_line",
    "advance_due",
    "amend_adverse_event",
    "change_dose",
    "change_dose_settings",
    "change_product",
    "check_again",
    "check_clinic_anew",
    "check_everybody_anew",
    "check_for_the_day",
    "choose_rule",
    "close_item",
    "hold",
    "look_at",
    "raise_item",
    "record_adverse_event",
    "record_allergy",
    "record_application",
    "record_dose",
    "record_measurement",
    "record_no_known_allergies",
    "record_past_treatment",
    "record_precaution",
    "reopen_patient",
    "report_tubes",
    "resume",
    "return_to_induction",
    "set_times",
    "snooze_item",
    "start_again",
    "start_regimen",
    "step_down",
    "step_to_maintenance",
    "stop",
    "stop_regimen",
    "sweep",
    "undo_dose",
    "update_patient",
    "withdraw",
    "withdraw_adverse_event",
]
