"""The keys of parts, each sealed to one holder and kept as one file that only its holder may read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ..onchain.codec import Record, encode
from ..onchain.contracts.recording import Category, Precision
from ..onchain.ids import Id
from ..privacy import hpke, write_all_private
from . import errors


class KeyContext(Record, frozen=True):
    """What a sealed key is for; it opens in this context only."""

    chain_id: str
    recording: Id
    category: Category
    precision: Precision
    holder: Id
    """The account to which it is sealed."""
    receipt: Id | None = None
    """The receipt on which it was released, for a reader's key."""

    @property
    def info(self) -> bytes:
        return b"autochain/part-key/v1\x00" + encode(self)


class Holder(Protocol):
    """Who can open what was sealed to it: a wallet."""

    def unseal(self, sealed: bytes, *, info: bytes) -> bytes: ...


def wrap(key: bytes, public: bytes, context: KeyContext) -> bytes:
    """Seals a part's key to its holder's public key."""
    return hpke.seal(public, key, info=context.info)


def unwrap(holder: Holder, sealed: bytes, context: KeyContext) -> bytes:
    """Opens a part's key that was sealed to this holder in this context."""
    return holder.unseal(sealed, info=context.info)


class KeyFolder:
    """One holder's sealed keys, a file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put_all(self, sealed: Mapping[KeyContext, bytes]) -> None:
        """Keeps sealed keys durably."""
        write_all_private({self._path(context): data for context, data in sealed.items()})

    def get(self, context: KeyContext) -> bytes:
        try:
            return self._path(context).read_bytes()
        except FileNotFoundError:
            raise errors.NO_KEY(f"{context.category}, {context.precision}") from None

    def holds(self, context: KeyContext) -> bool:
        return self._path(context).exists()

    def _path(self, context: KeyContext) -> Path:
        return self._folder / context.recording.hex() / f"{context.category}.{context.precision}.key"
