"""Addresses of the regimens app. Random public ids only."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from regimens.views import (
    action_plan,
    chart,
    dose_settings,
    doses,
    events,
    facts,
    guidance,
    history,
    lines,
    prescribe,
    summary,
    work,
)

PATIENT = "patients/<uuid:public_id>/"


class Withdrawable(StringConverter):
    """What facts.row_withdraw takes back, and nothing else: other rows have pages of their own at such an address."""

    regex = "|".join(facts.WITHDRAWABLE)


register_converter(Withdrawable, "withdrawable")

urlpatterns = [
    path("about/", guidance.about, name="about"),
    path("clinic/doses/", dose_settings.dose_settings, name="dose_settings"),
    path("clinic/guidance/", guidance.guidance, name="guidance"),
    path("clinic/guidance/<str:rule_id>/", guidance.rule_choose, name="rule_choose"),
    path(PATIENT, summary.patient_page, name="patient_page"),
    path(f"{PATIENT}scores/", chart.patient_chart, name="patient_chart"),
    path(f"{PATIENT}regimen/", lines.patient_regimen, name="patient_regimen"),
    path(f"{PATIENT}regimen/prescribe/", prescribe.prescribe, name="regimen_prescribe"),
    path(f"{PATIENT}regimen/stop/", lines.regimen_stop, name="regimen_stop"),
    path(f"{PATIENT}regimen/history/", history.regimen_history, name="regimen_history"),
    path(f"{PATIENT}regimen/before/add/", history.past_treatment_add, name="past_treatment_add"),
    path(f"{PATIENT}action-plan/", action_plan.action_plan, name="action_plan"),
    path(f"{PATIENT}events/", events.patient_events, name="patient_events"),
    path(f"{PATIENT}events/add/", events.event_add, name="event_add"),
    path(f"{PATIENT}events/<uuid:row_id>/amend/", events.event_amend, name="event_amend"),
    path(f"{PATIENT}events/<uuid:row_id>/withdraw/", events.event_withdraw, name="event_withdraw"),
    path(f"{PATIENT}lines/<uuid:line_id>/change/", prescribe.line_change, name="line_change"),
    path(f"{PATIENT}lines/<uuid:line_id>/again/", prescribe.line_again, name="line_again"),
    path(f"{PATIENT}doses/", doses.patient_doses, name="patient_doses"),
    path(f"{PATIENT}doses/<uuid:row_id>/undo/", doses.dose_undo, name="dose_undo"),
    path(f"{PATIENT}doses/<uuid:row_id>/change/", doses.dose_change, name="dose_change"),
    path(f"{PATIENT}lines/<uuid:line_id>/doses/", doses.line_doses, name="line_doses"),
    path(f"{PATIENT}lines/<uuid:line_id>/doses/record/", doses.dose_record, name="dose_record"),
    path(f"{PATIENT}lines/<uuid:line_id>/doses/extra/", doses.dose_extra, name="dose_extra"),
    path(f"{PATIENT}lines/<uuid:line_id>/times/", doses.line_times, name="line_times"),
    path(f"{PATIENT}lines/<uuid:line_id>/tubes/", doses.tubes_add, name="tubes_add"),
    path(f"{PATIENT}lines/<uuid:line_id>/<str:step>/", lines.line_step, name="line_step"),
    path("work/", work.work_list, name="work_list"),
    path("work/<uuid:public_id>/close/", work.work_close, name="work_close"),
    path("work/<uuid:public_id>/snooze/", work.work_snooze, name="work_snooze"),
    path(f"{PATIENT}details/", facts.patient_edit, name="patient_edit"),
    path(f"{PATIENT}reopen/", facts.patient_reopen, name="patient_reopen"),
    path(f"{PATIENT}allergies/add/", facts.allergy_add, name="allergy_add"),
    path(f"{PATIENT}allergies/none-known/", facts.allergies_none_known, name="allergies_none_known"),
    path(f"{PATIENT}measurements/add/", facts.measurement_add, name="measurement_add"),
    path(f"{PATIENT}precautions/add/", facts.precaution_add, name="precaution_add"),
    path(f"{PATIENT}<withdrawable:what>/<uuid:row_id>/withdraw/", facts.row_withdraw, name="row_withdraw"),
]
