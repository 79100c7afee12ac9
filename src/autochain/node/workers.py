"""Processes that work beside the node's: each answers one question after another through its pipes."""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_PACKAGES = Path(__file__).parents[2]
_LENGTH = struct.Struct(">I")


class Worker:
    """A process that runs a module's `serve`; it ends when its input does, so also when this process is killed.

    What is wrong with the process, and that it has ended, shows as an OSError or EOFError; whoever asked goes on
    without it. Whoever stops it by a signal (SIGSTOP) stops those who ask it as well, until it goes on.
    """

    def __init__(self, module: str) -> None:
        path = os.pathsep.join(filter(None, (str(_PACKAGES), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            # Without -P, what lies in the working directory would stand in for modules of the same name.
            [sys.executable, "-P", "-c", f"from {module} import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            # Who interrupts the node at its terminal does not interrupt this one, not even as it starts.
            process_group=0,
        )

    def tell(self, data: bytes) -> None:
        """Sends a question."""
        if self._process.stdin is None or self._process.stdin.closed:
            raise EOFError
        _write(self._process.stdin, data)

    def hear(self) -> bytes:
        """Waits for the next answer."""
        if self._process.stdout is None or self._process.stdout.closed:
            raise EOFError
        return _read(self._process.stdout)

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


def questions() -> Iterator[bytes]:
    """Gives what comes in to this process, which is a worker, until the input ends."""
    # Where nobody is left to answer to, the process ends without a word.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    with contextlib.suppress(EOFError):
        while True:
            yield _read(sys.stdin.buffer)


def answer(data: bytes) -> None:
    _write(sys.stdout.buffer, data)


def _write(file: IO[bytes], data: bytes) -> None:
    file.write(_LENGTH.pack(len(data)))
    file.write(data)
    file.flush()


def _read(file: IO[bytes]) -> bytes:
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = file.read(length)
    if len(data) < length:
        raise EOFError
    return data
