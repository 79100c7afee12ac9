"""State as a contract sees it: typed tables over an ordered key-value store, changed in overlays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from ..codec import Codec
from ..refusals import ensure

V = TypeVar("V")

KeyPart: TypeAlias = bytes | int | str

ID, HASH, NUMBER, TEXT = 20, 32, 8, 0
"""Shapes of key parts: an id, a hash, a number in 8 bytes big-endian, a text of up to 255 bytes with its length."""

MAX_VALUE_BYTES = 4096


class Reader(Protocol):
    """What can be read of a key-value state."""

    def get(self, key: bytes, /) -> bytes | None: ...

    def items(self, prefix: bytes, after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yields keys that begin with the prefix and come after `after`, in order, with their values."""
        ...


class Overlay:
    """Changes over a state that it does not touch until they are merged."""

    __slots__ = ("_base", "changes")

    def __init__(self, base: Reader) -> None:
        self._base = base
        self.changes: dict[bytes, bytes | None] = {}

    def get(self, key: bytes, /) -> bytes | None:
        if key in self.changes:
            return self.changes[key]
        return self._base.get(key)

    def put(self, key: bytes, value: bytes | None) -> None:
        """Sets a value, or with None removes it."""
        self.changes[key] = value

    def items(self, prefix: bytes, after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        own = sorted(key for key in self.changes if key.startswith(prefix) and key > after)
        at = 0
        for key, value in self._base.items(prefix, after):
            while at < len(own) and own[at] < key:
                yield from self._own(own[at])
                at += 1
            if at < len(own) and own[at] == key:
                yield from self._own(key)
                at += 1
            else:
                yield key, value
        for key in own[at:]:
            yield from self._own(key)

    def _own(self, key: bytes) -> Iterator[tuple[bytes, bytes]]:
        value = self.changes[key]
        if value is not None:
            yield key, value

    def merge(self, other: Overlay) -> None:
        """Takes over the changes of an overlay that stands on this one."""
        self.changes.update(other.changes)


class View(Protocol):
    """What a contract's code is given to read with."""

    @property
    def contract(self) -> str: ...

    @property
    def state(self) -> Reader: ...


class WritableView(View, Protocol):
    """What a contract's code is given to write with."""

    @property
    def state(self) -> Overlay: ...


class Table(Generic[V]):
    """Records of one type under keys of one shape; only its own contract reads or writes it.

    `contract` is the contract's name, `key` the shapes of the key's parts.
    """

    def __init__(self, contract: str, name: str, value: type[V], *, key: tuple[int, ...]) -> None:
        self.contract = contract
        self.name = name
        self.value: Any = value
        self.shape = key
        self.codec: Codec[V] = Codec(value, max_bytes=MAX_VALUE_BYTES)
        self._prefix = f"{contract}/{name}/".encode()

    def key(self, *parts: KeyPart) -> bytes:
        """Gives the key under which a record stands in the state tree."""
        return self._prefix + b"".join(map(_key_part, parts, self.shape))

    def get(self, view: View, *parts: KeyPart) -> V | None:
        ensure(view.contract == self.contract, "a contract reads its own tables only")
        data = view.state.get(self.key(*parts))
        return None if data is None else self.codec.trusted(data)

    def put(self, view: WritableView, *parts: KeyPart, value: V) -> None:
        ensure(view.contract == self.contract, "a contract writes its own tables only")
        ensure(len(parts) == len(self.shape), "a record is put under a whole key")
        data = self.codec.encode(value)
        ensure(len(data) <= MAX_VALUE_BYTES, "a record fits into one value of the tree")
        view.state.put(self.key(*parts), data)

    def delete(self, view: WritableView, *parts: KeyPart) -> None:
        ensure(view.contract == self.contract, "a contract writes its own tables only")
        view.state.put(self.key(*parts), None)

    def items(self, view: View, *parts: KeyPart, after: tuple[KeyPart, ...] = ()) -> Iterator[tuple[bytes, V]]:
        """Yields the records whose keys begin with these parts, in order, each with the last bytes of its key.

        `after` names a whole key to go on behind.
        """
        ensure(view.contract == self.contract, "a contract reads its own tables only")
        prefix = self.key(*parts)
        for key, data in view.state.items(prefix, self.key(*after) if after else b""):
            yield key[len(prefix) :], self.codec.trusted(data)


def _key_part(part: KeyPart, shape: int) -> bytes:
    match part:
        case bytes():
            ensure(len(part) == shape, "a key part has the length its table declares")
            return part
        case int():
            ensure(shape == NUMBER, "a number stands where the table declares one")
            return part.to_bytes(8, "big")
        case str():
            text = part.encode()
            ensure(shape == TEXT and len(text) <= 255, "a text stands where the table declares one, up to 255 bytes")
            return len(text).to_bytes(1, "big") + text
