"""The project: wiring only, no models, no clinical word."""

from adtrack.celery import app as celery_app

__all__ = ["celery_app"]
