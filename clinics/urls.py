"""Addresses of the clinics app. Of allauth only these pages exist; there is no sign-up."""

from allauth.account import views as allauth
from django.contrib.auth.decorators import login_not_required
from django.urls import path

from clinics.views import session

urlpatterns = [
    path("", session.home, name="home"),
    path("sign-in/", allauth.login, name="account_login"),
    path("sign-out/", session.sign_out, name="account_logout"),
    path("password/change/", allauth.password_change, name="account_change_password"),
    path("password/reset/", login_not_required(allauth.password_reset), name="account_reset_password"),
    path("password/reset/sent/", login_not_required(allauth.password_reset_done), name="account_reset_password_done"),
    path(
        "password/reset/<uidb36>-<path:key>/",
        login_not_required(allauth.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        login_not_required(allauth.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("password/confirm/", allauth.reauthenticate, name="account_reauthenticate"),
    path("session/", session.session_status, name="session_status"),
    path("session/extend/", session.session_extend, name="session_extend"),
    path("clinic/switch/", session.clinic_switch, name="clinic_switch"),
]
