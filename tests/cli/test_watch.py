"""Tests of looking on while a network runs: in frames, in lines, and as objects for programs."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from homes import environment

from autochain.cli.telling import PHRASES, tag, told
from autochain.cli.words import short_did
from autochain.network.chain_file import CONTRACTS
from autochain.onchain.codec import Record
from autochain.onchain.contracts import market, token
from autochain.onchain.ids import did
from cli.program import PATIENCE_S, Ended, Program, Running, refused

Start = Callable[..., Running]
QUIET = ("--port", "0", "--cars", "0")


class Watching:
    """A watch that runs in a process of its own, and what it has said so far."""

    def __init__(self, home: Path, out: Path, *options: str) -> None:
        self._out = out
        with out.open("wb") as file:
            command = [sys.executable, "-m", "autochain", "watch", *options]
            self._process = subprocess.Popen(
                command, env=environment(home), stdout=file, stderr=subprocess.PIPE, text=True
            )

    @property
    def lines(self) -> list[str]:
        return self._out.read_text("utf-8").splitlines()

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    def wait_for(self, there: Callable[[], object]) -> None:
        patience = time.monotonic() + PATIENCE_S
        while not there():
            assert self._process.poll() is None, self._process.communicate()
            assert time.monotonic() < patience, self.lines
            time.sleep(0.02)

    def end(self, number: signal.Signals) -> Ended:
        self._process.send_signal(number)
        _, err = self._process.communicate(timeout=PATIENCE_S)
        return Ended(self._process.returncode, "\n".join(self.lines), err)

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def watching(home: Path, tmp_path: Path) -> Iterator[Callable[..., Watching]]:
    begun: list[Watching] = []

    def begin(*options: str) -> Watching:
        begun.append(Watching(home, tmp_path / f"watched-{len(begun)}", *options))
        return begun[-1]

    yield begin
    for each in begun:
        each.kill()


def test_where_no_network_runs_the_remedy_is_to_start_one(fresh: Program, program: Program) -> None:
    for each in (fresh, program):
        for options in ((), ("--once",)):
            refused(each, "watch", *options, "--home", str(each.home), code="cli/19", text="No network runs")


def test_an_address_that_a_killed_network_left_behind_is_refused_with_words(program: Program, start: Start) -> None:
    running = start(program.home, *QUIET)
    running.wait_until_it_answers()
    running.kill()
    ended = program("watch", "--once")
    assert (ended.code, ended.out) == (1, "")
    assert "does not answer" in ended.err


@pytest.mark.parametrize(("columns", "rows"), [(40, 16), (60, 24), (80, 24), (140, 60)])
def test_one_frame_fits_the_terminal_and_shows_chain_blocks_events_and_balances(
    program: Program, start: Start, monkeypatch: pytest.MonkeyPatch, columns: int, rows: int
) -> None:
    start(program.home, *QUIET).wait_until_it_answers()
    program("transfer", "buyer", "0.25", "--as", "owner")
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", str(rows))
    ended = program("watch", "--once")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert max(map(len, lines)) <= columns
    assert len(lines) <= max(rows, 22)
    assert lines[0].startswith("The network runs at ")
    for shown in ("chain", "main-", "block", "what happened", "owner pays 0.25 ACC to buyer", "party"):
        assert shown in ended.out


def test_one_frame_in_json_is_one_object(program: Program, start: Start) -> None:
    start(program.home, *QUIET).wait_until_it_answers()
    moved = program.json("transfer", "buyer", "0.25", "--as", "owner")
    seen = program.json("watch", "--once")
    assert set(seen) == {"chains", "seen", "blocks", "lines", "balances"}
    assert seen["chains"][0]["height"] >= moved["height"]
    assert {block["height"] for block in seen["blocks"]} >= {moved["height"]}
    assert any(line["text"] == "owner pays 0.25 ACC to buyer" for line in seen["lines"])
    held = {facts["name"]: facts["balance_uacc"] for facts in program.json("account", "show")["accounts"]}
    assert {each["party"]: each["balance_uacc"] for each in seen["balances"]} == held


def test_each_line_of_json_is_one_object_and_none_is_missed(
    program: Program, start: Start, watching: Callable[..., Watching]
) -> None:
    start(program.home, *QUIET).wait_until_it_answers()
    watched = watching("--format", "json")
    watched.wait_for(lambda: any(found["kind"] == "balance" for found in watched.objects))
    moved = [program.json("transfer", "buyer", f"0.{number}", "--as", "owner") for number in (1, 2, 3)]

    def risen_uacc() -> int:
        balances = [found for found in watched.objects if found["kind"] == "balance"]
        return sum(found["change_uacc"] for found in balances if found["party"] == "buyer")

    watched.wait_for(lambda: risen_uacc() == 600_000)
    ended = watched.end(signal.SIGINT)
    assert (ended.code, ended.err) == (0, "")
    first, *objects = watched.objects
    assert (first["kind"], first["state"]) == ("network", "runs")
    heights = [found["height"] for found in objects if found["kind"] == "block"]
    assert heights == list(range(heights[0], heights[-1] + 1))
    transactions = {found["hash"]: found for found in objects if found["kind"] == "transaction"}
    for sent in moved:
        found = transactions[sent["transaction"]]
        assert (found["height"], found["refused"], found["messages"]) == (sent["height"], None, ["token/Transfer"])
        assert found["sender"] == sent["from"]
        assert found["events"][0]["text"] == f"owner pays {sent['amount']} to buyer"
        assert found["events"][0]["amount_uacc"] == sent["amount_uacc"]


def test_a_network_that_ends_and_starts_again_is_waited_for(
    program: Program, start: Start, watching: Callable[..., Watching]
) -> None:
    running = start(program.home, *QUIET)
    running.wait_until_it_answers()
    watched = watching()
    watched.wait_for(lambda: any("holds" in line for line in watched.lines))
    running.end(signal.SIGTERM)
    watched.wait_for(lambda: "the network has stopped; waiting until it starts again" in watched.lines)
    again = start(program.home, *QUIET)
    address = again.wait_until_it_answers()
    program("transfer", "buyer", "0.75", "--as", "owner")
    # What a party holds is told behind the blocks that changed it.
    watched.wait_for(lambda: any(line.startswith("  buyer holds ") and "(+0.75)" in line for line in watched.lines))
    ended = watched.end(signal.SIGTERM)
    assert (ended.code, ended.err) == (0, "")
    assert f"the network runs at {address}" in watched.lines
    assert sum("has stopped" in line for line in watched.lines) == 1
    assert "  owner pays 0.75 ACC to buyer" in watched.lines


def test_on_a_terminal_frames_are_drawn_until_ctrl_c_and_the_terminal_is_given_back(
    program: Program, start: Start
) -> None:
    start(program.home, *QUIET).wait_until_it_answers()
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 72, 0, 0))
    surroundings = {
        name: value for name, value in environment(program.home).items() if name not in ("COLUMNS", "LINES")
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "autochain", "watch"],
        env=surroundings,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    shown = b""
    while b"Ctrl-C ends this view." not in shown or b"party" not in shown:
        shown += os.read(master, 65_536)
    process.send_signal(signal.SIGINT)
    try:
        while True:
            shown += os.read(master, 65_536)
    except OSError:
        pass  # So the end of a terminal is told.
    finally:
        os.close(master)
    assert process.wait(PATIENCE_S) == 0
    assert b"Traceback" not in shown
    # The other screen, and the cursor, are there again.
    assert shown.rindex(b"\x1b[?1049l") > shown.rindex(b"\x1b[?1049h")
    assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l")


EVENTS = [event for contract in CONTRACTS.values() for event in contract.events]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: str(event.__struct_config__.tag))
def test_the_words_of_an_event_name_fields_that_it_has(event: type[Any]) -> None:
    kind = str(event.__struct_config__.tag)
    spoken = {folder.partition("/")[0] for folder in PHRASES}
    # A contract that is new is told by tag and fields, until it is given words; then all its events have some.
    assert kind in PHRASES or kind.partition("/")[0] not in spoken
    PHRASES.get(kind, "").format_map(dict.fromkeys(event.__struct_fields__, "it"))


def test_no_words_are_kept_for_events_that_there_are_not() -> None:
    assert set(PHRASES) <= {str(event.__struct_config__.tag) for event in EVENTS}


def test_accounts_are_told_by_name_and_records_by_their_first_digits() -> None:
    bought = market.Bought(b"\x01" * 20, b"\x02" * 20, b"\x03" * 20, b"\x04" * 20, 250_000)
    stranger = short_did(did(b"\x04" * 20))
    assert told(bought, {b"\x03" * 20: "owner"}) == f"{stranger} buys recording 020202020202 of owner for 0.25 ACC"


def test_an_event_without_words_is_told_by_its_tag_and_fields() -> None:
    class Rang(Record, frozen=True, tag="bells/Rang"):
        bell: bytes
        often: int
        by: tuple[bytes, ...]

    text = told(Rang(b"\x05" * 20, 1_234, (b"\x06" * 20,)), {b"\x05" * 20: "tower", b"\x06" * 20: "ringer"})
    assert text == "bells/Rang: bell tower, often 1,234, by ringer"
    assert tag(token.Transfer(b"\x00" * 20, 1)) == "token/Transfer"
