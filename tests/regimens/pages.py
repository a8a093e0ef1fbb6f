"""Forms of treatment as a browser has them: what a page would send, and an order as somebody types it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.urls import reverse

from patients.models import Patient
from tests.factories import TODAY

UNTYPED = {"csrfmiddlewaretoken", "form_guard", "form_clinic", "version", "previewed"}
Sent = dict[str, list[str]]


class _Form(HTMLParser):
    """Reads the fields of the one form with `data-keep`, and what a browser would send of them."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: Sent = {}
        self.buttons: list[tuple[str, str]] = []
        self.inside = False
        self.select = self.area = ""
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = "data-keep" in found
        if not self.inside:
            return
        name, value = found.get("name", ""), found.get("value", "")
        if tag == "input" and name:
            if found.get("type") in ("radio", "checkbox"):
                if "checked" in found:
                    self.sent.setdefault(name, []).append(value or "on")
            else:
                self.sent.setdefault(name, []).append(value)
        elif tag == "select":
            self.select = name
            self.sent[name] = [""]
        elif tag == "option" and self.select and "selected" in found:
            self.sent[self.select] = [value]
        elif tag == "textarea":
            self.area, self.text = name, ""
        elif tag == "button":
            self.buttons.append((name, value))

    def handle_data(self, data: str) -> None:
        if self.area:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = ""
        elif tag == "textarea" and self.area:
            self.sent[self.area] = [self.text.removeprefix("\n")]
            self.area = ""


def _read(answer: Any) -> _Form:
    form = _Form()
    form.feed(answer.content.decode())
    return form


def everything_in(answer: Any) -> Sent:
    """What a browser would send of the form of a page, hidden fields too, without its button."""
    return _read(answer).sent


def typed_in(answer: Any) -> Sent:
    """What stands in the form of a page, as a browser would send it; without tokens, and without what is empty."""
    return {
        name: values
        for name, values in everything_in(answer).items()
        if name not in UNTYPED and any(map(str.strip, values))
    }


def buttons_of(answer: Any) -> list[tuple[str, str]]:
    """Names and values of the buttons of the form, in their order: Enter presses the first."""
    return _read(answer).buttons


def as_lists(sent: Mapping[str, Any]) -> Sent:
    """What was sent, in the shape of `typed_in`."""
    whole = {name: [str(one) for one in (value if isinstance(value, list) else [value])] for name, value in sent.items()}
    return {name: values for name, values in whole.items() if name not in UNTYPED | {"do"} and any(map(str.strip, values))}


def day_boxes(name: str, on: date) -> dict[str, str]:
    """A day in its three boxes."""
    return {f"{name}_day": str(on.day), f"{name}_month": str(on.month), f"{name}_year": str(on.year)}


def order_form(product: str = "tacrolimus-0.1", *places: str, on: date = TODAY, **more: Any) -> dict[str, Any]:
    """An order as somebody types it: twice daily on the face from today, looked at again in six weeks, unless told."""
    usual: dict[str, Any] = {"product": product, "places": list(places) or ["face"], "review": "42"}
    usual |= day_boxes("starts_on", on)
    if more.get("phase", "induction") == "induction":
        usual |= {"phase": "induction", "per_day": "2"}
    typed = usual | more
    return {name: value for name, value in typed.items() if value not in (None, [])}


EMOLLIENT = {"with_emollient": "on", "emollient_per_day": "2"}


def keys_in(answer: Any) -> dict[str, str]:
    """The keys by which replies name the warnings in the panel, by rule (of several findings of a rule the last)."""
    found = {}
    for article in re.findall(r"<article.*?</article>", answer.content.decode(), re.S):
        key = re.search(r'name="reason_([^"]+)"', article)
        rule = re.search(r"Rule ([\w.-]+), version", article)
        if key and rule:
            found[rule[1]] = key[1]
    return found


def reply(answer: Any, rule: str, reason: str = "known", sentence: str = "Seen weekly.") -> dict[str, str]:
    """A listed reason and a sentence for a warning that a page shows."""
    key = keys_in(answer)[rule]
    return {f"reason_{key}": reason, f"sentence_{key}": sentence}


def url(name: str, patient: Patient, *more: Any) -> str:
    """The address of a page of a patient."""
    return reverse(name, args=[patient.public_id, *more])


def text_of(answer: Any) -> str:
    """The words of a page."""
    page = re.sub(r"</?bdi[^>]*>", "", answer.content.decode())  # isolates a value, separates nothing
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def errors_of(answer: Any) -> dict[str, str]:
    """The summary of errors: the words of each by where its link leads, "" for those without one."""
    page = answer.content.decode()
    summary = re.search(r'<div class="error-summary".*?</div>', page, re.S)
    if summary is None:
        return {}
    found: dict[str, str] = {}
    for item in re.findall(r"<li>(.*?)</li>", summary[0], re.S):
        link = re.search(r'href="#([^"]+)"', item)
        words = unescape(re.sub(r"<[^>]+>", "", item)).strip()
        found[link[1] if link else ""] = words
        assert link is None or f'id="{link[1]}"' in page, f"no {link[1]!r} on the page"
    return found


def findings_of(answer: Any) -> list[tuple[str, str]]:
    """Rule and level of every finding in the panel, in the order of the page."""
    page = answer.content.decode()
    articles = re.findall(r'<article class="finding finding-(\w+)">(.*?)</article>', page, re.S)
    levels = {"stop": "stop", "warn": "warn", "note": "inform"}
    found = []
    for kind, article in articles:
        rule = re.search(r"Rule ([\w.-]+), version \d+", article)
        assert rule is not None, "a finding without its rule"
        found.append((rule[1], levels[kind]))
    return found


def article_of(answer: Any, rule: str) -> str:
    """The words of one finding."""
    for article in re.findall(r"<article.*?</article>", answer.content.decode(), re.S):
        if f"Rule {rule}, version" in article:
            return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", article)))
    raise AssertionError(f"{rule} is not in the panel")
