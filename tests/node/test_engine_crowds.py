"""Many who submit at once: the order in which they go into blocks, and who makes way when the mempool is full."""

from __future__ import annotations

import asyncio

import pytest
from onchain.ledger.probe import Lift, Put

from autochain.node.engines.embedded import mempool
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ledger import Limits, Message, Submitted, errors
from autochain.onchain.ledger.admission import SEQUENCE_WINDOW
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
    return chain.machine.dispatcher.least_fee_uacc(messages, signatures=1)


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


def test_who_pays_least_makes_way_is_told_so_and_may_send_it_again(
    chain: Chain, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def job() -> None:
        anna, bert = await settle(chain, 2)
        monkeypatch.setattr(mempool, "MAX_TRANSACTIONS", 3)
        put = Put("name", "text")
        fee = least_fee(chain, put)
        async with chain.taking_in() as engine:
            cheap = [chain.sign(anna, put) for _ in range(3)]
            waiting = await chain.submitting(*cheap)
            dear = [chain.sign(bert, put, fee_uacc=2 * fee) for _ in range(2)]
            going = await chain.submitting(*dear)
            # The last of a sender makes way, so that its sequences go on without a gap.
            assert [task.done() for task in waiting] == [False, True, True]
            assert [reason(task) for task in waiting[1:]] == [errors.TOO_CHEAP] * 2
            (full,) = await chain.submitting(cheap[1])
            assert reason(full) == errors.MEMPOOL_FULL
            engine.make_block()
            assert (await engine.block(0)).transactions == (*dear, cheap[0])
            assert (await waiting[0]).result.code == 0
            again = await chain.submitting(*cheap[1:])
            engine.make_block()
            assert (await engine.block(0)).transactions == tuple(cheap[1:])
            assert [answer.result.code for answer in await asyncio.gather(*going, *again)] == [0] * 4
        await check_chain(chain)

    run(clock, job())


def test_who_made_way_has_its_sequence_and_its_money_back_at_once(
    chain: Chain, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def job() -> None:
        anna, bert = await settle(chain, 2)
        monkeypatch.setattr(mempool, "MAX_TRANSACTIONS", 1)
        put = Put("name", "text")
        fee = least_fee(chain, put)
        async with chain.taking_in() as engine:
            (displaced,) = await chain.submitting(chain.sign(anna, put, fee_uacc=fee, sequence=1))
            (other,) = await chain.submitting(chain.sign(bert, put, fee_uacc=2 * fee, sequence=1))
            assert reason(displaced) == errors.TOO_CHEAP
            # All she has as a fee: not to be paid were the displaced one's still counted.
            everything = chain.sign(anna, put, fee_uacc=RICH_UACC, sequence=1)
            (better,) = await chain.submitting(everything)
            assert reason(other) == errors.TOO_CHEAP
            engine.make_block()
            assert (await better).result.code == 0
            assert (await engine.block(0)).transactions == (everything,)
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
