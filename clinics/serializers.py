"""Shapes of the API that are not about patients: strict input, pages, problems, and who the caller is."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from rest_framework import serializers

from clinics.access import SCOPES, May
from clinics.models import Role

TEXTS = (serializers.CharField, serializers.ChoiceField, serializers.UUIDField, serializers.DateField)


class StrictSerializer(serializers.Serializer):
    """Input in which a name we do not know, a number for a text or a list for one value is refused, not made to fit."""

    def to_internal_value(self, data: Any) -> Any:
        """The validated values; a ValidationError names every field that does not belong."""
        if isinstance(data, Mapping):
            wrong = {name: [problem] for name, value in data.items() if (problem := self._problem_with(name, value))}
            if wrong:
                raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)

    def _problem_with(self, name: str, value: Any) -> str:
        field = self.fields.get(name)
        if field is None or field.read_only:
            return "This field is not known here."
        if isinstance(field, TEXTS) and not isinstance(value, (str, NoneType)):
            return "This must be a text."
        holds_many = isinstance(field, (serializers.BaseSerializer, serializers.ListField, serializers.DictField))
        return "This is one value, not a list or an object." if isinstance(value, (list, dict)) and not holds_many else ""


class StrictInSchema(OpenApiSerializerExtension):
    """Tell the schema, too, that nothing unknown is taken."""

    target_class = StrictSerializer
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """The serializer's own schema, closed."""
        schema: dict[str, Any] = auto_schema._map_basic_serializer(self.target, direction)
        return {**schema, "additionalProperties": False}


class NoQuery(StrictSerializer):
    """No query parameter at all."""


class PageQuery(StrictSerializer):
    """How many rows, and after which one."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=50, help_text="Rows on a page.")
    after = serializers.UUIDField(required=False, help_text="The id of the row the page follows; better, follow `next`.")


class FieldProblem(serializers.Serializer):
    """What is wrong with one value."""

    field = serializers.CharField(help_text="The name in the body or query; empty when the whole is meant.")
    message = serializers.CharField()


class Problem(serializers.Serializer):
    """An error as problem JSON (RFC 9457)."""

    type = serializers.CharField(help_text="Always about:blank: the status says it all.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    request_id = serializers.CharField(help_text="Also in the X-Request-ID header and in the log.")
    errors = FieldProblem(many=True, required=False)  # type: ignore[assignment]  # the name RFC 9457 itself uses


class ClinicOfMine(serializers.Serializer):
    """A clinic the caller works in."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    zone = serializers.CharField(help_text="IANA time zone.")
    roles = serializers.ListField(child=serializers.ChoiceField(Role.choices))
    may = serializers.ListField(
        child=serializers.ChoiceField([(may.value, may.value) for may in May]),
        help_text="What these roles, and the scopes of the token if one is used, allow in this clinic.",
    )


class TokenInUse(serializers.Serializer):
    """The token of this request."""

    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField([(scope, scope) for scope in SCOPES]))
    expires_at = serializers.DateTimeField()


class Myself(serializers.Serializer):
    """The caller."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    is_platform_admin = serializers.BooleanField()
    active_clinic = serializers.UUIDField(allow_null=True, help_text="The clinic lists are about when none is named.")
    clinics = ClinicOfMine(many=True)
    token = TokenInUse(allow_null=True)
