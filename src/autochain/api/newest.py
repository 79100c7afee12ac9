"""What is costly to find out, found out once for all who ask while a chain stands where it does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
PAUSE_S = 1.0
"""For so long an answer is good, however fast the chain is."""


class _Kept(NamedTuple, Generic[T]):
    answer: T
    place: object
    answered_s: float


class Newest(Generic[T]):
    """Keeps the last answer about each chain until the chain has gone on, and for a pause at the least."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept[T]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def of(self, chain: str, place: object, ask: Callable[[], Awaitable[T]]) -> T:
        """Gives the answer for the place where a chain stands; whoever comes while it is being asked waits for it."""
        async with self._locks.setdefault(chain, asyncio.Lock()):
            kept = self._kept.get(chain)
            if kept is None or (kept.place != place and self._clock() - kept.answered_s >= PAUSE_S):
                kept = self._kept[chain] = _Kept(await ask(), place, self._clock())
            return kept.answer
