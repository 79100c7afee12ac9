"""ML-DSA-65 by the published vectors of its key generation, and the hybrid, of which no half is enough."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.suites import VECTORS, records

from autochain.onchain.crypto import ed25519, hybrid, ml_dsa
from autochain.privacy import hybrid as hybrid_secret
from autochain.privacy import ml_dsa as secret

KAT = VECTORS / "asymmetric" / "MLDSA" / "kat_MLDSA_65_det_pure.rsp"
SEEDS = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize("case", records(KAT.read_text("utf-8"), begin="count")[:25], ids=lambda case: case["count"])
def test_keys_and_signatures_are_those_of_the_published_vectors(case: dict[str, str]) -> None:
    key, message = bytes.fromhex(case["pk"]), bytes.fromhex(case["msg"])
    signature = bytes.fromhex(case["sm"])[: ml_dsa.SIGNATURE_BYTES]
    assert secret.public_key(bytes.fromhex(case["xi"])).data == key
    MLDSA65PublicKey.from_public_bytes(key).verify(signature, message, bytes.fromhex(case["ctx"]))
    assert not ml_dsa.verify(key, message, signature), "one made for a context is none for a chain"


@settings(max_examples=20)
@given(SEEDS, st.binary(max_size=50), st.integers(min_value=0, max_value=8 * ml_dsa.SIGNATURE_BYTES - 1))
def test_a_signature_with_one_bit_changed_does_not_hold(seed: bytes, message: bytes, bit: int) -> None:
    key, signature = secret.public_key(seed).data, secret.sign(seed, message)
    assert ml_dsa.verify(key, message, signature)
    bent = bytearray(signature)
    bent[bit >> 3] ^= 1 << (bit & 7)
    assert not ml_dsa.verify(key, message, bytes(bent))


def test_half_of_the_hybrid_is_not_enough() -> None:
    key, other = hybrid_secret.public_key(b"a" * 32).data, hybrid_secret.public_key(b"b" * 32).data
    signature, forged = hybrid_secret.sign(b"a" * 32, b"m"), hybrid_secret.sign(b"b" * 32, b"m")
    cut = ed25519.SIGNATURE_BYTES
    assert hybrid.verify(key, b"m", signature)
    assert not hybrid.verify(key, b"m", signature[:cut] + forged[cut:])
    assert not hybrid.verify(key, b"m", forged[:cut] + signature[cut:])
    assert not hybrid.verify(key, b"m", signature[:cut])
    assert not hybrid.verify(key, b"m", signature[cut:])
    assert not hybrid.verify(key[:32] + other[32:], b"m", signature)


def test_a_hybrid_key_needs_both_halves() -> None:
    key = hybrid_secret.public_key(b"a" * 32).data
    assert hybrid.is_key(key)
    assert not hybrid.is_key(key[:32])
    assert not hybrid.is_key(key[32:])
    assert not hybrid.is_key(bytes(32) + key[32:]), "a point of small order"
