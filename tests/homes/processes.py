"""Real processes on a home."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import autochain

START_S = 30.0
"""How long a process may take to start on a busy machine."""


def environment(home: Path) -> dict[str, str]:
    tests, sources = Path(__file__).parents[1], Path(autochain.__file__).parents[1]
    paths = os.pathsep.join([str(sources), str(tests)])
    return {**os.environ, "PYTHONPATH": paths, "AUTOCHAIN_HOME": str(home)}


def run_command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command of autochain on a home to its end."""
    command = [sys.executable, "-m", "autochain", *arguments]
    return subprocess.run(command, env=environment(home), capture_output=True, text=True, check=False, timeout=120)


class Server:
    """A process that runs a home's network."""

    def __init__(self, home: Path, logs: Path) -> None:
        self._home = home
        self._logs = logs
        command = [sys.executable, "-m", "autochain", "--port", "0", "--cars", "0"]
        with logs.open("wb") as file:
            self._process = subprocess.Popen(command, env=environment(home), stdout=file, stderr=subprocess.STDOUT)

    def wait_until_it_answers(self) -> None:
        patience = time.monotonic() + START_S
        while not (self._home / "address").exists():
            assert self._process.poll() is None, self.logs.decode()
            assert time.monotonic() < patience, self.logs.decode()
            time.sleep(0.02)

    @property
    def logs(self) -> bytes:
        """All that it printed so far."""
        return self._logs.read_bytes()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self._process.send_signal(how)
        return self._process.wait(START_S)


@contextmanager
def serving(home: Path, logs: Path) -> Iterator[Server]:
    """Runs a home's network in a process of its own."""
    server = Server(home, logs)
    try:
        server.wait_until_it_answers()
        yield server
    finally:
        server.stop(signal.SIGKILL)
