"""The state tree: any history of changes gives the root of what stands, and older trees stay whole."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import ics23, smt

from autochain.onchain.ledger.ics23 import check_absence, check_membership
from autochain.onchain.ledger.tree import EMPTY, MAX_VALUE_BYTES, Tree
from autochain.onchain.refusals import Broken


def shared_bits(one: bytes, other: bytes) -> int:
    """Says how many bits the paths of two keys begin with in common."""
    difference = int.from_bytes(sha256(one).digest(), "big") ^ int.from_bytes(sha256(other).digest(), "big")
    return 256 - difference.bit_length()


def ground_keys() -> list[bytes]:
    """Searches keys whose paths stay together for long, as one who wants deep trees would."""
    tried = sorted((b"ground %d" % number for number in range(20_000)), key=lambda key: sha256(key).digest())
    deepest = sorted(pairwise(tried), key=lambda pair: -shared_bits(*pair))[:4]
    return [key for pair in deepest for key in pair]


GROUND = ground_keys()
KEYS = st.sampled_from([*GROUND, *(b"key %d" % number for number in range(24))])
VALUES = st.binary(min_size=1, max_size=6)
HISTORIES = st.lists(st.dictionaries(KEYS, st.none() | VALUES, max_size=12), max_size=6)
ABSENT = [b"absent %d" % number for number in range(12)]


def after(items: Mapping[bytes, bytes], batch: Mapping[bytes, bytes | None]) -> dict[bytes, bytes]:
    changed = {**items, **batch}
    return {key: value for key, value in changed.items() if value is not None}


def test_the_ground_keys_share_long_prefixes() -> None:
    assert all(shared_bits(one, other) >= 20 for one, other in zip(GROUND[::2], GROUND[1::2], strict=True))


@given(HISTORIES)
def test_any_history_gives_the_root_of_what_stands(history: list[dict[bytes, bytes | None]]) -> None:
    tree, items = Tree(), dict[bytes, bytes]()
    states = [(tree, items)]
    for batch in history:
        tree, items = tree.update(batch), after(items, batch)
        states.append((tree, items))
    for past, stood in states:
        assert past.root == smt.root(stood)
        assert dict(past.items()) == stood
        assert [key for key, _ in past.items()] == sorted(stood, key=lambda key: sha256(key).digest())


@given(HISTORIES)
def test_the_root_tells_the_state_and_not_how_it_came_about(history: list[dict[bytes, bytes | None]]) -> None:
    tree, items = Tree(), dict[bytes, bytes]()
    for batch in history:
        tree, items = tree.update(batch), after(items, batch)
    at_once, one_by_one = Tree().update(items), Tree()
    for key in sorted(items, reverse=True):
        one_by_one = one_by_one.update({key: items[key]})
    assert tree.root == at_once.root == one_by_one.root
    assert tree.update(dict.fromkeys(items)).root == EMPTY


@given(HISTORIES, st.dictionaries(KEYS, st.none() | VALUES, max_size=12))
def test_a_batch_that_changes_nothing_gives_the_same_nodes(
    history: list[dict[bytes, bytes | None]], batch: dict[bytes, bytes | None]
) -> None:
    tree, items = Tree(), dict[bytes, bytes]()
    for changes in history:
        tree, items = tree.update(changes), after(items, changes)
    same = {key: items.get(key) for key in batch}
    assert tree.update(same)._root is tree._root


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=16), st.sampled_from([*GROUND, *ABSENT, b"key 1", b"key 2"]))
def test_every_key_or_its_absence_is_proved_here_and_to_the_oracle(items: dict[bytes, bytes], key: bytes) -> None:
    tree = Tree().update(items)
    proof = tree.prove(key)
    assert tree.get(key) == items.get(key)
    assert proof.encode() == smt.prove(items, key)
    if key in items:
        check_membership(tree.root, proof, key=key, value=items[key])
        assert ics23.verify_membership(tree.root, proof.encode(), key, items[key])
    else:
        check_absence(tree.root, proof, key=key)
        assert ics23.verify_absence(tree.root, proof.encode(), key)


@pytest.mark.parametrize("count", [1, 2, 3, 30])
def test_absence_is_proved_at_both_edges_and_between(count: int) -> None:
    items = {b"key %d" % number: b"value" for number in range(count)}
    tree = Tree().update(items)
    order = sorted(items, key=lambda key: sha256(key).digest())
    found = set()
    for number in range(400):
        key = b"absent %d" % number
        proof = tree.prove(key)
        shown = proof.nonexist
        assert shown is not None
        place = sum(sha256(other).digest() < sha256(key).digest() for other in order)
        assert (shown.left.key if shown.left else None) == (order[place - 1] if place else None)
        assert (shown.right.key if shown.right else None) == (order[place] if place < count else None)
        check_absence(tree.root, proof, key=key)
        assert ics23.verify_absence(tree.root, proof.encode(), key)
        found.add("first" if place == 0 else "last" if place == count else "between")
    assert found == ({"first", "last"} if count == 1 else {"first", "last", "between"})


def test_the_proof_of_a_deep_leaf_has_a_step_for_every_shared_bit() -> None:
    one, other = GROUND[:2]
    tree = Tree().update({one: b"1", other: b"2"})
    existence = tree.prove(one).exist
    assert existence is not None
    assert len(existence.path) == shared_bits(one, other) + 1
    assert sum(step.sibling == EMPTY for step in existence.path) == shared_bits(one, other)


def test_an_older_tree_proves_what_it_held_after_all_of_it_is_gone() -> None:
    items = {b"key %d" % number: b"value %d" % number for number in range(50)}
    old = Tree().update(items)
    root = old.root
    proofs = {key: old.prove(key).encode() for key in items}
    newer = old.update(dict.fromkeys(items)).update({b"other": b"thing"})
    assert old.root == root == smt.root(items)
    assert dict(old.items()) == items
    for key, value in items.items():
        assert old.prove(key).encode() == proofs[key]
        check_membership(root, old.prove(key), key=key, value=value)
        assert newer.get(key) is None


def test_deleting_one_of_two_leaves_the_other_alone() -> None:
    one, other = GROUND[:2]
    tree = Tree().update({one: b"1", other: b"2"}).update({other: None})
    assert tree.root == sha256(b"\x00" + sha256(one).digest() + sha256(b"1").digest()).digest()


def test_deleting_what_is_not_there_changes_nothing() -> None:
    assert Tree().update({b"key": None}).root == EMPTY
    tree = Tree().update({b"key": b"value"})
    assert tree.update({GROUND[0]: None}).root == tree.root


@pytest.mark.parametrize(
    ("key", "value"), [(b"", b"value"), (b"", None), (b"key", b""), (b"key", bytes(MAX_VALUE_BYTES + 1))]
)
def test_the_tree_stops_at_a_key_or_value_it_does_not_hold(key: bytes, value: bytes | None) -> None:
    with pytest.raises(Broken):
        Tree().update({key: value})
    assert Tree().update({b"key": bytes(MAX_VALUE_BYTES)}).get(b"key") == bytes(MAX_VALUE_BYTES)
