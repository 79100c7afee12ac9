"""The protobuf codec: canonical bytes as other implementations write them, and refusals for everything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import protobuf as pb

from autochain.onchain.ledger import header
from autochain.onchain.ledger.ics23 import CommitmentProof
from autochain.onchain.ledger.protobuf import BAD_PROTOBUF, Field, Message, delimited, encode_time, varint
from autochain.onchain.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Leaf(Message):
    text: str = ""
    FIELDS: ClassVar = (Field(1, "text", "string"),)


@dataclass(frozen=True, slots=True)
class Whole(Message):
    count: int = 0
    signed: int = 0
    fixed: int = 0
    data: bytes = b""
    time_ns: int = 0
    leaf: Leaf = Leaf()
    maybe: Leaf | None = None
    leaves: tuple[Leaf, ...] = ()
    chunks: tuple[bytes, ...] = ()
    FIELDS: ClassVar = (
        Field(1, "count", "uint"),
        Field(2, "signed", "int64"),
        Field(3, "fixed", "sfixed64"),
        Field(4, "data", "bytes"),
        Field(5, "time_ns", "time", always=True),
        Field(6, "leaf", "message", Leaf),
        Field(7, "maybe", "message", Leaf, optional=True),
        Field(8, "leaves", "message", Leaf, repeated=True),
        Field(200, "chunks", "bytes", repeated=True),
    )


@dataclass(frozen=True, slots=True)
class Nested(Message):
    deeper: Nested | None = None
    FIELDS: ClassVar[tuple[Field, ...]] = ()


Nested.FIELDS = (Field(1, "deeper", "message", Nested, optional=True),)

U64 = st.integers(min_value=0, max_value=2**64 - 1)
I64 = st.integers(min_value=-(2**63), max_value=2**63 - 1)
TIMES = st.integers(min_value=-62_135_596_800 * 10**9, max_value=253_402_300_799 * 10**9 + 999_999_999)
LEAVES = st.builds(Leaf, st.text(max_size=8))
WHOLES = st.builds(
    Whole,
    U64,
    I64,
    I64,
    st.binary(max_size=200),
    TIMES,
    LEAVES,
    st.none() | LEAVES,
    st.lists(LEAVES, max_size=3).map(tuple),
    st.lists(st.binary(max_size=5), max_size=3).map(tuple),
)
EVERY = Whole(1, -1, -2, b"d", 1_500_000_000, Leaf("x"), Leaf(), (Leaf("a"), Leaf()), (b"", b"c"))


def refused(data: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        Whole.decode(data)
    assert caught.value.reason == BAD_PROTOBUF
    return caught.value.detail


@given(WHOLES)
def test_a_message_reads_back_as_it_was_written(message: Whole) -> None:
    assert Whole.decode(message.encode()) == message


@given(WHOLES)
def test_a_message_is_written_as_the_oracle_writes_it(message: Whole) -> None:
    seconds, nanos = divmod(message.time_ns, 10**9)
    time = pb.integer(1, seconds) + pb.integer(2, nanos)
    leaf = pb.blob(1, message.leaf.text.encode())
    expected = (
        pb.integer(1, message.count)
        + pb.integer(2, message.signed)
        + pb.sfixed64(3, message.fixed)
        + pb.blob(4, message.data)
        + pb.message(5, time)
        + (pb.message(6, leaf) if leaf else b"")
        + (pb.message(7, pb.blob(1, message.maybe.text.encode())) if message.maybe is not None else b"")
        + b"".join(pb.message(8, pb.blob(1, item.text.encode())) for item in message.leaves)
        + b"".join(pb.message(200, chunk) for chunk in message.chunks)
    )
    assert message.encode() == expected


@given(I64)
def test_numbers_and_lengths_are_written_as_the_oracle_writes_them(number: int) -> None:
    assert varint(number) == pb.uvarint(number)
    assert delimited(b"x" * (number & 511)) == pb.delimited(b"x" * (number & 511))


def test_a_time_is_written_in_seconds_and_nanoseconds() -> None:
    assert encode_time(0) == b""
    assert encode_time(1_000_000_001).hex() == "08011001"
    assert encode_time(-1) == pb.integer(1, -1) + pb.integer(2, 999_999_999)


TIME = "2a06" + "080110" + "80cab5ee01"


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("a longer number", "088100" + "2a00"),
        ("a zero that is written", "0800" + "2a00"),
        ("empty bytes that are written", "2200" + "2a00"),
        ("an empty message that is written", "2a00" + "3200"),
        ("a field twice", "0801" + "0801" + "2a00"),
        ("fields out of order", "2201ff" + "0801" + "2a00"),
        ("the required field absent", "0801"),
        ("an unknown field", "2a00" + "4a00"),
        ("field number zero", "0000" + "2a00"),
        ("another wire type for the field", "0a01ff" + "2a00"),
        ("a number in 32 bits", "0d01000000" + "2a00"),
        ("a group", "0b0c" + "2a00"),
        ("a longer key", "8800" + "01" + "2a00"),
        ("a longer length", "22810064" + "2a00"),
        ("a number of 65 bits", "08" + "ff" * 9 + "02" + "2a00"),
        ("a number without end", "08" + "ff" * 11 + "2a00"),
        ("a length beyond the end", "22" + "05" + "ff"),
        ("a length of 64 bits", "22" + "ff" * 9 + "01"),
        ("a fixed number cut off", "2a00" + "19ffffff"),
        ("a key alone", "2a00" + "22"),
        ("text that is not UTF-8", "2a00" + "3203" + "0a01ff"),
        ("a time with a whole second of nanoseconds", "2a06" + "10" + "8094ebdc03"),
        ("a time with negative nanoseconds", "2a0b" + "10" + "ff" * 9 + "01"),
        ("a time whose seconds are bytes", "2a03" + "0a01ff"),
        ("a time whose nanoseconds stand first", "2a04" + "1001" + "0801"),
        ("a time with a third field", "2a02" + "1801"),
        ("a fixed number within a time", "2a09" + "09" + "01" + "00" * 7),
    ],
)
def test_what_is_not_the_canonical_message_is_refused(what: str, data: str) -> None:
    refused(bytes.fromhex(data))


def test_a_message_nested_too_deep_is_refused() -> None:
    made = Nested()
    for _ in range(15):
        made = Nested(made)
    assert Nested.decode(made.encode()) == made
    with pytest.raises(Refusal) as caught:
        Nested.decode(Nested(made).encode())
    assert caught.value.detail == "nested too deep"
    deep = b""
    for _ in range(2000):
        deep = b"\x0a" + delimited(deep)
    with pytest.raises(Refusal):
        Nested.decode(deep)


@pytest.mark.parametrize("length", range(len(EVERY.encode())))
def test_a_message_that_is_cut_off_is_another_message_or_refused(length: int) -> None:
    try:
        assert Whole.decode(EVERY.encode()[:length]) != EVERY
    except Refusal as refusal:
        assert refusal.reason == BAD_PROTOBUF


@given(st.binary(max_size=60))
def test_strangers_bytes_are_a_message_or_a_refusal(data: bytes) -> None:
    for kind in (Whole, header.LightBlock, header.Block, CommitmentProof):
        try:
            read = kind.decode(data)
        except Refusal as refusal:
            assert refusal.reason == BAD_PROTOBUF
        else:
            assert read.encode() == data


@given(WHOLES, st.data())
def test_a_changed_message_reads_back_to_its_own_bytes_or_is_refused(message: Whole, data: st.DataObject) -> None:
    changed = bytearray(message.encode())
    place = data.draw(st.integers(min_value=0, max_value=len(changed) - 1))
    changed[place] ^= data.draw(st.integers(min_value=1, max_value=255))
    try:
        read = Whole.decode(bytes(changed))
    except Refusal:
        return
    assert read != message
    assert read.encode() == bytes(changed)


def test_a_refusal_of_a_message_names_its_remedy() -> None:
    assert BAD_PROTOBUF.remedy
