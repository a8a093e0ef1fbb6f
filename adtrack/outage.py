"""While the database cannot be reached, every page says so: 503 and when to try again, never a bare 500.

This is the handler of error 500 and not a middleware: Django turns an exception into a response right where it rose, in
a view or in any middleware, and calls this handler there.
"""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from clinics.http import Request
from clinics.problems import problem
from clinics.views import errors

RETRY_SECONDS = 30


def server_error(request: Request) -> HttpResponse:
    """503 for a database that is away, 500 for everything else."""
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return errors.server_error(request)
    title = _("Not available at the moment")
    text = _("adtrack cannot reach its database. Nothing that had been saved was lost. Try again in a minute.")
    if request.path.startswith("/api/"):
        response: HttpResponse = problem(request, 503, text)
    else:
        # Without the request, like every page of error 500: asking who is signed in would ask the database again.
        context = {"title": title, "text": text, "number": getattr(request, "request_id", "")}
        response = HttpResponse(render_to_string("server_error.html", context), status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response
