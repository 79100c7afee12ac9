"""What is sent to a registrar and what comes back."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ...onchain.codec import Codec, Record, encode
from ...onchain.crypto import voprf
from ...onchain.crypto.ristretto255 import Element
from ...onchain.ids import Id
from ...onchain.ledger import Signature
from ...onchain.ledger.light import Proved
from ...onchain.units import Count

SIGN_DOMAIN = b"autochain/registrar/v1\x00"


class Evaluate(Record, frozen=True):
    """An authority asks one registrar to evaluate a blinded VIN."""

    chain_id: str
    registrar: Count
    """The number of its share: what one registrar hears it can't ask of another."""
    authority: Id
    blinded: Element
    time_ms: Count
    identity_proof: Proved
    """Proof of the authority's DID."""
    authority_proof: Proved
    """Proof of the roles that it may attest."""
    signatures: tuple[Signature, ...] = ()


class Evaluated(Record, frozen=True):
    """What the registrar's share makes of the blinded VIN, and the proof that it was this share."""

    element: Element
    proof: Annotated[bytes, msgspec.Meta(min_length=voprf.PROOF_BYTES, max_length=voprf.PROOF_BYTES)]


EVALUATE: Codec[Evaluate] = Codec(Evaluate, max_bytes=262_144)
EVALUATED: Codec[Evaluated] = Codec(Evaluated, max_bytes=256)


def signed_bytes(request: Evaluate) -> bytes:
    """Gives what the authority signs: the request without its signatures."""
    return SIGN_DOMAIN + encode(msgspec.structs.replace(request, signatures=()))
