"""Tags every template may use (a builtin library: no `load` needed)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clinics import guard
from clinics.access import May

register = template.Library()

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@register.filter
def day(value: date | datetime | None) -> str:
    """A date as staff read it in every language: 04-May-2019."""
    return f"{value.day:02d}-{MONTHS[value.month - 1]}-{value.year}" if value else ""


@register.simple_tag(takes_context=True)
def form_guard(context: dict[str, Any], path: str = "") -> SafeString:
    """The hidden field that binds a form to its person and its page (clinics/guard.py)."""
    request: HttpRequest = context["request"]
    return format_html('<input type="hidden" name="{}" value="{}">', guard.FIELD, guard.made_for(request, path))


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], what: str) -> bool:
    """Whether the person may do `what` in the active clinic: {% may "manage staff" as ok %}."""
    return context["request"].access.may(May(what))
