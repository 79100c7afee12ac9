"""The bytes of a passport: one record, with one header against which every entry is proved."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import msgspec

from ...onchain.codec import NOT_CANONICAL, NOT_DECODABLE, Codec, Record
from ...onchain.contracts.vehicles import Step
from ...onchain.ids import Id
from ...onchain.ledger.header import (
    FLAG_COMMIT,
    CommitSignature,
    LightBlock,
    SignedHeader,
    ValidatorSet,
    validator,
)
from ...onchain.ledger.protobuf import BAD_PROTOBUF
from ...onchain.refusals import Refusal
from .errors import NOT_A_PASSPORT, OTHER_FORMAT, TOO_LARGE

MARK: Literal["autochain/passport"] = "autochain/passport"
FORMAT: Literal[1] = 1
"""Counts up when passports change that older versions read; a version reads those of its own format."""
MAX_BUNDLE_BYTES = 16 * 1024 * 1024
"""Room for some hundred thousand steps: the longest life that a passport tells."""
MAX_ENTRIES = 10_000
"""Versions of a DID and security events come one by one; no device has as many."""


class Entry(Record, frozen=True):
    """What the chain's state holds at one key, which follows from the entry's place; and its proof."""

    value: bytes
    """Empty where its absence is proved."""
    proof: bytes
    """An encoded ICS-23 CommitmentProof."""


class Bundle(Record, frozen=True):
    """One vehicle's passport.

    The entries stand in the order of `belongings`: nothing else has a place, and nothing can be left out. Steps have no
    proofs of their own, for the proved life holds what they hash to.
    """

    mark: Literal["autochain/passport"]
    format: Literal[1]
    device: Id
    light_block: bytes
    """Header, commit and validators: a CometBFT LightBlock in protobuf, in the form that `plain_block` gives."""
    steps: tuple[Step, ...]
    entries: Annotated[tuple[Entry, ...], msgspec.Meta(max_length=MAX_ENTRIES)]


BUNDLE: Codec[Bundle] = Codec(Bundle, max_bytes=MAX_BUNDLE_BYTES)


class _Head(msgspec.Struct, frozen=True, array_like=True):
    """What every format begins with."""

    mark: Literal["autochain/passport"]
    format: int


_HEAD = msgspec.msgpack.Decoder(_Head)


def bytes_of(bundle: Bundle) -> bytes:
    """Writes a passport; refuses one that would be longer than those that are read."""
    data = BUNDLE.encode(bundle)
    if len(data) > MAX_BUNDLE_BYTES:
        raise TOO_LARGE(f"{len(data)} bytes, at most {MAX_BUNDLE_BYTES}")
    return data


def bundle_of(data: bytes) -> Bundle:
    """Reads a passport from bytes that may come from a stranger."""
    if len(data) <= MAX_BUNDLE_BYTES:
        _check_format(data)
    try:
        return BUNDLE.decode(data)
    except Refusal as refusal:
        if refusal.reason in (NOT_DECODABLE, NOT_CANONICAL):
            raise NOT_A_PASSPORT(refusal.detail or "its bytes are not canonical") from None
        raise


def _check_format(data: bytes) -> None:
    try:
        head = _HEAD.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NOT_A_PASSPORT() from None
    if head.format != FORMAT:
        raise OTHER_FORMAT(f"format {head.format}, not {FORMAT}")


def plain_block(block: LightBlock) -> LightBlock:
    """Gives a light block without what no signature covers, so that nobody can write the same passport otherwise."""
    commit = block.commit
    votes = tuple(vote if vote.flag == FLAG_COMMIT else CommitSignature() for vote in commit.signatures)
    members = tuple(validator(member.key.ed25519, member.power) for member in block.validators.validators)
    return LightBlock(SignedHeader(block.header, replace(commit, signatures=votes)), ValidatorSet(members))


def block_of(bundle: Bundle) -> LightBlock:
    """Reads the light block of a passport, which stands there in its plain form."""
    try:
        block = LightBlock.decode(bundle.light_block)
    except Refusal as refusal:
        if refusal.reason != BAD_PROTOBUF:
            raise
        raise NOT_A_PASSPORT(f"its header: {refusal.detail}") from None
    if plain_block(block) != block:
        raise NOT_A_PASSPORT("its header has more than is signed")
    return block
