"""The trees over the state after the last heights, from which values are proved."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol, TypeAlias

from ..refusals import present
from . import errors
from .tree import Tree

PROVABLE_ROOTS = 64
"""How many distinct roots stay provable."""
MAX_KEPT_CHANGES = 1_000_000
"""How many changes the trees in memory may be apart, about a gigabyte; what is older is taken back from the store."""

Changes: TypeAlias = Mapping[bytes, bytes | None]
"""New values by key, None where a key was removed."""


class ProvedValue(NamedTuple):
    """What a root says of a key."""

    value: bytes
    """Empty where there is none."""
    proof: bytes
    """An encoded ICS-23 CommitmentProof."""


class StateTrees(Protocol):
    """The trees of one chain's state."""

    def stand(self, pairs: Mapping[bytes, bytes], *, height: int) -> bytes:
        """Begins with the whole state after a height; gives its root."""
        ...

    def change(self, changes: Changes) -> None:
        """Begins the tree after a block, in place of one that was begun and not kept."""
        ...

    def root(self) -> bytes:
        """Gives the root of the tree that was begun, when it is there."""
        ...

    def keep(self, *, height: int) -> None:
        """Has the tree that was begun stand after a height."""
        ...

    def prove(self, key: bytes, *, height: int) -> ProvedValue:
        """Proves a value, or its absence, after a height; refuses with HEIGHT_GONE where that is too long ago."""
        ...


class TreesInMemory:
    """Keeps the trees as objects of this process; implements `StateTrees`.

    `undo` gives what the keys that were changed at a height held before it.
    """

    def __init__(self, undo: Callable[[int], Changes]) -> None:
        self._undo = undo
        self._trees: OrderedDict[int, Tree] = OrderedDict()
        """Trees by the first height after which they stand; the newest last."""
        self._apart: deque[int] = deque()
        """How many changes each of them but the oldest is apart from the one before."""
        self._height = 0
        self._begun: tuple[int, Tree] | None = None
        """Number of changes, and the tree after them."""

    def stand(self, pairs: Mapping[bytes, bytes], *, height: int) -> bytes:
        self._trees = OrderedDict({height: Tree().update(pairs)})
        self._apart.clear()
        self._height, self._begun = height, None
        return self._tree.root

    @property
    def _tree(self) -> Tree:
        return next(reversed(self._trees.values()))

    def change(self, changes: Changes) -> None:
        self._begun = len(changes), self._tree.update(changes)

    def root(self) -> bytes:
        return present(self._begun, "a tree was begun")[1].root

    def keep(self, *, height: int) -> None:
        changes, tree = present(self._begun, "a tree was begun")
        self._begun, self._height = None, height
        if tree.root == self._tree.root:
            return
        if height not in self._trees:  # A genesis takes the place of nothing.
            self._apart.append(changes)
        self._trees[height] = tree
        while len(self._trees) > PROVABLE_ROOTS or (len(self._trees) > 1 and sum(self._apart) > MAX_KEPT_CHANGES):
            self._trees.popitem(last=False)
            self._apart.popleft()

    def prove(self, key: bytes, *, height: int) -> ProvedValue:
        if height > self._height:
            raise errors.HEIGHT_GONE(f"height {height}, the last is {self._height}")
        tree = self._at(height)
        return ProvedValue(tree.get(key) or b"", tree.prove(key).encode())

    def _at(self, height: int) -> Tree:
        """Gives the tree after a height; takes blocks back that lie between it and the oldest tree in memory."""
        first, tree = next(iter(self._trees.items()))
        if height >= first:
            return next(tree for since, tree in reversed(self._trees.items()) if since <= height)
        roots = len(self._trees)
        for taken_back in range(first, height, -1):
            before = tree.update(self._undo(taken_back))
            roots += before.root != tree.root
            if roots > PROVABLE_ROOTS:
                raise errors.HEIGHT_GONE(f"height {height} is more than {PROVABLE_ROOTS} roots back")
            tree = before
        return tree
