"""The words of the instruments as a clinic's licence gives them."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from clinics.models import Clinic
from patients import words
from patients.models import InstrumentEdition, InstrumentText, Respondent
from patients.scoring.poem import Question


def edition_for(clinic: Clinic, instrument: str, language: str, respondent: str) -> InstrumentEdition | None:
    """The edition a clinic has in use, with its texts, in one query; None: show the neutral labels.

    Only the very language counts: two languages on one form are no edition. A patient who is helped reads the patient's.
    """
    if not words.TEXT_KEYS[instrument]:
        return None
    rows = InstrumentText.objects.select_related("edition").filter(
        edition__clinic=clinic,
        edition__instrument=instrument,
        edition__language=language,
        edition__respondent=Respondent.SELF if respondent == Respondent.HELPED else respondent,
        edition__published_at__isnull=False,
        edition__retired_at__isnull=True,
    )
    found = list(rows)
    if not found:
        return None
    edition = found[0].edition
    edition.read_texts = {row.key: row.text for row in found}  # type: ignore[attr-defined]
    return edition


def editions_in_use(clinic: Clinic, instrument: str) -> list[tuple[InstrumentEdition, str]]:
    """The editions of an instrument a clinic has in use, each with its name, language and whom it asks."""
    rows = InstrumentEdition.objects.filter(clinic=clinic, instrument=instrument)
    in_use = rows.filter(published_at__isnull=False, retired_at__isnull=True).order_by("language", "respondent")
    asked = dict(Respondent.choices)
    return [(row, f"{row.name} · {row.language} · {asked[row.respondent]}") for row in in_use]


def shown_edition(clinic: Clinic, instrument: str, public_id: UUID) -> InstrumentEdition | None:
    """An edition of the clinic that is or was in use, by its public id: a form keeps the words it was opened with."""
    rows = InstrumentEdition.objects.filter(clinic=clinic, instrument=instrument, published_at__isnull=False)
    return rows.filter(public_id=public_id).first()


def texts(edition: InstrumentEdition | None) -> dict[str, str]:
    """The texts of an edition by key (words.TEXT_KEYS); those edition_for has read cost nothing. None has none."""
    if edition is None:
        return {}
    known: dict[str, str] | None = getattr(edition, "read_texts", None)
    return dict(edition.texts.values_list("key", "text")) if known is None else known


def text_name(key: str) -> str:
    """What a text is of, in neutral words: "Question: Itch"."""
    what, _separator, which = key.partition("_")
    if what == "question":
        return _("Question: %(which)s") % {"which": words.QUESTIONS[Question(which)]}
    if what == "answer":
        return _("Answer: %(which)s") % {"which": words.DAYS[int(which)]}
    if what == "level":
        return _("Level: %(which)s") % {"which": words.VIGA_LEVELS[int(which)]}
    return {"introduction": _("Introduction"), "lowest": _("At 0"), "highest": _("At 10")}[key]
