"""What the store keeps beside the state, and the seal on each value: 4 bytes of CRC-32 over key and value."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import NamedTuple
from zlib import crc32

import lmdb

from ...onchain.codec import Codec, Record
from ...onchain.ledger import TransactionResult, errors
from ...onchain.units import Count

SEAL_BYTES = 4
_PLACE = struct.Struct(">QI")
pack_checksum = struct.Struct(">I").pack


class StoredBlock(Record, frozen=True):
    """A block as it is kept, apart from the state."""

    block: bytes
    """A CometBFT Block in protobuf."""
    commit: bytes
    """The commit that decided it, in protobuf."""
    results: tuple[TransactionResult, ...]
    events: bytes
    hashes: tuple[bytes, ...]
    """Hashes of its transactions."""


class Place(NamedTuple):
    """Where a transaction stands."""

    height: int
    index: int  # type: ignore[assignment] # A tuple's method has this name too; nobody calls it here.


class Facts(Record, frozen=True):
    """Where the store stands; the one record that every commit writes anew."""

    height: Count
    oldest_height: Count
    """The oldest height whose state is still known."""
    placed_height: Count
    """The last height whose transactions stand in `places`."""
    meta: bytes
    """What the application put beside its last commit."""
    entries: tuple[Count, ...]
    """How many entries each database holds, in the order of `DATABASES` without the facts themselves."""
    transaction: Count
    """LMDB's number of the transaction that wrote this."""


class Beginning(Record, frozen=True):
    """The first commit into the store."""

    height: Count
    """0, or that of the snapshot with which the store began."""
    pairs: tuple[tuple[bytes, bytes], ...]
    meta: bytes


DATABASES = (b"state", b"blocks", b"places", b"history", b"beginning", b"facts")
ONLY_KEY = b"only"
"""The key of the one record in `facts`, and in `beginning`."""
BLOCK: Codec[StoredBlock] = Codec(StoredBlock, max_bytes=2**31)
FACTS: Codec[Facts] = Codec(Facts, max_bytes=2**20)
BEGINNING: Codec[Beginning] = Codec(Beginning, max_bytes=2**31)


def height_key(height: int) -> bytes:
    return height.to_bytes(8, "big")


def seal(key: bytes, value: bytes) -> bytes:
    """Gives a value with the checksum that it is kept with."""
    return value + pack_checksum(crc32(value, crc32(key)))


def unseal(key: bytes, sealed: bytes, database: bytes) -> bytes:
    """Gives a value that was kept; refuses one whose checksum differs, naming it."""
    value = sealed[:-SEAL_BYTES]
    if pack_checksum(crc32(value, crc32(key))) != sealed[-SEAL_BYTES:]:
        raise errors.STORE_DAMAGED(f"{named(database, key)}: its checksum differs")
    return value


def named(database: bytes, key: bytes) -> str:
    """Says in words which entry of a database is meant."""
    number = int.from_bytes(key[:8], "big")
    return {
        b"blocks": f"block {number}",
        b"history": f"history of height {number}",
        b"places": f"place of transaction {key.hex()}",
    }.get(database, database.decode())


def sealed_places(places: Mapping[bytes, Place]) -> list[tuple[bytes, bytes]]:
    """Gives what is kept under the hashes of transactions, in the order of the hashes."""
    packed = [(name, _PLACE.pack(*place)) for name, place in places.items()]
    packed.sort(key=itemgetter(0))
    return [(name, place + pack_checksum(crc32(place, crc32(name)))) for name, place in packed]


def place_of(data: bytes) -> Place:
    return Place(*_PLACE.unpack(data))


@contextlib.contextmanager
def damage_is_named() -> Iterator[None]:
    """Turns what LMDB raises at a broken file into the refusal that says so."""
    try:
        yield
    except lmdb.Error as error:
        raise errors.STORE_DAMAGED(str(error)) from None
