"""An event loop in which no test waits: when every task sleeps, the clock goes on to where the first one wakes.

What runs in a thread takes no time by this clock.
"""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

from chains import START_MS

R = TypeVar("R")
Arguments = TypeVarTuple("Arguments")
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
        self.in_threads = 0
        """How many calls are still under way in threads."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.in_threads and timeout != 0:
            return super().select(None)
        ready = super().select(0)
        if not ready and (timeout is None or self._clock.passed_ms > AT_MOST_MS):
            raise RuntimeError("the test waits for ever")
        if not ready and timeout:
            # Whole milliseconds, so that sums of waits are exact.
            self._clock.passed_ms += max(1, math.ceil(timeout * 1000 - 1e-3))
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: VirtualClock) -> None:
        self._threads = _Selector(clock)
        super().__init__(self._threads)
        self._clock = clock

    def time(self) -> float:
        return self._clock.passed_ms / 1000

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Arguments], R], *args: *Arguments
    ) -> asyncio.Future[R]:
        self._threads.in_threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._returned)
        return future

    def _returned(self, _: asyncio.Future[Any]) -> None:
        self._threads.in_threads -= 1

    async def shutdown_default_executor(self, *args: Any) -> None:
        self._threads.in_threads += 1
        await super().shutdown_default_executor(*args)
        self._threads.in_threads -= 1


def run(clock: VirtualClock, job: Coroutine[Any, Any, R]) -> R:
    """Runs a job in time that passes by this clock."""
    with asyncio.Runner(loop_factory=lambda: _Loop(clock)) as runner:
        return runner.run(job)
