"""Ed25519 signatures by libsodium's rules: small-order keys and non-canonical encodings are refused."""

from __future__ import annotations

from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open
from nacl.exceptions import BadSignatureError

KEY_BYTES = 32
SIGNATURE_BYTES = 64


def is_key(key: bytes) -> bool:
    """Says whether these bytes are a point of the prime-order group, canonically encoded."""
    return len(key) == KEY_BYTES and crypto_core_ed25519_is_valid_point(key)


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Says whether the signature over the message is by the key; releases the GIL while it checks."""
    if len(key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        crypto_sign_open(signature + message, key)
    except BadSignatureError:
        return False
    return True
