"""Reads a whole store, in the process that `check_store` makes for it.

LMDB trusts its file: what is broken in it may answer wrongly or kill its reader. So pages are judged first without
LMDB; then every entry is read in order and looked up. What is not judged is the state's values, which their root
covers, and bytes that nobody reads: free pages, the rest of pages that are not full, the older meta page's trees.
A last commit whose meta page never reached the disk can't be told from one that was never made.
"""

from __future__ import annotations

import mmap
import time
from collections.abc import Iterator
from pathlib import Path

import lmdb

from ...onchain.ledger import errors, header, transaction_hash
from ...onchain.refusals import Refusal
from .chain_store import MAP_BYTES
from .check import Checked
from .pages import PAGE_BYTES, Pages
from .records import BEGINNING, BLOCK, DATABASES, FACTS, ONLY_KEY, Facts, StoredBlock, height_key, place_of, unseal

LINKED_BLOCKS = 1_000
"""How many of the last blocks are decoded when not the whole chain is asked for."""


def check(folder: Path, *, whole: bool) -> Checked:
    """Refuses a damaged store."""
    start = time.monotonic()
    file = folder / "data.mdb"
    if not file.exists():
        return Checked(0, 0, 0.0)
    _check_pages(file)
    try:
        with lmdb.open(
            str(folder), readonly=True, lock=False, create=False, map_size=MAP_BYTES, max_dbs=len(DATABASES)
        ) as environment:
            entries, blocks = _Check(environment, whole=whole).run()
    except lmdb.Error as error:
        raise errors.STORE_DAMAGED(str(error)) from None
    return Checked(entries, blocks, round(time.monotonic() - start, 3))


def _check_pages(file: Path) -> None:
    size = file.stat().st_size
    if size < 2 * PAGE_BYTES:
        raise errors.STORE_DAMAGED(f"torn: the file is shorter than its two meta pages, {size} bytes")
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        pages = Pages(data)
        newer, older = pages.metas()
        pages.check(newer)
        # A changed number may make the older page pass for the newer; the facts under each say which it is.
        for meta in (newer, older):
            for key, sealed in pages.entries(meta, b"facts"):
                if FACTS.trusted(unseal(key, sealed, b"facts")).transaction != meta.transaction:
                    raise errors.STORE_DAMAGED("meta pages: they are not of the transactions that they name")


class _Check:
    def __init__(self, environment: lmdb.Environment, *, whole: bool) -> None:
        self._environment = environment
        self._whole = whole
        self._places = 0
        """How many transactions the blocks hold."""

    def run(self) -> tuple[int, int]:
        """Gives how many entries and blocks there are."""
        with self._environment.begin() as reading:
            self._reading = reading
            names = {key for key, _ in reading.cursor()}
        if not names <= set(DATABASES):
            raise errors.STORE_DAMAGED("list of databases: it names one that is none of the store's")
        # A store that was stopped while it was made may lack some; it holds nothing yet.
        self._databases = {name: self._environment.open_db(name, create=False) for name in DATABASES if name in names}
        with self._environment.begin() as reading:
            self._reading = reading
            counts = {name: self._read(name) for name in self._databases}
            facts = self._facts()
            if facts is None:
                if any(counts.values()):
                    raise errors.STORE_DAMAGED("facts: they are lost")
                return 0, 0
            if facts.entries != tuple(counts[name] for name in DATABASES[:-1]):
                raise errors.STORE_DAMAGED("facts: they count other entries than there are")
            if facts.transaction != self._environment.info()["last_txnid"]:
                raise errors.STORE_DAMAGED("facts: they are not of the last transaction")
            self._check_beginning()
            self._check_history(facts)
            self._check_blocks(facts, counts)
        return sum(counts.values()), counts[b"blocks"]

    def _read(self, name: bytes) -> int:
        """Reads each entry in order and by its key; gives how many there are."""
        database, label, last, count = self._databases[name], name.decode(), b"", 0
        get, sealed = self._reading.get, name != b"state"
        for key, value in self._reading.cursor(database):
            if key <= last or get(key, db=database) != value:
                raise errors.STORE_DAMAGED(f"{label}: {key.hex()} is not where it belongs")
            if sealed:
                unseal(key, value, name)
            last, count = key, count + 1
        if count != self._reading.stat(database)["entries"]:
            raise errors.STORE_DAMAGED(f"{label}: it has {count} entries and counts others")
        return count

    def _facts(self) -> Facts | None:
        database = self._databases.get(b"facts")
        sealed = None if database is None else self._reading.get(ONLY_KEY, db=database)
        return None if sealed is None else FACTS.trusted(unseal(ONLY_KEY, sealed, b"facts"))

    def _check_beginning(self) -> None:
        sealed = self._reading.get(ONLY_KEY, db=self._databases[b"beginning"])
        if sealed is None:
            raise errors.STORE_DAMAGED("beginning: it is lost")
        BEGINNING.trusted(unseal(ONLY_KEY, sealed, b"beginning"))

    def _check_history(self, facts: Facts) -> None:
        expected = facts.oldest_height + 1
        for key in self._reading.cursor(self._databases[b"history"]).iternext(values=False):
            if len(key) == len(height_key(0)):
                if key != height_key(expected):
                    raise errors.STORE_DAMAGED(f"history of height {expected}: it is lost")
                expected += 1
            elif key[:8] != height_key(expected - 1):
                raise errors.STORE_DAMAGED(f"history of height {expected}: it is lost")
        if expected != facts.height + 1:
            raise errors.STORE_DAMAGED(f"history of height {expected}: it is lost")

    def _check_blocks(self, facts: Facts, counts: dict[bytes, int]) -> None:
        # A store that began with a snapshot has no blocks from before.
        expected = facts.height + 1
        decoded_from = 0 if self._whole else facts.height - LINKED_BLOCKS + 1
        last: header.BlockId | None = None
        for number, (height, data) in enumerate(self._blocks()):
            if number and height != expected:
                raise errors.STORE_DAMAGED(f"block {expected} is lost")
            block, expected = BLOCK.trusted(data), height + 1
            if height <= facts.placed_height:
                self._check_places(height, block)
            if height >= decoded_from:
                last = _check_link(height, block, last)
        if expected != facts.height + 1:
            raise errors.STORE_DAMAGED(f"block {expected} is lost")
        if self._places != counts[b"places"]:
            raise errors.STORE_DAMAGED(f"places: {counts[b'places']} for {self._places} transactions")

    def _blocks(self) -> Iterator[tuple[int, bytes]]:
        for key, sealed in self._reading.cursor(self._databases[b"blocks"]):
            yield int.from_bytes(key, "big"), sealed[:-4]

    def _check_places(self, height: int, block: StoredBlock) -> None:
        database = self._databases[b"places"]
        for index, name in enumerate(block.hashes):
            sealed = self._reading.get(name, db=database)
            if sealed is None or place_of(sealed[:-4]) != (height, index):
                raise errors.STORE_DAMAGED(f"place of transaction {name.hex()}: it is not {index} in block {height}")
        self._places += len(block.hashes)


def _check_link(height: int, kept: StoredBlock, last: header.BlockId | None) -> header.BlockId:
    """Refuses a block that does not follow the one before; gives its name."""
    try:
        block, commit = header.Block.decode(kept.block), header.Commit.decode(kept.commit)
    except Refusal as refusal:
        raise errors.STORE_DAMAGED(f"block {height}: {refusal.text}") from None
    name = header.block_id(block.header, kept.block)
    follows = last is None or block.header.last_block_id == last
    if not follows or block.header.height != height or commit.block_id != name:
        raise errors.STORE_DAMAGED(f"block {height}: it is not linked to those beside it")
    if tuple(map(transaction_hash, block.data.txs)) != kept.hashes:
        raise errors.STORE_DAMAGED(f"block {height}: its transactions are not those that it names")
    return name
