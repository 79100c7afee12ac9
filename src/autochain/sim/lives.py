"""The lives of simulated cars: made, taken into service, serviced, recalled and updated while they drive."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from ..network import Network
from ..onchain.contracts.vehicles import (
    ApproveSoftware,
    EnterService,
    GetApproval,
    GetLife,
    GetPassport,
    Life,
    Make,
    Recall,
    Repair,
    StateOdometer,
    UpdateSoftware,
)
from ..onchain.ids import did
from ..onchain.refusals import Refusal, present
from ..wallet import Wallet
from .car import Car
from .papers import filed
from .vin import MAKER

VEHICLES = "vehicles"
"""The codespace of refusals that what others do in a life may lead to."""
RXSWIN = f"{MAKER} R155"
"""What the maker calls the software that its approval under UN R155 rests on."""
STATED_M = 50_000
"""How often, in metres, a car states its odometer. Passing a mark is what counts, so a restart changes nothing."""
SERVICE_M = 250_000
"""How often it is serviced; behind every second of these marks it is recalled, behind the others updated."""
FIRST_STEPS = 3
"""Made, in service, and with software: the first drive is followed by a statement, wherever the marks are."""


class _Officials(NamedTuple):
    """Who acts in the lives of cars besides their owners."""

    maker: Wallet
    registration: Wallet
    workshop: Wallet
    approval: Wallet


class Lives:
    """Takes the steps of cars' lives on a network, as their parties would."""

    def __init__(self, network: Network, personas: Mapping[str, Wallet]) -> None:
        self._network = network
        self._officials = _Officials(
            personas["maker"],
            personas["registration-authority"],
            personas["workshop"],
            personas["approval-authority"],
        )

    async def begin(self, car: Car, wallet: Wallet, owner: Wallet) -> bool:
        """Brings a car's life to where it may drive, and the car to where its life stopped; False when it is over."""
        client, officials, device = self._network.client, self._officials, wallet.account
        life = await client.ask(GetLife(device))
        if life is None:
            odometer_m = int(car.state.odometer_m)
            paper = await self._paper(officials.maker, "certificate of conformity", device, odometer_m)
            await client.send(owner, Make(device, paper, odometer_m), payer=officials.maker)
            life = await self._life(device)
        if life.stage == "scrapped":
            return False
        if life.stage == "made":
            paper = await self._paper(officials.registration, "registration", device, life.odometer_m)
            await client.send(officials.registration, EnterService(device, paper))
        if not life.rxswins:
            await self._update(wallet, "1.0")
        car.state.odometer_m = max(car.state.odometer_m, float(life.odometer_m))
        return True

    async def is_over(self, wallet: Wallet) -> bool:
        """Says whether a car is scrapped."""
        life = await self._network.client.ask(GetLife(wallet.account))
        return life is not None and life.stage == "scrapped"

    async def drove(self, car: Car, wallet: Wallet, owner: Wallet) -> None:
        """Takes the steps that are due after a drive."""
        life, odometer_m = await self._life(wallet.account), int(car.state.odometer_m)
        mark = odometer_m // SERVICE_M
        try:
            if mark > life.odometer_m // SERVICE_M:
                await self._service(wallet, owner, odometer_m, mark)
            elif odometer_m // STATED_M > life.odometer_m // STATED_M or life.steps <= FIRST_STEPS:
                paper = await self._paper(wallet, "odometer statement", wallet.account, odometer_m)
                await self._network.client.send(wallet, StateOdometer(wallet.account, odometer_m, paper))
        except Refusal as refusal:
            # Whoever looks on may take steps in this life meanwhile, or end it: the others drive on.
            if refusal.codespace != VEHICLES:
                raise

    async def _service(self, wallet: Wallet, owner: Wallet, odometer_m: int, mark: int) -> None:
        client, officials, device = self._network.client, self._officials, wallet.account
        for official in officials:
            await self._network.top_up(official, giver=self._network.wallet("ido"))
        passport = present(await client.ask(GetPassport(device)), "a car that drives has a life")
        campaign = passport.recalls[0][0] if passport.recalls else None
        paper = await self._paper(officials.workshop, "invoice", device, odometer_m)
        await client.send(officials.workshop, Repair(device, odometer_m, paper, campaign), payer=owner)
        if mark % 2:
            await self._update(wallet, f"1.{mark}")
            return
        paper = await self._paper(officials.maker, "recall", device, odometer_m)
        await client.send(officials.maker, Recall((device,), f"{MAKER}-{mark:04}", paper))

    async def _update(self, wallet: Wallet, version: str) -> None:
        """Has a version approved, unless it is, and states that the car runs it."""
        client, officials = self._network.client, self._officials
        maker = (await self._life(wallet.account)).maker
        if await client.ask(GetApproval(maker, RXSWIN, version)) is None:
            approval = ApproveSoftware(maker, RXSWIN, version, f"E0*155R00/{version}")
            try:
                await client.send(officials.approval, approval)
            except Refusal as refusal:
                # Another car's turn came first: the version is approved for all.
                if refusal.codespace != VEHICLES:
                    raise
        await client.send(wallet, UpdateSoftware(wallet.account, RXSWIN, version))

    async def _life(self, device: bytes) -> Life:
        return present(await self._network.client.ask(GetLife(device)), "a car that drives has a life")

    async def _paper(self, author: Wallet, title: str, device: bytes, odometer_m: int) -> bytes:
        """Has a party write a paper and keep it; gives its hash."""
        facts: dict[str, str | int] = {
            "paper": title,
            "author": author.did,
            "vehicle": did(device),
            "odometer_m": odometer_m,
            "time_ms": self._network.clock(),
        }
        # In a thread, for it is durable only when the disk has it.
        return await asyncio.to_thread(filed, self._network.home.parties / author.name / "papers", facts)
