"""What the page on a committee of many says, it does: three members by its chain file, and one of them goes away."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cli.program import Program, Running, write_drives
from docs.test_documents import COMMITTEE, commands, filled
from homes import serving

from autochain.network import Home, chain_file, open_network


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
    return port


def answers(address: str) -> bool:
    host, _, port = address.partition(":")
    with socket.socket() as asking:
        return asking.connect_ex((host, int(port))) == 0


@pytest.fixture
def members_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Has networks made by the chain file with the page's values in it, but for its ports, which may be taken here."""
    (text,) = re.findall(r"^```toml\n(.*?)^```", COMMITTEE.read_text(), re.MULTILINE | re.DOTALL)
    said = tomllib.loads(re.sub(r"127\.0\.0\.1:\d+", lambda _: f"127.0.0.1:{free_port()}", text))
    file = msgspec.to_builtins(chain_file.load("main"))
    merge(file, said)
    monkeypatch.setattr(chain_file, "load", lambda _: msgspec.convert(file, chain_file.ChainFile))
    found: dict[str, str] = said["members_at"]
    return found


def merge(into: dict[str, Any], said: dict[str, Any]) -> None:
    for name, value in said.items():
        if isinstance(value, dict):
            merge(into.setdefault(name, {}), value)
        else:
            into[name] = value


@contextlib.contextmanager
def in_terminals(home: Path, lines: list[list[str]], members_at: dict[str, str]) -> Iterator[dict[str, Running]]:
    """Starts members, waits until they answer, and kills those that are left at the end."""
    running: dict[str, Running] = {}
    try:
        for words in lines:
            running[words[-1]] = Running(home, *words)
        for party, member in running.items():
            member.wait_for(lambda party=party: answers(members_at[party]))  # type: ignore[misc]
        yield running
    finally:
        for member in running.values():
            member.kill()


def test_a_committee_of_many_does_what_its_page_says(
    members_at: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    monkeypatch.setenv("AUTOCHAIN_HOME", str(home))
    run = Program(home, capsys)
    write_drives(tmp_path / "drives.csv")
    node, *lines = commands(COMMITTEE)
    served, (replay, read, read_again) = lines[:2], lines[2:]
    assert (node, [words[:2] for words in served]) == ([], [["release", "serve"]] * 2)

    async def make() -> None:
        async with open_network(Home(home)):
            pass

    asyncio.run(make())
    with serving(home, tmp_path / "node.log"), in_terminals(home, served, members_at) as running:
        for words in (replay, read):
            ended = run(*filled(words, run))
            assert ended.code == 0, ended
        running[served[-1][-1]].end(signal.SIGINT)
        ended = run(*filled(read_again, run))
        assert ended.code == 0, ended
        erased = run("data", "erase", "--all", "--yes", "--format", "json")
        assert (erased.code, erased.answer["error"]["code"]) == (1, "network/10")
