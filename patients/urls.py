"""Addresses of the patients app."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
