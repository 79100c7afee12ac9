"""Ids and their texts: each id has one DID, and only it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.ids import ID_BYTES, NOT_A_DID, NOT_AN_ID, contract_account, derive, did, from_did, from_hex
from autochain.onchain.refusals import Refusal

IDS = st.binary(min_size=ID_BYTES, max_size=ID_BYTES)
DID = "did:acc:" + "abcdefghijklmnopqrstuvwxyz234567"


@given(IDS)
def test_a_did_reads_back_to_its_account(account: bytes) -> None:
    text = did(account)
    assert text.startswith("did:acc:")
    assert len(text) == 40
    assert from_did(text) == account


@given(IDS)
def test_an_id_reads_back_from_its_digits(name: bytes) -> None:
    assert from_hex(name.hex()) == name


def test_the_alphabet_is_that_of_base32_in_small_letters() -> None:
    assert did(bytes(20)) == "did:acc:" + "a" * 32
    assert did(b"\xff" * 20) == "did:acc:" + "7" * 32
    assert did(from_did(DID)) == DID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "did:acc:",
        DID[8:],
        DID[:-1],
        DID + "a",
        DID + "=",
        DID.upper(),
        DID[:-1] + "A",
        DID[:-1] + "1",
        DID[:-1] + "0",
        DID[:-1] + "=",
        DID[:-1] + " ",
        DID[:-1] + "ª",
        DID[:-1] + "ı",
        " " + DID,
        "did:web:" + DID[8:],
        "did:acc:did:acc:" + DID[8:],
    ],
)
def test_what_is_no_did_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        from_did(text)
    assert caught.value.reason == NOT_A_DID
    assert caught.value.remedy


@pytest.mark.parametrize(
    "text", ["", "00" * 19, "00" * 21, "0" * 39, "AB" * 20, "0x" + "00" * 19, "zz" * 20, "٠" * 40, " " * 40]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        from_hex(text)
    assert caught.value.reason == NOT_AN_ID
    assert caught.value.remedy


def test_a_long_text_is_not_repeated_whole_in_the_refusal() -> None:
    for read in (from_did, from_hex):
        with pytest.raises(Refusal) as caught:
            read("x" * 1_000_000)
        assert len(str(caught.value)) < 300


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_different_parts_derive_different_ids(some: list[bytes], others: list[bytes]) -> None:
    assert (derive("thing", *some) == derive("thing", *others)) == (some == others)


def test_the_domain_is_part_of_what_an_id_is_derived_from() -> None:
    assert derive("thing", b"x") != derive("other", b"x")
    assert len(derive("thing", b"x")) == ID_BYTES
    assert contract_account("token") != contract_account("mining")
