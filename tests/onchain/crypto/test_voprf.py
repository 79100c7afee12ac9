"""The verifying half of the VOPRF: strict about elements, scalars and proofs; held against RFC 9380 and RFC 9497."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.crypto import ristretto255 as group
from autochain.onchain.crypto import voprf

ORDER = 2**252 + 27742317777372353535851937790883648493
BASE = bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")
PUBLIC = bytes.fromhex("c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e")
BLINDED = [
    bytes.fromhex("863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"),
    bytes.fromhex("90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654"),
]
EVALUATED = [
    bytes.fromhex("aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e"),
    bytes.fromhex("cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a"),
]
PROOF = bytes.fromhex(
    "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
    "5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08"
)
"""The batch of two in appendix A.1.2 of RFC 9497."""

NO_ELEMENTS = [
    "0000000000000000000000000000000000000000000000000000000000000000",  # The identity.
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",  # Non-canonical field elements.
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",  # Negative field elements.
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",  # Non-square x^2.
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",  # Negative xy.
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  # s = -1, which gives y = 0.
]
"""Of each kind of bad encoding in appendix A.2 of RFC 9496, at least one."""


def scalar(number: int) -> bytes:
    return number.to_bytes(32, "little")


@pytest.mark.parametrize(
    ("message", "length", "uniform"),
    [
        (b"", 32, "6b9a7312411d92f921c6f68ca0b6380730a1a4d982c507211a90964c394179ba"),
        (b"abc", 32, "0da749f12fbe5483eb066a5f595055679b976e93abe9be6f0f6318bce7aca8dc"),
        (
            b"",
            128,
            "41b037d1734a5f8df225dd8c7de38f851efdb45c372887be655212d07251b921"
            "b052b62eaed99b46f72f2ef4cc96bfaf254ebbbec091e1a3b9e4fb5e5b619d2e"
            "0c5414800a1d882b62bb5cd1778f098b8eb6cb399d5d9d18f5d5842cf5d13d7e"
            "b00a7cff859b605da678b318bd0e65ebff70bec88c753b159a805d2c89c55961",
        ),
    ],
)
def test_messages_are_expanded_as_in_rfc_9380(message: bytes, length: int, uniform: str) -> None:
    """Appendix K.3."""
    tag = b"QUUX-V01-CS02-with-expander-SHA512-256"
    assert voprf.expand_message_xmd(message, tag=tag, length=length).hex() == uniform


@pytest.mark.parametrize("text", NO_ELEMENTS)
def test_what_is_no_element_of_the_group_is_none(text: str) -> None:
    assert not group.is_element(bytes.fromhex(text))


@pytest.mark.parametrize("data", [b"", BASE[:31], BASE + b"\x00", BASE * 2], ids=["none", "short", "long", "two"])
def test_an_element_has_32_bytes(data: bytes) -> None:
    assert not group.is_element(data)


def test_the_generator_is_that_of_rfc_9496() -> None:
    assert group.times_base(group.ONE) == BASE
    assert group.is_element(BASE)
    assert group.times_base(group.ZERO) == group.IDENTITY


@pytest.mark.parametrize("number", [0, 1, ORDER - 1])
def test_a_number_below_the_order_is_a_scalar(number: int) -> None:
    assert group.is_scalar(scalar(number))


@pytest.mark.parametrize("number", [ORDER, ORDER + 1, 2**252 * 2, 2**255, 2**256 - 1])
def test_a_number_that_is_not_below_the_order_is_no_scalar(number: int) -> None:
    assert not group.is_scalar(scalar(number))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_scalar_has_32_bytes(length: int) -> None:
    assert not group.is_scalar(bytes(length))


@given(a=st.integers(0, ORDER - 1), b=st.integers(1, ORDER - 1), wide=st.binary(min_size=64, max_size=64))
def test_scalars_are_the_numbers_modulo_the_order(a: int, b: int, wide: bytes) -> None:
    assert group.scalar_add(scalar(a), scalar(b)) == scalar((a + b) % ORDER)
    assert group.scalar_sub(scalar(a), scalar(b)) == scalar((a - b) % ORDER)
    assert group.scalar_mul(scalar(a), scalar(b)) == scalar(a * b % ORDER)
    assert group.inverse(scalar(b)) == scalar(pow(b, -1, ORDER))
    assert group.reduced(wide) == scalar(int.from_bytes(wide, "little") % ORDER)
    assert group.times(scalar(b), group.times_base(scalar(a))) == group.times_base(scalar(a * b % ORDER))


def test_the_published_proof_holds() -> None:
    assert voprf.verify(PUBLIC, BLINDED, EVALUATED, PROOF)


def test_a_proof_covers_the_whole_batch_in_its_order_and_no_other_key() -> None:
    assert not voprf.verify(PUBLIC, BLINDED[:1], EVALUATED[:1], PROOF)
    assert not voprf.verify(PUBLIC, BLINDED[::-1], EVALUATED[::-1], PROOF)
    assert not voprf.verify(PUBLIC, BLINDED, EVALUATED[::-1], PROOF)
    assert not voprf.verify(PUBLIC, BLINDED, EVALUATED[:1], PROOF)
    assert not voprf.verify(PUBLIC, [], [], PROOF)
    assert not voprf.verify(BASE, BLINDED, EVALUATED, PROOF)


@given(place=st.integers(0, 511))
def test_a_proof_with_one_bit_changed_does_not_hold(place: int) -> None:
    changed = bytearray(PROOF)
    changed[place >> 3] ^= 1 << (place & 7)
    assert not voprf.verify(PUBLIC, BLINDED, EVALUATED, bytes(changed))


def test_a_response_written_as_a_larger_number_does_not_hold() -> None:
    """It is the same modulo the order, so that only strict reading tells it from the true one."""
    challenge, response = PROOF[:32], int.from_bytes(PROOF[32:], "little")
    assert not voprf.verify(PUBLIC, BLINDED, EVALUATED, challenge + scalar(response + ORDER))


@pytest.mark.parametrize("text", ["", *NO_ELEMENTS])
def test_a_proof_about_what_is_no_element_does_not_hold(text: str) -> None:
    bad = bytes.fromhex(text)
    assert not voprf.verify(bad, BLINDED, EVALUATED, PROOF)
    assert not voprf.verify(PUBLIC, [BLINDED[0], bad], EVALUATED, PROOF)
    assert not voprf.verify(PUBLIC, BLINDED, [bad, EVALUATED[1]], PROOF)


@given(st.binary(max_size=70), st.lists(st.binary(max_size=33), max_size=3), st.lists(st.binary(max_size=33)))
def test_nothing_that_others_send_makes_it_fail(proof: bytes, blinded: list[bytes], evaluated: list[bytes]) -> None:
    assert not voprf.verify(PUBLIC, blinded, evaluated, proof)


def test_zero_proves_nothing() -> None:
    """With key, elements and nonce at the identity, every equation would hold by itself."""
    challenge = voprf.challenge(*[group.IDENTITY] * 5)
    assert not voprf.verify(group.IDENTITY, [group.IDENTITY], [group.IDENTITY], challenge + group.ZERO)
