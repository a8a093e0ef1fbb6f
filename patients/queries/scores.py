"""The latest scores as pages show them: never without their age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinics.access import May, rights_of
from clinics.models import Clinic, Membership, User
from clinics.models.base import day, local_date
from patients import words
from patients.models import (
    Assessment,
    AssessmentState,
    Instrument,
    LabResult,
    Patient,
    Respondent,
    ScoreSettings,
)
from patients.models.assessments import percent_column

OUT_OF_DATE_DAYS = 84  # twelve weeks: ours, no source; a clinic may choose 7 to 365


def score_settings(clinic: Clinic) -> ScoreSettings:
    """What the clinic chose, or the defaults."""
    return ScoreSettings.objects.filter(clinic=clinic).first() or ScoreSettings(clinic=clinic)


def age_words(on: date, today: date) -> str:
    """How old something of this day is: "today", "5 days ago", "7 weeks ago", "2 years ago"."""
    days = (today - on).days
    if days <= 0:
        return _("today")
    if days < 14:
        return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}
    if days < 728:
        return ngettext("%(n)s week ago", "%(n)s weeks ago", days // 7) % {"n": days // 7}
    return ngettext("%(n)s year ago", "%(n)s years ago", days // 365) % {"n": days // 365}


def score_text(instrument: str, value: Decimal | int | None) -> str:
    """A total as it is shown: EASI with one decimal, or with two where half points need them; the others whole."""
    if value is None:
        return _("not scored")
    if instrument != Instrument.EASI:
        return f"{value:.0f}"
    exact = Decimal(value)
    return f"{exact:.1f}" if exact == exact.quantize(Decimal("0.1")) else f"{exact:.2f}"


@dataclass(frozen=True)
class Latest:
    """The latest score of one instrument, or that there is none."""

    instrument: str
    name: str
    value: str = ""
    word: str = ""
    on: date | None = None
    age: str = ""
    is_old: bool = False
    note: str = ""


def latest_scores(patient: Patient, today: date, lab: LabResult | None) -> list[Latest]:
    """The latest score of every instrument with its age, in the order of the chart; `lab` is the `latest_lab`.

    One query, with what the clinic chose to be out of date.
    """
    columns = [f"{instrument}{ending}" for instrument in Instrument for ending in ("", "_on")]
    names = [*(f"scores__{name}" for name in [*columns, "poem_respondent"]), "clinic__score_settings__out_of_date_days"]
    known = Patient.objects.filter(pk=patient.pk).values(*names).get()
    old_after = known["clinic__score_settings__out_of_date_days"] or OUT_OF_DATE_DAYS
    notes = {Instrument.POEM: dict(Respondent.choices).get(known["scores__poem_respondent"], "")}
    lines = []
    for instrument in Instrument:
        value, on = known[f"scores__{instrument}"], known[f"scores__{instrument}_on"]
        lines.append(
            _latest(instrument, str(instrument.label), value, on, today, old_after, str(notes.get(instrument, "")))
        )
    return [*lines, _latest_tarc(lab, today, old_after)]


def latest_lab(patient: Patient) -> LabResult | None:
    """The latest laboratory value that counts."""
    return LabResult.objects.live().filter(patient=patient).order_by("-collected_on", "-recorded_at", "-id").first()


def _latest_tarc(row: LabResult | None, today: date, old_after: int) -> Latest:
    """The latest TARC, read against its limit, and whether the sample was haemolysed."""
    if row is None:
        return Latest("tarc", _("TARC"))
    word = ""
    if row.limit is not None:
        text = _("at or above the limit %(limit)s") if row.value >= row.limit else _("below the limit %(limit)s")
        word = text % {"limit": plain(row.limit)}
    is_old = (today - row.collected_on).days > old_after
    note = _("sample haemolysed") if row.is_haemolysed else ""
    return Latest("tarc", _("TARC"), row.shown, word, row.collected_on, age_words(row.collected_on, today), is_old, note)


def _latest(
    instrument: Instrument, name: str, value: Any, on: date | None, today: date, old_after: int, note: str
) -> Latest:
    if value is None or on is None:
        return Latest(instrument, name)
    word = words.level_word(instrument, value)
    is_old = (today - on).days > old_after
    return Latest(instrument, name, score_text(instrument, value), word, on, age_words(on, today), is_old, note)


def assays(patient: Patient) -> list[str]:
    """The assays this patient's values were measured with, to be written the same way again; ten at the most."""
    known = LabResult.objects.live().filter(patient=patient).order_by("assay").values_list("assay", flat=True)
    return list(known.distinct()[:10])


def raters(clinic: Clinic) -> list[User]:
    """Who may score EASI and vIGA-AD in a clinic, by name."""
    held = Membership.objects.live().filter(clinic=clinic).select_related("user")
    found = {row.user_id: row.user for row in held if May.SCORE in rights_of([row])}
    return sorted(found.values(), key=lambda user: user.name)


def previous_assessment(patient: Patient, instrument: str, *, but: Assessment | None = None) -> Assessment | None:
    """The latest signed assessment of an instrument; what a form shows beside its cells on demand."""
    rows = Assessment.objects.filter(patient=patient, instrument=instrument, state=AssessmentState.SIGNED)
    if but is not None:
        rows = rows.exclude(series=but.series)
    return rows.in_trend_order().first()


def drafts(patient: Patient) -> list[Assessment]:
    """Assessments that somebody began and did not sign, the last first: what, of which day, and by whom."""
    rows = Assessment.objects.filter(patient=patient, state=AssessmentState.DRAFT).select_related("recorded_by")
    shown = rows.only("public_id", "instrument", "assessed_on", "recorded_by__name")
    return list(shown.order_by("-recorded_at", "-id")[:20])


@dataclass(frozen=True)
class Version:
    """One version of an assessment in its history."""

    public_id: UUID
    total: str
    state: str
    is_live: bool
    on: str
    by: str
    reason: str


def versions(row: Assessment) -> list[Version]:
    """Every version of an assessment, the newest first."""
    rows = Assessment.objects.filter(series=row.series, patient=row.patient).select_related("signed_by", "recorded_by")
    return [_version(one, row.patient.clinic.zone) for one in rows.order_by("-id")]


def _version(one: Assessment, zone: str) -> Version:
    who = one.signed_by or one.recorded_by
    return Version(
        one.public_id,
        score_text(one.instrument, one.total) if one.signed_at else "–",
        str(one.get_state_display()),
        one.state == AssessmentState.SIGNED,
        day(local_date(one.signed_at or one.recorded_at, zone)),
        who.name if who else "–",
        one.withdrawn_reason,
    )


@dataclass(frozen=True)
class AssessmentView:
    """An assessment in words, every value formatted once."""

    title: str
    total: str
    word: str
    head_neck: str
    weights: str
    assessed: str
    age: str
    entered: str
    who: str
    language: str
    edition: str
    note: str
    columns: list[str]
    rows: list[tuple[str, list[str]]]
    credit: str


def assessment_title(row: Assessment) -> str:
    """Instrument and day: "EASI of 04-May-2026"."""
    return _("%(name)s of %(on)s") % {"name": row.get_instrument_display(), "on": day(row.assessed_on)}


def assessment_view(row: Assessment, *, on: date) -> AssessmentView:
    """One assessment for its page."""
    local = row.recorded_at.astimezone(ZoneInfo(row.patient.clinic.zone))
    columns, rows = _items_in_words(row)
    edition: Any = row.edition
    language: Any = LANG_INFO.get(row.language, {})
    return AssessmentView(
        title=assessment_title(row),
        total=score_text(row.instrument, row.total) if row.signed_at else "–",
        word=words.band_word(row.instrument, row.band),
        head_neck=score_text(row.instrument, row.head_neck) if row.head_neck is not None else "",
        weights=str(words.WEIGHT_SETS.get(row.weight_set, "")),
        assessed=day(row.assessed_on),
        age=age_words(row.assessed_on, on),
        entered=f"{day(local.date())} {local:%H:%M}",
        who=row.rater.name if row.rater else str(row.get_respondent_display()),
        language=language.get("name", ""),
        edition=str(edition) if edition else _("short neutral labels"),
        note=_("One question was left open and counts 0.") if row.is_imputed else "",
        columns=columns,
        rows=rows,
        credit=edition.credit if edition else str(words.CREDITS[row.instrument]),
    )


def previous_view(row: Assessment) -> dict[str, Any]:
    """The stored items of an earlier assessment by column, for the form that shows them on demand."""
    asked = row.instrument == Instrument.POEM
    items = {name: value for name, value in row.items.items() if value is not None}
    shown = {name: str(words.DAYS[value]) if asked else plain(value) for name, value in items.items()}
    return {"on": row.assessed_on, "total": score_text(row.instrument, row.total), "items": shown}


def plain(value: Decimal | int) -> str:
    """An item without trailing zeros: "1.5", "2"."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _items_in_words(row: Assessment) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Heads and rows of the table of items."""
    if row.instrument == Instrument.EASI:
        heads = [str(words.AREA), *(str(word) for word in words.SIGNS.values())]
        table = []
        for region, seen in row.findings.items():
            share = getattr(row, percent_column(region))
            area = "–" if seen.area is None else f"{seen.area} ({words.AREA_RANGES[seen.area]} %)"
            area = f"{seen.area} ({plain(share)} %)" if share is not None and seen.area is not None else area
            signs = ["–" if value is None else plain(value) for value in seen.signs.values()]
            table.append((str(words.REGIONS[region]), [area, *signs]))
        return heads, table
    if row.instrument == Instrument.POEM:
        answers = row.answers.items()
        left_open = _("left open")
        return [str(_("In the last week"))], [
            (str(words.QUESTIONS[q]), [str(words.DAYS[answer]) if answer is not None else left_open])
            for q, answer in answers
        ]
    if row.instrument == Instrument.VIGA_AD and row.level is not None:
        return [str(_("Level"))], [(str(row.get_instrument_display()), [str(words.VIGA_LEVELS[row.level])])]
    return [str(_("Level"))], [(str(row.get_instrument_display()), [str(row.level)])]


def affected_lines(rows: list[Any]) -> list[str]:
    """What a corrected birth date changes (actions.rescore.Affected): "EASI of 04-May-2026: 12.7 becomes 14.0"."""
    lines = []
    for affected in rows:
        if isinstance(affected.row, Assessment):
            text = _("%(what)s: %(stored)s becomes %(corrected)s")
            values = [score_text(Instrument.EASI, value) for value in (affected.stored, affected.corrected)]
            what = assessment_title(affected.row)
        else:
            text = _("%(what)s: the limit for the age, %(stored)s, becomes %(corrected)s")
            values = [_("none") if value is None else plain(value) for value in (affected.stored, affected.corrected)]
            what = _("TARC of %(on)s") % {"on": day(affected.on)}
        lines.append(text % {"what": what, "stored": values[0], "corrected": values[1]})
    return lines
