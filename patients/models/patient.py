"""The patient: one row per clinic, for good."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.access import May, clinics_where
from clinics.models import Clinic, User, paired
from clinics.models.base import PublicIdModel, one_line
from clinics.models.clinic import validate_zone
from patients import ages, names

NEEDS_GUARDIAN_UNDER = 16  # completed years; below, somebody acts for the patient or the record says why nobody does
EARLIEST_BIRTH = date(1880, 1, 1)  # a typing error, not a patient, before that


# What a correction of the record may change.
EDITABLE = (
    "record_number",
    "family_name",
    "given_name",
    "preferred_name",
    "birth_date",
    "sex",
    "language",
    "needs_interpreter",
    "zone",
    "no_guardian_reason",
)


class Sex(models.TextChoices):
    """Sex recorded for clinical use."""

    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    INDETERMINATE = "indeterminate", _("Indeterminate")
    UNKNOWN = "unknown", _("Not known")


class CloseReason(models.TextChoices):
    """Why a record was closed."""

    ENDED = "ended", _("Treatment here has ended")
    MOVED = "moved", _("Moved to another clinic")
    DIED = "died", _("Died")
    ERROR = "error", _("Registered in error")


class NoGuardianReason(models.TextChoices):
    """Why nobody may act for a patient under 16."""

    LATER = "later", _("Evidence still to be seen")
    OWN = "own", _("The young person comes alone")
    AUTHORITY = "authority", _("An authority is responsible")
    SAFEGUARDING = "safeguarding", _("Safeguarding: nobody gets access")


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: Any) -> PatientQuerySet:
        """Patients of the clinics in which this account may see patients now."""
        return self.filter(clinic_id__in=clinics_where(user, May.SEE_PATIENTS))

    def open(self) -> PatientQuerySet:
        """Records that are not closed."""
        return self.filter(closed_at__isnull=True)


class Patient(PublicIdModel):
    """A person treated in one clinic. Someone treated in two clinics has two rows that never see each other."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    record_number = models.CharField(_("record number"), max_length=32, validators=[one_line])
    family_name = models.CharField(_("family name"), max_length=120, validators=[one_line])
    given_name = models.CharField(_("given name"), max_length=120, validators=[one_line])
    preferred_name = models.CharField(_("preferred name"), max_length=120, blank=True, validators=[one_line])
    birth_date = models.DateField(_("date of birth"))
    sex = models.CharField(_("sex recorded for clinical use"), max_length=16, choices=Sex)
    language = models.CharField(_("language"), max_length=16, blank=True)
    needs_interpreter = models.BooleanField(_("needs an interpreter"), default=False)
    zone = models.CharField(_("time zone"), max_length=64, blank=True, validators=[validate_zone])
    no_guardian_reason = models.CharField(_("no guardian because"), max_length=12, choices=NoGuardianReason, blank=True)
    no_known_allergies_on = models.DateField(null=True, blank=True)
    no_known_allergies_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    deceased_on = models.DateField(_("died on"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    close_reason = models.CharField(_("reason"), max_length=8, choices=CloseReason, blank=True)
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)
    # Kept by save(); on PostgreSQL migration 0002 gives them the C collation, so prefixes are ranges of the index.
    name_key = models.CharField(max_length=250, editable=False)
    alike_key = models.CharField(max_length=250, editable=False)

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["name_key", "id"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "record_number"], name="patient_record_number_once_per_clinic"),
            models.CheckConstraint(condition=~Q(record_number=""), name="patient_has_record_number"),
            paired("patient_no_known_allergies_on_and_by", "no_known_allergies_on", "no_known_allergies_by"),
            paired("patient_closed_at_and_by", "closed_at", "closed_by"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, close_reason="")
                | (Q(closed_at__isnull=False) & Q(close_reason__in=CloseReason.values)),
                name="patient_closed_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(deceased_on__isnull=True) | Q(deceased_on__gte=models.F("birth_date")),
                name="patient_died_after_birth",
            ),
            models.CheckConstraint(condition=Q(birth_date__gte=EARLIEST_BIRTH), name="patient_birth_date_plausible"),
        ]
        indexes = [
            models.Index(fields=["clinic", "name_key", "id"], name="patient_by_name"),
            models.Index(fields=["clinic", "birth_date"], name="patient_by_birth_date"),
            models.Index(fields=["clinic", "alike_key"], name="patient_by_alike_name"),
        ]

    def __str__(self) -> str:
        return names.shown(self.family_name, self.given_name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the search keys true."""
        self.fill_keys()
        super().save(*args, **kwargs)

    def fill_keys(self) -> None:
        """Derive the search keys from the names; bulk loaders call it themselves."""
        self.name_key = names.search_key(self.family_name, self.given_name)[:250]
        self.alike_key = names.alike_key(self.family_name, self.given_name)[:250]

    @property
    def time_zone(self) -> ZoneInfo:
        """The patient's zone: their own, else the clinic's."""
        return ZoneInfo(self.zone or self.clinic.zone)

    def age_text(self, on: date) -> str:
        """The age on a date as clinics write it (patients/ages.py)."""
        return ages.text(self.birth_date, on, self.deceased_on)
