"""A real Chromium around the pages. Every page is watched: a refused style, a broken file or an error fails the test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Error, Page, Response, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from clinics.models import User
from tests.factories import PASSWORD
from tests.left_out import find_chromium

RESULTS = Path(__file__).resolve().parents[2] / "test-results"
DESKTOP = {"width": 1280, "height": 800}

# Violations are events of the page: they are reported from inside, also for pages that are left at once.
WATCH = """
document.addEventListener("securitypolicyviolation", (event) => {
  window.reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""


@dataclass
class Watch:
    """What the browser saw during one test: every address, and everything that should not have happened."""

    addresses: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def begin(self, context: BrowserContext) -> None:
        """Listen to everything the context opens."""
        context.expose_binding("reportViolation", lambda _source, text: self.problems.append(f"CSP: {text}"))
        context.add_init_script(WATCH)
        context.on("request", lambda request: self.addresses.append(request.url))
        context.on("response", self._response)
        context.on("console", lambda message: self._console(message.type, message.text))
        context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))

    def _response(self, response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and "/static/" in response.url):
            self.problems.append(f"answer: {response.status} {response.url}")

    def _console(self, kind: str, text: str) -> None:
        # Answers of 4xx are pages of ours (a form with errors, a refusal); files and 5xx are looked at above.
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.problems.append(f"console: {text}")

    def unexpected(self) -> list[str]:
        """The problems no test announced."""
        return [text for text in self.problems if not any(part in text for part in self.expected)]


class Journey:
    """Opens pages for people and closes them again."""

    def __init__(self, browser: Browser, base: str):
        self.browser = browser
        self.base = base
        self.watch = Watch()
        self.contexts: list[BrowserContext] = []

    def __call__(self, user: User | None = None, *, path: str = "", **options: Any) -> Page:
        """A page in a browser of its own, for a user who is signed in by cookie or for nobody, opened at the path."""
        # Without moving pictures a page stands still as soon as a key was pressed.
        chosen = {"viewport": DESKTOP, "locale": "en-GB", "reduced_motion": "reduce"} | options
        context = self.browser.new_context(base_url=self.base, **chosen)
        context.set_default_timeout(10_000)
        self.watch.begin(context)
        self.contexts.append(context)
        if user is not None:
            sign_in(context, user, self.base)
        page = context.new_page()
        if path:
            page.goto(path)
        return page

    def close(self) -> None:
        """Close every browser window."""
        for context in self.contexts:
            context.close()

    def photograph(self, name: str) -> None:
        """Keep a picture of every open page."""
        RESULTS.mkdir(exist_ok=True)
        pages = [page for context in self.contexts for page in context.pages]
        stem = re.sub(r"[^\w-]+", "_", name)
        for number, page in enumerate(pages, start=1):
            with suppress(Error):  # a page that hangs has no picture; the failure itself is what counts
                page.screenshot(path=RESULTS / f"{stem}-{number}.png", full_page=True, timeout=3_000)


def sign_in(context: BrowserContext, user: User, base: str) -> None:
    """Put a session of the account into the browser, without typing."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": base}])


def type_sign_in(page: Page, user: User) -> None:
    """Fill the sign-in form that is on the page, and send it."""
    page.get_by_role("textbox", name="E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign in")).to_have_count(0)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Photograph the pages of a test that failed, while they are still open."""
    report = yield
    journey = getattr(item, "funcargs", {}).get("page_of")
    if report.when == "call" and report.failed and isinstance(journey, Journey):
        journey.photograph(item.name)
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium())
        yield chromium
        chromium.close()


@pytest.fixture
def page_of(browser: Browser, live_server: LiveServer, transactional_db: None) -> Iterator[Journey]:
    """`page_of(user)` is a page where somebody is signed in; `page_of()` one where nobody is."""
    cache.clear()  # the table of rate limits is no model, so emptying the database leaves it
    journey = Journey(browser, live_server.url)
    yield journey
    journey.close()
    assert journey.watch.unexpected() == []


PageOf = Callable[..., Page]
