"""Ed25519 by libsodium's rules: strict about keys and signatures, and never more lenient than CometBFT."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import ed25519 as oracle
from oracles import vectors

from autochain.onchain.crypto import PublicKey, check_key, ed25519, suites
from autochain.onchain.refusals import Refusal
from autochain.privacy import ed25519 as secret

KNOWN = vectors.load("ed25519_zip215")
SEEDS = st.binary(min_size=32, max_size=32)
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493


@given(SEEDS, st.binary(max_size=100), st.binary(max_size=100))
def test_a_signature_holds_for_its_message_and_no_other(seed: bytes, message: bytes, other: bytes) -> None:
    key, signature = secret.public_key(seed).data, secret.sign(seed, message)
    assert ed25519.is_key(key)
    assert ed25519.verify(key, message, signature)
    assert ed25519.verify(key, other, signature) == (other == message)
    assert oracle.verify(public_key=key, message=message, signature=signature)


@given(SEEDS, st.integers(min_value=0, max_value=511))
def test_a_signature_with_one_bit_changed_does_not_hold(seed: bytes, bit: int) -> None:
    signature = bytearray(secret.sign(seed, b"message"))
    signature[bit >> 3] ^= 1 << (bit & 7)
    assert not ed25519.verify(secret.public_key(seed).data, b"message", bytes(signature))


@pytest.mark.parametrize("case", vectors.cases("ed25519_zip215"))
def test_what_holds_here_holds_for_cometbft_and_only_mixed_orders_differ(case: dict[str, Any]) -> None:
    key, message, signature = (bytes.fromhex(case[name]) for name in ("public_key", "message", "signature"))
    holds = ed25519.verify(key, message, signature)
    assert case["verify"] or not holds
    assert holds or not case["verify"] or "mixed order" in case["name"]


@pytest.mark.parametrize("point", KNOWN["small_order_points"])
def test_a_point_of_small_order_is_no_key_and_signs_nothing(point: str) -> None:
    key = bytes.fromhex(point)
    assert not ed25519.is_key(key)
    for other in KNOWN["small_order_points"]:
        assert not ed25519.verify(key, KNOWN["message"].encode(), bytes.fromhex(other) + bytes(32))
    with pytest.raises(Refusal) as caught:
        check_key(PublicKey(1, key))
    assert caught.value.reason == suites.BAD_KEY


def test_a_key_of_mixed_order_is_no_key() -> None:
    """Whether libsodium lets such a key sign hangs on the message, so no account may have one."""
    mixed = [
        bytes.fromhex(case["public_key"]) for case in KNOWN["cases"] if case["name"].startswith("key of mixed order")
    ]
    assert len(mixed) == 7
    assert not any(ed25519.is_key(key) for key in mixed)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_of_another_length_is_no_key(length: int) -> None:
    key = secret.public_key(b"s" * 32).data
    wrong = (key + key)[:length]
    assert not ed25519.is_key(wrong)
    assert not ed25519.verify(wrong, b"message", secret.sign(b"s" * 32, b"message"))


@pytest.mark.parametrize("length", [0, 1, 63, 65, 128])
def test_a_signature_of_another_length_does_not_hold(length: int) -> None:
    signature = secret.sign(b"s" * 32, b"message")
    assert not ed25519.verify(secret.public_key(b"s" * 32).data, b"message", (signature + signature)[:length])


def test_the_last_byte_of_a_signature_does_not_move_into_the_message() -> None:
    """libsodium takes signature and message in one string, so their lengths must be checked apart."""
    key, signature = secret.public_key(b"s" * 32).data, secret.sign(b"s" * 32, b"message")
    assert not ed25519.verify(key, b"essage", signature + b"m")
    assert not ed25519.verify(key, signature[-1:] + b"message", signature[:-1])


def test_a_scalar_above_the_group_order_does_not_hold() -> None:
    key, signature = secret.public_key(b"s" * 32).data, secret.sign(b"s" * 32, b"message")
    scalar = int.from_bytes(signature[32:], "little")
    assert not ed25519.verify(key, b"message", signature[:32] + (scalar + GROUP_ORDER).to_bytes(32, "little"))


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=10), st.binary(min_size=64, max_size=64))
def test_any_bytes_are_answered_without_an_exception(key: bytes, message: bytes, signature: bytes) -> None:
    assert not ed25519.verify(key, message, signature)
    ed25519.is_key(key)
