"""Signature suites: which keys are admitted, and how signatures are verified many at a time."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.suites import need

from autochain.onchain.crypto import (
    SUITES,
    PublicKey,
    SignatureJob,
    check_key,
    sha256,
    suites,
    tagged_hash,
    verify_in_turn,
)
from autochain.onchain.refusals import Refusal
from autochain.privacy import ed25519, signing

KEY = ed25519.public_key(b"k" * 32)


def test_a_key_of_an_unknown_suite_is_refused_and_signs_nothing() -> None:
    for number in (0, 6, -1, 1 << 40):
        key = PublicKey(number, KEY.data)
        with pytest.raises(Refusal) as caught:
            check_key(key)
        assert caught.value.reason == suites.UNKNOWN_SUITE
        assert verify_in_turn([SignatureJob(key, b"m", ed25519.sign(b"k" * 32, b"m"))]) == [False]


def test_a_usable_key_is_taken() -> None:
    check_key(KEY)


@given(st.lists(st.booleans(), max_size=12))
def test_each_signature_has_its_own_verdict_in_its_own_place(good: list[bool]) -> None:
    jobs = [SignatureJob(KEY, b"m", ed25519.sign(b"k" * 32, b"m" if holds else b"n")) for holds in good]
    assert verify_in_turn(jobs) == good


def test_every_suite_stands_under_its_own_number_and_costs_something() -> None:
    for number, suite in SUITES.items():
        assert suite.number == number
        assert suite.weight > 0
        assert suite.name


@pytest.mark.parametrize("number", SUITES)
def test_a_signature_of_a_suite_holds_for_its_key_and_message_alone(number: int) -> None:
    need(number)
    scheme, secret = SUITES[number].load(), signing(number)
    key, other = secret.public_key(b"a" * 32), secret.public_key(b"b" * 32)
    signature = secret.sign(b"a" * 32, b"message")
    assert (key.suite, key) == (number, secret.public_key(b"a" * 32))
    assert scheme.is_key(key.data)
    assert scheme.verify(key.data, b"message", signature)
    assert not scheme.verify(key.data, b"massage", signature)
    assert not scheme.verify(other.data, b"message", signature)
    for bent in (b"", signature[:-1], signature + b"\0", signature[:32]):
        assert not scheme.verify(key.data, b"message", bent)
    for bent in (b"", key.data[:-1], key.data + b"\0", b"\0" + key.data):
        assert not scheme.is_key(bent)
        assert not scheme.verify(bent, b"message", signature)


@pytest.mark.parametrize("number", SUITES)
@given(st.data())
def test_any_bytes_are_answered_without_an_exception(number: int, data: st.DataObject) -> None:
    need(number)
    scheme, secret = SUITES[number].load(), signing(number)
    key, signature = secret.public_key(b"a" * 32).data, secret.sign(b"a" * 32, b"")
    bent_key, bent_signature = (data.draw(around(given)) for given in (key, signature))
    scheme.is_key(bent_key)
    holds = scheme.verify(bent_key, data.draw(st.binary(max_size=10)), bent_signature)
    assert not holds or (bent_key, bent_signature) == (key, signature)


def around(good: bytes) -> st.SearchStrategy[bytes]:
    """Gives any bytes, bytes of the right length, and good ones with a few that were changed."""
    long = len(good)
    changes = st.dictionaries(st.integers(0, long - 1), st.integers(0, 255), max_size=3)
    first = st.sampled_from([0, 1, 2, 3, 4, 255])
    return st.one_of(
        st.binary(max_size=80),
        st.builds(lambda head, fill: bytes([head]) + bytes([fill]) * (long - 1), first, st.integers(0, 255)),
        changes.map(lambda changed: bytes(changed.get(place, byte) for place, byte in enumerate(good))),
    )


def test_loading_cryptography_loads_no_suite_that_nobody_uses() -> None:
    code = "import sys, autochain.onchain.crypto, autochain.privacy; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "autochain.privacy.ed25519" in loaded
    assert not {"gmalglib", "autochain.onchain.crypto.p256", "autochain.onchain.crypto.ml_dsa"} & set(loaded)


def test_hashes_are_sha_256() -> None:
    assert sha256(b"abc") == hashlib.sha256(b"abc").digest()
    expected = hashlib.sha256(b"autochain/thing\x00" + b"\x00\x00\x00\x01a" + b"\x00\x00\x00\x02bc").digest()
    assert tagged_hash("thing", b"a", b"bc") == expected


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_no_two_lists_of_parts_collide(some: list[bytes], others: list[bytes]) -> None:
    assert (tagged_hash("thing", *some) == tagged_hash("thing", *others)) == (some == others)
