"""Addresses of the clinics app."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
