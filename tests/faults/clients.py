"""Who sends to the node: in order and out of it, twice, too early, too late, broken, and away before the answer."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any

from node.verified import read_light_block
from onchain.ledger.probe import NOTES, Fail, Later, Put
from oracles import ics23

from autochain.onchain.codec import Codec, encode
from autochain.onchain.contracts.identity import Revoke
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ledger import Message, Submitted, errors, interfaces
from autochain.onchain.ledger.light import Proved
from autochain.onchain.refusals import Reason, Refusal
from chains import Party

if TYPE_CHECKING:
    from .simulation import Simulation

KEYS: Codec[interfaces.AccountKeys | None] = Codec(interfaces.AccountKeys | None, max_bytes=4096)
FUNDS_UACC = 50_000_000
FAR = 100_000
PEOPLE = 4
ACTIONS = 6
Outcome = Submitted | Refusal | None


def crowd(world: Simulation, seed: int) -> list[Coroutine[Any, Any, None]]:
    """Gives the lives of some people whom the treasury pays."""
    treasury = Client(world, world.genesis.treasury, random.Random(f"{seed} treasury"))
    paying = asyncio.Lock()
    parties = [Party.make(f"person {number}", "person") for number in range(PEOPLE)]
    chances = [random.Random(f"{seed} {party.name}") for party in parties]

    async def pay(party: Party) -> None:
        async with paying:
            await treasury.deliver(Transfer(party.account, FUNDS_UACC))

    async def live(client: Client) -> None:
        await client.register()
        await pay(client.party)
        await client.act(parties)

    return [live(Client(world, party, chance)) for party, chance in zip(parties, chances, strict=True)]


class Client:
    """One who sends; between two actions it knows what came of everything that it sent."""

    def __init__(self, world: Simulation, party: Party, chance: random.Random) -> None:
        self.party = party
        self._world = world
        self._chance = chance
        self._others: list[Party] = []

    async def register(self) -> None:
        data = self._sign(self.party.registration, sequence=0)
        outcomes = await self._at_once(self._send(data), self._send(data))
        if any(isinstance(outcome, Refusal) for outcome in outcomes):
            self._expect(outcomes, errors.STORE_FULL, None)
        await self._settle([data])

    async def act(self, others: list[Party]) -> None:
        self._others = others
        actions: list[Callable[[], Coroutine[Any, Any, None]]] = [
            self._one, self._in_order, self._shuffled, self._rivals, self._too_early,
            self._too_late, self._bent, self._gone, self._newcomer, self._look,
        ]  # fmt: skip
        for _ in range(ACTIONS):
            await asyncio.sleep(self._chance.choice((0, 0.01, 1, 20)) * self._chance.random())
            await self._chance.choice(actions)()

    async def deliver(self, *messages: Message) -> None:
        """Sends until it stands in a block."""
        await self._settle([self._sign(*messages, sequence=await self._sequence())])

    async def _one(self) -> None:
        await self.deliver(*self._messages())

    async def _in_order(self) -> None:
        """Sends several at once; where nothing happens to the node, all are taken as they come."""
        burst, count = await self._burst(self._chance.choice((3, 10, 16))), self._chance.choice((2, 8, 14))
        first = [asyncio.create_task(self._send(data)) for data in burst[:count]]
        # The others come when the first block is made: at any turn of what happens at that time, or later.
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        for _ in range(self._chance.randrange(6)):
            await asyncio.sleep(0)
        outcomes = await self._at_once(*map(self._send, burst[count:]))
        outcomes += [await task for task in first]
        if None not in outcomes and not any(_is(outcome, errors.STORE_FULL) for outcome in outcomes):
            assert all(isinstance(outcome, Submitted) for outcome in outcomes), "what comes in order is taken"
        await self._settle(burst)

    async def _shuffled(self) -> None:
        burst = await self._burst(4)
        twice = [*burst, *self._chance.sample(burst, 2)]
        self._chance.shuffle(twice)
        outcomes = await self._at_once(*(self._send(data, delay_s=self._delay_s()) for data in twice))
        self._expect(outcomes, errors.WRONG_SEQUENCE, errors.STORE_FULL, None, Submitted)
        await self._settle(burst)

    async def _rivals(self) -> None:
        """Sends two with one sequence, of which one stands at the end."""
        sequence = await self._sequence()
        rivals = [self._sign(Put(self._name(), text), sequence=sequence) for text in ("one", "other")]
        await self._at_once(*(self._send(data, delay_s=self._delay_s()) for data in rivals))
        settled = [await self._until_known(data) for data in rivals]
        self._expect(settled, errors.WRONG_SEQUENCE, Submitted)
        assert sum(isinstance(outcome, Submitted) for outcome in settled) == 1, "a sequence is used once"

    async def _too_early(self) -> None:
        data = self._sign(*self._messages(), sequence=await self._sequence() + self._chance.choice((1, 2, 70)))
        self._expect([await self._send(data)], errors.WRONG_SEQUENCE, errors.STORE_FULL, None)

    async def _too_late(self) -> None:
        sequence = await self._sequence()
        expiry = max(0, (await self._world.up()).store.height + self._chance.randrange(-1, 3))
        data = self._sign(*self._messages(), sequence=sequence, expiry_height=expiry)
        await self._send(data)
        self._expect([await self._until_known(data)], errors.EXPIRED, Submitted)

    async def _bent(self) -> None:
        data = bytearray(self._sign(*self._messages(), sequence=await self._sequence()))
        data[-10 - self._chance.randrange(50)] ^= 1
        self._expect([await self._send(bytes(data))], errors.BAD_SIGNATURE, errors.STORE_FULL, None)

    async def _gone(self) -> None:
        """Doesn't wait for the answer, and asks later by sending the same."""
        data = self._sign(*self._messages(), sequence=await self._sequence())
        await self._world.submit(self.party.name, data, patience_s=self._delay_s())
        await asyncio.sleep(self._delay_s())
        await self._settle([data])

    async def _newcomer(self) -> None:
        """Registers somebody in two ways at once, and revokes them; what stood before stands as it did."""
        name = f"{self.party.name}'s {self._name()} {self._chance.randrange(10**9)}"
        newcomer = Client(self._world, Party.make(name, "person"), self._chance)
        ways = [newcomer._sign(newcomer.party.registration, sequence=0, expiry_height=FAR - at) for at in range(2)]
        await self._at_once(*map(newcomer._send, ways))
        settled = [await newcomer._until_known(data) for data in ways]
        self._expect(settled, errors.ALREADY_KNOWN, Submitted)
        assert sum(isinstance(outcome, Submitted) for outcome in settled) == 1, "nobody is registered twice"
        if self._chance.random() < 0.5:
            revoke = Revoke(newcomer.party.account)
            signed = self._world.genesis.sign(newcomer.party, revoke, payer=self.party, sequence=1, expiry_height=FAR)
            await newcomer._settle([signed, signed])
            await newcomer._settle(
                data for data, came in zip(ways, settled, strict=True) if isinstance(came, Submitted)
            )

    async def _look(self) -> None:
        """Asks for a proof, for which the node may have to make a block, while a transaction may wait for one."""
        await self._one()
        data = self._sign(*self._messages(), sequence=await self._sequence())
        sending = asyncio.create_task(self._send(data))
        for _ in range(self._chance.randrange(6)):
            await asyncio.sleep(0)
        await self._prove()
        await sending
        await self._settle([data])

    async def _prove(self) -> None:
        node = await self._world.up()
        key = NOTES.key(self._name())
        asking = asyncio.create_task(node.engine.prove(key))
        await asyncio.wait([asking])
        trouble = asking.exception()
        if trouble is None:
            self._check(asking.result())
        else:
            assert node.died.is_set() or _is(trouble, errors.STORE_FULL), trouble

    def _check(self, proved: Proved) -> None:
        """Sees that a header of the chain shows the value, or that there is none."""
        app_hash = read_light_block(proved.light_block, signatures=False)[0]["app_hash"]
        if proved.value:
            assert ics23.verify_membership(app_hash, proved.proof, proved.key, proved.value), "a note is proved"
        else:
            assert ics23.verify_absence(app_hash, proved.proof, proved.key), "the absence of a note is proved"

    async def _settle(self, signed: Iterable[bytes]) -> None:
        """Sends each until it stands in a block."""
        for data in signed:
            outcome = await self._until_known(data)
            assert isinstance(outcome, Submitted), f"what is in order is taken: {outcome}"

    async def _until_known(self, data: bytes) -> Submitted | Refusal:
        """Sends the same bytes again until the node says where they stand, or that they never will."""
        while True:
            outcome = await self._send(data)
            if outcome is not None and not _is(outcome, errors.STORE_FULL):
                return outcome
            await asyncio.sleep(0.5)

    async def _send(self, data: bytes, *, delay_s: float = 0) -> Outcome:
        await asyncio.sleep(delay_s)
        return await self._world.submit(self.party.name, data)

    async def _at_once(self, *sending: Coroutine[Any, Any, Outcome]) -> list[Outcome]:
        return await asyncio.gather(*sending)

    def _expect(self, outcomes: Iterable[Outcome], *allowed: Reason | type[Submitted] | None) -> None:
        for outcome in outcomes:
            kind = outcome.reason if isinstance(outcome, Refusal) else outcome and Submitted
            assert kind in allowed, f"{self.party.name} did not expect {outcome}"

    async def _sequence(self) -> int:
        answer = await (await self._world.up()).engine.query(encode(interfaces.KeysOf(self.party.account)))
        keys = KEYS.decode(answer.value)
        return keys.sequence if keys else 0

    def _sign(self, *messages: Message, sequence: int, expiry_height: int = FAR) -> bytes:
        return self._world.genesis.sign(self.party, *messages, sequence=sequence, expiry_height=expiry_height)

    async def _burst(self, count: int) -> list[bytes]:
        first = await self._sequence()
        return [self._sign(*self._messages(), sequence=first + at) for at in range(count)]

    def _delay_s(self) -> float:
        return self._chance.choice((0, 0, 0.001, 0.005, 0.05, 2))

    def _name(self) -> str:
        return f"note {self._chance.randrange(12)}"

    def _messages(self) -> list[Message]:
        chance, name = self._chance, self._name()
        due_ms = max(0, self._world.clock() + chance.choice((-1, 1, 40, 5_000, 100_000)))
        return chance.choice(
            [
                [Put(name, "x" * chance.choice((1, 500, 3_000, 4_000)))],
                [Put(name, ""), Put(name + "'", "text")],
                [Transfer(chance.choice(self._others).account, chance.randrange(1, 1_000))],
                [Transfer(self._others[0].account, 10**14)],
                [Put(name, "never"), Fail(name)],
                [Later(due_ms, name, fails=chance.random() < 0.3)],
            ]
        )


def _is(outcome: object, reason: Reason) -> bool:
    return isinstance(outcome, Refusal) and outcome.reason == reason
