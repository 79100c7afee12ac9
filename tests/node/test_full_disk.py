"""A disk without room: who waits is told, nothing is lost, and with room the chain goes on."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from collections.abc import Callable, Iterator

import pytest
from onchain.ledger.probe import NOTES, Note, Put

from autochain.onchain.codec import encode
from autochain.onchain.ledger import errors
from autochain.onchain.refusals import Refusal

from .chain import Chain
from .verified import check_chain, check_proof
from .virtual_time import VirtualClock, run

LARGE = "x" * 4_000


@contextlib.contextmanager
def no_file_grows(chain: Chain) -> Iterator[None]:
    """Lets the operating system refuse every byte beyond the store's present size, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = (chain.folder / "data.mdb").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def no_map_grows(chain: Chain) -> Iterator[None]:
    """Lets LMDB refuse every page beyond the store's present size, as it does at the end of its map."""
    environment = chain.store._environment
    before = environment.info()
    pages = before["last_pgno"] + 1
    environment.set_mapsize(pages * 4096)
    try:
        yield
    finally:
        environment.set_mapsize(before["map_size"])


async def fill(chain: Chain) -> int:
    """Sends transactions until one is refused, sees why, and says how many stand in the chain."""
    for number in range(1_000):
        try:
            await chain.send(chain.treasury, *[Put(f"{number} {part}", LARGE) for part in range(10)])
        except Refusal as refusal:
            assert refusal.reason == errors.STORE_FULL
            return number
    raise AssertionError("the disk took everything")


@pytest.mark.parametrize("full", [no_file_grows, no_map_grows])
def test_on_a_full_disk_nothing_is_lost_and_with_room_the_chain_goes_on(
    chain: Chain, clock: VirtualClock, full: Callable[[Chain], contextlib.AbstractContextManager[None]]
) -> None:
    async def job() -> None:
        async with chain.running() as engine:
            await chain.send(chain.treasury, Put("before", "text"))
            with full(chain):
                count = await fill(chain)
                root = chain.machine.info().app_hash
                again = chain.sign(chain.treasury, *[Put("again", LARGE)] * 16, sequence=count + 2)
                waiting = [asyncio.create_task(engine.submit(again)) for _ in range(2)]
                for answer in await asyncio.gather(*waiting, return_exceptions=True):
                    assert isinstance(answer, Refusal)
                    assert answer.reason == errors.STORE_FULL
                await asyncio.sleep(10)
                status = await engine.status()
                assert (status.app_hash, status.waiting) == (root, 0)
                await check_chain(chain)
            # The same bytes, refused before, are taken now.
            assert (await engine.submit(again)).result.code == 0
            check_proof(await engine.prove(NOTES.key("again")), value=encode(Note(LARGE)))
            before = chain.store.height
            await asyncio.sleep(chain.max_age_ms / 1000 + 1)
            assert chain.store.height == before + 1
        await check_chain(chain)
        chain.reopen()
        chain.start()
        await check_chain(chain)

    run(clock, job())


def test_a_chain_that_starts_on_a_full_disk_says_so(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        with no_map_grows(chain), pytest.raises(Refusal) as caught:
            chain.start()
        assert caught.value.reason == errors.STORE_FULL
        chain.start()
        assert chain.store.height == 1

    run(clock, job())
