"""A member's log of releases: a file that only grows, in which each entry holds the hash of the one before."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

from ...onchain.codec import Codec, Record, encode
from ...onchain.crypto import Hash, tagged_hash
from ...onchain.ids import Id
from ...onchain.refusals import Reason, Refusal
from ...onchain.units import Count
from ...privacy import CANT_WRITE, write_private

LOG_BROKEN = Reason(
    "release", 11, "The log of releases was changed.", "Restore it; what was anchored on the chain must stand in it."
)
BEGINNING = bytes(32)
"""What stands before the first entry."""
_LENGTH = struct.Struct(">I")


class Entry(Record, frozen=True):
    """One release: to whom, on which receipt, of what, when."""

    before: Hash
    """Hash of the entry before."""
    receipt: Id
    reader: Id
    recording: Id
    time_ms: Count

    @property
    def hash(self) -> bytes:
        return tagged_hash("release-log", encode(self))


_ENTRY: Codec[Entry] = Codec(Entry, max_bytes=256)
"""What claims to be longer was changed, and is no entry that a crash has torn."""


class Log:
    """Appends releases durably. `head` and `length` are what a member anchors on the chain."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.exists():
            write_private(path, b"")
        self.head, self.length, self._bytes = BEGINNING, 0, 0
        for entry, end in self._read():
            self.head, self.length, self._bytes = entry.hash, self.length + 1, end

    def append(self, *, receipt: bytes, reader: bytes, recording: bytes, time_ms: int) -> None:
        """Adds an entry; it is on the disk when this returns."""
        entry = Entry(self.head, receipt, reader, recording, time_ms)
        data = encode(entry)
        framed = _LENGTH.pack(len(data)) + data
        try:
            with self._path.open("r+b") as file:
                # A crash or a full disk may have torn the last entry, whose shares were not given.
                file.truncate(self._bytes)
                file.seek(self._bytes)
                file.write(framed)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise CANT_WRITE(f"{self._path} {error.strerror}") from None
        self.head, self.length, self._bytes = entry.hash, self.length + 1, self._bytes + len(framed)

    def entries(self) -> list[Entry]:
        return [entry for entry, _ in self._read()]

    def _read(self) -> Iterator[tuple[Entry, int]]:
        """Yields whole entries, each with where it ends; refuses where one does not follow the one before."""
        try:
            data = self._path.read_bytes()
        except OSError as error:
            raise LOG_BROKEN(f"{self._path}: {error.strerror}") from None
        at, before = 0, BEGINNING
        while at + _LENGTH.size <= len(data):
            (length,) = _LENGTH.unpack_from(data, at)
            end = at + _LENGTH.size + length
            if length > _ENTRY.max_bytes:
                raise LOG_BROKEN(f"entry at byte {at}")
            if end > len(data):
                return
            try:
                entry = _ENTRY.decode(data[at + _LENGTH.size : end])
            except Refusal:
                raise LOG_BROKEN(f"entry at byte {at}") from None
            if entry.before != before:
                raise LOG_BROKEN(f"entry at byte {at}")
            yield entry, end
            at, before = end, entry.hash
