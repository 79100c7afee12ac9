"""What each page tells one to type, to get the same without the page, gives just that."""

from __future__ import annotations

import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, expect

from .console import go, open_console, see_as
from .served import PATIENCE_S, Served
from .visits import VISITS, facts_of

ENDLESS_S = "3"
"""For so long one listens to what has no end."""
AT_ONCE = 2
CURL_TIME_IS_OVER, TIMEOUT_WAS_NEEDED = 28, 124
"""How curl and timeout end what goes on for ever."""


class Ways(NamedTuple):
    """How one gets what a page shows."""

    page: str
    curl: str
    command: str
    program: str

    @property
    def endless(self) -> bool:
        return "/stream" in self.curl


@pytest.fixture(scope="module")
def ways(served: Served, browser: Browser) -> list[Ways]:
    """All that the pages say of this to nobody in particular, and where somebody shares."""
    facts = facts_of(served)
    page, complaints = open_console(browser, served.url)
    seen = []
    routes = {name: visit.route.format(**facts) for name, visit in VISITS.items()}
    for persona in ("nobody", "owner-01", "buyer"):
        if persona != "nobody":
            see_as(page, persona)
            routes = {f"{tab} of {persona}": f"/sharing?tab={tab}" for tab in ("consents", "grant", "readers")}
        for name, route in routes.items():
            go(page, route)
            opened = page.get_by_role("button", name="How to get this yourself")
            if not opened.count():
                continue
            opened.click()
            *asked, command, program = [
                # A reader fills in what stands in capital letters.
                text.replace("VEHICLE", facts["vehicle_did"]).replace("DID", facts["owner_did"])
                for text in page.get_by_role("dialog").locator("pre").all_inner_texts()
            ]
            seen.append(Ways(name, "\n".join(asked), command, program))
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_have_count(0)
    assert complaints.take() == []
    page.context.close()
    assert len(seen) > len(VISITS)
    return seen


def run_all(served: Served, commands: dict[str, list[str]], *, enough: int = 0) -> dict[str, str]:
    """Runs commands side by side, each name once; gives what those say that fail, or that say nothing.

    What has no end ends with the code `enough` when one has listened enough.
    """

    def run(command: list[str]) -> str:
        done = subprocess.run(
            command, env=served.surroundings, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
        right = done.returncode in {0, enough} and done.stdout.strip()
        return "" if right else f"{done.returncode}: {done.stdout[-300:]}{done.stderr[-300:]}"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        said = dict(zip(commands, pool.map(run, commands.values()), strict=True))
    return {name: text for name, text in said.items() if text}


def test_what_a_page_asks_by_curl_is_answered(served: Served, ways: list[Ways]) -> None:
    strict = "curl --fail-with-body --max-time"
    asked = {way.curl: way.curl.replace("curl", f"{strict} {ENDLESS_S if way.endless else PATIENCE_S}") for way in ways}
    commands = {name: ["bash", "-o", "errexit", "-c", line] for name, line in asked.items()}
    assert run_all(served, commands, enough=CURL_TIME_IS_OVER) == {}


def test_a_pages_command_runs(served: Served, ways: list[Ways]) -> None:
    commands = {}
    for way in ways:
        started, *arguments = shlex.split(way.command)
        assert started == "./run"
        own = served.command(*arguments)
        commands[way.command] = ["timeout", "--signal=INT", ENDLESS_S, *own] if way.endless else own
    # It runs also where it has something to say of this installation.
    doctor = {name: commands.pop(name) for name in ["./run doctor"]}
    assert run_all(served, commands, enough=TIMEOUT_WAS_NEEDED) == {}
    assert run_all(served, doctor, enough=1) == {}


def test_a_pages_program_runs(served: Served, ways: list[Ways]) -> None:
    commands = {}
    for way in ways:
        own = [sys.executable, "-u", "-c", way.program]
        commands[way.program] = ["timeout", ENDLESS_S, *own] if way.endless else own
    assert run_all(served, commands, enough=TIMEOUT_WAS_NEEDED) == {}
