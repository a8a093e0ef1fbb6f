"""Assessments, laboratory values, and what the chart is drawn from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.access import May
from clinics.api import now, operation
from clinics.errors import Stale
from clinics.problems import Refused
from patients import actions, queries
from patients.api.base import ETAG, IF_MATCH, PatientEndpoint, RowEndpoint, RowsQuery, WithdrawIn
from patients.api.score_shapes import (
    AMENDED,
    DRAFT,
    FIELDS,
    NEW,
    AmendedAssessmentIn,
    AssessmentOut,
    AssessmentPage,
    AssessmentsQuery,
    ChangedAssessmentProblem,
    ChartOut,
    ChartQuery,
    DraftAssessmentIn,
    LabIn,
    LabOut,
    LabPage,
    NewAssessmentIn,
    ReleaseIn,
    Shapes,
    WhichInstrument,
    columns_of,
)
from patients.models import Assessment, AssessmentState, LabResult, Patient
from patients.queries.assessments import Which, assessments, colleague
from patients.queries.chart import range_start
from patients.queries.chart_data import chart_data

KEPT = ("limit", "instrument", "from_on", "until_on", "state", "with_withdrawn")  # in the link to the next page
CHANGED: dict[str, Any] = {"described": {409: ChangedAssessmentProblem}, "refusals": (404,)}


@contextmanager
def errors_by_place() -> Iterator[None]:
    """Errors of items under the place they have in the body: `items.head_neck.redness`, not `hn_redness`."""
    try:
        yield
    except ValidationError as error:
        if not hasattr(error, "error_dict"):
            raise
        named = {FIELDS.get(name, name): texts for name, texts in error.message_dict.items()}
        raise ValidationError(named) from None


class AssessmentEndpoint(PatientEndpoint):
    """An operation on assessments."""

    def shown(self, row: Assessment, status: int = HTTPStatus.OK) -> Response:
        """The assessment with its version as ETag."""
        return Response(AssessmentOut(row).data, status=status, headers={"ETag": f'"{row.version}"'})

    def note_opened(self, patient: Patient) -> None:
        """Leave the row that an assessment was shown, where no change leaves one."""
        actions.open_patient(self.actor(patient.clinic), patient, at=now(), page="assessment opened")

    def named(self, public_id: UUID, row_id: UUID) -> Assessment:
        """The assessment of the address, for somebody who may record its instrument."""
        patient = self.patient(public_id, May.SEE_CLINICAL, May.RECORD_FACTS)
        row = queries.row_of(Assessment, self.request.user, patient, row_id)
        self.actor(patient.clinic).must(actions.right_to_record(row.instrument), patient.clinic)
        return row

    def sent(self, shapes: Shapes, old: Assessment | None = None) -> dict[str, Any]:
        """The body as its instrument reads it; of a change it is the instrument of what is changed."""
        instrument = self.body(WhichInstrument)["instrument"]
        if old is not None and instrument != old.instrument:
            raise serializers.ValidationError({"instrument": [f"This assessment is of {old.instrument}."]})
        return self.body(shapes[instrument])

    def values(self, sent: dict[str, Any], patient: Patient, old: Assessment | None = None) -> dict[str, Any]:
        """What the actions take: items by column, the rater as an account; rater and edition of a change stay."""
        instrument = sent["instrument"]
        values = columns_of(instrument, sent["items"])
        values |= {name: sent[name] for name in ("assessed_on", "comment", "respondent", "language") if name in sent}
        if sent.get("rater") is not None:
            values["rater"] = self._rater(sent["rater"], patient, old)
        elif old is not None:
            values["rater"] = old.rater
        if old is not None and sent.get("language", "") == old.language:
            values["edition"] = old.edition
        return values

    def _rater(self, wanted: UUID, patient: Patient, old: Assessment | None) -> Any:
        """The account; whoever scored the corrected version may have left since."""
        if old is not None and old.rater is not None and old.rater.public_id == wanted:
            return old.rater
        found = colleague(patient.clinic, wanted)
        if found is None:
            raise serializers.ValidationError({"rater": ["Nobody with this id works in the clinic."]})
        return found

    @contextmanager
    def changing(self, patient: Patient, version: int | None = None) -> Iterator[None]:
        """Errors by place; and a change that came too late answered with the assessment as it stands."""
        try:
            with errors_by_place():
                yield
        except Stale as stale:
            self.note_opened(patient)
            current = AssessmentOut(stale.current).data
            if version is not None and stale.current.version != version:
                text = "The assessment was changed since you read it. Nothing was saved."
                raise Refused(HTTPStatus.PRECONDITION_FAILED, text, current=current) from stale
            text = f"This version is {stale.current.get_state_display().lower()}. Nothing was saved."
            raise Refused(HTTPStatus.CONFLICT, text, current=current) from stale

    def once(self, row: Assessment, patient: Patient, *, is_new: bool) -> Response:
        """A row just made, or that of the first time when the same submission came again."""
        if not is_new:
            self.note_opened(patient)
        return self.shown(row, HTTPStatus.CREATED)


class Assessments(AssessmentEndpoint):
    """The assessments of a patient."""

    query = AssessmentsQuery

    @operation("assessments_list", answer=AssessmentPage, query=AssessmentsQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """List the assessments of a patient, the latest day first.

        Of several on a day the last entered stands first: it is the one trends and current scores take.
        """
        asked = self.params
        drafts = asked["state"] == "draft"
        dates = asked.get("from_on"), asked.get("until_on")
        which = Which(asked.get("instrument", ""), *dates, drafts, asked["with_withdrawn"])
        with transaction.atomic():
            patient = self.patient(public_id, May.SEE_CLINICAL)
            actions.open_patient(self.actor(patient.clinic), patient, at=now(), page="assessments opened")
            rows, more = assessments(patient, which, after=asked.get("after"), size=asked["limit"])
        kept = {name: request.query_params[name] for name in KEPT if name in request.query_params}
        following = self.link(**kept, after=rows[-1].public_id) if more else None
        return Response({"results": AssessmentOut(rows, many=True).data, "next": following})

    @operation(
        "assessments_record",
        takes=NewAssessmentIn,
        answer=AssessmentOut,
        status=201,
        refusals=(404, 409),
        headers=(ETAG,),
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Record an assessment from its items; the server scores and signs it, unless it is to stay a draft.

        EASI and vIGA-AD need the right to score, POEM and itch the right to record clinical facts. The same `submission`
        again answers the record of the first time.
        """
        patient = self.patient(public_id, May.SEE_CLINICAL, May.RECORD_FACTS)
        instrument = self.body(WhichInstrument)["instrument"]
        by, at = self.actor(patient.clinic), now()
        by.must(actions.right_to_record(instrument), patient.clinic)
        sent = self.sent(NEW)
        more = {"submission": sent.get("submission") or uuid4(), "sign": sent["sign"], "at": at}
        with errors_by_place():
            row = actions.record_assessment(by, patient, instrument, self.values(sent, patient), **more)
        return self.once(row, patient, is_new=row.recorded_at == at)


class AssessmentDetail(AssessmentEndpoint):
    """One assessment."""

    @operation("assessments_read", answer=AssessmentOut, refusals=(403, 404), headers=(ETAG,))
    def get(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Read one version of an assessment, whether it counts or not. It leaves an audit row."""
        with transaction.atomic():
            patient = self.patient(public_id, May.SEE_CLINICAL)
            row = queries.row_of(Assessment, request.user, patient, row_id)
            self.note_opened(patient)
            return self.shown(row)


class AssessmentDraft(AssessmentEndpoint):
    """Going on with a draft."""

    @operation(
        "assessments_draft",
        takes=DraftAssessmentIn,
        answer=AssessmentOut,
        described={409: ChangedAssessmentProblem, 412: ChangedAssessmentProblem},
        refusals=(404, 428),
        headers=(IF_MATCH, ETAG),
    )
    def put(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Save a draft as a whole, or sign it. 409 when it is no draft any more."""
        draft = self.named(public_id, row_id)
        version = self.version()
        sent = self.sent(DRAFT, draft)
        patient, values = draft.patient, self.values(sent, draft.patient, draft)
        with self.changing(patient, version):
            by, more = self.actor(patient.clinic), {"version": version, "sign": sent["sign"], "at": now()}
            return self.shown(actions.save_draft(by, draft, values, **more))


class AssessmentAmendment(AssessmentEndpoint):
    """Correcting a signed assessment."""

    @operation("assessments_amend", takes=AmendedAssessmentIn, answer=AssessmentOut, status=201, headers=(ETAG,), **CHANGED)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Correct a signed assessment: a new version with the reason, from a whole set of items.

        The old version stays readable and counts nowhere. 409 when it was no longer the live one.
        """
        old = self.named(public_id, row_id)
        sent, at = self.sent(AMENDED, old), now()
        patient, values = old.patient, self.values(sent, old.patient, old)
        with self.changing(patient):
            more = {"reason": sent["reason"], "submission": sent.get("submission") or uuid4(), "at": at}
            row = actions.amend_assessment(self.actor(patient.clinic), old, values, **more)
        return self.once(row, patient, is_new=row.signed_at == at)


class AssessmentWithdrawal(AssessmentEndpoint):
    """Taking an assessment back."""

    @operation("assessments_withdraw", takes=WithdrawIn, answer=AssessmentOut, **CHANGED)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Take back an assessment as entered in error, or drop a draft; it stays in history and counts nowhere.

        A second call changes nothing; 409 for a version that was amended: take back the one that replaced it.
        """
        row = self.named(public_id, row_id)
        reason, patient = self.body(WithdrawIn)["reason"], row.patient
        if row.state == AssessmentState.WITHDRAWN:
            self.note_opened(patient)
            return self.shown(row)
        with self.changing(patient):
            actions.withdraw_assessment(self.actor(patient.clinic), row, reason=reason, at=now())
        row.refresh_from_db()
        return self.shown(row)


class AssessmentRelease(AssessmentEndpoint):
    """Showing an assessment to the patient."""

    @operation("assessments_release", takes=ReleaseIn, answer=AssessmentOut, **CHANGED)
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Let the patient, and guardians if so chosen, see a signed assessment, or stop it. 409 when it is not live."""
        row = self.named(public_id, row_id)
        asked, patient = self.body(ReleaseIn), row.patient
        with self.changing(patient):
            return self.shown(actions.release_assessment(self.actor(patient.clinic), row, **asked, at=now()))


class LabEndpoint(RowEndpoint):
    """Rows of laboratory values."""

    model, out, opened = LabResult, LabOut, "laboratory results opened"
    sees, records = May.SEE_CLINICAL, May.RECORD_FACTS


class Labs(LabEndpoint):
    """The laboratory values of a patient."""

    query = RowsQuery

    @operation("labs_list", answer=LabPage, query=RowsQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """List the laboratory values (serum TARC in pg/mL) of a patient, the last recorded first."""
        return self.listed(public_id)

    @operation("labs_record", takes=LabIn, answer=LabOut, status=201, refusals=(404, 409))
    def post(self, request: Request, public_id: UUID) -> Response:
        """Record a serum TARC. The same `submission` again answers the row of the first time."""
        patient = self.patient(public_id, self.sees, self.records)
        values, by, at = self.body(LabIn), self.actor(patient.clinic), now()
        submission = values.pop("submission", None) or uuid4()
        row = actions.record_lab_result(by, patient, values, submission=submission, at=at)
        if row.recorded_at != at:
            actions.open_patient(by, patient, at=at, page=self.opened)
        return self.created(row)


class LabWithdrawal(LabEndpoint):
    """Taking a laboratory value back."""

    @operation("labs_withdraw", takes=WithdrawIn, answer=LabOut, refusals=(404,))
    def post(self, request: Request, public_id: UUID, row_id: UUID) -> Response:
        """Take back a laboratory value, with the reason. It stays in history; a second call changes nothing."""
        return self.withdrawn(public_id, row_id)


class Chart(PatientEndpoint):
    """What the chart is drawn from."""

    query = ChartQuery

    @operation("chart_read", answer=ChartOut, query=ChartQuery, refusals=(403, 404))
    def get(self, request: Request, public_id: UUID) -> Response:
        """Read the points of every instrument and of TARC over 12 weeks, 6 months, 1 year or all time, the oldest first."""
        wanted, at = self.params["range"], now()
        with transaction.atomic():
            patient = self.patient(public_id, May.SEE_CLINICAL)
            today = patient.clinic.today(at)
            from_on = range_start(wanted, today)
            actions.open_patient(self.actor(patient.clinic), patient, at=at, page="chart opened")
            series = chart_data(patient, from_on=from_on)
        return Response({"range": wanted, "from_on": from_on, "until_on": today, "series": series})
