"""A block that was run and is not written yet: nobody sees it, and whoever needs the next one has it written first."""

from __future__ import annotations

import asyncio

import pytest
from onchain.ledger.probe import NOTES, Note, NoteOf, Put

from autochain.node.engines.embedded import mempool
from autochain.onchain.codec import encode
from autochain.onchain.ledger import errors
from autochain.onchain.refusals import Refusal

from .chain import Chain
from .verified import check_chain, check_proof
from .virtual_time import VirtualClock, run


async def asked(chain: Chain) -> bytes:
    return (await chain.engine.query(encode(NoteOf("name")))).value


def test_nobody_sees_it_and_its_sender_is_not_answered(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.taking_in() as engine:
            before = chain.store.height, await asked(chain)
            data = chain.sign(chain.treasury, Put("name", "text"))
            (task,) = await chain.submitting(data)
            assert engine._begin_block()
            assert (chain.store.height, await asked(chain)) == before
            check_proof(await engine.prove(b"elsewhere"), value=None)
            await asyncio.sleep(0)
            assert task.done() == (chain.store.height > before[0])
            (again,) = await chain.submitting(data)
            engine.make_block()
            assert await task == await again
        await check_chain(chain)

    run(clock, job())


def test_a_proof_that_needs_a_block_has_it_written_first(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.taking_in() as engine:
            for text in ("first", "second"):
                (task,) = await chain.submitting(chain.sign(chain.treasury, Put("name", text)))
                assert engine._begin_block()
                clock.jump(chain.max_age_ms)  # A proof of now needs a fresh header.
                check_proof(await engine.prove(NOTES.key("name")), value=encode(Note(text)))
                assert (await task).result.code == 0
        await check_chain(chain)

    run(clock, job())


def test_it_makes_room_in_a_full_mempool(chain: Chain, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mempool, "MAX_TRANSACTIONS", 2)

    async def job() -> None:
        async with chain.taking_in() as engine:
            tasks = await chain.submitting(*(chain.sign(chain.treasury, Put(str(n), "text")) for n in range(2)))
            assert engine._begin_block()
            tasks += await chain.submitting(*(chain.sign(chain.treasury, Put(str(n), "text")) for n in range(2, 5)))
            engine.make_block()
            assert [answer.result.code for answer in await asyncio.gather(*tasks)] == [0] * 5
        await check_chain(chain)

    run(clock, job())


def test_it_is_as_if_it_had_not_been_when_the_node_stops(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        data = chain.sign(chain.treasury, Put("name", "text"))
        async with chain.taking_in() as engine:
            root = chain.machine.info()
            (task,) = await chain.submitting(data)
            assert engine._begin_block()
            task.cancel()
        chain.reopen()
        assert chain.machine.info() == root
        async with chain.running() as engine:
            assert (await engine.submit(data)).result.code == 0
        await check_chain(chain)

    run(clock, job())


def test_it_finds_the_disk_full_and_all_who_wait_are_told(
    chain: Chain, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def job() -> None:
        async with chain.taking_in() as engine:
            tasks = await chain.submitting(chain.sign(chain.treasury, Put("a", "text")))
            assert engine._begin_block()
            tasks += await chain.submitting(chain.sign(chain.treasury, Put("b", "text")))

            def full(*_args: object, **_kinds: object) -> None:
                raise errors.STORE_FULL("no room")

            with monkeypatch.context() as patched:
                patched.setattr(chain.store, "commit", full)
                with pytest.raises(Refusal):
                    engine.make_block()
            told = await asyncio.gather(*tasks, return_exceptions=True)
            assert [isinstance(one, Refusal) and one.reason for one in told] == [errors.STORE_FULL] * 2
            chain._sequences[chain.treasury.name] -= 2
            (task,) = await chain.submitting(chain.sign(chain.treasury, Put("c", "text")))
            engine.make_block()
            assert (await task).result.code == 0
        await check_chain(chain)

    run(clock, job())
