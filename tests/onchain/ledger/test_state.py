"""Overlays and tables: what a contract reads is what was written last, in the order of the keys, and only its own."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from fakes import MemoryStore, made
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from autochain.onchain.codec import Record
from autochain.onchain.ledger import HASH, ID, NUMBER, TEXT, Committed, Overlay, Table
from autochain.onchain.ledger.state import State
from autochain.onchain.ledger.tree import Tree
from autochain.onchain.refusals import Broken

KEYS = st.binary(min_size=1, max_size=3)
PAIRS = st.dictionaries(KEYS, st.binary(min_size=1, max_size=3), max_size=12)
CHANGES = st.dictionaries(KEYS, st.none() | st.binary(min_size=1, max_size=3), max_size=12)


def store_of(pairs: Mapping[bytes, bytes]) -> MemoryStore:
    store = MemoryStore()
    store.commit(dict(pairs), height=0, meta=made(b""))
    return store


def after(pairs: Mapping[bytes, bytes], *layers: Mapping[bytes, bytes | None]) -> dict[bytes, bytes]:
    changed: dict[bytes, bytes | None] = dict(pairs)
    for layer in layers:
        changed |= layer
    return {key: value for key, value in sorted(changed.items()) if value is not None}


def put_all(state: Overlay, changes: Mapping[bytes, bytes | None]) -> None:
    for key, value in changes.items():
        state.put(key, value)


def read(state: State, prefix: bytes = b"", behind: bytes = b"") -> dict[bytes, bytes]:
    """Lists records that are bytes."""
    return dict(state.records(prefix, behind, bytes))


@given(PAIRS, st.lists(CHANGES, max_size=3), st.binary(max_size=2), st.binary(max_size=3))
def test_an_overlay_reads_as_if_its_changes_were_made(
    pairs: dict[bytes, bytes], layers: list[dict[bytes, bytes | None]], prefix: bytes, behind: bytes
) -> None:
    store = store_of(pairs)
    state = Overlay(Committed(store))
    for layer in layers:
        put_all(state, layer)
    expected = after(pairs, *layers)
    wanted = [(key, value) for key, value in expected.items() if key.startswith(prefix) and key > behind]
    assert list(state.records(prefix, behind, bytes)) == wanted
    for key in {*pairs, *(key for layer in layers for key in layer)}:
        assert state.record(key, bytes) == expected.get(key)
    assert after(pairs, state.encoded()) == expected
    assert store.pairs == pairs, "what lies beneath is not touched"


class Undoing(RuleBasedStateMachine):
    """Puts, marks and goes back in any order; the model keeps a copy of the whole state at each mark."""

    @initialize(pairs=PAIRS)
    def begin(self, pairs: dict[bytes, bytes]) -> None:
        self.store, self.pairs = store_of(pairs), pairs
        self.state = Overlay(Committed(self.store))
        self.expected: dict[bytes, bytes] = dict(pairs)
        self.changes: dict[bytes, bytes | None] = {}
        self.marks: list[tuple[int, dict[bytes, bytes], dict[bytes, bytes | None]]] = []

    @rule(changes=CHANGES)
    def change(self, changes: dict[bytes, bytes | None]) -> None:
        put_all(self.state, changes)
        self.changes |= changes
        self.expected = after(self.expected, changes)

    @rule(key=KEYS)
    def read_one(self, key: bytes) -> None:
        assert self.state.record(key, bytes) == self.expected.get(key)

    @rule()
    def mark(self) -> None:
        self.marks.append((self.state.mark(), dict(self.expected), dict(self.changes)))

    @precondition(lambda self: self.marks)
    @rule(place=st.integers(0, 99))
    def go_back(self, place: int) -> None:
        """Goes back to any mark, and past later ones, more than once if it comes to that."""
        place %= len(self.marks)
        mark, self.expected, self.changes = self.marks[place]
        self.expected, self.changes = dict(self.expected), dict(self.changes)
        del self.marks[place + 1 :]
        self.state.undo(mark)
        assert self.state.mark() == mark

    @invariant()
    def it_reads_as_the_model(self) -> None:
        if hasattr(self, "state"):
            assert list(self.state.records(b"", b"", bytes)) == sorted(self.expected.items())
            assert self.state.encoded() == self.changes, "a change that was undone is none"
            assert self.store.pairs == self.pairs


def test_all_since_a_mark_is_undone_and_nothing_before_it() -> None:
    run_state_machine_as_test(Undoing, settings=settings(max_examples=80, stateful_step_count=25, deadline=None))


def test_several_overlays_on_one_state_do_not_see_each_other() -> None:
    committed = Committed(store_of({b"a": b"1"}))
    one, other = Overlay(committed), Overlay(committed)
    one.put(b"a", b"2")
    one.put(b"b", b"3")
    assert (read(one), read(other)) == ({b"a": b"2", b"b": b"3"}, {b"a": b"1"})
    assert (other.record(b"a", bytes), committed.record(b"b", bytes)) == (b"1", None)


@given(PAIRS, st.lists(CHANGES, max_size=4), st.booleans())
def test_a_committed_state_reads_as_its_store_whatever_it_has_kept(
    pairs: dict[bytes, bytes], blocks: list[dict[bytes, bytes | None]], few: bool
) -> None:
    store = store_of(pairs)
    keys = {*pairs, *(key for changes in blocks for key in changes)}
    committed = Committed(store)
    with pytest.MonkeyPatch.context() as patch:
        if few:
            patch.setattr("autochain.onchain.ledger.state.MAX_DECODED", 2)
        for height, changes in enumerate(blocks, start=1):
            for key in keys:
                committed.record(key, bytes)
            overlay = Overlay(committed)
            put_all(overlay, changes)
            store.commit(overlay.encoded(), height=height, meta=made(b""))
            committed.committed(overlay.changes)
            assert {key: committed.record(key, bytes) for key in keys} == {key: store.get(key) for key in keys}
            assert list(committed.records(b"", b"", bytes)) == sorted(store.pairs.items())


def test_a_record_is_decoded_once_and_an_absence_is_looked_up_once() -> None:
    asked: list[bytes] = []

    class Asked(MemoryStore):
        def get(self, key: bytes, /) -> bytes | None:
            asked.append(key)
            return super().get(key)

    store = Asked()
    store.commit({b"a": b"1"}, height=0, meta=made(b""))
    committed = Committed(store)
    for _ in range(3):
        assert (committed.record(b"a", bytes), Overlay(committed).record(b"b", bytes)) == (b"1", None)
    assert asked == [b"a", b"b"]


class Count(Record, frozen=True):
    number: int


class Text(Record, frozen=True):
    text: str


class Desk:
    """A contract's view of an overlay."""

    def __init__(self, contract: str = "probe") -> None:
        self.contract = contract
        self.state = Overlay(Committed(MemoryStore()))


NUMBERS = Table("probe", "numbers", Count, key=(NUMBER,))
PAIRED = Table("probe", "paired", Count, key=(ID, TEXT))
TEXTS = Table("probe", "texts", Text, key=(HASH,))


@given(
    st.dictionaries(st.integers(min_value=0, max_value=2**64 - 1), st.integers(min_value=0, max_value=9), max_size=8)
)
def test_a_table_gives_its_records_in_the_order_of_their_numbers(records: dict[int, int]) -> None:
    desk = Desk()
    for number, count in records.items():
        NUMBERS.put(desk, number, value=Count(count))
    listed = [(int.from_bytes(key, "big"), record.number) for key, record in NUMBERS.items(desk)]
    assert listed == sorted(records.items())
    for number in sorted(records):
        behind = [int.from_bytes(key, "big") for key, _ in NUMBERS.items(desk, after=(number,))]
        assert behind == [other for other in sorted(records) if other > number]


@given(st.lists(st.tuples(st.sampled_from([b"a" * 20, b"b" * 20]), st.text(max_size=4)), max_size=8, unique=True))
def test_a_table_gives_the_records_under_the_first_parts_of_their_keys(keys: list[tuple[bytes, str]]) -> None:
    desk = Desk()
    for place, (name, text) in enumerate(keys):
        PAIRED.put(desk, name, text, value=Count(place))
    for name in (b"a" * 20, b"b" * 20):
        found = {key[1:].decode(): record.number for key, record in PAIRED.items(desk, name)}
        assert found == {text: place for place, (other, text) in enumerate(keys) if other == name}
    assert len({PAIRED.key(*key) for key in keys}) == len(keys)


def test_a_record_is_there_until_it_is_deleted() -> None:
    desk = Desk()
    TEXTS.put(desk, bytes(32), value=Text("here"))
    assert TEXTS.get(desk, bytes(32)) == Text("here")
    TEXTS.delete(desk, bytes(32))
    assert TEXTS.get(desk, bytes(32)) is None
    assert list(TEXTS.items(desk)) == []


def test_a_key_stands_under_its_contract_and_its_table() -> None:
    assert NUMBERS.key(1) == b"probe/numbers/" + (1).to_bytes(8, "big")
    assert PAIRED.key(b"i" * 20, "ab") == b"probe/paired/" + b"i" * 20 + b"\x02ab"


def test_a_contract_stops_at_another_ones_table() -> None:
    stranger = Desk("other")
    for act in (
        lambda: NUMBERS.get(stranger, 1),
        lambda: NUMBERS.put(stranger, 1, value=Count(1)),
        lambda: NUMBERS.delete(stranger, 1),
        lambda: list(NUMBERS.items(stranger)),
    ):
        with pytest.raises(Broken):
            act()
    assert stranger.state.changes == {}


@pytest.mark.parametrize("parts", [(b"short", "x"), (b"a" * 32, "x"), (1, "x"), ("a" * 20, "x"), (b"a" * 20, b"x")])
def test_a_table_stops_at_a_key_of_another_shape(parts: tuple[bytes | int | str, ...]) -> None:
    with pytest.raises(Broken):
        PAIRED.put(Desk(), *parts, value=Count(1))


def test_a_table_stops_at_half_a_key_and_at_a_text_too_long() -> None:
    with pytest.raises(Broken):
        PAIRED.put(Desk(), b"a" * 20, value=Count(1))
    with pytest.raises(Broken):
        PAIRED.put(Desk(), b"a" * 20, "x" * 256, value=Count(1))
    PAIRED.put(Desk(), b"a" * 20, "x" * 255, value=Count(1))


def test_the_tree_stops_at_a_record_that_it_does_not_hold() -> None:
    desk = Desk()
    TEXTS.put(desk, bytes(32), value=Text("x" * 4092))
    assert len(Tree().update(desk.state.encoded()).get(TEXTS.key(bytes(32))) or b"") == 4096
    TEXTS.put(desk, bytes(32), value=Text("x" * 4093))
    with pytest.raises(Broken):
        Tree().update(desk.state.encoded())
