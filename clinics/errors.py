"""What an action or a page may answer instead of doing the work. Each door (page, API) turns these into its own answer."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404


class NotAllowed(PermissionDenied):
    """Inside the clinic, but not with this role: answered 403, leaves a security row."""

    def __init__(self, what: str, *, object_type: str = "", object_id: UUID | None = None, clinic: UUID | None = None):
        super().__init__(what)
        self.what, self.object_type, self.object_id, self.clinic = what, object_type, object_id, clinic


class NotYours(Http404):
    """Another clinic's record: answered 404 like one that does not exist, but leaves a security row."""

    def __init__(self, *, object_type: str, object_id: UUID, clinic: UUID | None, patient: UUID | None = None):
        super().__init__("not found")
        self.object_type, self.object_id, self.clinic, self.patient = object_type, object_id, clinic, patient


class Stale(Exception):
    """The record was changed by someone else since the page or the ETag was made; nothing was saved."""

    def __init__(self, current: Any):
        super().__init__("changed by someone else")
        self.current = current
