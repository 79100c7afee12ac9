"""The signing half of each suite, by the suite's number; each is loaded when it is used first."""

from __future__ import annotations

from typing import Protocol

from ..onchain.crypto import PublicKey, check_suites
from . import ed25519


class Scheme(Protocol):
    """The signing half of a signature scheme: one module."""

    def public_key(self, seed: bytes, /) -> PublicKey:
        """Gives the public key of a 32-byte seed."""
        ...

    def sign(self, seed: bytes, message: bytes, /) -> bytes:
        """Signs a message."""
        ...


def signing(suite: int) -> Scheme:
    """Gives the signing half of a suite; refuses one that is unknown or whose library is absent."""
    check_suites((suite,))
    match suite:
        case 1:
            return ed25519
        case 2:
            from . import p256

            return p256
        case 3:
            from . import sm2

            return sm2
        case 4:
            from . import ml_dsa

            return ml_dsa
        case _:
            from . import hybrid

            return hybrid
