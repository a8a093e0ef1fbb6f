"""Patients: list, search, register, close. Reading, correcting and opening again: regimens.api.records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.access import May
from clinics.api import now, operation
from clinics.models import Clinic
from clinics.problems import Refused
from patients import actions, queries
from patients.api.base import ETAG, IF_MATCH, ChangedProblem, PatientEndpoint
from patients.api.shapes import (
    CloseIn,
    DuplicateProblem,
    FoundPage,
    PatientLine,
    PatientOut,
    PatientPage,
    PatientsQuery,
    PossibleDuplicate,
    RegisterIn,
    SearchIn,
)

LOCATION = OpenApiParameter("Location", str, OpenApiParameter.HEADER, response=[201], description="The new record.")
VERSIONED: dict[str, Any] = {
    "described": {409: ChangedProblem, 412: ChangedProblem},
    "refusals": (404, 428),
    "headers": (IF_MATCH, ETAG),
}


@contextmanager
def guardian_errors_by_place() -> Iterator[None]:
    """Errors of the guardian under the place they have in the body: `guardian.evidence`, not `guardian_evidence`."""
    try:
        yield
    except ValidationError as error:
        texts = error.message_dict.items()
        raise ValidationError({re.sub("^guardian_", "guardian.", name): those for name, those in texts}) from None


class PatientList(PatientEndpoint):
    """A page of a clinic's patients, and the audit row that it was looked at."""

    def page(self, clinic: Clinic, asked: dict[str, Any], *, searched: bool) -> queries.Page:
        """The rows; in one transaction with the audit row."""
        search = queries.Search(asked.get("text", ""), asked.get("born_on"), asked["with_closed"])
        with transaction.atomic():
            actions.open_list(self.actor(clinic), clinic, searched=searched, at=now())
            rows = queries.found(self.request.user, clinic, search)
            after, before = asked.get("after"), asked.get("before")
            return queries.page_of_patients(rows, after=after, before=before, size=asked["limit"])


class Patients(PatientList):
    """The patients of a clinic."""

    query = PatientsQuery

    @operation("patients_list", answer=PatientPage, query=PatientsQuery, refusals=(403,))
    def get(self, request: Request) -> Response:
        """List the patients of a clinic in name order.

        Searching by name, record number or birth date is `POST /api/v1/patients/search/`, so that none of them stands in
        an address.
        """
        clinic = self.clinic(self.params.get("clinic"), May.SEE_PATIENTS)
        page = self.page(clinic, self.params, searched=False)
        # The clinic is named in the links, so that switching the active clinic half-way does not mix two lists.
        kept = {name: request.query_params[name] for name in ("limit", "with_closed") if name in request.query_params}
        kept["clinic"] = str(clinic.public_id)
        shown = {
            "results": page.rows,
            "next": self.link(**kept, after=page.rows[-1].public_id) if page.has_next and page.rows else None,
            "previous": self.link(**kept, before=page.rows[0].public_id) if page.has_previous and page.rows else None,
        }
        return Response(PatientPage(shown).data)

    @operation(
        "patients_register",
        takes=RegisterIn,
        answer=PatientOut,
        status=201,
        described={409: DuplicateProblem},
        headers=(ETAG, LOCATION),
    )
    def post(self, request: Request) -> Response:
        """Register a patient.

        Answers 409 with `possible_duplicates` when the clinic has a patient born on the same day with a similar name:
        compare, then send `confirm_not_duplicate`.
        """
        self.clinic(None, May.SEE_PATIENTS)
        values = self.body(RegisterIn)
        clinic = self.clinic(values.pop("clinic"), May.SEE_PATIENTS, May.EDIT_PATIENTS)
        if not values.pop("confirm_not_duplicate"):
            self._refuse_duplicates(clinic, values)
        guardian = values.pop("guardian", None)
        with guardian_errors_by_place():
            patient = actions.register_patient(self.actor(clinic), clinic, values, guardian=guardian, at=now())
        answer = self.answer(patient, HTTPStatus.CREATED)
        answer["Location"] = reverse("api_patient", args=[patient.public_id])
        return answer

    def _refuse_duplicates(self, clinic: Clinic, values: dict[str, Any]) -> None:
        alike = queries.possible_duplicates(
            clinic, family=values["family_name"], given=values["given_name"], born_on=values["birth_date"]
        )
        if alike:
            actions.show_duplicates(self.actor(clinic), alike, at=now())
            shown = PossibleDuplicate(alike, many=True).data
            raise Refused(HTTPStatus.CONFLICT, "This may be a patient you already have.", possible_duplicates=shown)


class PatientSearch(PatientList):
    """Finding patients without writing who was looked for into an address."""

    @operation("patients_search", takes=SearchIn, answer=FoundPage)
    def post(self, request: Request) -> Response:
        """Search the patients of a clinic by name, record number, birth date."""
        self.clinic(None, May.SEE_PATIENTS)
        asked = self.body(SearchIn)
        page = self.page(self.clinic(asked.get("clinic"), May.SEE_PATIENTS), asked, searched=True)
        return Response(
            {
                "results": PatientLine(page.rows, many=True).data,
                "after": page.rows[-1].public_id if page.has_next and page.rows else None,
                "before": page.rows[0].public_id if page.has_previous and page.rows else None,
            }
        )


class PatientClosing(PatientEndpoint):
    """Closing a record."""

    @operation("patients_close", takes=CloseIn, answer=PatientOut, **VERSIONED)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Close a record: it leaves the lists and stays readable."""
        patient = self.patient(public_id, May.EDIT_PATIENTS)
        version = self.version()
        values = self.body(CloseIn)
        with self.saving(version):
            saved = actions.close_patient(self.actor(patient.clinic), patient, **values, version=version, at=now())
        return self.answer(saved)
