"""What the software remembers about its own use."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models.base import PublicIdModel
from clinics.models.people import User


class Kind(models.TextChoices):
    """What was done, in the letters of FHIR AuditEvent."""

    CREATE = "C", _("created")
    READ = "R", _("opened")
    UPDATE = "U", _("changed")
    DELETE = "D", _("withdrawn")
    EXECUTE = "E", _("used")


class Outcome(models.TextChoices):
    """How it ended."""

    DONE = "done", _("done")
    REFUSED = "refused", _("refused")
    FAILED = "failed", _("failed")


# What a platform administrator may read: security events, accounts, clinics; nothing about a patient, no reading of lists.
NOT_ABOUT_PATIENTS = Q(patient__isnull=True) & ~Q(kind=Kind.READ)


class AuditEvent(models.Model):
    """Who did what, when, by which door. Append-only: the database refuses update and delete (migration 0002).

    Plain public ids and codes only: no foreign key, no name, no clinical value, so that it outlives every other row
    and can be shown to people who may not see the record.
    """

    recorded_at = models.DateTimeField()
    verb = models.CharField(max_length=60)
    kind = models.CharField(max_length=1, choices=Kind)
    outcome = models.CharField(max_length=8, choices=Outcome)
    actor = models.UUIDField(null=True)
    actor_role = models.CharField(max_length=24, blank=True)
    acting_for = models.UUIDField(null=True)
    clinic = models.UUIDField(null=True)
    patient = models.UUIDField(null=True)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.UUIDField(null=True)
    fields = models.CharField(max_length=400, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    channel = models.CharField(max_length=10)
    request_id = models.CharField(max_length=36, blank=True)
    address = models.CharField(max_length=45, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["clinic", "-id"], name="audit_by_clinic"),
            models.Index(fields=["patient", "-id"], name="audit_by_patient"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
            models.Index(fields=["clinic", "recorded_at"], name="audit_by_clinic_and_time"),
            # Most rows are reads that went well; these three hold only the others, so they are small.
            models.Index(fields=["clinic", "kind", "-id"], condition=~Q(kind="R"), name="audit_by_clinic_and_kind"),
            models.Index(fields=["clinic", "outcome", "-id"], condition=~Q(outcome="done"), name="audit_of_refusals"),
            models.Index(fields=["-id"], condition=NOT_ABOUT_PATIENTS, name="audit_not_about_patients"),
        ]

    def __str__(self) -> str:
        return f"{self.recorded_at:%Y-%m-%d %H:%M:%S} {self.verb} {self.outcome}"


class Heartbeat(models.Model):
    """When a scheduled thing last ran to its end; `/readyz` and the clinic's pages read it."""

    name = models.CharField(max_length=40, unique=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.beat_at:%Y-%m-%d %H:%M:%S}"


class KeptForm(PublicIdModel):
    """A form whose sender had to sign in again: kept for the same person and the same page for a short time."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="kept_forms")
    path = models.CharField(max_length=300)
    body = models.TextField()
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.path} {self.kept_at:%Y-%m-%d %H:%M}"
