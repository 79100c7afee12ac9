"""Keys as the library `cryptography` wants them, over keys that lie wherever a signer has them."""

from __future__ import annotations

from typing import Any, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ...onchain.crypto import ED25519, P256, PublicKey, check_key
from .. import Signer
from .errors import UNFIT_KEY

SCALAR_BYTES = 32

LibraryKey: TypeAlias = Ed25519PublicKey | EllipticCurvePublicKey


def library_key(key: PublicKey) -> LibraryKey:
    """Gives a public key as the library has it; refuses kinds of keys that X.509 does not have everywhere."""
    if key.suite not in (ED25519, P256):
        raise UNFIT_KEY(f"suite {key.suite}")
    check_key(key)
    if key.suite == ED25519:
        return Ed25519PublicKey.from_public_bytes(key.data)
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), key.data)


def own_key(key: object) -> PublicKey:
    """Gives a public key as the chain has it from the library's."""
    match key:
        case Ed25519PublicKey():
            own = PublicKey(ED25519, key.public_bytes_raw())
        case EllipticCurvePublicKey(curve=SECP256R1()):
            own = PublicKey(P256, key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))
        case _:
            raise UNFIT_KEY(type(key).__name__)
    check_key(own)
    return own


def signing_key(signer: Signer) -> Any:
    """Gives a signer's key in the form in which the library's builders take private keys."""
    kind = _Ed25519Key if signer.public_key.suite == ED25519 else _P256Key
    return kind(library_key(signer.public_key), signer)


def hash_algorithm(key: PublicKey) -> SHA256 | None:
    """Gives the hash that the library's builders name beside a key; Ed25519 has its own."""
    return None if key.suite == ED25519 else SHA256()


class _Key:
    """What the library asks of a private key when it signs with it: the public key and a signature."""

    def __init__(self, public: LibraryKey, signer: Signer) -> None:
        self._public = public
        self._signer = signer

    def public_key(self) -> LibraryKey:
        return self._public


@Ed25519PrivateKey.register
class _Ed25519Key(_Key):
    def sign(self, data: bytes) -> bytes:
        return self._signer.sign(bytes(data))


@EllipticCurvePrivateKey.register
class _P256Key(_Key):
    curve = SECP256R1()
    key_size = 256

    def sign(self, data: bytes, algorithm: ECDSA) -> bytes:
        signature = self._signer.sign(bytes(data))
        r, s = signature[:SCALAR_BYTES], signature[SCALAR_BYTES:]
        return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
