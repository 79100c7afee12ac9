"""Keys that end and keys that were promised: who may speak then, and whether what waits still may."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from autochain.onchain.contracts.identity import Rotate, Succeed
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ledger import SEQUENCE_WINDOW, Signature, commitment_to, errors
from autochain.onchain.refusals import Reason, Refusal
from chains import Harness, Party, make_seeds, promise_of, public_keys

from .probe import seal

NEXT = make_seeds("ada", count=2, generation=1)
LATER = make_seeds("ada", generation=2)


def promised(harness: Harness, *, until_ms: int = 0) -> tuple[Party, Party]:
    """Gives a party that promised two next keys, and itself as those keys have it speak."""
    ada = harness.register("ada")
    harness.do(ada, ada.rotation(ada.seeds, next=promise_of(NEXT, threshold=2), until_ms=until_ms))
    return ada, replace_party(ada, NEXT, threshold=2)


def replace_party(party: Party, seeds: tuple[bytes, ...], *, threshold: int = 1, suite: int = 1) -> Party:
    return Party(party.name, party.registration, seeds, threshold, party.encryption, suite)


def pay(harness: Harness) -> Transfer:
    return Transfer(harness.operator.account, 1)


def mempool_refuses(harness: Harness, data: bytes, reason: Reason) -> None:
    with pytest.raises(Refusal) as caught:
        harness.check(data)
    assert caught.value.reason == reason


def test_promised_keys_succeed_in_a_transaction_that_they_sign_themselves() -> None:
    harness = Harness()
    ada, successor = promised(harness)
    succession = successor.succession(NEXT, threshold=2, next=promise_of(LATER))
    harness.check(harness.sign(successor, succession, pay(harness)))
    harness.do(successor, succession, pay(harness))
    harness.refuses(errors.BAD_SIGNATURE, ada, pay(harness))
    harness.do(successor, pay(harness))
    last = replace_party(ada, LATER)
    harness.do(last, last.succession(LATER))


def test_a_succession_needs_the_promised_keys_their_threshold_and_their_signatures() -> None:
    harness = Harness()
    ada, successor = promised(harness)
    harness.refuses(errors.BAD_SIGNATURE, replace_party(ada, ada.seeds), ada.succession(NEXT, threshold=2))
    for bent in (
        successor.succession(NEXT, threshold=1),
        successor.succession(NEXT[::-1], threshold=2),
        successor.succession(NEXT[:1]),
        successor.succession(LATER),
    ):
        harness.refuses(errors.NOT_SUCCEEDING, successor, bent)
    one = harness.sign(successor, successor.succession(NEXT, threshold=2))
    (first, _) = harness.machine.dispatcher.transactions.decode(one).proof.signatures
    short = seal(harness, successor, successor.succession(NEXT, threshold=2), signatures=(first,))
    mempool_refuses(harness, short, errors.BAD_SIGNATURE)
    harness.do(successor, successor.succession(NEXT, threshold=2))


def test_a_succession_stands_first_and_once_and_only_where_keys_were_promised() -> None:
    harness = Harness()
    ada, successor = promised(harness)
    succession = successor.succession(NEXT, threshold=2)
    for sender in (ada, successor):
        mempool_refuses(harness, harness.sign(sender, pay(harness), succession), errors.NOT_SUCCEEDING)
    mempool_refuses(harness, harness.sign(successor, succession, succession), errors.NOT_SUCCEEDING)
    bob = harness.register("bob")
    harness.refuses(errors.NOT_SUCCEEDING, bob, bob.succession(bob.seeds))
    stranger = Party.make("stranger", "person")
    mempool_refuses(harness, harness.sign(stranger, stranger.succession(NEXT), sequence=1), errors.UNKNOWN_SENDER)
    harness.do(successor, succession)
    harness.refuses(errors.NOT_SUCCEEDING, successor, succession)


def test_a_succession_takes_sequence_and_fee_as_any_transaction() -> None:
    harness = Harness()
    ada, successor = promised(harness)
    succession, held, sequence = successor.succession(NEXT, threshold=2), harness.balance(ada), harness.sequence(ada)
    old = harness.sign(successor, succession, sequence=sequence - 1)
    mempool_refuses(harness, old, errors.WRONG_SEQUENCE)
    harness.do(successor, succession)
    fee_uacc = harness.machine.dispatcher.least_fee_uacc((succession,), suites=(1, 1))
    assert harness.balance(ada) == held - fee_uacc
    assert harness.sequence(ada) == sequence + 1
    broke = harness.register("bob", funds_uacc=2_000)
    harness.do(broke, broke.rotation(broke.seeds, next=promise_of(LATER)))
    mempool_refuses(harness, harness.sign(replace_party(broke, LATER), broke.succession(LATER)), errors.FEES_UNPAYABLE)


def test_keys_speak_until_they_end_and_promised_ones_still_succeed() -> None:
    harness = Harness()
    until_ms = harness.now_ms + 10_000
    ada, successor = promised(harness, until_ms=until_ms)
    while harness.now_ms + harness.block_ms < until_ms:
        harness.do(ada, pay(harness))
    harness.check(harness.sign(ada, pay(harness)))
    assert harness.now_ms + harness.block_ms == until_ms
    harness.refuses(errors.KEYS_EXPIRED, ada, pay(harness))
    harness.refuses(errors.KEYS_EXPIRED, harness.treasury, pay(harness), payer=ada)
    mempool_refuses(harness, harness.sign(ada, pay(harness)), errors.KEYS_EXPIRED)
    harness.do(successor, successor.succession(NEXT, threshold=2))
    harness.do(successor, pay(harness))


def test_a_transaction_that_waited_does_not_outlive_its_keys() -> None:
    harness = Harness()
    ada = harness.register("ada")
    until_ms = harness.now_ms + 3 * harness.block_ms
    harness.do(ada, ada.rotation(ada.seeds, until_ms=until_ms))
    waiting = harness.sign(ada, pay(harness))
    harness.check(waiting)
    proposal = harness.machine.prepare([waiting], height=harness.height + 1, time_ms=until_ms)
    assert proposal.chosen == []
    assert [refusal.reason for _, refusal in proposal.refused] == [errors.KEYS_EXPIRED]
    early = harness.sign(ada, pay(harness))
    proposal = harness.machine.prepare([early], height=harness.height + 1, time_ms=until_ms - 1)
    assert proposal.chosen == [early]


def test_what_waits_is_refused_once_other_keys_have_succeeded() -> None:
    harness = Harness()
    ada, successor = promised(harness)
    succession = harness.sign(successor, successor.succession(NEXT, threshold=2))
    rival = harness.sign(successor, successor.succession(NEXT, threshold=2), fee_uacc=10_000_000)
    late = harness.sign(ada, pay(harness), sequence=harness.sequence(ada) + 1)
    harness.check(late_first := harness.sign(ada, pay(harness)))
    harness.check(late)
    harness.check(succession)
    (result, second) = harness.block(succession, rival)
    assert (result.code, second.code) == (0, errors.NOT_SUCCEEDING.code)
    for data in (late_first, late):
        with pytest.raises(Refusal) as caught:
            harness.machine.check(data, recheck=True)
        assert caught.value.reason == errors.BAD_SIGNATURE


def test_however_much_waits_by_the_present_keys_keeps_no_succession_out_and_nothing_comes_behind_it() -> None:
    harness = Harness()
    ada, successor = promised(harness)
    sequence, succeed = harness.sequence(ada), successor.succession(NEXT, threshold=2)
    stolen = [harness.sign(ada, pay(harness), sequence=sequence + at) for at in range(SEQUENCE_WINDOW + 1)]
    for data in stolen[:-1]:
        assert not harness.check(data).succeeds
    mempool_refuses(harness, stolen[-1], errors.SENDER_BUSY)
    behind = harness.sign(successor, succeed, sequence=sequence + SEQUENCE_WINDOW)
    mempool_refuses(harness, behind, errors.WRONG_SEQUENCE)
    succession = harness.sign(successor, succeed)
    assert harness.check(succession).succeeds
    rival = harness.sign(successor, succeed, fee_uacc=10_000_000)
    for data in (*stolen[:2], stolen[-1], rival):
        mempool_refuses(harness, data, errors.SENDER_BUSY)
    proposal = harness.machine.prepare([*stolen, succession], height=harness.height + 1, time_ms=harness.now_ms)
    assert proposal.chosen == [succession], "it goes first wherever an engine lets it stand"
    assert {refusal.reason for _, refusal in proposal.refused} == {errors.BAD_SIGNATURE}
    assert [result.code for result in harness.block(*proposal.chosen)] == [0]
    harness.check(harness.sign(successor, pay(harness)))


def test_a_succession_frees_what_the_payers_owe_for_what_it_takes_the_place_of() -> None:
    harness = Harness()
    ada, successor = promised(harness)
    bob = harness.register("bob", funds_uacc=100_000)
    held, sequence = harness.balance(ada), harness.sequence(ada)
    harness.check(harness.sign(ada, pay(harness), fee_uacc=held))
    harness.check(harness.sign(ada, pay(harness), payer=bob, fee_uacc=100_000, sequence=sequence + 1))
    fee_of_bob = harness.sign(bob, pay(harness), fee_uacc=100_000)
    mempool_refuses(harness, fee_of_bob, errors.FEES_UNPAYABLE)
    dear = harness.sign(successor, successor.succession(NEXT, threshold=2), fee_uacc=held + 1)
    mempool_refuses(harness, dear, errors.FEES_UNPAYABLE)
    mempool_refuses(harness, fee_of_bob, errors.FEES_UNPAYABLE)
    harness.check(harness.sign(successor, successor.succession(NEXT, threshold=2), payer=bob, fee_uacc=40_000))
    mempool_refuses(harness, fee_of_bob, errors.FEES_UNPAYABLE)
    harness.check(harness.sign(bob, pay(harness), fee_uacc=60_000))


def test_nobody_vouches_for_a_succession_whose_turn_is_over() -> None:
    harness = Harness()
    ada, successor = promised(harness)
    succession = harness.sign(successor, successor.succession(NEXT, threshold=2))
    replayed = harness.sign(successor, successor.succession(NEXT, threshold=2), fee_uacc=10_000_000)
    for data in (succession, replayed):
        harness.machine.screen(data)
    harness.do(ada, pay(harness))
    with pytest.raises(Refusal) as caught:
        harness.machine.vouch(succession)
    assert caught.value.reason == errors.WRONG_SEQUENCE
    harness.do(successor, successor.succession(NEXT, threshold=2))
    with pytest.raises(Refusal) as caught:
        harness.machine.vouch(replayed)
    assert caught.value.reason == errors.NOT_SUCCEEDING


def test_a_promise_of_keys_that_the_chain_does_not_admit_can_not_be_kept() -> None:
    harness = Harness()
    ada = harness.register("ada")
    keys = public_keys(LATER, suite=2)
    harness.do(ada, ada.rotation(ada.seeds, next=commitment_to(keys, 1)))
    modern = replace_party(ada, LATER, suite=2)
    data = seal(harness, modern, Succeed(keys, 1, ada.registration.encryption_key))
    mempool_refuses(harness, data, errors.SUITE_NOT_ADMITTED)


def test_no_message_brings_an_account_keys_of_a_suite_that_the_chain_does_not_admit() -> None:
    harness = Harness()
    ada = harness.register("ada")
    harness.refuses(
        errors.SUITE_NOT_ADMITTED, ada, Rotate(public_keys(LATER, suite=2), 1, ada.registration.encryption_key)
    )
    bob = Party.make("bob", "person", suite=2)
    mempool_refuses(harness, seal(harness, bob, bob.registration, sequence=0, fee_uacc=0), errors.SUITE_NOT_ADMITTED)


def test_a_signature_names_the_suite_of_its_key_and_weighs_what_that_costs() -> None:
    harness = Harness(suites=(1, 2, 4))
    ada = harness.register("ada")
    modern = replace_party(ada, LATER, suite=4)
    harness.do(ada, Rotate(public_keys(LATER, suite=4), 1, ada.registration.encryption_key))
    light, heavy = (harness.machine.dispatcher.weight((pay(harness),), suites=(suite,)) for suite in (1, 4))
    assert heavy > light
    data = seal(harness, modern, pay(harness))
    (signature,) = harness.machine.dispatcher.transactions.decode(data).proof.signatures
    for suite in (1, 2):
        cheap = seal(harness, modern, pay(harness), signatures=(Signature(0, signature.data, suite),))
        mempool_refuses(harness, cheap, errors.BAD_SIGNATURE)
    unknown = seal(harness, modern, pay(harness), signatures=(replace(signature, suite=3),))
    mempool_refuses(harness, unknown, errors.SUITE_NOT_ADMITTED)
    (result,) = harness.block(data)
    assert (result.code, result.weight_used) == (0, heavy)
