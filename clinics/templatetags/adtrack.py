"""Tags every template may use (a builtin library: no `load` needed)."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clinics import guard
from clinics.access import May
from clinics.models.base import day

register = template.Library()

register.filter("day", day)


@register.simple_tag(takes_context=True)
def form_guard(context: dict[str, Any], path: str = "") -> SafeString:
    """The hidden field that binds a form to its person and its page (clinics/guard.py)."""
    request: HttpRequest = context["request"]
    return format_html('<input type="hidden" name="{}" value="{}">', guard.FIELD, guard.made_for(request, path))


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], what: str) -> bool:
    """Whether the person may do `what` in the active clinic: {% may "manage staff" as ok %}."""
    return context["request"].access.may(May(what))
