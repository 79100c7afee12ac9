"""Many who submit at once: the order in which they go into blocks, and who makes way when the mempool is full."""

from __future__ import annotations

import asyncio

import pytest
from onchain.ledger.probe import Lift, Put

from autochain.node.engines.embedded import mempool
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.contracts.token.errors import TOO_POOR
from autochain.onchain.ledger import SEQUENCE_WINDOW, Limits, Message, Submitted, errors
from autochain.onchain.refusals import Reason, Refusal
from chains import Party

from .chain import Chain
from .verified import check_chain
from .virtual_time import VirtualClock, run

RICH_UACC = 100_000_000


async def settle(chain: Chain, count: int) -> list[Party]:
    """Registers some people who have money for fees."""
    people = [Party.make(f"person {number}", "person") for number in range(count)]
    async with chain.running():
        for person in people:
            await chain.send(person, person.registration)
            await chain.send(chain.treasury, Transfer(person.account, RICH_UACC))
    return people


def least_fee(chain: Chain, *messages: Message) -> int:
    return chain.machine.dispatcher.least_fee_uacc(messages, suites=(1,))


def reason(task: asyncio.Task[Submitted]) -> Reason:
    refusal = task.exception()
    assert isinstance(refusal, Refusal)
    return refusal.reason


@pytest.fixture
def narrow(chain: Chain) -> Chain:
    """A chain whose blocks take five transactions that weigh as much as one may, and not a sixth."""
    heaviest = Limits().transaction_weight * 2
    return Chain(
        chain.folder.parent / "narrow",
        chain._clock,
        limits=Limits(transaction_weight=heaviest, block_weight=heaviest * 3),
    )


def test_one_sender_with_many_keeps_nobody_out_of_the_next_block(narrow: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        loud, *others = await settle(narrow, 4)
        async with narrow.taking_in() as engine:
            many = [narrow.sign(loud, Lift()) for _ in range(20)]
            few = [narrow.sign(other, Lift()) for other in others]
            tasks = await narrow.submitting(*many, *few)
            engine.make_block()
            height = narrow.store.height
            first = (await engine.block(height)).transactions
            assert first[:4] == (many[0], *few)
            assert first[4:] == tuple(many[1 : len(first) - 3])
            while (await engine.status()).waiting:
                engine.make_block()
            places = [(answer.height, answer.index) for answer in await asyncio.gather(*tasks[:20])]
            assert places == sorted(places), "its own order is kept"
            assert places[-1][0] > height
        await check_chain(narrow)

    run(clock, job())


def test_a_better_fee_goes_first_but_not_before_the_senders_own_first(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        anna, bert, cora = await settle(chain, 3)
        put = Put("name", "text")
        fee = least_fee(chain, put)
        async with chain.taking_in() as engine:
            cheap = chain.sign(anna, put)
            better = chain.sign(bert, put, fee_uacc=2 * fee)
            best = chain.sign(cora, put, fee_uacc=3 * fee)
            behind = chain.sign(anna, put, fee_uacc=9 * fee)
            await chain.submitting(cheap, behind, better, best)
            engine.make_block()
            assert (await engine.block(0)).transactions == (best, better, cheap, behind)
        await check_chain(chain)

    run(clock, job())


def test_a_full_mempool_makes_room_by_a_block_and_the_better_fee_goes_first_in_the_next(
    chain: Chain, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def job() -> None:
        anna, bert = await settle(chain, 2)
        monkeypatch.setattr(mempool, "MAX_TRANSACTIONS", 3)
        put = Put("name", "text")
        fee = least_fee(chain, put)
        async with chain.taking_in() as engine:
            cheap = [chain.sign(anna, put) for _ in range(4)]
            first = await chain.submitting(*cheap[:3])
            height = chain.store.height
            second = await chain.submitting(cheap[3])
            assert chain.store.height == height + 1
            assert [task.done() for task in (*first, *second)] == [True, True, True, False]
            dear = chain.sign(bert, put, fee_uacc=2 * fee)
            third = await chain.submitting(dear)
            engine.make_block()
            assert (await engine.block(0)).transactions == (dear, cheap[3])
            assert [answer.result.code for answer in await asyncio.gather(*first, *second, *third)] == [0] * 5
        await check_chain(chain)

    run(clock, job())


def test_what_has_no_room_even_after_a_block_is_refused_and_takes_nothing_from_others(
    chain: Chain, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def job() -> None:
        anna, bert = await settle(chain, 2)
        monkeypatch.setattr(mempool, "MAX_BYTES", 1_000)
        async with chain.taking_in() as engine:
            small = await chain.submitting(chain.sign(anna, Put("name", "text")))
            large = await chain.submitting(chain.sign(bert, Put("name", "x" * 2_000), sequence=1))
            assert reason(large[0]) == errors.MEMPOOL_FULL
            assert (await small[0]).result.code == 0
            assert (await engine.status()).waiting == 0
        await check_chain(chain)

    run(clock, job())


def test_so_many_of_one_sender_wait_and_one_more_is_refused(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.taking_in() as engine:
            signed = [chain.sign(chain.treasury, Put("name", "text")) for _ in range(SEQUENCE_WINDOW + 1)]
            tasks = await chain.submitting(*signed)
            assert [task.done() for task in tasks] == [False] * SEQUENCE_WINDOW + [True]
            assert reason(tasks[-1]) == errors.SENDER_BUSY
            engine.make_block()
            await asyncio.gather(*tasks[:-1])
            (last,) = await chain.submitting(signed[-1])
            engine.make_block()
            assert (await last).result.code == 0
        await check_chain(chain)

    run(clock, job())


def test_a_flood_of_wrong_sequences_makes_no_blocks_and_holds_up_nobody(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        people = await settle(chain, 3)
        async with chain.running() as engine:
            await asyncio.sleep(1)
            height, root = chain.store.height, chain.machine.info().app_hash
            for sequences in (range(2, 42), range(100, 140), [0] * 40):
                wrong = [
                    chain.sign(one, Put(f"{at}", "text"), sequence=sequence)
                    for one in people
                    for at, sequence in enumerate(sequences)
                ]
                tasks = [asyncio.create_task(engine.submit(data)) for data in wrong]
                await asyncio.wait(tasks)
                assert {reason(task) for task in tasks} == {errors.WRONG_SEQUENCE}
                await asyncio.sleep(1)
                assert (chain.store.height, (await engine.status()).waiting) == (height, 0)
            assert chain.machine.info().app_hash == root
            tasks = [asyncio.create_task(engine.submit(data)) for data in wrong]
            right = chain.sign(people[0], Put("right", "text"), sequence=1)
            sent = await engine.submit(right)
            await asyncio.wait(tasks)
            assert (sent.height, sent.result.code) == (height + 1, 0)
            assert (await engine.block(sent.height)).transactions == (right,)
        await check_chain(chain)

    run(clock, job())


def test_what_can_not_be_paid_is_refused_at_the_next_block_and_takes_no_room_in_it(
    narrow: Chain, clock: VirtualClock
) -> None:
    async def job() -> None:
        poor, *others = await settle(narrow, 6)
        async with narrow.taking_in() as engine:
            greedy = [narrow.sign(poor, Lift(), fee_uacc=RICH_UACC + more, sequence=1) for more in (3, 2, 1)]
            behind = narrow.sign(poor, Lift(), fee_uacc=RICH_UACC, sequence=2)
            few = [narrow.sign(other, Lift()) for other in others]
            tasks = await narrow.submitting(*greedy, behind, *few)
            assert [task.done() for task in tasks] == [False] * 9
            engine.make_block()
            await asyncio.wait(tasks)
            assert (await engine.block(0)).transactions == tuple(few)
            assert [task.result().result.code for task in tasks[4:]] == [0] * 5
            assert [reason(task) for task in tasks[:4]] == [TOO_POOR] * 3 + [errors.WRONG_SEQUENCE]
            assert (await engine.status()).waiting == 0
        await check_chain(narrow)

    run(clock, job())


@pytest.mark.parametrize(("fee_uacc", "sequence"), [(2 * RICH_UACC, 1), (RICH_UACC // 4, 2)])
def test_what_can_not_happen_pushes_nobody_out_of_a_full_mempool(
    chain: Chain, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, fee_uacc: int, sequence: int
) -> None:
    """It is too dear for its payer, or not its sender's next one; and so it would push out others for nothing."""

    async def job() -> None:
        anna, bert = await settle(chain, 2)
        monkeypatch.setattr(mempool, "MAX_TRANSACTIONS", 3)
        put = Put("name", "text")
        async with chain.taking_in() as engine:
            waiting = await chain.submitting(*(chain.sign(anna, put) for _ in range(3)))
            vain = [chain.sign(bert, put, fee_uacc=fee_uacc, sequence=at) for at in range(sequence, sequence + 3)]
            refused = await chain.submitting(*vain)
            engine.make_block()
            await asyncio.wait([*waiting, *refused])
            assert [task.exception() for task in waiting] == [None] * 3
            assert all(isinstance(task.exception(), Refusal) for task in refused)
        await check_chain(chain)

    run(clock, job())
