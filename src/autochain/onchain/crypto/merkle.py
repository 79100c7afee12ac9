"""Merkle trees over ordered lists as in RFC 6962, in the form CometBFT uses for headers, transactions and results."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256 as _sha256

from ..codec import Record
from .hashes import Hash, sha256


class Proof(Record, frozen=True):
    """Shows that one leaf stands at one place of a list of known length."""

    total: int
    index: int
    aunts: tuple[Hash, ...]
    """Hashes beside the way up, from the leaf to the root."""


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf)


def inner_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


def split_point(length: int) -> int:
    """Gives the largest power of two below `length`: how many leaves go left."""
    return 1 << ((length - 1).bit_length() - 1)


def root(leaves: Sequence[bytes]) -> bytes:
    """Gives the root of a list of leaves; the empty list has the hash of nothing."""
    # Here and below as `leaf_hash` and `inner_hash` do it, without the calls: a block has tens of thousands of these.
    return _root([_sha256(b"\x00" + leaf).digest() for leaf in leaves]) if leaves else sha256(b"")


def _root(hashes: Sequence[bytes]) -> bytes:
    """Joins neighbours, row by row; the last one of an odd row goes up as it is, which splits like `split_point`."""
    row = list(hashes)
    while len(row) > 1:
        above = [_sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]
        row = above + row[-1:] if len(row) & 1 else above
    return row[0]


def prove(leaves: Sequence[bytes], index: int) -> Proof:
    """Proves the leaf at `index`, counted from 0."""
    hashes = [leaf_hash(leaf) for leaf in leaves]
    aunts: list[bytes] = []
    low, high = 0, len(hashes)
    while high - low > 1:
        split = low + split_point(high - low)
        if index < split:
            aunts.append(_root(hashes[split:high]))
            high = split
        else:
            aunts.append(_root(hashes[low:split]))
            low = split
    return Proof(len(hashes), index, tuple(reversed(aunts)))


def verify(expected_root: bytes, leaf: bytes, proof: Proof) -> bool:
    """Says whether the leaf stands where the proof says in the list with this root."""
    if not 0 <= proof.index < proof.total or proof.total > 1 << 32:
        return False
    sides: list[bool] = []
    low, high = 0, proof.total
    while high - low > 1:
        split = low + split_point(high - low)
        sides.append(proof.index < split)
        low, high = (low, split) if sides[-1] else (split, high)
    if len(sides) != len(proof.aunts):
        return False
    node = leaf_hash(leaf)
    for is_left, aunt in zip(reversed(sides), proof.aunts, strict=True):
        node = inner_hash(node, aunt) if is_left else inner_hash(aunt, node)
    return node == expected_root
