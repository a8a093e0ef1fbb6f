"""One patient's record: read, corrected, opened again. Both changes ask the rules about every line again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.access import May
from clinics.api import now, operation
from clinics.problems import Refused
from patients.actions import open_patient
from patients.api.base import ETAG, ChangedProblem, PatientEndpoint
from patients.api.records import VERSIONED
from patients.api.score_shapes import AffectedOut, CorrectIn, CorrectionProblem
from patients.api.shapes import NothingIn, PatientOut
from patients.errors import ScoresAffected
from patients.models import Patient
from regimens import actions

CORRECTED: dict[str, Any] = VERSIONED | {"described": {409: CorrectionProblem, 412: ChangedProblem}}


class PatientDetail(PatientEndpoint):
    """One patient's record."""

    @operation("patients_read", answer=PatientOut, refusals=(403, 404), headers=(ETAG,))
    def get(self, request: Request, public_id: UUID) -> Response:
        """Open a patient's record. It leaves an audit row."""
        with transaction.atomic():
            patient = self.patient(public_id)
            open_patient(self.actor(patient.clinic), patient, at=now())
            return self.answer(patient)

    @operation("patients_replace", takes=CorrectIn, answer=PatientOut, **CORRECTED)
    def put(self, request: Request, public_id: UUID) -> Response:
        """Correct a record as a whole.

        A birth date on which stored scores rest answers 409 and lists them: decide, then send `affected_scores`.
        """
        return self._save(public_id, partial=False)

    @operation("patients_correct", takes=CorrectIn, answer=PatientOut, **CORRECTED)
    def patch(self, request: Request, public_id: UUID) -> Response:
        """Correct some values of a record.

        A birth date on which stored scores rest answers 409 and lists them: decide, then send `affected_scores`.
        """
        return self._save(public_id, partial=True)

    def _save(self, public_id: UUID, *, partial: bool) -> Response:
        patient = self.patient(public_id, May.EDIT_PATIENTS)
        version = self.version()
        values = self.body(CorrectIn, partial=partial)
        more = {"affected_scores": values.pop("affected_scores", ""), "version": version, "at": now()}
        with self.saving(version), self.asking(patient):
            saved = actions.update_patient(self.actor(patient.clinic), patient, values, **more)
        if saved.version == version:  # nothing changed, so no row says that the record was shown
            self.shown_unsaved(saved)
        return self.answer(saved)

    @contextmanager
    def asking(self, patient: Patient) -> Iterator[None]:
        """Answer a birth date on which scores rest with those scores; showing them leaves its row."""
        try:
            yield
        except ScoresAffected as affected:
            open_patient(self.actor(patient.clinic), patient, at=now(), page="affected scores shown")
            text = "Stored scores rest on the birth date. Nothing was saved: send affected_scores with what to do."
            shown = AffectedOut(affected.rows, many=True).data
            raise Refused(HTTPStatus.CONFLICT, text, affected_scores=shown) from affected


class PatientReopening(PatientEndpoint):
    """Reopening a record."""

    @operation("patients_reopen", takes=NothingIn, answer=PatientOut, **VERSIONED)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Open a closed record again; a date of death entered with the closing is taken back."""
        patient = self.patient(public_id, May.EDIT_PATIENTS)
        version = self.version()
        self.body(NothingIn)
        with self.saving(version):
            saved = actions.reopen_patient(self.actor(patient.clinic), patient, version=version, at=now())
        return self.answer(saved)
