"""Addresses of the API, version 1, its schema and the page to read and try it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.urls import include, path, re_path
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from clinics.api import Endpoint


class Schema(Endpoint, SpectacularAPIView):
    """The OpenAPI document, in JSON, for anybody signed in."""

    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer]


class Nothing(Endpoint):
    """Every other address below the API: 404 as problem JSON for whoever is signed in, whatever the method."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out who is asking, then that there is nothing here."""
        super().initial(request, *args, **kwargs)
        raise Http404


# A page for people: without a session it leads to the sign-in, as every page does.
docs = login_required(
    SpectacularSwaggerSplitView.as_view(
        url_name="api_schema",
        title="adtrack API",
        authentication_classes=[SessionAuthentication],
        permission_classes=[IsAuthenticated],
    )
)

urlpatterns = [
    path("schema/", Schema.as_view(), name="api_schema"),
    path("docs/", docs, name="api_docs"),
    path("", include("clinics.api")),
    path("", include("regimens.api")),
    path("", include("patients.api")),
    re_path(r"", Nothing.as_view(), name="api_nothing"),
]
