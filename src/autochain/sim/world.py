"""A living world on a network: cars drive, their units record, owners consent and offer, others buy and read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from msgspec.structs import replace

from ..edge.obu import OTHER_OWNER, Unit, drives
from ..network import Network, buy_product, exact_categories
from ..onchain.contracts.consent import Grant, Granted, ListConsents, ListOffers, Offer, Offered, Terms
from ..onchain.contracts.market import Item, Publish, Published, Unpublish
from ..onchain.contracts.recording import BEFORE_HAND_OVER, Category, GetRecording
from ..onchain.refusals import Refusal, present
from ..services.release import buy, fetch
from ..signals import Drive, distance_km
from ..wallet import Wallet
from .car import Car
from .fleet import Fleet
from .traffic import Traffic

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
    """What an owner has granted on its car: two consents and an offer."""

    research: bytes
    maintenance: bytes
    offer: bytes


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
        parties = await self._parties()
        async with asyncio.TaskGroup() as group:
            for number, car in enumerate(self._fleet.cars, 1):
                owner = await self._network.party(f"owner-{number:02}", kind="person")
                group.create_task(self._live(car, owner, parties))

    async def _parties(self) -> _Parties:
        """Gives the parties of the world, each with its role attested; a regulator is there and reads nothing."""
        network = self._network
        await network.attest(await network.party("regulator"), "authority")
        parties = _Parties(
            maker=await network.party("maker"),
            buyer=await network.party("buyer"),
            second=await network.party("buyer-2"),
        )
        await network.attest(parties.maker, "maker")
        await network.attest(parties.buyer, "buyer")
        await network.attest(parties.second, "buyer")
        return parties

    async def _live(self, car: Car, first: Wallet, parties: _Parties) -> None:
        """Lets a car drive for its first owner, and for whoever it is handed over to.

        A world that drives in the past has no more trips for a car that was handed over today: it rests.
        """
        network = self._network
        wallet = await network.vehicle(car.name, first, subject=car.vin)
        while (owner := await network.owner(wallet)) is not None:
            try:
                await self._drive(car, network.unit(wallet, owner), owner, parties)
            except Refusal as refusal:
                if refusal.reason == BEFORE_HAND_OVER:
                    return
                if refusal.reason != OTHER_OWNER:
                    raise

    async def _drive(self, car: Car, unit: Unit, owner: Wallet, parties: _Parties) -> None:
        """Drives one trip after another until the car has another owner."""
        network = self._network
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
            await asyncio.sleep(self._pause_s)

    async def _share(self, drive: Drive, unit: Unit, rights: _Rights, parties: _Parties) -> None:
        """Records a drive; the buyer buys all of it, and the maker reads how the car is."""
        network = self._network
        recorded = await unit.record(drive)
        name = recorded.recording
        record = present(await network.client.ask(GetRecording(name)), "what was committed is there")
        held = exact_categories(record)
        receipt = await buy(
            network.client,
            parties.buyer,
            name,
            consent=rights.research,
            purpose="research",
            categories=held,
            precision="exact",
        )
        await self._fetch(parties.buyer, receipt)
        self._told(Sale(drive.vehicle, drive.points, distance_km(drive), recorded.reward_uacc, PRICE_UACC, receipt))
        condition = tuple(category for category in MAINTENANCE if category in held)
        if condition:
            looked = await buy(
                network.client,
                parties.maker,
                name,
                consent=rights.maintenance,
                purpose="maintenance",
                categories=condition,
                precision="exact",
            )
            await self._fetch(parties.maker, looked)
        if any((part.category, part.precision) == ("motion", "coarse") for part in record.parts):
            self._latest[drive.vehicle] = Item(name, rights.offer)

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
        self._product = publisher, (await client.send(publisher, publish)).event(Published).product
        if before is not None:
            await client.send(before[0], Unpublish(before[1]))
        bought = await buy_product(self._network, reader, self._product[1])
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

    async def _consent(self, owner: Wallet, reader: Wallet, terms: Terms) -> bytes:
        """Gives the consent by which a party reads a car, granted anew where none lives."""
        client, now_ms = self._network.client, self._network.clock()
        for name, consent in await client.pages(ListConsents(owner.account)):
            if (consent.reader, *_kind(consent.terms)) == (reader.account, *_kind(terms)) and consent.lives(now_ms):
                return name
        return (await client.send(owner, Grant(reader.account, terms))).event(Granted).consent

    async def _offer(self, owner: Wallet, terms: Terms) -> bytes:
        """Gives the offer by which every buyer may read a car, made anew where none stands."""
        client, now_ms = self._network.client, self._network.clock()
        for name, offer in await client.pages(ListOffers(owner.account)):
            if _kind(offer.terms) == _kind(terms) and offer.stands(now_ms):
                return name
        return (await client.send(owner, Offer(terms, "buyer"))).event(Offered).offer


def _kind(terms: Terms) -> tuple[bytes, str]:
    return terms.vehicle, terms.purpose
