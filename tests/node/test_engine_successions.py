"""The next keys go first: what waits by the present ones makes way, but for what stands in the block that is made."""

from __future__ import annotations

import asyncio

from onchain.ledger.probe import Put

from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ledger import SEQUENCE_WINDOW, Submitted, errors
from autochain.onchain.refusals import Reason, Refusal
from chains import Party, make_seeds, promise_of

from .chain import Chain
from .verified import check_chain
from .virtual_time import VirtualClock, run

NEXT = make_seeds("ada", generation=1)
PUT = Put("name", "text")


async def promised(chain: Chain) -> tuple[Party, Party]:
    """Gives a party that promised its next keys, whose next sequence is 2, and itself as those have it speak."""
    ada = Party.make("ada", "person")
    async with chain.running():
        await chain.send(ada, ada.registration)
        await chain.send(chain.treasury, Transfer(ada.account, 100_000_000))
        await chain.send(ada, ada.rotation(ada.seeds, next=promise_of(NEXT)))
    return ada, Party(ada.name, ada.registration, NEXT, 1, ada.encryption)


def reason(task: asyncio.Task[Submitted]) -> Reason:
    refusal = task.exception()
    assert isinstance(refusal, Refusal)
    return refusal.reason


def test_a_thief_with_all_his_turns_waiting_keeps_no_succession_out(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        ada, successor = await promised(chain)
        async with chain.taking_in() as engine:
            stolen = [chain.sign(ada, PUT) for _ in range(SEQUENCE_WINDOW + 1)]
            waiting = await chain.submitting(*stolen[:-1])
            succession = chain.sign(successor, successor.succession(NEXT), sequence=2)
            (succeeded,) = await chain.submitting(succession)
            assert {reason(task) for task in waiting} == {errors.WRONG_SEQUENCE}
            assert (await engine.status()).waiting == 1
            rival = chain.sign(successor, successor.succession(NEXT), sequence=2, fee_uacc=10_000_000)
            late = await chain.submitting(stolen[0], stolen[-1], rival)
            assert {reason(task) for task in late} == {errors.SENDER_BUSY}
            engine.make_block()
            assert (await engine.block(0)).transactions == (succession,)
            assert (await succeeded).result.code == 0
            assert await engine.submit(succession) == await succeeded
            (again,) = await chain.submitting(rival)
            assert reason(again) == errors.NOT_SUCCEEDING
            (paid,) = await chain.submitting(chain.sign(successor, PUT, sequence=3))
            engine.make_block()
            assert (await paid).result.code == 0
        await check_chain(chain)

    run(clock, job())


def test_a_block_that_was_begun_keeps_what_it_holds_and_a_succession_is_judged_behind_it(
    chain: Chain, clock: VirtualClock
) -> None:
    async def job() -> None:
        ada, successor = await promised(chain)
        async with chain.taking_in() as engine:
            begun = await chain.submitting(*(chain.sign(ada, PUT) for _ in range(3)))
            assert engine._begin_block()
            waiting = await chain.submitting(chain.sign(ada, PUT))
            early = await chain.submitting(chain.sign(successor, successor.succession(NEXT), sequence=2))
            assert reason(early[0]) == errors.WRONG_SEQUENCE
            assert [(await task).result.code for task in begun] == [0] * 3
            assert not waiting[0].done(), "what can't happen clears nothing away"
            (succeeded,) = await chain.submitting(chain.sign(successor, successor.succession(NEXT), sequence=5))
            assert reason(waiting[0]) == errors.WRONG_SEQUENCE
            engine.make_block()
            assert (await succeeded).result.code == 0
        await check_chain(chain)

    run(clock, job())


def test_another_pays_for_a_succession_of_an_account_that_was_emptied(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        ada, successor = await promised(chain)
        async with chain.taking_in() as engine:
            emptied = chain.sign(ada, PUT, fee_uacc=90_000_000)
            waiting = await chain.submitting(emptied)
            paid = chain._genesis.sign(
                successor, successor.succession(NEXT), payer=chain.treasury, sequence=2, expiry_height=100
            )
            (succeeded,) = await chain.submitting(paid)
            assert reason(waiting[0]) == errors.WRONG_SEQUENCE
            engine.make_block()
            assert (await succeeded).result.code == 0
        await check_chain(chain)

    run(clock, job())
