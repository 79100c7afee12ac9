"""SM2 signatures with SM3 (GB/T 32918): compressed keys, signatures as 64 bytes r and s, the standard's own user id."""

from __future__ import annotations

from gmalglib.sm2 import SM2

KEY_BYTES = 33
SIGNATURE_BYTES = 64
USER_ID = b"1234567812345678"
"""What GM/T 0009 hashes with a key whose holder has no id of another kind."""


def is_key(key: bytes) -> bool:
    """Says whether these bytes are a point of the curve other than the neutral one, in compressed form."""
    return len(key) == KEY_BYTES and bool(SM2.is_pk_valid(key))


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Says whether the signature over the message is by the key; r and s outside the group's order do not hold."""
    if len(signature) != SIGNATURE_BYTES or not is_key(key):
        return False
    return bool(SM2(pk=key, uid=USER_ID).verify(message, signature))
