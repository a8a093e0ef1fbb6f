"""A clinic and what it chose."""

from datetime import date, datetime
from zoneinfo import available_timezones

from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinics.models.base import PublicIdModel, local_date, one_line


class Jurisdiction(models.TextChoices):
    """Whose labels and guidance apply. OTHER means the strictest known."""

    US = "US", _("United States")
    EU = "EU", _("European Union")
    UK = "UK", _("United Kingdom")
    OTHER = "other", _("Other (the strictest known rules)")


def zone_choices() -> list[tuple[str, str]]:
    """IANA zones of places, for a select: Area/City and UTC."""
    names = sorted(
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix", "right"))
    )
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


def language_choices() -> list[tuple[str, str]]:
    """Languages a person may speak (ISO 639-1 and Django's variants), by English name."""
    pairs = [(code, info["name"]) for code, info in LANG_INFO.items() if "name" in info]
    return sorted(pairs, key=lambda pair: pair[1])


def validate_zone(value: str) -> None:
    """Refuse what is not an IANA zone of a place: `localtime` is the machine's own, `Factory` none."""
    if value not in available_timezones() - {"localtime", "Factory"}:
        raise ValidationError(_("“%(value)s” is not a known time zone."), params={"value": value})


def validate_languages(value: object) -> None:
    """Refuse what is not a list of known language codes."""
    if not isinstance(value, list) or not value or not all(isinstance(code, str) and code in LANG_INFO for code in value):
        raise ValidationError(_("Choose at least one known language."))


def default_languages() -> list[str]:
    """English, until a clinic says otherwise."""
    return ["en"]


class Clinic(PublicIdModel):
    """One clinic. Everything clinical belongs to exactly one and never moves."""

    name = models.CharField(_("name"), max_length=120, unique=True, validators=[one_line])
    zone = models.CharField(_("time zone"), max_length=64, validators=[validate_zone])
    jurisdiction = models.CharField(_("jurisdiction"), max_length=8, choices=Jurisdiction)
    languages = models.JSONField(_("languages"), default=default_languages, validators=[validate_languages])
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def hue(self) -> int:
        """One of eight colours, always the same for this clinic, so that the active one is seen at a glance."""
        return self.public_id.int % 8

    def today(self, at: datetime) -> date:
        """The clinic's calendar date at an instant."""
        return local_date(at, self.zone)


class ClinicSettings(models.Model):
    """Where a clinic deviates from the defaults in code (clinics/access.py, clinics/mail.py); empty means the default."""

    clinic = models.OneToOneField(Clinic, on_delete=models.PROTECT, related_name="settings")
    idle_minutes = models.PositiveSmallIntegerField(_("minutes without activity before sign-out"), null=True, blank=True)
    sender_name = models.CharField(_("neutral sender name"), max_length=40, blank=True, validators=[one_line])

    class Meta:
        verbose_name_plural = "clinic settings"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(idle_minutes__isnull=True) | models.Q(idle_minutes__gte=5, idle_minutes__lte=60),
                name="clinicsettings_idle_minutes_5_to_60",
            ),
        ]

    def __str__(self) -> str:
        return f"settings of {self.clinic_id}"
