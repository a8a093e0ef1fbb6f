"""Pieces every model of the project is made with."""

import re
import unicodedata
import uuid
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PublicIdModel(models.Model):
    """A row that is named outside by a random id; integer keys never leave the server. The id is not a secret."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True


# Controls, format characters, surrogates, separators of lines and of paragraphs.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
JOINERS = "\u200c\u200d"  # Persian and the scripts of India need them


def one_line(value: str) -> None:
    """Names and numbers are one line of visible text: nothing that splits a letter or makes one name look like another."""
    if any(unicodedata.category(letter) in UNSEEN and letter not in JOINERS for letter in value):
        raise ValidationError(_("Line breaks and invisible control characters are not possible here."), code="invalid")


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


# A number and its unit (of a strength, an amount, an age), and a date in words.
TOGETHER = re.compile(
    r"\d (?:%|kg|g|mg|µg|mL|ml|cm|y|m|d)(?!\w)"
    r"|\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}\b"
)


def unbroken(text: object) -> str:
    """A text for a page or paper: "0.1 %", "300 mg", "7 y 6 m" and "4 May 2019" do not break over lines within."""
    return TOGETHER.sub(lambda found: found[0].replace(" ", "\u00a0"), str(text))
