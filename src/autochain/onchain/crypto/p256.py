"""ECDSA on the curve P-256 with SHA-256: compressed keys, signatures of 64 bytes, r and the low s."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

KEY_BYTES = 33
SIGNATURE_BYTES = 64
SCALAR_BYTES = 32
ORDER = 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551
"""How many points the group has."""
_CURVE = ec.SECP256R1()
_ALGORITHM = ec.ECDSA(SHA256())


def is_key(key: bytes) -> bool:
    """Says whether these bytes are a point of the curve other than the neutral one, in compressed form."""
    return _point(key) is not None


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Says whether the signature over the message is by the key; of r and s, r and -s the one with the low s holds."""
    point = _point(key)
    if point is None or len(signature) != SIGNATURE_BYTES:
        return False
    r, s = int.from_bytes(signature[:SCALAR_BYTES], "big"), int.from_bytes(signature[SCALAR_BYTES:], "big")
    if not (0 < r < ORDER and 0 < s <= ORDER >> 1):
        return False
    try:
        point.verify(encode_dss_signature(r, s), message, _ALGORITHM)
    except InvalidSignature:
        return False
    return True


def _point(key: bytes) -> ec.EllipticCurvePublicKey | None:
    if len(key) != KEY_BYTES:
        return None
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, key)
    except ValueError:
        return None
