"""HPKE (RFC 9180): sealing a small secret to one public key, bound to what it is for.

DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, base mode. `info` binds the context: a secret sealed for one
purpose does not open for another.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from ..onchain.refusals import Reason

NOT_OPENED = Reason(
    "privacy",
    1,
    "This secret was not sealed for this key and purpose.",
    "Use the key of the DID that it was sealed for.",
)
BAD_ENCRYPTION_KEY = Reason("privacy", 2, "This is not a usable X25519 key.", "Make the key with a wallet.")

OVERHEAD_BYTES = 48
"""What sealing adds: the encapsulated key and the tag."""

_suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def public_key(private: bytes) -> bytes:
    """Gives the X25519 public key of a 32-byte private key."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def seal(public: bytes, secret: bytes, *, info: bytes) -> bytes:
    """Seals a secret to a public key."""
    try:
        return _suite.encrypt(secret, X25519PublicKey.from_public_bytes(public), info=info)
    except ValueError:
        raise BAD_ENCRYPTION_KEY() from None


def unseal(private: bytes, sealed: bytes, *, info: bytes) -> bytes:
    """Opens a sealed secret; refuses when it was sealed to another key or for another purpose, or was changed."""
    try:
        return _suite.decrypt(sealed, X25519PrivateKey.from_private_bytes(private), info=info)
    except (InvalidTag, ValueError):
        raise NOT_OPENED() from None
