"""What the state held at older heights: as a dictionary kept for each height says, within the window."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from fakes import MemoryStore, made
from hypothesis import given, settings
from hypothesis import strategies as st

from autochain.node import ChainStore
from autochain.node.store import history
from autochain.onchain.ledger import errors
from autochain.onchain.refusals import Refusal

KEYS = [b"a", b"a/", b"a/\x00", b"a/\xff", b"a0", b"b/1", b"\xff\xff"]
keys = st.sampled_from(KEYS)
changes = st.dictionaries(keys, st.none() | st.binary(min_size=1, max_size=3))
prefixes = st.just(b"") | keys


@settings(max_examples=80)
@given(
    batches=st.lists(changes, min_size=1, max_size=8),
    ranges=st.lists(st.tuples(prefixes, prefixes), min_size=1, max_size=6),
    window=st.integers(0, 9),
    first=st.sampled_from([0, 255]),
)
def test_older_heights_are_answered_as_they_were(
    batches: list[Mapping[bytes, bytes | None]], ranges: list[tuple[bytes, bytes]], window: int, first: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        durable = ChainStore(Path(folder), history_heights=window, durable=False)
        memory = MemoryStore(history_heights=window)
        models: dict[int, dict[bytes, bytes]] = {}
        for height, batch in enumerate(batches, first):
            for written in (durable, memory):
                written.commit(batch, height=height, meta=made(b"meta %d" % height))
            merged = {**models.get(height - 1, {}), **batch}
            models[height] = {key: value for key, value in merged.items() if value is not None}
        durable.close()
        durable = ChainStore(Path(folder), history_heights=window)
        oldest = max(first, height - window)
        for store in (durable, memory):
            assert store.oldest_height == oldest
            for kept in range(oldest, height + 1):
                past = store.at(kept)
                assert {key: past.get(key) for key in KEYS} == {key: models[kept].get(key) for key in KEYS}
                assert store.meta_at(kept) == b"meta %d" % kept
                for prefix, after in ranges:
                    expected = sorted(key for key in models[kept] if key.startswith(prefix) and key > after)
                    assert list(past.items(prefix, after)) == [(key, models[kept][key]) for key in expected]
            for kept in range(oldest + 1, height + 1):
                assert store.undo(kept) == {key: models[kept - 1].get(key) for key in batches[kept - first]}
        durable.close()


def test_a_listing_that_lies_too_many_changes_back_is_refused_and_a_record_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MAX_LOOKED_AT", 5)
    store = ChainStore(tmp_path)
    for height in range(4):
        store.commit({b"a/1": b"%d" % height, b"a/2": b"x%d" % height, b"b": b"y"}, height=height, meta=made(b"m"))
    assert list(store.at(1).items(b"a/")) == [(b"a/1", b"1"), (b"a/2", b"x1")]
    with pytest.raises(Refusal) as caught:
        list(store.at(0).items(b"a/"))
    assert caught.value.reason == errors.HEIGHT_GONE
    assert store.at(0).get(b"a/1") == b"0"
    store.close()


def refused(call: object, height: int) -> bool:
    assert callable(call)
    with pytest.raises(Refusal) as caught:
        call(height)
    return caught.value.reason == errors.HEIGHT_GONE


def test_heights_outside_the_window_are_refused(tmp_path: Path) -> None:
    durable, memory = ChainStore(tmp_path, history_heights=2), MemoryStore(history_heights=2)
    for store in (durable, memory):
        for height in range(6):
            store.commit({b"a": b"%d" % height}, height=height, meta=made(b""))
        assert store.oldest_height == 3
        assert [store.at(height).get(b"a") for height in (3, 4, 5)] == [b"3", b"4", b"5"]
        assert all(refused(store.at, height) and refused(store.meta_at, height) for height in (-1, 2, 6))
        assert all(refused(store.undo, height) for height in (-1, 3, 6))
    durable.close()


def test_a_past_stays_readable_while_the_chain_grows_until_it_is_forgotten(tmp_path: Path) -> None:
    store = ChainStore(tmp_path, history_heights=2)
    store.commit({b"a": b"0", b"b": b"0", b"c": b"0"}, height=0, meta=made(b""))
    past = store.at(0)
    reading = past.items(b"")
    assert next(reading) == (b"a", b"0")
    store.commit({b"b": None, b"bb": b"1"}, height=1, meta=made(b""))
    store.commit({b"b": b"2"}, height=2, meta=made(b""))
    assert list(reading) == [(b"b", b"0"), (b"c", b"0")]
    assert list(past.items(b"")) == [(b"a", b"0"), (b"b", b"0"), (b"c", b"0")]
    assert (past.get(b"b"), past.get(b"bb"), store.at(1).get(b"b")) == (b"0", None, None)
    store.commit({}, height=3, meta=made(b""))
    for read in (lambda: past.get(b"a"), lambda: list(past.items(b""))):
        with pytest.raises(Refusal) as caught:
            read()
        assert caught.value.reason == errors.HEIGHT_GONE
    store.close()


def test_a_window_that_was_widened_does_not_bring_back_what_was_forgotten(tmp_path: Path) -> None:
    for window, oldest in ((1, 3), (10, 3), (2, 10)):
        store = ChainStore(tmp_path, history_heights=window)
        start = store.height + 1 if store.meta is not None else 0
        for height in range(start, start + 5 if start == 0 else start + 4):
            store.commit({b"a": b"%d" % height}, height=height, meta=made(b""))
        assert (store.oldest_height, store.at(oldest).get(b"a")) == (oldest, b"%d" % oldest)
        with store._environment.begin() as reading:
            heights = {key[:8] for key, _ in reading.cursor(store._history._database)}
        assert len(heights) == store.height - store.oldest_height
        store.close()
