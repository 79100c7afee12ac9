"""VOPRF of RFC 9497, suite ristretto255-SHA512, mode VOPRF: hashing to the group, and checking who evaluated."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ..refusals import ensure
from . import ristretto255 as group

SUITE = b"ristretto255-SHA512"
CONTEXT = b"OPRFV1-\x01-" + SUITE
"""Names version, mode and suite in every hash."""

PROOF_BYTES = 2 * group.SCALAR_BYTES
MAX_BATCH = 65_535
"""How many elements one proof may cover: their places are hashed as two bytes."""

_HASH_BYTES, _BLOCK_BYTES = 64, 128
"""Of SHA-512: its digest and its input block."""


def is_proof(data: bytes) -> bool:
    """Says whether these bytes are two scalars, challenge and response."""
    return len(data) == PROOF_BYTES and group.is_scalar(data[:32]) and group.is_scalar(data[32:])


def verify(public_key: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes], proof: bytes) -> bool:
    """Says whether the holder of the key evaluated each blinded element (DLEQ); never raises on what others sent."""
    if not 1 <= len(blinded) <= MAX_BATCH or len(blinded) != len(evaluated) or not is_proof(proof):
        return False
    if not all(group.is_element(data) for data in (public_key, *blinded, *evaluated)):
        return False
    said, response = proof[:32], proof[32:]
    weights = batch_weights(public_key, blinded, evaluated)
    m, z = weighted_sum(weights, blinded), weighted_sum(weights, evaluated)
    t2 = group.add(group.times_base(response), group.times(said, public_key))
    t3 = group.add(group.times(response, m), group.times(said, z))
    return challenge(public_key, m, z, t2, t3) == said


def batch_weights(public_key: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes]) -> list[bytes]:
    """Gives a hash of the whole batch for each place in it, so that one proof stands for all (ComputeComposites)."""
    seed = hashlib.sha512(_framed(public_key, b"Seed-" + CONTEXT)).digest()
    return [
        hash_to_scalar(_framed(seed) + place.to_bytes(2, "big") + _framed(c, d) + b"Composite")
        for place, (c, d) in enumerate(zip(blinded, evaluated, strict=True))
    ]


def weighted_sum(weights: Sequence[bytes], elements: Sequence[bytes]) -> bytes:
    """Adds up elements, each times its weight."""
    total = group.IDENTITY
    for weight, element in zip(weights, elements, strict=True):
        total = group.add(total, group.times(weight, element))
    return total


def challenge(public_key: bytes, m: bytes, z: bytes, t2: bytes, t3: bytes) -> bytes:
    """Gives the scalar that a proof must answer to."""
    return hash_to_scalar(_framed(public_key, m, z, t2, t3) + b"Challenge")


def hash_to_group(message: bytes) -> bytes:
    return group.element(expand_message_xmd(message, tag=b"HashToGroup-" + CONTEXT, length=group.WIDE_BYTES))


def hash_to_scalar(message: bytes, *, tag: bytes = b"HashToScalar-" + CONTEXT) -> bytes:
    return group.reduced(expand_message_xmd(message, tag=tag, length=group.WIDE_BYTES))


def output(message: bytes, evaluated: bytes) -> bytes:
    """Gives the pseudorandom 64 bytes of a message from the element that the key makes of its hash."""
    return hashlib.sha512(_framed(message, evaluated) + b"Finalize").digest()


def expand_message_xmd(message: bytes, *, tag: bytes, length: int) -> bytes:
    """Stretches a message to uniform bytes under a domain tag (RFC 9380, section 5.3.1, with SHA-512)."""
    ensure(0 < length <= 255 * _HASH_BYTES and len(tag) <= 255, "expand_message_xmd keeps the bounds of RFC 9380")
    suffix = tag + bytes((len(tag),))
    first = hashlib.sha512(bytes(_BLOCK_BYTES) + message + length.to_bytes(2, "big") + b"\x00" + suffix).digest()
    block, expanded, number = bytes(_HASH_BYTES), b"", 0
    while len(expanded) < length:
        number += 1
        mixed = bytes(a ^ b for a, b in zip(first, block, strict=True))
        block = hashlib.sha512(mixed + bytes((number,)) + suffix).digest()
        expanded += block
    return expanded[:length]


def _framed(*parts: bytes) -> bytes:
    """Joins parts, each behind its length in two bytes."""
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)
