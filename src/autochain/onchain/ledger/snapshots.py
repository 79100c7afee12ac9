"""A state cut into chunks, so that a new node can start from it; what it holds is believed by its root alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..codec import Codec
from ..refusals import Refusal
from .application import Snapshot
from .tree import Tree

CHUNK_BYTES = 1_048_576
_CHUNK: Codec[tuple[tuple[bytes, bytes], ...]] = Codec(tuple[tuple[bytes, bytes], ...], max_bytes=2 * CHUNK_BYTES)


class SnapshotReader:
    """Cuts a state into chunks of about a mebibyte."""

    def __init__(self, pairs: Mapping[bytes, bytes], *, root: bytes, height: int, time_ms: int) -> None:
        self._chunks = list(_cut(pairs))
        self.snapshot = Snapshot(height, len(self._chunks), root, time_ms)

    def chunk(self, number: int) -> bytes:
        """Gives a chunk's bytes; empty for one that does not exist."""
        return self._chunks[number] if 0 <= number < len(self._chunks) else b""


def _cut(pairs: Mapping[bytes, bytes]) -> Iterator[bytes]:
    chunk: list[tuple[bytes, bytes]] = []
    size = 0
    for key, value in sorted(pairs.items()):
        chunk.append((key, value))
        size += len(key) + len(value)
        if size >= CHUNK_BYTES:
            yield _CHUNK.encode(tuple(chunk))
            chunk, size = [], 0
    if chunk:
        yield _CHUNK.encode(tuple(chunk))


class SnapshotWriter:
    """Gathers the chunks of a snapshot, in order."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._pairs: dict[bytes, bytes | None] = {}
        self._next = 0

    def add(self, number: int, data: bytes) -> bool:
        """Takes a chunk in; False when it is not the one due, or not a chunk at all."""
        if number != self._next:
            return False
        try:
            self._pairs.update(_CHUNK.decode(data))
        except Refusal:
            return False
        self._next += 1
        return True

    @property
    def complete(self) -> bool:
        return self._next == self.snapshot.chunks

    def state(self) -> dict[bytes, bytes | None] | None:
        """Gives the whole state when it has the snapshot's root, else None."""
        sound = all(0 < len(value or b"") <= 4096 and key for key, value in self._pairs.items())
        return self._pairs if sound and Tree().update(self._pairs).root == self.snapshot.root else None
