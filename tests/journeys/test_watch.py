"""A journey is worth something only if what the policy refuses would fail it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Journey

pytestmark = pytest.mark.browser

INLINE = """() => {
  document.body.insertAdjacentHTML("beforeend", '<p style="color: red">Styled</p>');
  document.body.append(Object.assign(document.createElement("script"), {text: "document.title = 'Run'"}));
}"""


def test_what_the_policy_refuses_is_seen(page_of: Journey) -> None:
    page = page_of(path="/sign-in/")
    page.evaluate(INLINE)
    expect(page).to_have_title("Sign in · adtrack")
    seen = {text.split()[1] for text in page_of.watch.unexpected() if text.startswith("CSP:")}
    assert seen == {"style-src-attr", "script-src-elem"}
    page_of.watch.expected = ("CSP: ", "console: ")


def test_error_of_a_script_is_seen(page_of: Journey) -> None:
    page = page_of(path="/sign-in/")
    with page.context.expect_event("weberror"):
        page.evaluate("() => { setTimeout(() => { throw new Error('broken') }) }")
    assert page_of.watch.unexpected() == ["script: broken"]
    page_of.watch.expected = ("script: broken",)
