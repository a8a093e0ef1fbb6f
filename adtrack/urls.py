"""Every address of adtrack."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
]
handler400 = "clinics.views.errors.bad_request"
handler403 = "clinics.views.errors.forbidden"
handler404 = "clinics.views.errors.not_found"
handler429 = "clinics.views.errors.too_many"
handler500 = "clinics.views.errors.server_error"
