"""Lives of vehicles in which everything happens that a passport tells of."""

from __future__ import annotations

from typing import NamedTuple

from homes import Scene

from autochain.network import make_personas
from autochain.onchain.contracts.credentials import ApplyForCertificate, IssueCertificate
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
    Sell,
    StateOdometer,
    TriageSecurityEvent,
    UpdateSoftware,
)
from autochain.onchain.crypto import sha256
from autochain.onchain.ledger.light import Trust
from autochain.services.passport import make_passport
from autochain.wallet import Wallet

OTHER_VIN = "VF1RFA00068512345"
PAPER = sha256(b"a paper")
DAY_MS = 86_400_000


class Lived(NamedTuple):
    """What two vehicles' lives have left."""

    trust: Trust
    device: bytes
    buyer: bytes
    """Who owns it now."""
    young: bytes
    """Its passport from early in its life."""
    passport: bytes
    """Its passport now."""
    other: bytes
    """The passport of the other vehicle, at the same header."""


async def live(scene: Scene) -> Lived:
    """Lets the scene's car go through a whole life, and another one be made."""
    people = await make_personas(scene.network)
    client, car, owner = scene.client, scene.car, scene.owner
    maker, device = people["maker"], scene.car.account
    other = await scene.network.vehicle("van", owner, subject=OTHER_VIN)
    await client.send(owner, Make(device, PAPER, 12_000), payer=maker)
    await client.send(people["registration-authority"], EnterService(device, PAPER))
    young = await make_passport(client, device)
    await _software(scene, people)
    await client.send(car, StateOdometer(device, 50_000, PAPER))
    for campaign in ("R-1", "R-2", "R-3"):
        await client.send(maker, Recall((device,), campaign, PAPER))
    await client.send(people["workshop"], Repair(device, 60_000, PAPER, "R-2"), payer=owner)
    await client.send(people["workshop"], Modify(device, 61_000, PAPER, "A-1"), payer=owner)
    await _security(scene, maker)
    await _certificate(scene)
    await client.send(owner, Sell(device, 70_000, sha256(b"a contract")), payer=scene.buyer)
    await client.send(owner, Make(other.account, PAPER, 5), payer=maker)
    passport, others = await make_passport(client, device), await make_passport(client, other.account)
    return Lived(client.trust, device, scene.buyer.account, young, passport, others)


async def _software(scene: Scene, people: dict[str, Wallet]) -> None:
    client, device = scene.client, scene.car.account
    for rxswin, version in (("R79", "1"), ("R79", "2"), ("R155", "7")):
        approval = ApproveSoftware(people["maker"].account, rxswin, version, f"E-{version}")
        await client.send(people["approval-authority"], approval)
        await client.send(scene.car, UpdateSoftware(device, rxswin, version, "U-1"))


async def _security(scene: Scene, maker: Wallet) -> None:
    client, device = scene.client, scene.car.account
    for sender in (scene.owner, scene.car):
        await client.send(sender, ReportSecurityEvent(device, PAPER))
    await client.send(maker, TriageSecurityEvent(device, 1, "high"))
    await client.send(maker, FixSecurityEvent(device, 1, PAPER))
    await client.send(maker, NotifySecurityEvent(device, 1, PAPER))


async def _certificate(scene: Scene) -> None:
    client, car, now_ms = scene.client, scene.car, scene.clock()
    await client.send(car, ApplyForCertificate(PAPER, car.public_key))
    issued = IssueCertificate(car.account, bytes(15) + b"\x01", sha256(b"a certificate"), now_ms, now_ms + DAY_MS)
    await client.send(scene.network.wallet("registrar"), issued, payer=scene.network.wallet("operation"))
