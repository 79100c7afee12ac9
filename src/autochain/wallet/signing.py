"""Signing transactions with wallets."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from ..onchain.codec import encode
from ..onchain.ledger import KeysProof, Message, Signature, Transaction, sign_bytes
from .wallet import Wallet


class Draft(NamedTuple):
    """What a transaction says before anybody signed it."""

    chain_id: str
    messages: tuple[Message, ...]
    sequence: int
    fee_uacc: int
    expiry_height: int


def sign(draft: Draft, sender: Wallet, *, payer: Wallet | None = None) -> bytes:
    """Signs a transaction as its sender, and as its payer where one agrees to pay; gives its canonical bytes."""
    proof = KeysProof(
        sender=sender.account, sequence=draft.sequence, signatures=(), payer=payer.account if payer else None
    )
    transaction = Transaction(draft.chain_id, draft.expiry_height, draft.fee_uacc, draft.messages, proof)
    message = sign_bytes(transaction)
    signed = replace(
        proof,
        signatures=(Signature(0, sender.sign(message), sender.key.suite),),
        payer_signatures=(Signature(0, payer.sign(message), payer.key.suite),) if payer else (),
    )
    return encode(replace(transaction, proof=signed))
