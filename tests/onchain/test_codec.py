"""Canonical bytes: a decoder takes the one encoding of a record and refuses everything else."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autochain.onchain.codec import NOT_CANONICAL, NOT_DECODABLE, TOO_LONG, Codec, Record, encode, tag_of
from autochain.onchain.refusals import Reason, Refusal


class Inner(Record, frozen=True):
    name: str
    places: tuple[int, ...] = ()


class Left(Record, frozen=True, tag="shape/Left"):
    data: bytes


class Right(Record, frozen=True, tag="shape/Right"):
    inner: Inner
    seen: bool


class Whole(Record, frozen=True):
    number: int
    text: str
    data: Annotated[bytes, msgspec.Meta(max_length=40)]
    inner: Inner
    either: Left | Right
    maybe: int | None = None


class Chain(Record, frozen=True):
    deeper: Chain | None


CODEC: Codec[Whole] = Codec(Whole, max_bytes=1000)
CHAIN: Codec[Chain] = Codec(Chain, max_bytes=1_000_000)

NUMBERS = st.integers(min_value=-(2**63), max_value=2**64 - 1)
INNERS = st.builds(Inner, st.text(max_size=10), st.lists(NUMBERS, max_size=4).map(tuple))
WHOLES = st.builds(
    Whole,
    NUMBERS,
    st.text(max_size=20),
    st.binary(max_size=40),
    INNERS,
    st.one_of(st.builds(Left, st.binary(max_size=20)), st.builds(Right, INNERS, st.booleans())),
    st.one_of(st.none(), NUMBERS),
)
SMALL = Whole(1, "x", b"y", Inner("z", (2,)), Left(b"!"))
BYTES = encode(SMALL)


def refusal_of(codec: Codec[Whole], data: bytes) -> Reason:
    with pytest.raises(Refusal) as caught:
        codec.decode(data)
    return caught.value.reason


@given(WHOLES)
def test_a_record_reads_back_as_it_was_written(record: Whole) -> None:
    data = CODEC.encode(record)
    assert CODEC.decode(data) == record
    assert CODEC.trusted(data) == record
    assert encode(record) == data


def test_a_record_is_an_array_of_its_fields() -> None:
    assert BYTES.hex() == "9601a178c4017992a17a910292aa73686170652f4c656674c40121c0"


@pytest.mark.parametrize(
    ("place", "shortest", "longer"),
    [
        (1, "01", "cc01"),
        (1, "01", "cd0001"),
        (1, "01", "ce00000001"),
        (1, "01", "cf0000000000000001"),
        (1, "01", "d001"),
        (1, "01", "d10001"),
        (1, "01", "d200000001"),
        (1, "01", "d30000000000000001"),
        (2, "a178", "d90178"),
        (2, "a178", "da000178"),
        (2, "a178", "db0000000178"),
        (4, "c40179", "c5000179"),
        (4, "c40179", "c60000000179"),
        (0, "96", "dc0006"),
        (0, "96", "dd00000006"),
        (10, "91", "dc0001"),
    ],
)
def test_a_longer_way_to_write_the_same_is_refused(place: int, shortest: str, longer: str) -> None:
    old = bytes.fromhex(shortest)
    assert BYTES[place : place + len(old)] == old
    changed = BYTES[:place] + bytes.fromhex(longer) + BYTES[place + len(old) :]
    assert CODEC.trusted(changed) == SMALL
    assert refusal_of(CODEC, changed) == NOT_CANONICAL


def test_a_default_value_that_is_left_out_is_refused() -> None:
    without = b"\x95" + BYTES[1:-1]
    assert CODEC.trusted(without) == SMALL
    assert refusal_of(CODEC, without) == NOT_CANONICAL


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("nothing", b""),
        ("a trailing byte", BYTES + b"\x00"),
        ("a second record behind", BYTES + BYTES),
        ("a float for an integer", BYTES.replace(b"\x96\x01", b"\x96\xcb" + bytes.fromhex("3ff0000000000000"))),
        ("a short float for an integer", BYTES.replace(b"\x96\x01", b"\x96\xca" + bytes.fromhex("3f800000"))),
        ("not a number", BYTES.replace(b"\x96\x01", b"\x96\xcb" + bytes.fromhex("7ff8000000000000"))),
        ("true for an integer", BYTES.replace(b"\x96\x01", b"\x96\xc3")),
        ("nothing for an integer", BYTES.replace(b"\x96\x01", b"\x96\xc0")),
        ("an extension type for an integer", BYTES.replace(b"\x96\x01", b"\x96\xd6\xff\x00\x00\x00\x00")),
        ("bytes for a text", BYTES.replace(b"\xa1x", b"\xc4\x01x")),
        ("a text for bytes", BYTES.replace(b"\xc4\x01y", b"\xa1y")),
        ("a map for a record", b"\x86" + BYTES[1:]),
        ("a field too many", b"\x97" + BYTES[1:] + b"\xc0"),
        ("an unknown tag", BYTES.replace(b"shape/Left", b"shape/Leaf")),
        ("a number for a tag", BYTES.replace(b"\xaashape/Left", b"\x01")),
        ("41 bytes where 40 may stand", BYTES.replace(b"\xc4\x01y", b"\xc4\x29" + b"y" * 41)),
        ("an unused first byte", b"\xc1"),
        ("an array said to have four billion items", b"\xdd\xff\xff\xff\xff"),
        ("bytes said to be four billion", BYTES[:4] + b"\xc6\xff\xff\xff\xff"),
        ("text that is not UTF-8", BYTES.replace(b"\xa1x", b"\xa1\xff")),
        ("text cut within a letter", BYTES.replace(b"\xa1x", b"\xa1\xc3")),
        ("text with a surrogate", BYTES.replace(b"\xa1x", b"\xa3\xed\xa0\x80")),
        ("text with an overlong letter", BYTES.replace(b"\xa1x", b"\xa2\xc1\xa1")),
    ],
)
def test_what_is_no_such_record_is_refused(what: str, data: bytes) -> None:
    assert data != BYTES
    assert refusal_of(CODEC, data) == NOT_DECODABLE


@pytest.mark.parametrize("length", range(len(BYTES)))
def test_a_record_that_is_cut_off_is_refused(length: int) -> None:
    assert refusal_of(CODEC, BYTES[:length]) == NOT_DECODABLE


def test_a_record_longer_than_allowed_is_refused_before_it_is_read() -> None:
    exact: Codec[Whole] = Codec(Whole, max_bytes=len(BYTES))
    assert exact.decode(BYTES) == SMALL
    tight: Codec[Whole] = Codec(Whole, max_bytes=len(BYTES) - 1)
    assert refusal_of(tight, BYTES) == TOO_LONG
    assert refusal_of(tight, b"\xc1" * len(BYTES)) == TOO_LONG


@pytest.mark.parametrize("opening", [b"\x91", b"\x81", b"\xdc\x00\x01"])
def test_a_record_nested_without_end_is_refused(opening: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        CHAIN.decode(opening * 100_000)
    assert caught.value.reason == NOT_DECODABLE


def test_nesting_that_ends_is_read() -> None:
    record = None
    for _ in range(20):
        record = Chain(record)
    assert CHAIN.decode(encode(record)) == record


@given(st.binary(max_size=200))
@example(b"\x96\x01\xa1\xff")
def test_strangers_bytes_are_a_record_or_a_refusal(data: bytes) -> None:
    try:
        record = CODEC.decode(data)
    except Refusal:
        return
    assert CODEC.encode(record) == data


@given(WHOLES, st.data())
def test_a_changed_record_reads_back_to_its_own_bytes_or_is_refused(record: Whole, data: st.DataObject) -> None:
    changed = bytearray(CODEC.encode(record))
    place = data.draw(st.integers(min_value=0, max_value=len(changed) - 1))
    changed[place] ^= data.draw(st.integers(min_value=1, max_value=255))
    try:
        other = CODEC.decode(bytes(changed))
    except Refusal:
        return
    assert other != record
    assert CODEC.encode(other) == bytes(changed)


def test_a_refusal_names_its_remedy() -> None:
    for reason in (NOT_DECODABLE, NOT_CANONICAL, TOO_LONG):
        assert reason.codespace == "codec"
        assert reason.remedy
        assert str(reason("detail")) == f"{reason.text} (detail) {reason.remedy} [codec/{reason.code}]"


def test_a_record_is_tagged_by_its_folder_and_its_class() -> None:
    assert tag_of("autochain.onchain.contracts.energy.messages")("PlaceOrder") == "energy/PlaceOrder"
