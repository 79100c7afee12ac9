"""The usual scene in a home: an owner whose car records, a buyer with a consent and a receipt, and a rival."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from autochain.client import Client
from autochain.edge.obu import Unit
from autochain.network import Home, Network, open_network
from autochain.onchain.contracts.consent import CONSENTS, Grant, Granted, ListConsents, Purpose, Terms
from autochain.onchain.contracts.identity import IDENTITIES
from autochain.onchain.contracts.market import RECEIPTS, ListReceipts
from autochain.onchain.contracts.recording import (
    CATEGORIES,
    PRECISIONS,
    RECORDINGS,
    Category,
    ListRecordings,
    Precision,
)
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ledger import Signature
from autochain.services.release import Reading, Release, buy, fetch
from autochain.services.release.records import OpenRequest, signed_bytes
from autochain.vault import KeyContext, unwrap
from autochain.wallet import Wallet

from .drives import a_drive

NOW_MS = 1_780_315_200_000
"""2026-06-01T12:00:00Z."""
DAY_MS = 24 * 3_600_000
VIN = "WVWZZZ1JZ3W386752"
PRICE_UACC = 250_000


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms

    def advance(self, ms: int) -> None:
        self.now_ms += ms


@dataclass(slots=True)
class Scene:
    """A running network with its parties; the car's drives are `a_drive(0)` and `a_drive(1)`."""

    network: Network
    clock: Clock
    owner: Wallet
    buyer: Wallet
    rival: Wallet
    """Another buyer, to whom nothing is granted."""
    car: Wallet
    recordings: list[bytes]
    """Both recordings, that of `a_drive(0)` first."""
    consent: bytes
    """Lets the buyer read motion and position of both recordings, exactly, for research, for a day."""
    receipt: bytes
    """What the buyer bought of the first recording: motion and position."""

    @property
    def client(self) -> Client:
        return self.network.client

    def unit(self) -> Unit:
        return self.network.unit(self.car, self.owner)

    def a_grant(self, **changes: Any) -> Grant:
        """A grant like the one that stands, with the reader or any of its terms changed by name."""
        standing = _grant(self.car, self.buyer)
        reader = changes.pop("reader", standing.reader)
        return Grant(reader, replace(standing.terms, **changes))

    async def grant(self, **changes: Any) -> bytes:
        return (await self.client.send(self.owner, self.a_grant(**changes))).event(Granted).consent

    async def buy(
        self,
        reader: Wallet,
        *,
        recording: bytes | None = None,
        consent: bytes | None = None,
        categories: Sequence[Category] = ("motion", "position"),
        precision: Precision = "exact",
        purpose: Purpose = "research",
        client: Client | None = None,
    ) -> bytes:
        """Buys as the standing consent allows it, except for what is said otherwise."""
        return await buy(
            client or self.client,
            reader,
            recording or self.recordings[0],
            consent=consent or self.consent,
            purpose=purpose,
            categories=categories,
            precision=precision,
        )

    async def fetch(self, reader: Wallet, receipt: bytes) -> Reading:
        network = self.network
        return await fetch(network.client, reader, network.committee, network.vault, receipt, clock=self.clock)

    def reach_member_through(self, release: Release) -> None:
        """Puts another way in the place of that to the committee's one member."""
        (member,) = self.network.committee.members
        self.network.committee = self.network.committee._replace(members=(member._replace(release=release),))

    async def make_block(self) -> None:
        """Has a block made at the present time."""
        await self.client.send(self.network.wallet("foundation"), Transfer(self.network.wallet("ido").account, 1))

    def part_keys(self, recording: bytes) -> dict[tuple[Category, Precision], bytes]:
        """Opens the keys of a recording's parts, as only its owner can."""
        folder, owner = self.network.keys(self.owner.name), self.owner
        contexts = [
            KeyContext(self.client.trust.chain_id, recording, category, precision, owner.account)  # type: ignore[arg-type]
            for category in CATEGORIES
            for precision in PRECISIONS
        ]
        held = [context for context in contexts if folder.holds(context)]
        return {(each.category, each.precision): unwrap(owner, folder.get(each), each) for each in held}


async def request_of(
    scene: Scene, reader: Wallet, receipt: bytes, *, signer: Wallet | None = None, **changes: Any
) -> OpenRequest:
    """Asks for the keys of a receipt as the SDK does, with any field changed by name before it is signed."""
    client = scene.client
    bought = await client.prove(RECEIPTS, receipt)
    recording = bought.record.recording if bought.record else bytes(20)
    consent = bought.record.consent if bought.record else bytes(20)
    request = OpenRequest(
        receipt=receipt,
        time_ms=scene.clock(),
        receipt_proof=bought.proved,
        consent_proof=(await client.prove(CONSENTS, consent)).proved,
        recording_proof=(await client.prove(RECORDINGS, recording)).proved,
        identity_proof=(await client.prove(IDENTITIES, reader.account)).proved,
        owner_proof=(await client.prove(IDENTITIES, scene.owner.account)).proved,
    )
    return signed(replace(request, **changes), signer or reader)


def signed(request: OpenRequest, signer: Wallet) -> OpenRequest:
    request = replace(request, signatures=())
    return replace(request, signatures=(Signature(0, signer.sign(signed_bytes(request))),))


async def prepare_home(path: Path) -> None:
    """Makes a home with the usual scene in it."""
    clock = Clock()
    async with open_network(Home(path), clock=clock) as network:
        owner = await network.party("owner", kind="person")
        buyer = await network.party("buyer")
        await network.party("rival")
        car = await network.vehicle("car", owner, subject=VIN)
        unit = network.unit(car, owner)
        first = await unit.record(a_drive(0, before_ms=NOW_MS))
        await unit.record(a_drive(1, before_ms=NOW_MS))
        granted = await network.client.send(owner, _grant(car, buyer))
        await buy(
            network.client,
            buyer,
            first.recording,
            consent=granted.event(Granted).consent,
            purpose="research",
            categories=("motion", "position"),
            precision="exact",
        )


def _grant(car: Wallet, buyer: Wallet) -> Grant:
    terms = Terms(
        vehicle=car.account,
        purpose="research",
        categories=("motion", "position"),
        precision="exact",
        from_ms=0,
        until_ms=NOW_MS,
        price_uacc=PRICE_UACC,
        expires_ms=NOW_MS + DAY_MS,
    )
    return Grant(buyer.account, terms)


@asynccontextmanager
async def open_scene(path: Path, clock: Clock | None = None) -> AsyncIterator[Scene]:
    """Opens a home that `prepare_home` made, or a copy of it."""
    clock = clock or Clock()
    async with open_network(Home(path), make=False, clock=clock) as network:
        owner, buyer, rival, car = map(network.wallet, ("owner", "buyer", "rival", "car"))
        recordings = await network.client.pages(ListRecordings())
        recordings.sort(key=lambda item: -item[1].start_ms)
        ((consent, _),) = await network.client.pages(ListConsents(owner.account))
        ((receipt, _),) = await network.client.pages(ListReceipts(buyer.account, as_reader=True))
        names = [name for name, _ in recordings]
        yield Scene(network, clock, owner, buyer, rival, car, names, consent, receipt)


def play(path: Path, story: Callable[[Scene], Awaitable[None]]) -> None:
    """Plays a story in a scene."""

    async def run() -> None:
        async with open_scene(path) as scene:
            await story(scene)

    asyncio.run(run())
