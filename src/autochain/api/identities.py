"""Public reads of accounts and vehicles: who they are, what they hold, and a vehicle's life so far."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal, TypeAlias, get_args

import msgspec
from litestar import get
from litestar.params import QueryParameter

from ..index import AccountRow, EventRow, RecordingRow, VehicleFigures
from ..onchain.contracts.credentials import ROLES, GetAttestation, Holds, Role
from ..onchain.contracts.identity import HandedOver
from ..onchain.ids import did
from ..onchain.ledger import interfaces
from .backend import Backend, Chain
from .contracts import tag_of
from .errors import UNKNOWN, problems
from .given import ChainName, Given, IdInPath, IdParameter, chain_of, digits_of
from .paging import DATED, USUAL_ITEMS, Cursor, Limit, next_of, place_of
from .shapes import read_id

Kind = Literal["person", "organisation", "device", "contract"]
KindParameter: TypeAlias = Annotated[Kind | None, QueryParameter(description="Only accounts of this kind.")]
RoleParameter: TypeAlias = Annotated[Role | None, QueryParameter(description="Only those of which this is attested.")]
LIFE = 100
"""So many of the latest events of a vehicle's life are shown."""


class AccountSummary(msgspec.Struct, frozen=True):
    """One account: a person, an organisation, a device, or what a contract holds money in."""

    id: str
    did: str
    kind: Kind
    controller: str | None
    """Who owns it, where it is a device."""
    active: bool
    registered_ms: int
    roles: tuple[str, ...]
    """What is attested of it."""


class Accounts(msgspec.Struct, frozen=True):
    """A page of accounts, the newest first."""

    items: list[AccountSummary]
    next: str | None


class Key(msgspec.Struct, frozen=True):
    """A public key, and the suite that it belongs to: 1 is Ed25519."""

    suite: int
    data: str


class AccountDetails(msgspec.Struct, frozen=True):
    """One account with what it holds and who may speak for it."""

    account: AccountSummary
    balance_uacc: int
    keys: tuple[Key, ...]
    """None where nobody speaks for it: a contract's account."""
    threshold: int
    """How many of the keys must sign."""
    sequence: int
    """The sequence of its next transaction."""
    record: dict[str, Any]
    """What the chain keeps of it."""


class Attestation(msgspec.Struct, frozen=True):
    """One role, and who attested it when."""

    role: Role
    authority: str
    attested_ms: int
    until_ms: int
    """From when on it holds no more; 0 where it holds until it is withdrawn."""
    holds: bool
    """Whether the account has the role now: it may be over, or lack the certificate that the chain asks for."""


class HandOver(msgspec.Struct, frozen=True):
    """A vehicle went over to another owner."""

    owner: str
    time_ms: int
    height: int


class Vehicle(msgspec.Struct, frozen=True):
    """A vehicle's passport: who it is, whose it is, what is attested of it, and its life so far."""

    account: AccountSummary
    owner: str
    owner_did: str
    owned_ms: int
    """Since when it is this owner's; 0 where it has had no other."""
    attestations: tuple[Attestation, ...]
    hand_overs: tuple[HandOver, ...]
    """The latest first."""
    figures: VehicleFigures
    recordings: list[RecordingRow]
    """The latest, a page of them; the list of recordings has them all."""
    life: list[EventRow]
    """What names it, the latest first."""


def summary_of(row: AccountRow) -> AccountSummary:
    """Gives what the lists show of an account."""
    kind: Kind = next(kind for kind in get_args(Kind) if kind == row.kind)
    return AccountSummary(
        id=row.id,
        did=did(bytes.fromhex(row.id)),
        kind=kind,
        controller=row.controller,
        active=row.active,
        registered_ms=row.registered_ms,
        roles=row.roles,
    )


@get(
    "/accounts",
    operation_id="ListAccounts",
    summary="List accounts, the newest first",
    responses=problems(404, 503),
    sync_to_thread=True,
)
def list_accounts(
    backend: Given,
    chain: ChainName,
    cursor: Cursor = None,
    limit: Limit = USUAL_ITEMS,
    kind: KindParameter = None,
    controller: IdParameter = None,
    role: RoleParameter = None,
) -> Accounts:
    rows = backend.index.accounts(
        chain_of(backend, chain).name,
        after=place_of(cursor, DATED),
        limit=limit,
        kind=kind,
        controller=digits_of(controller),
        role=role,
    )
    return Accounts([summary_of(row) for row in rows], next_of(rows, limit, DATED))


@get("/accounts/{id:str}", operation_id="GetAccount", summary="Get one account", responses=problems(404, 503))
async def get_account(backend: Given, chain: ChainName, id: IdInPath) -> AccountDetails:
    asked, account = chain_of(backend, chain), read_id(id)
    row = await _row(backend, asked, account)
    keys = await asked.client.ask(interfaces.KeysOf(account))
    return AccountDetails(
        account=summary_of(row),
        balance_uacc=await asked.client.balance_uacc(account),
        keys=tuple(Key(key.suite, key.data.hex()) for key in keys.keys) if keys else (),
        threshold=keys.threshold if keys else 0,
        sequence=keys.sequence if keys else 0,
        record=row.record,
    )


@get(
    "/vehicles/{id:str}",
    operation_id="GetVehicle",
    summary="Get a vehicle's passport",
    responses=problems(404, 503),
)
async def get_vehicle(backend: Given, chain: ChainName, id: IdInPath) -> Vehicle:
    asked, account = chain_of(backend, chain), read_id(id)
    known = await asked.client.ask(interfaces.AccountOf(account))
    if known is None or known.kind != "device":
        raise UNKNOWN(f"vehicle {id}")
    row = await _row(backend, asked, account)
    index, digits = backend.index, account.hex()
    life = await asyncio.to_thread(index.events, asked.name, limit=LIFE, subject=digits)
    handed = await asyncio.to_thread(index.events, asked.name, subject=digits, type=tag_of(HandedOver))
    figures = await asyncio.to_thread(index.vehicle_figures, asked.name, digits)
    recordings = await asyncio.to_thread(index.recordings, asked.name, vehicle=digits)
    return Vehicle(
        account=summary_of(row),
        owner=known.owner.hex(),
        owner_did=did(known.owner),
        owned_ms=known.owned_ms,
        attestations=await _attestations(asked, account),
        hand_overs=tuple(
            HandOver(event.body["controller"], event.time_ms, event.height)
            for event in handed
            if event.body["device"] == digits
        ),
        figures=figures,
        recordings=recordings,
        life=life,
    )


async def _row(backend: Backend, chain: Chain, account: bytes) -> AccountRow:
    row = await asyncio.to_thread(backend.index.account, chain.name, account.hex())
    if row is None:
        raise UNKNOWN(f"account {account.hex()}")
    return row


async def _attestations(asked: Chain, account: bytes) -> tuple[Attestation, ...]:
    """Gives what is attested of an account, as the chain has it now."""
    found = []
    for role in ROLES:
        record = await asked.client.ask(GetAttestation(account, role))
        if record is not None:
            holds = await asked.client.ask(Holds(account, role))
            found.append(Attestation(role, record.authority.hex(), record.attested_ms, record.until_ms, holds))
    return tuple(found)


HANDLERS = (list_accounts, get_account, get_vehicle)
