"""A value of a chain's state with all that proves it: who trusts the validators can check it, asking no node."""

from __future__ import annotations

from ...codec import Codec, Record
from ...crypto import SignatureVerifier, verify_in_turn
from .. import errors
from ..header import Header, LightBlock
from ..ics23 import CommitmentProof, check_absence, check_membership
from .client import Trust, check_light_block

MAX_PROVED_BYTES = 262_144


class Proved(Record, frozen=True):
    """A key of the state tree, its value, the proof, and header with commit and validators."""

    key: bytes
    value: bytes
    """Empty when the key is absent."""
    proof: bytes
    """An encoded ICS-23 CommitmentProof against the header's app hash."""
    light_block: bytes
    """A CometBFT LightBlock in protobuf."""


PROVED: Codec[Proved] = Codec(Proved, max_bytes=MAX_PROVED_BYTES)


def check_proved(trust: Trust, proved: Proved, *, key: bytes, verify: SignatureVerifier = verify_in_turn) -> Header:
    """Gives the header under which the value (or its absence) at this key is proved; else refuses."""
    if proved.key != key:
        raise errors.NOT_PROVED("another key")
    header = check_light_block(trust, LightBlock.decode(proved.light_block), verify=verify)
    proof = CommitmentProof.decode(proved.proof)
    if proved.value:
        check_membership(header.app_hash, proof, key=key, value=proved.value)
    else:
        check_absence(header.app_hash, proof, key=key)
    return header
