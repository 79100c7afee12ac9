"""SM2 signatures with SM3: making keys and signing."""

from __future__ import annotations

import hmac
from itertools import count

from gmalglib.sm2 import SM2, SM2_PARAMS_N, SM2_PCMODE_COMPRESS

from ..onchain.crypto import PublicKey, sm2

SUITE = 3
_ORDER = int.from_bytes(SM2_PARAMS_N, "big")


def public_key(seed: bytes) -> PublicKey:
    """Gives the public key of a 32-byte seed."""
    return PublicKey(SUITE, SM2.get_pk(_private(seed), SM2_PCMODE_COMPRESS))


def sign(seed: bytes, message: bytes) -> bytes:
    """Signs a message; the signature has 64 bytes."""
    tries = count()

    def nonce(size: int) -> bytes:
        """Comes from key and message, as RFC 6979 does it: a weak source of chance gives no key away."""
        return hmac.digest(seed, b"sm2-nonce" + next(tries).to_bytes(4, "big") + message, "sha256")[:size]

    signature: bytes = SM2(sk=_private(seed), uid=sm2.USER_ID, rnd_fn=nonce).sign(message)
    return signature


def _private(seed: bytes) -> bytes:
    # The greatest number below the order is no key of SM2.
    return (1 + int.from_bytes(seed, "big") % (_ORDER - 2)).to_bytes(len(SM2_PARAMS_N), "big")
