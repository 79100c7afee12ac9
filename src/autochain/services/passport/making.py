"""Puts a passport together from what a node shows, all of it at one header."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ...client import Client
from ...onchain.contracts.vehicles import GetHistory, Step
from ...onchain.ledger.header import LightBlock
from ...onchain.ledger.light import Proved
from .belongings import Belonging, of_all, of_credentials, of_this
from .bundle import FORMAT, MARK, MAX_BUNDLE_BYTES, Bundle, Entry, bytes_of, plain_block
from .checking import check_passport
from .errors import INCOMPLETE, MOVING, NO_LIFE, TOO_LARGE

TRIES = 10
PAUSE_S = 0.05
"""Before the second try; a little longer before each further one."""
AT_ONCE = 32
"""How many proofs a node is asked for at the same time."""
LEAST_STEP_BYTES = 32
"""So long is a step at least: a node that tells of more than fit is not listened to."""


async def make_passport(client: Client, device: bytes) -> bytes:
    """Gives a vehicle's passport, checked; proofs that a new block parted are asked for again."""
    for number in range(1, TRIES + 1):
        bundle = await _bundle(client, device)
        if bundle is not None:
            data = bytes_of(bundle)
            check_passport(client.trust, data)
            return data
        await asyncio.sleep(PAUSE_S * number)
    raise MOVING(f"{TRIES} times")


async def _bundle(client: Client, device: bytes) -> Bundle | None:
    """Gives a passport, or nothing where blocks were made meanwhile that changed the state."""
    shown = await _Shown.of_all(client, device)
    if shown is None:
        return None
    identity, life = shown.records
    if identity is None or life is None:
        raise NO_LIFE(device.hex())
    steps = await _steps(client, device, life.steps, height=shown.height)
    more = of_this(device, identity, life, steps)
    if not await shown.add(more):
        return None
    attestation, live = shown.records[-2:]
    if not await shown.add(of_credentials(attestation, live)):
        return None
    entries = tuple(Entry(proved.value, proved.proof) for proved in shown.proved)
    return Bundle(MARK, FORMAT, device, plain_block(shown.block).encode(), steps, entries)


class _Shown:
    """What a node has shown so far, all under one header."""

    def __init__(self, client: Client, light_block: bytes) -> None:
        self._client = client
        self._light_block = light_block
        self.block = LightBlock.decode(light_block)
        self.proved: list[Proved] = []
        self.records: list[Any] = []

    @property
    def height(self) -> int:
        """The height after which this holds: a header has the root of the block before it."""
        return self.block.header.height - 1

    @classmethod
    async def of_all(cls, client: Client, device: bytes) -> _Shown | None:
        """Begins with what every passport has."""
        wanted = of_all(device)
        shown = cls(client, (await client.node.prove(wanted[0].key)).light_block)
        return shown if await shown.add(wanted) else None

    async def add(self, wanted: Sequence[Belonging]) -> bool:
        """Has more shown; says whether all of it stands under the same header."""
        for at in range(0, len(wanted), AT_ONCE):
            batch = wanted[at : at + AT_ONCE]
            found = await asyncio.gather(*(self._client.node.prove(each.key) for each in batch))
            if any(proved.light_block != self._light_block for proved in found):
                return False
            for each, proved in zip(batch, found, strict=True):
                self.records.append(each.table.codec.decode(proved.value) if proved.value else None)
            self.proved += found
        return True


async def _steps(client: Client, device: bytes, count: int, *, height: int) -> tuple[Step, ...]:
    """Asks for all steps of a life as they were after a height; that they are the right ones is checked later."""
    if count * LEAST_STEP_BYTES > MAX_BUNDLE_BYTES:
        raise TOO_LARGE(f"{count} steps")
    steps: tuple[Step, ...] = ()
    while len(steps) < count:
        page = await client.ask(GetHistory(device, len(steps)), height=height)
        if not page:
            raise INCOMPLETE(f"the node shows {len(steps)} of {count} steps")
        steps += page
    return steps
