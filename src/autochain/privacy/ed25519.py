"""Ed25519: making keys and signing."""

from __future__ import annotations

from nacl.signing import SigningKey

from ..onchain.crypto import PublicKey

SUITE = 1


def public_key(seed: bytes) -> PublicKey:
    """Gives the public key of a 32-byte seed."""
    return PublicKey(SUITE, bytes(SigningKey(seed).verify_key))


def sign(seed: bytes, message: bytes) -> bytes:
    """Signs a message; the signature has 64 bytes."""
    return SigningKey(seed).sign(message).signature
