"""One laboratory value as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from clinics.models.base import day
from patients.models import LabResult
from patients.queries.scores import age_words, plain
from patients.queries.table import lab_word


@dataclass(frozen=True)
class LabView:
    """A laboratory value in words, every value formatted once."""

    title: str
    value: str
    word: str
    limit: str
    collected: str
    age: str
    entered: str
    by: str
    withdrawn: str  # when and by whom it was taken back


def lab_view(row: LabResult, *, on: date) -> LabView:
    """One laboratory value for its page; `row` with recorded_by, withdrawn_by and the patient's clinic."""
    zone = ZoneInfo(row.patient.clinic.zone)
    local = row.recorded_at.astimezone(zone)
    withdrawn = ""
    if row.withdrawn_at is not None and row.withdrawn_by is not None:
        withdrawn = f"{day(row.withdrawn_at.astimezone(zone).date())}, {row.withdrawn_by.name}"
    return LabView(
        title=_("TARC of %(on)s") % {"on": day(row.collected_on)},
        value=row.shown,
        word=lab_word(row),
        limit=_limit(row),
        collected=day(row.collected_on),
        age=age_words(row.collected_on, on),
        entered=f"{day(local.date())} {local:%H:%M}",
        by=row.recorded_by.name if row.recorded_by else "",
        withdrawn=withdrawn,
    )


def _limit(row: LabResult) -> str:
    """The limit it is read against and whose it is; beside the laboratory's the one by age, which is not used."""
    by_age = f"{plain(row.reference_limit)}\u00a0pg/mL" if row.reference_limit is not None else ""
    if row.laboratory_limit is not None:
        own = _("%(limit)s, the laboratory's own") % {"limit": f"{plain(row.laboratory_limit)}\u00a0pg/mL"}
        return _("%(own)s (by age %(by_age)s)") % {"own": own, "by_age": by_age} if by_age else own
    return _("%(limit)s, the published one for the age") % {"limit": by_age} if by_age else _("none for this age")
