"""Hostile bytes: transactions whose MessagePack is bent where its items begin and end."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

HEADS: dict[int, tuple[str, int]] = {
    0xC4: ("bin", 1),
    0xC5: ("bin", 2),
    0xC6: ("bin", 4),
    0xD9: ("str", 1),
    0xDA: ("str", 2),
    0xDB: ("str", 4),
    0xDC: ("array", 2),
    0xDD: ("array", 4),
}
"""First bytes that a length follows, with what they begin and how many bytes the length has."""
FIXED = {0xC0: 1, 0xC2: 1, 0xC3: 1, 0xCC: 2, 0xCD: 3, 0xCE: 5, 0xCF: 9, 0xD0: 2, 0xD1: 3, 0xD2: 5, 0xD3: 9}
"""First bytes of an item of fixed length, with that length."""
HUGE = (*(b"\xdd", b"\xc6", b"\xdb", b"\xdf", b"\xc9"), b"\xdc", b"\xc5", b"\xda", b"\xde", b"\xc8")
"""First bytes of arrays, bytes, texts, maps and extensions that four or two bytes of length follow."""
NOT_UTF8 = (b"\xff", b"\xc3", b"\x80", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"a\xffb")
OTHERS = (
    *(b"\xc0", b"\xc1", b"\xc2", b"\xc3", b"\x00", b"\x7f", b"\xff", b"\x80", b"\x90", b"\xa0", b"\xc4\x00"),
    *(b"\xca\x7f\xc0\x00\x00", b"\xcb\x3f\xf0" + bytes(6), b"\xcf" + b"\xff" * 8, b"\xcf\x80" + bytes(7)),
    *(b"\xd3\x80" + bytes(7), b"\xd3" + b"\xff" * 8, b"\xcf\x7f" + b"\xff" * 7, b"\xd6\xff" + bytes(4)),
    *(b"\xc7\x09\x00\x01" + bytes(8), b"\xc7\x10\x02" + b"\xff" * 16, b"\x81\xa1x\x01", b"\x82\x01\x02\x01\x02"),
    *(b"\xc4\x14" + bytes(20), b"\xc4\x20" + bytes(32), b"\xc4\x40" + bytes(64), b"\xb4" + b"x" * 20),
)
"""Items of every type, numbers at and beyond 64 bits among them."""


@dataclass(frozen=True, slots=True)
class Item:
    """Where one item stands in the bytes."""

    kind: str
    start: int
    body: int
    """Where what follows its head begins."""
    end: int


def items(data: bytes) -> list[Item]:
    """Finds every item of canonical bytes, an array before what stands in it."""
    found: list[Item] = []
    _walk(data, 0, found)
    return found


def _walk(data: bytes, at: int, found: list[Item]) -> int:
    first = data[at]
    kind, length, body = "number", 0, at + 1
    if first in HEADS:
        kind, size = HEADS[first]
        body = at + 1 + size
        length = int.from_bytes(data[at + 1 : body], "big")
    elif 0x90 <= first <= 0x9F:
        kind, length = "array", first & 15
    elif 0xA0 <= first <= 0xBF:
        kind, length = "str", first & 31
    elif first in FIXED:
        body = at + FIXED[first]
    place = len(found)
    found.append(Item(kind, at, body, body))
    end = body
    if kind == "array":
        for _ in range(length):
            end = _walk(data, end, found)
    else:
        end += length
    found[place] = Item(kind, at, body, end)
    return end


Bend = Callable[[bytes, Item, random.Random, "Sample"], bytes]


@dataclass(frozen=True, slots=True)
class Sample:
    """Good bytes with the places of their items."""

    data: bytes
    items: Sequence[Item]


def retyped(data: bytes, item: Item, chance: random.Random, other: Sample) -> bytes:
    """Puts an item of another type in its place."""
    return chance.choice(OTHERS)


def spliced(data: bytes, item: Item, chance: random.Random, other: Sample) -> bytes:
    """Puts an item of another transaction in its place, mostly one of the same kind."""
    alike = [found for found in other.items if found.kind == item.kind]
    taken = chance.choice(alike if alike and chance.randrange(4) else other.items)
    return other.data[taken.start : taken.end]


def overlong(data: bytes, item: Item, chance: random.Random, other: Sample) -> bytes:
    """Writes its head longer than it needs."""
    body = data[item.body : item.end]
    match item.kind:
        case "str":
            return b"\xda" + len(body).to_bytes(2, "big") + body
        case "bin":
            return b"\xc6" + len(body).to_bytes(4, "big") + body
        case "array":
            return b"\xdc" + (data[item.start] & 15).to_bytes(2, "big") + body
    first = data[item.start]
    return b"\xcf" + (first if first < 0x80 else 0).to_bytes(8, "big")


def said_huge(data: bytes, item: Item, chance: random.Random, other: Sample) -> bytes:
    """Says that far more follows than does."""
    head = chance.choice(HUGE)
    length = (b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x00\x0f\xff\xff")[chance.randrange(3)]
    return head + length[: 4 if head in HUGE[:5] else 2] + data[item.body : item.end]


def nested(data: bytes, item: Item, chance: random.Random, other: Sample) -> bytes:
    """Puts it into arrays or maps, one in the other."""
    depth = chance.choice((1, 1, 2, 8, 100, 1_000, 5_000 if chance.randrange(50) == 0 else 1))
    return chance.choice((b"\x91", b"\x81", b"\xdc\x00\x01", b"\x81\xc0")) * depth + data[item.start : item.end]


def not_text(data: bytes, item: Item, chance: random.Random, other: Sample) -> bytes:
    """Puts bytes into a text that are not UTF-8, and bytes for text or text for bytes otherwise."""
    body = data[item.body : item.end]
    if item.kind == "str":
        bad = chance.choice(NOT_UTF8)
        at = chance.randrange(len(body) + 1)
        body = body[:at] + bad + (body[at + len(bad) :] if chance.randrange(2) else body[at:])
        return b"\xd9" + bytes([len(body) & 255]) + body if len(body) > 31 else bytes([0xA0 | len(body)]) + body
    return bytes([0xA0 | min(len(body), 31)]) + body[:31]


def flipped(data: bytes, item: Item, chance: random.Random, other: Sample) -> bytes:
    """Flips a bit of it, often in its head."""
    piece = bytearray(data[item.start : item.end])
    piece[0 if chance.randrange(2) else chance.randrange(len(piece))] ^= 1 << chance.randrange(8)
    return bytes(piece)


def gone(data: bytes, item: Item, chance: random.Random, other: Sample) -> bytes:
    """Leaves it out, puts it twice, or cuts it short, while what stands around it says nothing of that."""
    piece = data[item.start : item.end]
    return (b"", piece * 2, piece[: chance.randrange(len(piece))])[chance.randrange(3)]


BENDS: tuple[Bend, ...] = (retyped, spliced, spliced, overlong, said_huge, nested, not_text, flipped, flipped, gone)


def hostile(samples: Sequence[bytes], tries: int, chance: random.Random) -> Iterator[bytes]:
    """Yields so many byte strings that are none of the samples: bent at their items, cut off, or joined."""
    known = [Sample(data, items(data)) for data in samples]
    good = set(samples)
    left = tries
    while left:
        sample, other = chance.choice(known), chance.choice(known)
        made = sample.data
        kind = chance.randrange(24)
        if kind == 0:
            made = made[: chance.choice(sample.items).start]
        elif kind == 1:
            made += other.data[chance.choice(other.items).start :]
        else:
            # From behind, so that the places of the items before it still hold.
            chosen = chance.sample(sample.items, chance.choice((1, 1, 1, 2, 3)))
            for item in sorted(chosen, key=lambda found: -found.start):
                made = made[: item.start] + chance.choice(BENDS)(sample.data, item, chance, other) + made[item.end :]
        if made not in good:
            left -= 1
            yield made
