"""Signatures verified on all cores, in processes of their own.

Threads would not do: libsodium lets go of the interpreter's lock, but to take it again after each signature costs more
than the signature while the node is busy making a block.
"""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import IO

from ..onchain.codec import Codec, encode
from ..onchain.crypto import SignatureJob, verify_in_turn

WORTH_SHARING = 64
"""Fewer signatures than this are checked faster on the spot."""
_SHARE = 1_024
"""How many signatures a process is given at once, at most."""
_PACKAGES = Path(__file__).parents[2]
_JOBS: Codec[list[SignatureJob]] = Codec(list[SignatureJob], max_bytes=2**31)
_LENGTH = struct.Struct(">I")


class SignatureProcesses:
    """Implements the ledger's `SignatureVerifier`; its processes start when there is enough for them to do."""

    def __init__(self, processes: int | None = None) -> None:
        count = processes or max(1, (os.cpu_count() or 1) - 1)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="signatures")
        """One waits for each process."""
        self._idle: SimpleQueue[_Process | None] = SimpleQueue()
        for _ in range(count):
            self._idle.put(None)
        self._count = count

    def __call__(self, jobs: Sequence[SignatureJob], /) -> list[bool]:
        if len(jobs) < WORTH_SHARING:
            return verify_in_turn(jobs)
        size = min(_SHARE, -(-len(jobs) // self._count))
        shares = [jobs[at : at + size] for at in range(0, len(jobs), size)]
        return [verdict for verdicts in self._threads.map(self._verify, shares) for verdict in verdicts]

    def _verify(self, jobs: Sequence[SignatureJob]) -> list[bool]:
        process = self._idle.get()
        try:
            process = process or _Process()
            return process.verify(jobs)
        except (OSError, EOFError):
            # A process that was killed takes nothing with it; the next share has a new one.
            if process is not None:
                process.end()
                process = None
            return verify_in_turn(jobs)
        finally:
            self._idle.put(process)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        for _ in range(self._count):
            process = self._idle.get()
            if process is not None:
                process.end()


class _Process:
    """A process that verifies; it ends when its input does, so also when this process is killed."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, (str(_PACKAGES), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            # Without -P, what lies in the working directory would stand in for modules of the same name.
            [sys.executable, "-P", "-c", f"from {__name__} import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            # Who interrupts the node at its terminal does not interrupt this one, not even as it starts.
            process_group=0,
        )

    def verify(self, jobs: Sequence[SignatureJob]) -> list[bool]:
        sent, answers = self._process.stdin, self._process.stdout
        if sent is None or answers is None:
            raise EOFError
        _write(sent, encode(jobs))
        verdicts = _read(answers)
        if len(verdicts) != len(jobs):
            raise EOFError
        return [bool(verdict) for verdict in verdicts]

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


def _write(file: IO[bytes], data: bytes) -> None:
    file.write(_LENGTH.pack(len(data)) + data)
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


def serve() -> None:
    """Verifies what comes in until the input ends."""
    # Where nobody is left to answer to, the process ends without a word.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    while True:
        try:
            jobs = _JOBS.trusted(_read(sys.stdin.buffer))
        except EOFError:
            return
        _write(sys.stdout.buffer, bytes(verify_in_turn(jobs)))
