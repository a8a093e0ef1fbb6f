"""Patients and what stands around them, as the API offers it."""

from django.urls import path

from patients.api import people, records, scores

PATIENT = "patients/<uuid:public_id>/"
WITHDRAW = "<uuid:row_id>/withdraw/"
ASSESSMENTS = f"{PATIENT}assessments/"

urlpatterns = [
    path("patients/", records.Patients.as_view(), name="api_patients"),
    path("patients/search/", records.PatientSearch.as_view(), name="api_patient_search"),
    path(f"{PATIENT}close/", records.PatientClosing.as_view(), name="api_patient_close"),
    path(f"{PATIENT}guardians/", people.Guardians.as_view(), name="api_guardians"),
    path(f"{PATIENT}guardians/{WITHDRAW}", people.GuardianWithdrawal.as_view(), name="api_guardian_withdraw"),
    path(f"{PATIENT}contact-points/", people.ContactPoints.as_view(), name="api_contact_points"),
    path(f"{PATIENT}contact-points/{WITHDRAW}", people.ContactPointWithdrawal.as_view(), name="api_contact_point_withdraw"),
    path(f"{PATIENT}consents/", people.Consents.as_view(), name="api_consents"),
    path(f"{PATIENT}consents/{WITHDRAW}", people.ConsentWithdrawal.as_view(), name="api_consent_withdraw"),
    path(ASSESSMENTS, scores.Assessments.as_view(), name="api_assessments"),
    path(f"{ASSESSMENTS}<uuid:row_id>/", scores.AssessmentDetail.as_view(), name="api_assessment"),
    path(f"{ASSESSMENTS}<uuid:row_id>/draft/", scores.AssessmentDraft.as_view(), name="api_assessment_draft"),
    path(f"{ASSESSMENTS}<uuid:row_id>/amend/", scores.AssessmentAmendment.as_view(), name="api_assessment_amend"),
    path(f"{ASSESSMENTS}{WITHDRAW}", scores.AssessmentWithdrawal.as_view(), name="api_assessment_withdraw"),
    path(f"{ASSESSMENTS}<uuid:row_id>/release/", scores.AssessmentRelease.as_view(), name="api_assessment_release"),
    path(f"{PATIENT}labs/", scores.Labs.as_view(), name="api_labs"),
    path(f"{PATIENT}labs/{WITHDRAW}", scores.LabWithdrawal.as_view(), name="api_lab_withdraw"),
    path(f"{PATIENT}chart/", scores.Chart.as_view(), name="api_chart"),
]
