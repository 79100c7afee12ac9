"""ML-DSA-65 (FIPS 204): making keys and signing."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

from ..onchain.crypto import PublicKey

SUITE = 4


def public_key(seed: bytes) -> PublicKey:
    """Gives the public key of a 32-byte seed."""
    return PublicKey(SUITE, MLDSA65PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw())


def sign(seed: bytes, message: bytes) -> bytes:
    """Signs a message, each time otherwise, as the standard prefers; the signature has 3,309 bytes."""
    return MLDSA65PrivateKey.from_seed_bytes(seed).sign(message)
