"""A node under load, to be killed: `python -m node.loaded FOLDER SEED` says a line for each transaction it took."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from pathlib import Path

from onchain.ledger.probe import Fail, Later, Put

from autochain.onchain.codec import Codec, encode
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ledger import Message, interfaces
from chains import Party

from .chain import Chain

KEYS: Codec[interfaces.AccountKeys | None] = Codec(interfaces.AccountKeys | None, max_bytes=4096)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Load:
    """Some people who send one transaction after another, each as soon as the one before is acknowledged."""

    def __init__(self, chain: Chain, seed: int) -> None:
        self._chain = chain
        self._chance = random.Random(seed)
        self._people = [Party.make(f"person {number}", "person") for number in range(5)]

    async def run(self) -> None:
        for person in self._people:
            if await self._sequence(person) is None:
                await self._send(person, person.registration, sequence=0)
            await self._send(self._chain.treasury, Transfer(person.account, 50_000_000))
        await asyncio.gather(*map(self._live, self._people))

    async def _live(self, person: Party) -> None:
        while True:
            await self._send(person, *self._messages(person))

    def _messages(self, person: Party) -> list[Message]:
        chance = self._chance
        name = f"{person.name} {chance.randrange(200)}"
        other = chance.choice(self._people)
        return chance.choice(
            [
                [Put(name, "x" * chance.randrange(3_000))],
                [Put(name, ""), Put(name + "'", "text")],
                [Transfer(other.account, chance.randrange(1, 1_000))],
                [Put(name, "never"), Fail(name)],
                [Later(now_ms() + chance.randrange(30), name, fails=chance.random() < 0.3)],
            ]
        )

    async def _sequence(self, person: Party) -> int | None:
        answer = await self._chain.engine.query(encode(interfaces.KeysOf(person.account)))
        keys = KEYS.decode(answer.value)
        return keys.sequence if keys else None

    async def _send(self, sender: Party, *messages: Message, sequence: int | None = None) -> None:
        if sequence is None:
            sequence = await self._sequence(sender)
        submitted = await self._chain.engine.submit(self._chain.sign(sender, *messages, sequence=sequence))
        line = f"{submitted.hash.hex()} {submitted.height} {submitted.index} {submitted.result.code}\n"
        os.write(sys.stdout.fileno(), line.encode())


async def live(folder: Path, seed: int) -> None:
    chain = Chain(folder, now_ms)
    async with chain.running():
        await Load(chain, seed).run()


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), int(sys.argv[2])))
