"""Snapshots: a new node starts from another one's state, and believes nothing but the root."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fakes import MemoryStore
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.codec import encode
from autochain.onchain.ledger import Limits, Snapshot, StateMachine, Tree
from autochain.onchain.ledger.snapshots import CHUNK_BYTES, SnapshotReader, SnapshotWriter
from chains import START_MS, Harness

from . import probe
from .probe import WITH_PROBE

MADE = {made.name: made for made in WITH_PROBE}
WIDE = Limits(transaction_bytes=2_000_000, block_bytes=4_000_000)


@pytest.fixture(scope="module")
def source() -> Harness:
    """A chain whose state fills more than two chunks."""
    harness = Harness(contracts=WITH_PROBE, limits=WIDE)
    for batch in range(10):
        harness.do(harness.treasury, *(probe.Put(f"{batch}/{number}", "x" * 4_000) for number in range(60)))
    harness.do(harness.treasury, probe.Later(START_MS + 3_600_000, "later"))
    harness.block()
    return harness


def chunks_of(machine: StateMachine) -> tuple[Snapshot, list[bytes]]:
    (snapshot,) = machine.list_snapshots()
    return snapshot, [machine.load_chunk(height=snapshot.height, chunk=place) for place in range(snapshot.chunks)]


def fresh() -> StateMachine:
    return StateMachine(MemoryStore(), MADE)


def test_a_snapshot_names_the_state_it_is_of(source: Harness) -> None:
    snapshot, chunks = chunks_of(source.machine)
    assert snapshot[:1] + snapshot[2:] == (source.height, source.machine.info().app_hash, source.now_ms)
    assert snapshot.chunks == len(chunks) >= 3
    assert all(0 < len(chunk) <= 2 * CHUNK_BYTES for chunk in chunks)
    assert source.machine.load_chunk(height=source.height, chunk=len(chunks)) == b""
    assert source.machine.load_chunk(height=source.height, chunk=-1) == b""


def test_a_fresh_machine_takes_a_snapshot_over_and_goes_on_alike(source: Harness) -> None:
    snapshot, chunks = chunks_of(source.machine)
    machine = fresh()
    assert machine.offer_snapshot(snapshot, app_hash=source.machine.info().app_hash)
    for place, chunk in enumerate(chunks):
        assert machine.info() == (0, b"")
        assert machine.apply_chunk(place, chunk)
    assert machine.info() == source.machine.info()
    assert machine.next_due_ms() == START_MS + 3_600_000
    key = probe.NOTES.key("3/7")
    assert machine.prove(key) == source.machine.prove(key)
    data = source.sign(source.treasury, probe.Put("more", "things"))
    machine.check(data)
    height, time_ms = source.height + 1, START_MS + 3_600_000
    executed = machine.execute([data], height=height, time_ms=time_ms)
    assert executed == source.machine.execute([data], height=height, time_ms=time_ms)
    assert executed.results[0].code == 0
    assert (root := machine.root()) == source.machine.root()
    machine.commit()
    assert chunks_of(machine)[0].root == root == machine.info().app_hash


def bent_chunks(chunks: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    last = bytearray(chunks[-1])
    last[-1] ^= 1
    yield "one byte of a value changed", [*chunks[:-1], bytes(last)]
    yield "a chunk that is none", [b"\xff", *chunks[1:]]
    yield "a chunk that is empty", [*chunks[:-1], b""]
    yield "a chunk without pairs", [*chunks[:-1], encode(())]
    yield "a chunk cut off", [chunks[0][:-1], *chunks[1:]]
    yield "a chunk twice", [chunks[0], chunks[0], *chunks[2:]]
    yield "a chunk larger than allowed", [encode(((b"key", bytes(2 * CHUNK_BYTES)),)), *chunks[1:]]
    yield "a key that is empty", [*chunks[:-1], encode(((b"", b"value"),))]
    yield "a value that is empty", [*chunks[:-1], encode(((b"key", b""),))]
    yield "a value larger than the tree holds", [*chunks[:-1], encode(((b"key", bytes(4_097)),))]
    yield "chunks of another state", [encode(((b"key", b"value"),))] * len(chunks)


def test_a_tampered_snapshot_is_refused_and_a_good_one_taken_after_it(source: Harness) -> None:
    snapshot, chunks = chunks_of(source.machine)
    machine = fresh()
    for what, bent in bent_chunks(chunks):
        assert machine.offer_snapshot(snapshot, app_hash=snapshot.root)
        taken = [machine.apply_chunk(place, chunk) for place, chunk in enumerate(bent)]
        assert not all(taken), what
        assert machine.info() == (0, b"")
    assert machine.offer_snapshot(snapshot, app_hash=snapshot.root)
    assert all(machine.apply_chunk(place, chunk) for place, chunk in enumerate(chunks))
    assert machine.info() == source.machine.info()


def test_chunks_are_taken_in_their_order_and_a_refused_one_may_come_again(source: Harness) -> None:
    snapshot, chunks = chunks_of(source.machine)
    machine = fresh()
    assert not machine.apply_chunk(0, chunks[0]), "nothing was offered yet"
    assert machine.offer_snapshot(snapshot, app_hash=snapshot.root)
    assert not machine.apply_chunk(1, chunks[1])
    assert machine.apply_chunk(0, chunks[0])
    assert not machine.apply_chunk(0, chunks[0])
    assert not machine.apply_chunk(1, b"torn")
    assert all(machine.apply_chunk(place, chunk) for place, chunk in enumerate(chunks) if place)
    assert machine.info() == source.machine.info()


def test_a_snapshot_is_offered_only_under_the_proved_root_and_to_an_empty_node(source: Harness) -> None:
    snapshot, _ = chunks_of(source.machine)
    assert not fresh().offer_snapshot(snapshot, app_hash=bytes(32))
    assert not Harness(contracts=WITH_PROBE).machine.offer_snapshot(snapshot, app_hash=snapshot.root)


def test_a_chain_without_a_block_has_no_snapshot() -> None:
    assert fresh().list_snapshots() == []
    assert Harness(contracts=WITH_PROBE).machine.list_snapshots() == []


@given(st.dictionaries(st.binary(min_size=1, max_size=8), st.binary(min_size=1, max_size=8), min_size=1, max_size=20))
def test_what_is_read_out_is_what_is_written_in(items: dict[bytes, bytes]) -> None:
    reader = SnapshotReader(items, root=Tree().update(items).root, height=1, time_ms=2)
    writer = SnapshotWriter(reader.snapshot)
    for place in range(reader.snapshot.chunks):
        assert not writer.complete
        assert writer.add(place, reader.chunk(place))
    assert writer.complete
    assert writer.state() == items
