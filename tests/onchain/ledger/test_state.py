"""Overlays and tables: what a contract reads is what was written last, in the order of the keys, and only its own."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from fakes import MemoryStore
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.codec import Record
from autochain.onchain.ledger import HASH, ID, NUMBER, TEXT, Overlay, Table
from autochain.onchain.refusals import Broken

KEYS = st.binary(min_size=1, max_size=3)
PAIRS = st.dictionaries(KEYS, st.binary(min_size=1, max_size=3), max_size=12)
CHANGES = st.dictionaries(KEYS, st.none() | st.binary(min_size=1, max_size=3), max_size=12)


def store_of(pairs: Mapping[bytes, bytes]) -> MemoryStore:
    store = MemoryStore()
    store.commit(dict(pairs), meta=b"")
    return store


def after(pairs: Mapping[bytes, bytes], *layers: Mapping[bytes, bytes | None]) -> dict[bytes, bytes]:
    changed: dict[bytes, bytes | None] = dict(pairs)
    for layer in layers:
        changed |= layer
    return {key: value for key, value in sorted(changed.items()) if value is not None}


@given(PAIRS, st.lists(CHANGES, max_size=3), st.binary(max_size=2), st.binary(max_size=3))
def test_overlays_read_as_if_their_changes_were_made(
    pairs: dict[bytes, bytes], layers: list[dict[bytes, bytes | None]], prefix: bytes, behind: bytes
) -> None:
    store = store_of(pairs)
    top = Overlay(store)
    for layer in layers:
        top = Overlay(top)
        for key, value in layer.items():
            top.put(key, value)
    expected = after(pairs, *layers)
    wanted = [(key, value) for key, value in expected.items() if key.startswith(prefix) and key > behind]
    assert list(top.items(prefix, behind)) == wanted
    for key in {*pairs, *(key for layer in layers for key in layer)}:
        assert top.get(key) == expected.get(key)
    assert store.pairs == pairs, "what lies beneath is not touched"


@given(PAIRS, CHANGES, CHANGES)
def test_a_merged_overlay_reads_as_before(
    pairs: dict[bytes, bytes], below: dict[bytes, bytes | None], above: dict[bytes, bytes | None]
) -> None:
    base = Overlay(store_of(pairs))
    for key, value in below.items():
        base.put(key, value)
    upper = Overlay(base)
    for key, value in above.items():
        upper.put(key, value)
    before = list(upper.items(b""))
    base.merge(upper)
    assert list(base.items(b"")) == before == list(after(pairs, below, above).items())


class Count(Record, frozen=True):
    number: int


class Text(Record, frozen=True):
    text: str


class Desk:
    """A contract's view of an overlay."""

    def __init__(self, contract: str = "probe") -> None:
        self.contract = contract
        self.state = Overlay(MemoryStore())


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


def test_a_table_stops_at_a_record_that_the_tree_does_not_hold() -> None:
    desk = Desk()
    TEXTS.put(desk, bytes(32), value=Text("x" * 4092))
    with pytest.raises(Broken):
        TEXTS.put(desk, bytes(32), value=Text("x" * 4093))
