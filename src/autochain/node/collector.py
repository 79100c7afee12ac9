"""Keeps the collector of cyclic garbage from stopping a chain while it works."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable

IDLE_S = 1.0
"""How long no block was made before it is a good moment."""
MAX_BLOCKS = 1_000
"""After so many blocks it is collected even if the chain is never idle."""
WHOLE_EVERY = 100
"""How often an idle moment is used to look at what was set aside before, too."""


@contextlib.asynccontextmanager
async def quiet_collector(height: Callable[[], int]) -> AsyncIterator[None]:
    """Collects while the chain that has this height is idle after work, and else hardly ever, until it is left.

    What outlives a collection is set aside, so that the next one does not look at the whole state again; so is all that
    is there at first, for to look through it takes longer than most commands run.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    gc.freeze()
    collecting = asyncio.create_task(_collect_when_idle(height, collected=height()))
    try:
        yield
    finally:
        collecting.cancel()
        await asyncio.gather(collecting, return_exceptions=True)
        gc.unfreeze()
        if was_enabled:
            gc.enable()


async def _collect_when_idle(height: Callable[[], int], *, collected: int) -> None:
    seen, idle = collected, 0
    while True:
        await asyncio.sleep(IDLE_S)
        last, seen = seen, height()
        is_idle = seen == last
        if seen == collected or not (is_idle or seen - collected >= MAX_BLOCKS):
            continue
        idle += is_idle
        if is_idle and idle % WHOLE_EVERY == 0:
            # What was alive when it was set aside, such as a connection, may be garbage by now.
            gc.unfreeze()
        _collect()
        collected = seen


def _collect() -> None:
    gc.collect()
    gc.freeze()
