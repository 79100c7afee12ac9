"""A small protobuf codec for the messages that CometBFT and ICS-23 hash and sign.

A message class lists its fields by number; `encode` writes them in ascending order and leaves out zero values, as
proto3 does, except fields marked `always` (gogoproto's non-nullable ones). `decode` accepts only what encodes back
alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, TypeVar

from ..refusals import Reason, ensure
from ..units import split

BAD_PROTOBUF = Reason(
    "ledger", 1, "These bytes are not the protobuf message that was expected.", "Fetch them again from another node."
)

Kind = Literal["uint", "int64", "sfixed64", "bytes", "string", "message", "time"]

_MASK = (1 << 64) - 1
_VARINT, _FIXED64, _LENGTH = 0, 1, 2
_WIRE: dict[Kind, int] = {"uint": _VARINT, "int64": _VARINT, "sfixed64": _FIXED64}
_SHORT = [bytes([number]) for number in range(0x80)]
"""Numbers that one byte holds: most lengths and tags."""
MAX_DEPTH = 16
NANOS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message: its number on the wire, its attribute, its kind."""

    number: int
    name: str
    kind: Kind
    message: type[Message] | None = None
    repeated: bool = False
    always: bool = False
    optional: bool = False
    """The attribute is None when the field is absent."""


class Message:
    """A protobuf message: a frozen dataclass with the table of its fields."""

    FIELDS: ClassVar[tuple[Field, ...]] = ()

    def encode(self) -> bytes:
        """Gives the message's canonical bytes."""
        return b"".join([_encode_field(field, getattr(self, field.name)) for field in self.FIELDS])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Reads a message from bytes that may come from a stranger."""
        message = _decode(cls, data, MAX_DEPTH)
        if message.encode() != data:
            raise BAD_PROTOBUF("not canonical")
        return message


def varint(number: int) -> bytes:
    """Writes a number of up to 64 bits in groups of seven, a negative one as two's complement."""
    if 0 <= number < 0x80:
        return _SHORT[number]
    number &= _MASK
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def delimited(data: bytes) -> bytes:
    """Puts the length before the bytes."""
    return varint(len(data)) + data


def encode_time(time_ns: int) -> bytes:
    """Writes a google.protobuf.Timestamp."""
    seconds, nanos = split(time_ns, NANOS)
    return (b"\x08" + varint(seconds) if seconds else b"") + (b"\x10" + varint(nanos) if nanos else b"")


def _encode_field(field: Field, value: Any) -> bytes:
    if value == 0 and not (field.always or field.optional or field.repeated):
        return b""  # Spares the rest to what is most often nothing.
    tag = varint(field.number << 3 | _WIRE.get(field.kind, _LENGTH))
    if field.repeated:
        return b"".join([tag + _payload(field, item) for item in value])
    if value is None or (not field.always and not field.optional and not _is_set(field, value)):
        return b""
    return tag + _payload(field, value)


def _is_set(field: Field, value: Any) -> bool:
    if field.kind == "message":
        return bool(value.encode())
    return bool(value)


def _payload(field: Field, value: Any) -> bytes:
    match field.kind:
        case "uint" | "int64":
            return varint(value)
        case "sfixed64":
            return int(value & _MASK).to_bytes(8, "little")
        case "bytes":
            return delimited(value)
        case "string":
            return delimited(value.encode())
        case "time":
            return delimited(encode_time(value))
        case "message":
            return delimited(value.encode())


M = TypeVar("M", bound=Message)


def _decode(cls: type[M], data: bytes, depth: int) -> M:
    if depth == 0:
        raise BAD_PROTOBUF("nested too deep")
    by_number = {field.number: field for field in cls.FIELDS}
    values: dict[str, Any] = {field.name: [] for field in cls.FIELDS if field.repeated}
    for number, wire, raw in _fields(data):
        field = by_number.get(number)
        if field is None or wire != _WIRE.get(field.kind, _LENGTH):
            raise BAD_PROTOBUF(f"field {number} of {cls.__name__}")
        value = _value(field, raw, depth)
        if field.repeated:
            values[field.name].append(value)
        else:
            values[field.name] = value
    return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


def _value(field: Field, raw: int | bytes, depth: int) -> Any:
    match field.kind:
        case "uint":
            return raw
        case "int64" | "sfixed64":
            ensure(isinstance(raw, int), "numbers are read as numbers")
            return raw - (1 << 64) if isinstance(raw, int) and raw >> 63 else raw
        case "bytes":
            return raw
        case "string":
            return _text(raw)
        case "time":
            parts = {number: value for number, _, value in _fields(raw)} if isinstance(raw, bytes) else {}
            seconds, nanos = parts.get(1, 0), parts.get(2, 0)
            if not isinstance(seconds, int) or not isinstance(nanos, int) or nanos >= NANOS:
                raise BAD_PROTOBUF("time")
            return (seconds - (1 << 64) if seconds >> 63 else seconds) * NANOS + nanos
        case "message":
            ensure(field.message is not None and isinstance(raw, bytes), "a message field names its message")
            return _decode(field.message, raw, depth - 1) if field.message and isinstance(raw, bytes) else None


def _text(raw: int | bytes) -> str:
    try:
        return raw.decode() if isinstance(raw, bytes) else ""
    except UnicodeDecodeError:
        raise BAD_PROTOBUF("text is not UTF-8") from None


def _fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Yields number, wire type and raw value of each field."""
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        wire = key & 7
        if wire == _VARINT:
            number, at = _read_varint(data, at)
            yield key >> 3, wire, number
        elif wire in (_FIXED64, _LENGTH):
            length, at = (8, at) if wire == _FIXED64 else _read_varint(data, at)
            if length > len(data) - at:
                raise BAD_PROTOBUF("truncated")
            chunk = data[at : at + length]
            at += length
            yield (key >> 3, wire, int.from_bytes(chunk, "little") if wire == _FIXED64 else chunk)
        else:
            raise BAD_PROTOBUF(f"wire type {wire}")


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    result = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise BAD_PROTOBUF("truncated")
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            if result > _MASK:
                raise BAD_PROTOBUF("number too large")
            return result, at
    raise BAD_PROTOBUF("number too long")
