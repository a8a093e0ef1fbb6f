"""What a clinic chooses about doses: for its medical lead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.access import May
from clinics.api import now, operation
from clinics.errors import Stale
from clinics.problems import Refused
from patients.api.base import ETAG, IF_MATCH, PatientEndpoint
from regimens import actions
from regimens.api.base import refused_values
from regimens.api.dose_shapes import ChangedSettingsProblem, DoseSettingsIn, DoseSettingsOut, DoseSettingsQuery
from regimens.models import DoseSettings
from regimens.queries.dose_numbers import stored_settings

CHANGING: dict[str, Any] = {
    "described": {412: ChangedSettingsProblem},
    "refusals": (422, 428),
    "headers": (IF_MATCH, ETAG),
}


class ClinicDoseSettings(PatientEndpoint):
    """The clinic's numbers and words about doses."""

    query = DoseSettingsQuery

    @operation("dose_settings_read", answer=DoseSettingsOut, query=DoseSettingsQuery, refusals=(403,), headers=(ETAG,))
    def get(self, request: Request) -> Response:
        """Read what the clinic chose about doses, each number as it works, and whether a source stands behind it."""
        clinic = self.clinic(self.params.get("clinic"), May.SEE_CLINICAL, May.CHOOSE_RULES)
        return self.shown(stored_settings(clinic))

    @operation("dose_settings_replace", takes=DoseSettingsIn, answer=DoseSettingsOut, **CHANGING)
    def put(self, request: Request) -> Response:
        """Choose the clinic's numbers (null: the default) and its own words to patients (empty: none)."""
        values = self.body(DoseSettingsIn)
        clinic = self.clinic(values.pop("clinic", None), May.SEE_CLINICAL, May.CHOOSE_RULES)
        version = self.version()
        with self.changing():
            row = actions.change_dose_settings(self.actor(clinic), clinic, values, version=version, at=now())
        return self.shown(row)

    def shown(self, row: DoseSettings) -> Response:
        """The settings with their version as ETag."""
        return Response(DoseSettingsOut(row).data, headers={"ETag": f'"{row.version}"'})

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Answer a stale save with the settings as they stand."""
        try:
            yield
        except Stale as stale:
            text = "The settings were changed since you read them. Nothing was saved."
            current = DoseSettingsOut(stale.current).data
            raise Refused(HTTPStatus.PRECONDITION_FAILED, text, current=current) from stale
        except ValidationError as error:
            raise refused_values(error) from error
