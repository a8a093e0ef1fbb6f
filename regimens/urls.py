"""Addresses of the regimens app. Random public ids only."""

from django.urls import path

from regimens.views import guidance, history, lines, prescribe

PATIENT = "patients/<uuid:public_id>/"

urlpatterns = [
    path("about/", guidance.about, name="about"),
    path("clinic/guidance/", guidance.guidance, name="guidance"),
    path("clinic/guidance/<str:rule_id>/", guidance.rule_choose, name="rule_choose"),
    path(f"{PATIENT}regimen/", lines.patient_regimen, name="patient_regimen"),
    path(f"{PATIENT}regimen/prescribe/", prescribe.prescribe, name="regimen_prescribe"),
    path(f"{PATIENT}regimen/stop/", lines.regimen_stop, name="regimen_stop"),
    path(f"{PATIENT}regimen/history/", history.regimen_history, name="regimen_history"),
    path(f"{PATIENT}regimen/before/add/", history.past_treatment_add, name="past_treatment_add"),
    path(f"{PATIENT}lines/<uuid:line_id>/change/", prescribe.line_change, name="line_change"),
    path(f"{PATIENT}lines/<uuid:line_id>/<str:step>/", lines.line_step, name="line_step"),
]
