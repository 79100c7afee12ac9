"""Virtual time in which what other threads would do happens here, after a while that chance decides."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

from node import virtual_time
from node.virtual_time import VirtualClock

R = TypeVar("R")
Arguments = TypeVarTuple("Arguments")


class _Loop(virtual_time._Loop):
    def __init__(self, clock: VirtualClock, chance: random.Random) -> None:
        super().__init__(clock)
        self._chance = chance

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Arguments], R], *args: *Arguments
    ) -> asyncio.Future[R]:
        future: asyncio.Future[R] = self.create_future()
        result = func(*args)

        def give() -> None:
            if not future.done():
                future.set_result(result)

        self.call_later(self._chance.choice((0, 0.001, 0.01, 0.2)), give)
        return future


def run(clock: VirtualClock, chance: random.Random, job: Coroutine[Any, Any, R]) -> R:
    """Runs a job in time that passes by this clock, the same way for the same chance."""
    with asyncio.Runner(loop_factory=lambda: _Loop(clock, chance)) as runner:
        return runner.run(job)
