"""A store that keeps a chain's state in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class MemoryStore:
    """Implements the ledger's `Store` with a dictionary."""

    def __init__(self) -> None:
        self.pairs: dict[bytes, bytes] = {}
        self.meta: bytes | None = None

    def get(self, key: bytes, /) -> bytes | None:
        return self.pairs.get(key)

    def items(self, prefix: bytes, after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        for key in sorted(key for key in self.pairs if key.startswith(prefix) and key > after):
            yield key, self.pairs[key]

    def commit(self, changes: Mapping[bytes, bytes | None], *, meta: bytes) -> None:
        for key, value in changes.items():
            if value is None:
                self.pairs.pop(key, None)
            else:
                self.pairs[key] = value
        self.meta = meta
