"""The light client in its first form: which headers and values one who trusts a validator set takes as proved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import cometbft as oracle
from oracles import vectors

from autochain.onchain.codec import encode
from autochain.onchain.crypto import sha256, verify_in_turn
from autochain.onchain.ledger import errors
from autochain.onchain.ledger.header import (
    NO_TIME_NS,
    Commit,
    CommitSignature,
    Header,
    LightBlock,
    SignedHeader,
    ValidatorSet,
    validator_set,
)
from autochain.onchain.ledger.ics23 import BAD_PROOF, CommitmentProof, ExistenceProof
from autochain.onchain.ledger.light import Proved, Trust, check_fresh, check_light_block, check_proved
from autochain.onchain.ledger.light.client import MAX_VALIDATORS
from autochain.onchain.ledger.light.proved import PROVED
from autochain.onchain.ledger.protobuf import BAD_PROTOBUF
from autochain.onchain.ledger.tree import Tree
from autochain.onchain.refusals import Reason, Refusal

from .signed import (
    CHAIN_ID,
    FLAG_ABSENT,
    FLAG_COMMIT,
    FLAG_NIL,
    TIME_NS,
    make_header,
    make_members,
    make_set,
    sign_header,
)

MEMBERS = make_members(10, 10, 10, 10)
OTHERS = make_members(10, 10, 10, 10, salt="/others")
BLOCK = sign_header(make_header(MEMBERS), MEMBERS)
TRUST = Trust(CHAIN_ID, make_set(MEMBERS).hash())
HEADER, COMMIT = BLOCK.header, BLOCK.commit
TIME_MS = TIME_NS // 1_000_000


def refusal_of(block: LightBlock, trust: Trust = TRUST) -> Reason:
    with pytest.raises(Refusal) as caught:
        check_light_block(trust, block)
    assert caught.value.remedy
    return caught.value.reason


def oracle_takes(block: LightBlock) -> bool:
    try:
        oracle.verify_signed_header(block.signed.encode(), block.validators.encode(), CHAIN_ID)
    except ValueError:
        return False
    return True


def with_header(**changes: object) -> LightBlock:
    """The signed block with another header, whose hash the commit still has not."""
    return replace(BLOCK, signed=SignedHeader(replace(HEADER, **changes), COMMIT))  # type: ignore[arg-type]


def with_commit(**changes: object) -> LightBlock:
    return replace(BLOCK, signed=SignedHeader(HEADER, replace(COMMIT, **changes)))  # type: ignore[arg-type]


def with_vote(place: int, **changes: object) -> LightBlock:
    votes = list(COMMIT.signatures)
    votes[place] = replace(votes[place], **changes)  # type: ignore[arg-type]
    return with_commit(signatures=tuple(votes))


def with_votes(order: Callable[[tuple[CommitSignature, ...]], tuple[CommitSignature, ...]]) -> LightBlock:
    return with_commit(signatures=order(COMMIT.signatures))


def test_a_header_that_the_trusted_validators_signed_is_given_back() -> None:
    assert check_light_block(TRUST, BLOCK) == HEADER
    assert oracle_takes(BLOCK)


TAMPERED: list[tuple[str, LightBlock, Reason]] = [
    ("another chain", with_header(chain_id="signed-2"), errors.FOREIGN_HEADER),
    ("another height in the header", with_header(height=8), errors.BAD_COMMIT),
    ("another time", with_header(time_ns=TIME_NS + 1), errors.BAD_COMMIT),
    ("another app hash", with_header(app_hash=sha256(b"forged")), errors.BAD_COMMIT),
    ("another data hash", with_header(data_hash=sha256(b"forged")), errors.BAD_COMMIT),
    ("another proposer", with_header(proposer_address=bytes(20)), errors.BAD_COMMIT),
    ("other next validators", with_header(next_validators_hash=make_set(OTHERS).hash()), errors.BAD_COMMIT),
    ("other validators in the header", with_header(validators_hash=make_set(OTHERS).hash()), errors.NOT_VALIDATORS),
    ("other validators beside it", replace(BLOCK, validators=make_set(OTHERS)), errors.NOT_VALIDATORS),
    ("one validator less", replace(BLOCK, validators=make_set(MEMBERS[:3])), errors.NOT_VALIDATORS),
    ("no validators", replace(BLOCK, validators=ValidatorSet()), errors.NOT_VALIDATORS),
    (
        "a validator with more power",
        replace(BLOCK, validators=make_set([replace(MEMBERS[0], power=11), *MEMBERS[1:]])),
        errors.NOT_VALIDATORS,
    ),
    ("another height in the commit", with_commit(height=8), errors.BAD_COMMIT),
    ("another round", with_commit(round=2), errors.BAD_COMMIT),
    ("another block", with_commit(block_id=replace(COMMIT.block_id, hash=sha256(b"other"))), errors.BAD_COMMIT),
    (
        "another part set",
        with_commit(block_id=replace(COMMIT.block_id, parts=replace(COMMIT.block_id.parts, total=2))),
        errors.BAD_COMMIT,
    ),
    ("a signature too few", with_votes(lambda votes: votes[:-1]), errors.BAD_COMMIT),
    ("a signature too many", with_votes(lambda votes: (*votes, CommitSignature())), errors.BAD_COMMIT),
    ("no signatures", with_commit(signatures=()), errors.BAD_COMMIT),
    ("no commit", replace(BLOCK, signed=SignedHeader(HEADER, Commit())), errors.BAD_COMMIT),
    ("two votes swapped", with_votes(lambda votes: (votes[1], votes[0], *votes[2:])), errors.BAD_COMMIT),
    ("one vote in every place", with_votes(lambda votes: (votes[0],) * 4), errors.BAD_COMMIT),
    ("a forged signature", with_vote(0, signature=bytes(64)), errors.BAD_COMMIT),
    ("no signature", with_vote(0, signature=b""), errors.BAD_COMMIT),
    ("another vote's signature", with_vote(0, signature=COMMIT.signatures[1].signature), errors.BAD_COMMIT),
    ("a vote a nanosecond later", with_vote(0, time_ns=COMMIT.signatures[0].time_ns + 1), errors.BAD_COMMIT),
    ("a vote under another's address", with_vote(0, validator_address=MEMBERS[1].address), errors.BAD_COMMIT),
    ("an unknown kind of vote", with_vote(0, flag=4), errors.BAD_COMMIT),
    ("a kind of vote of zero", with_vote(0, flag=0), errors.BAD_COMMIT),
]


@pytest.mark.parametrize(("what", "block", "reason"), TAMPERED, ids=[what for what, _, _ in TAMPERED])
def test_a_tampered_header_is_refused_here_and_by_the_oracle(what: str, block: LightBlock, reason: Reason) -> None:
    assert refusal_of(block) == reason
    assert not oracle_takes(block)


@pytest.mark.parametrize(
    ("powers", "votes", "enough"),
    [
        ((1,), (FLAG_COMMIT,), True),
        ((1,), (FLAG_NIL,), False),
        ((1,), (FLAG_ABSENT,), False),
        ((10, 10, 10), (FLAG_COMMIT, FLAG_COMMIT, FLAG_ABSENT), False),
        ((10, 10, 10), (FLAG_COMMIT, FLAG_COMMIT, FLAG_NIL), False),
        ((11, 10, 10), (FLAG_COMMIT, FLAG_COMMIT, FLAG_ABSENT), True),
        ((10, 10, 9), (FLAG_COMMIT, FLAG_COMMIT, FLAG_NIL), True),
        ((10, 10, 11), (FLAG_COMMIT, FLAG_COMMIT, FLAG_ABSENT), True),
        ((10, 10, 10, 10), (FLAG_COMMIT, FLAG_COMMIT, FLAG_COMMIT, FLAG_ABSENT), True),
        ((10, 10, 10, 10), (FLAG_COMMIT, FLAG_COMMIT, FLAG_ABSENT, FLAG_NIL), False),
        ((10, 10, 10, 10), (FLAG_ABSENT,) * 4, False),
        ((100, 1, 1, 1), (FLAG_COMMIT, FLAG_ABSENT, FLAG_ABSENT, FLAG_ABSENT), True),
        ((100, 49, 1), (FLAG_COMMIT, FLAG_ABSENT, FLAG_ABSENT), False),
        ((100, 48, 1), (FLAG_COMMIT, FLAG_ABSENT, FLAG_ABSENT), True),
    ],
)
def test_more_than_two_thirds_of_the_power_must_have_signed(
    powers: tuple[int, ...], votes: tuple[int, ...], enough: bool
) -> None:
    members = make_members(*powers)
    block = sign_header(make_header(members), members, votes=dict(enumerate(votes)))
    trust = Trust(CHAIN_ID, make_set(members).hash())
    if enough:
        assert check_light_block(trust, block) == block.header
    else:
        assert refusal_of(block, trust) == errors.TOO_LITTLE_POWER
    assert oracle_takes(block) == enough


def test_votes_for_the_same_block_of_another_chain_do_not_count() -> None:
    there = sign_header(make_header(MEMBERS, chain_id="signed-2"), MEMBERS)
    here = make_header(MEMBERS)
    forged = replace(there.commit, block_id=replace(there.commit.block_id, hash=here.hash()))
    assert refusal_of(replace(BLOCK, signed=SignedHeader(here, forged))) == errors.BAD_COMMIT


def test_a_nil_vote_presented_as_one_for_the_block_is_refused() -> None:
    block = sign_header(make_header(MEMBERS), MEMBERS, votes={0: FLAG_NIL})
    votes = (replace(block.commit.signatures[0], flag=FLAG_COMMIT), *block.commit.signatures[1:])
    forged = replace(block, signed=SignedHeader(block.header, replace(block.commit, signatures=votes)))
    assert refusal_of(forged) == errors.BAD_COMMIT
    assert not oracle_takes(forged)


def test_a_set_beyond_the_bound_is_refused() -> None:
    for count, reason in ((MAX_VALIDATORS, errors.TOO_LITTLE_POWER), (MAX_VALIDATORS + 1, errors.NOT_VALIDATORS)):
        many = validator_set(BLOCK.validators.validators[:1] * count)
        header = replace(HEADER, validators_hash=many.hash())
        commit = replace(
            COMMIT, block_id=replace(COMMIT.block_id, hash=header.hash()), signatures=(CommitSignature(),) * count
        )
        block = LightBlock(SignedHeader(header, commit), many)
        assert refusal_of(block, Trust(CHAIN_ID, many.hash())) == reason


def test_the_signatures_are_verified_by_whom_the_caller_gives() -> None:
    assert check_light_block(TRUST, BLOCK, verify=lambda jobs: [True] * len(jobs)) == HEADER
    with pytest.raises(Refusal):
        check_light_block(TRUST, BLOCK, verify=lambda jobs: [False] * len(jobs))
    with pytest.raises(Refusal):
        check_light_block(TRUST, BLOCK, verify=lambda jobs: [*verify_in_turn(jobs)[:-1], False])


KNOWN_DIFFERENCES = {
    ("2 of block version 10", "1"): "We leave the version of a block to the validators who signed it.",
    (
        "2 with a forged last signature",
        "1",
    ): "CometBFT stops verifying at two thirds; we verify every vote for the block.",
}


def test_headers_made_by_cometbft_are_taken_exactly_when_the_oracle_takes_them() -> None:
    known = vectors.load("light")
    differences = set()
    for (name, head), (set_name, members) in product(known["signed_headers"].items(), known["validator_sets"].items()):
        try:
            oracle.verify_signed_header(bytes.fromhex(head), bytes.fromhex(members), known["chain_id"])
            expected = True
        except ValueError:
            expected = False
        try:
            block = LightBlock(SignedHeader.decode(bytes.fromhex(head)), ValidatorSet.decode(bytes.fromhex(members)))
            check_light_block(Trust(known["chain_id"], block.header.validators_hash), block)
            taken = True
        except Refusal:
            taken = False
        if taken != expected:
            differences.add((name, set_name))
    assert differences == set(KNOWN_DIFFERENCES)


@given(st.integers(min_value=0, max_value=100_000), st.integers(min_value=1, max_value=255))
def test_a_changed_byte_never_proves_another_header(place: int, change: int) -> None:
    changed = bytearray(BLOCK.encode())
    changed[place % len(changed)] ^= change
    try:
        taken = check_light_block(TRUST, LightBlock.decode(bytes(changed)))
    except Refusal:
        return
    assert taken == HEADER


@pytest.mark.parametrize(
    ("age_ms", "fresh"),
    [(0, True), (30_000, True), (30_001, False), (-5_000, True), (-5_001, False), (10**12, False), (-(10**12), False)],
)
def test_a_header_is_fresh_within_its_age_and_the_skew_of_clocks(age_ms: int, fresh: bool) -> None:
    if fresh:
        check_fresh(HEADER, now_ms=TIME_MS + age_ms, max_age_ms=30_000, max_skew_ms=5_000)
        return
    with pytest.raises(Refusal) as caught:
        check_fresh(HEADER, now_ms=TIME_MS + age_ms, max_age_ms=30_000, max_skew_ms=5_000)
    assert caught.value.reason == errors.STALE_HEADER
    assert str(age_ms) in caught.value.detail


def test_a_header_without_a_time_is_stale() -> None:
    with pytest.raises(Refusal):
        check_fresh(Header(time_ns=NO_TIME_NS), now_ms=TIME_MS, max_age_ms=30_000, max_skew_ms=5_000)


TREE = Tree().update({b"key %d" % n: b"value %d" % n for n in range(20)})


def proved(of: bytes, **changes: object) -> Proved:
    block = sign_header(make_header(MEMBERS, app_hash=TREE.root), MEMBERS)
    made = Proved(of, TREE.get(of) or b"", TREE.prove(of).encode(), block.encode())
    return msgspec.structs.replace(made, **changes)


@pytest.mark.parametrize("key", [b"key 3", b"key 99"])
def test_a_value_or_its_absence_is_proved_under_a_signed_header(key: bytes) -> None:
    given_back = check_proved(TRUST, PROVED.decode(encode(proved(key))), key=key)
    assert given_back.app_hash == TREE.root


@pytest.mark.parametrize(
    ("what", "answer", "reason"),
    [
        ("another key", proved(b"key 4"), errors.NOT_PROVED),
        ("another key's proof under this name", proved(b"key 4", key=b"key 3"), BAD_PROOF),
        ("another value", proved(b"key 3", value=b"value 4"), BAD_PROOF),
        ("a value said to be absent", proved(b"key 3", value=b""), BAD_PROOF),
        ("an absence as proof of a value", proved(b"key 3", proof=proved(b"key 99").proof), BAD_PROOF),
        ("no proof", proved(b"key 3", proof=b""), BAD_PROOF),
        ("a proof that is none", proved(b"key 3", proof=b"\xff"), BAD_PROTOBUF),
        (
            "an existence without a leaf",
            proved(b"key 3", proof=CommitmentProof(exist=ExistenceProof()).encode()),
            BAD_PROOF,
        ),
        ("another state's header", proved(b"key 3", light_block=BLOCK.encode()), BAD_PROOF),
        ("no header", proved(b"key 3", light_block=b""), BAD_PROTOBUF),
        ("a header cut off", proved(b"key 3", light_block=BLOCK.encode()[:-1]), BAD_PROTOBUF),
        (
            "a header of others",
            proved(b"key 3", light_block=sign_header(make_header(OTHERS, app_hash=TREE.root), OTHERS).encode()),
            errors.NOT_VALIDATORS,
        ),
    ],
)
def test_what_is_not_proved_is_refused(what: str, answer: Proved, reason: Reason) -> None:
    with pytest.raises(Refusal) as caught:
        check_proved(TRUST, answer, key=b"key 3")
    assert caught.value.reason == reason


def test_an_absence_of_a_key_that_is_there_is_refused() -> None:
    with pytest.raises(Refusal):
        check_proved(TRUST, proved(b"key 99", key=b"key 3"), key=b"key 3")


def test_an_answer_beyond_the_bound_is_refused() -> None:
    with pytest.raises(Refusal):
        PROVED.decode(encode(proved(b"key 3", value=bytes(PROVED.max_bytes))))


@given(
    st.sampled_from([b"key 3", b"key 99"]),
    st.integers(min_value=0, max_value=100_000),
    st.integers(min_value=1, max_value=255),
)
def test_a_changed_byte_of_an_answer_never_proves_a_falsehood(key: bytes, place: int, change: int) -> None:
    changed = bytearray(encode(proved(key)))
    changed[place % len(changed)] ^= change
    try:
        answer = PROVED.decode(bytes(changed))
        check_proved(TRUST, answer, key=key)
    except Refusal:
        return
    assert (answer.key, answer.value) == (key, TREE.get(key) or b"")
