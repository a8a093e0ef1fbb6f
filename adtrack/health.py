"""Whether this process is alive, and whether the installation can do its work. No version, no data."""

from django.http import HttpRequest, HttpResponse


def healthz(request: HttpRequest) -> HttpResponse:
    """Alive."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """Ready."""
    return HttpResponse("ok\n", content_type="text/plain")
