"""What each page tells one to type, to get the same without the page, gives just that."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, expect

from .console import go, open_console, see_as
from .served import PATIENCE_S, Served
from .visits import VISITS, facts_of


class Ways(NamedTuple):
    """How one gets what a page shows."""

    page: str
    curl: str
    command: tuple[str, ...]
    program: str

    @property
    def endless(self) -> bool:
        return "/stream" in self.curl


@pytest.fixture(scope="module")
def ways(served: Served, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> list[Ways]:
    """All that the pages say of this to nobody in particular, and where somebody shares."""
    facts = facts_of(served)
    file = tmp_path_factory.mktemp("shown") / "credential.json"
    file.write_text(served.credential())
    filled = {"VEHICLE": facts["vehicle_did"], "DID": facts["owner_did"], "FILE": str(file)}
    page, complaints = open_console(browser, served.url)
    seen = []
    routes = {name: visit.route.format(**facts) for name, visit in VISITS.items()}
    for persona in ("nobody", "owner-01", "buyer"):
        if persona != "nobody":
            see_as(page, persona)
            routes = {f"{tab} of {persona}": f"/sharing?tab={tab}" for tab in ("consents", "grant", "readers")}
        for name, route in routes.items():
            go(page, route)
            page.get_by_role("button", name="How to get this yourself").click()
            *asked, command, program = [
                # A reader fills in what stands in capital letters.
                re.sub("VEHICLE|DID|FILE", lambda blank: filled[blank[0]], text)
                for text in page.get_by_role("dialog").locator("pre").all_inner_texts()
            ]
            started, *words = shlex.split(command)
            assert started == "./run"
            seen.append(Ways(name, "\n".join(asked), tuple(words), program))
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_have_count(0)
    assert complaints.take() == []
    page.context.close()
    return seen


def run_all(served: Served, typed: Sequence[Sequence[str] | str]) -> dict[str, str]:
    """Types all of it; gives what failed or said nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "web.typed"],
        input=json.dumps(typed),
        env=served.surroundings,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return {str(typed[int(place)]): why for place, why in found.items()}


def first_line(served: Served, command: list[str]) -> str:
    """Starts what goes on for ever; gives its first line, and ends it."""
    with subprocess.Popen(command, env=served.surroundings, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        process.terminate()
    return line


def test_what_a_page_asks_by_curl_is_answered(served: Served, ways: list[Ways]) -> None:
    for curl in {way.curl for way in ways if not way.endless}:
        command = ["bash", "-o", "errexit", "-c", curl.replace("curl", "curl --fail-with-body")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        assert done.returncode == 0, (curl, done.stdout, done.stderr)
        assert json.loads(done.stdout), curl


def test_a_pages_command_runs(served: Served, ways: list[Ways]) -> None:
    commands = sorted({way.command for way in ways if not way.endless} - {("doctor",)})
    assert len(commands) > 10
    assert run_all(served, commands) == {}
    # It runs, whatever it says of this installation.
    assert all("are wrong" in why for why in run_all(served, [("doctor",)]).values())


def test_a_pages_program_runs(served: Served, ways: list[Ways]) -> None:
    programs = sorted({way.program for way in ways if not way.endless})
    assert len(programs) > 10
    assert run_all(served, programs) == {}


def test_what_goes_on_for_ever_begins_at_once(served: Served, ways: list[Ways]) -> None:
    way = next(way for way in ways if way.endless)
    assert first_line(served, shlex.split(way.curl)) == "retry: 2000\n"
    assert first_line(served, [sys.executable, "-u", "-c", way.program]) == "retry: 2000\n"
    assert first_line(served, served.command(*way.command)).startswith("the network runs at 127.0.0.1:")
