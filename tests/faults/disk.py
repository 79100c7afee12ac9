"""A chain's store on a disk that is slow, fills up, and keeps of a crash what a real one could keep."""

from __future__ import annotations

import contextlib
import random
import resource
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from node.virtual_time import VirtualClock

from autochain.node import ChainStore
from autochain.node.store import StoredBlock

PAGE = 4096
METAS = 2
"""Pages at the beginning of a file that say which others count; LMDB writes one of them last."""
BEFORE_STAGE, BEFORE_COMMIT, INSIDE_COMMIT, AFTER_COMMIT = (
    "before stage",
    "before commit",
    "inside commit",
    "after commit",
)
POINTS = (BEFORE_STAGE, BEFORE_COMMIT, INSIDE_COMMIT, INSIDE_COMMIT, AFTER_COMMIT)
"""Where a node may die while it makes a block."""


class Crash(BaseException):
    """The process ends here, whatever it was about to do."""


class Disk:
    """Holds the store's file, and remembers what of it no loss of power can take."""

    def __init__(self, folder: Path, chance: random.Random, clock: VirtualClock) -> None:
        self.folder = folder
        self.slow_ms = 0
        self.full = False
        self.is_dead = False
        """The process has ended; nothing of it may write any more."""
        self.point: str | None = None
        """Where the node dies."""
        self.blocks_left = 0
        """After how many more blocks it dies there."""
        self.died: Callable[[], None] = lambda: None
        self.height = 0
        """Height that must stand on the disk after a restart."""
        self._chance = chance
        self._clock = clock
        self._kept = b""
        self._torn_at: int | None = None
        """Height of the block in whose commit the process died."""
        self._in_order = True

    @property
    def file(self) -> Path:
        return self.folder / "data.mdb"

    @property
    def is_torn(self) -> bool:
        """Whether the process died in the middle of a write."""
        return self._torn_at is not None

    def opened(self, store: ChainStore) -> None:
        self.height = store.height
        self._torn_at = None
        self.synced()

    def synced(self) -> None:
        """What was written is on the disk by now."""
        self._kept = self.file.read_bytes()

    def reach(self, point: str, *, height: int) -> None:
        """Ends the process where it was meant to end at this point."""
        if self.is_dead:
            raise Crash
        if point != self.point:
            return
        if self.blocks_left:
            self.blocks_left -= 1
            return
        if point == INSIDE_COMMIT:
            self._torn_at = height
        self.die()
        raise Crash

    def die(self) -> None:
        self.is_dead = True
        self.died()

    def commit(self, environment: Any, height: int, write: Callable[[], None]) -> None:
        """Has a block written as this disk writes, and dies where it should."""
        self.reach(BEFORE_COMMIT, height=height)
        before = environment.info()["last_txnid"]
        self._clock.passed_ms += self.slow_ms
        with self._filled(environment):
            write()
        assert environment.info()["last_txnid"] == before + 1, "a block and its effects are one transaction"
        flags = environment.flags()
        self._in_order = flags["sync"] and flags["metasync"]
        self.reach(INSIDE_COMMIT, height=height)
        self.height = height
        if self._in_order:
            self.synced()
        self.reach(AFTER_COMMIT, height=height)

    @contextlib.contextmanager
    def _filled(self, environment: Any) -> Iterator[None]:
        """Lets a full disk take few more pages: either LMDB's map ends there, or the operating system refuses."""
        if not self.full:
            yield
            return
        more = self._chance.choice((0, 0, 1, 3, 6))
        if self._chance.random() < 0.5:
            before = environment.info()
            environment.set_mapsize((before["last_pgno"] + 1 + more) * PAGE)
            try:
                yield
            finally:
                environment.set_mapsize(before["map_size"])
            return
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.file.stat().st_size + more * PAGE, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    def lose_power(self, *, lies: bool) -> str:
        """Leaves in the file what a machine without power could find there; says which it was.

        As long as LMDB has not had its pages synced, any of them may have reached the disk, but no meta page, which is
        written after that. A disk that lies has said that they are synced when they were not.
        """
        now, chance = self.file.read_bytes(), self._chance
        pages = range(-(-len(now) // PAGE))
        share = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        # Chance is asked about every page: which of them differ may depend on bytes that mean nothing.
        arrived = {page for page in pages if chance.random() < share}
        how = chance.choice(("torn", "torn", "torn", "whole"))
        metas = set(range(METAS))
        if not self._in_order:
            how = "unordered"
        elif self._torn_at is None:
            return "nothing was under way"
        elif lies:
            how, arrived, self.height = "lied", arrived | metas, self._torn_at
        elif how == "torn":
            arrived -= metas
        else:
            arrived, self.height = set(pages), self._torn_at
        self.file.write_bytes(self._mixed(now, arrived))
        return how

    def _mixed(self, now: bytes, arrived: set[int]) -> bytes:
        before = self._kept.ljust(len(now), b"\0")
        starts = range(0, len(now), PAGE)
        return b"".join((now if at // PAGE in arrived else before)[at : at + PAGE] for at in starts)


class DiskStore(ChainStore):
    """The chain's store, on such a disk."""

    def __init__(self, disk: Disk, *, history_heights: int) -> None:
        super().__init__(disk.folder, history_heights=history_heights)
        self._disk = disk
        disk.opened(self)

    def stage(self, height: int, block: StoredBlock) -> None:
        self._disk.reach(BEFORE_STAGE, height=height)
        super().stage(height, block)

    def commit(self, changes: Mapping[bytes, bytes | None], *, height: int, meta: Callable[[], bytes]) -> None:
        write = super().commit
        self._disk.commit(self._environment, height, lambda: write(changes, height=height, meta=meta))
