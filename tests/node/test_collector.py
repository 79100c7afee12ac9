"""When cyclic garbage is collected while a network runs: in idle moments after work, and after many blocks."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from autochain.node import quiet_collector
from autochain.node.collector import IDLE_S, MAX_BLOCKS, WHOLE_EVERY

from .virtual_time import VirtualClock, run


class Node:
    """One half of a cycle."""

    other: Node


def a_cycle() -> tuple[Node, weakref.ref[Node]]:
    one, other = Node(), Node()
    one.other, other.other = other, one
    return one, weakref.ref(one)


def garbage() -> weakref.ref[Node]:
    return a_cycle()[1]


class Chain:
    """Counts blocks."""

    height = 0

    async def works(self, *, seconds: float, blocks: int = 1) -> None:
        for _ in range(round(seconds * 10)):
            self.height += blocks
            await asyncio.sleep(0.1)


@pytest.fixture(autouse=True)
def _setting() -> Iterator[None]:
    """Sees that the setting is the same afterwards."""
    assert gc.isenabled()
    yield
    assert gc.isenabled()
    assert not gc.get_freeze_count()


def play(job: Coroutine[Any, Any, None]) -> None:
    run(VirtualClock(), job)


def test_garbage_is_collected_when_the_chain_is_idle_after_work_and_not_before() -> None:
    async def job() -> None:
        chain = Chain()
        async with quiet_collector(lambda: chain.height):
            assert not gc.isenabled()
            left = garbage()
            await asyncio.sleep(60)
            assert left() is not None, "where nothing was done nothing is collected"
            await chain.works(seconds=10)
            assert left() is not None, "what works is not disturbed"
            await asyncio.sleep(2 * IDLE_S)
            assert left() is None

    play(job())


def test_garbage_is_collected_after_many_blocks_even_if_the_chain_is_never_idle() -> None:
    async def job() -> None:
        chain = Chain()
        async with quiet_collector(lambda: chain.height):
            left = garbage()
            await chain.works(seconds=5, blocks=MAX_BLOCKS // 60)
            assert left() is not None
            await chain.works(seconds=3, blocks=MAX_BLOCKS // 60)
            assert left() is None

    play(job())


def test_what_was_alive_when_it_was_set_aside_is_collected_at_last() -> None:
    async def job() -> None:
        chain = Chain()
        held, left = a_cycle()
        async with quiet_collector(lambda: chain.height):
            del held
            for _ in range(WHOLE_EVERY):
                assert left() is not None
                await chain.works(seconds=0.1)
                await asyncio.sleep(3 * IDLE_S)
            assert left() is None

    play(job())


def test_a_setting_that_was_off_stays_off_and_a_fault_passes_through() -> None:
    async def job() -> None:
        with pytest.raises(ZeroDivisionError):
            async with quiet_collector(lambda: 0):
                raise ZeroDivisionError
        assert not gc.isenabled()

    gc.disable()
    try:
        play(job())
    finally:
        gc.enable()
