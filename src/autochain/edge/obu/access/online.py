"""What a vehicle does by itself as often as it has a connection: it asks who owns it."""

from __future__ import annotations

from ....client import Client
from ....onchain.contracts.identity import IDENTITIES
from .vehicle import Access


async def refresh(access: Access, client: Client) -> None:
    """Fetches the vehicle's record and its owner's with their proofs, and takes them."""
    vehicle = await client.prove(IDENTITIES, access.vehicle)
    controller = vehicle.record.controller if vehicle.record is not None else None
    owner = await client.prove(IDENTITIES, controller) if controller is not None else None
    access.take_ownership(vehicle.proved, owner.proved if owner is not None else None)
