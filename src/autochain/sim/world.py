"""A living world on a network: cars drive, their units record, owners consent, a buyer buys and reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from ..edge.obu import Unit, drives
from ..network import Network, exact_categories
from ..onchain.contracts.consent import Grant, Granted, ListConsents, Purpose
from ..onchain.contracts.recording import GetRecording
from ..onchain.refusals import present
from ..services.release import buy, fetch
from ..signals import distance_km
from ..wallet import Wallet
from .car import Car
from .fleet import Fleet

PRICE_UACC = 250_000
YEAR_MS = 365 * 24 * 3_600_000
PURPOSE: Purpose = "research"
PAST_MS = 30 * 24 * 3_600_000
"""How far in the past a fleet may begin, so that its trips can be driven faster than they took."""


@dataclass(frozen=True, slots=True)
class Sale:
    """One trip that was driven, recorded, sold and read."""

    car: str
    points: int
    km: float
    reward_uacc: int
    price_uacc: int
    receipt: bytes


class World:
    """Drives a fleet on a network. `told` hears of each sale."""

    def __init__(self, network: Network, fleet: Fleet, *, pause_s: float, told: Callable[[Sale], None]) -> None:
        self._network = network
        self._fleet = fleet
        self._pause_s = pause_s
        self._told = told

    async def run(self) -> None:
        """Lets every car drive one trip after another until cancelled."""
        buyer = await self._network.party("buyer")
        async with asyncio.TaskGroup() as group:
            for number, car in enumerate(self._fleet.cars, 1):
                owner = await self._network.party(f"owner-{number:02}", kind="person")
                wallet = await self._network.vehicle(car.name, owner, subject=car.vin)
                group.create_task(self._live(car, self._network.unit(wallet, owner), owner, buyer))

    async def _live(self, car: Car, unit: Unit, owner: Wallet, buyer: Wallet) -> None:
        await unit.flush()
        consent = await self._consent(unit, owner, buyer)
        network = self._network
        while True:
            await network.vehicle(car.name, owner, subject=car.vin)
            await network.top_up(buyer, giver=network.wallet("ido"))
            # A trip of many minutes is driven at once: what took place lies in the past when it is recorded.
            for drive in drives(car, vehicle=car.name):
                # A world that has caught up with the present goes at its pace: nothing is recorded before its time.
                await asyncio.sleep(max(0, drive.times_ms[-1] - network.clock()) / 1000)
                recorded = await unit.record(drive)
                record = present(
                    await self._network.client.ask(GetRecording(recorded.recording)), "what was committed is there"
                )
                receipt = await buy(
                    self._network.client,
                    buyer,
                    recorded.recording,
                    consent=consent,
                    purpose=PURPOSE,
                    categories=exact_categories(record),
                    precision="exact",
                )
                await fetch(network.client, buyer, network.release, network.vault, receipt, clock=network.clock)
                self._told(Sale(car.name, drive.points, distance_km(drive), recorded.reward_uacc, PRICE_UACC, receipt))
            await asyncio.sleep(self._pause_s)

    async def _consent(self, unit: Unit, owner: Wallet, buyer: Wallet) -> bytes:
        """Gives the consent by which the buyer reads this car, granted anew where none lives."""
        now_ms = self._network.clock()
        for name, consent in await self._network.client.pages(ListConsents(owner.account)):
            if consent.vehicle == unit.account and consent.reader == buyer.account and consent.lives(now_ms):
                return name
        grant = Grant(
            reader=buyer.account,
            vehicle=unit.account,
            purpose=PURPOSE,
            categories=("condition", "energy", "engine", "environment", "motion", "position"),
            precision="exact",
            from_ms=0,
            until_ms=now_ms + YEAR_MS,
            price_uacc=PRICE_UACC,
            expires_ms=now_ms + YEAR_MS,
        )
        return (await self._network.client.send(owner, grant)).event(Granted).consent
