"""The nightly sweep: facts also change by themselves, with birthdays, ends of courses, and days to look again."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from clinics.access import Actor
from clinics.models import Clinic
from patients.models import Patient
from regimens import queries
from regimens.actions.work import check_again
from regimens.models import LastCheck, WorkItem

MOST = 2000  # patients in one run: well within the time a task may take; the next run goes on
AT_ONCE = 100

log = logging.getLogger(__name__)


@dataclass
class Swept:
    """What a run of the sweep did."""

    checked: int = 0
    raised: int = 0
    failed: int = 0


def sweep(by: Actor, *, at: datetime, most: int = MOST) -> Swept:
    """Check the lines of every patient whom no sweep has checked on this day of their clinic; so many in one run.

    Each in a transaction of its own. One that fails is logged by id and passed over, and tried again by the next run.
    Safe to run twice, late, or beside another.
    """
    done = Swept()
    for clinic in Clinic.objects.order_by("pk"):
        on, after = clinic.today(at), 0
        while done.checked < most:
            rows = queries.due_for_check(clinic, on=on, after=after, size=min(AT_ONCE, most - done.checked))
            if not rows:
                break
            for key, public_id in rows:
                _check_one(by, key, public_id, on, at, done)
            after = rows[-1][0]
    return done


def _check_one(by: Actor, key: int, public_id: UUID, on: date, at: datetime, done: Swept) -> None:
    try:
        raised = check_for_the_day(by, Patient.objects.select_related("clinic").get(pk=key), on=on, at=at)
    except Exception:  # whatever a rule or a row does: the others must be checked
        log.exception("the lines of patient %s could not be checked", public_id)
        done.failed += 1
    else:
        done.checked += 1
        done.raised += len(raised)


@transaction.atomic
def check_for_the_day(by: Actor, patient: Patient, *, on: date, at: datetime) -> list[WorkItem]:
    """Ask the rules about every line of a patient again, and note that it was done on this day of the clinic."""
    raised = check_again(by, patient, at=at)
    seen = {"checked_on": on, "jurisdiction": patient.clinic.jurisdiction}
    LastCheck.objects.update_or_create(patient=patient, defaults=seen)
    return raised


def check_clinic_anew(clinic: Clinic) -> None:
    """Let the next run check every line of a clinic, whatever was checked today: it chose other rules."""
    LastCheck.objects.filter(patient__clinic=clinic).delete()


def check_everybody_anew() -> None:
    """Let the next runs check every line there is: the catalogue says something else now."""
    LastCheck.objects.all().delete()
