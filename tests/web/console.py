"""The console in Debian's chromium: what a person sees and does there, and what a browser complains of."""

from __future__ import annotations

import importlib.resources
import os
import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, expect, sync_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 20_000.0
"""How long something may take to appear on a busy machine; no test waits for it to pass."""
WIDE = (1366, 768)
NARROW = (360, 740)
GRAVE = frozenset(("serious", "critical"))
AXE = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
_RULES: dict[str, dict[str, Any]] = {
    "all": {},
    "colours": {"runOnly": ["color-contrast", "link-in-text-block"]},
    "words": {"rules": {"color-contrast": {"enabled": False}}},
}
"""Which of axe's rules are applied; comparing colours takes it longest."""


def installed_chromium() -> str:
    """Finds the browser; where it is absent, CI fails and elsewhere the test says that it did not run."""
    found = shutil.which("chromium")
    if found:
        return found
    absent = "chromium is not on PATH: install the package chromium"
    if os.environ.get("CI") == "true":
        pytest.fail(absent)
    warnings.warn(f"The console was not tested in a browser: {absent}", stacklevel=2)
    pytest.skip(absent)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Starts a browser. While it runs, this thread has an event loop that asyncio.run does not bear."""
    program = installed_chromium()
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


class Complaints:
    """What goes wrong in a browser, unless it is refused and the page shows so."""

    def __init__(self, own: str) -> None:
        self._own = own
        self._found: list[str] = []
        self._refused: set[int] = set()

    def expect_refusal(self, status: int) -> None:
        """Says that an answer of this status is to come, which the page shows."""
        self._refused.add(status)

    def watch(self, context: BrowserContext) -> None:
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("requestfailed", self._failed)
        context.on("weberror", lambda error: self._found.append(f"error: {error.error}"))
        context.on("console", lambda message: self._said(message.type, message.text))

    def take(self) -> list[str]:
        """Gives what was found since the last time."""
        found, self._found = self._found, []
        self._refused.clear()
        return found

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self._own}/", "data:", f"blob:{self._own}")):
            self._found.append(f"asks another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._refused:
            self._found.append(f"{response.status}: {response.url}")

    def _failed(self, request: Request) -> None:
        # What a page asked for and no longer wants is aborted by itself.
        if request.failure != "net::ERR_ABORTED":
            self._found.append(f"{request.failure}: {request.url}")

    def _said(self, kind: str, text: str) -> None:
        refused = re.match(r"Failed to load resource: the server responded with a status of (\d+)", text)
        if kind in {"error", "warning"} and not (refused and int(refused[1]) in self._refused):
            self._found.append(f"{kind}: {text}")


class Window(NamedTuple):
    """How a browser is set up."""

    size: tuple[int, int] = WIDE
    locale: str = "en-GB"
    dark: bool = False


USUAL_WINDOW = Window()


def open_console(browser: Browser, url: str, window: Window = USUAL_WINDOW) -> tuple[Page, Complaints]:
    """Opens the first page in a browser that was never here."""
    context = new_context(browser, window)
    complaints = Complaints(url)
    complaints.watch(context)
    page = context.new_page()
    page.goto(f"{url}/")
    expect(page.locator("main h1")).to_be_visible()
    return page, complaints


def new_context(browser: Browser, window: Window = USUAL_WINDOW) -> BrowserContext:
    width, height = window.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=window.locale,
        timezone_id="UTC",
        color_scheme="dark" if window.dark else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def go(page: Page, route: str) -> None:
    """Goes to a route and waits until all that it asks for is there."""
    page.evaluate("route => { location.hash = route }", route)
    # The page is changed in the turn after the one in which the browser tells of the new route.
    page.evaluate("() => new Promise((done) => setTimeout(done, 20))")
    settle(page)


def settle(page: Page) -> None:
    expect(page.locator("main h1")).to_be_visible()
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)


def see_as(page: Page, name: str) -> None:
    """Looks with somebody's eyes."""
    page.locator("header .see").click()
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("header .see")).to_contain_text(name)
    settle(page)


def grave_violations(page: Page, rules: str = "all") -> list[str]:
    """Lets axe look at a page; gives what it finds serious or critical."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(
        "options => axe.run(options)", {"resultTypes": ["violations"], **_RULES[rules]}
    )
    return [
        f"{each['id']}: {node['html'][:160]}"
        for each in found["violations"]
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]


def listen_in_the_page(context: BrowserContext) -> None:
    """Makes a browser of these that have no shared workers; there a page listens itself, and can be fed."""
    context.add_init_script("delete window.SharedWorker")
