"""P-256 by published vectors (NIST CAVS, RFC 6979), and its strictness: one form of a key, one of a signature."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from oracles.suites import VECTORS, records

from autochain.onchain.crypto import PublicKey, check_key, p256, suites
from autochain.onchain.refusals import Refusal
from autochain.privacy import p256 as secret

ECDSA = VECTORS / "asymmetric" / "ECDSA"
FIELD = 0xFFFFFFFF_00000001_00000000_00000000_00000000_FFFFFFFF_FFFFFFFF_FFFFFFFF
SEEDS = st.binary(min_size=32, max_size=32)


def section(name: str, curve: str) -> str:
    """Gives what a file of CAVS says of one curve."""
    return (ECDSA / "FIPS_186-3" / name).read_text("utf-8").split(f"[{curve}]")[1].split("\n[")[0]


def compressed(x: int, y: int) -> bytes:
    return bytes([2 + (y & 1)]) + x.to_bytes(32, "big")


@pytest.mark.parametrize("case", records(section("SigVer.rsp", "P-256,SHA-256"), begin="Msg"))
def test_signatures_of_nist_hold_where_nist_says_so(case: dict[str, str]) -> None:
    key = compressed(int(case["Qx"], 16), int(case["Qy"], 16))
    signature = bytes.fromhex(case["R"].rjust(64, "0") + case["S"].rjust(64, "0"))
    holds = case["Result"].startswith("P")
    assert p256.verify(key, bytes.fromhex(case["Msg"]), secret.low_s(signature)) == holds


@pytest.mark.parametrize("case", records(section("PKV.rsp", "P-256"), begin="Qx"))
def test_keys_of_nist_are_keys_where_nist_says_so(case: dict[str, str]) -> None:
    x, y = int(case["Qx"], 16), int(case["Qy"], 16)
    holds = case["Result"].startswith("P")
    # The compressed form names no y, so what it gives is compared with the one that NIST names.
    key = bytes([2 + (y & 1)]) + x.to_bytes(32 if x < 2**256 else 33, "big")
    curve = ec.SECP256R1()
    point = ec.EllipticCurvePublicKey.from_encoded_point(curve, key).public_numbers() if p256.is_key(key) else None
    assert (point == ec.EllipticCurvePublicNumbers(x, y, curve)) == holds


def test_signing_gives_the_signatures_of_rfc_6979() -> None:
    private = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    seed = (private - 1).to_bytes(32, "big")
    r = "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
    s = "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    assert secret.sign(seed, b"sample") == secret.low_s(bytes.fromhex(r + s)), "RFC 6979, A.2.5, SHA-256"
    assert secret.public_key(seed).data.hex().upper().startswith("0360FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE6")


@given(SEEDS, st.binary(max_size=50))
def test_of_the_two_signatures_that_follow_from_each_other_one_holds(seed: bytes, message: bytes) -> None:
    key, signature = secret.public_key(seed).data, secret.sign(seed, message)
    other = signature[:32] + (p256.ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    assert p256.verify(key, message, signature)
    assert not p256.verify(key, message, other)
    assert secret.low_s(other) == signature


def test_r_and_s_outside_the_order_do_not_hold() -> None:
    seed = b"p" * 32
    key, signature = secret.public_key(seed).data, secret.sign(seed, b"m")
    r, s = signature[:32], signature[32:]
    for number in (0, p256.ORDER, 2**256 - 1):
        assert not p256.verify(key, b"m", number.to_bytes(32, "big") + s)
        assert not p256.verify(key, b"m", r + number.to_bytes(32, "big"))


def test_a_key_has_one_form() -> None:
    point = secret.public_key(b"p" * 32).data
    assert p256.is_key(point)
    assert not p256.is_key(b"\x00"), "the neutral element"
    assert not p256.is_key(bytes(33))
    for first in (0, 1, 4, 5, 6, 7):
        assert not p256.is_key(bytes([first]) + point[1:])
    small = next(x for x in range(100) if p256.is_key(compressed(x, 0)))
    assert not p256.is_key(bytes([2]) + (FIELD + small).to_bytes(32, "big")), "the same x beyond the field"
    off = next(x for x in range(100) if not p256.is_key(compressed(x, 0)))
    with pytest.raises(Refusal) as caught:
        check_key(PublicKey(2, compressed(off, 0)))
    assert caught.value.reason == suites.BAD_KEY
