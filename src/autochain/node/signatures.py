"""Signatures verified on all cores, in processes of their own.

Threads would not do: libsodium lets go of the interpreter's lock, but to take it again after each signature costs more
than the signature while the node is busy making a block.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from ..onchain.codec import Codec, encode
from ..onchain.crypto import SignatureJob, verify_in_turn
from .workers import Worker, answer, questions

WORTH_SHARING = 64
"""Fewer signatures than this are checked faster on the spot."""
_SHARE = 4_096
"""How many signatures a process is given at once, at most."""
_JOBS: Codec[list[SignatureJob]] = Codec(list[SignatureJob], max_bytes=2**31)


class SignatureProcesses:
    """Implements the ledger's `SignatureVerifier`; its processes start when there is enough for them to do."""

    def __init__(self, processes: int | None = None) -> None:
        count = processes or max(1, (os.cpu_count() or 1) - 1)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="signatures")
        """One waits for each process."""
        self._idle: SimpleQueue[Worker | None] = SimpleQueue()
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
            process = process or Worker(__name__)
            process.tell(encode(jobs))
            verdicts = process.hear()
            if len(verdicts) != len(jobs):
                raise EOFError
            return [bool(verdict) for verdict in verdicts]
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


def serve() -> None:
    """Verifies what comes in until the input ends."""
    for asked in questions():
        answer(bytes(verify_in_turn(_JOBS.trusted(asked))))
