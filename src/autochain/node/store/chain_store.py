"""A chain's state, its history, blocks and results in LMDB; a block's changes are written in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import lmdb

from ...onchain.ledger import errors
from ...onchain.refusals import ensure, present
from .history import History, Past
from .records import (
    BEGINNING,
    BLOCK,
    DATABASES,
    FACTS,
    ONLY_KEY,
    Beginning,
    Facts,
    Place,
    StoredBlock,
    damage_is_named,
    height_key,
    named,
    place_of,
    seal,
    sealed_places,
    unseal,
)

MAP_BYTES = 64 * 1024**3
"""How large the file may grow; only what is used takes room on the disk."""
HISTORY_HEIGHTS = 1_000
"""For how many heights the values that they replaced are kept."""


MAX_UNPLACED = 65_536
"""How many transactions' places are gathered before they are written: hashes lie all over the file's pages, so that
each write alone would cost a page. Until then the blocks tell them."""
MAX_UNPLACED_HEIGHTS = 1_000
"""Over how many blocks they are gathered at most: a start reads these blocks again."""


class ChainStore:
    """Implements the ledger's `Store`, and keeps the engine's blocks beside the state.

    A store that is not `durable` leaves it to the operating system when its file reaches the disk.
    """

    def __init__(
        self,
        folder: Path,
        *,
        history_heights: int = HISTORY_HEIGHTS,
        durable: bool = True,
        max_unplaced: int = MAX_UNPLACED,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._history_heights = history_heights
        self._max_unplaced = max_unplaced
        self._unplaced: dict[bytes, Place] = {}
        """Where transactions stand that `places` does not hold yet."""
        self._staged: tuple[int, StoredBlock] | None = None
        self._facts: Facts | None = None
        with damage_is_named():
            self._environment = lmdb.open(
                str(folder), map_size=MAP_BYTES, max_dbs=len(DATABASES), mode=0o600, sync=durable
            )
            databases = [self._environment.open_db(name) for name in DATABASES]
            self._state, self._blocks, self._places, history, self._beginning, self._facts_database = databases
            self._counted = databases[:-1]
            self._history = History(self._environment, history)
            with self._environment.begin() as reading:
                self._pairs = {key: value for key, value in reading.cursor(self._state)}  # noqa: C416 # twice as fast
                sealed = reading.get(ONLY_KEY, db=self._facts_database)
                if sealed is not None:
                    self._facts = FACTS.trusted(unseal(ONLY_KEY, sealed, b"facts"))
                    self._agrees(self._facts, reading)
        for height in range(self._facts.placed_height + 1 if self._facts else 1, self.height + 1):
            block = self.block(height)
            if block is not None:
                self._unplaced |= _places(height, block)

    def _agrees(self, facts: Facts, reading: lmdb.Transaction) -> None:
        if facts.transaction != self._environment.info()["last_txnid"]:
            raise errors.STORE_DAMAGED("facts: they are not of the last transaction")
        if facts.entries != self._entries(reading) or facts.entries[0] != len(self._pairs):
            raise errors.STORE_DAMAGED("facts: they count other entries than there are")

    def _entries(self, transaction: lmdb.Transaction) -> tuple[int, ...]:
        return tuple(transaction.stat(database)["entries"] for database in self._counted)

    @property
    def meta(self) -> bytes | None:
        return self._facts.meta if self._facts else None

    @property
    def height(self) -> int:
        """Height of the last commit; 0 before the first block."""
        return self._facts.height if self._facts else 0

    @property
    def oldest_height(self) -> int:
        return self._facts.oldest_height if self._facts else 0

    @property
    def pairs(self) -> Mapping[bytes, bytes]:
        return self._pairs

    def get(self, key: bytes, /) -> bytes | None:
        return self._pairs.get(key)

    def items(self, prefix: bytes, after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        with damage_is_named(), self._environment.begin(db=self._state) as reading, reading.cursor() as cursor:
            found = cursor.set_range(max(prefix, after))
            if found and cursor.key() == after:
                found = cursor.next()
            while found and cursor.key().startswith(prefix):
                yield cursor.key(), cursor.value()
                found = cursor.next()

    def at(self, height: int) -> Past:
        self._check_kept(height)
        return Past(self, self._history, height)

    def _check_kept(self, height: int) -> None:
        if not self.oldest_height <= height <= self.height:
            raise errors.HEIGHT_GONE(f"height {height}, there are {self.oldest_height} to {self.height}")

    def meta_at(self, height: int) -> bytes:
        """Gives the meta of a height that `at` answers."""
        self._check_kept(height)
        with damage_is_named():
            meta = self.meta if height == self.height else self._history.meta_before(height + 1)
        if meta is None:
            raise errors.STORE_DAMAGED(f"history of height {height + 1}: its meta is not there")
        return meta

    def undo(self, height: int) -> Mapping[bytes, bytes | None]:
        if not self.oldest_height < height <= self.height:
            raise errors.HEIGHT_GONE(f"height {height}, there are {self.oldest_height + 1} to {self.height}")
        with damage_is_named():
            return self._history.changed(range(height, height + 1))

    def beginning(self) -> tuple[int, dict[bytes, bytes], bytes]:
        """Gives height, pairs and meta of the first commit, from which all blocks can be run again."""
        data = self._kept(ONLY_KEY, b"beginning", self._beginning)
        kept = BEGINNING.trusted(present(data, "a store whose beginning is asked for has begun"))
        return kept.height, dict(kept.pairs), kept.meta

    def stage(self, height: int, block: StoredBlock) -> None:
        """Has a block written together with the state's next commit."""
        self._staged = height, block

    def commit(self, changes: Mapping[bytes, bytes | None], *, height: int, meta: Callable[[], bytes]) -> None:
        ensure(self._facts is None or height == self.height + 1, "heights follow each other")
        ensure(self._staged is None or self._staged[0] == height, "a block is written with its own effects")
        try:
            with self._environment.begin(write=True) as writing:
                facts = self._write(writing, changes, height, meta)
        except lmdb.Error as error:
            # A disk that fills up in the middle of a write shows as a bare error.
            if type(error) in (lmdb.MapFullError, lmdb.DiskError, lmdb.Error):
                raise errors.STORE_FULL(str(error)) from None
            raise
        self._pairs.update(cast(Mapping[bytes, bytes], changes))
        for key in [key for key, value in changes.items() if value is None]:
            del self._pairs[key]
        if facts.placed_height == height:
            self._unplaced.clear()
        elif self._staged is not None:
            self._unplaced |= _places(*self._staged)
        self._facts, self._staged = facts, None

    def _write(
        self, writing: lmdb.Transaction, changes: Mapping[bytes, bytes | None], height: int, meta: Callable[[], bytes]
    ) -> Facts:
        # In order, LMDB finds the next place beside the last one.
        keys = sorted(changes)
        pairs = tuple([(key, value) for key in keys if (value := changes[key]) is not None])
        if self._facts is None:
            oldest_height = height
        else:
            oldest_height = max(self._facts.oldest_height, height - self._history_heights)
            self._history.write(writing, height, keys, held=self._pairs, meta=self._facts.meta)
            self._history.prune(writing, oldest_height)
        with writing.cursor(self._state) as cursor:
            cursor.putmulti(pairs)
        for key in keys if len(pairs) < len(keys) else ():
            if changes[key] is None:
                writing.delete(key, db=self._state)
        placed_height = self._write_block(writing, height)
        stands = meta()
        if self._facts is None:
            began = Beginning(height, pairs, stands)
            writing.put(ONLY_KEY, seal(ONLY_KEY, BEGINNING.encode(began)), db=self._beginning)
        facts = Facts(height, oldest_height, placed_height, stands, self._entries(writing), writing.id())
        writing.put(ONLY_KEY, seal(ONLY_KEY, FACTS.encode(facts)), db=self._facts_database)
        return facts

    def _write_block(self, writing: lmdb.Transaction, height: int) -> int:
        """Writes the staged block, and places when enough are gathered; gives the height up to which they stand."""
        if self._staged is None and not self._unplaced:
            return height
        before = self._facts.placed_height if self._facts else None
        if self._staged is None:
            return present(before, "what is not placed yet was committed")
        block, key = self._staged[1], height_key(height)
        writing.put(key, seal(key, BLOCK.encode(block)), db=self._blocks, append=True)
        if not self._unplaced and not block.hashes:
            return height
        are_few = len(self._unplaced) + len(block.hashes) < self._max_unplaced
        if before is not None and are_few and height - before < MAX_UNPLACED_HEIGHTS:
            return before
        with writing.cursor(self._places) as cursor:
            cursor.putmulti(sealed_places(self._unplaced | _places(height, block)))
        return height

    def block(self, height: int) -> StoredBlock | None:
        """Gives a block that is kept."""
        data = self._kept(height_key(height), b"blocks", self._blocks)
        return None if data is None else BLOCK.trusted(data)

    def place(self, name: bytes) -> Place | None:
        """Says where the transaction with this hash stands."""
        if name in self._unplaced:
            return self._unplaced[name]
        data = self._kept(name, b"places", self._places)
        return None if data is None else place_of(data)

    def _kept(self, key: bytes, name: bytes, database: Any) -> bytes | None:
        try:
            with self._environment.begin(db=database) as reading:
                sealed = reading.get(key)
        except lmdb.Error as error:
            raise errors.STORE_DAMAGED(f"{named(name, key)}: {error}") from None
        return None if sealed is None else unseal(key, sealed, name)

    def find(self, name: bytes) -> tuple[Place, StoredBlock] | None:
        """Gives the place of the transaction with this hash, and the block that holds it there."""
        place = self.place(name)
        if place is None:
            return None
        block = self.block(place.height)
        if block is None or block.hashes[place.index : place.index + 1] != (name,):
            raise errors.STORE_DAMAGED(f"place of transaction {name.hex()}: block {place.height} does not hold it")
        return place, block

    def close(self) -> None:
        self._environment.close()


def _places(height: int, block: StoredBlock) -> dict[bytes, Place]:
    return {name: Place(height, index) for index, name in enumerate(block.hashes)}
