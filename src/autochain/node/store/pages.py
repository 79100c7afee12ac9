"""Reads the pages of an LMDB file without LMDB, which trusts what stands in them.

Format of LMDB 0.9 on a 64-bit machine, data version 1 (`mdb.c`): two meta pages, then trees of pages. Every page is
used once, or is named once by the list of free pages, which is a tree as well; this alone finds a list that names a
page in use, which LMDB would overwrite at the next commit.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from typing import NamedTuple

from ...onchain.ledger import errors

PAGE_BYTES = 4096
MAX_PAGES = 2**28
"""More than any store has; what counts more was damaged."""
_MAGIC, _VERSION = 0xBEEFC0DE, 1
_HEADER = struct.Struct("<QHHHH")
"""Page number, padding, flags, end of the node pointers, begin of the nodes."""
_META = struct.Struct("<IIQQ48s48sQQ")
_TREE = struct.Struct("<IHHQQQQQ")
_NODE = struct.Struct("<HHHH")
_NUMBER = struct.Struct("<Q")
_BRANCH, _LEAF, _OVERFLOW, _META_PAGE = 1, 2, 4, 8
_LARGE, _SUBTREE = 1, 2
_INTEGER_KEYS = 8
_NO_ROOT = 2**64 - 1
_MAX_DEPTH = 32


class Tree(NamedTuple):
    """LMDB's record of one database."""

    padding: int
    flags: int
    depth: int
    branch_pages: int
    leaf_pages: int
    large_pages: int
    entries: int
    root: int


class Meta(NamedTuple):
    """A meta page: where the file stood after a transaction."""

    free: Tree
    main: Tree
    last_page: int
    transaction: int


class Pages:
    """The pages of a file; what breaks the format is refused as damage and named."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data

    def page(self, number: int, flag: int) -> bytes:
        """Gives a page that must have a flag and no other."""
        page = self._data[number * PAGE_BYTES : (number + 1) * PAGE_BYTES]
        if len(page) < PAGE_BYTES:
            raise errors.STORE_DAMAGED(f"torn: the file is shorter than its page {number}")
        own_number, _, flags, _, _ = _HEADER.unpack_from(page)
        if (own_number, flags) != (number, flag):
            raise errors.STORE_DAMAGED(f"page {number} is not what it should be")
        return page

    def metas(self) -> tuple[Meta, Meta]:
        """Gives the newer and the older meta page."""
        first, second = (self._meta(number) for number in range(2))
        newer, older = (first, second) if first.transaction > second.transaction else (second, first)
        # A new file has 0 in both; then transactions alternate between the pages.
        apart = newer.transaction - older.transaction
        parity = (first.transaction % 2, second.transaction % 2) == (0, 1)
        if newer.transaction and not (apart == 1 and parity):
            raise errors.STORE_DAMAGED("meta pages: they are not of two transactions in turn")
        if not older.last_page <= newer.last_page < MAX_PAGES:
            raise errors.STORE_DAMAGED("meta pages: they count pages that can't be")
        return newer, older

    def _meta(self, number: int) -> Meta:
        magic, version, address, _, free, main, last_page, transaction = _META.unpack_from(
            self.page(number, _META_PAGE), 16
        )
        trees = Tree(*_TREE.unpack(free)), Tree(*_TREE.unpack(main))
        formats = (trees[0].padding, trees[0].flags, trees[1].padding, trees[1].flags)
        if (magic, version, address, formats) != (_MAGIC, _VERSION, 0, (PAGE_BYTES, _INTEGER_KEYS, 0, 0)):
            raise errors.STORE_DAMAGED(f"meta page {number}: it is not LMDB's")
        return Meta(*trees, last_page, transaction)

    def check(self, meta: Meta) -> None:
        """Refuses a file in which not every page is used once or free once."""
        used = bytearray(meta.last_page + 1)
        used[0] = used[1] = 1
        for _, flags, value in self._walk(meta.free, used, "list of free pages"):
            _is_value(flags, "list of free pages")
            # LMDB writes the count first, and takes at times more room than it needs.
            numbers = struct.unpack_from(f"<{len(value) // 8}Q", value)
            if len(value) % 8 or not numbers or numbers[0] >= len(numbers):
                raise errors.STORE_DAMAGED("list of free pages: it is cut")
            for free in numbers[1 : numbers[0] + 1]:
                _take(used, free, 1, "list of free pages")
        for name, tree in self.trees(meta, used).items():
            for _, flags, _ in self._walk(tree, used, name.decode(errors="replace")):
                _is_value(flags, name.decode(errors="replace"))
        lost = used.find(0)
        if lost != -1:
            raise errors.STORE_DAMAGED(f"page {lost} is neither used nor free")

    def trees(self, meta: Meta, used: bytearray | None = None) -> dict[bytes, Tree]:
        """Gives the named databases."""
        used = bytearray(meta.last_page + 1) if used is None else used
        found = {}
        for name, flags, value in self._walk(meta.main, used, "list of databases"):
            if flags != _SUBTREE or len(value) != _TREE.size:
                raise errors.STORE_DAMAGED("list of databases: it names what is none")
            tree = Tree(*_TREE.unpack(value))
            if (tree.padding, tree.flags) != (0, 0):
                raise errors.STORE_DAMAGED(f"list of databases: {name.decode(errors='replace')} is of another kind")
            found[name] = tree
        return found

    def entries(self, meta: Meta, name: bytes) -> list[tuple[bytes, bytes]]:
        """Gives the entries of a small database, as of a meta page."""
        tree = self.trees(meta).get(name)
        if tree is None:
            return []
        used = bytearray(meta.last_page + 1)
        return [(key, value) for key, _, value in self._walk(tree, used, name.decode())]

    def _walk(self, tree: Tree, used: bytearray, name: str) -> Iterator[tuple[bytes, int, bytes]]:
        """Yields key, flags and value of a tree's entries, taking each page that it stands on."""
        if tree.root == _NO_ROOT:
            if tree[2:7] != (0, 0, 0, 0, 0):
                raise errors.STORE_DAMAGED(f"{name}: its root is lost")
            return
        if not 1 <= tree.depth <= _MAX_DEPTH:
            raise errors.STORE_DAMAGED(f"{name}: its tree has no such depth")
        counts = [0, 0, 0, 0]
        waiting = [(tree.root, 1)]
        while waiting:
            number, depth = waiting.pop()
            _take(used, number, 1, name)
            is_leaf = depth == tree.depth
            page = self.page(number, _LEAF if is_leaf else _BRANCH)
            counts[is_leaf] += 1
            for key, flags, at, bytes_or_child in _nodes(page, number, is_leaf):
                if not is_leaf:
                    waiting.append((bytes_or_child, depth + 1))
                    continue
                counts[3] += 1
                if flags == _LARGE:
                    large = _NUMBER.unpack_from(page, at)[0]
                    value, pages = self._large(large, bytes_or_child)
                    counts[2] += pages
                    _take(used, large, pages, name)
                else:
                    value = page[at : at + bytes_or_child]
                yield key, flags, value
        if tuple(counts) != tree[3:7]:
            raise errors.STORE_DAMAGED(f"{name}: its tree has other pages or entries than it counts")

    def _large(self, number: int, size: int) -> tuple[bytes, int]:
        """Gives a value that has pages of its own."""
        page = self.page(number, _OVERFLOW)
        pages = int.from_bytes(page[12:16], "little")
        if pages != (size + 16 + PAGE_BYTES - 1) // PAGE_BYTES:
            raise errors.STORE_DAMAGED(f"page {number} holds a value of another length")
        start = number * PAGE_BYTES + 16
        value = self._data[start : start + size]
        if len(value) < size:
            raise errors.STORE_DAMAGED(f"torn: the file is shorter than the value on its page {number}")
        return value, pages


def _is_value(flags: int, name: str) -> None:
    """Refuses an entry that passes for a database: LMDB would read it, but never delete it."""
    if flags == _SUBTREE:
        raise errors.STORE_DAMAGED(f"{name}: an entry passes for a database")


def _take(used: bytearray, first: int, count: int, name: str) -> None:
    if first + count > len(used) or any(used[first : first + count]):
        raise errors.STORE_DAMAGED(f"{name}: it names page {first}, which is not its own")
    used[first : first + count] = b"\1" * count


def _nodes(page: bytes, number: int, is_leaf: bool) -> Iterator[tuple[bytes, int, int, int]]:
    """Yields key, flags, where the value begins, and its length, or on a branch the number of the page below."""
    _, _, _, lower, upper = _HEADER.unpack_from(page)
    if not 16 <= lower <= upper <= PAGE_BYTES or lower % 2:
        raise errors.STORE_DAMAGED(f"page {number} is not what it should be")
    for at in struct.unpack_from(f"<{(lower - 16) // 2}H", page, 16):
        if not upper <= at <= PAGE_BYTES - 8:
            raise errors.STORE_DAMAGED(f"page {number} is not what it should be")
        low, high, flags, key_size = _NODE.unpack_from(page, at)
        begin = at + 8 + key_size
        size = low | high << 16 | (0 if is_leaf else flags << 32)
        room = 0 if not is_leaf else 8 if flags == _LARGE else size
        if begin + room > PAGE_BYTES or (is_leaf and flags not in (0, _LARGE, _SUBTREE)):
            raise errors.STORE_DAMAGED(f"page {number} is not what it should be")
        yield page[at + 8 : begin], flags, begin, size
