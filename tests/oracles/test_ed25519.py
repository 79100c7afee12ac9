"""Tests the ZIP-215 verification of the oracles against CometBFT's and libsodium's."""

from hypothesis import given
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from oracles import ed25519, vectors


def _verify(public_key: str, message: str, signature: str) -> bool:
    return ed25519.verify(
        public_key=bytes.fromhex(public_key), message=bytes.fromhex(message), signature=bytes.fromhex(signature)
    )


def test_every_verdict_is_that_of_cometbft() -> None:
    for case in vectors.load("ed25519_zip215")["cases"]:
        assert _verify(case["public_key"], case["message"], case["signature"]) == case["verify"], case["name"]


def test_every_pair_of_small_order_points_has_the_verdict_of_cometbft() -> None:
    known = vectors.load("ed25519_zip215")
    points, zero = known["small_order_points"], "00" * 32
    for public_key, row in zip(points, known["small_order_rows"], strict=True):
        assert [_verify(public_key, known["message"], point + zero) for point in points] == row


def test_libsodium_alone_would_refuse_what_cometbft_accepts() -> None:
    refused = []
    for case in vectors.load("ed25519_zip215")["cases"]:
        try:
            VerifyKey(bytes.fromhex(case["public_key"])).verify(
                bytes.fromhex(case["message"]), bytes.fromhex(case["signature"])
            )
        except (BadSignatureError, ValueError):
            refused += [case["name"]] if case["verify"] else []
    assert refused, "the vectors hold no signature that needs the ZIP-215 rule"


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=100), bit=st.integers(0, 511))
def test_what_libsodium_signs_verifies_and_one_changed_bit_does_not(seed: bytes, message: bytes, bit: int) -> None:
    key = SigningKey(seed)
    signature = key.sign(message).signature
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert ed25519.verify(public_key=bytes(key.verify_key), message=message, signature=signature)
    assert not ed25519.verify(public_key=bytes(key.verify_key), message=message, signature=bytes(changed))
