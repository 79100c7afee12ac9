"""A transaction: what is asked, of which chain, until when, for what fee, and the proof of who speaks."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

import msgspec

from ..codec import Record, encode
from ..crypto import sha256
from ..ids import Id
from ..units import Amount, Count

SIGN_DOMAIN = b"autochain/tx/v1\x00"
MAX_MESSAGES = 64
MAX_SIGNATURES = 8


class Signature(Record, frozen=True):
    """A signature by one of an account's keys, named by its place in the account's list."""

    key: Annotated[int, msgspec.Meta(ge=0, lt=MAX_SIGNATURES)]
    data: Annotated[bytes, msgspec.Meta(max_length=8192)]
    suite: int = 1
    """The suite of the key, so that what it costs to verify is known before the key is looked up."""


Signatures = Annotated[tuple[Signature, ...], msgspec.Meta(max_length=MAX_SIGNATURES)]


class KeysProof(Record, frozen=True, tag="keys"):
    """Keys of the sender's DID speak; with a payer, keys of the payer's DID agree to pay the fee."""

    sender: Id
    sequence: Count
    signatures: Signatures
    payer: Id | None = None
    payer_signatures: Signatures = ()

    @property
    def suites(self) -> tuple[int, ...]:
        """The suite of each signature that there is to verify."""
        return tuple(signature.suite for signature in (*self.signatures, *self.payer_signatures))


Proof = KeysProof
"""The arms of who may speak; further ones join it as a tagged union."""

M = TypeVar("M")


class Transaction(Record, Generic[M], frozen=True):
    """Messages that happen all or not at all."""

    chain_id: Annotated[str, msgspec.Meta(max_length=50)]
    expiry_height: Count
    fee_uacc: Amount
    messages: Annotated[tuple[M, ...], msgspec.Meta(max_length=MAX_MESSAGES)]
    proof: Proof


def sign_bytes(transaction: Transaction[Any]) -> bytes:
    """Gives what sender and payer sign: the transaction, with its chain id, without signatures, under a domain tag."""
    proof = msgspec.structs.replace(transaction.proof, signatures=(), payer_signatures=())
    return SIGN_DOMAIN + encode(msgspec.structs.replace(transaction, proof=proof))


def transaction_hash(data: bytes) -> bytes:
    """Names a transaction by its bytes."""
    return sha256(data)
