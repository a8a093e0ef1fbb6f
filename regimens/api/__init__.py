"""Treatment, and the facts its rules depend on, as the API offers it."""

from django.urls import path

from regimens.api import action_plan, catalogue, dose_settings, doses, events, facts, records, regimens, work

PATIENT = "patients/<uuid:public_id>/"
WITHDRAW = "<uuid:row_id>/withdraw/"
ITEM = "work-items/<uuid:public_id>/"
REGIMENS = f"{PATIENT}regimens/"
LINE = f"{PATIENT}lines/<uuid:row_id>/"
PAST = f"{PATIENT}past-treatments/"
DOSES = f"{PATIENT}doses/"
EVENTS = f"{PATIENT}adverse-events/"

urlpatterns = [
    path("products/", catalogue.Products.as_view(), name="api_products"),
    path("rules/", catalogue.Rules.as_view(), name="api_rules"),
    path(f"{PATIENT}regimen/", regimens.OpenRegimen.as_view(), name="api_regimen"),
    path(REGIMENS, regimens.Regimens.as_view(), name="api_regimens"),
    path(f"{REGIMENS}<uuid:row_id>/lines/", regimens.RegimenLines.as_view(), name="api_regimen_lines"),
    path(f"{REGIMENS}<uuid:row_id>/stop/", regimens.RegimenStop.as_view(), name="api_regimen_stop"),
    path(f"{PATIENT}orders/check/", regimens.OrderCheck.as_view(), name="api_order_check"),
    path(f"{LINE}change-product/", regimens.LineProduct.as_view(), name="api_line_change_product"),
    path(f"{LINE}start-again/", regimens.LineStartAgain.as_view(), name="api_line_start_again"),
    path(f"{LINE}step-to-maintenance/", regimens.LineMaintenance.as_view(), name="api_line_step_to_maintenance"),
    path(f"{LINE}return-to-induction/", regimens.LineInduction.as_view(), name="api_line_return_to_induction"),
    path(f"{LINE}step-down/", regimens.LineStepDown.as_view(), name="api_line_step_down"),
    path(f"{LINE}hold/", regimens.LineHold.as_view(), name="api_line_hold"),
    path(f"{LINE}resume/", regimens.LineResume.as_view(), name="api_line_resume"),
    path(f"{LINE}stop/", regimens.LineStop.as_view(), name="api_line_stop"),
    path(f"{LINE}times/", doses.LineTimes.as_view(), name="api_line_times"),
    path(f"{PATIENT}dose-slots/", doses.DoseSlots.as_view(), name="api_dose_slots"),
    path(DOSES, doses.Doses.as_view(), name="api_doses"),
    path(f"{DOSES}extra/", doses.DosesBeside.as_view(), name="api_doses_extra"),
    path(f"{DOSES}<uuid:row_id>/undo/", doses.DoseUndoing.as_view(), name="api_dose_undo"),
    path(f"{DOSES}<uuid:row_id>/change/", doses.DoseChanging.as_view(), name="api_dose_change"),
    path(f"{PATIENT}adherence/", doses.Adherence.as_view(), name="api_adherence"),
    path(f"{PATIENT}tubes/", doses.Tubes.as_view(), name="api_tubes"),
    path(f"{PATIENT}tubes/{WITHDRAW}", doses.TubesWithdrawal.as_view(), name="api_tubes_withdraw"),
    path(EVENTS, events.Events.as_view(), name="api_adverse_events"),
    path(f"{EVENTS}<uuid:row_id>/amend/", events.EventAmendment.as_view(), name="api_adverse_event_amend"),
    path(f"{EVENTS}{WITHDRAW}", events.EventWithdrawal.as_view(), name="api_adverse_event_withdraw"),
    path(f"{PATIENT}action-plan/", action_plan.PatientActionPlan.as_view(), name="api_action_plan"),
    path("dose-settings/", dose_settings.ClinicDoseSettings.as_view(), name="api_dose_settings"),
    path(PAST, catalogue.PastTreatments.as_view(), name="api_past_treatments"),
    path(f"{PAST}{WITHDRAW}", catalogue.PastTreatmentWithdrawal.as_view(), name="api_past_treatment_withdraw"),
    path("work-items/", work.WorkItems.as_view(), name="api_work_items"),
    path(f"{ITEM}close/", work.WorkItemClosing.as_view(), name="api_work_item_close"),
    path(f"{ITEM}snooze/", work.WorkItemSnoozing.as_view(), name="api_work_item_snooze"),
    path(PATIENT, records.PatientDetail.as_view(), name="api_patient"),
    path(f"{PATIENT}reopen/", records.PatientReopening.as_view(), name="api_patient_reopen"),
    path(f"{PATIENT}allergies/", facts.Allergies.as_view(), name="api_allergies"),
    path(f"{PATIENT}allergies/none-known/", facts.NoKnownAllergies.as_view(), name="api_no_known_allergies"),
    path(f"{PATIENT}allergies/{WITHDRAW}", facts.AllergyWithdrawal.as_view(), name="api_allergy_withdraw"),
    path(f"{PATIENT}measurements/", facts.Measurements.as_view(), name="api_measurements"),
    path(f"{PATIENT}measurements/{WITHDRAW}", facts.MeasurementWithdrawal.as_view(), name="api_measurement_withdraw"),
    path(f"{PATIENT}precautions/", facts.Precautions.as_view(), name="api_precautions"),
    path(f"{PATIENT}precautions/{WITHDRAW}", facts.PrecautionWithdrawal.as_view(), name="api_precaution_withdraw"),
]
