"""A node under load, to be killed: `python -m node.loaded FOLDER SEED alone|crowd` says each transaction it took.

Of a crowd, each sends many at once; the node verifies their signatures in processes of their own, and says that too.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from onchain.ledger.probe import Fail, Later, Put

from autochain.node import SignatureProcesses
from autochain.node.signatures import WORTH_SHARING
from autochain.onchain.codec import Codec, encode
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto import SignatureJob, SignatureVerifier, verify_in_turn
from autochain.onchain.ledger import Message, interfaces
from autochain.onchain.refusals import present
from chains import Party

from .chain import Chain

KEYS: Codec[interfaces.AccountKeys | None] = Codec(interfaces.AccountKeys | None, max_bytes=4096)
CROWD = 25
"""So many transactions each of a crowd sends at once."""
SHARED = "shared"
"""The line that says that other processes have verified signatures."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Load:
    """Some people who send some transactions at once, and others as soon as those are acknowledged."""

    def __init__(self, chain: Chain, seed: int, *, at_once: int) -> None:
        self._chain = chain
        self._at_once = at_once
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
            first = present(await self._sequence(person), "whoever lives is registered")
            sequences = range(first, first + self._at_once)
            await asyncio.gather(*(self._send(person, *self._messages(person), sequence=at) for at in sequences))

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
        say(f"{submitted.hash.hex()} {submitted.height} {submitted.index} {submitted.result.code}")


def say(line: str) -> None:
    """Writes a line that is seen even if the process ends right after."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def sharing(processes: SignatureProcesses) -> SignatureVerifier:
    """Verifies in processes, and says when they have worked."""

    def verify(jobs: Sequence[SignatureJob], /) -> list[bool]:
        verdicts = processes(jobs)
        if len(jobs) >= WORTH_SHARING:
            say(SHARED)
        return verdicts

    return verify


async def live(folder: Path, seed: int, *, crowd: bool) -> None:
    chain = Chain(folder, now_ms, verify=sharing(SignatureProcesses(2)) if crowd else verify_in_turn)
    async with chain.running():
        await Load(chain, seed, at_once=CROWD if crowd else 1).run()


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), int(sys.argv[2]), crowd=sys.argv[3] == "crowd"))
