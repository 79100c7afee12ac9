"""ML-DSA-65 (FIPS 204), which withstands quantum computers: the pure form with an empty context."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey

KEY_BYTES = 1_952
SIGNATURE_BYTES = 3_309


def is_key(key: bytes) -> bool:
    """Says whether these bytes may be a key: any of the right length may."""
    return len(key) == KEY_BYTES


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Says whether the signature over the message is by the key."""
    if len(key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        MLDSA65PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True
