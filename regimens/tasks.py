"""What Celery runs for the regimens app: look, call one action."""

from celery import shared_task
from django.utils import timezone

from clinics.access import system_actor
from regimens import actions


@shared_task
def sweep() -> None:
    """Check the lines of everybody whose clinic's day has begun since they were last checked."""
    actions.sweep(system_actor("task"), at=timezone.now())


@shared_task
def advance_due() -> None:
    """Let the plans whose dose has come know the next one."""
    actions.advance_due(at=timezone.now())
