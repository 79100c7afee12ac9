"""Lives for the console's pages to show: `python -m web.lives` tells by JSON what it brought to a home's network.

A car that was made, sold, repaired, recalled, changed, updated and attacked; one that is scrapped; an owner whom
guardians bring back; an issuer's status list. It reaches the program that runs the network, as a command does.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from msgspec.structs import replace

from autochain.network import Home, Network, make_personas, open_network
from autochain.onchain.contracts.credentials import (
    ApplyForCertificate,
    GetStatusList,
    IssueCertificate,
    OpenStatusList,
    Role,
    SetStatus,
)
from autochain.onchain.contracts.identity import Recover, SetGuardians
from autochain.onchain.contracts.vehicles import (
    ApproveSoftware,
    EnterService,
    FixSecurityEvent,
    Make,
    Modify,
    NotifySecurityEvent,
    Recall,
    Repair,
    ReportSecurityEvent,
    Scrap,
    Sell,
    StateOdometer,
    TriageSecurityEvent,
    UpdateSoftware,
)
from autochain.onchain.crypto import sha256
from autochain.onchain.ledger import Message
from autochain.sim import vin
from autochain.wallet import Wallet, save

DAY_MS = 24 * 3_600_000
KM = 1_000
"""Metres."""
PAPERS = sha256(b"the papers of a step")
RXSWIN = "R79SWIN AC-26"
LIST = 77
"""A number of a status list that nobody else takes."""


class Garage:
    """Everybody who has to do with the lives of cars, on a network that runs elsewhere."""

    def __init__(self, network: Network, parties: dict[str, Wallet]) -> None:
        self.network = network
        self.send = network.client.send
        self.maker = parties["maker"]
        self.parties = parties

    async def made(self, name: str, place: int) -> Wallet:
        """Lets the maker make a car, which then enters service."""
        car = await self.network.vehicle(name, self.maker, subject=vin(model="GARAG", serial=place))
        await self.send(self.maker, Make(car.account, PAPERS, 0))
        await self.send(self.parties["garage-registry"], EnterService(car.account, PAPERS))
        return car

    async def live(self, car: Wallet, first: Wallet, second: Wallet) -> None:
        """Takes a car through two owners, with all that may happen between."""
        send, workshop, maker, device = self.send, self.parties["garage-workshop"], self.maker, car.account
        await send(maker, Sell(device, 12 * KM, PAPERS), payer=first)
        await send(car, StateOdometer(device, 8_400 * KM, PAPERS))
        for version, campaign in (("1.0", None), ("1.1", "OTA-26-03")):
            approval = ApproveSoftware(maker.account, RXSWIN, version, "E1*79R05/02*0123")
            await send(self.parties["garage-approver"], approval)
            await send(car, UpdateSoftware(device, RXSWIN, version, campaign))
        await send(maker, Recall((device,), "BRAKES-26-01", PAPERS))
        await send(workshop, Repair(device, 21_350 * KM, PAPERS, "BRAKES-26-01"), payer=first)
        await send(workshop, Modify(device, 30_020 * KM, PAPERS, "E1*55R02/01*4711"), payer=first)
        for _ in range(2):
            await send(car, ReportSecurityEvent(device, PAPERS))
        await send(maker, TriageSecurityEvent(device, 1, "high"))
        await send(maker, FixSecurityEvent(device, 1, PAPERS))
        await send(maker, NotifySecurityEvent(device, 1, PAPERS))
        await send(first, Sell(device, 61_800 * KM, PAPERS), payer=second)
        await send(workshop, Repair(device, 63_105 * KM, PAPERS), payer=second)
        await send(maker, Recall((device,), "AIRBAG-26-07", PAPERS))
        await self.certify(car)

    async def certify(self, car: Wallet) -> None:
        """Gives a car two certificates, of which the second ends the first."""
        now_ms = self.network.clock()
        for place in range(2):
            await self.send(car, ApplyForCertificate(PAPERS, car.public_key))
            mark = sha256(car.account + bytes([place]))
            times = (now_ms - DAY_MS, now_ms + (300 + place) * DAY_MS)
            await self.register(IssueCertificate(car.account, mark[:16], mark, *times))

    async def register(self, message: Message) -> None:
        """Has the registrar send something, which holds no money itself."""
        await self.send(self.network.wallet("registrar"), message, payer=self.network.wallet("operation"))

    async def free(self, owner: Wallet, *further: Message) -> Wallet:
        """Gives an owner its next keys with none to follow, so that the present ones may change what stands."""
        change = owner.rotated(promises=False)
        await self.send(change.signer, change.message, *further)
        save(self.network.home.parties, change.wallet)
        return change.wallet

    async def lose_keys(self, owner: Wallet) -> None:
        """Gives an owner guardians and keys that expire; two guardians then ask for others."""
        guardians = [self.parties[name] for name in ("maker", "buyer", "regulator")]
        members = tuple(guardian.account for guardian in guardians)
        owner = await self.free(owner, SetGuardians(members, 2, 3 * DAY_MS))
        change = owner.rotated()
        until_ms = self.network.clock() + 40 * DAY_MS
        await self.send(change.signer, replace(change.message, until_ms=until_ms))
        save(self.network.home.parties, change.wallet)
        wanted = self.parties["stranger"]
        for guardian in guardians[:2]:
            await self.send(guardian, Recover(owner.account, (wanted.public_key,), 1, wanted.encryption_key))


async def make_lives(network: Network) -> dict[str, str]:
    """Has it all happen; gives the accounts that pages are about."""
    holders: dict[str, Role] = {
        "garage-registry": "registration_authority",
        "garage-workshop": "workshop",
        "garage-approver": "approval_authority",
        "garage-dismantler": "dismantler",
    }
    parties = await make_personas(network)
    for name, role in holders.items():
        parties[name] = await network.party(name)
        await network.attest(parties[name], role)
    garage = Garage(network, parties)
    first, second = [await network.party(name, kind="person") for name in ("owner-71", "owner-72")]
    car = await garage.made("garage-car", 9_001)
    await garage.live(car, first, second)
    wreck = await garage.made("garage-wreck", 9_002)
    await garage.send(garage.maker, Sell(wreck.account, 9 * KM, PAPERS), payer=first)
    await garage.send(first, Scrap(wreck.account, 240_000 * KM, PAPERS), payer=parties["garage-dismantler"])
    await garage.lose_keys(second)
    await garage.free(first)
    registrar = network.wallet("registrar")
    if await network.client.ask(GetStatusList(registrar.account, LIST)) is None:
        await garage.register(OpenStatusList(LIST, "revocation", 131_072))
        await garage.register(SetStatus(LIST, (3, 4_096), value=True))
    made = {"lived": car, "wreck": wreck, "lost": second, "seller": first, "issuer": registrar}
    return {name: wallet.account.hex() for name, wallet in made.items()}


async def run() -> None:
    async with open_network(Home(Path(os.environ["AUTOCHAIN_HOME"])), make=False) as network:
        json.dump(await make_lives(network), sys.stdout)


if __name__ == "__main__":
    asyncio.run(run())
