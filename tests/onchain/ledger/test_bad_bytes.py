"""Bytes that are no transaction: each kind is refused by mempool, block and query alike, with what helps against it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from autochain.onchain.codec import NOT_CANONICAL, NOT_DECODABLE, TOO_LONG
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.refusals import Reason, Refusal
from chains import Harness

HARNESS = Harness()
GOOD = HARNESS.sign(HARNESS.treasury, Transfer(HARNESS.operator.account, 1))
LIMIT = HARNESS.machine.spec.limits.transaction_bytes
CHAIN, EXPIRY, FEE, MESSAGES, PROOF = range(5)
"""The places of a transaction's fields."""


def with_field(*place: int, value: Any) -> bytes:
    """Writes the good transaction with another value at a place within it."""
    whole = msgspec.msgpack.decode(GOOD)
    inner = whole
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    made = msgspec.msgpack.encode(whole)
    assert made != GOOD
    return made


def with_bytes(old: bytes, new: bytes) -> bytes:
    """Gives the good transaction with some of its bytes replaced, which stand in it once."""
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


AMOUNT = GOOD[GOOD.index(b"token/Transfer") + 14 + 22 :][:1]
PAID = HARNESS.operator.account + AMOUNT
"""The payee and, as one byte, the amount of 1."""
CHAIN_ID = b"\xa9main-test"

BAD: list[tuple[str, bytes, Reason]] = [
    ("nothing", b"", NOT_DECODABLE),
    ("a trailing byte", GOOD + b"\x00", NOT_DECODABLE),
    ("a second transaction behind", GOOD + GOOD, NOT_DECODABLE),
    ("a text written longer than it needs", with_bytes(CHAIN_ID, b"\xd9\x09main-test"), NOT_CANONICAL),
    ("an array written longer than it needs", b"\xdc\x00\x05" + GOOD[1:], NOT_CANONICAL),
    ("an amount written longer than it needs", with_bytes(PAID, PAID[:-1] + b"\xcd\x00\x01"), NOT_CANONICAL),
    ("a default left out", msgspec.msgpack.encode([*msgspec.msgpack.decode(GOOD)[:4],
        msgspec.msgpack.decode(GOOD)[4][:4]]), NOT_CANONICAL),
    ("a byte more than allowed", bytes(LIMIT + 1), TOO_LONG),
    ("a megabyte of the good transaction", GOOD * (1 + 2**20 // len(GOOD)), TOO_LONG),
    ("an amount below zero", with_field(MESSAGES, 0, 2, value=-1), NOT_DECODABLE),
    ("an amount of 2^63", with_field(MESSAGES, 0, 2, value=2**63), NOT_DECODABLE),
    ("an amount of 2^64 - 1", with_field(MESSAGES, 0, 2, value=2**64 - 1), NOT_DECODABLE),
    ("an amount beyond 64 bits", with_bytes(PAID, PAID[:-1] + b"\xc7\x09\x00\x01" + bytes(8)), NOT_DECODABLE),
    ("an amount as a fraction", with_field(MESSAGES, 0, 2, value=1.0), NOT_DECODABLE),
    ("a fee of 2^64 - 1", with_field(FEE, value=2**64 - 1), NOT_DECODABLE),
    ("an expiry of 2^64 - 1", with_field(EXPIRY, value=2**64 - 1), NOT_DECODABLE),
    ("a sequence of 2^64 - 1", with_field(PROOF, 2, value=2**64 - 1), NOT_DECODABLE),
    ("a sequence below zero", with_field(PROOF, 2, value=-1), NOT_DECODABLE),
    ("a message of no contract", with_field(MESSAGES, 0, 0, value="token/Mint"), NOT_DECODABLE),
    ("a message that only contracts send", with_field(MESSAGES, 0, 0, value="money/Pay"), NOT_DECODABLE),
    ("an event for a message", with_field(MESSAGES, 0, 0, value="token/Transferred"), NOT_DECODABLE),
    ("a message without a name", with_field(MESSAGES, 0, value=[]), NOT_DECODABLE),
    ("65 messages", with_field(MESSAGES, value=msgspec.msgpack.decode(GOOD)[MESSAGES] * 65), NOT_DECODABLE),
    ("nine signatures", with_field(PROOF, 3, value=msgspec.msgpack.decode(GOOD)[PROOF][3] * 9), NOT_DECODABLE),
    ("an account of 19 bytes", with_field(MESSAGES, 0, 1, value=bytes(19)), NOT_DECODABLE),
    ("nesting without end", b"\x91" * LIMIT, NOT_DECODABLE),
    ("maps in maps without end", b"\x81" * LIMIT, NOT_DECODABLE),
    ("nesting without end inside", GOOD[:-1] + b"\x91" * (LIMIT - len(GOOD)), NOT_DECODABLE),
    ("four billion messages", b"\x95" + CHAIN_ID + b"\x01\x01\xdd\xff\xff\xff\xff", NOT_DECODABLE),
    ("a text of four billion bytes", b"\x95\xdb\xff\xff\xff\xff", NOT_DECODABLE),
    ("a chain that is not UTF-8", with_bytes(CHAIN_ID, b"\xa9main-\xff\xfest"), NOT_DECODABLE),
    ("a chain with a surrogate", with_bytes(CHAIN_ID, b"\xa9main-\xed\xa0\x80t"), NOT_DECODABLE),
    ("a message named in bytes that are not UTF-8", with_bytes(b"token/Transfer", b"token/Transfe\xff"), NOT_DECODABLE),
    ("a chain of 51 letters", with_field(CHAIN, value="x" * 51), NOT_DECODABLE),
]  # fmt: skip


def refusal_of(data: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        HARNESS.check(data)
    return caught.value


def test_the_transaction_that_all_these_come_from_would_happen() -> None:
    fresh = Harness()
    assert (AMOUNT, fresh.check(GOOD).sequence) == (b"\x01", 1)
    assert fresh.block(GOOD)[0].code == 0


@pytest.mark.parametrize(("what", "data", "reason"), BAD, ids=[what for what, _, _ in BAD])
def test_bytes_that_are_no_transaction_are_refused_with_a_remedy(what: str, data: bytes, reason: Reason) -> None:
    before = dict(HARNESS.store.pairs)
    refusal = refusal_of(data)
    assert refusal.reason == reason
    assert refusal.remedy.endswith(".")
    assert refusal.remedy in str(refusal)
    (result,) = HARNESS.block(data)
    assert (result.codespace, result.code, result.remedy) == (reason.codespace, reason.code, reason.remedy)
    assert (result.weight_used, result.data) == (0, b"")
    assert not HARNESS.machine.process([data], height=1, time_ms=HARNESS.now_ms)
    assert HARNESS.machine.prepare([data], height=1, time_ms=HARNESS.now_ms).chosen == []
    with pytest.raises(Refusal) as caught:
        HARNESS.machine.query(data)
    assert caught.value.reason in (reason, NOT_DECODABLE)
    assert HARNESS.store.pairs == before


def test_a_transaction_cut_off_anywhere_is_refused() -> None:
    for length in range(len(GOOD)):
        assert refusal_of(GOOD[:length]).reason == NOT_DECODABLE


def test_a_transaction_with_a_byte_behind_or_before_it_is_refused() -> None:
    for byte in range(256):
        assert refusal_of(GOOD + bytes([byte])).reason == NOT_DECODABLE
        assert refusal_of(bytes([byte]) + GOOD).codespace == "codec"
