"""Tests the oracle of CometBFT's formats against the golden vectors of CometBFT's own code."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracles import cometbft, vectors
from oracles import protobuf as pb

Case = dict[str, Any]


def _accepts(check: Callable[[], object]) -> bool:
    try:
        check()
    except ValueError:
        return False
    return True


def _same(given: Any, read: Any) -> bool:
    """Tells whether what was read, with bytes, is what the vector gives, with hex text."""
    if isinstance(given, dict):
        return set(given) == set(read) and all(_same(given[key], read[key]) for key in given)
    if isinstance(given, list):
        return len(given) == len(read) and all(_same(*pair) for pair in zip(given, read, strict=True))
    if isinstance(read, bytes):
        return bool(given == read.hex())
    return bool(given == read)


@pytest.mark.parametrize("case", vectors.cases("headers"))
def test_a_header_encodes_hashes_and_reads_back_as_in_cometbft(case: Case) -> None:
    header = case["header"]
    encoded = bytes.fromhex(case["proto"])
    assert cometbft.encode_header(header) == encoded
    assert _same(header, cometbft.read_header(pb.Fields(encoded)))
    if case["hash"] is None:
        with pytest.raises(ValueError, match="has no hash"):
            cometbft.header_hash(header)
    else:
        assert cometbft.header_hash(header).hex() == case["hash"]
    assert _accepts(lambda: cometbft.check_header(header)) == case["validate_basic"]["valid"]


@pytest.mark.parametrize("case", vectors.cases("commits"))
def test_a_commit_encodes_hashes_and_verifies_as_in_cometbft(case: Case) -> None:
    known = vectors.load("commits")
    chain_id, commit = known["chain_id"], case["commit"]
    encoded = bytes.fromhex(case["proto"])
    assert cometbft.encode_commit(commit) == encoded
    assert _same(commit, cometbft.read_commit(pb.Fields(encoded)))
    assert cometbft.commit_hash(commit).hex() == case["hash"]
    assert [
        cometbft.commit_sign_bytes(chain_id=chain_id, commit=commit, index=index).hex()
        for index in range(len(commit["signatures"]))
    ] == case["vote_sign_bytes"]
    assert _accepts(lambda: cometbft.check_commit(commit)) == case["validate_basic"]["valid"]
    validators = cometbft.read_validator_set(bytes.fromhex(case["validator_set"]))

    def verify(light: bool) -> None:
        cometbft.verify_commit(
            chain_id=chain_id,
            validators=validators,
            block_id=known["block_id"],
            height=known["height"],
            commit=commit,
            light=light,
        )

    assert _accepts(lambda: verify(light=False)) == case["verify_commit"]["valid"]
    assert _accepts(lambda: verify(light=True)) == case["verify_commit_light"]["valid"]


@pytest.mark.parametrize("case", vectors.cases("commits", "malformed"))
def test_a_commit_that_cometbft_does_not_decode_is_refused(case: Case) -> None:
    def read() -> None:
        cometbft.check_commit(cometbft.read_commit(pb.Fields(bytes.fromhex(case["proto"]))))

    assert _accepts(read) == case["from_proto"]["valid"]


@pytest.mark.parametrize("case", vectors.cases("validator_sets", "unusual"))
def test_an_unusual_validator_set_is_read_exactly_when_cometbft_reads_it(case: Case) -> None:
    assert _accepts(lambda: cometbft.read_validator_set(bytes.fromhex(case["proto"]))) == case["from_proto"]["valid"]


def test_the_empty_commit_of_a_first_block_is_that_of_cometbft() -> None:
    empty = {"height": 0, "round": 0, "block_id": cometbft.NIL_BLOCK_ID, "signatures": []}
    known = vectors.load("commits")["empty_commit"]
    assert cometbft.encode_commit(empty).hex() == known["proto"]
    assert cometbft.commit_hash(empty).hex() == known["hash"]


def test_sign_bytes_of_votes_outside_commits_are_those_of_cometbft() -> None:
    for case in vectors.load("commits")["vote_sign_bytes"]:
        found = cometbft.vote_sign_bytes(case["chain_id"], case)
        assert found.hex() == case["sign_bytes"], case["name"]


@pytest.mark.parametrize("case", vectors.cases("validator_sets"))
def test_a_validator_set_has_the_order_addresses_leaves_and_hash_of_cometbft(case: Case) -> None:
    ordered = cometbft.ordered_validators(case["given"])
    assert [validator["pub_key"] for validator in ordered] == [validator["pub_key"] for validator in case["ordered"]]
    for validator, known in zip(ordered, case["ordered"], strict=True):
        assert cometbft.validator_address(validator["pub_key"]).hex() == known["address"]
        assert cometbft.encode_simple_validator(validator).hex() == known["simple_validator"]
    assert cometbft.validator_set_hash(ordered).hex() == case["hash"]
    read = cometbft.read_validator_set(bytes.fromhex(case["proto"]))
    expected = [{key: v for key, v in known.items() if key != "simple_validator"} for known in case["ordered"]]
    assert _same(expected, read)


def test_data_results_consensus_and_evidence_hashes_are_those_of_cometbft() -> None:
    for case in vectors.load("data_hashes")["cases"]:
        assert cometbft.data_hash([bytes.fromhex(tx) for tx in case["txs"]]).hex() == case["hash"]
    for case in vectors.load("results_hashes")["cases"]:
        assert cometbft.results_hash(case["results"]).hex() == case["hash"], case["name"]
    consensus = vectors.load("consensus_hashes")
    for case in consensus["cases"]:
        found = cometbft.consensus_hash(max_bytes=case["max_bytes"], max_gas=case["max_gas"])
        assert found.hex() == case["hash"]
    default = cometbft.consensus_hash(**consensus["default"]).hex()
    assert default == consensus["default_with_other_evidence_version_and_authority"]
    assert vectors.load("evidence_hashes")["empty"]["hash"] == sha256(b"").hexdigest()
    assert vectors.load("validator_sets")["empty_hash"] == cometbft.validator_set_hash([]).hex()


def _rule_tx(number: int, length: int) -> bytes:
    digest = sha256(number.to_bytes(8, "big")).digest()
    return (digest * (length // 32 + 1))[:length]


@pytest.mark.parametrize("case", vectors.cases("blocks"))
def test_a_block_encodes_and_splits_into_parts_as_in_cometbft(case: Case) -> None:
    txs = [_rule_tx(number, length) for number, length in enumerate(case["tx_lengths"])]
    encoded = cometbft.encode_block(header=case["header"], txs=txs, last_commit=case["last_commit"])
    assert (len(encoded), sha256(encoded).hexdigest()) == (case["size"], case["proto_sha256"])
    assert encoded.hex() == case.get("proto", encoded.hex())
    assert _same(case["part_set_header"], cometbft.part_set_header(encoded))
    assert cometbft.header_hash(case["header"]).hex() == case["hash"]
    assert cometbft.data_hash(txs).hex() == case["header"]["data_hash"]
    assert cometbft.commit_hash(case["last_commit"]).hex() == case["header"]["last_commit_hash"]


def _light_block(header: str, validators: str) -> tuple[bytes, bytes]:
    known = vectors.load("light")
    return bytes.fromhex(known["signed_headers"][header]), bytes.fromhex(known["validator_sets"][validators])


def test_a_signed_header_verifies_and_comes_back_parsed() -> None:
    header = cometbft.verify_signed_header(*_light_block("4", "4"), "light-1")
    assert (header["height"], header["chain_id"]) == (4, "light-1")
    assert header["app_hash"] == sha256(b"app").digest()


@pytest.mark.parametrize(
    ("header", "validators", "chain_id", "words"),
    [
        ("4", "4", "light-2", "is of chain 'light-1'"),
        ("4", "5", "light-1", "names another validator set"),
        ("2 signed by half", "1", "light-1", "power 20 signed, more than 26"),
        ("2 with a forged first signature", "1", "light-1", "signature 0 is wrong"),
        ("2 with another app hash than signed", "1", "light-1", "another header"),
        ("2 without commit", "1", "light-1", "missing"),
    ],
)
def test_a_signed_header_that_does_not_hold_is_refused(header: str, validators: str, chain_id: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        cometbft.verify_signed_header(*_light_block(header, validators), chain_id)


def test_bytes_that_are_no_signed_header_are_refused() -> None:
    signed, validators = _light_block("4", "4")
    for broken in (b"", signed[:-1], signed + b"\x0a", validators):
        with pytest.raises(ValueError):
            cometbft.verify_signed_header(broken, validators, "light-1")
    for broken in (b"", validators[:-1], signed):
        with pytest.raises(ValueError):
            cometbft.verify_signed_header(signed, broken, "light-1")


@given(position=st.integers(0, 5000), change=st.integers(1, 255))
def test_a_changed_byte_never_changes_the_header_that_is_accepted(position: int, change: int) -> None:
    signed, validators = _light_block("4", "4")
    changed = bytearray(signed)
    changed[position % len(changed)] ^= change
    try:
        header = cometbft.verify_signed_header(bytes(changed), validators, "light-1")
    except ValueError:
        return
    assert header == cometbft.verify_signed_header(signed, validators, "light-1")


def test_a_missing_time_means_year_1_and_an_empty_one_the_epoch() -> None:
    absent = pb.integer(1, cometbft.ABSENT)
    times = [
        cometbft.read_commit(pb.Fields(pb.message(4, absent + written)))["signatures"][0]["timestamp"]
        for written in (b"", pb.message(3, b""))
    ]
    assert times == [{"seconds": -62135596800, "nanos": 0}, {"seconds": 0, "nanos": 0}]
