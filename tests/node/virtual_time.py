"""An event loop in which no test waits: when every task sleeps, the clock goes on to where the first one wakes."""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from chains import START_MS

R = TypeVar("R")
AT_MOST_MS = 24 * 3_600_000
"""How long a test may wait."""


class VirtualClock:
    """Milliseconds since 1970 that pass only while every task of the loop waits."""

    def __init__(self, start_ms: int = START_MS) -> None:
        self._set_ms = start_ms
        self.passed_ms = 0

    def __call__(self) -> int:
        return self._set_ms + self.passed_ms

    def jump(self, ms: int) -> None:
        """Sets the clock forth or back, as its owner may; no task notices that time has passed."""
        self._set_ms += ms


class _Selector(selectors.SelectSelector):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and (timeout is None or self._clock.passed_ms > AT_MOST_MS):
            raise RuntimeError("the test waits for ever")
        if not ready and timeout:
            # Whole milliseconds, so that sums of waits are exact.
            self._clock.passed_ms += max(1, math.ceil(timeout * 1000 - 1e-3))
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(_Selector(clock))
        self._clock = clock

    def time(self) -> float:
        return self._clock.passed_ms / 1000


def run(clock: VirtualClock, job: Coroutine[Any, Any, R]) -> R:
    """Runs a job in time that passes by this clock."""
    with asyncio.Runner(loop_factory=lambda: _Loop(clock)) as runner:
        return runner.run(job)
