"""Canonical bytes: every record has exactly one encoding, and a decoder accepts no other."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

from .refusals import Reason

NOT_DECODABLE = Reason(
    "codec", 1, "These bytes are not the record that was expected.", "Build the record with this version's SDK."
)
NOT_CANONICAL = Reason(
    "codec", 2, "These bytes are not the canonical encoding of their record.", "Encode the record again with the SDK."
)
TOO_LONG = Reason("codec", 3, "These bytes are longer than allowed here.", "Split the request into smaller ones.")

R = TypeVar("R")


class Record(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """A frozen record that is written as an array of its fields in MessagePack.

    Fields are integers, bytes, strings, booleans, None, tuples and other records; never maps, floats or sets.
    """


_encoder = msgspec.msgpack.Encoder()


def encode(record: object) -> bytes:
    """Gives the canonical bytes of a record."""
    return _encoder.encode(record)


class Codec(Generic[R]):
    """Reads and writes one type of record, canonically and within a length."""

    def __init__(self, record_type: Any, *, max_bytes: int) -> None:
        self._decoder: msgspec.msgpack.Decoder[R] = msgspec.msgpack.Decoder(record_type)
        self.max_bytes = max_bytes

    def encode(self, record: R) -> bytes:
        return _encoder.encode(record)

    def decode(self, data: bytes) -> R:
        """Reads a record from bytes that may come from a stranger; refuses all but the one canonical encoding."""
        if len(data) > self.max_bytes:
            raise TOO_LONG(f"{len(data)} of {self.max_bytes} bytes")
        try:
            record = self._decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NOT_DECODABLE(str(error)) from None
        if _encoder.encode(record) != data:
            raise NOT_CANONICAL()
        return record

    def trusted(self, data: bytes) -> R:
        """Reads a record from bytes that this node itself wrote."""
        return self._decoder.decode(data)


def named(record: Any) -> Any:
    """Writes a record as an object by its fields' names, bytes in lower hexadecimal digits, tuples as lists.

    A record that is told from others by its tag says so first, as its `type`.
    """
    if isinstance(record, msgspec.Struct):
        tag = record.__struct_config__.tag
        fields = {name: named(value) for name, value in msgspec.structs.asdict(record).items()}
        return fields if tag is None else {"type": tag, **fields}
    if isinstance(record, tuple | list):
        return [named(each) for each in record]
    return record.hex() if isinstance(record, bytes) else record


def folder_of(module: str) -> str:
    """Gives a contract's name from the `__name__` of one of its modules: the name of its folder."""
    return module.split(".")[-2]


def tag_of(module: str) -> Any:
    """Names a record by its contract's folder and its class: `energy/PlaceOrder`."""
    folder = folder_of(module)
    return lambda class_name: f"{folder}/{class_name}"
