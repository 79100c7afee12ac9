"""Computes roots and proofs of a compact sparse Merkle tree naively, an independent re-computation without autochain.

Source: the tree of ICS-23's SmtSpec. The path of a key is its SHA-256, most significant bit first (0 goes left). A leaf
is SHA-256(00 || SHA-256(key) || SHA-256(value)), a node SHA-256(01 || left || right), an empty subtree 32 zero bytes,
and a subtree that holds one leaf is that leaf.
"""

from collections.abc import Mapping
from hashlib import sha256

from oracles import protobuf as pb

EMPTY = bytes(32)

_SHA256 = 1
_LEAF_OPERATION = pb.integer(1, _SHA256) + pb.integer(2, _SHA256) + pb.integer(3, _SHA256) + pb.blob(5, b"\x00")


def root(items: Mapping[bytes, bytes]) -> bytes:
    return _subtree(dict(items), 0)


def prove(items: Mapping[bytes, bytes], key: bytes) -> bytes:
    """Makes the ICS-23 CommitmentProof that a key is in the tree, with its value, or that it is not.

    An empty tree has no neighbour to show, hence no proof of absence: that raises ValueError.
    """
    if key in items:
        return pb.message(1, _existence(items, key))
    if not items:
        raise ValueError("ICS-23 cannot prove absence from an empty tree")
    left = [other for other in items if _digest(other) < _digest(key)]
    right = [other for other in items if _digest(other) > _digest(key)]
    neighbours = b""
    if left:
        neighbours += pb.message(2, _existence(items, max(left, key=_digest)))
    if right:
        neighbours += pb.message(3, _existence(items, min(right, key=_digest)))
    return pb.message(2, pb.blob(1, _digest(key)) + neighbours)


def _digest(data: bytes) -> bytes:
    return sha256(data).digest()


def _bit(key: bytes, depth: int) -> int:
    return _digest(key)[depth // 8] >> 7 - depth % 8 & 1


def _half(items: Mapping[bytes, bytes], depth: int, side: int) -> dict[bytes, bytes]:
    return {key: value for key, value in items.items() if _bit(key, depth) == side}


def _subtree(items: dict[bytes, bytes], depth: int) -> bytes:
    if not items:
        return EMPTY
    if len(items) == 1:
        [(key, value)] = items.items()
        return sha256(b"\x00" + _digest(key) + _digest(value)).digest()
    return sha256(
        b"\x01" + _subtree(_half(items, depth, 0), depth + 1) + _subtree(_half(items, depth, 1), depth + 1)
    ).digest()


def _existence(items: Mapping[bytes, bytes], key: bytes) -> bytes:
    steps = b""
    rest, depth = dict(items), 0
    while len(rest) > 1:
        side = _bit(key, depth)
        sibling = _subtree(_half(rest, depth, 1 - side), depth + 1)
        padding = pb.blob(2, b"\x01") + pb.blob(3, sibling) if side == 0 else pb.blob(2, b"\x01" + sibling)
        steps = pb.message(4, pb.integer(1, _SHA256) + padding) + steps
        rest, depth = _half(rest, depth, side), depth + 1
    return pb.blob(1, key) + pb.blob(2, items[key]) + pb.message(3, _LEAF_OPERATION) + steps
