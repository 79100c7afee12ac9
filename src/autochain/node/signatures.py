"""Signatures verified on all cores: libsodium lets go of the interpreter's lock while it checks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ..onchain.crypto import SignatureJob, verify_in_turn

WORTH_SHARING = 8
"""Fewer signatures than this are checked faster on the spot."""


class ThreadedVerifier:
    """Implements the ledger's `SignatureVerifier` with a pool of threads."""

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="signatures")

    def __call__(self, jobs: Sequence[SignatureJob], /) -> list[bool]:
        if len(jobs) < WORTH_SHARING:
            return verify_in_turn(jobs)
        size = -(-len(jobs) // self._threads)
        shares = [jobs[at : at + size] for at in range(0, len(jobs), size)]
        return [verdict for verdicts in self._pool.map(verify_in_turn, shares) for verdict in verdicts]

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
