"""Reads and writes the protobuf wire format, an independent re-computation that imports nothing of autochain.

Source: the proto3 encoding as CometBFT uses it. A scalar of value zero and an empty byte string are left out; an
embedded message that is not optional is written even when it is empty. Groups, which proto3 no longer has, are refused.
"""

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
"""Wire types."""


def uvarint(value: int) -> bytes:
    """Encodes an integer of up to 64 bits; a negative one counts as its two's complement."""
    rest = value % 2**64
    encoded = bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


def delimited(content: bytes) -> bytes:
    return uvarint(len(content)) + content


def _tag(number: int, wire_type: int) -> bytes:
    return uvarint(number << 3 | wire_type)


def integer(number: int, value: int) -> bytes:
    """Writes a field of type int32, int64, uint32, uint64 or enum."""
    return _tag(number, VARINT) + uvarint(value) if value else b""


def sfixed64(number: int, value: int) -> bytes:
    return _tag(number, FIXED64) + value.to_bytes(8, "little", signed=True) if value else b""


def blob(number: int, value: bytes) -> bytes:
    """Writes a field of type bytes or string."""
    return _tag(number, LENGTH) + delimited(value) if value else b""


def message(number: int, content: bytes) -> bytes:
    """Writes an embedded message or a repeated element, which stay when they are empty."""
    return _tag(number, LENGTH) + delimited(content)


class Fields:
    """Gives the fields of one message, by number; unknown fields are passed over and the last of a kind counts."""

    def __init__(self, encoded: bytes) -> None:
        self._found: dict[int, list[tuple[int, int | bytes]]] = {}
        position = 0
        while position < len(encoded):
            tag, position = _read_uvarint(encoded, position)
            number, wire_type = tag >> 3, tag & 7
            if not 0 < number < 2**29:
                raise ValueError(f"field number {number} is out of range")
            value, position = _read_value(encoded, position, wire_type)
            self._found.setdefault(number, []).append((wire_type, value))

    def _all(self, number: int, wire_type: int) -> list[int | bytes]:
        found = self._found.get(number, [])
        if any(kind != wire_type for kind, _ in found):
            raise ValueError(f"field {number} has another wire type than {wire_type}")
        return [value for _, value in found]

    def uint64(self, number: int) -> int:
        values = self._all(number, VARINT)
        return int(values[-1]) if values else 0

    def int64(self, number: int) -> int:
        value = self.uint64(number)
        return value - 2**64 if value >= 2**63 else value

    def uint32(self, number: int) -> int:
        return self.uint64(number) % 2**32

    def int32(self, number: int) -> int:
        value = self.uint32(number)
        return value - 2**32 if value >= 2**31 else value

    def blobs(self, number: int) -> list[bytes]:
        return [value for value in self._all(number, LENGTH) if isinstance(value, bytes)]

    def blob(self, number: int) -> bytes:
        values = self.blobs(number)
        return values[-1] if values else b""

    def text(self, number: int) -> str:
        return self.blob(number).decode()

    def has(self, number: int) -> bool:
        return number in self._found

    def message(self, number: int) -> "Fields":
        """Reads an embedded message, empty when absent; protobuf merges repetitions, as concatenation does."""
        return Fields(b"".join(self.blobs(number)))

    def messages(self, number: int) -> list["Fields"]:
        return [Fields(value) for value in self.blobs(number)]


def _read_uvarint(encoded: bytes, position: int) -> tuple[int, int]:
    value = 0
    for index in range(10):
        if position + index >= len(encoded):
            raise ValueError("the bytes end within a varint")
        byte = encoded[position + index]
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value % 2**64, position + index + 1
    raise ValueError("a varint is longer than 10 bytes")


def _read_value(encoded: bytes, position: int, wire_type: int) -> tuple[int | bytes, int]:
    if wire_type == VARINT:
        return _read_uvarint(encoded, position)
    if wire_type == LENGTH:
        size, position = _read_uvarint(encoded, position)
    elif wire_type in (FIXED64, FIXED32):
        size = 8 if wire_type == FIXED64 else 4
    else:
        raise ValueError(f"wire type {wire_type} is not supported")
    if position + size > len(encoded):
        raise ValueError("the bytes end within a field")
    return encoded[position : position + size], position + size
