"""The keys of parts, each sealed to one holder and kept as one file that only its holder may read."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from ..onchain.codec import Record, encode
from ..onchain.contracts.recording import Category, Precision
from ..onchain.ids import ID_BYTES, Id
from ..privacy import hpke, remove_private, write_all_private
from . import errors

_RECORDING = re.compile(f"[0-9a-f]{{{2 * ID_BYTES}}}")


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


def recordings_named(names: Iterable[str]) -> list[bytes]:
    """Gives the recordings after which something is named, in order; names that others gave are passed over."""
    return sorted(bytes.fromhex(name) for name in names if _RECORDING.fullmatch(name))


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

    def recordings(self) -> list[bytes]:
        """Lists the recordings whose keys are held, or were destroyed and not dropped."""
        return recordings_named(path.name for path in self._folder.glob("*/"))

    def files(self, recording: bytes) -> dict[str, bytes]:
        """Gives a recording's sealed keys by the names of their files."""
        return {path.name: path.read_bytes() for path in sorted(self._of(recording).glob("*.key"))}

    def put_files(self, recording: bytes, files: Mapping[str, bytes]) -> None:
        """Puts sealed keys back under the names that `files` gave them."""
        write_all_private({self._of(recording) / name: data for name, data in files.items()})

    def since_ms(self, recording: bytes) -> int:
        """Says when keys of a recording came in last, in milliseconds since 1970; 0 where none is held."""
        return max((path.stat().st_mtime_ns for path in self._of(recording).glob("*.key")), default=0) // 1_000_000

    def destroy(self, recording: bytes) -> None:
        """Destroys a recording's keys for good; that it had some is known until it is dropped."""
        remove_private(self._of(recording).glob("*"))

    def drop(self, recording: bytes) -> None:
        """Lets it be forgotten that a recording's keys were held, unless some lie there."""
        with contextlib.suppress(OSError):
            self._of(recording).rmdir()

    def _of(self, recording: bytes) -> Path:
        return self._folder / recording.hex()

    def _path(self, context: KeyContext) -> Path:
        return self._of(context.recording) / f"{context.category}.{context.precision}.key"
