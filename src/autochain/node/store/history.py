"""What the state held at older heights, from the values that each height replaced."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any
from zlib import crc32

import lmdb

from ...onchain.ledger import errors
from ...onchain.refusals import ensure
from .records import damage_is_named, height_key, pack_checksum, seal, unseal

if TYPE_CHECKING:
    from .chain_store import ChainStore


MAX_LOOKED_AT = 100_000
"""How many changes are gone through to list what stood at an older height."""


class History:
    """Keeps under height and key what the key held before that height; an empty value says that it was absent.

    No key of the state is empty: under the height alone lies the meta of the height before.
    """

    def __init__(self, environment: lmdb.Environment, database: Any) -> None:
        self._environment = environment
        self._database = database

    def write(
        self, writing: lmdb.Transaction, height: int, keys: Sequence[bytes], *, held: Mapping[bytes, bytes], meta: bytes
    ) -> None:
        """Keeps what is held under the keys, in order, that a height changes, and the meta that stands before it."""
        prefix = height_key(height)
        start = crc32(prefix)
        # As `seal` does it, without its calls: a block has tens of thousands of these.
        names = [prefix + key for key in keys]
        values = [
            before + pack_checksum(crc32(before, crc32(key, start)))
            for key, before in zip(keys, map(held.get, keys, repeat(b"")), strict=True)
        ]
        with writing.cursor(self._database) as cursor:
            cursor.put(prefix, seal(prefix, meta), append=True)
            written, _ = cursor.putmulti(zip(names, values, strict=True), append=True)
        ensure(written == len(names), "a height's history comes after that of all before it")

    def prune(self, writing: lmdb.Transaction, oldest_height: int) -> None:
        """Forgets what is needed only for heights before the oldest."""
        end = height_key(oldest_height + 1)
        with writing.cursor(self._database) as cursor:
            found = cursor.first()
            while found and bytes(cursor.key()) < end:
                found = cursor.delete() and bool(cursor.key())

    def before(self, key: bytes, heights: range) -> bytes | None:
        """Gives what the first of these heights that changed the key replaced; None when none of them did."""
        with self._environment.begin(db=self._database) as reading:
            for height in heights:
                name = height_key(height) + key
                sealed = reading.get(name)
                if sealed is not None:
                    return unseal(name, sealed, b"history")
        return None

    def meta_before(self, height: int) -> bytes | None:
        """Gives the meta that stood before a height."""
        return self.before(b"", range(height, height + 1))

    def changed(
        self, heights: range, prefix: bytes = b"", after: bytes = b"", *, at_most: int | None = None
    ) -> dict[bytes, bytes | None]:
        """Gives what the keys with a prefix, and after another, held before the first of these heights changed them.

        Refuses where more changes than `at_most` would have to be looked at.
        """
        looked_at = 0
        values: dict[bytes, bytes | None] = {}
        with self._environment.begin(db=self._database) as reading, reading.cursor() as cursor:
            for height in heights:
                wanted = height_key(height) + prefix
                found = cursor.set_range(height_key(height) + max(prefix, after))
                while found and (name := cursor.key()).startswith(wanted):
                    key = name[8:]
                    looked_at += 1
                    if looked_at == at_most:
                        raise errors.HEIGHT_GONE(f"{at_most} changes or more lie between; ask for a later height")
                    if key > after and key not in values:
                        values[key] = unseal(name, cursor.value(), b"history") or None
                    found = cursor.next()
        return values


class Past:
    """Implements the ledger's `Reader` with the state after an older height, as long as that height is kept."""

    def __init__(self, store: ChainStore, history: History, height: int) -> None:
        self._store = store
        self._history = history
        self._height = height

    def _later(self) -> range:
        """Gives the heights by which the present differs; the chain may have grown since this was made."""
        if not self._store.oldest_height <= self._height <= self._store.height:
            raise errors.HEIGHT_GONE(f"height {self._height}, the oldest is {self._store.oldest_height}")
        return range(self._height + 1, self._store.height + 1)

    def get(self, key: bytes, /) -> bytes | None:
        with damage_is_named():
            before = self._history.before(key, self._later())
        return self._store.get(key) if before is None else before or None

    def items(self, prefix: bytes, after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        with damage_is_named():
            values = self._history.changed(self._later(), prefix, after, at_most=MAX_LOOKED_AT)
        unchanged = (pair for pair in self._store.items(prefix, after) if pair[0] not in values)
        changed = ((key, value) for key, value in sorted(values.items()) if value is not None)
        # Both are begun before the first pair is given, so that a commit in between disturbs neither.
        yield from heapq.merge(unchanged, changed)
