"""What every operation of the API has in common, and the operation that says who the caller is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import IO, Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from clinics.access import Access, Actor, May
from clinics.errors import NotAllowed
from clinics.models import ApiToken, Clinic
from clinics.problems import CONTENT_TYPE, Refused
from clinics.serializers import Myself, NoQuery, Problem, StrictSerializer

REFUSALS = {
    400: "Something in the query or the body cannot be accepted; `errors` names it.",
    401: "No session and no valid token.",
    403: "The role, or the scope of the token, does not allow it; or the CSRF token of a session is missing.",
    404: "There is no such record, or it is another clinic's: the answers are the same.",
    406: "Only JSON is offered.",
    409: "In conflict with what is recorded.",
    411: "The body came in chunks without its length.",
    412: "The record was changed since it was read.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "Well formed, but the rules of treatment do not let it be saved; `errors` or `findings` say why.",
    428: "If-Match is missing.",
    429: "Too many requests; Retry-After says how many seconds to wait.",
}
ANY = (400, 401, 406, 429)
WRITING = (403, 411, 413, 415)

Method = TypeVar("Method", bound=Callable[..., Response])
RESPONSE_HEADERS = [
    OpenApiParameter("Retry-After", int, OpenApiParameter.HEADER, response=[429], description="Seconds to wait."),
    OpenApiParameter("WWW-Authenticate", str, OpenApiParameter.HEADER, response=[401], description="Bearer."),
]


def operation(
    name: str,
    *,
    answer: type[serializers.BaseSerializer],
    status: int = 200,
    takes: type[serializers.BaseSerializer] | None = None,
    query: type[StrictSerializer] = NoQuery,
    refusals: Iterable[int] = (),
    described: Mapping[int, type[Problem]] | None = None,
    headers: Iterable[OpenApiParameter] = (),
) -> Callable[[Method], Method]:
    """Put a method into the schema: its docstring, what it takes and answers, and every way it may refuse."""
    codes = sorted({*ANY, *(WRITING if takes else ()), *refusals, *(described or {})})

    def document(method: Method) -> Method:
        summary, _, rest = (inspect.getdoc(method) or "").partition("\n")
        responses: dict[Any, Any] = {status: answer}
        for code in codes:
            shape = (described or {}).get(code, Problem)
            responses[(code, CONTENT_TYPE)] = OpenApiResponse(shape, description=REFUSALS[code])
        return extend_schema(
            operation_id=name,
            summary=summary.rstrip("."),
            description=rest.strip() or summary,
            request=takes,
            parameters=[*([] if query is NoQuery else [query]), *RESPONSE_HEADERS, *headers],
            responses=responses,
        )(method)

    return document


class JSONBody(JSONParser):
    """JSON, in UTF-8 whatever the request says (a charset may name any codec, such as zlib), and of bounded depth."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """The value of the body, or a ParseError."""
        try:
            return super().parse(stream, media_type, {**(parser_context or {}), "encoding": "utf-8"})
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None


class TokenThrottle(SimpleRateThrottle):
    """600 requests a minute for each token, counted in the cache all processes share. People at a page are not counted."""

    rate = "600/min"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """The token's own counter; None without a token."""
        return f"api-token:{request.auth.public_id}" if isinstance(request.auth, ApiToken) else None


class Endpoint(APIView):
    """An operation group: signed in, strict about its query, throttled, and never a way to keep a session alive."""

    http_method_names = ["get", "head", "post", "put", "patch"]
    # Named here, not only in the settings, so that no mixed-in view of a library brings a weaker one.
    permission_classes = [IsAuthenticated]
    parser_classes = [JSONBody]
    throttle_classes = [TokenThrottle]
    query: type[StrictSerializer] = NoQuery  # what GET takes; the other methods take nothing
    params: dict[str, Any]

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """A view whose calls do not count as a person's activity: a page that polls must not extend its session."""
        view: Any = super().as_view(**initkwargs)
        view.is_background = True
        return view

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who, whether, how often; then the query, which must hold nothing unknown."""
        self.access.channel = "api"
        super().initial(request, *args, **kwargs)
        if request.headers.get("Transfer-Encoding") and not request.META.get("CONTENT_LENGTH"):
            # Django reads such a body as an empty one, and a change that says nothing would seem to have been saved.
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "Send the body with its Content-Length.")
        self.params = self._query(request)

    @property
    def access(self) -> Access:
        """What the caller may do, narrowed by the scopes of the token if there is one."""
        plain: Any = self.request._request
        access: Access = plain.access
        return access

    def actor(self, clinic: Clinic) -> Actor:
        """The caller as an actor in the clinic of a record."""
        return self.access.actor(clinic)

    def body(self, shape: type[serializers.BaseSerializer], *, partial: bool = False) -> dict[str, Any]:
        """The validated body; a ValidationError names what is wrong."""
        serializer = shape(data=self.request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def clinic(self, public_id: UUID | None, *rights: May) -> Clinic:
        """A clinic of the caller (default: the active one) in which they hold the rights.

        Another clinic and one that does not exist are refused in the same words.
        """
        if self.access.clinic is None:
            raise NotAllowed(rights[0].value)
        wanted = public_id or self.access.clinic.public_id
        clinic = next((row for row in self.access.clinics if row.public_id == wanted), None)
        if clinic is None:
            raise serializers.ValidationError({"clinic": ["This is not a clinic of yours."]})
        for right in rights:
            self.actor(clinic).must(right, clinic)
        return clinic

    def link(self, **query: Any) -> str:
        """This address with another query."""
        return self.request.build_absolute_uri(f"{self.request.path}?{urlencode(query)}")

    def _query(self, request: Request) -> dict[str, Any]:
        shape = self.query if request.method in ("GET", "HEAD") else NoQuery
        repeated = [name for name, values in request.query_params.lists() if len(values) > 1]
        if repeated:
            raise serializers.ValidationError({name: ["Give this once."] for name in repeated})
        serializer = shape(data=request.query_params.dict())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


def now() -> datetime:
    """The instant of the request, read at the edge and passed on."""
    return datetime.now(UTC)


class Me(Endpoint):
    """The caller."""

    @operation("me", answer=Myself)
    def get(self, request: Request) -> Response:
        """Who you are, where you work, and what you may do there."""
        access, token = self.access, request.auth
        user = access.user
        shown = {
            "id": user.public_id,
            "email": user.email,
            "name": user.name,
            "is_platform_admin": user.is_staff,
            "active_clinic": access.clinic.public_id if access.clinic else None,
            "clinics": [
                {
                    "id": clinic.public_id,
                    "name": clinic.name,
                    "zone": clinic.zone,
                    "roles": access.roles(clinic),
                    "may": [may for may in May if access.may(may, clinic)],
                }
                for clinic in access.clinics
            ],
            "token": token if isinstance(token, ApiToken) else None,
        }
        return Response(Myself(shown).data)


urlpatterns = [path("me/", Me.as_view(), name="api_me")]
