"""The durable store: one transaction a block, the same ranges as a store in memory, and nothing half done."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from fakes import MemoryStore, made
from hypothesis import given, settings
from hypothesis import strategies as st
from onchain.ledger.probe import Put

from autochain.node import ChainStore
from autochain.node.store import StoredBlock, chain_store
from autochain.node.store.records import Place, sealed_places
from autochain.onchain.ledger import errors, transaction_hash
from autochain.onchain.refusals import Broken, Refusal

from .chain import Chain
from .verified import check_chain
from .virtual_time import VirtualClock, run

keys = st.binary(min_size=1, max_size=4) | st.sampled_from([b"a/", b"a/\x00", b"a/\xff", b"a0", b"b/1", b"\xff\xff"])
changes = st.dictionaries(keys, st.none() | st.binary(min_size=1, max_size=8))
prefixes = st.just(b"") | keys


@settings(max_examples=60)
@given(batches=st.lists(changes, max_size=4), ranges=st.lists(st.tuples(prefixes, prefixes), min_size=1, max_size=12))
def test_ranges_and_values_are_those_of_a_store_in_memory(
    batches: list[Mapping[bytes, bytes | None]], ranges: list[tuple[bytes, bytes]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, memory = ChainStore(Path(folder)), MemoryStore()
        for number, batch in enumerate(batches):
            for either in (store, memory):
                either.commit(batch, height=number, meta=made(b"meta %d" % number))
        for opened in ("as it was written", "read again"):
            assert store.meta == memory.meta, opened
            for prefix, after in ranges:
                assert list(store.items(prefix, after)) == list(memory.items(prefix, after))
                assert store.get(prefix) == memory.get(prefix)
            store.close()
            store = ChainStore(Path(folder))
        store.close()


def test_a_range_that_is_being_read_is_not_disturbed_by_a_commit(tmp_path: Path) -> None:
    store = ChainStore(tmp_path / "main")
    store.commit({b"a": b"1", b"b": b"2", b"c": b"3"}, height=0, meta=made(b"meta"))
    reading = store.items(b"")
    assert next(reading) == (b"a", b"1")
    inner = [key for key, _ in store.items(b"")]
    store.commit({b"b": None, b"d": b"4"}, height=1, meta=made(b"meta"))
    assert (inner, list(reading)) == ([b"a", b"b", b"c"], [(b"b", b"2"), (b"c", b"3")])
    assert [key for key, _ in store.items(b"")] == [b"a", b"c", b"d"]
    for _ in range(200):
        # Ranges that nobody reads to their end take no place that later ones lack.
        assert next(store.items(b"")) == (b"a", b"1")
    store.close()


def test_a_block_is_written_with_its_effects_in_one_transaction(tmp_path: Path) -> None:
    store = ChainStore(tmp_path)
    for height in range(3):
        before = store._environment.info()["last_txnid"]
        store.stage(height, StoredBlock(b"block", b"commit", (), b"", (bytes([height]) * 32,)))
        store.commit({b"%d" % height: b"value", b"same": b"%d" % height}, height=height, meta=made(b"meta"))
        assert store._environment.info()["last_txnid"] == before + 1
        assert store.find(bytes([height]) * 32) is not None
    store.close()


def test_a_store_that_is_opened_again_holds_all_that_it_held(chain: Chain, clock: VirtualClock) -> None:
    async def job() -> None:
        async with chain.running():
            data = chain.sign(chain.treasury, Put("name", "text"))
            await chain.engine.submit(data)
        store = chain.store
        held = (dict(store.items(b"")), store.meta, store.height, [store.block(height) for height in range(1, 5)])
        place = store.place(transaction_hash(data))
        assert (place is not None and (place.height, place.index), held[3][3]) == ((2, 0), None)
        chain.reopen()
        store = chain.store
        assert held == (
            dict(store.items(b"")), store.meta, store.height, [store.block(height) for height in range(1, 5)]
        )  # fmt: skip
        assert store.place(transaction_hash(data)) == place
        assert store.place(transaction_hash(b"another")) is None
        await check_chain(chain)

    run(clock, job())


def test_a_transaction_is_found_with_the_block_that_holds_it(tmp_path: Path) -> None:
    store, block = ChainStore(tmp_path), StoredBlock(b"block", b"commit", (), b"", (b"x" * 32, b"y" * 32))
    store.commit({}, height=0, meta=made(b""))
    store.stage(1, block)
    store.commit({}, height=1, meta=made(b""))
    assert store.find(b"y" * 32) == ((1, 1), block)
    assert store.find(b"z" * 32) is None
    name = b"w" * 32
    with store._environment.begin(write=True, db=store._places) as writing:
        writing.put(*sealed_places({name: Place(1, 0)})[0])
    with pytest.raises(Refusal, match="block 1 does not hold it"):
        store.find(name)
    with store._environment.begin(write=True, db=store._blocks) as writing:
        writing.put((1).to_bytes(8, "big"), b"another")
    with pytest.raises(Refusal, match="block 1: its checksum differs"):
        store.find(b"y" * 32)
    store.close()


@pytest.mark.parametrize("stopped", [False, True])
def test_places_are_gathered_and_written_together_and_none_is_lost_by_a_stop(tmp_path: Path, stopped: bool) -> None:
    store = ChainStore(tmp_path, max_unplaced=5)
    store.commit({}, height=0, meta=made(b""))
    written = set[int]()
    for height in range(1, 13):
        hashes = tuple(bytes([height, index]) * 16 for index in range(height % 3))
        store.stage(height, StoredBlock(b"block %d" % height, b"commit", (), b"", hashes))
        store.commit({}, height=height, meta=made(b""))
        if stopped:
            store.close()
            store = ChainStore(tmp_path, max_unplaced=5)
        with store._environment.begin(db=store._places) as reading:
            written.add(reading.stat()["entries"])
        for earlier in range(1, height + 1):
            for index in range(earlier % 3):
                found = store.find(bytes([earlier, index]) * 16)
                assert found is not None
                assert (found[0], found[1].block) == ((earlier, index), b"block %d" % earlier)
    store.close()
    # Six and then six more were gathered; the block that made five was written with them.
    assert written == {0, 6, 12}


def test_a_start_reads_no_more_blocks_for_their_places_than_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_store, "MAX_UNPLACED_HEIGHTS", 4)
    store = ChainStore(tmp_path)
    store.commit({}, height=0, meta=made(b""))
    for height in range(1, 12):
        store.stage(height, StoredBlock(b"block", b"commit", (), b"", (b"x" * 32,) if height == 1 else ()))
        store.commit({}, height=height, meta=made(b""))
    assert store._unplaced == {}
    assert store.place(b"x" * 32) == (1, 0)
    store.close()


def test_the_beginning_of_a_chain_is_kept(tmp_path: Path) -> None:
    store = ChainStore(tmp_path, durable=False)
    store.commit({b"a": b"1", b"b": b"2", b"c": None}, height=0, meta=made(b"first"))
    store.commit({b"a": None, b"b": b"3"}, height=1, meta=made(b"second"))
    store.close()
    store = ChainStore(tmp_path)
    assert store.beginning() == (0, {b"a": b"1", b"b": b"2"}, b"first")
    assert (dict(store.pairs), store.meta, store.height) == ({b"b": b"3"}, b"second", 1)
    store.close()


def test_heights_follow_each_other(tmp_path: Path) -> None:
    store = ChainStore(tmp_path)
    store.commit({b"a": b"1"}, height=5, meta=made(b"restored"))
    for height in (5, 7):
        with pytest.raises(Broken, match="heights follow"):
            store.commit({}, height=height, meta=made(b""))
    store.stage(7, StoredBlock(b"", b"", (), b"", ()))
    with pytest.raises(Broken, match="with its own effects"):
        store.commit({}, height=6, meta=made(b""))
    assert (store.height, store.oldest_height) == (5, 5)
    store.close()


def test_nobody_else_may_read_a_chains_files(chain: Chain) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (chain.folder, *chain.folder.iterdir())}
    assert modes == {"main": 0o700, "data.mdb": 0o600, "lock.mdb": 0o600}


def test_a_store_that_is_no_store_any_more_is_named(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").write_bytes(bytes(range(256)) * 64)
    with pytest.raises(Refusal) as caught:
        ChainStore(tmp_path)
    assert caught.value.reason == errors.STORE_DAMAGED
