"""Headers that validators of a test sign, with the commits that decide them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from autochain.onchain.crypto import sha256, tagged_hash
from autochain.onchain.ledger.header import (
    FLAG_ABSENT,
    FLAG_COMMIT,
    FLAG_NIL,
    NO_TIME_NS,
    BlockId,
    Commit,
    CommitSignature,
    Header,
    LightBlock,
    PartSetHeader,
    SignedHeader,
    ValidatorSet,
    validator,
    validator_set,
)
from autochain.privacy import ed25519

CHAIN_ID = "signed-1"
TIME_NS = 1_785_153_600_123_456_789


@dataclass(frozen=True)
class Member:
    """A validator with its secret."""

    seed: bytes
    power: int

    @property
    def key(self) -> bytes:
        return ed25519.public_key(self.seed).data

    @property
    def address(self) -> bytes:
        return sha256(self.key)[:20]


def make_members(*powers: int, salt: str = "") -> list[Member]:
    """Makes validators of these powers, in the order of their set."""
    made = [Member(tagged_hash(f"test/validator{salt}", bytes([place])), power) for place, power in enumerate(powers)]
    return sorted(made, key=lambda member: (-member.power, member.address))


def make_set(members: Sequence[Member]) -> ValidatorSet:
    """Gives their validator set, with the first as proposer, as CometBFT sends it."""
    ordered = validator_set([validator(member.key, member.power) for member in members])
    return replace(ordered, proposer=ordered.validators[0])


def make_header(
    members: Sequence[Member], *, height: int = 7, chain_id: str = CHAIN_ID, app_hash: bytes = sha256(b"app")
) -> Header:
    """Makes a header with every field set."""
    validators_hash = make_set(members).hash()
    return Header(
        chain_id=chain_id,
        height=height,
        time_ns=TIME_NS,
        validators_hash=validators_hash,
        next_validators_hash=validators_hash,
        proposer_address=members[0].address,
        app_hash=app_hash,
        last_block_id=BlockId(sha256(b"last"), PartSetHeader(2, sha256(b"last parts"))),
        consensus_hash=sha256(b"consensus"),
        last_results_hash=sha256(b"results"),
        data_hash=sha256(b"data"),
        evidence_hash=sha256(b"evidence"),
        last_commit_hash=sha256(b"last commit"),
    )


def sign_header(
    header: Header, members: Sequence[Member], *, votes: Mapping[int, int] | None = None, round_number: int = 1
) -> LightBlock:
    """Signs a header; `votes` says for a validator's place another flag than its vote for the block."""
    block_id = BlockId(header.hash(), PartSetHeader(1, sha256(b"parts")))
    commit = Commit(header.height, round_number, block_id)
    flags = [(votes or {}).get(place, FLAG_COMMIT) for place in range(len(members))]
    blank = tuple(
        CommitSignature() if flag == FLAG_ABSENT else CommitSignature(flag, member.address, header.time_ns + place, b"")
        for place, (flag, member) in enumerate(zip(flags, members, strict=True))
    )
    commit = replace(commit, signatures=blank)
    signed = tuple(
        vote
        if vote.flag == FLAG_ABSENT
        else replace(
            vote, signature=ed25519.sign(member.seed, commit.sign_bytes(chain_id=header.chain_id, index=place))
        )
        for place, (vote, member) in enumerate(zip(blank, members, strict=True))
    )
    return LightBlock(SignedHeader(header, replace(commit, signatures=signed)), make_set(members))


__all__ = [
    "CHAIN_ID",
    "FLAG_ABSENT",
    "FLAG_COMMIT",
    "FLAG_NIL",
    "NO_TIME_NS",
    "TIME_NS",
    "Member",
    "make_header",
    "make_members",
    "make_set",
    "sign_header",
]
