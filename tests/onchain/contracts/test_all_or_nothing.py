"""Transactions: all messages happen or none, and who co-signs to pay pays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from autochain.onchain.codec import encode
from autochain.onchain.contracts.consent import CountConsents, Grant, ListConsents
from autochain.onchain.contracts.identity import HandOver
from autochain.onchain.contracts.market import Deliver, ListReceipts, Read
from autochain.onchain.contracts.mining import Claim, Rewarded
from autochain.onchain.contracts.recording import GetRecording, recording_id
from autochain.onchain.contracts.recording import errors as recording
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.contracts.token import errors as token
from autochain.onchain.ids import contract_account, derive
from autochain.onchain.ledger import KeysProof, Limits, Transaction
from autochain.onchain.ledger import errors as ledger
from autochain.onchain.refusals import Reason
from chains import CHAIN_ID, Harness, Party, Scene


def first_consent(owner: Party) -> bytes:
    """The id of the first consent that an owner grants."""
    return derive("consent", owner.account, bytes(8))


def test_a_second_message_that_fails_takes_the_first_one_with_it(scene: Scene) -> None:
    harness = scene.harness
    harness.refuses(
        token.PAYEE_IS_PAYER, scene.owner, Transfer(scene.buyer.account, 5), Transfer(scene.owner.account, 1)
    )
    harness.refuses(recording.ALREADY_COMMITTED, scene.car, scene.a_drive(), scene.a_drive())
    drive = scene.a_drive()
    assert harness.ask(GetRecording(recording_id(scene.car.account, drive.fingerprint))) is None


def test_a_consent_granted_before_a_failing_message_never_was(scene: Scene) -> None:
    scene.harness.refuses(token.UNKNOWN_PAYEE, scene.owner, scene.a_grant(), Transfer(bytes(20), 1))
    assert scene.harness.ask(ListConsents(scene.owner.account)) == ()
    assert scene.harness.ask(CountConsents(scene.owner.account)).granted == 0


def test_a_reading_bought_before_a_failing_message_its_price_and_its_lapse_never_were(scene: Scene) -> None:
    read = scene.a_read(scene.commit(), scene.grant())
    scene.harness.refuses(token.UNKNOWN_PAYEE, scene.buyer, read, Transfer(bytes(20), 1))
    assert scene.harness.ask(ListReceipts(scene.owner.account)) == ()
    assert scene.harness.balance(contract_account("market")) == 0
    assert scene.harness.machine.next_due_ms() is None


def test_an_owner_paid_by_a_delivery_before_a_failing_message_never_was(scene: Scene) -> None:
    harness, receipt = scene.harness, scene.read(scene.commit(), scene.grant())
    scene.deliver(receipt, members=1)
    deliver, failing = Deliver((receipt,)), Transfer(bytes(20), 1)
    harness.refuses(token.UNKNOWN_PAYEE, harness.members[1], deliver, failing, payer=harness.treasury)
    assert harness.balance(contract_account("market")) == scene.terms().price_uacc
    harness.do(harness.members[1], deliver, payer=harness.treasury)


def test_a_car_handed_over_before_a_failing_message_stays_its_owners(scene: Scene) -> None:
    harness, sold = scene.harness, HandOver(scene.car.account)
    harness.refuses(token.UNKNOWN_PAYEE, scene.owner, sold, Transfer(bytes(20), 1), payer=scene.buyer)
    scene.grant()


def test_a_later_message_sees_what_an_earlier_one_did(scene: Scene) -> None:
    drive = scene.a_drive()
    events = scene.harness.do(scene.car, drive, Claim(recording_id(scene.car.account, drive.fingerprint)))
    assert isinstance(events[-1], Rewarded)


def test_an_owner_grants_and_reads_in_one_transaction(scene: Scene) -> None:
    recorded = scene.commit()
    grant: Grant = scene.a_grant(reader=scene.owner.account)
    read: Read = scene.a_read(recorded, first_consent(scene.owner))
    scene.harness.do(scene.owner, grant, read)
    assert len(scene.harness.ask(ListReceipts(scene.owner.account))) == 1


def test_a_failed_transaction_is_paid_for_and_never_runs_again(scene: Scene) -> None:
    harness = scene.harness
    data = harness.sign(scene.owner, Transfer(scene.owner.account, 1))
    first, again = harness.block(data, data)
    assert (first.codespace, first.code) == ("token", token.PAYEE_IS_PAYER.code)
    assert (again.codespace, again.code) == ("ledger", ledger.WRONG_SEQUENCE.code)


def test_a_payer_who_cosigns_pays_the_fee_and_keeps_its_sequence(scene: Scene) -> None:
    harness = scene.harness
    before = [harness.balance(party) for party in (scene.car, scene.owner)]
    sequence = harness.sequence(scene.owner)
    harness.do(scene.car, scene.a_drive(), payer=scene.owner)
    after = [harness.balance(party) for party in (scene.car, scene.owner)]
    assert after == [before[0], before[1] - (50 + 2 * 60 + 250) * 5]
    assert harness.sequence(scene.owner) == sequence


def test_a_payer_pays_for_a_transaction_that_fails_too(scene: Scene) -> None:
    scene.harness.refuses(token.UNKNOWN_PAYEE, scene.car, Transfer(bytes(20), 1), payer=scene.owner)


def test_a_payer_pays_the_fee_and_no_price(scene: Scene) -> None:
    harness, recorded, consent = scene.harness, scene.commit(), scene.grant()
    sponsor = harness.register("sponsor", "organisation")
    buyer = harness.balance(scene.buyer)
    harness.do(scene.buyer, scene.a_read(recorded, consent), payer=sponsor)
    assert harness.balance(scene.buyer) == buyer - scene.terms().price_uacc


def test_a_payer_whose_balance_does_not_cover_the_fee_is_not_admitted(scene: Scene) -> None:
    poor = scene.harness.register("poor", funds_uacc=1)
    result = scene.harness.refuses(token.TOO_POOR, scene.owner, Transfer(scene.buyer.account, 1), payer=poor)
    assert result.weight_used == 0


def with_proof(harness: Harness, data: bytes, change: Callable[[KeysProof], KeysProof]) -> bytes:
    """Gives a signed transaction with its proof changed after signing."""
    transaction: Transaction[Any] = harness.machine.dispatcher.transactions.decode(data)
    return encode(replace(transaction, proof=change(transaction.proof)))


def without_payers_signature(proof: KeysProof) -> KeysProof:
    return replace(proof, payer_signatures=())


def signed_twice_by_the_sender(proof: KeysProof) -> KeysProof:
    return replace(proof, payer_signatures=proof.signatures)


def with_the_payer_taken_out(proof: KeysProof) -> KeysProof:
    return replace(proof, payer=None)


def with_the_payer_and_its_signature_taken_out(proof: KeysProof) -> KeysProof:
    return replace(proof, payer=None, payer_signatures=())


def with_one_key_twice(proof: KeysProof) -> KeysProof:
    return replace(proof, signatures=proof.signatures * 2)


def with_a_key_that_is_not_there(proof: KeysProof) -> KeysProof:
    return replace(proof, signatures=(replace(proof.signatures[0], key=3),))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without_payers_signature, ledger.BAD_SIGNATURE),
        (signed_twice_by_the_sender, ledger.BAD_SIGNATURE),
        (with_the_payer_taken_out, ledger.BAD_SIGNATURE),
        (with_the_payer_and_its_signature_taken_out, ledger.BAD_SIGNATURE),
        (with_one_key_twice, ledger.DUPLICATE_SIGNATURE),
        (with_a_key_that_is_not_there, ledger.BAD_SIGNATURE),
    ],
)
def test_a_transaction_whose_proof_was_changed_is_refused_and_costs_nobody_anything(
    scene: Scene, change: Callable[[KeysProof], KeysProof], reason: Reason
) -> None:
    harness = scene.harness
    data = harness.sign(scene.car, scene.a_drive(), payer=scene.owner, fee_uacc=10_000)
    before = dict(harness.store.pairs)
    (result,) = harness.block(with_proof(harness, data, change))
    assert (result.codespace, result.code) == ("ledger", reason.code)
    assert harness.store.pairs == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"chain_id": CHAIN_ID + "2"}, ledger.WRONG_CHAIN),
        ({"messages": ()}, ledger.NO_MESSAGES),
        ({"messages": (Transfer(b"b" * 20, 2),)}, ledger.BAD_SIGNATURE),
        ({"fee_uacc": 10**6}, ledger.BAD_SIGNATURE),
        ({"expiry_height": 900}, ledger.BAD_SIGNATURE),
    ],
)
def test_a_transaction_that_was_changed_after_signing_is_refused(
    scene: Scene, change: dict[str, Any], reason: Reason
) -> None:
    harness = scene.harness
    data = harness.sign(scene.owner, Transfer(scene.buyer.account, 1))
    before = dict(harness.store.pairs)
    (result,) = harness.block(encode(replace(harness.machine.dispatcher.transactions.decode(data), **change)))
    assert (result.codespace, result.code) == ("ledger", reason.code)
    assert harness.store.pairs == before


def test_a_transaction_runs_at_its_expiry_height_and_not_after(scene: Scene) -> None:
    harness = scene.harness
    transfer = Transfer(scene.buyer.account, 1)
    (last,) = harness.block(harness.sign(scene.owner, transfer, expiry_height=harness.height + 1))
    (late,) = harness.block(harness.sign(scene.owner, transfer, expiry_height=harness.height))
    (far,) = harness.block(harness.sign(scene.owner, transfer, expiry_height=harness.height + 100_002))
    assert [last.code, late.code, far.code] == [0, ledger.EXPIRED.code, ledger.EXPIRY_TOO_FAR.code]


def test_a_sequence_that_is_not_the_next_one_is_refused(scene: Scene) -> None:
    harness = scene.harness
    sequence = harness.sequence(scene.owner)
    for wrong in (0, sequence - 1, sequence + 1):
        (result,) = harness.block(harness.sign(scene.owner, Transfer(scene.buyer.account, 1), sequence=wrong))
        assert (result.codespace, result.code) == ("ledger", ledger.WRONG_SEQUENCE.code)


def test_a_transaction_heavier_than_the_limit_is_refused() -> None:
    scene = Scene(Harness(limits=Limits(transaction_weight=350)))
    transfer = Transfer(scene.buyer.account, 1)
    scene.harness.do(scene.owner, *[transfer] * 4)
    scene.harness.refuses(ledger.TOO_HEAVY, scene.owner, *[transfer] * 5)


def test_a_fee_one_uacc_below_the_least_is_refused(scene: Scene) -> None:
    harness = scene.harness
    least = (50 + 60 + 60) * 5
    transfer = Transfer(scene.buyer.account, 1)
    (low,) = harness.block(harness.sign(scene.owner, transfer, fee_uacc=least - 1))
    (enough,) = harness.block(harness.sign(scene.owner, transfer, fee_uacc=least))
    assert (low.codespace, low.code) == ("ledger", ledger.FEE_TOO_LOW.code)
    assert enough.code == 0


def test_the_same_story_gives_the_same_state() -> None:
    def told() -> bytes:
        scene = Scene()
        scene.read(scene.commit(), scene.grant())
        return scene.harness.machine.info().app_hash

    assert told() == told()
