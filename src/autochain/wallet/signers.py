"""Signing keys: a seed, or a key that a token keeps to itself, behind one small interface."""

from __future__ import annotations

from typing import Annotated, Any, Protocol

import msgspec

from ..onchain.crypto import PublicKey
from ..privacy import signing

Secret = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


class Signer(Protocol):
    """Signs by one key, wherever that lies."""

    @property
    def suite(self) -> int:
        """The number of its suite."""
        ...

    @property
    def public_key(self) -> PublicKey: ...

    def sign(self, message: bytes) -> bytes: ...


class SeedKey(msgspec.Struct, frozen=True, tag="seed"):
    """A key of any suite that comes of a seed."""

    suite: int
    seed: Secret

    def __repr__(self) -> str:
        return f"SeedKey({self.suite})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        # A Struct's own names every field, and rich prints a traceback's locals by it.
        return [("suite", self.suite)]

    @property
    def public_key(self) -> PublicKey:
        return signing(self.suite).public_key(self.seed)

    def sign(self, message: bytes) -> bytes:
        return signing(self.suite).sign(self.seed, message)


class TokenKey(msgspec.Struct, frozen=True, tag="token"):
    """A key that never leaves a PKCS#11 token, such as a vehicle's security module."""

    public_key: PublicKey
    module: str
    """Path of the library by which the token is reached."""
    token: str
    """The token's label."""
    label: str
    """The key's label in the token."""
    pin: str

    def __repr__(self) -> str:
        return f"TokenKey({self.suite}, {self.token!r}, {self.label!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("suite", self.suite), ("token", self.token), ("label", self.label)]

    @property
    def suite(self) -> int:
        return self.public_key.suite

    def sign(self, message: bytes) -> bytes:
        from . import tokens

        return tokens.sign(self, message)


Key = SeedKey | TokenKey
