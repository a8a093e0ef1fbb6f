"""Who did what: the clinic's audit for its administrator, and everybody's own activity.

They stand in this app because a row about a patient is shown with the record number. No name of a patient, no clinical value.
"""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinics import queries as clinic_queries
from clinics.access import May
from clinics.fields import MONTHS
from clinics.forms import AuditForm
from clinics.models import AuditEvent
from clinics.queries import AuditFilter
from clinics.views.base import needs
from patients import queries
from patients.views.lists import KEPT_SEARCHES

SALT = "audit page"
NOBODY = UUID(int=0)  # a record number nobody has finds nothing
