"""Recording how the skin is doing: draft, sign, amend, withdraw, release. The totals are the server's."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics import audit
from clinics.access import Actor, May, rights_of
from clinics.errors import Stale
from clinics.models import Kind, Membership
from patients import words
from patients.actions.current import renew_current
from patients.actions.locks import locked
from patients.actions.texts import reason_of
from patients.models import CLINICIAN_INSTRUMENTS, Assessment, AssessmentState, Instrument, Patient, Respondent
from patients.models.assessments import (
    ITEMS_OF,
    area_column,
    percent_column,
    poem_column,
    sign_column,
)
from patients.scoring import easi, itch, poem, viga
from patients.scoring.easi import Region, Wrong

WRONG: dict[Wrong, Any] = {
    Wrong.MISSING: gettext_lazy("not answered"),
    Wrong.NOT_ALLOWED: gettext_lazy("not a value of this scale"),
    Wrong.AREA_WITHOUT_SIGN: gettext_lazy("an area is affected, but every sign is 0"),
    Wrong.SIGN_WITHOUT_AREA: gettext_lazy("above 0, but the area is 0"),
}


# What is said about an assessment besides its items.
HEAD = ("assessed_on", "rater", "respondent", "language", "edition", "comment")


class Scored(NamedTuple):
    """What the server makes of the items."""

    total: Decimal | int | None
    band: str
    scoring_version: str
    head_neck: Decimal | None = None
    weight_set: str = ""
    is_imputed: bool = False


def right_to_record(instrument: str) -> May:
    """What somebody must be allowed in order to record, amend or withdraw this instrument."""
    return May.SCORE if instrument in CLINICIAN_INSTRUMENTS else May.RECORD_FACTS


@transaction.atomic
def record_assessment(
    by: Actor,
    patient: Patient,
    instrument: str,
    values: dict[str, Any],
    *,
    submission: UUID,
    sign: bool = True,
    at: datetime,
) -> Assessment:
    """A new assessment from its items and assessed_on, rater or respondent, language, edition, comment; signed, or a draft.

    The same submission twice gives the record of the first time, or goes on with the draft it made, unless somebody did
    meanwhile (Stale). ValidationError names the item's column, or says that the same form says something else now.
    """
    by.must(right_to_record(instrument), patient.clinic)
    patient = locked(patient)
    row = Assessment(patient=patient, instrument=instrument, submission=submission, recorded_at=at, recorded_by=by.account)
    _fill(row, values, by, at)
    if (known := _sent_before(patient, submission, instrument)) is not None:
        if known.state != AssessmentState.DRAFT:
            return _same_or_refused(known, row)
        return (
            known if not sign and _says_the_same(known, row) else save_draft(by, known, values, version=1, sign=sign, at=at)
        )
    _settle(row, by, sign=sign, at=at)
    verb = "assessment recorded" if sign else "assessment drafted"
    audit.record(by, verb, Kind.CREATE, at=at, obj=row, patient=patient.public_id)
    return row


@transaction.atomic
def save_draft(
    by: Actor, draft: Assessment, values: dict[str, Any], *, version: int, sign: bool = False, at: datetime
) -> Assessment:
    """Go on with a draft, or sign it. Stale when it was changed since `version` or is no draft any more."""
    by.must(right_to_record(draft.instrument), draft.patient.clinic)
    patient = locked(draft.patient)
    row = Assessment.objects.select_for_update().get(pk=draft.pk)
    if row.version != version or row.state != AssessmentState.DRAFT:
        raise Stale(row)
    row.patient, row.version = patient, version + 1
    _fill(row, values, by, at)
    _settle(row, by, sign=sign, at=at)
    verb = "assessment signed" if sign else "assessment draft changed"
    audit.record(by, verb, Kind.UPDATE, at=at, obj=row, patient=patient.public_id)
    return row


@transaction.atomic
def amend_assessment(
    by: Actor, old: Assessment, values: dict[str, Any], *, reason: str, submission: UUID, at: datetime
) -> Assessment:
    """Correct a signed assessment: a new version with the reason; the old one stays readable and counts nowhere.

    Stale when it is no longer the live version.
    """
    by.must(right_to_record(old.instrument), old.patient.clinic)
    patient = locked(old.patient)
    reason = reason_of(reason)
    known = _sent_before(patient, submission, old.instrument, old)
    old = Assessment.objects.get(pk=old.pk)  # as it is now: it may have been released since the caller read it
    if known is None and old.state != AssessmentState.SIGNED:
        raise Stale(old)
    row = _next_version(old, patient, values, by, reason=reason, submission=submission, at=at)
    if known is not None:
        return _same_or_refused(known, row)
    if _says_the_same(old, row) and not _scores_otherwise(old, patient):
        raise ValidationError(_("Nothing is changed: there is nothing to correct."))
    retire(by, old, AssessmentState.AMENDED, reason, at)
    return _put_in_place(row, by, at)


def successor(
    by: Actor, patient: Patient, old: Assessment, values: dict[str, Any], *, reason: str, submission: UUID, at: datetime
) -> Assessment:
    """The signed version that follows a retired one. Inside an action that locked the patient and renews the scores."""
    row = _next_version(old, patient, values, by, reason=reason, submission=submission, at=at)
    return _put_in_place(row, by, at, renew=False)


def _next_version(
    old: Assessment, patient: Patient, values: dict[str, Any], by: Actor, *, reason: str, submission: UUID, at: datetime
) -> Assessment:
    row = Assessment(
        patient=patient,
        instrument=old.instrument,
        series=old.series,
        submission=submission,
        replaces=old,
        amend_reason=reason,
        released_at=old.released_at,
        released_by=old.released_by,
        visible_to_guardians=old.visible_to_guardians,
        # Of several on one day the last entered counts: a correction keeps the place of what it corrects.
        recorded_at=old.recorded_at,
        recorded_by=old.recorded_by,
    )
    _fill(row, {"rater": old.rater} | values, by, at)
    return row


def _put_in_place(row: Assessment, by: Actor, at: datetime, *, renew: bool = True) -> Assessment:
    _settle(row, by, sign=True, renew=renew, at=at)
    audit.record(by, "assessment amended", Kind.UPDATE, at=at, obj=row, patient=row.patient.public_id)
    return row


@transaction.atomic
def withdraw_assessment(by: Actor, row: Assessment, *, reason: str, version: int | None = None, at: datetime) -> None:
    """Take back an assessment as entered in error, or drop a draft: it stays in history and counts nowhere.

    Stale when it is not the live version, or a draft that was changed or signed since the caller read it, or since
    `version`.
    """
    by.must(right_to_record(row.instrument), row.patient.clinic)
    patient = locked(row.patient)
    if version is not None and row.version != version:
        raise Stale(row)
    retire(by, row, AssessmentState.WITHDRAWN, reason_of(reason), at)
    renew_current(patient, row.instrument)
    audit.record(by, "assessment withdrawn", Kind.DELETE, at=at, obj=row, patient=patient.public_id)


@transaction.atomic
def release_assessment(
    by: Actor, row: Assessment, *, release: bool, visible_to_guardians: bool = True, at: datetime
) -> Assessment:
    """Show a signed assessment to the patient (and guardians, if so chosen), or stop showing it. Stale when not live."""
    by.must(right_to_record(row.instrument), row.patient.clinic)
    locked(row.patient)
    live = Assessment.objects.filter(pk=row.pk, state=AssessmentState.SIGNED)
    shown_at, shown_by = (at, by.account) if release else (None, None)
    if not live.update(released_at=shown_at, released_by=shown_by, visible_to_guardians=visible_to_guardians):
        raise Stale(Assessment.objects.get(pk=row.pk))
    verb = "assessment released" if release else "assessment no longer released"
    audit.record(by, verb, Kind.UPDATE, at=at, obj=row, patient=row.patient.public_id)
    row.refresh_from_db()
    return row


def _sent_before(patient: Patient, submission: UUID, instrument: str, old: Assessment | None = None) -> Assessment | None:
    """What this very form made when it was sent before. ValidationError when it made something else."""
    known = Assessment.objects.filter(patient=patient, submission=submission).first()
    if known is not None and (known.instrument, known.replaces_id) != (instrument, old.pk if old else None):
        raise ValidationError(_("This form was sent before, for something else. Open it again."))
    return known


def _says_the_same(known: Assessment, row: Assessment) -> bool:
    return all(getattr(known, name) == getattr(row, name) for name in (*ITEMS_OF[row.instrument], *HEAD))


def _scores_otherwise(row: Assessment, patient: Patient) -> bool:
    """Whether the same items would get other weights now: after a birth date was corrected and the score left as stored."""
    return row.instrument == Instrument.EASI and easi.weight_set(patient.birth_date, row.assessed_on) != row.weight_set


def _same_or_refused(known: Assessment, row: Assessment) -> Assessment:
    """What a form made before, if it still counts and says the same now; never a success that saved nothing."""
    if known.state != AssessmentState.SIGNED:
        raise ValidationError(
            _("This form was sent before, and what it made was corrected or taken back since. Open it again.")
        )
    if not _says_the_same(known, row):
        raise ValidationError(_("This form was signed before and says something else now. Correct the signed one instead."))
    return known


def retire(by: Actor, row: Assessment, state: AssessmentState, reason: str, at: datetime) -> None:
    """End the live version; Stale when somebody else did, or changed it since `row` was read."""
    live = [AssessmentState.SIGNED] if state == AssessmentState.AMENDED else [AssessmentState.SIGNED, AssessmentState.DRAFT]
    as_read = Assessment.objects.filter(pk=row.pk, state=row.state, version=row.version)
    ended = row.state in live and as_read.update(
        state=state, withdrawn_at=at, withdrawn_by=by.account, withdrawn_reason=reason, version=row.version + 1
    )
    if not ended:
        raise Stale(Assessment.objects.get(pk=row.pk))


def _fill(row: Assessment, values: dict[str, Any], by: Actor, at: datetime) -> None:
    """Put the values in place and look at everything but completeness; the error names the field."""
    unknown = set(values) - {*ITEMS_OF[row.instrument], *HEAD}
    if unknown:
        raise ValidationError({name: _("This instrument has no such item.") for name in sorted(unknown)})
    for name in (*ITEMS_OF[row.instrument], *HEAD):
        setattr(row, name, values.get(name, EMPTY.get(name)))
    if row.is_clinicians:
        row.respondent, row.rater = Respondent.CLINICIAN, row.rater or by.account
    errors = {**_wrong_head(row, at), **_wrong_items(row)}
    if errors:
        raise ValidationError(errors)


EMPTY: dict[str, Any] = {"respondent": "", "language": "", "comment": ""}


def _reads(respondent: str) -> str:
    """Whose words somebody reads: a patient who is helped reads the patient's."""
    return Respondent.SELF if respondent == Respondent.HELPED else respondent


def _wrong_head(row: Assessment, at: datetime) -> dict[str, Any]:
    errors: dict[str, Any] = {}
    patient = row.patient
    if row.assessed_on is None:
        errors["assessed_on"] = _("Enter the date of the assessment.")
    elif row.assessed_on > patient.clinic.today(at):
        errors["assessed_on"] = _("This date is in the future.")
    elif row.assessed_on < patient.birth_date:
        errors["assessed_on"] = _("This date is before the birth.")
    elif patient.deceased_on and row.assessed_on > patient.deceased_on:
        errors["assessed_on"] = _("This date is after the death.")
    kept = row.replaces is not None and row.replaces.rater == row.rater  # somebody who has left still was the rater
    if row.is_clinicians and not kept:
        may_score = Membership.objects.live().filter(clinic=patient.clinic, user=row.rater)
        if not any(May.SCORE in rights_of([one]) for one in may_score):
            errors["rater"] = _("This person does not score EASI and vIGA-AD in this clinic.")
    elif not row.is_clinicians and row.rater is not None:
        errors["rater"] = _("This is answered by the patient or a carer: it has no rater.")
    elif not row.is_clinicians and row.respondent not in {Respondent.SELF, Respondent.HELPED, Respondent.PROXY}:
        errors["respondent"] = _("Say who answered.")
    if row.edition is not None and (row.edition.clinic_id, row.edition.instrument) != (patient.clinic_id, row.instrument):
        errors["edition"] = _("This edition is not one of this instrument in this clinic.")
    elif row.edition is not None and not row.is_clinicians and row.edition.respondent != _reads(row.respondent):
        errors["respondent"] = _("The questions shown are worded for somebody else.")
    elif row.edition is not None and not row.is_clinicians and row.edition.language != row.language:
        errors["language"] = _("The questions shown are in another language.")
    if row.language and row.language not in LANG_INFO:
        errors["language"] = _("Choose a known language.")
    return errors


def _wrong_items(row: Assessment) -> dict[str, Any]:
    """Values outside their scales; and a typed share of a region, which gives its area score."""
    errors: dict[str, Any] = {}
    if row.instrument == Instrument.EASI:
        for region in Region:
            errors |= _take_percent(row, region)
        for problem in easi.problems(row.findings):
            if problem.wrong is Wrong.NOT_ALLOWED:
                errors |= _named(problem)
    elif row.instrument == Instrument.POEM:
        for question, answer in row.answers.items():
            if answer is not None and answer not in poem.ANSWERS:
                errors[poem_column(question)] = _("%(what)s: from 0 to 4.") % {"what": words.QUESTIONS[question]}
    elif row.level is not None and row.level not in (viga if row.instrument == Instrument.VIGA_AD else itch).LEVELS:
        errors["level"] = _("This is not a level of the scale.")
    return errors


def _take_percent(row: Assessment, region: Region) -> dict[str, Any]:
    name, share = percent_column(region), getattr(row, percent_column(region))
    if share is None:
        return {}
    if not 0 <= share <= 100:
        return {name: _("%(region)s, area: from 0 to 100 per cent.") % {"region": words.REGIONS[region]}}
    score, chosen = easi.area_score(share), getattr(row, area_column(region))
    if chosen is not None and chosen != score:
        text = _("%(region)s, area: %(share)s %% is area score %(score)s, and %(chosen)s was chosen.")
        return {name: text % {"region": words.REGIONS[region], "share": share, "score": score, "chosen": chosen}}
    setattr(row, area_column(region), score)
    return {}


def _named(problem: easi.Problem) -> dict[str, Any]:
    """The error of one problem under its column, in words: region, sign, what is wrong."""
    column = area_column(problem.region) if problem.sign is None else sign_column(problem.region, problem.sign)
    sign = words.AREA if problem.sign is None else words.SIGNS[problem.sign]
    text = _("%(region)s, %(sign)s: %(wrong)s.")
    named = {"region": words.REGIONS[problem.region], "sign": str(sign).lower(), "wrong": WRONG[problem.wrong]}
    return {column: text % named}


def _settle(row: Assessment, by: Actor, *, sign: bool, renew: bool = True, at: datetime) -> None:
    """Score and sign the row, or leave it a draft; save it and renew the current scores, unless the caller does."""
    if not sign:
        row.state = AssessmentState.DRAFT
    else:
        result = scored(row, row.patient.birth_date)
        for name, value in result._asdict().items():
            setattr(row, name, value)
        row.state, row.signed_at, row.signed_by = AssessmentState.SIGNED, at, by.account
    row.full_clean(exclude=["patient"], validate_constraints=False)
    row.save()
    if sign and renew:
        renew_current(row.patient, row.instrument)


def scored(row: Assessment, born_on: date) -> Scored:
    """The score of the row's items at the age on the day assessed. ValidationError names each missing or clashing item."""
    if row.instrument == Instrument.EASI:
        errors: dict[str, Any] = {}
        for problem in easi.problems(row.findings):
            errors |= _named(problem)
        if errors:
            raise ValidationError(errors)
        result = easi.score(row.findings, easi.weight_set(born_on, row.assessed_on))
        return Scored(result.total, result.band, easi.VERSION, result.head_neck, result.weights)
    if row.instrument == Instrument.POEM:
        answered = poem.score(row.answers)
        if len(answered.open) == len(row.answers):
            raise ValidationError(_("Nothing is answered yet."))
        return Scored(answered.total, answered.band or "", poem.VERSION, is_imputed=answered.is_imputed)
    if row.level is None:
        raise ValidationError({"level": _("Choose a level.")})
    if row.instrument == Instrument.VIGA_AD:
        return Scored(row.level, viga.band(row.level), viga.VERSION)
    return Scored(row.level, itch.band(row.level), itch.VERSION)
