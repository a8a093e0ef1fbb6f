"""The same server for a page fed from memory: everything around the page that never asks who it is for."""

from bench.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
WHO = {
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "clinics.middleware.AccessMiddleware",
    "clinics.middleware.SessionLimitMiddleware",
    "clinics.middleware.FormGuardMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "clinics.middleware.RefusalMiddleware",
}
MIDDLEWARE = [name for name in MIDDLEWARE if name not in WHO]  # noqa: F405
