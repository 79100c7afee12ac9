"""Introductions: an account's first transaction brings its keys; free within a quota, and traceless when it fails."""

from __future__ import annotations

import pytest

from autochain.onchain.codec import encode
from autochain.onchain.contracts.identity import GetIdentity, Registered, Revoke
from autochain.onchain.contracts.identity import errors as identity
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.contracts.token import errors as token
from autochain.onchain.ledger import Introduction, Limits
from autochain.onchain.ledger import errors as ledger
from autochain.onchain.refusals import Reason, Refusal
from chains import ACC, Harness, Party, Scene


def is_not_admitted(harness: Harness, data: bytes, reason: Reason) -> None:
    """Sees that the mempool refuses a transaction for this reason, and that a block of it changes nothing."""
    with pytest.raises(Refusal) as refusal:
        harness.check(data)
    assert refusal.value.reason == reason
    before = dict(harness.store.pairs)
    (result,) = harness.block(data)
    assert (result.codespace, result.code) == (reason.codespace, reason.code)
    assert harness.store.pairs == before


def test_a_free_registration_that_fails_is_not_admitted_and_leaves_no_trace(scene: Scene) -> None:
    harness = scene.harness
    bike = Party.make("bike", "device", controller=scene.owner)
    is_not_admitted(harness, harness.sign(bike, bike.registration), identity.CONTROLLER_ABSENT)
    trailer = Party.make("trailer", "device", controller=scene.car)
    data = harness.sign(trailer, trailer.registration, payer=scene.car)
    is_not_admitted(harness, data, identity.CONTROLLER_UNFIT)


def test_a_registration_is_admitted_once_even_before_its_block(harness: Harness) -> None:
    ada = Party.make("ada", "person")
    data = harness.sign(ada, ada.registration)
    harness.check(data)
    with pytest.raises(Refusal) as refusal:
        harness.check(data)
    assert refusal.value.reason == ledger.ALREADY_KNOWN
    harness.block(data)
    is_not_admitted(harness, data, ledger.ALREADY_KNOWN)


def test_a_registration_of_somebody_else_in_first_place_is_refused(scene: Scene) -> None:
    other = Party.make("other", "person")
    data = scene.harness.sign(scene.owner, other.registration)
    is_not_admitted(scene.harness, data, ledger.NOT_INTRODUCING)


def test_an_introduction_has_sequence_zero(harness: Harness) -> None:
    ada = Party.make("ada", "person")
    is_not_admitted(harness, harness.sign(ada, ada.registration, sequence=1), ledger.NOT_INTRODUCING)


def test_an_introduction_is_signed_by_the_keys_it_brings(harness: Harness) -> None:
    ada, eve = Party.make("ada", "person"), Party.make("eve", "person")
    ada.seeds = eve.seeds
    is_not_admitted(harness, harness.sign(ada, ada.registration), ledger.BAD_SIGNATURE)


def test_a_stranger_who_does_not_introduce_itself_is_refused(harness: Harness) -> None:
    ada = Party.make("ada", "person")
    data = harness.sign(ada, Transfer(harness.treasury.account, 1))
    is_not_admitted(harness, data, ledger.UNKNOWN_SENDER)


def test_an_introduction_with_further_messages_costs_a_fee_that_a_payer_may_pay(scene: Scene) -> None:
    harness = scene.harness
    car = Party.make("new car", "device", controller=scene.owner)
    cheap = harness.sign(car, car.registration, scene.a_drive(), payer=scene.owner, fee_uacc=0)
    is_not_admitted(harness, cheap, ledger.FEE_TOO_LOW)
    owner = harness.balance(scene.owner)
    events = harness.do(car, car.registration, scene.a_drive(), payer=scene.owner)
    assert isinstance(events[0], Registered)
    assert harness.balance(scene.owner) == owner - (50 + 2 * 60 + 150 + 250) * 5
    assert harness.sequence(car) == 1


def test_an_introduction_whose_further_message_fails_costs_its_payer_nothing_however_often_it_comes(
    scene: Scene,
) -> None:
    harness = scene.harness
    car = Party.make("new car", "device", controller=scene.owner)
    data = harness.sign(car, car.registration, Transfer(scene.buyer.account, ACC), payer=scene.owner)
    is_not_admitted(harness, data, token.TOO_POOR)
    before = dict(harness.store.pairs)
    assert {result.code for result in harness.block(data, data)} == {token.TOO_POOR.code}
    assert harness.store.pairs == before


def test_a_registered_sender_goes_on_with_sequence_one(harness: Harness) -> None:
    ada = Party.make("ada", "person")
    harness.do(ada, ada.registration)
    assert harness.sequence(ada) == 1
    harness.do(harness.treasury, Transfer(ada.account, ACC))
    harness.do(ada, Transfer(harness.treasury.account, 1))
    assert harness.sequence(ada) == 2


def test_a_party_registers_and_is_paid_in_one_block(harness: Harness) -> None:
    ada = harness.register("ada", funds_uacc=5 * ACC)
    assert harness.height == 1
    assert harness.balance(ada) == 5 * ACC


def test_a_block_takes_free_registrations_up_to_its_quota_and_paid_ones_beyond() -> None:
    harness = Harness(limits=Limits(free_per_block=2))
    parties = [Party.make(f"party {number}", "person") for number in range(3)]
    free = [harness.sign(party, party.registration) for party in parties]
    paid = harness.sign(harness.treasury, Transfer(harness.operator.account, 1))
    ahead = {"height": 1, "time_ms": harness.now_ms}
    assert harness.machine.prepare([*free, paid], **ahead) == ([*free[:2], paid], []), "the third waits, unrefused"
    assert harness.machine.process([*free[:2], paid], **ahead)
    assert not harness.machine.process([*free, paid], **ahead)
    harness.block(*harness.machine.prepare(free, **ahead).chosen)
    assert [harness.ask(GetIdentity(party.account)) is not None for party in parties] == [True, True, False]


def test_a_long_registration_counts_once_for_each_1024_bytes_begun_and_waits_for_no_larger_quota() -> None:
    for quota, taken in ((1, 1), (6, 1), (7, 2)):
        harness = Harness(limits=Limits(free_per_block=quota), suites=(1, 4))
        parties = [Party.make("long", "person", suite=4), *(Party.make(name, "person") for name in ("ada", "bob"))]
        free = [harness.sign(party, party.registration) for party in parties]
        assert 5 * 1_024 < len(free[0]) <= 6 * 1_024
        ahead = {"height": 1, "time_ms": harness.now_ms}
        assert harness.machine.prepare(free, **ahead) == (free[:taken], [])
        assert harness.machine.process(free[:taken], **ahead)
        assert not harness.machine.process(free[: taken + 1], **ahead)


def test_what_only_registers_and_is_longer_than_4096_bytes_pays_as_any_other(harness: Harness) -> None:
    ada = Party.make("ada", "person", keys=8)
    fits = next(count for count in range(64) if len(encode((ada.registration,) * (count + 1))) > 4_096)
    for count, reason in ((fits, identity.ALREADY_REGISTERED), (fits + 1, ledger.FEE_TOO_LOW)):
        messages = (ada.registration,) * count
        least_uacc = harness.machine.dispatcher.least_fee_uacc(messages, suites=(1,))
        assert (least_uacc > 0) == (reason == ledger.FEE_TOO_LOW)
        is_not_admitted(harness, harness.sign(ada, *messages, fee_uacc=0), reason)


def test_a_registration_comes_with_a_weight_of_5000_and_no_more(scene: Scene) -> None:
    """A registration that fails costs nobody a fee, so it must be cheap to run."""
    harness = scene.harness
    car = Party.make("new car", "device", controller=scene.owner)
    light, heavy = ((car.registration, *[Revoke(car.account)] * count) for count in (15, 16))
    weights = [harness.machine.dispatcher.weight(messages, suites=(1, 1)) for messages in (light, heavy)]
    assert weights == [4_820, 5_120]
    harness.check(harness.sign(car, *light, payer=scene.owner))
    is_not_admitted(harness, harness.sign(car, *heavy, payer=scene.owner), ledger.TOO_HEAVY)


def test_only_introductions_are_free(harness: Harness) -> None:
    dispatcher = harness.machine.dispatcher
    for contract in dispatcher.contracts.values():
        for message in (*contract.messages, *contract.internal):
            assert message.free == issubclass(message, Introduction)


def test_bytes_that_are_no_transaction_are_refused_and_change_nothing(harness: Harness) -> None:
    before = dict(harness.store.pairs)
    (result,) = harness.block(encode((1, 2, 3)))
    assert result.codespace == "codec"
    assert harness.store.pairs == before
