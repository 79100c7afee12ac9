"""A damaged store is named before it is opened, and a sound one passes, however it was stopped."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import made
from lmdb import Transaction
from msgspec.structs import replace

from autochain.node import ChainStore
from autochain.node.store import Checked, StoredBlock, check_store, checking
from autochain.node.store.checking import check
from autochain.node.store.pages import Pages
from autochain.node.store.records import FACTS, ONLY_KEY, Place, seal, sealed_places
from autochain.onchain.ledger import errors, header
from autochain.onchain.refusals import Refusal

from .damaged import KINDS, PAGE, make

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"}
TRANSACTION = slice(16 + 128, 16 + 136)
"""Where a meta page names its transaction."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    make(folder)
    return folder


@pytest.fixture
def data(sound: Path) -> bytearray:
    return bytearray((sound / "data.mdb").read_bytes())


def wrong(folder: Path, data: bytes | bytearray | None = None) -> str:
    """Says what the check finds wrong."""
    if data is not None:
        (folder / "data.mdb").write_bytes(data)
    with pytest.raises(Refusal) as caught:
        check_store(folder)
    assert caught.value.reason == errors.STORE_DAMAGED
    return caught.value.detail


def judged(sound: Path, kind: str, *, seed: int, count: int) -> dict[str, int]:
    """Damages copies and gives how many were named, harmless, or in a value of the state; none may be missed."""
    command = [sys.executable, "-m", "node.damaged", str(sound), kind, str(seed), str(count)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=True, text=True)
    verdicts = json.loads(done.stdout)
    assert verdicts.pop("missed") == [], done.stderr
    assert sum(verdicts.values()) == count
    assert verdicts["named"] > count // 5
    return dict(verdicts)


def test_every_flipped_bit_is_named_or_harmless(sound: Path) -> None:
    verdicts = judged(sound, "flip", seed=1, count=150)
    # A flip in a value of the state is left to the root.
    assert verdicts["state"]


@pytest.mark.parametrize("kind", ["flip_meta", "zero", "swap", "cut"])
def test_every_broken_page_is_named_or_harmless(sound: Path, kind: str) -> None:
    judged(sound, kind, seed=2, count=60)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_damages_are_named_or_harmless(sound: Path, kind: str) -> None:
    judged(sound, kind, seed=3, count=5_000)


def test_a_sound_store_passes_and_says_what_was_read(sound: Path) -> None:
    checked = check_store(sound)
    assert checked == check_store(sound, whole=True)._replace(seconds=checked.seconds)
    assert checked.blocks == 25
    assert checked.entries > 25 * 6


def test_a_folder_without_a_store_passes(tmp_path: Path) -> None:
    assert check_store(tmp_path) == check_store(tmp_path / "none") == Checked(0, 0, 0.0)
    ChainStore(tmp_path).close()
    assert check_store(tmp_path)[:2] == (0, 0)


def test_a_torn_file_is_named(tmp_path: Path, data: bytearray) -> None:
    assert "torn: the file is shorter than its page" in wrong(tmp_path, data[: len(data) // 2])
    assert "torn: the file is shorter than its two meta pages, 0 bytes" in wrong(tmp_path, b"")


def test_an_entry_that_passes_for_a_database_is_named(tmp_path: Path, data: bytearray) -> None:
    """LMDB reads such an entry and refuses to delete it, when its height falls out of the history."""
    named: set[str] = set()
    for at in range(2 * PAGE, len(data), PAGE):
        _, _, flags, lower, _ = struct.unpack_from("<QHHHH", data, at)
        if flags != 2 or lower <= 16:
            continue
        node = at + struct.unpack_from("<H", data, at + 16)[0]
        changed = bytearray(data)
        struct.pack_into("<H", changed, node + 4, 2)
        (tmp_path / "data.mdb").write_bytes(changed)
        try:
            check(tmp_path, whole=False)
        except Refusal as refusal:
            named.add(refusal.detail)
    databases = ("history", "state", "places", "list of free pages")
    assert {f"{name}: an entry passes for a database" for name in databases} <= named


def meta_page(data: bytearray, *, newer: bool) -> tuple[int, int]:
    """Gives where the newer or the older meta page begins, and its transaction."""
    pages = [(int.from_bytes(data[at:][TRANSACTION], "little"), at) for at in (0, PAGE)]
    transaction, at = max(pages) if newer else min(pages)
    return at, transaction


@pytest.mark.parametrize("back", [1, 2, 4, 1_000_000])
def test_an_older_meta_page_in_use_is_named(tmp_path: Path, data: bytearray, back: int) -> None:
    at, transaction = meta_page(data, newer=True)
    struct.pack_into("<Q", data, at + TRANSACTION.start, max(0, transaction - back))
    assert wrong(tmp_path, data).startswith("meta pages: they")


def test_a_meta_page_that_claims_a_later_transaction_is_named(tmp_path: Path, data: bytearray) -> None:
    at, transaction = meta_page(data, newer=False)
    struct.pack_into("<Q", data, at + TRANSACTION.start, transaction + 2)
    assert wrong(tmp_path, data).startswith("meta pages: they")
    with pytest.raises(Refusal, match="they are not of the last transaction"):
        ChainStore(tmp_path)


@pytest.mark.parametrize(
    ("database", "named"),
    [
        ("_blocks", "block 17"),
        ("_places", "place of transaction"),
        ("_beginning", "beginning"),
        ("_facts_database", "facts"),
    ],
)
def test_a_changed_record_is_named(tmp_path: Path, data: bytearray, database: str, named: str) -> None:
    (tmp_path / "data.mdb").write_bytes(data)
    with (
        contextlib.closing(ChainStore(tmp_path)) as store,
        store._environment.begin(db=getattr(store, database)) as reading,
        reading.cursor() as cursor,
    ):
        assert cursor.set_range((17).to_bytes(8, "big")) or cursor.first()
        value = bytes(cursor.value())
    assert value in data
    detail = wrong(tmp_path, data.replace(value, bytes([value[0] ^ 1]) + value[1:]))
    assert detail.startswith(named)
    assert "its checksum differs" in detail


@contextlib.contextmanager
def writing_to(folder: Path, data: bytearray) -> Iterator[tuple[ChainStore, Transaction]]:
    """Lets a test write to a store as only the store should, with facts that agree."""
    (folder / "data.mdb").write_bytes(data)
    with contextlib.closing(ChainStore(folder)) as store, store._environment.begin(write=True) as writing:
        yield store, writing
        assert store._facts is not None
        facts = replace(store._facts, entries=store._entries(writing), transaction=writing.id())
        writing.put(ONLY_KEY, seal(ONLY_KEY, FACTS.encode(facts)), db=store._facts_database)


def test_a_lost_history_is_named(tmp_path: Path, data: bytearray) -> None:
    with writing_to(tmp_path, data) as (store, writing):
        store._history.prune(writing, oldest := store.oldest_height + 1)
    assert wrong(tmp_path) == f"history of height {oldest}: it is lost"


@pytest.mark.parametrize("height", [17, 25])
def test_a_lost_block_is_named(tmp_path: Path, data: bytearray, height: int) -> None:
    with writing_to(tmp_path, data) as (store, writing):
        writing.delete(height.to_bytes(8, "big"), db=store._blocks)
    assert wrong(tmp_path) == f"block {height} is lost"


def test_a_place_without_its_transaction_is_named(tmp_path: Path, data: bytearray) -> None:
    with writing_to(tmp_path, data) as (store, writing):
        writing.put(*sealed_places({b"x" * 32: Place(17, 0)})[0], db=store._places)
    assert wrong(tmp_path) == "places: 145 for 144 transactions"


def test_facts_that_count_other_entries_are_named(tmp_path: Path, data: bytearray) -> None:
    with writing_to(tmp_path, data) as (store, _):
        store._counted = store._counted[1:] + store._counted[:1]
    for reads in (check_store, ChainStore):
        with pytest.raises(Refusal, match="facts: they count other entries than there are"):
            reads(tmp_path)


def test_a_changed_key_that_only_look_ups_meet_is_named(tmp_path: Path, data: bytearray) -> None:
    (tmp_path / "data.mdb").write_bytes(data)
    with (tmp_path / "data.mdb").open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        pages = Pages(mapped)
        tree = pages.trees(pages.metas()[0])[b"state"]
    assert tree.depth > 1
    page = tree.root * PAGE
    # The second node of a branch: 16 bytes into the page the nodes are named, 2 bytes each; 8 into a node is its key.
    (node,) = struct.unpack_from("<H", data, page + 18)
    data[page + node + 8] ^= 0x80
    assert wrong(tmp_path, data).startswith("state: ")


def grown(folder: Path, *, last: header.BlockId, hashes: tuple[bytes, ...] = ()) -> None:
    """Adds a block that names some block before it, and transactions that it may not hold."""
    with contextlib.closing(ChainStore(folder)) as store:
        height = store.height + 1
        head = header.Header(chain_id="main", height=height, last_block_id=last)
        block = header.Block(head).encode()
        commit = header.Commit(height, block_id=header.block_id(head, block)).encode()
        store.stage(height, StoredBlock(block, commit, (), b"", hashes))
        store.commit({}, height=height, meta=made(b""))


def test_a_block_that_does_not_follow_the_one_before_is_named(tmp_path: Path, data: bytearray) -> None:
    (tmp_path / "data.mdb").write_bytes(data)
    grown(tmp_path, last=header.BlockId(b"another"))
    assert wrong(tmp_path) == "block 26: it is not linked to those beside it"


def test_a_block_that_names_other_transactions_is_named(tmp_path: Path, data: bytearray) -> None:
    (tmp_path / "data.mdb").write_bytes(data)
    with contextlib.closing(ChainStore(tmp_path)) as store:
        block = store.block(25)
    assert block is not None
    grown(tmp_path, last=header.Commit.decode(block.commit).block_id, hashes=(b"x" * 32,))
    assert wrong(tmp_path) == "block 26: its transactions are not those that it names"


def reads(monkeypatch: pytest.MonkeyPatch, instead: Callable[[], Any]) -> None:
    """Has the process that reads a store do something else."""
    monkeypatch.setattr(checking, "check", lambda folder, whole: instead())


def test_a_reader_that_dies_of_a_signal_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads(monkeypatch, lambda: os.kill(os.getpid(), signal.SIGBUS))
    assert wrong(tmp_path) == "its reader died of SIGBUS"


def test_a_reader_that_fails_is_named_and_runs_nothing_of_its_parents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads(monkeypatch, (tmp_path / "none").read_bytes)
    test = os.getpid()
    assert wrong(tmp_path).startswith("its reader failed: FileNotFoundError(")
    assert os.getpid() == test


def test_a_reader_holds_nothing_open_that_its_parent_has_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "locked").open("w") as locked:
        reads(monkeypatch, lambda: os.fstat(locked.fileno()))
        assert "Bad file descriptor" in wrong(tmp_path)


def test_a_check_that_is_interrupted_leaves_no_reader_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    said = tmp_path / "reader"

    def wait() -> None:
        said.write_text(str(os.getpid()))
        time.sleep(600)

    reads(monkeypatch, wait)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(KeyboardInterrupt):
            check_store(tmp_path)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    with pytest.raises(ProcessLookupError):
        os.kill(int(said.read_text()), 0)


STOPPED = """
import os, random, sys
from pathlib import Path
from autochain.node import ChainStore
from node.damaged import changes, grow
from fakes import made
store = ChainStore(Path(sys.argv[1]), history_heights=3)
if sys.argv[2] != "empty":
    store.commit({b"key %d" % number: b"value" for number in range(300)}, height=0, meta=made(b""))
    grow(store, random.Random(1), blocks=9)
    writing = store._environment.begin(write=True)
    for number in range(1000):
        writing.put(b"never %d" % number, bytes(500), db=store._state)
os._exit(9)
"""


@pytest.mark.parametrize(("when", "blocks"), [("empty", 0), ("in a write", 9)])
def test_a_store_that_was_killed_is_sound(tmp_path: Path, when: str, blocks: int) -> None:
    command = [sys.executable, "-c", STOPPED, str(tmp_path), when]
    assert subprocess.run(command, env=ENVIRONMENT, check=False).returncode == 9
    assert check_store(tmp_path).blocks == blocks
    with contextlib.closing(ChainStore(tmp_path)) as store:
        assert store.height == blocks
