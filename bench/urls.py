"""The application's addresses, and beside them what it is measured against."""

from django.urls import include, path

from bench import memory

urlpatterns = [
    path("bench/plain/", memory.plain),
    path("bench/memory/", memory.patient_list),
    path("bench/memory/chart/", memory.chart),
    path("", include("adtrack.urls")),
]
