"""When the engine makes a block: on demand, to prove a change, for a timer, and to stay fresh."""

from __future__ import annotations

import asyncio

import pytest
from onchain.ledger.probe import NOTES, Later, Note, Put

from autochain.node.engines.embedded.engine import PROOF_PAUSE_S
from autochain.onchain.ledger import BlockAnswer
from autochain.onchain.ledger.header import LightBlock
from chains import START_MS

from .chain import Chain
from .verified import check_chain, check_proof
from .virtual_time import VirtualClock, run

HOUR_MS = 3_600_000


def test_a_fresh_chain_gets_its_first_block_at_once(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        genesis_root = chain.machine.info().app_hash
        async with chain.running() as engine:
            status = await engine.status()
            assert (status.height, status.time_ms, status.app_hash) == (1, START_MS, genesis_root)
            assert (status.chain_id, status.waiting) == (chain.trust.chain_id, 0)
            assert status.validators_hash == chain.trust.validators_hash
        await check_chain(chain)

    run(clock, job())


def test_a_change_is_followed_by_one_proof_block_and_no_further_one(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.running():
            sent = await chain.send(chain.treasury, Put("name", "text"))
            assert (sent.height, chain.store.height) == (2, 2)
            await asyncio.sleep(PROOF_PAUSE_S + 0.001)
            assert chain.store.height == 3
            await asyncio.sleep((chain.max_age_ms - 2) / 1000)
            assert chain.store.height == 3
        first, changed, proof = await check_chain(chain)
        assert [len(answer.transactions) for answer in (first, changed, proof)] == [0, 1, 0]

    run(clock, job())


def test_the_block_of_the_next_transaction_saves_the_proof_block(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.running() as engine:
            for number in range(5):
                sent = await chain.send(chain.treasury, Put("name", str(number)))
                await asyncio.sleep(PROOF_PAUSE_S - 0.01)
                assert sent.height == chain.store.height == number + 2
            # Who wants a proof does not wait for it.
            check_proof(await engine.prove(NOTES.key("name")), value=NOTES.codec.encode(Note("4")))
            await asyncio.sleep(1)
            assert chain.store.height == 7
        await check_chain(chain)

    run(clock, job())


def test_a_chain_that_nobody_uses_gets_an_empty_block_when_its_header_grows_too_old(
    chain: Chain, clock: VirtualClock
) -> None:
    async def job() -> None:
        root = chain.machine.info().app_hash
        async with chain.running() as engine:
            await asyncio.sleep((chain.max_age_ms - 1) / 1000)
            assert chain.store.height == 1
            await asyncio.sleep(0.002)
            assert chain.store.height == 2
            await asyncio.sleep(10 * chain.max_age_ms / 1000)
            assert chain.store.height == 12
            status = await engine.status()
            assert (status.time_ms, status.app_hash) == (START_MS + 11 * chain.max_age_ms, root)
        assert all(not answer.transactions for answer in await check_chain(chain))

    run(clock, job())


def test_a_timer_gets_its_block_when_it_is_due_and_that_block_its_proof(chain: Chain, clock: VirtualClock) -> None:
    due_ms = START_MS + 20_000

    async def job() -> None:
        async with chain.running() as engine:
            await chain.send(chain.treasury, Later(due_ms, "rings"))
            await asyncio.sleep(19.999)
            assert chain.store.height == 3
            await asyncio.sleep(0.002)
            assert chain.store.height == 4
            await asyncio.sleep(PROOF_PAUSE_S)
            assert chain.store.height == 5
            proved = await engine.prove(NOTES.key("rings"))
            check_proof(proved, value=NOTES.codec.encode(Note(f"rang at {due_ms}")))
            assert chain.store.height == 5
        *_, rang, proof = await check_chain(chain)
        assert (rang.events != proof.events, rang.transactions, proof.transactions) == (True, (), ())

    run(clock, job())


def times_ms(answers: list[BlockAnswer]) -> list[int]:
    return [LightBlock.decode(answer.light_block).header.time_ms for answer in answers]


def test_a_timer_does_not_wait_for_the_proof_of_what_set_it(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.running():
            await chain.send(chain.treasury, Later(START_MS + 10, "rings"))
            await asyncio.sleep(PROOF_PAUSE_S / 2)
        assert times_ms(await check_chain(chain)) == [START_MS, START_MS + 1, START_MS + 10]

    run(clock, job())


def test_a_clock_that_stands_still_gives_each_block_a_millisecond_more(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.running():
            for number in range(5):
                await chain.send(chain.treasury, Put(str(number), "text"))
        assert clock() == START_MS
        assert times_ms(await check_chain(chain)) == list(range(START_MS, START_MS + 6))

    run(clock, job())


def test_block_time_goes_on_when_the_clock_goes_back(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.running():
            await asyncio.sleep(1)
            await chain.send(chain.treasury, Put("before", "text"))
            clock.jump(-HOUR_MS)
            await chain.send(chain.treasury, Put("after", "text"))
            await asyncio.sleep(1)
            clock.jump(2 * HOUR_MS)
            await chain.send(chain.treasury, Put("later", "text"))
        # The fourth is the proof block: for what was changed, it does not wait for the clock either.
        after_ms = [0, 1_000, 1_001, 1_002, 2_000 + HOUR_MS]
        assert times_ms(await check_chain(chain)) == [START_MS + ms for ms in after_ms]

    run(clock, job())


def test_a_timer_and_freshness_do_not_keep_the_engine_busy_while_the_clock_is_behind(
    chain: Chain, clock: VirtualClock
) -> None:
    async def job() -> None:
        async with chain.running():
            await chain.send(chain.treasury, Later(START_MS + 5, "rings"))
            clock.jump(-HOUR_MS)
            await asyncio.sleep(HOUR_MS / 1000 - 1)
            assert chain.store.height == 3
            await asyncio.sleep(2)
            assert chain.store.height == 5

    run(clock, job())


def test_after_a_sleep_of_the_machine_a_proof_stands_under_a_fresh_header(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.running() as engine:
            clock.jump(24 * HOUR_MS)
            proved = await engine.prove(NOTES.key("nothing"))
            header = check_proof(proved, value=None)
            assert header["time"]["seconds"] == (START_MS + 24 * HOUR_MS) // 1000
            assert chain.store.height == 2

    run(clock, job())


@pytest.mark.parametrize("steps", range(8))
def test_the_engine_ends_when_it_is_cancelled_even_while_a_transaction_comes(
    chain: Chain, clock: VirtualClock, steps: int
) -> None:
    async def job() -> None:
        chain.start()
        running = asyncio.create_task(chain.engine.run())
        await asyncio.sleep(0.001)
        submitting = asyncio.create_task(chain.engine.submit(chain.sign(chain.treasury, Put("name", "text"))))
        for _ in range(steps):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running], timeout=1)
        assert running.cancelled()
        submitting.cancel()

    run(clock, job())
