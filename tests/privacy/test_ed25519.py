"""Signing: what the secret half signs, the verifying half accepts; held against RFC 8032."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.crypto.ed25519 import verify
from autochain.privacy import ed25519

SEEDS = st.binary(min_size=32, max_size=32)


def test_keys_and_signatures_are_those_of_rfc_8032() -> None:
    """Section 7.1, test 2."""
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    key = ed25519.public_key(seed)
    assert key.suite == 1
    assert key.data.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert ed25519.sign(seed, b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


@given(seed=SEEDS, other=SEEDS, message=st.binary(), more=st.binary(min_size=1))
def test_a_signature_holds_for_its_key_and_message_alone(
    seed: bytes, other: bytes, message: bytes, more: bytes
) -> None:
    signature = ed25519.sign(seed, message)
    assert verify(ed25519.public_key(seed).data, message, signature)
    assert not verify(ed25519.public_key(seed).data, message + more, signature)
    assert seed == other or not verify(ed25519.public_key(other).data, message, signature)
