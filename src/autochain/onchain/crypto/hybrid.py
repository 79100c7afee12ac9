"""Ed25519 and ML-DSA-65 together: both signatures must hold, so that whoever breaks one of the two has nothing."""

from __future__ import annotations

from . import ed25519, ml_dsa

KEY_BYTES = ed25519.KEY_BYTES + ml_dsa.KEY_BYTES
SIGNATURE_BYTES = ed25519.SIGNATURE_BYTES + ml_dsa.SIGNATURE_BYTES


def is_key(key: bytes) -> bool:
    """Says whether these bytes are a key of each kind, the one of Ed25519 first."""
    return ed25519.is_key(key[: ed25519.KEY_BYTES]) and ml_dsa.is_key(key[ed25519.KEY_BYTES :])


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Says whether both signatures over the message are by the two keys."""
    classical, after_quantum = key[: ed25519.KEY_BYTES], key[ed25519.KEY_BYTES :]
    return ed25519.verify(classical, message, signature[: ed25519.SIGNATURE_BYTES]) and ml_dsa.verify(
        after_quantum, message, signature[ed25519.SIGNATURE_BYTES :]
    )
