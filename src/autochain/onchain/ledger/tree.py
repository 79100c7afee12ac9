"""The state tree: a compact sparse Merkle tree in the shape of ICS-23's `SmtSpec`, with immutable nodes.

A leaf stands at the path SHA-256(key) and hashes 0x00 ‖ SHA-256(key) ‖ SHA-256(value); an inner node hashes
0x01 ‖ left ‖ right; an empty subtree hashes to 32 zero bytes; a subtree that holds one leaf is that leaf. An update
copies the paths it changes, so an older root stays whole as long as somebody holds it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256 as _sha256
from typing import TypeAlias

from ..crypto import sha256
from ..refusals import broken
from .ics23 import CommitmentProof, ExistenceProof, InnerOp, NonExistenceProof

EMPTY = bytes(32)
MAX_VALUE_BYTES = 4096

Leaf: TypeAlias = tuple[bytes, bytes, bytes, bytes]
"""hash, path, key, value"""
Inner: TypeAlias = tuple[bytes, "Node", "Node"]
"""hash, left, right"""
Node: TypeAlias = Leaf | Inner | None
"""Plain tuples: a million of them must fit in memory and be made fast. A leaf has four items, an inner node three."""

Change: TypeAlias = tuple[bytes, Leaf | None]
"""path and the new leaf there, or None to delete it"""


class Tree:
    """One state of the tree. `update` gives the next one and leaves this one as it is."""

    __slots__ = ("_root",)

    def __init__(self, root: Node = None) -> None:
        self._root = root

    @property
    def root(self) -> bytes:
        """The root hash; of the empty tree, 32 zero bytes."""
        return self._root[0] if self._root else EMPTY

    def update(self, changes: Mapping[bytes, bytes | None]) -> Tree:
        """Gives the tree after a batch of changes; a key with None is deleted."""
        prepared = sorted([_change(key, value) for key, value in changes.items()])  # By path: no two have the same.
        return Tree(_update(self._root, prepared, 0, len(prepared), 0) if prepared else self._root)

    def get(self, key: bytes) -> bytes | None:
        """Gives the value of a key in this state, or None."""
        node = _descend(self._root, sha256(key))[0]
        return node[3] if node is not None and len(node) == 4 and node[2] == key else None

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Yields every key and value, in the order of their paths."""
        stack = [self._root]
        while stack:
            node = stack.pop()
            if node is None:
                continue
            if len(node) == 4:
                yield node[2], node[3]
            else:
                stack += [node[2], node[1]]

    def prove(self, key: bytes) -> CommitmentProof:
        """Proves the key's value, or its absence by the neighbours on both sides; an empty tree proves nothing."""
        path = sha256(key)
        node, steps = _descend(self._root, path)
        if node is not None and len(node) == 4 and node[1] == path:
            return CommitmentProof(exist=_existence(node, steps))
        left, right = _neighbours(self._root, path)
        return CommitmentProof(nonexist=NonExistenceProof(path, left=left, right=right))


def _change(key: bytes, value: bytes | None) -> Change:
    if not key or (value is not None and not 0 < len(value) <= MAX_VALUE_BYTES):
        broken("a key is not empty and a value has 1 to 4096 bytes")
    path = _sha256(key).digest()
    if value is None:
        return (path, None)
    return (path, (_sha256(b"\x00" + path + _sha256(value).digest()).digest(), path, key, value))


def _bit(path: bytes, depth: int) -> int:
    return path[depth >> 3] >> (7 - (depth & 7)) & 1


def _update(node: Node, changes: list[Change], low: int, high: int, depth: int) -> Node:
    """Gives a subtree after the sorted changes from `low` up to but without `high`."""
    if high - low == 1:
        return _update_one(node, changes[low], depth)
    if node is None or len(node) == 4:
        leaves = _merged(node, changes[low:high])
        return node if leaves == [node] else _build(leaves, 0, len(leaves), depth)
    byte, mask = depth >> 3, 128 >> (depth & 7)
    middle, end = low, high
    while middle < end:
        probe = (middle + end) >> 1
        if changes[probe][0][byte] & mask:
            end = probe
        else:
            middle = probe + 1
    _, left, right = node
    depth += 1
    if middle - low == 1:
        left = _update_one(left, changes[low], depth)
    elif middle > low:
        left = _update(left, changes, low, middle, depth)
    if high - middle == 1:
        right = _update_one(right, changes[middle], depth)
    elif high > middle:
        right = _update(right, changes, middle, high, depth)
    if left is node[1] and right is node[2]:
        return node
    if left is None or right is None:
        return _join(left, right)
    return (_sha256(b"\x01" + left[0] + right[0]).digest(), left, right)


def _update_one(node: Node, change: Change, depth: int) -> Node:
    """Gives a subtree after one change: most of a batch's work, for further down each path has one change only."""
    path, leaf = change
    top, above = node, list[Inner]()
    while node is not None and len(node) == 3:
        above.append(node)
        node = node[2] if path[depth >> 3] & (128 >> (depth & 7)) else node[1]
        depth += 1
    if node is None:
        below: Node = leaf
    elif node[1] != path:
        below = node if leaf is None else _build(sorted((node, leaf), key=_leaf_path), 0, 2, depth)
    else:
        below = node if node == leaf else leaf
    if below is node:
        return top
    for parent in reversed(above):
        depth -= 1
        _, left, right = parent
        if path[depth >> 3] & (128 >> (depth & 7)):
            right = below
        else:
            left = below
        if left is None or right is None:
            below = _join(left, right)
        else:
            # As `_join` does it, without the call: a block has tens of thousands of these.
            below = (_sha256(b"\x01" + left[0] + right[0]).digest(), left, right)
    return below


def _merged(node: Leaf | None, changes: Sequence[Change]) -> list[Leaf]:
    """Gives the leaves that stand where one leaf or none stood, after the changes."""
    leaves = {} if node is None else {node[1]: node}
    for path, leaf in changes:
        if leaf is None:
            leaves.pop(path, None)
        elif leaves.get(path) != leaf:
            leaves[path] = leaf
    return [leaves[path] for path in sorted(leaves)]


def _leaf_path(leaf: Leaf) -> bytes:
    return leaf[1]


def _build(leaves: Sequence[Leaf], low: int, high: int, depth: int) -> Node:
    """Gives the subtree of sorted leaves."""
    if high - low <= 1:
        return leaves[low] if high > low else None
    middle = bisect_left(leaves, 1, low, high, key=lambda leaf: _bit(leaf[1], depth))
    return _join(_build(leaves, low, middle, depth + 1), _build(leaves, middle, high, depth + 1))


def _join(left: Node, right: Node) -> Node:
    if left is None and (right is None or len(right) == 4):
        return right
    if right is None and left is not None and len(left) == 4:
        return left
    data = b"\x01" + (left[0] if left else EMPTY) + (right[0] if right else EMPTY)
    return (_sha256(data).digest(), left, right)


def _descend(node: Node, path: bytes) -> tuple[Node, list[tuple[int, bytes]]]:
    """Follows a path down to where it ends; also gives the side taken and the sibling's hash at each step."""
    steps: list[tuple[int, bytes]] = []
    while node is not None and len(node) == 3:
        side = _bit(path, len(steps))
        sibling = node[1] if side else node[2]
        steps.append((side, sibling[0] if sibling else EMPTY))
        node = node[2] if side else node[1]
    return node, steps


def _existence(leaf: Leaf, steps: Sequence[tuple[int, bytes]]) -> ExistenceProof:
    ops = [
        InnerOp(prefix=b"\x01" + sibling) if side else InnerOp(prefix=b"\x01", suffix=sibling)
        for side, sibling in steps
    ]
    return ExistenceProof(leaf[2], leaf[3], path=tuple(reversed(ops)))


def _neighbours(root: Node, path: bytes) -> tuple[ExistenceProof | None, ExistenceProof | None]:
    """Proves the last leaf before an absent path and the first one after it."""
    found: list[ExistenceProof | None] = []
    for side in (1, 0):
        leaf = _nearest(root, path, depth=0, side=side)
        found.append(_existence(leaf, _descend(root, leaf[1])[1]) if leaf else None)
    return found[0], found[1]


def _nearest(node: Node, path: bytes, *, depth: int, side: int) -> Leaf | None:
    """Finds the leaf nearest to a path: with side 1 the last one before it, with side 0 the first one after it."""
    if node is None:
        return None
    if len(node) == 4:
        return node if (node[1] < path) == (side == 1) else None
    taken = _bit(path, depth)
    inside = _nearest(node[2] if taken else node[1], path, depth=depth + 1, side=side)
    if inside is not None or taken != side:
        return inside
    return _outermost(node[1] if side else node[2], side)


def _outermost(node: Node, side: int) -> Leaf | None:
    """Finds a subtree's last leaf (side 1) or first leaf (side 0)."""
    while node is not None and len(node) == 3:
        node = (node[2] or node[1]) if side else (node[1] or node[2])
    return node
