"""ECDSA on the curve P-256 with SHA-256: making keys and signing."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..onchain.crypto import PublicKey, p256

SUITE = 2
_ALGORITHM = ec.ECDSA(SHA256(), deterministic_signing=True)
"""The nonce comes from key and message (RFC 6979): a weak source of chance gives no key away."""


def public_key(seed: bytes) -> PublicKey:
    """Gives the public key of a 32-byte seed."""
    return PublicKey(SUITE, _private(seed).public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint))


def sign(seed: bytes, message: bytes) -> bytes:
    """Signs a message; the signature has 64 bytes."""
    return raw_signature(_private(seed).sign(message, _ALGORITHM))


def raw_signature(der: bytes) -> bytes:
    """Gives r and the low one of the two s in 64 bytes from a signature in DER."""
    r, s = decode_dss_signature(der)
    return low_s(r.to_bytes(p256.SCALAR_BYTES, "big") + s.to_bytes(p256.SCALAR_BYTES, "big"))


def low_s(signature: bytes) -> bytes:
    """Gives the form of a signature that holds here from r and either of the two s."""
    s = int.from_bytes(signature[p256.SCALAR_BYTES :], "big")
    return signature[: p256.SCALAR_BYTES] + min(s, p256.ORDER - s).to_bytes(p256.SCALAR_BYTES, "big")


def _private(seed: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(1 + int.from_bytes(seed, "big") % (p256.ORDER - 1), ec.SECP256R1())
