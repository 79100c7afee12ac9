"""Who may issue which kind of credential: whoever holds a role on the chain, as its records prove."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from ...onchain.contracts.credentials import ATTESTATIONS, CERTIFICATION, LIVE, ROLES, Holds, Role
from ...onchain.contracts.identity import IDENTITIES
from ...onchain.ids import from_did
from ...onchain.ledger import Table
from ...onchain.refusals import Refusal
from ...services import prove_fresh
from ...wallet.credentials import TYPES, Document, Kind, issuer_of, subjects_of, types_of
from ..network import Network
from .errors import NOT_ENTITLED

ISSUERS: Mapping[Kind, tuple[Role, ...]] = MappingProxyType(
    {
        "vehicle": ("maker",),
        "owner": ("registration_authority",),
        "driver-licence": ("authority",),
        "roadside-unit": ("rsu_operator",),
        "organisation-role": ("authority",),
        "part": ("supplier", "maker"),
        "test-approval": ("approval_authority",),
    }
)
"""Who may issue which kind: holders of one of these roles. Access to a vehicle is granted by its owner."""
V = TypeVar("V")


def kinds_of(document: Document) -> list[Kind]:
    """Gives the kinds that a credential says it is of: one that names two is held to the rules of both."""
    types = types_of(document)
    return [kind for kind, name in TYPES.items() if name in types]


async def check_issuer(network: Network, document: Document, asked: list[str]) -> None:
    """Refuses a credential of our kinds whose issuer may not issue it, by proved records; notes what it asked."""
    kinds = kinds_of(document)
    if not kinds:
        return
    issuer = issuer_of(document)
    try:
        account = from_did(issuer)
    except Refusal:
        raise NOT_ENTITLED(f"{issuer[:80]} is no account of this chain") from None
    for kind in kinds:
        if kind == "vehicle-access":
            await _check_owner(network, document, account, asked)
            continue
        roles = ISSUERS[kind]
        for role in roles:
            if await holds(network, account, role):
                asked.append(f"that {issuer} is {role}")
                break
        else:
            raise NOT_ENTITLED(f"{kind} is issued by {' or '.join(roles)}, which {issuer} is not")


async def holds(network: Network, account: bytes, role: Role) -> bool:
    """Says whether a DID has a role now, as the contract says it, by proved records instead of the node's word."""
    now_ms = network.clock()
    attestation = await _proved(network, ATTESTATIONS, account, role)
    if attestation is None or not attestation.lasts(now_ms):
        return False
    identity = await _proved(network, IDENTITIES, account)
    if identity is None or not identity.active:
        return False
    certification = await _proved(network, CERTIFICATION)
    if certification is None or role not in certification.certified:
        return True
    live = await _proved(network, LIVE, account)
    return live is not None and now_ms < live.not_after_ms


async def roles_of_issuer(network: Network, document: Document) -> list[Role]:
    """Gives the roles that whoever issued a credential holds, each proved; a node may conceal some, and invent none."""
    try:
        account = from_did(issuer_of(document))
    except Refusal:
        return []
    named = [role for role in ROLES if await network.client.ask(Holds(account, role))]
    return [role for role in named if await holds(network, account, role)]


async def _check_owner(network: Network, document: Document, account: bytes, asked: list[str]) -> None:
    for subject in subjects_of(document):
        vehicle = str(subject.get("vehicle"))
        try:
            record = await _proved(network, IDENTITIES, from_did(vehicle))
        except Refusal as refusal:
            raise NOT_ENTITLED(refusal.detail) from None
        if record is None or not record.active or record.controller != account:
            raise NOT_ENTITLED(f"access to {vehicle[:80]} is granted by its owner, which {issuer_of(document)} is not")
        asked.append(f"the owner of {vehicle}")


async def _proved(network: Network, table: Table[V], *name: Any) -> V | None:
    record: V | None = (await prove_fresh(network.client, table, *name, now_ms=network.clock())).record
    return record
