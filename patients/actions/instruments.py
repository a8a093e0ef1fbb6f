"""The official texts of the instruments, for a clinic that holds a licence; by platform administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.access import Actor
from clinics.errors import NotAllowed
from clinics.models import Clinic, Kind
from patients.models import CLINICIAN_INSTRUMENTS, InstrumentEdition, InstrumentText, Respondent
from patients.queries.instruments import text_name, texts
from patients.words import TEXT_KEYS

CHANGEABLE = ("name", "language", "respondent", "licence", "credit")


def _must_run_the_platform(by: Actor) -> None:
    """A licence is the platform's to check, and its texts hold nothing about anybody."""
    if not (by.user is not None and by.user.is_staff and by.channel == "admin"):
        raise NotAllowed("load texts of an instrument")


def answered_by(instrument: str) -> tuple[Respondent, ...]:
    """Whom an edition of the instrument can address. With help a patient reads the patient's own."""
    return (Respondent.CLINICIAN,) if instrument in CLINICIAN_INSTRUMENTS else (Respondent.SELF, Respondent.PROXY)


def check_texts_exist(instrument: str, respondent: str, language: str) -> None:
    """ValidationError, by field, when there is no such edition: no texts, not answered by them, not a known language."""
    if not TEXT_KEYS.get(instrument):
        raise ValidationError({"instrument": _("adtrack shows no texts of this instrument.")})
    if respondent not in answered_by(instrument):
        raise ValidationError({"respondent": _("This instrument is not answered by them.")})
    if language not in LANG_INFO:
        raise ValidationError({"language": _("Choose a known language.")})


@transaction.atomic
def open_edition(by: Actor, values: dict[str, Any], *, at: datetime) -> InstrumentEdition:
    """A new edition, not yet in use, its texts empty: clinic, instrument, name, language, respondent, licence, credit."""
    _must_run_the_platform(by)
    edition = InstrumentEdition(**values)
    check_texts_exist(edition.instrument, edition.respondent, edition.language)
    edition.full_clean()
    edition.save()
    InstrumentText.objects.bulk_create(InstrumentText(edition=edition, key=key) for key in TEXT_KEYS[edition.instrument])
    _note(by, "instrument edition opened", Kind.CREATE, edition, at)
    return edition


@transaction.atomic
def change_edition(by: Actor, edition: InstrumentEdition, values: dict[str, Any], *, at: datetime) -> InstrumentEdition:
    """Change what is said about an edition that was never in use (CHANGEABLE); clinic and instrument stay."""
    _must_run_the_platform(by)
    current = check_unused(edition)
    changed = [name for name in CHANGEABLE if name in values and getattr(current, name) != values[name]]
    for name in changed:
        setattr(current, name, values[name])
    if changed:
        check_texts_exist(current.instrument, current.respondent, current.language)
        current.full_clean()
        current.save()
        _note(by, "instrument edition changed", Kind.UPDATE, current, at, changed)
    return current


@transaction.atomic
def write_texts(by: Actor, edition: InstrumentEdition, written: dict[str, str], *, at: datetime) -> None:
    """Put texts, by key, into an edition that was never in use. An empty one is still to be written."""
    _must_run_the_platform(by)
    current = check_unused(edition)
    known = {row.key: row for row in current.texts.all()}
    if unknown := set(written) - set(known):
        raise ValidationError(
            _("This instrument has no text of that name: %(names)s.") % {"names": ", ".join(sorted(unknown))}
        )
    longest = InstrumentText._meta.get_field("text").max_length or 0
    if too_long := [key for key, text in written.items() if len(text.strip()) > longest]:
        names = ", ".join(map(text_name, too_long))
        raise ValidationError(_("Longer than %(most)s characters: %(names)s.") % {"most": longest, "names": names})
    changed = [key for key, text in written.items() if known[key].text != text.strip()]
    for key in changed:
        known[key].text = written[key].strip()
        known[key].save()
    if changed:
        _note(by, "instrument texts written", Kind.UPDATE, current, at, changed)


@transaction.atomic
def put_in_use(by: Actor, edition: InstrumentEdition, *, at: datetime) -> InstrumentEdition:
    """Show an edition from now on, in place of the clinic's one for the same instrument, language and respondent.

    ValidationError while a text is missing, and when it was in use before: what was shown once never comes back changed.
    """
    _must_run_the_platform(by)
    current = check_unused(edition)
    written = texts(current)
    missing = [key for key in TEXT_KEYS[current.instrument] if not written.get(key, "").strip()]
    if missing:
        names = ", ".join(text_name(key) for key in missing)
        raise ValidationError(_("Not written yet: %(names)s.") % {"names": names})
    same = {name: getattr(current, name) for name in ("clinic", "instrument", "language", "respondent")}
    shown = InstrumentEdition.objects.filter(**same, published_at__isnull=False, retired_at__isnull=True)
    for earlier in shown.select_related("clinic"):
        retire_edition(by, earlier, at=at)
    current.published_at = at
    current.save()
    _note(by, "instrument edition put in use", Kind.UPDATE, current, at)
    return current


@transaction.atomic
def retire_edition(by: Actor, edition: InstrumentEdition, *, at: datetime) -> bool:
    """Show an edition no longer: forms go back to the neutral labels. False when it was not in use: nothing changes."""
    _must_run_the_platform(by)
    rows = InstrumentEdition.objects.filter(pk=edition.pk, published_at__isnull=False, retired_at__isnull=True)
    if not rows.update(retired_at=at):
        return False
    _note(by, "instrument edition retired", Kind.UPDATE, edition, at)
    return True


def check_unused(edition: InstrumentEdition) -> InstrumentEdition:
    """The edition as stored, held until the transaction ends. ValidationError when it was ever in use.

    The clinic is held first, so that two who put editions in use wait for each other.
    """
    Clinic.objects.select_for_update(no_key=True).get(pk=edition.clinic_id)
    current = InstrumentEdition.objects.select_for_update(of=("self",)).select_related("clinic").get(pk=edition.pk)
    if current.published_at is not None:
        raise ValidationError(_("This edition was put in use and stays as it is. A new text is a new edition."))
    return current


def _note(
    by: Actor, verb: str, kind: Kind, edition: InstrumentEdition, at: datetime, fields: list[str] | None = None
) -> None:
    audit.record(by, verb, kind, at=at, obj=edition, clinic=edition.clinic.public_id, fields=fields or ())
