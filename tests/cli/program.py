"""The commands on one home: in this process, which is quick, and as processes of their own, which is the real thing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from homes import Trip, environment, write_raw

from autochain.cli import main

PATIENCE_S = 60.0
"""How long something may take on a busy machine before a test gives up; no test waits for it to pass."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """The one JSON object that it answered."""
        found: dict[str, Any] = json.loads(self.out)
        return found


class Program:
    """The commands on one home, run in this process."""

    def __init__(self, home: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._capture = capture

    def __call__(self, *arguments: str) -> Ended:
        self._capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        captured = self._capture.readouterr()
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, captured.out, captured.err)

    def json(self, *arguments: str) -> dict[str, Any]:
        """Runs a command that succeeds, and gives its JSON answer."""
        ended = self(*arguments, "--format", "json")
        assert ended.code == 0, ended
        return ended.answer


class Running:
    """A command that runs in a process of its own, in its terminal or with its output in files."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        command = [sys.executable, "-m", "autochain", *arguments]
        self._process = subprocess.Popen(
            command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.pid = self._process.pid

    def wait_for(self, there: Callable[[], object]) -> None:
        """Waits until something is there that this process brings about."""
        patience = time.monotonic() + PATIENCE_S
        while not there():
            assert self._process.poll() is None, self._process.communicate()
            assert time.monotonic() < patience
            time.sleep(0.01)

    def wait_until_it_answers(self) -> str:
        """Waits until the network that it started answers, and says where."""
        address = self.home / "address"
        self.wait_for(address.exists)
        return address.read_text()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self, number: signal.Signals | None = None) -> Ended:
        """Waits for its end, after a signal if one is given."""
        if number is not None:
            self.send(number)
        out, err = self._process.communicate(timeout=PATIENCE_S)
        return Ended(self._process.returncode, out, err)

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


def recorded(home: Path) -> int:
    """Counts the recordings of a home whose keys were handed over, looking into its folders alone."""
    return len(list((home / "parties" / "release" / "keys").glob("*")))


def write_drives(path: Path, vehicles: tuple[str, ...] = ("KA-1", "KA-2")) -> Path:
    """Writes a file with a drive of each vehicle."""
    write_raw(path, [Trip(vehicle, f"track-{number}") for number, vehicle in enumerate(vehicles)])
    return path


def refused(program: Program, *words: str, code: str, text: str) -> None:
    """Sees a command refused in words, in both forms."""
    ended = program(*words)
    assert (ended.code, ended.out) == (1, ""), ended
    assert text in ended.err
    assert f" [{code}]\n" in ended.err
    answer = program(*words, "--format", "json")
    assert (answer.code, answer.err) == (1, "")
    assert answer.answer["error"]["code"] == code
    assert answer.answer["error"]["remedy"]
