"""What a wallet signs is one canonical transaction, by its sender and whoever agreed to pay."""

from __future__ import annotations

from pathlib import Path

import pytest

from autochain.onchain.codec import Codec, encode
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto.ed25519 import verify
from autochain.onchain.ledger import KeysProof, Transaction, sign_bytes
from autochain.onchain.ledger.transaction import Transaction as Signed
from autochain.wallet import Draft, Wallet, create, sign

CODEC: Codec[Signed[Transfer]] = Codec(Transaction[Transfer], max_bytes=10_000)


@pytest.fixture
def parties(tmp_path: Path) -> tuple[Wallet, Wallet]:
    return create(tmp_path, "sender", kind="person"), create(tmp_path, "payer", kind="person")


def a_draft(payee: Wallet) -> Draft:
    return Draft("main-test", (Transfer(payee.account, 5),), sequence=7, fee_uacc=900, expiry_height=1_000)


def test_a_transaction_says_what_its_draft_says(parties: tuple[Wallet, Wallet]) -> None:
    sender, payer = parties
    data = sign(a_draft(payer), sender)
    transaction = CODEC.decode(data)
    assert encode(transaction) == data
    assert (transaction.chain_id, transaction.expiry_height, transaction.fee_uacc) == ("main-test", 1_000, 900)
    assert transaction.messages == (Transfer(payer.account, 5),)
    assert isinstance(transaction.proof, KeysProof)
    assert (transaction.proof.sender, transaction.proof.sequence) == (sender.account, 7)
    assert (transaction.proof.payer, transaction.proof.payer_signatures) == (None, ())


def test_sender_and_payer_sign_the_same_bytes_each_with_its_own_key(parties: tuple[Wallet, Wallet]) -> None:
    sender, payer = parties
    transaction = CODEC.decode(sign(a_draft(payer), sender, payer=payer))
    (by_sender,), (by_payer,) = transaction.proof.signatures, transaction.proof.payer_signatures
    message = sign_bytes(transaction)
    assert verify(sender.public_key.data, message, by_sender.data)
    assert verify(payer.public_key.data, message, by_payer.data)
    assert not verify(payer.public_key.data, message, by_sender.data)
    assert transaction.proof.payer == payer.account


def test_a_payer_signs_that_it_pays(parties: tuple[Wallet, Wallet]) -> None:
    sender, payer = parties
    alone, paid = (CODEC.decode(sign(a_draft(payer), sender, payer=who)) for who in (None, payer))
    assert sign_bytes(alone) != sign_bytes(paid)
