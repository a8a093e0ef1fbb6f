"""The pages fed from memory at the very addresses of the real ones; every other name leads where it always does."""

from django.urls import include, path

from bench import memory

urlpatterns = [
    path("plain/", memory.plain),
    path("patients/", memory.patient_list),
    path("", include("adtrack.urls")),
]
