"""What the pages on vehicles, credentials, access and keys say, they do: to the refusals that they name."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cli.program import Ended, Program, Running, write_drives
from docs.test_documents import IDENTITY, start
from homes import serving
from homes.token import OFFICER_PIN, PIN, tokens_in

HOUR_NS = 3_600_000_000_000
USUAL = "127.0.0.1:8440"
TOKEN = "keys-in-a-token"


class Apart(Program):
    """The commands on a home, each in a process of its own."""

    def __call__(self, *arguments: str) -> Ended:
        return Running(self.home, *arguments).end()


class Reader:
    """Types what a page says, and puts in what the commands before have shown."""

    def __init__(self, run: Program) -> None:
        self._run = run
        self._known: dict[str, str] = {}
        self._grants: set[str] = set()
        self._names: dict[str, Any] = {}
        """What the programs of the page have named so far."""

    @property
    def _address(self) -> str:
        return (self._run.home / "address").read_text()

    def type(self, line: str) -> None:
        command, _, remark = line.partition(" # ")
        if command.startswith("./run "):
            self._command(command, remark.partition("refused: ")[2].strip())
            return
        if command.startswith("softhsm2-util"):
            command += f" --pin {PIN} --so-pin {OFFICER_PIN}"  # Which it asks a reader for.
        if command.startswith("curl "):
            issuer = json.loads(Path("licence.json").read_text())["issuer"]
            command = command.replace("curl ", "curl --no-progress-meter --fail-with-body ", 1)
            command = command.replace(USUAL, self._address).replace("ISSUER", issuer)
        subprocess.run(command, shell=True, check=True, capture_output=True)

    def program(self, text: str) -> None:
        exec(text.replace(USUAL, self._address), self._names)

    def _command(self, command: str, refused: str) -> None:
        words = shlex.split(command)[1:]
        out = words.pop() if words[-2] == ">" else None
        words = [self._meant(word) for word in words if word != ">"]
        ended = self._run(*words)
        if refused:
            assert (ended.code, f"[{refused}]" in ended.err) == (1, True), (words, ended)
        else:
            assert ended.code == 0, (words, ended)
        if out:
            Path(out).write_text(ended.out)
        self._learn(words)

    def _meant(self, word: str) -> str:
        if word == "VEHICLE":
            return str(self._run.json("recording", "list")["recordings"][0]["vehicle"])
        if word == "VEHICLE-NAME":
            accounts = self._run.json("account", "show")["accounts"]
            return next(str(each["name"]) for each in accounts if each["kind"] == "device")
        return self._known.get(word, word)

    def _learn(self, words: list[str]) -> None:
        """Takes from a list, or a guide, what the page goes on with."""
        if words[:2] == ["recording", "list"]:
            self._known["CAR"] = self._run.json(*words)["recordings"][0]["vehicle"]
        elif words[:2] == ["access", "list"]:
            found = [each["grant"] for each in self._run.json(*words)["grants"]]
            fresh = [name for name in found if name not in self._grants]
            if fresh or self._known["GRANT"] not in found:
                self._known["GRANT"] = (fresh or found)[0]
            self._grants.update(found)
        elif words[:2] == ["credential", "list"]:
            self._known["CREDENTIAL"] = self._run.json(*words)["credentials"][0]["credential"]
        elif words[:2] == ["credential", "challenge"]:
            asked = self._run.json(*words)
            self._known |= {"CHALLENGE": asked["challenge"], "DOMAIN": asked["domain"]}
        elif "--new-wallet" in words:
            guide = shlex.split(self._run.json(*words)["each_guardian_runs"])
            self._known["TEXT"] = guide[guide.index("--request") + 1]


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yields a page's blocks with their languages, and where it lets an hour pass."""
    for found in re.finditer(r"^```(sh|python)\n(.*?)^```|(An hour later:)", text, re.MULTILINE | re.DOTALL):
        yield ("hour", "") if found[3] else (found[1], found[2])


@pytest.mark.parametrize("page", sorted(IDENTITY), ids=lambda page: page.stem)
def test_a_page_does_what_it_says(
    page: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    monkeypatch.setenv("AUTOCHAIN_HOME", str(home))
    program = Program(home, capsys)
    if page.stem == TOKEN:
        tokens_in(tmp_path, monkeypatch)
        # A process reads once where its tokens lie, and this one may have done so for another test.
        program = Apart(home, capsys)
    reader, text = Reader(program), page.read_text()
    write_drives(tmp_path / "drives.csv")
    asyncio.run(start(home))
    with ExitStack() as stack:
        if USUAL in text:
            stack.enter_context(serving(home, tmp_path / "node.log"))
        for language, block in blocks(text):
            if language == "hour":
                now_ns = time.time_ns
                monkeypatch.setattr(time, "time_ns", lambda now_ns=now_ns: now_ns() + HOUR_NS)
            elif language == "python":
                reader.program(block)
            else:
                for line in block.splitlines():
                    reader.type(line)
