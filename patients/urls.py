"""Addresses of the patients app. Random public ids only: no name and no number is ever in an address."""

from django.urls import path

from patients.views import audit, labs, lists, people, records, scores

urlpatterns = [
    path("clinic/audit/", audit.clinic_audit, name="clinic_audit"),
    path("clinic/scores/", scores.score_settings, name="score_settings"),
    path("activity/", audit.own_activity, name="own_activity"),
    path("patients/", lists.patient_list, name="patient_list"),
    path("patients/register/", records.patient_register, name="patient_register"),
    path("patients/<uuid:public_id>/close/", records.patient_close, name="patient_close"),
    path("patients/<uuid:public_id>/people/", people.patient_people, name="patient_people"),
    path("patients/<uuid:public_id>/guardians/add/", people.guardian_add, name="guardian_add"),
    path("patients/<uuid:public_id>/contacts/add/", people.contact_add, name="contact_add"),
    path("patients/<uuid:public_id>/consents/add/", people.consent_add, name="consent_add"),
    path("patients/<uuid:public_id>/assessments/new/<str:instrument>/", scores.assessment_add, name="assessment_add"),
    path("patients/<uuid:public_id>/assessments/<uuid:row_id>/", scores.assessment_page, name="assessment_page"),
    path("patients/<uuid:public_id>/assessments/<uuid:row_id>/edit/", scores.assessment_edit, name="assessment_edit"),
    path("patients/<uuid:public_id>/assessments/<uuid:row_id>/amend/", scores.assessment_amend, name="assessment_amend"),
    path(
        "patients/<uuid:public_id>/assessments/<uuid:row_id>/withdraw/",
        scores.assessment_withdraw,
        name="assessment_withdraw",
    ),
    path(
        "patients/<uuid:public_id>/assessments/<uuid:row_id>/release/", scores.assessment_release, name="assessment_release"
    ),
    path("patients/<uuid:public_id>/labs/new/", scores.lab_add, name="lab_add"),
    path("patients/<uuid:public_id>/labs/<uuid:row_id>/", labs.lab_page, name="lab_page"),
]
