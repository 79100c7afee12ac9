"""Tests of starting the network, of ending it, and of commands beside it: each a real process."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from autochain.network import Home
from cli.program import Ended, Program, Running, recorded, write_drives

Start = Callable[..., Running]
QUIET = ("--port", "0", "--cars", "0")
VIN = "WVWZZZ1JZ3W386752"


def test_a_second_start_takes_up_what_the_first_has_left(fresh: Program, start: Start) -> None:
    first = start(fresh.home, *QUIET)
    first.wait_until_it_answers()
    # Through the process that runs the network, and later without one.
    moved = fresh.json("transfer", "registrar", "7", "--as", "ido")
    ended = first.end(signal.SIGINT)
    assert (ended.code, ended.err) == (0, "")
    assert re.match(r"AutoChain is made and runs: chain main-[a-z]{6}, height \d+\n", ended.out)
    assert "Stopped. Everything is kept" in ended.out
    assert not (fresh.home / "address").exists()
    second = start(fresh.home, *QUIET)
    second.wait_until_it_answers()
    ended = second.end(signal.SIGTERM)
    assert (ended.code, ended.err) == (0, "")
    height = re.match(r"AutoChain goes on: chain main-[a-z]{6}, height (\d+)\n", ended.out)
    assert height is not None
    assert int(height[1]) >= moved["height"]
    assert fresh.json("account", "show", "registrar")["balance"] == "7 ACC"


def test_a_start_in_json_says_in_one_object_where_the_network_answers(fresh: Program, start: Start) -> None:
    running = start(fresh.home, *QUIET, "--format", "json")
    address = running.wait_until_it_answers()
    ended = running.end(signal.SIGTERM)
    assert (ended.code, ended.err) == (0, "")
    answer = ended.answer
    assert set(answer) == {"chain", "validators_hash", "height", "opened", "home", "node", "console", "parties", "cars"}
    assert answer["console"] == f"http://{address}"
    assert answer["validators_hash"] == Home(fresh.home).facts().validators_hash
    assert set(answer["opened"]) == {"entries", "blocks", "check_seconds", "keys", "take_up_seconds"}
    assert answer["opened"]["keys"] > 0
    assert (answer["node"], answer["home"], answer["cars"]) == (address, str(fresh.home), 0)


def test_a_start_without_its_vault_says_so(home: Path, start: Start) -> None:
    shutil.rmtree(home / "vault")
    running = start(home, *QUIET)
    running.wait_until_it_answers()
    ended = running.end(signal.SIGINT)
    assert ended.code == 0
    assert f"{home / 'vault'} is not there: what was recorded can't be read" in ended.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_open_connections_do_not_hold_up_the_end(number: signal.Signals, home: Path, start: Start) -> None:
    running = start(home, *QUIET)
    host, port = running.wait_until_it_answers().split(":")
    silent = socket.create_connection((host, int(port)))
    halting = socket.create_connection((host, int(port)))
    halting.sendall(b"POST /chains/main/submit HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nhalf a bo")
    kept = socket.create_connection((host, int(port)))
    kept.sendall(b"GET /chains/main/status HTTP/1.1\r\nhost: x\r\n\r\n")
    assert kept.recv(15) == b"HTTP/1.1 200 OK"
    ended = running.end(number)
    assert (ended.code, ended.err) == (0, "")
    for connection in (silent, halting, kept):
        connection.close()


def test_what_is_no_request_is_answered_and_says_nothing_in_the_user_s_terminal(home: Path, start: Start) -> None:
    running = start(home, *QUIET)
    host, port = running.wait_until_it_answers().split(":")
    with socket.create_connection((host, int(port))) as stranger:
        stranger.sendall(b"\x16\x03\x01 what is this\r\n\r\n")
        assert stranger.recv(12) == b"HTTP/1.1 400"
    ended = running.end(signal.SIGTERM)
    assert (ended.code, ended.err) == (0, "")


def test_cars_that_drive_are_stopped_between_two_blocks_and_tell_a_log_nothing_of_their_drives(
    fresh: Program, start: Start
) -> None:
    running = start(fresh.home, "--port", "0", "--cars", "2")
    running.wait_for(lambda: recorded(fresh.home) >= 2)
    ended = running.end(signal.SIGINT)
    assert (ended.code, ended.err) == (0, "")
    assert "2 simulated cars drive" in ended.out
    told = ended.out.partition("nothing is lost.\n")[2]
    assert re.fullmatch(
        r"\n(a recording was sold and read for [0-9.]+ ACC, receipt [0-9a-f]{12}\n)*\nStopped.*\n", told
    )
    listed = fresh.json("recording", "list")["recordings"]
    for recording in listed:
        assert fresh.json("recording", "verify", recording["recording"])["verified"] is True


def test_who_starts_a_network_twice_is_told_who_has_it(home: Path, start: Start) -> None:
    running = start(home, *QUIET)
    address = running.wait_until_it_answers()
    # The same port, too: that it is taken is not what the user must know first.
    ended = start(home, "--port", address.rpartition(":")[2]).end()
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"Another process uses this home. ({home}, process {running.pid}, which answers at ")
    assert running.end(signal.SIGTERM).code == 0


def test_a_start_beside_a_short_command_says_who_has_the_home(home: Path, start: Start) -> None:
    place = Home(home)
    assert place.lock()
    ended = start(home, *QUIET).end()
    place.unlock()
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"Another process uses this home. ({home}, process {os.getpid()})")


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (("--host", "127.0.0.1"), "The port is taken."),
        (("--host", "192.0.2.1"), "It can't listen there."),
        (("--host", "no.such.host.invalid"), "It can't listen there."),
    ],
)
def test_where_nobody_can_listen_nothing_is_made(
    option: tuple[str, str], text: str, tmp_path: Path, start: Start
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = start(tmp_path / "home", *option, "--port", port, "--format", "json").end()
    assert (ended.code, ended.err) == (1, "")
    assert ended.answer["error"]["text"].startswith(text)
    assert not (tmp_path / "home").exists()


def test_commands_beside_a_running_network_work_through_it(fresh: Program, start: Start, tmp_path: Path) -> None:
    running = start(fresh.home, *QUIET)
    running.wait_until_it_answers()
    drives = write_drives(tmp_path / "drives.csv", (VIN, "KA-2"))
    answer = fresh.json("replay", str(drives))
    assert (len(answer["recordings"]), answer["verified"]) == (2, 2)
    name = answer["recordings"][0]["recording"]
    assert fresh.json("recording", "verify", name[:8])["recording"] == name
    assert len(fresh.json("recording", "read", name[:8], "--purpose", "research")["readings"]) == 4
    refused = fresh("transfer", "buyer", "100000")
    assert (refused.code, refused.err.count("[token/1]")) == (1, 1)
    assert "Another process uses this home." in fresh("reset", "--yes").err
    ended = running.end(signal.SIGTERM)
    assert (ended.code, ended.err) == (0, "")
    assert VIN not in ended.out


def test_the_address_of_a_killed_process_confuses_nobody(home: Path, start: Start, program: Program) -> None:
    running = start(home, *QUIET)
    running.wait_until_it_answers()
    height = program.json("block", "show")["height"]
    running.kill()
    assert (home / "address").exists()
    assert program.json("block", "show")["height"] >= height
    assert not (home / "address").exists()


def test_a_replay_whose_network_is_killed_tells_what_it_has_and_the_next_goes_on(
    fresh: Program, start: Start, tmp_path: Path
) -> None:
    drives = write_drives(tmp_path / "drives.csv", tuple(f"KA-{number}" for number in range(10)))
    network = start(fresh.home, *QUIET)
    network.wait_until_it_answers()
    replay = start(fresh.home, "replay", str(drives), "--format", "json")
    replay.wait_for(lambda: recorded(fresh.home) >= 4)
    network.kill()
    ended = replay.end()
    assert ended.code == 1
    assert 2 <= len(ended.answer["recordings"]) < 10
    assert ended.answer["verified"] == 0
    assert "Stopped: The network does not answer." in ended.err
    assert "replay the file again to go on from there" in ended.err
    _goes_on(fresh, ended, drives)


def test_a_replay_that_is_interrupted_tells_what_it_has_and_the_next_goes_on(
    fresh: Program, start: Start, tmp_path: Path
) -> None:
    drives = write_drives(tmp_path / "drives.csv", tuple(f"KA-{number}" for number in range(16)))
    replay = start(fresh.home, "replay", str(drives), "--format", "json")
    replay.wait_for(lambda: recorded(fresh.home) >= 3)
    ended = replay.end(signal.SIGINT)
    assert ended.code == 130
    assert 1 <= len(ended.answer["recordings"]) < 16
    assert ended.err.startswith("Stopped: You interrupted it.\n")
    _goes_on(fresh, ended, drives)


def _goes_on(program: Program, ended: Ended, drives: Path) -> None:
    """Sees that another replay of the same file knows what was taken in, and takes in the rest."""
    first = {drive["recording"]: drive for drive in ended.answer["recordings"]}
    again = program.json("replay", str(drives))
    assert again["verified"] == len(again["recordings"]) == len(drives.read_text().split()) // 40
    for drive in again["recordings"]:
        if drive["recording"] in first:
            before = first[drive["recording"]]
            assert drive == before | {"known": True, "verified": True}


def test_two_replays_at_once_both_succeed(home: Path, start: Start, tmp_path: Path) -> None:
    files = [write_drives(tmp_path / f"{name}.csv", (name,)) for name in ("one", "other")]
    replays = [start(home, "replay", str(file), "--format", "json") for file in files]
    ended = [replay.end() for replay in replays]
    assert [(each.code, each.err) for each in ended] == [(0, "")] * 2
    assert [each.answer["verified"] for each in ended] == [1, 1]


def test_two_replays_at_once_through_a_running_network_both_succeed(home: Path, start: Start, tmp_path: Path) -> None:
    start(home, *QUIET).wait_until_it_answers()
    files = [write_drives(tmp_path / f"{name}.csv", (f"{name}-1", f"{name}-2")) for name in ("one", "other")]
    replays = [start(home, "replay", str(file), "--format", "json") for file in files]
    ended = [replay.end() for replay in replays]
    assert [(each.code, each.err) for each in ended] == [(0, "")] * 2
    assert [each.answer["verified"] for each in ended] == [2, 2]


def test_away_from_its_own_machine_nobody_may_act_as_a_party_or_see_the_cars(home: Path, start: Start) -> None:
    running = start(home, "--host", "0.0.0.0", "--port", "0", "--cars", "1")
    address = f"http://{running.wait_until_it_answers()}"
    assert httpx.get(f"{address}/api/v1/network").json()["demo"] is False
    assert httpx.get(f"{address}/api/v1/demo/personas").status_code == 404
    kinds: set[str] = set()
    with httpx.stream("GET", f"{address}/api/v1/stream", timeout=30) as stream:
        for line in stream.iter_lines():
            if line.startswith("event: "):
                kinds.add(line)
            if len(kinds) == 2:
                break
    assert kinds == {"event: block", "event: chain"}
    assert running.end(signal.SIGTERM).code == 0


def test_a_rate_that_is_none_is_refused_before_anything_is_made(
    fresh: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOCHAIN_RATE", "often")
    ended = fresh(*QUIET)
    assert (ended.code, "[api/40]" in ended.err) == (1, True)
    assert not fresh.home.exists()
