"""Pieces every model of the project is made with."""

import uuid
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PublicIdModel(models.Model):
    """A row that is named outside by a random id; integer keys never leave the server. The id is not a secret."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True


# Names and numbers are one line of visible text: no line break that splits a letter, no direction mark that makes a
# name look like another.
one_line = RegexValidator(
    r"\A[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]*\Z",
    _("Line breaks and invisible control characters are not possible here."),
)


def paired(name: str, *fields: str) -> models.CheckConstraint:
    """A constraint that these nullable columns are set together or not at all (who and when, for example)."""
    none, every = Q(), Q()
    for field in fields:
        none &= Q(**{f"{field}__isnull": True})
        every &= Q(**{f"{field}__isnull": False})
    return models.CheckConstraint(condition=none | every, name=name)


def local_date(at: datetime, zone: str) -> date:
    """The calendar date at the instant `at` in an IANA zone."""
    return at.astimezone(ZoneInfo(zone)).date()


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(value: date | None) -> str:
    """A date as staff read it in every language: 04-May-2019."""
    return f"{value.day:02d}-{MONTHS[value.month - 1]}-{value.year}" if value else ""
