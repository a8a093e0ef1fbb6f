"""Addresses of the clinics app. Of allauth only these pages exist; there is no sign-up."""

from allauth.account import views as allauth
from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path
from django.views.decorators.http import require_http_methods

from clinics.views import invitation, session, settings, staff

only_get_and_post = require_http_methods(["GET", "POST"])  # a form view of the library would take PUT for POST

urlpatterns = [
    path("", session.home, name="home"),
    path("sign-in/", only_get_and_post(allauth.login), name="account_login"),
    path("sign-out/", session.sign_out, name="account_logout"),
    path("password/change/", only_get_and_post(allauth.password_change), name="account_change_password"),
    path("password/reset/", login_not_required(only_get_and_post(allauth.password_reset)), name="account_reset_password"),
    path(
        "password/reset/sent/",
        login_not_required(only_get_and_post(allauth.password_reset_done)),
        name="account_reset_password_done",
    ),
    re_path(  # a key has hyphens of its own, so the first part must not be greedy
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        login_not_required(only_get_and_post(allauth.password_reset_from_key)),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        login_not_required(only_get_and_post(allauth.password_reset_from_key_done)),
        name="account_reset_password_from_key_done",
    ),
    path("password/confirm/", only_get_and_post(allauth.reauthenticate), name="account_reauthenticate"),
    path("session/", session.session_status, name="session_status"),
    path("session/extend/", session.session_extend, name="session_extend"),
    path("clinic/switch/", session.clinic_switch, name="clinic_switch"),
    path("clinic/settings/", settings.clinic_settings, name="clinic_settings"),
    path("clinic/staff/", staff.staff_list, name="staff_list"),
    path("clinic/staff/invite/", staff.staff_invite, name="staff_invite"),
    path("clinic/staff/<uuid:public_id>/", staff.staff_change, name="staff_change"),
    path("clinic/staff/<uuid:public_id>/end/", staff.staff_end, name="staff_end"),
    path("clinic/invitations/<uuid:public_id>/resend/", staff.invitation_resend, name="invitation_resend"),
    path("clinic/invitations/<uuid:public_id>/revoke/", staff.invitation_revoke, name="invitation_revoke"),
    path("invitation/", invitation.invitation_form, name="invitation_form"),
    path("invitation/<str:token>/", invitation.invitation_accept, name="invitation_accept"),
]
