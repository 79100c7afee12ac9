"""Delegated access: what an owner grants on a vehicle, and the vehicle's own check of it, run on its files here."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ...edge.obu.access import Access, Allowed, refresh
from ...onchain.contracts.identity import IDENTITIES, Identity
from ...onchain.crypto import ED25519, PublicKey
from ...onchain.ids import did, from_did
from ...onchain.refusals import Refusal
from ...wallet import Wallet
from ...wallet.credentials import UNRESOLVED, Author, canonical, from_multikey, kind_of
from ...wallet.credentials.access import (
    Area,
    Grant,
    Resource,
    Window,
    answer,
    give,
    read_grant,
    write_grant,
)
from ..network import Network
from .errors import NO_KEY, NO_VEHICLE_HERE, NOT_A_GRANT, NOT_THE_OWNER
from .issuing import PURPOSES, Issued, State, deliver, new_id, party_of, sign_and_keep, state_of, status_list
from .kept import Kept

FOLDER = "access"
MAX_OWNERSHIP_AGE_MS = 24 * 3_600_000
"""For how long a vehicle without a connection relies on what it last heard of its owner."""
DID_KEY = "did:key:"
Position = tuple[int, int]
"""Latitude and longitude in degrees times 10^7."""


class Holder(NamedTuple):
    """Whom a grant is for, and the key with which that one answers a vehicle."""

    did: str
    key: PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is granted."""

    resources: tuple[Resource, ...]
    since_ms: int
    until_ms: int
    times: tuple[Window, ...] | None = None
    area: Area | None = None
    uses: int | None = None
    delegations: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What is passed on of a grant; what is None stays as it was granted."""

    resources: tuple[Resource, ...] | None = None
    until_ms: int | None = None
    times: tuple[Window, ...] | None = None
    area: Area | None = None
    uses: int | None = None
    delegations: int = 0


class Tried(NamedTuple):
    """Whether a vehicle would allow one resource now."""

    resource: Resource
    refusal: Refusal | None


async def holder_named(network: Network, name: str) -> Holder:
    """Gives the key of a DID: that of a did:key itself, or the first one that the chain has on record, proved."""
    if name.startswith(DID_KEY):
        key = from_multikey(name.removeprefix(DID_KEY))
    else:
        record: Identity | None = (await network.client.prove(IDENTITIES, from_did(name))).record
        if record is None:
            raise UNRESOLVED(name[:80])
        key = record.keys[0]
    if key.suite != ED25519:
        raise NO_KEY(name[:80])
    return Holder(name, key)


async def grant_access(network: Network, owner: Wallet, vehicle: bytes, holder: Holder, terms: Terms) -> Issued:
    """Grants access to a vehicle; the grant ends with this ownership, and when its owner revokes it."""
    record: Identity | None = (await network.client.prove(IDENTITIES, vehicle)).record
    if record is None or record.controller != owner.account:
        raise NOT_THE_OWNER(did(vehicle))
    grant = Grant(
        id=new_id(),
        issuer=owner.did,
        holder=holder.did,
        holder_key=holder.key,
        vehicle=did(vehicle),
        owned_since_ms=record.controlled_ms,
        resources=tuple(sorted(set(terms.resources))),
        since_ms=terms.since_ms,
        until_ms=terms.until_ms,
        times=terms.times,
        area=terms.area,
        uses=terms.uses,
        delegations=terms.delegations,
    )
    return await sign_and_keep(network, owner, write_grant(grant), PURPOSES)


def pass_on(network: Network, wallet: Wallet, kept: Kept, holder: Holder, narrowing: Narrowing) -> Issued:
    """Passes a grant on, never wider than it is; the chain is not asked, and knows nothing of it."""
    parent = grant_of(kept)
    grant = Grant(
        id=new_id(),
        issuer=wallet.did,
        holder=holder.did,
        holder_key=holder.key,
        vehicle=parent.vehicle,
        owned_since_ms=parent.owned_since_ms,
        resources=tuple(sorted(set(narrowing.resources or parent.resources))),
        since_ms=parent.since_ms,
        until_ms=narrowing.until_ms or parent.until_ms,
        times=narrowing.times or parent.times,
        area=narrowing.area or parent.area,
        uses=narrowing.uses or parent.uses,
        delegations=narrowing.delegations,
        parent=parent.id,
    )
    chain = give(grant, [Author(wallet.did, wallet)], now_ms=network.clock(), parents=kept.chain)
    return deliver(network, wallet, Kept(chain[-1], chain[:-1]))


def is_grant(kept: Kept) -> bool:
    return kind_of(kept.document) == "vehicle-access"


def grant_of(kept: Kept) -> Grant:
    """Reads the grant that a credential is."""
    if not is_grant(kept):
        raise NOT_A_GRANT(kept.name)
    return read_grant(kept.document)


async def grant_state(network: Network, kept: Kept) -> State | str:
    """Says how a grant stands: its own end, the status of the owner's grant, and whether the vehicle was sold."""
    first, last = read_grant(kept.chain[0]), grant_of(kept)
    record: Identity | None = (await network.client.prove(IDENTITIES, from_did(first.vehicle))).record
    if record is None or not record.active:
        return "ended with the vehicle"
    if (record.controller, record.controlled_ms) != (from_did(first.issuer), first.owned_since_ms):
        return "ended by sale"
    state = await state_of(network, kept.chain[0])
    if state == "live" and last.until_ms <= network.clock():
        return "expired"
    return state


async def use_access(
    network: Network, holder: Wallet, kept: Kept, resource: Resource, *, position: Position | None, online: bool
) -> Allowed:
    """Has a holder answer the vehicle's challenge, and the vehicle check it with what it holds, count it and log it.

    `online`: the vehicle has a connection first, and hears who owns it and what is revoked.
    """
    folder = network.home.parties / _party(network, from_did(grant_of(kept).vehicle)) / FOLDER
    async with _vehicle(network, kept, folder, online=online) as vehicle:
        return _answered(network, vehicle, holder, kept, resource, position)


async def try_access(network: Network, holder: Wallet, kept: Kept, *, position: Position | None) -> list[Tried]:
    """Says for each resource of a grant whether the vehicle would allow it now; nothing is counted or logged."""
    folder = network.home.parties / _party(network, from_did(grant_of(kept).vehicle)) / FOLDER
    tried: list[Tried] = []
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".trying-") as scratch:
        fresh = Path(scratch, "fresh")
        if folder.exists():
            shutil.copytree(folder, fresh)
        async with _vehicle(network, kept, fresh, online=True):
            pass
        for resource in grant_of(kept).resources:
            # Each on a copy of its own, or one would use up what another needs.
            copy = shutil.copytree(fresh, Path(scratch, resource))
            async with _vehicle(network, kept, copy, online=False) as vehicle:
                try:
                    _answered(network, vehicle, holder, kept, resource, position)
                except Refusal as refusal:
                    tried.append(Tried(resource, refusal))
                else:
                    tried.append(Tried(resource, None))
    return tried


def access_log(network: Network, vehicle: bytes) -> dict[str, Any]:
    """Gives what was used on a vehicle and what was refused, as the vehicle logged it."""
    folder = network.home.parties / _party(network, vehicle) / FOLDER
    with _opened(network, vehicle, folder) as access:
        log: dict[str, Any] = msgspec.json.decode(access.log())
    return log


def _answered(
    network: Network, vehicle: Access, holder: Wallet, kept: Kept, resource: Resource, position: Position | None
) -> Allowed:
    now_ms, author = network.clock(), Author(holder.did, holder)
    challenge = vehicle.challenge(now_ms=now_ms)
    named = grant_of(kept).vehicle
    data = answer(kept.chain, author, resource, vehicle=named, challenge=challenge, now_ms=now_ms)
    return vehicle.check(data, now_ms=now_ms, position_e7=position)


def _party(network: Network, vehicle: bytes) -> str:
    party = network.names().get(vehicle)
    if party is None:
        raise NO_VEHICLE_HERE(did(vehicle))
    return party


@contextlib.asynccontextmanager
async def _vehicle(network: Network, kept: Kept, folder: Path, *, online: bool) -> AsyncIterator[Access]:
    with _opened(network, from_did(grant_of(kept).vehicle), folder) as access:
        if online:
            await refresh(access, network.client)
            await _bring_lists(network, access, kept)
        yield access


@contextlib.contextmanager
def _opened(network: Network, vehicle: bytes, folder: Path) -> Iterator[Access]:
    access = Access(
        folder,
        vehicle=vehicle,
        trust=network.client.trust,
        max_ownership_age_ms=MAX_OWNERSHIP_AGE_MS,
        chance=secrets.token_bytes,
    )
    with contextlib.closing(access):
        yield access


async def _bring_lists(network: Network, access: Access, kept: Kept) -> None:
    """Brings the vehicle the status lists that a grant names, from the owner who signs them, if its keys lie here."""
    first = read_grant(kept.chain[0])
    owner = party_of(network, first.issuer)
    for status in first.statuses if owner is not None else ():
        # A seller's list is refused, and so then is the grant, in the vehicle's own words and log.
        with contextlib.suppress(Refusal):
            document = await status_list(network, status.status_list_credential)
            access.take_status(canonical(document), now_ms=network.clock())
