"""Tests the sparse Merkle tree of the oracles on trees computed by hand."""

from hashlib import sha256

import pytest

from oracles import smt


def _leaf(key: bytes, value: bytes) -> bytes:
    return sha256(b"\x00" + sha256(key).digest() + sha256(value).digest()).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def test_an_empty_tree_is_32_zero_bytes_and_has_no_proof_of_absence() -> None:
    assert smt.root({}) == bytes(32)
    with pytest.raises(ValueError, match="empty tree"):
        smt.prove({}, b"k")


def test_a_single_leaf_is_the_root() -> None:
    assert smt.root({b"k": b"v"}) == _leaf(b"k", b"v")


def test_keys_whose_paths_part_at_the_first_bit_make_one_node() -> None:
    """The digests of "a" and "b" start with ca and 3e."""
    assert smt.root({b"a": b"1", b"b": b"2"}) == _node(_leaf(b"b", b"2"), _leaf(b"a", b"1"))


def test_keys_whose_paths_part_later_stand_beside_empty_subtrees() -> None:
    """The digests of "b" and "c" start with 3e (0011) and 2e (0010), so they part at the fourth bit."""
    pair = _node(_leaf(b"c", b"3"), _leaf(b"b", b"2"))
    empty = bytes(32)
    assert smt.root({b"b": b"2", b"c": b"3"}) == _node(_node(_node(empty, pair), empty), empty)


def test_the_order_of_insertion_does_not_matter() -> None:
    items = {bytes([n]): bytes([n, n]) for n in range(50)}
    assert smt.root(items) == smt.root(dict(reversed(items.items())))
