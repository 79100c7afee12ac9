"""What becomes of a submitted transaction: it stands in one block once, or in none, and all who wait are told."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest
from onchain.ledger.probe import NOTES, ON_REQUEST, Fail, Note, Put

from autochain.node.engines.embedded import mempool
from autochain.onchain.codec import NOT_DECODABLE, encode
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ledger import Limits, Submitted, errors, transaction_hash
from autochain.onchain.refusals import Reason, Refusal
from chains import Party

from .chain import Chain
from .verified import check_chain, check_proof
from .virtual_time import VirtualClock, run


def in_blocks(chain: Chain, data: bytes) -> int:
    """Counts how often a transaction stands in a chain."""
    kept = [chain.store.block(height) for height in range(1, chain.store.height + 1)]
    return sum(block.hashes.count(transaction_hash(data)) for block in kept if block is not None)


async def refused(chain: Chain, data: bytes, reason: Reason) -> None:
    with pytest.raises(Refusal) as caught:
        await chain.engine.submit(data)
    assert caught.value.reason == reason


def test_transactions_that_come_together_stand_in_one_block_in_their_order(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.running() as engine:
            signed = [chain.sign(chain.treasury, Put(str(number), "text")) for number in range(50)]
            submitted = await asyncio.gather(*map(engine.submit, signed))
            assert [(answer.height, answer.index) for answer in submitted] == [(2, index) for index in range(50)]
            assert [answer.hash for answer in submitted] == [transaction_hash(data) for data in signed]
        _, block = (await check_chain(chain))[:2]
        assert block.transactions == tuple(signed)

    run(clock, job())


def test_a_transaction_that_comes_twice_stands_in_one_block_once_and_both_are_answered(
    chain: Chain, clock: VirtualClock
) -> None:
    async def job() -> None:
        data = chain.sign(chain.treasury, Put("name", "text"))
        async with chain.running() as engine:
            one, other = await asyncio.gather(engine.submit(data), engine.submit(data))
            height = chain.store.height
            later = await engine.submit(data)
            assert one == other == later == Submitted(transaction_hash(data), 2, 0, one.result)
            assert one.result.code == 0
        chain.reopen()
        async with chain.running() as engine:
            assert await engine.submit(data) == one
            assert chain.store.height <= height + 1
        assert in_blocks(chain, data) == 1
        await check_chain(chain)

    run(clock, job())


def test_a_refused_transaction_never_enters_a_block(chain: Chain, clock: VirtualClock) -> None:
    put, treasury = Put("name", "text"), chain.treasury
    stranger = Party.make("stranger", "person")
    good = chain.sign(treasury, put, sequence=1)
    forged = good[:-1] + bytes([good[-1] ^ 1])
    cases = [
        (chain.sign(treasury, put, sequence=2), errors.WRONG_SEQUENCE),
        (chain.sign(treasury, put, sequence=1, fee_uacc=0), errors.FEE_TOO_LOW),
        (chain.sign(treasury, put, sequence=1, expiry_height=1), errors.EXPIRED),
        (chain.sign(stranger, put, sequence=1), errors.UNKNOWN_SENDER),
        (b"no transaction", NOT_DECODABLE),
        (b"", NOT_DECODABLE),
    ]

    async def job() -> None:
        async with chain.running():
            for data, reason in cases:
                await refused(chain, data, reason)
            with pytest.raises(Refusal):
                await chain.engine.submit(forged)
            assert (await chain.engine.status()).waiting == 0
            await chain.engine.submit(good)
            for data, reason in cases:
                # A sequence that was too high has become the next one only for what it was signed with.
                if reason != errors.WRONG_SEQUENCE:
                    await refused(chain, data, reason)
        assert [in_blocks(chain, data) for data in (*(data for data, _ in cases), forged, good)] == [0] * 7 + [1]
        await check_chain(chain)

    run(clock, job())


def test_a_transaction_that_fails_in_its_block_is_answered_with_its_refusal(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.running() as engine:
            failing = chain.sign(chain.treasury, Put("gone", "text"), Fail("name"))
            submitted = await engine.submit(failing)
            result = submitted.result
            assert (result.codespace, result.code, result.remedy) == ("probe", ON_REQUEST.code, ON_REQUEST.remedy)
            assert result.text == ON_REQUEST("name").text
            assert await engine.submit(failing) == submitted
            check_proof(await engine.prove(NOTES.key("gone")), value=None)
            # Its sequence was taken: the next one is right.
            await chain.send(chain.treasury, Put("name", "text"))
        await check_chain(chain)

    run(clock, job())


def test_who_stops_waiting_takes_the_answer_from_nobody_else(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        first = chain.sign(chain.treasury, Put("first", "text"))
        second = chain.sign(chain.treasury, Put("second", "text"))
        async with chain.running() as engine:
            waiting = [asyncio.create_task(engine.submit(data)) for data in (first, first, second)]
            await asyncio.sleep(0)
            assert chain.store.height == 1
            waiting[0].cancel()
            waiting[2].cancel()
            answer = await waiting[1]
            assert answer.height == 2
            assert [task.cancelled() for task in waiting] == [True, False, True]
            assert (await engine.submit(second)).height == 2
        assert [in_blocks(chain, data) for data in (first, second)] == [1, 1]

    run(clock, job())


def narrow(tmp_path: Path, clock: VirtualClock) -> Chain:
    """A chain whose blocks take one registration each."""
    return Chain(tmp_path / "narrow", clock, limits=Limits(free_per_block=1))


def test_what_finds_no_room_in_a_block_stands_in_a_later_one(tmp_path: Path, clock: VirtualClock) -> None:
    chain = narrow(tmp_path, clock)

    async def job() -> None:
        people = [Party.make(f"person {number}", "person") for number in range(4)]
        async with chain.running() as engine:
            registered = [chain.sign(person, person.registration) for person in people]
            submitted = await asyncio.gather(*map(engine.submit, registered))
            assert [(answer.height, answer.result.code) for answer in submitted] == [(2, 0), (3, 0), (4, 0), (5, 0)]
            assert clock.passed_ms == 0
        await check_chain(chain)

    run(clock, job())


def test_what_can_go_into_no_block_any_more_is_refused_and_logs_nothing(tmp_path: Path, clock: VirtualClock) -> None:
    chain = narrow(tmp_path, clock)
    noise: list[dict[str, Any]] = []

    async def job() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
        people = [Party.make(f"person {number}", "person") for number in range(3)]
        one, *late = [chain.sign(person, person.registration, expiry_height=2) for person in people]
        async with chain.taking_in():
            tasks = await chain.submitting(one, *late, *late)
            assert (await chain.engine.status()).waiting == 3
            # Nobody waits for the last one any more, so nobody hears of its refusal.
            tasks[2].cancel()
            tasks[4].cancel()
            await asyncio.wait([tasks[2], tasks[4]])
            chain.engine.make_block()
            # The block was full; at the next one they come too late.
            assert (await chain.engine.status()).waiting == 2
            chain.engine.make_block()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(results[0], Submitted)
        assert isinstance(results[1], Refusal)
        assert isinstance(results[3], Refusal)
        assert results[1].reason == results[3].reason == errors.EXPIRED
        assert (await chain.engine.status()).waiting == 0
        assert [in_blocks(chain, data) for data in (one, *late)] == [1, 0, 0]
        await check_chain(chain)

    run(clock, job())
    gc.collect()
    assert noise == []


def test_a_full_mempool_has_room_again_after_a_block_that_it_makes_itself(
    chain: Chain, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mempool, "MAX_TRANSACTIONS", 3)

    async def job() -> None:
        async with chain.taking_in():
            signed = [chain.sign(chain.treasury, Put(str(number), "text")) for number in range(4)]
            tasks = await chain.submitting(*signed[:3])
            assert (await chain.engine.status()).waiting == 3
            (last,) = await chain.submitting(signed[3])
            assert [task.height for task in await asyncio.gather(*tasks)] == [2, 2, 2]
            assert (await chain.engine.status()).waiting == 1
            chain.engine.make_block()
            assert (await last).height == 3
        await check_chain(chain)

    run(clock, job())


def test_a_proof_right_after_a_submit_proves_the_new_state(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.running() as engine:
            for number in range(4):
                sent = await chain.send(chain.treasury, Put("name", str(number)), Put(str(number), "text"))
                proved = await engine.prove(NOTES.key("name"))
                assert check_proof(proved, value=encode(Note(str(number))))["height"] == sent.height + 1
                check_proof(await engine.prove(NOTES.key("absent")), value=None)
            check_proof(await engine.prove(b""), value=None)
            height = chain.store.height
            await asyncio.gather(*(engine.prove(NOTES.key(str(number))) for number in range(4)))
            assert chain.store.height == height
        await check_chain(chain)

    run(clock, job())


def test_a_proof_does_not_wait_for_the_engine_to_come_round(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.taking_in():
            (task,) = await chain.submitting(chain.sign(chain.treasury, Put("name", "text")))
            chain.engine.make_block()
        for _ in range(2):
            proved = await chain.engine.prove(NOTES.key("name"))
            assert check_proof(proved, value=encode(Note("text")))["height"] == chain.store.height == 3
        await task
        await check_chain(chain)

    run(clock, job())


def test_a_proof_holds_while_the_block_that_shows_it_changes_the_same_key(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.taking_in() as engine:
            (first,) = await chain.submitting(chain.sign(chain.treasury, Put("name", "first")))
            engine.make_block()
            second, absent = await chain.submitting(
                chain.sign(chain.treasury, Put("name", "second")), chain.sign(chain.treasury, Put("new", "text"))
            )
            # A proof block is due; what waits goes into it, and its own effects are shown by the one after it.
            proved = await engine.prove(NOTES.key("name"))
            assert check_proof(proved, value=encode(Note("first")))["height"] == chain.store.height == 3
            assert [sent.height for sent in await asyncio.gather(first, second, absent)] == [2, 3, 3]
            for key, note in (("name", "second"), ("new", "text")):
                proved = await engine.prove(NOTES.key(key))
                assert check_proof(proved, value=encode(Note(note)))["height"] == chain.store.height == 4
        await check_chain(chain)

    run(clock, job())


def test_a_chain_that_was_stopped_between_a_change_and_its_proof_goes_on_with_the_proof(
    chain: Chain, clock: VirtualClock
) -> None:
    async def job() -> None:
        async with chain.taking_in():
            (task,) = await chain.submitting(chain.sign(chain.treasury, Put("name", "text")))
            chain.engine.make_block()
            await task
        root = chain.machine.info().app_hash
        for height in (3, 3):
            chain.reopen()
            assert chain.machine.info().app_hash == root
            chain.start()
            assert chain.store.height == height
        check_proof(await chain.engine.prove(NOTES.key("name")), value=encode(Note("text")))
        clock.jump(chain.max_age_ms + 2)
        chain.reopen()
        chain.start()
        assert chain.store.height == 4
        await check_chain(chain)

    run(clock, job())


def test_a_block_is_given_by_height_and_the_last_one_for_0(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.running() as engine:
            await chain.send(chain.treasury, Put("name", "text"))
            await engine.prove(b"")
            first, second, third = await check_chain(chain)
            assert await engine.block(0) == third != second
            with pytest.raises(Refusal) as caught:
                await engine.block(4)
            assert caught.value.reason == errors.NO_BLOCK
            assert first.results == ()

    run(clock, job())


def test_a_busy_chain_of_all_contracts_verifies_block_by_block(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        people = [Party.make(f"person {number}", "person") for number in range(6)]
        async with chain.running() as engine:
            for person in people:
                await chain.send(person, person.registration)
                await chain.send(chain.treasury, Transfer(person.account, 10_000_000))
            for number in range(8):
                signed = [chain.sign(person, Put(f"{person.name} {number}", "x" * 3_000)) for person in people]
                signed += [chain.sign(chain.treasury, Fail("name"), *[Put("never", "text")] * number)]
                await asyncio.gather(*map(engine.submit, signed))
                await asyncio.sleep(number % 3 * 40)
        answers = await check_chain(chain)
        assert max(len(answer.transactions) for answer in answers) == 7
        assert {result.code for answer in answers for result in answer.results} == {0, ON_REQUEST.code}

    run(clock, job())
