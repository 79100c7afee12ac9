"""A chain's state, blocks, commits and results in LMDB; a block's changes are written in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import lmdb

from ...onchain.codec import Codec, Record
from ...onchain.ledger import TransactionResult, errors
from ...onchain.units import Count

MAP_BYTES = 64 * 1024**3
"""How large the file may grow; only what is used takes room on the disk."""
_META = b"meta"
_HEIGHT = b"height"


class StoredBlock(Record, frozen=True):
    """A block as it is kept, apart from the state."""

    block: bytes
    """A CometBFT Block in protobuf."""
    commit: bytes
    """The commit that decided it, in protobuf."""
    results: tuple[TransactionResult, ...]
    events: bytes
    hashes: tuple[bytes, ...]
    """Hashes of its transactions."""


class Place(Record, frozen=True):
    """Where a transaction stands."""

    height: Count
    index: Count


_BLOCK: Codec[StoredBlock] = Codec(StoredBlock, max_bytes=2**31)
_PLACE: Codec[Place] = Codec(Place, max_bytes=64)


class ChainStore:
    """Implements the ledger's `Store`, and keeps the engine's blocks beside the state."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._environment = lmdb.open(str(folder), map_size=MAP_BYTES, max_dbs=4, mode=0o600)
            self._state = self._environment.open_db(b"state")
            self._blocks = self._environment.open_db(b"blocks")
            self._places = self._environment.open_db(b"places")
            self._facts = self._environment.open_db(b"facts")
            with self._environment.begin() as reading:
                self._pairs = {bytes(key): bytes(value) for key, value in reading.cursor(self._state)}
                self._meta = _bytes(reading.get(_META, db=self._facts))
                self.height = int.from_bytes(_bytes(reading.get(_HEIGHT, db=self._facts)) or b"", "big")
                """Height of the last block kept; 0 before the first."""
        except lmdb.Error as error:
            raise errors.STORE_DAMAGED(str(error)) from None
        self._staged: tuple[int, StoredBlock] | None = None

    @property
    def meta(self) -> bytes | None:
        return self._meta

    def get(self, key: bytes, /) -> bytes | None:
        return self._pairs.get(key)

    def items(self, prefix: bytes, after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        with self._environment.begin(db=self._state) as reading, reading.cursor() as cursor:
            found = cursor.set_range(max(prefix, after))
            if found and cursor.key() == after:
                found = cursor.next()
            while found and cursor.key().startswith(prefix):
                yield cursor.key(), cursor.value()
                found = cursor.next()

    def stage(self, height: int, block: StoredBlock) -> None:
        """Has a block written together with the state's next commit."""
        self._staged = height, block

    def commit(self, changes: Mapping[bytes, bytes | None], *, meta: bytes) -> None:
        try:
            with self._environment.begin(write=True) as writing:
                for key, value in changes.items():
                    if value is None:
                        writing.delete(key, db=self._state)
                    else:
                        writing.put(key, value, db=self._state)
                writing.put(_META, meta, db=self._facts)
                if self._staged is not None:
                    self._put_block(writing, *self._staged)
        except lmdb.Error as error:
            # A disk that fills up in the middle of a write shows as a bare error.
            if type(error) in (lmdb.MapFullError, lmdb.DiskError, lmdb.Error):
                raise errors.STORE_FULL(str(error)) from None
            raise
        for key, value in changes.items():
            if value is None:
                self._pairs.pop(key, None)
            else:
                self._pairs[key] = value
        self._meta = meta
        if self._staged is not None:
            self.height, self._staged = self._staged[0], None

    def _put_block(self, writing: lmdb.Transaction, height: int, block: StoredBlock) -> None:
        key = height.to_bytes(8, "big")
        writing.put(key, _BLOCK.encode(block), db=self._blocks, append=True)
        writing.put(_HEIGHT, key, db=self._facts)
        for index, name in enumerate(block.hashes):
            writing.put(name, _PLACE.encode(Place(height, index)), db=self._places)

    def block(self, height: int) -> StoredBlock | None:
        """Gives a block that is kept."""
        with self._environment.begin(db=self._blocks) as reading:
            data = _bytes(reading.get(height.to_bytes(8, "big")))
        return None if data is None else _BLOCK.trusted(data)

    def place(self, name: bytes) -> Place | None:
        """Says where the transaction with this hash stands."""
        with self._environment.begin(db=self._places) as reading:
            data = _bytes(reading.get(name))
        return None if data is None else _PLACE.trusted(data)

    def close(self) -> None:
        self._environment.close()


def _bytes(value: object) -> bytes | None:
    return bytes(value) if isinstance(value, (bytes, memoryview)) else None
