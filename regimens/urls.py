"""Addresses of the regimens app. Random public ids only."""

from django.urls import path

urlpatterns: list = []
