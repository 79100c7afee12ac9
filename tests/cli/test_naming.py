"""Tests of how a person names accounts and records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.cli.errors import AMBIGUOUS, UNKNOWN_RECORDING
from autochain.cli.naming import before, the_one
from autochain.onchain.refusals import Refusal
from cli.program import Program

IDS = st.binary(min_size=20, max_size=20)


@given(st.lists(IDS, min_size=1, unique=True), st.integers(6, 40), st.data())
def test_the_first_digits_name_an_id_exactly_if_no_other_begins_with_them(
    names: list[bytes], digits: int, data: st.DataObject
) -> None:
    wanted = data.draw(st.sampled_from(names)).hex()[:digits]
    same = [name for name in names if name.hex()[:digits] == wanted]
    try:
        assert [the_one(wanted, names, absent=UNKNOWN_RECORDING)] == same
    except Refusal as refusal:
        assert refusal.reason == AMBIGUOUS
        assert len(same) > 1
        assert same[0].hex() in refusal.detail


@given(IDS, IDS, st.integers(6, 39))
def test_a_page_after_the_id_before_some_digits_leaves_none_out_that_begins_with_them(
    name: bytes, other: bytes, digits: int
) -> None:
    start = before(name.hex()[:digits])
    assert start is None or start < name
    # Whatever stands between that start and the name begins with the digits too, so a page can't be filled by others.
    if (start is None or start < other) and other <= name:
        assert other.hex().startswith(name.hex()[:digits])


def test_ids_that_begin_alike_are_told_apart_by_more_digits() -> None:
    one, two = bytes.fromhex("abcdef01" + "00" * 16), bytes.fromhex("abcdef02" + "00" * 16)
    assert the_one("abcdef02", [one, two], absent=UNKNOWN_RECORDING) == two
    with pytest.raises(Refusal, match="More than one begins like this"):
        the_one("abcdef", [one, two], absent=UNKNOWN_RECORDING)


@pytest.mark.parametrize("digits", [6, 12, 39, 40])
def test_each_command_finds_a_recording_by_its_first_digits(digits: int, program: Program) -> None:
    for facts in program.json("recording", "list")["recordings"]:
        start = facts["recording"][:digits]
        assert program.json("recording", "show", start)["recording"] == facts["recording"]
        assert program.json("recording", "verify", start.upper())["recording"] == facts["recording"]
        assert program.json("recording", "read", start, "--purpose", "research")["recording"] == facts["recording"]


def test_a_consent_is_revoked_by_its_first_digits_by_its_owner_alone(program: Program) -> None:
    one, other = (facts["consent"] for facts in program.json("consent", "list")["consents"])
    refused = program("consent", "revoke", one[:6], "--as", "buyer")
    assert (refused.code, refused.out) == (1, "")
    assert "no such consent" in refused.err
    assert program.json("consent", "revoke", one[:6])["consent"] == one
    states = {facts["consent"]: facts["state"] for facts in program.json("consent", "list")["consents"]}
    assert states == {one: "revoked", other: "live"}


def test_an_account_is_found_by_all_that_a_table_shows_of_it(program: Program) -> None:
    for facts in program.json("account", "show")["accounts"]:
        for name in (facts["name"], facts["did"], f"{facts['did'][:12]}…{facts['did'][-6:]}"):
            assert program.json("account", "show", name)["did"] == facts["did"]
        if facts["kind"] == "device":
            for name in (facts["name"][:-6], facts["name"][:-6] + "…"):
                assert program.json("account", "show", name)["did"] == facts["did"]


@pytest.mark.parametrize("half", ["own", "vehicle-", "vehicle-00000", "did:acc:aaaa…bbbbbb", "did:acc:aaaa"])
def test_half_a_name_is_no_name(half: str, program: Program) -> None:
    ended = program("account", "show", half)
    assert (ended.code, ended.out) == (1, "")
    assert "There is no such party here." in ended.err or "Give the whole DID" in ended.err
