"""Tests the reader and writer of the protobuf wire format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracles import protobuf as pb


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_reads_back_as_written(value: int) -> None:
    assert pb.Fields(pb.integer(3, value)).int64(3) == value


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_repeated_bytes_read_back_in_order(values: list[bytes]) -> None:
    assert pb.Fields(b"".join(pb.message(2, value) for value in values)).blobs(2) == values


def test_the_documented_example_of_a_long_length_holds() -> None:
    assert pb.delimited(bytes(300))[:2] == bytes.fromhex("ac02")


def test_zero_and_empty_fields_are_left_out_but_embedded_messages_stay() -> None:
    assert pb.integer(1, 0) + pb.sfixed64(2, 0) + pb.blob(3, b"") == b""
    assert pb.message(4, b"") == bytes.fromhex("2200")


def test_the_last_of_a_scalar_counts_and_repeated_messages_merge() -> None:
    assert pb.Fields(pb.integer(1, 5) + pb.integer(1, 7)).uint64(1) == 7
    merged = pb.Fields(pb.message(1, pb.integer(1, 5)) + pb.message(1, pb.integer(2, 6))).message(1)
    assert (merged.uint64(1), merged.uint64(2)) == (5, 6)


@pytest.mark.parametrize(
    "encoded",
    ["0a", "0a05ff", "08", "0880", "08" + "ff" * 11, "09ffffff", "0b", "0c", "0f", "00", "0001"],
)
def test_bytes_that_are_no_message_are_refused(encoded: str) -> None:
    with pytest.raises(ValueError):
        pb.Fields(bytes.fromhex(encoded))


def test_a_field_of_another_wire_type_is_refused() -> None:
    with pytest.raises(ValueError, match="wire type"):
        pb.Fields(pb.integer(1, 5)).blob(1)
