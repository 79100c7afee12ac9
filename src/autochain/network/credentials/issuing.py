"""Issuing credentials in the name of a home's parties, and setting and telling their status."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from typing import Literal, NamedTuple

from ...onchain.ids import from_did
from ...onchain.refusals import Refusal
from ...services.issuer import IssuerService, StatusLists, list_url, named
from ...signals import checked_vin
from ...wallet import Wallet
from ...wallet.credentials import (
    Document,
    Kind,
    StatusPurpose,
    Validity,
    check_credential,
    draft,
    issuer_of,
    status_places,
    subjects_of,
    to_ms,
)
from ..issuing import issuer_of as issuer_of_party
from ..issuing import listing_service, operation
from ..network import Network
from .errors import IS_REVOKED, MAY_NOT_ISSUE, NO_STATUS, NOT_ENTITLED, NOT_ISSUER
from .kept import CredentialFolder, Kept
from .roles import check_issuer

STATUS_ORIGIN = "https://autochain.example"
"""Where the status lists of this home's parties stand by name while no node serves them. Nobody can own the name (RFC
2606): who asks the chain needs no other, and who asks the web alone finds nothing there."""
PURPOSES: tuple[StatusPurpose, ...] = ("revocation", "suspension")

State = Literal["live", "not yet valid", "expired", "suspended", "revoked", "unknown"]


class Issued(NamedTuple):
    """A credential that was issued, and the party of this home that keeps it for its holder, if one does."""

    kept: Kept
    holder: str | None


class Status(NamedTuple):
    """One status of a credential as the chain has it, proved."""

    purpose: str
    url: str
    place: int
    is_set: bool


def new_id() -> str:
    """Gives a credential a name of its own."""
    return f"urn:uuid:{uuid.UUID(bytes=secrets.token_bytes(16), version=4)}"


async def issue_credential(
    network: Network,
    issuer: Wallet,
    kind: Kind,
    *,
    subject: str,
    facts: Document,
    validity: Validity,
    purposes: Sequence[StatusPurpose] = PURPOSES,
) -> Issued:
    """Issues a credential of a kind, which must fit its schema, with a place in a status list for each purpose.

    It is refused to whom the chain does not prove the role that such a credential takes.
    """
    vin = facts.get("vin")
    if kind == "vehicle" and isinstance(vin, str):
        checked_vin(vin)
    said: Document = {**facts, "id": subject}
    document = draft(kind, id=new_id(), issuer=issuer.did, subject=said, validity=validity)
    try:
        await check_issuer(network, document, [])
    except Refusal as refusal:
        raise MAY_NOT_ISSUE(refusal.detail) if refusal.reason == NOT_ENTITLED else refusal from None
    return await sign_and_keep(network, issuer, document, purposes)


async def sign_and_keep(
    network: Network, issuer: Wallet, document: Document, purposes: Sequence[StatusPurpose]
) -> Issued:
    """Signs a credential and has its issuer keep it, and its holder where that one's keys lie here."""
    service = await _issuer(network, issuer)
    signed = await service.issue(document, origin=origin(network), credential_id=None, purposes=purposes)
    return deliver(network, issuer, Kept(signed))


def deliver(network: Network, issuer: Wallet, kept: Kept) -> Issued:
    """Has a credential's issuer keep it, and its holder where that one's keys lie here."""
    CredentialFolder(network.home.parties, issuer.name).add(kept)
    holder = next(filter(None, (party_of(network, str(each.get("id"))) for each in subjects_of(kept.document))), None)
    if holder is not None:
        CredentialFolder(network.home.parties, holder).add(kept)
    return Issued(kept, holder)


def party_of(network: Network, did: str) -> str | None:
    """Gives the name of the party of this home that has a DID; None where none has."""
    try:
        return network.names().get(from_did(did))
    except Refusal:
        return None  # A DID of another method.


async def set_status(network: Network, issuer: Wallet, kept: Kept, purpose: StatusPurpose, *, value: bool) -> None:
    """Revokes or suspends a credential that this party issued, or lifts its suspension."""
    if issuer_of(kept.document) != issuer.did:
        raise NOT_ISSUER(issuer_of(kept.document)[:80])
    # Its id alone decides what is revoked: a stranger's file may bear that of another credential.
    CredentialFolder(network.home.parties, issuer.name).get(kept.name)
    if not any(place.purpose == purpose for place in status_places(kept.document)):
        raise NO_STATUS(purpose)
    if any(each.is_set and each.purpose == "revocation" for each in await statuses_of(network, kept.document)):
        raise IS_REVOKED(kept.name)
    await set_status_of(network, issuer, str(kept.document.get("id", "")), purpose, value=value)


async def set_status_of(
    network: Network, issuer: Wallet, credential_id: str, purpose: StatusPurpose, *, value: bool
) -> None:
    """Does the same with all that was issued for this party under an id, by this command or through its node."""
    await (await _issuer(network, issuer)).set_status(credential_id, purpose, value=value)


async def statuses_of(network: Network, document: Document) -> list[Status]:
    """Gives what the chain says of a credential, each with its proof checked."""
    check_credential(document)
    lists = StatusLists(network.client, clock=network.clock)
    found: list[Status] = []
    for purpose, url, index in status_places(document):
        listed = await lists.places(url, {index})
        found.append(Status(purpose, url, index, listed.is_set(index)))
    return found


async def state_of(network: Network, document: Document) -> State:
    """Says how a credential stands now."""
    try:
        found = await statuses_of(network, document)
    except Refusal:
        return "unknown"
    ended = {each.purpose for each in found if each.is_set}
    if "revocation" in ended:
        return "revoked"
    if "suspension" in ended:
        return "suspended"
    now_ms = network.clock()
    if "validUntil" in document and to_ms(document["validUntil"]) <= now_ms:
        return "expired"
    if "validFrom" in document and to_ms(document["validFrom"]) > now_ms:
        return "not yet valid"
    return "live"


async def status_list(network: Network, url: str) -> Document:
    """Gives a status list of one of this home's parties as it stands now, signed, under the name it goes by."""
    issuer, number = named(url)
    return await listing_service(network).status_list(
        issuer, number, origin=url.removesuffix(list_url("", issuer, number))
    )


def origin(network: Network) -> str:
    """Gives where status lists stand by name: at the node that runs, or where none does, at a name that is nobody's."""
    address = network.home.address()
    return f"http://{address}" if address else STATUS_ORIGIN


async def payer_for(network: Network, wallet: Wallet) -> Wallet | None:
    """Gives who pays for a party that has no ACC of its own; None where it pays itself."""
    return None if await network.client.balance_uacc(wallet.account) else operation(network)


async def _issuer(network: Network, issuer: Wallet) -> IssuerService:
    payer = await payer_for(network, issuer)
    return issuer_of_party(network, issuer.name, wallet=lambda: issuer, payer=lambda: payer)
