"""What is sent to a member of the release committee and what comes back."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ...onchain.codec import Codec, Record, encode
from ...onchain.contracts.recording import MAX_DESTROYED, Category, Precision
from ...onchain.crypto import Hash
from ...onchain.ids import Id
from ...onchain.ledger import Signature
from ...onchain.ledger.light import Proved
from ...onchain.units import Count

SIGN_DOMAIN = b"autochain/release/v1\x00"


class SealedShare(Record, frozen=True):
    """A share of the key of one part, sealed to whom it is for."""

    category: Category
    precision: Precision
    sealed: Annotated[bytes, msgspec.Meta(max_length=256)]


class Deposit(Record, frozen=True):
    """The vehicle hands a member its shares of a recording's keys."""

    chain_id: str
    vehicle: Id
    fingerprint: Hash
    shares: Annotated[tuple[SealedShare, ...], msgspec.Meta(max_length=64)]
    identity: Proved
    """Proof of the vehicle's DID."""
    attestation: Proved
    """Proof that an authority has attested it to be a vehicle."""
    certificate: Proved | None = None
    """Proof that it has a live certificate; None on a chain on which vehicles need none."""
    signatures: tuple[Signature, ...] = ()


class OpenRequest(Record, frozen=True):
    """A reader asks a member for its shares of the keys it bought, with proofs of all that gives it the right."""

    receipt: Id
    time_ms: Count
    receipt_proof: Proved
    consent_proof: Proved
    recording_proof: Proved
    identity_proof: Proved
    """Proof of the reader's DID."""
    owner_proof: Proved
    """Proof of the owner's DID, who could not revoke if it were revoked."""
    signatures: tuple[Signature, ...] = ()


class Opened(Record, frozen=True):
    """A member's shares, each sealed to the reader's key that stands on the receipt."""

    shares: Annotated[tuple[SealedShare, ...], msgspec.Meta(max_length=64)]


class Forget(Record, frozen=True):
    """Somebody points out recordings that have ended; a member believes the chain alone."""

    recordings: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=MAX_DESTROYED)]


DEPOSIT: Codec[Deposit] = Codec(Deposit, max_bytes=262_144)
OPEN_REQUEST: Codec[OpenRequest] = Codec(OpenRequest, max_bytes=524_288)
FORGET: Codec[Forget] = Codec(Forget, max_bytes=4096)
OPENED: Codec[Opened] = Codec(Opened, max_bytes=65_536)


def signed_bytes(request: Deposit | OpenRequest) -> bytes:
    """Gives what the sender signs: the request without its signatures."""
    return SIGN_DOMAIN + encode(msgspec.structs.replace(request, signatures=()))
