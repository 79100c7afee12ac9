"""A store that keeps a chain's state in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from autochain.onchain.ledger import errors


class MemoryStore:
    """Implements the ledger's `Store` with dictionaries."""

    def __init__(self, *, history_heights: int = 1_000) -> None:
        self.pairs: dict[bytes, bytes] = {}
        self.meta: bytes | None = None
        self.height = 0
        self.oldest_height = 0
        self._history_heights = history_heights
        self._undo: dict[int, dict[bytes, bytes | None]] = {}
        """By height, what its keys held before."""
        self._metas: dict[int, bytes] = {}

    def get(self, key: bytes, /) -> bytes | None:
        return self.pairs.get(key)

    def items(self, prefix: bytes, after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        for key in sorted(key for key in self.pairs if key.startswith(prefix) and key > after):
            yield key, self.pairs[key]

    def at(self, height: int) -> MemoryStore:
        if not self.oldest_height <= height <= self.height:
            raise errors.HEIGHT_GONE(f"height {height}, there are {self.oldest_height} to {self.height}")
        past = MemoryStore()
        past.pairs = dict(self.pairs)
        for later in range(self.height, height, -1):
            past._put(self._undo[later])
        return past

    def meta_at(self, height: int) -> bytes:
        if not self.oldest_height <= height <= self.height:
            raise errors.HEIGHT_GONE(f"height {height}, there are {self.oldest_height} to {self.height}")
        return self._metas[height]

    def undo(self, height: int) -> Mapping[bytes, bytes | None]:
        if not self.oldest_height < height <= self.height:
            raise errors.HEIGHT_GONE(f"height {height}, there are {self.oldest_height + 1} to {self.height}")
        return self._undo[height]

    def commit(self, changes: Mapping[bytes, bytes | None], *, height: int, meta: Callable[[], bytes]) -> None:
        stands = meta()  # The state is still the former one.
        if self.meta is None:
            self.oldest_height = height
        self._undo[height] = {key: self.pairs.get(key) for key in changes}
        self.oldest_height = max(self.oldest_height, height - self._history_heights)
        self._put(changes)
        self.height, self.meta, self._metas[height] = height, stands, stands

    def _put(self, changes: Mapping[bytes, bytes | None]) -> None:
        for key, value in changes.items():
            if value is None:
                self.pairs.pop(key, None)
            else:
                self.pairs[key] = value


def made(meta: bytes) -> Callable[[], bytes]:
    """Gives a commit's meta that is there already."""
    return lambda: meta
