"""Doses: which are planned, what was said of them, adherence, tubes, and the times of the day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.access import May
from clinics.api import now, operation
from clinics.errors import Stale
from clinics.models.base import local_date
from clinics.problems import Refused
from patients import queries as patients
from patients.actions import open_patient
from patients.api.base import ETAG, IF_MATCH, RowEndpoint, RowsQuery, WithdrawIn
from patients.api.shapes import NothingIn
from patients.models import Patient
from regimens import actions
from regimens.actions.doses import UNDONE
from regimens.api.base import TreatmentEndpoint, refused_values
from regimens.api.dose_shapes import (
    MOST_DAYS,
    MOST_SLOT_DAYS,
    AdherenceOut,
    AdherenceQuery,
    BesideIn,
    DoseIn,
    DoseOut,
    DosePage,
    RecordedDoseProblem,
    SaidIn,
    SlotsOut,
    SlotsQuery,
    TimesIn,
    TubesIn,
    TubesOut,
    TubesPage,
    said_of,
)
from regimens.api.line_shapes import ChangedLineProblem, LineOut
from regimens.errors import AlreadyRecorded
from regimens.models import Application, DosePlan, RegimenLine, TubeReport
from regimens.protocol.adherence import Tally
from regimens.protocol.slots import Slot
from regimens.queries.dose_numbers import numbers, stored_settings, verdict
from regimens.queries.dose_slots import dose_now, plans_with, slots_of
from regimens.queries.doses import LineDoses, Settings, calendar, dose_settings, line_doses

DEFAULT_SLOT_DAYS = 8  # today and the seven days of which a dose can be recorded
RECORDING: dict[str, Any] = {"described": {409: RecordedDoseProblem}, "refusals": (404, 422)}
TUBES: dict[str, Any] = {"refusals": (404, 422)}
TIMES: dict[str, Any] = {
    "described": {412: ChangedLineProblem},
    "refusals": (404, 422, 428),
    "headers": (IF_MATCH, ETAG),
}


class UseEndpoint(RowEndpoint):
    """How lines are used: for dermatologists and nurses, who record on behalf of the patient."""

    sees, records = May.SEE_CLINICAL, May.RECORD_FACTS

    def note_opened(self, patient: Patient, page: str = "doses opened") -> None:
        """Leave the row that doses were shown, where no change leaves one."""
        open_patient(self.actor(patient.clinic), patient, at=now(), page=page)

    def recorder(self, public_id: UUID) -> Patient:
        """The patient of the address, for somebody who may record doses."""
        return self.patient(public_id, self.sees, self.records)

    def lines(self, patient: Patient) -> list[RegimenLine] | None:
        """The line of the query, if one is named."""
        asked = {"line": self.params.get("line")}
        self.named(cast(Any, RegimenLine), patient, asked, "line")
        return [cast(RegimenLine, asked["line"])] if asked["line"] is not None else None

    def days(self, today: date, usual: int, most: int) -> tuple[date, date]:
        """The days of the query; without a first one so many of them as usual, up to `until_on` or today."""
        until = self.params.get("until_on", today)
        since = self.params.get("from_on", until - timedelta(days=usual - 1))
        if until < since:
            raise serializers.ValidationError({"until_on": ["This is before the first day."]})
        if (until - since).days >= most:
            raise serializers.ValidationError({"until_on": [f"At the most {most} days."]})
        return since, until

    @contextmanager
    def recording(self, patient: Patient) -> Iterator[None]:
        """Answer what somebody else said before, or has changed, with what counts now; 422 names values that cannot be."""
        try:
            yield
        except AlreadyRecorded as known:
            self._refuse(patient, known.row, known)
        except Stale as stale:
            self._refuse(patient, dose_now(stale.current), stale)
        except ValidationError as error:
            raise refused_values(error) from error

    def _refuse(self, patient: Patient, row: Application, why: Exception) -> None:
        self.note_opened(patient)
        if row.withdrawn_at is not None:
            raise Refused(
                HTTPStatus.CONFLICT, "This record was undone. Nothing was saved.", current=DoseOut(row).data
            ) from why
        who = row.recorded_by.name if row.recorded_by else None
        text = f"This dose is recorded already, as {row.outcome}, by {who}. Nothing was saved."
        more = {"recorded_by": who, "recorded_at": row.recorded_at, "current": DoseOut(row).data}
        raise Refused(HTTPStatus.CONFLICT, text, **more) from why


class DoseEndpoint(UseEndpoint):
    """Records of doses."""

    model, out, opened = Application, DoseOut, "doses opened"
    related = ("recorded_by", "line", "plan", "replaces")


def today_of(patient: Patient) -> date:
    """The patient's day."""
    return local_date(now(), patient.zone or patient.clinic.zone)


class DoseSlots(UseEndpoint):
    """Which doses are planned."""

    query = SlotsQuery

    @operation("dose_slots_list", answer=SlotsOut, query=SlotsQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """List the planned doses of each line between two days, with what is recorded of them; at the most 92 days.

        `no_record` is neither done nor skipped: nobody has said anything. A dose that was due before its phase was entered
        here could not be recorded, and is left out unless it was.
        """
        with transaction.atomic():
            patient = self.patient(public_id, self.sees)
            since, until = self.days(today_of(patient), DEFAULT_SLOT_DAYS, MOST_SLOT_DAYS)
            lines = self.lines(patient)
            self.note_opened(patient)
            found = slots_of(patient, since=since, until=until, at=now(), lines=lines)
        return Response(SlotsOut({"from_on": since, "until_on": until, "lines": found}).data)


class Doses(DoseEndpoint):
    """What was said about doses."""

    query = RowsQuery

    @operation("doses_list", answer=DosePage, query=RowsQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """List what was said about doses, the last recorded first; with `with_withdrawn` what was undone, too."""
        return self.listed(public_id)

    @operation("doses_record", takes=DoseIn, answer=DoseOut, status=201, **RECORDING)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Record a planned dose as done or skipped: on its day or up to seven days later, never ahead.

        409 when somebody has said something about it before: by whom, when, and the record (`current`).
        """
        patient = self.recorder(public_id)
        values = self.body(DoseIn)
        self.named(cast(Any, DosePlan), patient, values, "plan")
        self.named(cast(Any, RegimenLine), patient, values, "line")
        slot = Slot(values["slot_on"], values["slot"])
        with self.recording(patient):
            plan = values["plan"] or self._plan(values["line"], slot)
            row = actions.record_dose(self.actor(patient.clinic), plan, slot, said_of(values), at=now())
        return self.created(row)

    def _plan(self, line: RegimenLine, slot: Slot) -> DosePlan:
        found = plans_with(line, slot)
        if not found:
            raise ValidationError({"slot": "No dose is planned then."})
        if len(found) > 1:
            raise ValidationError({"plan": "Several phases of this line have this dose: give the plan."})
        return found[0]


class DosesBeside(DoseEndpoint):
    """Applications that no slot asked for."""

    @operation("doses_record_extra", takes=BesideIn, answer=DoseOut, status=201, **RECORDING)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Record an extra application, or one as needed, up to seven days back. The same moment again answers 409."""
        patient = self.recorder(public_id)
        values = self.body(BesideIn)
        self.named(cast(Any, RegimenLine), patient, values, "line")
        line = values.pop("line")
        with self.recording(patient):
            row = actions.record_application(self.actor(patient.clinic), line, **values, at=now())
        return self.created(row)


class DoseUndoing(DoseEndpoint):
    """Taking back what was said."""

    @operation("doses_undo", takes=NothingIn, answer=DoseOut, **RECORDING)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Take a record back: its dose has no record then. It stays in history; a second call changes nothing."""
        patient = self.recorder(public_id)
        row = patients.row_of(Application, request.user, patient, row_id)
        self.body(NothingIn)
        if row.withdrawn_reason == UNDONE:
            self.note_opened(patient)
            return Response(DoseOut(row).data)
        with self.recording(patient):
            actions.undo_dose(self.actor(patient.clinic), row, at=now())
        row.refresh_from_db()
        return Response(DoseOut(row).data)


class DoseChanging(DoseEndpoint):
    """Saying something else."""

    @operation("doses_change", takes=SaidIn, answer=DoseOut, status=201, **RECORDING)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Say something else about a planned dose: a new record, which names the one it replaces.

        409 when that one was undone or changed already; `current` is what counts now.
        """
        patient = self.recorder(public_id)
        row = patients.row_of(Application, request.user, patient, row_id)
        said = said_of(self.body(SaidIn))
        with self.recording(patient):
            fresh = actions.change_dose(self.actor(patient.clinic), row, said, at=now())
        return self.created(fresh)


# --- Adherence --------------------------------------------------------------------------------------------------------


class Adherence(UseEndpoint):
    """What was applied of what was due."""

    query = AdherenceQuery

    @operation("adherence_read", answer=AdherenceOut, query=AdherenceQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """Read the adherence of each line between two days, with its calendar and the numbers it is judged by.

        expected = done + skipped + no_record. `percent` is of the recorded ones; with few records there is none, and the
        verdict is `too_few`. Lines prescribed elsewhere have no doses here.
        """
        at = now()
        with transaction.atomic():
            patient = self.patient(public_id, self.sees)
            settings, today = dose_settings(patient.clinic), today_of(patient)
            since, until = self.days(today, settings.window_days, MOST_DAYS)
            lines = self.lines(patient)
            self.note_opened(patient, "adherence opened")
            found = line_doses(patient, since=since, until=until, at=at, lines=lines)
            days = [calendar(doses, since=since, until=until, today=today) for doses in found]
            thresholds = numbers(stored_settings(patient.clinic))
        shown = [_judged(doses, settings) | {"days": _days(rows)} for doses, rows in zip(found, days, strict=True)]
        answer = {"from_on": since, "until_on": until, "lines": shown}
        judged_by = [one for one in thresholds if one.name != "open_event_days"]
        return Response(AdherenceOut(answer | {"thresholds": judged_by}).data)


def _counts(found: Tally) -> dict[str, int]:
    return {name: getattr(found, name) for name in ("expected", "done", "skipped", "no_record")}


def _days(rows: Any) -> list[dict[str, Any]]:
    return [_counts(row.tally) | {"on": row.on, "state": row.state} for row in rows]


def _judged(doses: LineDoses, settings: Settings) -> dict[str, Any]:
    found = doses.tally
    judged = {"percent": found.percent(settings.least_records), "verdict": verdict(found, settings)}
    line = {"line": doses.line.public_id, "product": doses.line.product, "extra": len(doses.extra)}
    return _counts(found) | judged | line


# --- Tubes and times --------------------------------------------------------------------------------------------------


class TubeEndpoint(UseEndpoint):
    """Rows of used tubes."""

    model, out, opened = TubeReport, TubesOut, "tubes opened"
    related = ("recorded_by", "line")
    withdraw = staticmethod(actions.withdraw)


class Tubes(TubeEndpoint):
    """How many tubes were used up."""

    query = RowsQuery

    @operation("tubes_list", answer=TubesPage, query=RowsQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """List the reports of used tubes of a patient, the last recorded first."""
        return self.listed(public_id)

    @operation("tubes_report", takes=TubesIn, answer=TubesOut, status=201, **TUBES)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Report how many tubes of a line were used up from one day to another."""
        patient = self.recorder(public_id)
        values = self.body(TubesIn)
        self.named(cast(Any, RegimenLine), patient, values, "line")
        with self.recording(patient):
            row = actions.report_tubes(self.actor(patient.clinic), **values, at=now())
        return self.created(row)


class TubesWithdrawal(TubeEndpoint):
    """Taking a report of tubes back."""

    @operation("tubes_withdraw", takes=WithdrawIn, answer=TubesOut, refusals=(404,))
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Take back a report of tubes, with the reason. It stays in history; a second call changes nothing."""
        return self.withdrawn(public_id, row_id)


class LineTimes(TreatmentEndpoint):
    """When the doses of a day are due."""

    @operation("line_times", takes=TimesIn, answer=LineOut, **TIMES)
    def put(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Move the times of a line's doses, in all its phases that have these doses; the doses stay what they are.

        If-Match takes the version of the line. With a `zone` the times are of that zone from now on.
        """
        patient = self.patient(public_id, May.SEE_CLINICAL, May.RECORD_FACTS)
        line = self.line_named(patient, row_id)
        version = self.version()
        sent = self.body(TimesIn)
        times = [(one["name"], one["at"]) for one in sent["times"]]
        with self.prescribing(patient):
            by = self.actor(patient.clinic)
            actions.set_times(by, line, times, zone=sent["zone"], version=version, at=now())
        return self.shown_line(line)
