"""What a unit has sealed but not yet committed: it survives a crash and a lost connection."""

from __future__ import annotations

from pathlib import Path

from ...onchain.codec import Codec, Record
from ...onchain.contracts.recording import Category, Commit, Precision
from ...onchain.ids import Id
from ...privacy import write_private_once


class OwnKey(Record, frozen=True):
    """The key of one part, sealed to the vehicle itself until its holders have it."""

    category: Category
    precision: Precision
    sealed: bytes


class Pending(Record, frozen=True):
    """A sealed recording on its way to the chain."""

    owner: Id
    """For whom it was recorded; whoever owns the vehicle later gets nothing of it."""
    commit: Commit
    keys: tuple[OwnKey, ...]


_PENDING: Codec[Pending] = Codec(Pending, max_bytes=262_144)


class Outbox:
    """Sealed recordings that wait, a file each; no reading and no open key lies here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: bytes, pending: Pending) -> Pending:
        """Puts a recording in; gives the one that waits, which is another where a second process was faster."""
        if write_private_once(self._path(name), _PENDING.encode(pending)):
            return pending
        return self.take(name) or pending

    def take(self, name: bytes) -> Pending | None:
        """Gives a recording that waits, and leaves it there until it is dropped."""
        path = self._path(name)
        return _PENDING.decode(path.read_bytes()) if path.exists() else None

    def waiting(self) -> list[bytes]:
        """Lists the recordings that wait."""
        return [bytes.fromhex(path.stem) for path in sorted(self._folder.glob("*.pending"))]

    def drop(self, name: bytes) -> None:
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: bytes) -> Path:
        return self._folder / f"{name.hex()}.pending"
