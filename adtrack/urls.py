"""Every address of adtrack."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from adtrack import health
from clinics.views.base import background

admin.site.site_header = admin.site.site_title = "adtrack administration"
admin.site.index_title = "Clinics, accounts and roles"
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("healthz", login_not_required(background(health.healthz)), name="healthz"),
    path("readyz", login_not_required(background(health.readyz)), name="readyz"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("adtrack.api")),
    path("", include("clinics.urls")),
    path("", include("regimens.urls")),
    path("", include("patients.urls")),
]

handler400 = "clinics.views.errors.bad_request"
handler403 = "clinics.views.errors.forbidden"
handler404 = "clinics.views.errors.not_found"
handler429 = "clinics.views.errors.too_many"
handler500 = "adtrack.outage.server_error"
