"""Where the guidance disagrees, what this clinic chose, and the software itself. Nothing here is about a patient."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from clinics.access import May
from clinics.errors import Stale
from clinics.fields import form_data
from clinics.http import Request
from clinics.views.base import needs, now, put_errors
from patients.words import CREDITS
from regimens.actions.rules import choose_rule
from regimens.forms.rules import RuleForm
from regimens.queries import guidance as queries


@require_GET
@needs(May.SEE_CLINICAL)
def guidance(request: Request) -> HttpResponse:
    """The disagreements of the sources side by side, with every rule as this clinic uses it."""
    clinic = request.access.here
    context = {"guidance": queries.guidance(clinic), "clinic": clinic, "today": clinic.today(now()), "nav": "guidance"}
    return render(request, "regimens/guidance.html", context)


@require_http_methods(["GET", "POST"])
@needs(May.SEE_CLINICAL)
def rule_choose(request: Request, rule_id: str) -> HttpResponse:
    """One rule with the clinic's choices; the medical lead makes another."""
    clinic = request.access.here
    by = request.access.actor(clinic)
    if request.method == "POST":
        by.must(May.CHOOSE_RULES, clinic)
    found = _rule(request, rule_id)
    form = RuleForm(form_data(request), rule_id=rule_id, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        try:
            choose_rule(by, clinic, rule_id, **form.values(), at=now())
        except Stale:
            return _stale(request, form, rule_id)
        except ValidationError as error:
            put_errors(form, error)
        else:
            done = _("Saved: %(rule)s. New orders are checked with it now; lines in use are checked again shortly.")
            messages.success(request, done % {"rule": found.rule.title})
            return redirect("rule_choose", rule_id)
    return _page(request, found, form, status=422 if form.errors else 200)


@require_GET
def about(request: Request) -> HttpResponse:
    """What this software is for, what it is not, and which rules it has."""
    context = {
        "rules": queries.rules_by_id(),
        "rule_set": queries.rule_set(),
        "credits": list(CREDITS.values()),
        "safety_contact": settings.SAFETY_CONTACT,
    }
    return render(request, "regimens/about.html", context)


def _rule(request: Request, rule_id: str) -> queries.RuleChoices:
    found = queries.rule_choices(request.access.here, rule_id)
    if found is None:
        raise Http404
    return found


def _initial(found: queries.RuleChoices) -> dict[str, Any]:
    numbers = {f"number_{number.name}": number.value for number in found.rule.numbers}
    return {"version": found.version, "level": found.rule.level.value} | numbers


def _stale(request: Request, form: RuleForm, rule_id: str) -> HttpResponse:
    """What is stored beside what was typed; the next save is made in the knowledge of it."""
    found = _rule(request, rule_id)
    data = request.POST.copy()
    data["version"] = str(found.version)
    form.data = data
    typed = form.cleaned_data
    compare: list[tuple[Any, Any, Any]] = [
        (number.label, number.value, typed[f"number_{number.name}"])
        for number in found.rule.numbers
        if number.value != typed[f"number_{number.name}"]
    ]
    if "level" in typed and typed["level"] != found.rule.level.value:
        compare.insert(0, (form.fields["level"].label, found.rule.level.text, queries.level_word(typed["level"])))
    return _page(request, found, form, status=409, compare=compare)


def _page(request: Request, found: queries.RuleChoices, form: RuleForm, *, status: int, **more: Any) -> HttpResponse:
    clinic = request.access.here
    context = {"rule": found.rule, "earlier": found.earlier, "form": form, "clinic": clinic, "nav": "guidance", **more}
    return render(request, "regimens/rule.html", context, status=status)
