"""A living world on a network: cars drive, their units record, owners consent and offer, others buy and read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from msgspec.structs import replace

from ..edge.obu import OTHER_OWNER, Unit, drives
from ..network import Network, buy_product, exact_categories, make_personas
from ..onchain.contracts.consent import Grant, Granted, ListConsents, ListOffers, Offer, Offered, Purpose, Terms
from ..onchain.contracts.market import Item, Publish, Published, Unpublish
from ..onchain.contracts.recording import BEFORE_HAND_OVER, Category, GetRecording
from ..onchain.refusals import Refusal, present
from ..services.release import buy, fetch
from ..signals import Drive, distance_km
from ..wallet import Wallet
from .car import Car
from .fleet import Fleet
from .lives import Lives
from .traffic import Traffic

CONSENT, MARKET = "consent", "market"
"""The codespaces of refusals that an owner's own acts lead to."""
PRICE_UACC = 250_000
OFFER_PRICE_UACC = 20_000
TERM_MS = 180 * 24 * 3_600_000
MOST_IN_A_PRODUCT = 20
PAST_MS = 30 * 24 * 3_600_000
"""How far in the past a fleet may begin, so that its trips can be driven faster than they took."""
EVERYTHING: tuple[Category, ...] = ("condition", "energy", "engine", "environment", "motion", "position")
MAINTENANCE: tuple[Category, ...] = ("condition", "engine")


@dataclass(frozen=True, slots=True)
class Sale:
    """One trip that was driven, recorded, sold and read."""

    car: str
    points: int
    km: float
    reward_uacc: int
    price_uacc: int
    receipt: bytes


@dataclass(frozen=True, slots=True)
class ProductSale:
    """A product of all cars' latest trips, only roughly and without the position, that was sold and read."""

    recordings: int
    price_uacc: int
    receipts: tuple[bytes, ...]


class _Parties(NamedTuple):
    """Who reads what the cars record."""

    maker: Wallet
    buyer: Wallet
    second: Wallet


class _Rights(NamedTuple):
    """What an owner has granted on its car: two consents and an offer; None for what it has taken back."""

    research: bytes | None
    maintenance: bytes | None
    offer: bytes | None


class World:
    """Drives a fleet on a network, and shows it in `traffic`. `told` hears of each sale."""

    def __init__(
        self,
        network: Network,
        fleet: Fleet,
        *,
        pause_s: float,
        told: Callable[[Sale | ProductSale], None],
        traffic: Traffic | None = None,
    ) -> None:
        self._network = network
        self._fleet = fleet
        self._pause_s = pause_s
        self._told = told
        self._traffic = traffic
        self._latest: dict[str, Item] = {}
        """What each car recorded since the last product, and under which offer."""
        self._product: tuple[Wallet, bytes] | None = None
        """The product that is on the market, and who published it."""

    async def run(self) -> None:
        """Lets every car drive one trip after another until cancelled."""
        personas = await make_personas(self._network)
        parties = _Parties(personas["maker"], personas["buyer"], personas["buyer-2"])
        lives = Lives(self._network, personas)
        async with asyncio.TaskGroup() as group:
            for number, car in enumerate(self._fleet.cars, 1):
                owner = await self._network.party(f"owner-{number:02}", kind="person")
                group.create_task(self._live(car, owner, parties, lives))

    async def _live(self, car: Car, first: Wallet, parties: _Parties, lives: Lives) -> None:
        """Lets a car drive for its first owner, and for whoever it is sold to, until it is scrapped.

        A world that drives in the past has no more trips for a car that was sold today: it rests.
        """
        network = self._network
        wallet = await network.vehicle(car.name, first, subject=car.vin)
        while (owner := await network.owner(wallet)) is not None and await lives.begin(car, wallet, owner):
            try:
                wallet = await network.taken_over(wallet, owner)
                await self._drive(car, wallet, owner, parties, lives)
            except Refusal as refusal:
                if refusal.reason == BEFORE_HAND_OVER:
                    return
                if refusal.reason != OTHER_OWNER and not await lives.is_over(wallet):
                    raise

    async def _drive(self, car: Car, wallet: Wallet, owner: Wallet, parties: _Parties, lives: Lives) -> None:
        """Drives one trip after another until the car has another owner."""
        network = self._network
        unit = network.unit(wallet, owner)
        await unit.flush()
        rights = await self._rights(unit.account, owner, parties)
        while True:
            await network.vehicle(car.name, owner, subject=car.vin)
            for reader in parties:
                await network.top_up(reader, giver=network.wallet("ido"))
            # A trip of many minutes is driven at once: what took place lies in the past when it is recorded.
            for drive in drives(car, vehicle=car.name):
                if self._traffic is not None:
                    self._traffic.show(unit.account, drive)
                # A world that has caught up with the present goes at its pace: nothing is recorded before its time.
                await asyncio.sleep(max(0, drive.times_ms[-1] - network.clock()) / 1000)
                await self._share(drive, unit, rights, parties)
                await self._sell_product(owner, parties.second)
            await lives.drove(car, wallet, owner)
            await asyncio.sleep(self._pause_s)

    async def _share(self, drive: Drive, unit: Unit, rights: _Rights, parties: _Parties) -> None:
        """Records a drive; the buyer buys all of it, and the maker reads how the car is."""
        network = self._network
        recorded = await unit.record(drive)
        name = recorded.recording
        record = present(await network.client.ask(GetRecording(name)), "what was committed is there")
        held = exact_categories(record)
        receipt = await self._sell(parties.buyer, name, rights.research, "research", held)
        if receipt is not None:
            told = Sale(drive.vehicle, drive.points, distance_km(drive), recorded.reward_uacc, PRICE_UACC, receipt)
            self._told(told)
        condition = tuple(category for category in MAINTENANCE if category in held)
        if condition:
            await self._sell(parties.maker, name, rights.maintenance, "maintenance", condition)
        coarse = any((part.category, part.precision) == ("motion", "coarse") for part in record.parts)
        if coarse and rights.offer is not None:
            self._latest[drive.vehicle] = Item(name, rights.offer)

    async def _sell(
        self, reader: Wallet, recording: bytes, given: bytes | None, purpose: Purpose, held: tuple[Category, ...]
    ) -> bytes | None:
        """Has a reader buy and fetch a recording; gives the receipt, None where the owner lets it read no more."""
        if given is None:
            return None
        client = self._network.client
        try:
            receipt = await buy(
                client, reader, recording, consent=given, purpose=purpose, categories=held, precision="exact"
            )
            await self._fetch(reader, receipt)
        except Refusal as refusal:
            # Whoever looks on may act as the owner meanwhile: the car drives on.
            if refusal.codespace != CONSENT:
                raise
            return None
        return receipt

    async def _fetch(self, reader: Wallet, receipt: bytes) -> None:
        network = self._network
        await fetch(network.client, reader, network.committee, network.vault, receipt, clock=network.clock)

    async def _sell_product(self, publisher: Wallet, reader: Wallet) -> None:
        """Puts a product together when there is something new of every car, and has it bought."""
        if len(self._latest) < min(len(self._fleet.cars), MOST_IN_A_PRODUCT):
            return
        items = tuple(sorted(self._latest.values(), key=lambda item: item.recording))
        self._latest.clear()
        client, before = self._network.client, self._product
        publish = Publish("How the town drives", items, "traffic_management", ("motion",), "coarse")
        try:
            self._product = publisher, (await client.send(publisher, publish)).event(Published).product
            if before is not None:
                await client.send(before[0], Unpublish(before[1]))
            bought = await buy_product(self._network, reader, self._product[1])
        except Refusal as refusal:
            # An owner has taken its offer back, or what came of it, since its car was here.
            if refusal.codespace not in (CONSENT, MARKET):
                raise
            return
        price_uacc = sum(each.price_uacc for each in bought)
        self._told(ProductSale(len(bought), price_uacc, tuple(each.receipt for each in bought)))

    async def _rights(self, vehicle: bytes, owner: Wallet, parties: _Parties) -> _Rights:
        """Has the owner grant what the others need, where it has not."""
        until_ms = self._network.clock() + TERM_MS
        research = Terms(
            vehicle=vehicle,
            purpose="research",
            categories=EVERYTHING,
            precision="exact",
            from_ms=0,
            until_ms=until_ms,
            price_uacc=PRICE_UACC,
            expires_ms=until_ms,
        )
        # Maintenance serves the owner, so it costs the maker nothing.
        maintenance = replace(research, purpose="maintenance", categories=MAINTENANCE, price_uacc=0)
        motion = replace(
            research,
            purpose="traffic_management",
            categories=("motion",),
            precision="coarse",
            price_uacc=OFFER_PRICE_UACC,
        )
        return _Rights(
            await self._consent(owner, parties.buyer, research),
            await self._consent(owner, parties.maker, maintenance),
            await self._offer(owner, motion),
        )

    async def _consent(self, owner: Wallet, reader: Wallet, terms: Terms) -> bytes | None:
        """Gives the consent by which a party reads a car, granted anew where it ran out; None once it was revoked."""
        client, now_ms = self._network.client, self._network.clock()
        revoked = False
        for name, consent in await client.pages(ListConsents(owner.account)):
            if (consent.reader, *_kind(consent.terms)) == (reader.account, *_kind(terms)):
                if consent.lives(now_ms):
                    return name
                revoked = revoked or consent.revoked_ms > 0
        return None if revoked else (await client.send(owner, Grant(reader.account, terms))).event(Granted).consent

    async def _offer(self, owner: Wallet, terms: Terms) -> bytes | None:
        """Gives the offer by which every buyer may read a car, made anew where it ran out; None once withdrawn."""
        client, now_ms = self._network.client, self._network.clock()
        withdrawn = False
        for name, offer in await client.pages(ListOffers(owner.account)):
            if _kind(offer.terms) == _kind(terms):
                if offer.stands(now_ms):
                    return name
                withdrawn = withdrawn or offer.withdrawn_ms > 0
        return None if withdrawn else (await client.send(owner, Offer(terms, "buyer"))).event(Offered).offer


def _kind(terms: Terms) -> tuple[object, ...]:
    """Tells the world's own terms from those that somebody else has given."""
    return terms.vehicle, terms.purpose, terms.categories, terms.precision, terms.price_uacc
