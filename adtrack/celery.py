"""The Celery application; the timetable is in adtrack/schedule.py."""

import os

from celery import Celery

from adtrack.schedule import TIMETABLE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adtrack.settings")

app = Celery("adtrack")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = TIMETABLE
app.autodiscover_tasks()
