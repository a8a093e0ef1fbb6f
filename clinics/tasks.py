"""What Celery runs for the clinics app: look, call one action."""

from celery import shared_task
from django.utils import timezone

from clinics import actions


@shared_task
def beat() -> None:
    """Prove that beat, broker, worker and database work together."""
    actions.beat("beat", at=timezone.now())


@shared_task
def housekeeping() -> None:
    """Delete what is past its time."""
    actions.sweep_leftovers(at=timezone.now())
