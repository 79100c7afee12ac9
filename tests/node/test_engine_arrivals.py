"""What arrives together is verified together, and everybody gets the answer to what they sent."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from onchain.ledger.probe import Put

from autochain.node import SignatureProcesses
from autochain.node.engines.embedded import engine as embedded
from autochain.node.signatures import WORTH_SHARING
from autochain.onchain.codec import encode
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto import SignatureJob, verify_in_turn
from autochain.onchain.ledger import Limits, Proposal, Submitted, errors, transaction_hash
from autochain.onchain.refusals import Refusal
from chains import Party, make_seeds

from .chain import Chain
from .verified import check_chain
from .virtual_time import VirtualClock, run


def forged(chain: Chain, signed: bytes) -> bytes:
    """Gives a transaction whose signature does not hold."""
    transaction = chain.machine.dispatcher.transactions.decode(signed)
    (signature,) = transaction.proof.signatures
    wrong = replace(signature, data=signature.data[:-1] + bytes([signature.data[-1] ^ 1]))
    return encode(replace(transaction, proof=replace(transaction.proof, signatures=(wrong,))))


def crowd(chain: Chain, count: int) -> list[bytes]:
    """Gives the registrations of so many people."""
    people = [Party.make(f"person {number}", "person") for number in range(count)]
    return [chain.sign(person, person.registration) for person in people]


@pytest.mark.parametrize("count", [embedded.AT_ONCE - 1, embedded.AT_ONCE + 1, 30])
def test_a_bad_signature_among_many_refuses_only_itself(chain: Chain, clock: VirtualClock, count: int) -> None:
    async def job() -> None:
        signed = crowd(chain, count)
        bad = count // 2
        signed[bad] = forged(chain, signed[bad])
        async with chain.running() as engine:
            answers = await asyncio.gather(*map(engine.submit, signed), return_exceptions=True)
        refusal = answers.pop(bad)
        assert isinstance(refusal, Refusal)
        assert refusal.reason == errors.BAD_SIGNATURE
        assert [answer.result.code for answer in answers if isinstance(answer, Submitted)] == [0] * (count - 1)
        await check_chain(chain)

    run(clock, job())


@pytest.mark.parametrize("wrong", ["signature", "sequence"])
def test_what_was_refused_is_let_go_without_the_collector(chain: Chain, clock: VirtualClock, wrong: str) -> None:
    async def job() -> None:
        signed = chain.sign(chain.treasury, Put("name", "text"), sequence=77)
        async with chain.running() as engine:
            gc.collect()
            gc.disable()
            try:
                try:
                    await engine.submit(forged(chain, signed) if wrong == "signature" else signed)
                except Refusal as refusal:
                    code = refusal.code
                assert code == (errors.BAD_SIGNATURE if wrong == "signature" else errors.WRONG_SEQUENCE).code
                await asyncio.sleep(0)  # Until then the loop itself holds the future that woke this task.
                assert not [left for left in gc.get_objects() if isinstance(left, Refusal)]
            finally:
                gc.enable()

    run(clock, job())


def test_a_bad_signature_leaves_its_senders_sequence_to_the_good_one(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        good = [chain.sign(chain.treasury, Put(str(number), "text")) for number in range(10)]
        async with chain.running() as engine:
            sent = [copy for data in good for copy in (forged(chain, data), data)]
            answers = await asyncio.gather(*map(engine.submit, sent), return_exceptions=True)
        refusals = [answer.reason for answer in answers[::2] if isinstance(answer, Refusal)]
        assert refusals == [errors.BAD_SIGNATURE] * len(good)
        assert [answer.hash for answer in answers if isinstance(answer, Submitted)] == list(map(transaction_hash, good))
        await check_chain(chain)

    run(clock, job())


def test_a_batch_that_is_shared_among_processes_is_answered_one_by_one(tmp_path: Path, clock: VirtualClock) -> None:
    count = 3 * WORTH_SHARING
    batches: list[int] = []
    with closing(SignatureProcesses(2)) as processes:

        def verify(jobs: Sequence[SignatureJob], /) -> list[bool]:
            batches.append(len(jobs))
            return processes(jobs)

        chain = Chain(tmp_path / "main", clock, limits=Limits(free_per_block=count), verify=verify)

        async def job() -> None:
            signed = [
                forged(chain, data) if number % 5 == 0 else data for number, data in enumerate(crowd(chain, count))
            ]
            async with chain.running() as engine:
                answers = await asyncio.gather(*map(engine.submit, signed), return_exceptions=True)
            for number, answer in enumerate(answers):
                if number % 5 == 0:
                    assert isinstance(answer, Refusal)
                    assert answer.reason == errors.BAD_SIGNATURE
                else:
                    assert isinstance(answer, Submitted)
                    assert answer.hash == transaction_hash(signed[number])
            assert max(batches) > WORTH_SHARING
            await check_chain(chain)

        run(clock, job())


def test_what_arrives_while_others_are_verified_is_taken_in_after_them(chain: Chain, clock: VirtualClock) -> None:
    later: list[asyncio.Task[Submitted]] = []
    batches: list[int] = []
    was_verified = threading.Event()

    def verify(jobs: Sequence[SignatureJob], /) -> list[bool]:
        batches.append(len(jobs))
        if len(batches) == 1:
            # The first batch is still at work when the second one comes, and the second is done before it.
            asyncio.run_coroutine_threadsafe(second(), loop).result()
            assert was_verified.wait(60)
        else:
            was_verified.set()
        return verify_in_turn(jobs)

    loop: asyncio.AbstractEventLoop
    held = Chain(chain.folder.parent / "held", clock, verify=verify)
    # One sender's: in another order they would be refused.
    signed = [held.sign(held.treasury, Put(str(number), "text")) for number in range(30)]

    async def second() -> None:
        later.extend(asyncio.create_task(held.engine.submit(data)) for data in signed[10:])

    async def job() -> None:
        nonlocal loop
        loop = asyncio.get_running_loop()
        async with held.running() as engine:
            first = await asyncio.gather(*map(engine.submit, signed[:10]))
            answers = first + await asyncio.gather(*later)
        assert [answer.hash for answer in answers] == list(map(transaction_hash, signed))
        assert batches == [10, 20]
        await check_chain(held)

    run(clock, job())


def test_what_is_being_verified_counts_among_what_arrives(
    chain: Chain, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def verify(jobs: Sequence[SignatureJob], /) -> list[bool]:
        assert go_on.wait(60)
        return verify_in_turn(jobs)

    held = Chain(chain.folder.parent / "held", clock, verify=verify)
    signed = crowd(held, 12)

    async def job() -> None:
        monkeypatch.setattr(embedded, "MAX_ARRIVING", 10)
        async with held.running() as engine:
            tasks = [asyncio.create_task(engine.submit(data)) for data in signed[:10]]
            for _ in range(10):
                await asyncio.sleep(0)
            assert not engine._arriving, "all are at work"
            with pytest.raises(Refusal) as caught:
                await engine.submit(signed[10])
            assert caught.value.reason == errors.MEMPOOL_FULL
            go_on.set()
            await asyncio.gather(*tasks)
            assert (await engine.submit(signed[10])).result.code == 0

    run(clock, job())


def test_an_engine_that_stops_while_signatures_are_verified_says_nothing(
    chain: Chain, clock: VirtualClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "WORTH_SHARING", 10)  # One part is awaited, one is in the queue, one waits for it.
    monkeypatch.setattr(embedded, "AT_WORK", 1_000)
    go_on = threading.Event()

    def verify(jobs: Sequence[SignatureJob], /) -> list[bool]:
        assert go_on.wait(60)
        raise RuntimeError("the processes are closed")

    held = Chain(chain.folder.parent / "held", clock, verify=verify)
    signed = [held.sign(held.treasury, Put(str(number), "text")) for number in range(30)]

    async def job() -> None:
        async with held.running() as engine:
            tasks = [asyncio.create_task(engine.submit(data)) for data in signed]
            for _ in range(10):
                await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        go_on.set()
        await asyncio.sleep(0.1)

    run(clock, job())
    held.engine._verifying.get_nowait()  # Let go with the engine, it would complain.
    gc.collect()
    assert [record.message for record in caplog.records if "never retrieved" in record.message] == []


def test_one_of_several_submitters_goes_away_while_its_signature_is_verified(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        good = chain.sign(chain.treasury, Put("name", "text"))
        bad = forged(chain, chain.sign(chain.treasury, Put("other", "text")))
        async with chain.running() as engine:
            tasks = [asyncio.create_task(engine.submit(data)) for data in (good, good, good, bad, bad)]
            await asyncio.sleep(0)
            tasks[0].cancel()
            tasks[3].cancel()
            answers = await asyncio.gather(*tasks, return_exceptions=True)
            assert isinstance(answers[0], asyncio.CancelledError)
            assert isinstance(answers[3], asyncio.CancelledError)
            assert isinstance(answers[1], Submitted)
            assert answers[1] == answers[2]
            assert isinstance(answers[4], Refusal)
            assert answers[4].reason == errors.BAD_SIGNATURE
            # All of them gone: it is in the chain all the same.
            alone = asyncio.create_task(engine.submit(chain.sign(chain.treasury, Put("alone", "text"), sequence=2)))
            await asyncio.sleep(0)
            alone.cancel()
            await asyncio.sleep(1)
        assert [len(answer.transactions) for answer in await check_chain(chain)].count(1) == 2

    run(clock, job())


def test_what_stands_in_a_block_is_answered_with_its_place_also_after_a_restart(
    chain: Chain, clock: VirtualClock
) -> None:
    async def job() -> None:
        person = Party.make("person", "person")
        rotated = Party.make("rotated", "person")
        async with chain.running() as engine:
            signed = [chain.sign(one, one.registration) for one in (person, rotated)]
            signed += [chain.sign(chain.treasury, Put(str(number), "text")) for number in range(6)]
            first = await asyncio.gather(*map(engine.submit, signed))
            # These keys are no longer the sender's, but what they signed still stands.
            await chain.send(chain.treasury, Transfer(rotated.account, 10_000_000))
            signed.append(chain.sign(rotated, rotated.rotation(make_seeds("rotated", generation=1))))
            first.append(await engine.submit(signed[-1]))
            assert await asyncio.gather(*map(engine.submit, signed)) == first
        chain.reopen()
        async with chain.running() as engine:
            assert await asyncio.gather(*map(engine.submit, [*signed, *signed])) == first * 2
        assert sum(len(answer.transactions) for answer in await check_chain(chain)) == len(signed) + 1

    run(clock, job())


def test_a_place_whose_block_is_damaged_is_told_to_who_asks_and_the_chain_goes_on(
    chain: Chain, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def job() -> None:
        data = chain.sign(chain.treasury, Put("name", "text"))
        async with chain.running() as engine:
            height = (await engine.submit(data)).height
            await chain.send(chain.treasury, Put("other", "text"))
            block = chain.store.block

            def damaged(asked: int) -> object:
                if asked == height:
                    raise errors.STORE_DAMAGED(f"block {asked}")
                return block(asked)

            monkeypatch.setattr(chain.store, "block", damaged)
            with pytest.raises(Refusal) as caught:
                await engine.submit(data)
            assert caught.value.reason == errors.STORE_DAMAGED
            await chain.send(chain.treasury, Put("after", "text"))

    run(clock, job())


@pytest.mark.parametrize(("bound", "value"), [("MAX_ARRIVING", 5), ("MAX_ARRIVING_BYTES", None)])
def test_what_arrives_faster_than_it_is_verified_is_refused_and_the_rest_is_answered(
    chain: Chain, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, bound: str, value: int | None
) -> None:
    async def job() -> None:
        signed = crowd(chain, 12)
        monkeypatch.setattr(embedded, bound, value or sum(map(len, signed[:5])))
        async with chain.running() as engine:
            answers = await asyncio.gather(*map(engine.submit, signed), return_exceptions=True)
            assert all(isinstance(answer, Submitted) for answer in answers[:5])
            for answer in answers[5:]:
                assert isinstance(answer, Refusal)
                assert answer.reason == errors.MEMPOOL_FULL
            # There is room again, for so many each time.
            for at in (5, 10):
                again = await asyncio.gather(*map(engine.submit, signed[at : at + 5]))
                assert [answer.result.code for answer in again] == [0] * len(again)
        await check_chain(chain)

    run(clock, job())


def test_what_no_block_has_room_for_waits_without_keeping_the_engine_busy(
    tmp_path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chain files are refused that would let this happen; a spec of another origin may."""
    chain = Chain(tmp_path / "main", clock, limits=Limits(free_per_block=0))
    tried: list[int] = []
    prepare = chain.machine.prepare

    def counted(candidates: Sequence[bytes], *, height: int, time_ms: int) -> Proposal:
        tried.append(height)
        return prepare(candidates, height=height, time_ms=time_ms)

    monkeypatch.setattr(chain.machine, "prepare", counted)

    async def job() -> None:
        async with chain.running() as engine:
            (data,) = crowd(chain, 1)
            task = asyncio.create_task(engine.submit(data))
            await asyncio.sleep(10)
            assert not task.done()
            sent = await engine.submit(chain.sign(chain.treasury, Put("name", "text")))
            assert sent.result.code == 0
            assert len(tried) < 20
            task.cancel()

    run(clock, job())
