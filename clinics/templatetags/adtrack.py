"""Tags every template may use (a builtin library: no `load` needed)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from clinics import guard
from clinics.access import May
from clinics.http import Request
from clinics.models import base

register = template.Library()


@register.filter
def day(value: date | None) -> SafeString:
    """A date in one piece: on a page from right to left 04-May-2019 would otherwise read May-2019-04."""
    return format_html('<bdi class="nowrap">{}</bdi>', base.day(value))


@register.filter
def day_at(value: datetime | None, zone: str) -> SafeString:
    """The calendar date of an instant in a zone, as `day` writes it: {{ row.signed_at|day_at:patient.clinic.zone }}."""
    return day(base.local_date(value, zone) if value else None)


@register.filter
def unbroken(value: object) -> str:
    """A text whose numbers stay with their units: {{ line.name|unbroken }}. It is escaped as any other."""
    return base.unbroken(value)


@register.simple_tag(takes_context=True)
def form_guard(context: dict[str, Any], path: str = "") -> SafeString:
    """The hidden fields that bind a form to its person, its page (clinics/guard.py) and the clinic it was made in."""
    request: Request = context["request"]
    fields = [(guard.FIELD, guard.made_for(request, path))]
    if request.access.clinic is not None:
        fields.append((guard.CLINIC, str(request.access.clinic.public_id)))
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', fields)


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], what: str) -> bool:
    """Whether the person may do `what` in the active clinic: {% may "manage staff" as ok %}."""
    return context["request"].access.may(May(what))
