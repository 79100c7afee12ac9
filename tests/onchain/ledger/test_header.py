"""Headers, commits and validator sets: bytes and hashes as CometBFT's own code gives them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import cometbft as oracle
from oracles import protobuf as pb
from oracles import vectors

from autochain.onchain.ledger import header, protobuf
from autochain.onchain.ledger.header import (
    Block,
    BlockId,
    CanonicalVote,
    Commit,
    CommitSignature,
    Data,
    Evidence,
    HashedParams,
    Header,
    LightBlock,
    PartSetHeader,
    Result,
    SignedHeader,
    SimpleValidator,
    ValidatorSet,
    Version,
)
from autochain.onchain.ledger.protobuf import BAD_PROTOBUF
from autochain.onchain.refusals import Refusal

from .signed import CHAIN_ID, FLAG_ABSENT, FLAG_NIL, make_header, make_members, sign_header

Case = dict[str, Any]
HASHES = (
    "app_hash",
    "consensus_hash",
    "data_hash",
    "evidence_hash",
    "last_commit_hash",
    "last_results_hash",
    "next_validators_hash",
    "proposer_address",
    "validators_hash",
)


def time_ns(time: Case) -> int:
    return int(time["seconds"]) * 10**9 + int(time["nanos"])


def block_id_of(given: Case) -> BlockId:
    parts = given["part_set_header"]
    return BlockId(bytes.fromhex(given["hash"]), PartSetHeader(parts["total"], bytes.fromhex(parts["hash"])))


def header_of(given: Case) -> Header:
    return Header(
        chain_id=given["chain_id"],
        height=given["height"],
        time_ns=time_ns(given["time"]),
        last_block_id=block_id_of(given["last_block_id"]),
        version=Version(given["version"]["block"], given["version"]["app"]),
        **{name: bytes.fromhex(given[name]) for name in HASHES},
    )


def commit_of(given: Case) -> Commit:
    return Commit(
        given["height"],
        given["round"],
        block_id_of(given["block_id"]),
        tuple(
            CommitSignature(
                vote["block_id_flag"],
                bytes.fromhex(vote["validator_address"]),
                time_ns(vote["timestamp"]),
                bytes.fromhex(vote["signature"]),
            )
            for vote in given["signatures"]
        ),
    )


@pytest.mark.parametrize("case", vectors.cases("headers"))
def test_a_header_encodes_and_hashes_as_in_cometbft(case: Case) -> None:
    made = header_of(case["header"])
    assert made.encode().hex() == case["proto"]
    if case["hash"] is not None:
        assert made.hash().hex() == case["hash"]


@pytest.mark.parametrize("case", vectors.cases("headers"))
def test_a_header_reads_back_from_cometbfts_bytes(case: Case) -> None:
    if case["header"]["version"]["block"] == 0:
        with pytest.raises(Refusal):
            Header.decode(bytes.fromhex(case["proto"]))
    else:
        assert Header.decode(bytes.fromhex(case["proto"])) == header_of(case["header"])


@pytest.mark.parametrize("case", vectors.cases("commits"))
def test_a_commit_encodes_hashes_and_signs_as_in_cometbft(case: Case) -> None:
    made, chain_id = commit_of(case["commit"]), vectors.load("commits")["chain_id"]
    assert made.encode().hex() == case["proto"]
    assert made.hash().hex() == case["hash"]
    assert Commit.decode(bytes.fromhex(case["proto"])) == made
    for index, expected in enumerate(case["vote_sign_bytes"]):
        if made.signatures[index].flag != FLAG_ABSENT:
            assert made.sign_bytes(chain_id=chain_id, index=index).hex() == expected


def test_no_commit_encodes_and_hashes_as_in_cometbft() -> None:
    known = vectors.load("commits")["empty_commit"]
    assert Commit().encode().hex() == known["proto"]
    assert Commit().hash().hex() == known["hash"]


@pytest.mark.parametrize("case", vectors.cases("commits", "vote_sign_bytes"))
def test_a_vote_is_signed_over_cometbfts_bytes(case: Case) -> None:
    named = block_id_of(case["block_id"])
    vote = CanonicalVote(
        case["type"],
        case["height"],
        case["round"],
        named if named != BlockId() else None,
        time_ns(case["timestamp"]),
        case["chain_id"],
    )
    assert protobuf.delimited(vote.encode()).hex() == case["sign_bytes"]


@pytest.mark.parametrize("case", vectors.cases("validator_sets"))
def test_a_validator_set_stands_in_order_and_hashes_as_in_cometbft(case: Case) -> None:
    ordered = header.validator_set(
        [header.validator(bytes.fromhex(m["pub_key"]), m["voting_power"]) for m in case["given"]]
    )
    assert ordered.hash().hex() == case["hash"]
    assert [member.address.hex() for member in ordered.validators] == [member["address"] for member in case["ordered"]]
    for member, known in zip(ordered.validators, case["ordered"], strict=True):
        assert member.key.ed25519.hex() == known["pub_key"]
        assert SimpleValidator(member.key, member.power).encode().hex() == known["simple_validator"]
    assert ordered.power == sum(member["voting_power"] for member in case["given"])


@pytest.mark.parametrize("case", vectors.cases("validator_sets"))
def test_a_validator_set_reads_back_from_cometbfts_bytes(case: Case) -> None:
    read = ValidatorSet.decode(bytes.fromhex(case["proto"]))
    assert read.hash().hex() == case["hash"]
    assert read.encode().hex() == case["proto"]
    assert read.proposer is not None
    assert read.proposer.address.hex() == case["proposer"]
    assert [member.proposer_priority for member in read.validators] == [m["proposer_priority"] for m in case["ordered"]]


def test_no_validators_hash_as_in_cometbft() -> None:
    assert header.validator_set([]).hash().hex() == vectors.load("validator_sets")["empty_hash"]


@pytest.mark.parametrize(
    "case", vectors.load("data_hashes")["cases"], ids=lambda case: f"{len(case['txs'])} transactions"
)
def test_transactions_hash_as_in_cometbft(case: Case) -> None:
    txs = tuple(bytes.fromhex(tx) for tx in case["txs"])
    assert header.data_hash(txs).hex() == case["hash"]
    assert Data(txs).encode().hex() == case["proto"]
    assert Data.decode(bytes.fromhex(case["proto"])) == Data(txs)


@pytest.mark.parametrize("case", vectors.cases("results_hashes"))
def test_results_hash_as_in_cometbft(case: Case) -> None:
    results = [Result(r["code"], bytes.fromhex(r["data"]), r["gas_wanted"], r["gas_used"]) for r in case["results"]]
    assert [result.encode().hex() for result in results] == case["leaves"]
    assert header.results_hash(results).hex() == case["hash"]
    assert [Result.decode(result.encode()) for result in results] == results


@pytest.mark.parametrize(
    "case", vectors.load("consensus_hashes")["cases"], ids=lambda case: f"{case['max_bytes']}-{case['max_gas']}"
)
def test_consensus_parameters_hash_as_in_cometbft(case: Case) -> None:
    assert HashedParams(case["max_bytes"], case["max_gas"]).hash().hex() == case["hash"]


def test_no_evidence_encodes_and_hashes_as_in_cometbft() -> None:
    known = vectors.load("evidence_hashes")["empty"]
    assert Evidence().encode().hex() == known["proto"]
    assert header.data_hash([]).hex() == known["hash"]


@pytest.mark.parametrize("case", vectors.cases("blocks"))
def test_a_block_encodes_and_is_named_as_in_cometbft(case: Case) -> None:
    txs = tuple(
        (sha256(number.to_bytes(8, "big")).digest() * (length // 32 + 1))[:length]
        for number, length in enumerate(case["tx_lengths"])
    )
    head = header_of(case["header"])
    made = Block(head, Data(txs), last_commit=commit_of(case["last_commit"]))
    encoded = made.encode()
    assert len(encoded) == case["size"]
    assert sha256(encoded).hexdigest() == case["proto_sha256"]
    assert Block.decode(encoded) == made
    named = header.block_id(head, encoded)
    assert named.hash.hex() == case["hash"]
    assert named.parts.total == case["part_set_header"]["total"]
    assert named.parts.hash.hex() == case["part_set_header"]["hash"]


@given(st.lists(st.integers(min_value=1, max_value=2**40), min_size=1, max_size=6), st.data())
def test_what_we_sign_verifies_under_the_oracle_and_reads_back(powers: list[int], data: st.DataObject) -> None:
    members = make_members(*powers)
    votes = data.draw(
        st.dictionaries(st.integers(min_value=0, max_value=len(members) - 1), st.sampled_from([FLAG_ABSENT, FLAG_NIL]))
    )
    block = sign_header(make_header(members), members, votes=votes)
    assert LightBlock.decode(block.encode()) == block
    enough = 3 * sum(m.power for place, m in enumerate(members) if place not in votes) > 2 * sum(powers)
    if enough:
        read = oracle.verify_signed_header(block.signed.encode(), block.validators.encode(), CHAIN_ID)
        assert read["app_hash"] == block.header.app_hash
    else:
        with pytest.raises(ValueError, match=r"needed|no block"):
            oracle.verify_signed_header(block.signed.encode(), block.validators.encode(), CHAIN_ID)


@given(st.integers(min_value=0, max_value=10_000), st.integers(min_value=1, max_value=255))
def test_a_changed_byte_of_a_light_block_is_another_record_or_a_refusal(place: int, change: int) -> None:
    members = make_members(5, 4, 3)
    block = sign_header(make_header(members), members, votes={2: FLAG_ABSENT})
    changed = bytearray(block.encode())
    changed[place % len(changed)] ^= change
    try:
        read = LightBlock.decode(bytes(changed))
    except Refusal as refusal:
        assert refusal.reason == BAD_PROTOBUF
        return
    assert read != block
    assert read.encode() == bytes(changed)


def test_a_header_knows_its_time_in_milliseconds() -> None:
    assert Header(time_ns=1_999_999).time_ms == 1
    assert Header(time_ns=-1).time_ms == -1


def test_the_oracle_reads_a_header_that_we_wrote() -> None:
    made = make_header(make_members(1))
    read = oracle.read_header(pb.Fields(made.encode()))
    assert oracle.header_hash(read) == made.hash()
    assert SignedHeader.decode(SignedHeader(made, Commit()).encode()).header == made
