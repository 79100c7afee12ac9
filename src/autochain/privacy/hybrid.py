"""Ed25519 and ML-DSA-65 together: making keys and signing."""

from __future__ import annotations

from ..onchain.crypto import PublicKey, tagged_hash
from . import ed25519, ml_dsa

SUITE = 5


def public_key(seed: bytes) -> PublicKey:
    """Gives the public key of a 32-byte seed: that of Ed25519, then that of ML-DSA-65."""
    classical, after_quantum = _seeds(seed)
    return PublicKey(SUITE, ed25519.public_key(classical).data + ml_dsa.public_key(after_quantum).data)


def sign(seed: bytes, message: bytes) -> bytes:
    """Signs a message by both keys; the signature has 3,373 bytes."""
    classical, after_quantum = _seeds(seed)
    return ed25519.sign(classical, message) + ml_dsa.sign(after_quantum, message)


def _seeds(seed: bytes) -> tuple[bytes, bytes]:
    """Gives each scheme a seed of its own: neither key stands anywhere alone, so half a signature proves nothing."""
    return tagged_hash("hybrid/ed25519", seed), tagged_hash("hybrid/ml-dsa-65", seed)
