"""State as a contract sees it: typed tables over an ordered key-value store, changed in overlays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from ..codec import Codec, encode
from ..refusals import broken, ensure

V = TypeVar("V")

KeyPart: TypeAlias = bytes | int | str

ID, HASH, NUMBER, TEXT = 20, 32, 8, 0
"""Shapes of key parts: an id, a hash, a number in 8 bytes big-endian, a text of up to 255 bytes with its length."""

MAX_VALUE_BYTES = 4096
MAX_DECODED = 400_000
"""How many records are kept decoded before all are let go."""
_MISSING: Any = object()

Decode: TypeAlias = Callable[[bytes], Any]


class Reader(Protocol):
    """What can be read of a key-value state in bytes."""

    def get(self, key: bytes, /) -> bytes | None: ...

    def items(self, prefix: bytes, after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yields keys that begin with the prefix and come after `after`, in order, with their values."""
        ...


class State(Protocol):
    """What can be read of a state in records."""

    def record(self, key: bytes, decode: Decode) -> Any:
        """Gives the record under a key, or None."""
        ...

    def records(self, prefix: bytes, after: bytes, decode: Decode) -> Iterator[tuple[bytes, Any]]:
        """Yields the records whose keys begin with the prefix and come after `after`, in the order of their keys."""
        ...


class Committed:
    """The committed state; records that were read lately are kept decoded, for they never change."""

    __slots__ = ("_reader", "decoded")

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.decoded: dict[bytes, Any] = {}
        """Records by key, None for those known to be absent."""

    def record(self, key: bytes, decode: Decode) -> Any:
        found = self.decoded.get(key, _MISSING)
        if found is _MISSING:
            data = self._reader.get(key)
            found = None if data is None else decode(data)
            if len(self.decoded) >= MAX_DECODED:
                self.decoded.clear()
            self.decoded[key] = found
        return found

    def records(self, prefix: bytes, after: bytes, decode: Decode) -> Iterator[tuple[bytes, Any]]:
        for key, data in self._reader.items(prefix, after):
            yield key, decode(data)

    def committed(self, changes: Mapping[bytes, Any]) -> None:
        """Takes note of what was committed."""
        self.decoded.update(changes)
        if len(self.decoded) > MAX_DECODED:
            self.decoded.clear()


class Overlay:
    """Changes over a state that it does not touch; all since a mark can be undone."""

    __slots__ = ("_base", "_decoded", "_journal", "changes")

    def __init__(self, base: Committed) -> None:
        self._base = base
        self._decoded = base.decoded
        self._journal: list[tuple[bytes, Any]] = []
        """Keys that were changed, in order, each with what stood in `changes` before."""
        self.changes: dict[bytes, Any] = {}
        """The new record by key, None where it was removed."""

    def record(self, key: bytes, decode: Decode) -> Any:
        found = self.changes.get(key, _MISSING)
        if found is _MISSING:
            found = self._decoded.get(key, _MISSING)
            if found is _MISSING:
                found = self._base.record(key, decode)
        return found

    def put(self, key: bytes, record: Any) -> None:
        """Sets a record, or with None removes it."""
        self._journal.append((key, self.changes.get(key, _MISSING)))
        self.changes[key] = record

    def mark(self) -> int:
        """Gives the present place, to which `undo` may go back."""
        return len(self._journal)

    def undo(self, mark: int) -> None:
        """Takes back every change since the mark."""
        while len(self._journal) > mark:
            key, before = self._journal.pop()
            if before is _MISSING:
                del self.changes[key]
            else:
                self.changes[key] = before

    def records(self, prefix: bytes, after: bytes, decode: Decode) -> Iterator[tuple[bytes, Any]]:
        own = sorted(key for key in self.changes if key.startswith(prefix) and key > after)
        at = 0
        for key, record in self._base.records(prefix, after, decode):
            while at < len(own) and own[at] < key:
                yield from self._own(own[at])
                at += 1
            if at < len(own) and own[at] == key:
                yield from self._own(key)
                at += 1
            else:
                yield key, record
        for key in own[at:]:
            yield from self._own(key)

    def _own(self, key: bytes) -> Iterator[tuple[bytes, Any]]:
        record = self.changes[key]
        if record is not None:
            yield key, record

    def encoded(self) -> dict[bytes, bytes | None]:
        """Gives the changes in canonical bytes; a record that is bytes stands for itself."""
        return {
            key: record if record is None or type(record) is bytes else encode(record)
            for key, record in self.changes.items()
        }


class View(Protocol):
    """What a contract's code is given to read with."""

    contract: str
    state: Any
    """A `State`; an `Overlay` where it may write."""


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
        self._decode = self.codec.trusted
        self._one_part = key[0] if len(key) == 1 else 0
        """The length of the only part, where it is bytes."""
        self._prefix = f"{contract}/{name}/".encode()

    def key(self, *parts: KeyPart) -> bytes:
        """Gives the key under which a record stands in the state tree."""
        if self._one_part and parts and type(parts[0]) is bytes and len(parts[0]) == self._one_part:
            return self._prefix + parts[0]  # Nearly all keys are of this kind.
        return self._prefix + b"".join(map(_key_part, parts, self.shape))

    def get(self, view: View, *parts: KeyPart) -> V | None:
        if view.contract != self.contract:
            broken("a contract reads its own tables only")
        found: V | None = view.state.record(self.key(*parts), self._decode)
        return found

    def put(self, view: View, *parts: KeyPart, value: V) -> None:
        if view.contract != self.contract or len(parts) != len(self.shape):
            broken("a contract writes its own tables only, under whole keys")
        view.state.put(self.key(*parts), value)

    def delete(self, view: View, *parts: KeyPart) -> None:
        if view.contract != self.contract:
            broken("a contract writes its own tables only")
        view.state.put(self.key(*parts), None)

    def items(self, view: View, *parts: KeyPart, after: tuple[KeyPart, ...] = ()) -> Iterator[tuple[bytes, V]]:
        """Yields the records whose keys begin with these parts, in order, each with the last bytes of its key.

        `after` names a whole key to go on behind.
        """
        ensure(view.contract == self.contract, "a contract reads its own tables only")
        prefix = self.key(*parts)
        for key, record in view.state.records(prefix, self.key(*after) if after else b"", self.codec.trusted):
            yield key[len(prefix) :], record


PAGE = 100
"""How many records a listing query answers at a time."""


def page(view: View, records: Table[V], *, after: bytes | None) -> tuple[tuple[bytes, V], ...]:
    """Gives the records behind an id, in the order of their ids, for one answer."""
    return tuple(islice(records.items(view, after=(after,) if after else ()), PAGE))


def page_of(
    view: View, records: Table[V], *, listed: Table[Any], account: bytes, after: bytes | None
) -> tuple[tuple[bytes, V], ...]:
    """Gives those records behind an id that are listed for an account, in the order of their ids, for one answer."""
    behind = (account, after) if after else ()
    names = [name for name, _ in islice(listed.items(view, account, after=behind), PAGE)]
    found = [(name, records.get(view, name)) for name in names]
    return tuple((name, record) for name, record in found if record is not None)


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
