"""The words of the instruments: their owners' texts where a clinic holds a licence, per edition and language."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models import Clinic
from clinics.models.base import PublicIdModel, one_line


class InstrumentEdition(PublicIdModel):
    """An edition of an instrument in one language that a clinic may show. The neutral labels in code need none.

    An edition that was shown is never changed: a new text is a new edition.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="instrument_editions")
    instrument = models.CharField(_("instrument"), max_length=8)
    name = models.CharField(_("edition"), max_length=80, validators=[one_line])
    language = models.CharField(_("language"), max_length=16)
    respondent = models.CharField(_("answered by"), max_length=10)
    licence = models.CharField(_("licence statement"), max_length=300)
    credit = models.CharField(_("copyright line"), max_length=300)
    published_at = models.DateTimeField(_("in use since"), null=True, blank=True)
    retired_at = models.DateTimeField(_("in use until"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "instrument", "language", "respondent"],
                condition=Q(published_at__isnull=False, retired_at__isnull=True),
                name="instrumentedition_one_in_use",
            ),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True) | Q(published_at__isnull=False),
                name="instrumentedition_retired_was_published",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"


class InstrumentText(models.Model):
    """One text of an edition: of a question, an answer, a level or the introduction, by its key."""

    edition = models.ForeignKey(InstrumentEdition, on_delete=models.CASCADE, related_name="texts")
    key = models.CharField(_("what"), max_length=32)
    text = models.TextField(_("text"), max_length=1000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "key"], name="instrumenttext_once_per_key")]

    def __str__(self) -> str:
        return self.key


class ScoreSettings(models.Model):
    """Where a clinic deviates from the defaults of recording; empty means the default."""

    clinic = models.OneToOneField(Clinic, on_delete=models.PROTECT, related_name="score_settings")
    hides_half_points = models.BooleanField(_("hide half points in the EASI form"), default=False)
    out_of_date_days = models.PositiveSmallIntegerField(_("a score is out of date after (days)"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name_plural = "score settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(out_of_date_days__isnull=True) | Q(out_of_date_days__gte=7, out_of_date_days__lte=365),
                name="scoresettings_out_of_date_7_to_365_days",
            )
        ]

    def __str__(self) -> str:
        return f"score settings of {self.clinic_id}"
