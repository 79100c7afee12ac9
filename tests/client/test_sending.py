"""What a client sends: with the right fee and sequence, in order, and again when another was faster."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from node.chain import Chain
from node.verified import check_chain
from node.virtual_time import VirtualClock, run
from onchain.ledger.probe import ON_REQUEST, Fail, Noted, NoteOf, Put

from autochain.client.client import EXPIRY_BLOCKS, SEQUENCE_TRIES
from autochain.onchain.contracts.token import Transfer, Transferred
from autochain.onchain.contracts.token import errors as token_errors
from autochain.onchain.ledger import Answer, Message, Node, Submitted, Transaction, errors, interfaces
from autochain.onchain.refusals import Reason, Refusal
from chains import ACC, Party

from .nodes import WAYS, Between, client_at, client_of, wallet_of

ways = pytest.mark.parametrize("way", WAYS)


class Listening(Between):
    """A node that keeps what is submitted, and may do something before each query's answer arrives."""

    def __init__(self, node: Node, meanwhile: Callable[[], object] = lambda: None) -> None:
        super().__init__(node)
        self.submitted: list[bytes] = []
        self._meanwhile = meanwhile

    async def query(self, data: bytes, *, height: int = 0) -> Answer:
        answer = await super().query(data, height=height)
        self._meanwhile()
        return answer

    async def submit(self, data: bytes) -> Submitted:
        self.submitted.append(data)
        return await super().submit(data)

    def heard(self, chain: Chain) -> list[Transaction[Message]]:
        return [chain.machine.dispatcher.transactions.decode(data) for data in self.submitted]


async def refused(reason: Reason, job: asyncio.Future[object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await job
    refusal = caught.value
    assert (refusal.codespace, refusal.code, refusal.remedy) == (reason.codespace, reason.code, reason.remedy)
    assert refusal.text.startswith(reason.text)
    return refusal


@ways
def test_a_message_is_sent_and_its_events_come_back(chain: Chain, clock: VirtualClock, way: str) -> None:
    async def job() -> None:
        treasury = wallet_of(chain.treasury)
        person = wallet_of(Party.make("person", "person"))
        async with client_of(chain, way) as client:
            assert await client.register(person)
            assert not await client.register(person)
            assert chain.store.height == 2
            sent = await client.send(treasury, Transfer(person.account, 7 * ACC), Put("name", "text"))
            assert sent.event(Transferred) == Transferred(treasury.account, person.account, 7 * ACC)
            assert sent.event(Noted) == Noted("name")
            assert await client.balance_uacc(person.account) == 7 * ACC
            assert await client.ask(NoteOf("name")) == "text"
            assert await client.ask(NoteOf("none")) is None
            assert (await client.status()).height == chain.store.height
        await check_chain(chain)

    run(clock, job())


@ways
def test_a_device_is_registered_with_its_controller(chain: Chain, clock: VirtualClock, way: str) -> None:
    async def job() -> None:
        treasury = wallet_of(chain.treasury)
        car = wallet_of(Party.make("car", "device", controller=chain.treasury))
        async with client_of(chain, way) as client:
            assert await client.register(car, controller=treasury)
            account = await client.ask(interfaces.AccountOf(car.account))
            assert account is not None
            assert (account.kind, account.owner) == ("device", treasury.account)
            with pytest.raises(Refusal) as caught:
                await client.register(wallet_of(Party.make("other", "device", controller=chain.treasury)))
            assert caught.value.codespace == "identity"

    run(clock, job())


def test_fee_sequence_and_expiry_are_right(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        treasury = wallet_of(chain.treasury)
        person = wallet_of(Party.make("person", "person"))
        async with chain.running() as engine:
            node = Listening(engine)
            client = client_at(chain, node)
            operator_uacc = await client.balance_uacc(chain.machine.spec.fees_to)
            await client.register(person)
            await client.send(treasury, Transfer(person.account, 7 * ACC))
            await client.send(person, Put("name", "text"), payer=treasury)
            await client.send(person, Put("name", "text"), Put("another", "text"))
            heard = node.heard(chain)
            fees_uacc = await client.balance_uacc(chain.machine.spec.fees_to) - operator_uacc
            heights = [answer.height for answer in [await engine.submit(data) for data in node.submitted]]
        least = chain.machine.dispatcher.least_fee_uacc
        assert [transaction.proof.sequence for transaction in heard] == [0, 1, 1, 2]
        assert [transaction.proof.payer for transaction in heard] == [None, None, treasury.account, None]
        assert [transaction.fee_uacc for transaction in heard] == [
            least(transaction.messages, suites=transaction.proof.suites) for transaction in heard
        ]
        assert heard[0].fee_uacc == 0 < heard[1].fee_uacc < heard[2].fee_uacc < heard[3].fee_uacc
        assert fees_uacc == sum(transaction.fee_uacc for transaction in heard)
        expiries = [transaction.expiry_height for transaction in heard]
        assert all(height <= expiry <= height + EXPIRY_BLOCKS for height, expiry in zip(heights, expiries, strict=True))

    run(clock, job())


@ways
def test_refusals_come_back_as_the_chain_says_them(chain: Chain, clock: VirtualClock, way: str) -> None:
    async def job() -> None:
        treasury = wallet_of(chain.treasury)
        stranger = wallet_of(Party.make("stranger", "person"))
        async with client_of(chain, way) as client:
            cases: list[tuple[Reason, Message]] = [
                (ON_REQUEST, Fail("halfway")),
                (token_errors.UNKNOWN_PAYEE, Transfer(stranger.account, 1)),
                (token_errors.NOTHING_TO_PAY, Transfer(treasury.account, 0)),
                (token_errors.PAYEE_IS_PAYER, Transfer(treasury.account, 1)),
            ]
            for reason, message in cases:
                await refused(reason, asyncio.ensure_future(client.send(treasury, message)))
            refusal = await refused(ON_REQUEST, asyncio.ensure_future(client.send(treasury, Fail("halfway"))))
            assert refusal.text == ON_REQUEST("halfway").text
            refusal = await refused(errors.UNKNOWN_SENDER, asyncio.ensure_future(client.send(stranger, Fail("x"))))
            assert refusal.detail == stranger.account.hex()
            # What failed took its sequence, and what was refused did not: the next one is right either way.
            await client.send(treasury, Put("name", "text"))
        await check_chain(chain)

    run(clock, job())


def test_what_one_sender_sends_at_once_goes_in_order(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        treasury = wallet_of(chain.treasury)
        people = [wallet_of(Party.make(f"person {number}", "person")) for number in range(3)]
        async with chain.running() as engine:
            node = Listening(engine)
            client = client_at(chain, node)
            await asyncio.gather(*map(client.register, people))
            await asyncio.gather(*(client.send(treasury, Transfer(person.account, ACC)) for person in people))
            del node.submitted[:]
            senders = [treasury, *people]
            await asyncio.gather(
                *(client.send(sender, Put(sender.name, str(number))) for number in range(8) for sender in senders)
            )
            heard = node.heard(chain)
            for sender in senders:
                own = [transaction for transaction in heard if transaction.proof.sender == sender.account]
                first = own[0].proof.sequence
                assert [transaction.proof.sequence for transaction in own] == list(range(first, first + 8))
                assert [transaction.messages for transaction in own] == [
                    (Put(sender.name, str(number)),) for number in range(8)
                ]
                assert await client.ask(NoteOf(sender.name)) == "7"
            # Nobody's transaction was refused, and different senders did not wait for each other.
            assert len(heard) == 32
        await check_chain(chain)
        assert chain.store.height < 32

    run(clock, job())


@ways
def test_two_processes_of_one_party_both_get_their_transactions_in(chain: Chain, clock: VirtualClock, way: str) -> None:
    async def job() -> None:
        treasury = wallet_of(chain.treasury)
        async with client_of(chain, way) as one:
            other = client_at(chain)
            for number in range(5):
                await asyncio.gather(
                    one.send(treasury, Put("one", str(number))), other.send(treasury, Put("other", str(number)))
                )
            assert [await one.ask(NoteOf(name)) for name in ("one", "other")] == ["4", "4"]
        await check_chain(chain)

    run(clock, job())


def test_who_was_overtaken_between_asking_and_sending_asks_again(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        treasury = wallet_of(chain.treasury)
        async with chain.running() as engine:
            faster: list[asyncio.Task[Submitted]] = []

            def overtake() -> None:
                if len(faster) < 2:
                    data = chain.sign(chain.treasury, Put("faster", "text"))
                    faster.append(asyncio.get_running_loop().create_task(engine.submit(data)))

            class Slow(Listening):
                async def submit(self, data: bytes) -> Submitted:
                    await asyncio.gather(*faster)
                    return await super().submit(data)

            node = Slow(engine, overtake)
            await client_at(chain, node).send(treasury, Put("slower", "text"))
            assert [transaction.proof.sequence for transaction in node.heard(chain)] == [1, 2, 3]
        await check_chain(chain)

    run(clock, job())


def test_who_is_always_overtaken_gives_up_and_other_refusals_are_not_tried_again(
    chain: Chain, clock: VirtualClock
) -> None:
    class Refusing(Listening):
        def __init__(self, node: Node, reason: Reason) -> None:
            super().__init__(node)
            self._reason = reason

        async def submit(self, data: bytes) -> Submitted:
            self.submitted.append(data)
            raise self._reason("as always")

    async def job() -> None:
        async with chain.running() as engine:
            for reason, tries in ((errors.WRONG_SEQUENCE, SEQUENCE_TRIES), (errors.MEMPOOL_FULL, 1)):
                node = Refusing(engine, reason)
                sending = client_at(chain, node).send(wallet_of(chain.treasury), Put("name", "text"))
                await refused(reason, asyncio.ensure_future(sending))
                assert len(node.submitted) == tries

    run(clock, job())


def test_who_stops_waiting_leaves_the_way_free_for_the_next(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        treasury = wallet_of(chain.treasury)
        async with client_of(chain) as client:
            tasks = [asyncio.create_task(client.send(treasury, Put(str(number), "text"))) for number in range(3)]
            await asyncio.sleep(0)
            tasks[0].cancel()
            tasks[1].cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert [isinstance(result, BaseException) for result in results] == [True, True, False]
            await client.send(treasury, Put("next", "text"))
        await check_chain(chain)

    run(clock, job())
