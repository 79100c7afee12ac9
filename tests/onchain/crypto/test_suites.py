"""Signature suites: which keys are admitted, and how signatures are verified many at a time."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from autochain.privacy import ed25519

KEY = ed25519.public_key(b"k" * 32)


def test_a_key_of_an_unknown_suite_is_refused_and_signs_nothing() -> None:
    for number in (0, 2, -1, 1 << 40):
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


def test_hashes_are_sha_256() -> None:
    assert sha256(b"abc") == hashlib.sha256(b"abc").digest()
    expected = hashlib.sha256(b"autochain/thing\x00" + b"\x00\x00\x00\x01a" + b"\x00\x00\x00\x02bc").digest()
    assert tagged_hash("thing", b"a", b"bc") == expected


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_no_two_lists_of_parts_collide(some: list[bytes], others: list[bytes]) -> None:
    assert (tagged_hash("thing", *some) == tagged_hash("thing", *others)) == (some == others)
