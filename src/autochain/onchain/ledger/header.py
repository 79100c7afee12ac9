"""Headers, commits and validator sets in CometBFT's format, with their hashes and sign bytes.

Source: CometBFT v0.40 `spec/core/data_structures.md`, `spec/core/encoding.md`. Times are nanoseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..crypto import ED25519, PublicKey, merkle, sha256
from ..units import split
from . import protobuf
from .protobuf import Field, Message

BLOCK_PROTOCOL = 11
PART_BYTES = 65_536
FLAG_ABSENT, FLAG_COMMIT, FLAG_NIL = 1, 2, 3
PRECOMMIT = 2
NO_TIME_NS = -62_135_596_800 * 1_000_000_000
"""Go's zero time, the first instant of year 1: the timestamp of an absent signature."""


@dataclass(frozen=True, slots=True)
class Version(Message):
    block: int = BLOCK_PROTOCOL
    app: int = 0
    FIELDS: ClassVar = (Field(1, "block", "uint"), Field(2, "app", "uint"))


@dataclass(frozen=True, slots=True)
class PartSetHeader(Message):
    """How many parts of 64 KiB a block has, and the root over them."""

    total: int = 0
    hash: bytes = b""
    FIELDS: ClassVar = (Field(1, "total", "uint"), Field(2, "hash", "bytes"))


@dataclass(frozen=True, slots=True)
class BlockId(Message):
    hash: bytes = b""
    parts: PartSetHeader = PartSetHeader()
    FIELDS: ClassVar = (Field(1, "hash", "bytes"), Field(2, "parts", "message", PartSetHeader, always=True))


@dataclass(frozen=True, slots=True)
class Header(Message):
    """What validators sign: the chain, the height, the time and the hashes of all that belongs to a block."""

    chain_id: str = ""
    height: int = 0
    time_ns: int = NO_TIME_NS
    validators_hash: bytes = b""
    next_validators_hash: bytes = b""
    consensus_hash: bytes = b""
    proposer_address: bytes = b""
    app_hash: bytes = b""
    """Root of the state after the block before this one."""
    last_results_hash: bytes = b""
    data_hash: bytes = b""
    evidence_hash: bytes = b""
    last_commit_hash: bytes = b""
    last_block_id: BlockId = BlockId()
    version: Version = Version()
    FIELDS: ClassVar = (
        Field(1, "version", "message", Version, always=True),
        Field(2, "chain_id", "string"),
        Field(3, "height", "int64"),
        Field(4, "time_ns", "time", always=True),
        Field(5, "last_block_id", "message", BlockId, always=True),
        Field(6, "last_commit_hash", "bytes"),
        Field(7, "data_hash", "bytes"),
        Field(8, "validators_hash", "bytes"),
        Field(9, "next_validators_hash", "bytes"),
        Field(10, "consensus_hash", "bytes"),
        Field(11, "app_hash", "bytes"),
        Field(12, "last_results_hash", "bytes"),
        Field(13, "evidence_hash", "bytes"),
        Field(14, "proposer_address", "bytes"),
    )

    @property
    def time_ms(self) -> int:
        return split(self.time_ns, 1_000_000)[0]

    def hash(self) -> bytes:
        """Gives the header's hash: the Merkle root over its encoded fields."""
        return merkle.root([
            self.version.encode(),
            _wrapped(self.chain_id.encode()),
            b"\x08" + protobuf.varint(self.height) if self.height else b"",
            protobuf.encode_time(self.time_ns),
            self.last_block_id.encode(),
            _wrapped(self.last_commit_hash),
            _wrapped(self.data_hash),
            _wrapped(self.validators_hash),
            _wrapped(self.next_validators_hash),
            _wrapped(self.consensus_hash),
            _wrapped(self.app_hash),
            _wrapped(self.last_results_hash),
            _wrapped(self.evidence_hash),
            _wrapped(self.proposer_address),
        ])  # fmt: skip


def _wrapped(value: bytes) -> bytes:
    """Encodes one field on its own, as a google.protobuf.BytesValue or StringValue."""
    return b"\x0a" + protobuf.delimited(value) if value else b""


@dataclass(frozen=True, slots=True)
class CommitSignature(Message):
    flag: int = FLAG_ABSENT
    validator_address: bytes = b""
    time_ns: int = NO_TIME_NS
    signature: bytes = b""
    FIELDS: ClassVar = (
        Field(1, "flag", "uint"),
        Field(2, "validator_address", "bytes"),
        Field(3, "time_ns", "time", always=True),
        Field(4, "signature", "bytes"),
    )


@dataclass(frozen=True, slots=True)
class Commit(Message):
    """The precommits by which a block was decided, in the order of the validator set."""

    height: int = 0
    round: int = 0
    block_id: BlockId = BlockId()
    signatures: tuple[CommitSignature, ...] = ()
    FIELDS: ClassVar = (
        Field(1, "height", "int64"),
        Field(2, "round", "uint"),
        Field(3, "block_id", "message", BlockId, always=True),
        Field(4, "signatures", "message", CommitSignature, repeated=True),
    )

    def hash(self) -> bytes:
        return merkle.root([signature.encode() for signature in self.signatures])

    def sign_bytes(self, *, chain_id: str, index: int) -> bytes:
        """Gives what the validator at `index` signed: a length-prefixed CanonicalVote."""
        signature = self.signatures[index]
        block_id = self.block_id if signature.flag == FLAG_COMMIT else None
        vote = CanonicalVote(PRECOMMIT, self.height, self.round, block_id, signature.time_ns, chain_id)
        return protobuf.delimited(vote.encode())


@dataclass(frozen=True, slots=True)
class CanonicalVote(Message):
    type: int = 0
    height: int = 0
    round: int = 0
    block_id: BlockId | None = None
    time_ns: int = NO_TIME_NS
    chain_id: str = ""
    FIELDS: ClassVar = (
        Field(1, "type", "uint"),
        Field(2, "height", "sfixed64"),
        Field(3, "round", "sfixed64"),
        Field(4, "block_id", "message", BlockId, optional=True),
        Field(5, "time_ns", "time", always=True),
        Field(6, "chain_id", "string"),
    )


@dataclass(frozen=True, slots=True)
class ValidatorKey(Message):
    ed25519: bytes = b""
    FIELDS: ClassVar = (Field(1, "ed25519", "bytes"),)


@dataclass(frozen=True, slots=True)
class SimpleValidator(Message):
    key: ValidatorKey = ValidatorKey()
    power: int = 0
    FIELDS: ClassVar = (Field(1, "key", "message", ValidatorKey, optional=True), Field(2, "power", "int64"))


@dataclass(frozen=True, slots=True)
class Validator(Message):
    """A validator's key and its voting power."""

    address: bytes = b""
    key: ValidatorKey = ValidatorKey()
    power: int = 0
    proposer_priority: int = 0
    FIELDS: ClassVar = (
        Field(1, "address", "bytes"),
        Field(2, "key", "message", ValidatorKey, always=True),
        Field(3, "power", "int64"),
        Field(4, "proposer_priority", "int64"),
    )

    @property
    def public_key(self) -> PublicKey:
        return PublicKey(ED25519, self.key.ed25519)


def validator(key: bytes, power: int) -> Validator:
    """Makes a validator from its Ed25519 public key."""
    return Validator(sha256(key)[:20], ValidatorKey(key), power)


@dataclass(frozen=True, slots=True)
class ValidatorSet(Message):
    """Validators ordered by power, the strongest first, then by address."""

    validators: tuple[Validator, ...] = ()
    proposer: Validator | None = None
    total_power: int = 0
    FIELDS: ClassVar = (
        Field(1, "validators", "message", Validator, repeated=True),
        Field(2, "proposer", "message", Validator, optional=True),
        Field(3, "total_power", "int64"),
    )

    @property
    def power(self) -> int:
        return sum(member.power for member in self.validators)

    def hash(self) -> bytes:
        return merkle.root([SimpleValidator(member.key, member.power).encode() for member in self.validators])


def validator_set(members: Sequence[Validator]) -> ValidatorSet:
    """Puts validators in their order."""
    return ValidatorSet(tuple(sorted(members, key=lambda member: (-member.power, member.address))))


@dataclass(frozen=True, slots=True)
class SignedHeader(Message):
    header: Header = Header()
    commit: Commit = Commit()
    FIELDS: ClassVar = (
        Field(1, "header", "message", Header, always=True),
        Field(2, "commit", "message", Commit, always=True),
    )


@dataclass(frozen=True, slots=True)
class LightBlock(Message):
    """A header with the commit that decides it and the validators who could."""

    signed: SignedHeader = SignedHeader()
    validators: ValidatorSet = ValidatorSet()
    FIELDS: ClassVar = (
        Field(1, "signed", "message", SignedHeader, always=True),
        Field(2, "validators", "message", ValidatorSet, always=True),
    )

    @property
    def header(self) -> Header:
        return self.signed.header

    @property
    def commit(self) -> Commit:
        return self.signed.commit


@dataclass(frozen=True, slots=True)
class Data(Message):
    txs: tuple[bytes, ...] = ()
    FIELDS: ClassVar = (Field(1, "txs", "bytes", repeated=True),)


@dataclass(frozen=True, slots=True)
class Evidence(Message):
    """Evidence of misbehaviour; the embedded engine's blocks carry none."""


@dataclass(frozen=True, slots=True)
class Block(Message):
    header: Header = Header()
    data: Data = Data()
    evidence: Evidence = Evidence()
    last_commit: Commit | None = None
    FIELDS: ClassVar = (
        Field(1, "header", "message", Header, always=True),
        Field(2, "data", "message", Data, always=True),
        Field(3, "evidence", "message", Evidence, always=True),
        Field(4, "last_commit", "message", Commit, optional=True),
    )


@dataclass(frozen=True, slots=True)
class Result(Message):
    """The part of a transaction's result that the next header commits to."""

    code: int = 0
    data: bytes = b""
    gas_wanted: int = 0
    gas_used: int = 0
    FIELDS: ClassVar = (
        Field(1, "code", "uint"),
        Field(2, "data", "bytes"),
        Field(5, "gas_wanted", "int64"),
        Field(6, "gas_used", "int64"),
    )


@dataclass(frozen=True, slots=True)
class HashedParams(Message):
    block_max_bytes: int = 0
    block_max_gas: int = 0
    FIELDS: ClassVar = (Field(1, "block_max_bytes", "int64"), Field(2, "block_max_gas", "int64"))

    def hash(self) -> bytes:
        return sha256(self.encode())


def data_hash(txs: Sequence[bytes]) -> bytes:
    """Gives the root over the hashes of a block's transactions."""
    return merkle.root([sha256(tx) for tx in txs])


def results_hash(results: Sequence[Result]) -> bytes:
    """Gives the root over the results of a block."""
    return merkle.root([result.encode() for result in results])


def block_id(header: Header, block: bytes) -> BlockId:
    """Names a block by its header's hash and the root over its encoded parts."""
    parts = [block[at : at + PART_BYTES] for at in range(0, len(block), PART_BYTES)]
    return BlockId(header.hash(), PartSetHeader(len(parts), merkle.root(parts)))
