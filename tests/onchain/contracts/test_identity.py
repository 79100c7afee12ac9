"""Identity: who may register, rotate, revoke and hand over, and what each of it changes."""

from __future__ import annotations

import pytest
from chains.harness import BLOCK_MS
from msgspec.structs import replace

from autochain.onchain.contracts.consent import Granted
from autochain.onchain.contracts.consent import Revoke as RevokeConsent
from autochain.onchain.contracts.consent import errors as consent
from autochain.onchain.contracts.credentials import Holds
from autochain.onchain.contracts.identity import (
    GetIdentity,
    HandedOver,
    HandOver,
    Identity,
    Register,
    Registered,
    Revoke,
    Revoked,
    Rotated,
    errors,
)
from autochain.onchain.contracts.mining import Claim, GetReward
from autochain.onchain.contracts.recording import GetRecording
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto import sha256, suites
from autochain.onchain.ledger import errors as ledger
from autochain.onchain.ledger import interfaces
from chains import START_MS, Harness, Party, Scene, make_seeds


def test_a_registration_is_free_and_writes_down_all_it_says(harness: Harness) -> None:
    party = Party.make("ada", "person", keys=3, threshold=2)
    events = harness.do(party, party.registration)
    assert events == (Registered(party.account, "person", None),)
    assert harness.balance(harness.operator) == 0
    assert harness.ask(GetIdentity(party.account)) == Identity(
        kind="person",
        keys=party.registration.keys,
        threshold=2,
        sequence=1,
        commitment=party.registration.commitment,
        encryption_key=party.registration.encryption_key,
        controller=None,
        registered_ms=START_MS + BLOCK_MS,
        active=True,
        since_ms=START_MS + BLOCK_MS,
    )


def test_a_did_derives_from_everything_in_its_registration(scene: Scene) -> None:
    registration = scene.car.registration
    others = [
        replace(registration, keys=scene.owner.registration.keys),
        replace(registration, threshold=2),
        replace(registration, kind="person"),
        replace(registration, commitment=bytes(32)),
        replace(registration, encryption_key=bytes(32)),
        replace(registration, controller=scene.buyer.account),
        replace(registration, next=bytes(32)),
        replace(registration, until_ms=1),
    ]
    assert len(others) == len(Register.__struct_fields__)
    assert len({made.account() for made in [registration, *others]}) == len(others) + 1


def test_other_contracts_see_a_device_as_its_controllers_and_a_person_as_its_own(scene: Scene) -> None:
    car = scene.harness.ask(interfaces.AccountOf(scene.car.account))
    owner = scene.harness.ask(interfaces.AccountOf(scene.owner.account))
    assert car == interfaces.Account("device", scene.owner.account, scene.car.registration.encryption_key, active=True)
    assert owner == interfaces.Account(
        "person", scene.owner.account, scene.owner.registration.encryption_key, active=True
    )


def test_an_unknown_did_has_no_record_no_keys_and_no_account(harness: Harness) -> None:
    stranger = Party.make("stranger", "person").account
    assert harness.ask(GetIdentity(stranger)) is None
    assert harness.ask(interfaces.KeysOf(stranger)) is None
    assert harness.ask(interfaces.AccountOf(stranger)) is None


def test_a_sequence_counts_every_transaction_that_was_admitted(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    before = harness.sequence(owner)
    harness.do(owner, Transfer(scene.buyer.account, 1))
    harness.send(owner, Transfer(owner.account, 1))
    assert harness.sequence(owner) == before + 2


def test_a_rotation_replaces_keys_threshold_and_encryption_key_and_nothing_else(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    before = harness.ask(GetIdentity(owner.account))
    assert before is not None
    rotation = replace(owner.rotation(make_seeds("fresh", count=3), threshold=2), encryption_key=sha256(b"new"))
    assert harness.do(owner, rotation) == (Rotated(owner.account),)
    assert harness.ask(GetIdentity(owner.account)) == replace(
        before,
        keys=rotation.keys,
        threshold=2,
        encryption_key=sha256(b"new"),
        sequence=before.sequence + 1,
        version=2,
        since_ms=harness.now_ms,
    )


def test_after_a_rotation_the_old_key_is_dumb_and_the_new_one_speaks(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    fresh = make_seeds("owner", generation=1)
    harness.do(owner, owner.rotation(fresh))
    harness.refuses(ledger.BAD_SIGNATURE, owner, Transfer(scene.buyer.account, 1))
    owner.seeds = fresh
    harness.do(owner, Transfer(scene.buyer.account, 1))


def test_a_rotation_counts_from_the_next_transaction_of_the_same_block_on(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    sequence, fresh = harness.sequence(owner), make_seeds("owner", generation=1)
    rotation = harness.sign(owner, owner.rotation(fresh))
    old = harness.sign(owner, Transfer(scene.buyer.account, 1), sequence=sequence + 1)
    owner.seeds = fresh
    new = harness.sign(owner, Transfer(scene.buyer.account, 2), sequence=sequence + 1)
    codes = [(result.codespace, result.code) for result in harness.block(rotation, old, new)]
    assert codes == [("", 0), ("ledger", ledger.BAD_SIGNATURE.code), ("", 0)]


def test_two_of_three_keys_must_sign_where_two_must(harness: Harness) -> None:
    party = harness.register("board", "organisation", keys=3, threshold=2)
    harness.do(party, Transfer(harness.treasury.account, 1))
    party.threshold = 1
    harness.refuses(ledger.BAD_SIGNATURE, party, Transfer(harness.treasury.account, 1))


def test_the_controller_revokes_its_device_for_ever(scene: Scene) -> None:
    harness, car = scene.harness, scene.car
    assert harness.do(scene.owner, Revoke(car.account)) == (Revoked(car.account),)
    record = harness.ask(GetIdentity(car.account))
    assert record is not None
    assert not record.active
    harness.refuses(ledger.REVOKED_SENDER, car, Transfer(scene.owner.account, 1))
    harness.refuses(ledger.ALREADY_KNOWN, car, car.registration, payer=scene.owner)


def test_a_party_revokes_itself_and_pays_for_nobody_afterwards(scene: Scene) -> None:
    harness = scene.harness
    harness.do(scene.buyer, Revoke(scene.buyer.account))
    harness.refuses(ledger.REVOKED_SENDER, scene.owner, Transfer(scene.car.account, 1), payer=scene.buyer)


def test_a_device_outlives_its_controllers_revocation(scene: Scene) -> None:
    scene.harness.do(scene.owner, Revoke(scene.owner.account))
    scene.harness.do(scene.car, scene.a_drive())


def test_keys_that_stand_twice_or_are_fewer_than_must_sign_are_refused(scene: Scene) -> None:
    (seed,) = make_seeds("fresh")
    scene.harness.refuses(errors.BAD_KEYS, scene.owner, scene.owner.rotation((seed, seed)))
    scene.harness.refuses(errors.BAD_KEYS, scene.owner, scene.owner.rotation((seed,), threshold=2))
    greedy = Party.make("greedy", "person", keys=2, threshold=3)
    scene.harness.refuses(errors.BAD_KEYS, greedy, greedy.registration)


def test_a_key_that_is_no_point_or_of_a_suite_not_admitted_is_refused(scene: Scene) -> None:
    rotation = scene.owner.rotation(make_seeds("fresh"))
    (key,) = rotation.keys
    off_curve = replace(rotation, keys=(replace(key, data=b"\x02" * 32),))
    unknown = replace(rotation, keys=(replace(key, suite=77),))
    scene.harness.refuses(suites.BAD_KEY, scene.owner, off_curve)
    scene.harness.refuses(ledger.SUITE_NOT_ADMITTED, scene.owner, unknown)


def test_a_device_without_a_controller_and_a_person_with_one_are_refused(scene: Scene) -> None:
    orphan = Party.make("orphan", "device")
    scene.harness.refuses(errors.CONTROLLER_MISFIT, orphan, orphan.registration)
    ward = Party.make("ward", "person", controller=scene.owner)
    scene.harness.refuses(errors.CONTROLLER_MISFIT, ward, ward.registration, payer=scene.owner)


def test_a_registration_in_second_place_for_somebody_else_is_refused(scene: Scene) -> None:
    other = Party.make("other", "person")
    scene.harness.refuses(errors.NOT_YOURSELF, scene.owner, Transfer(scene.buyer.account, 1), other.registration)


def test_a_device_whose_controller_has_not_cosigned_is_refused(scene: Scene) -> None:
    bike = Party.make("bike", "device", controller=scene.owner)
    scene.harness.refuses(errors.CONTROLLER_ABSENT, bike, bike.registration)
    scene.harness.refuses(errors.CONTROLLER_ABSENT, bike, bike.registration, payer=scene.buyer)


def test_a_registration_in_second_place_of_the_sender_itself_is_refused(scene: Scene) -> None:
    scene.harness.refuses(
        errors.ALREADY_REGISTERED, scene.owner, Transfer(scene.buyer.account, 1), scene.owner.registration
    )


def test_only_the_holder_and_the_controller_revoke(scene: Scene) -> None:
    scene.harness.refuses(errors.NOT_YOURS, scene.buyer, Revoke(scene.car.account))
    scene.harness.refuses(errors.NOT_YOURS, scene.car, Revoke(scene.owner.account))


def test_an_unknown_did_is_not_revoked(scene: Scene) -> None:
    scene.harness.refuses(errors.UNKNOWN_DID, scene.owner, Revoke(bytes(20)))


def test_a_device_controls_no_device(scene: Scene) -> None:
    trailer = Party.make("trailer", "device", controller=scene.car)
    scene.harness.refuses(errors.CONTROLLER_UNFIT, trailer, trailer.registration, payer=scene.car)


@pytest.mark.parametrize("kind", ["person", "organisation"])
def test_people_and_organisations_control_devices(harness: Harness, kind: str) -> None:
    owner = harness.register("holder", kind)  # type: ignore[arg-type]
    device = harness.register("box", "device", controller=owner)
    record = harness.ask(GetIdentity(device.account))
    assert record is not None
    assert record.controller == owner.account


def test_a_hand_over_changes_a_devices_controller_and_nothing_else(scene: Scene) -> None:
    harness, car, buyer = scene.harness, scene.car, scene.buyer
    before = harness.ask(GetIdentity(car.account))
    assert before is not None
    events = harness.do(scene.owner, HandOver(car.account), payer=buyer)
    assert events == (HandedOver(car.account, buyer.account),)
    assert harness.ask(GetIdentity(car.account)) == replace(
        before, controller=buyer.account, controlled_ms=harness.now_ms, version=2, since_ms=harness.now_ms
    )
    assert harness.ask(Holds(car.account, "vehicle"))


def test_other_contracts_see_since_when_a_device_is_its_controllers(scene: Scene) -> None:
    harness = scene.harness
    for sender, taker in ((scene.owner, scene.buyer), (scene.buyer, scene.owner)):
        harness.do(sender, HandOver(scene.car.account), payer=taker)
        car = harness.ask(interfaces.AccountOf(scene.car.account))
        assert car is not None
        assert (car.owner, car.owned_ms) == (taker.account, harness.now_ms)
        harness.do(scene.car, scene.car.rotation(scene.car.seeds))
        later = harness.ask(interfaces.AccountOf(scene.car.account))
        assert later == replace(car, version=car.version + 1)


def test_who_takes_a_device_over_pays_the_fee(scene: Scene) -> None:
    harness = scene.harness
    before = [harness.balance(party) for party in (scene.owner, scene.buyer)]
    harness.do(scene.owner, HandOver(scene.car.account), payer=scene.buyer)
    after = [harness.balance(party) for party in (scene.owner, scene.buyer)]
    assert after == [before[0], before[1] - (50 + 2 * 60 + HandOver.weight) * 5]


def test_a_device_that_was_handed_over_is_the_takers_to_revoke_and_to_hand_over(scene: Scene) -> None:
    harness, car = scene.harness, scene.car
    harness.do(scene.owner, HandOver(car.account), payer=scene.buyer)
    harness.refuses(errors.NOT_YOURS, scene.owner, Revoke(car.account))
    harness.refuses(errors.NOT_YOURS, scene.owner, HandOver(car.account), payer=scene.buyer)
    harness.do(scene.buyer, HandOver(car.account), payer=scene.owner)
    harness.do(scene.owner, HandOver(car.account), payer=scene.buyer)
    harness.do(scene.buyer, Revoke(car.account))


def test_a_device_is_not_handed_over_twice_in_one_transaction(scene: Scene) -> None:
    hand_over = HandOver(scene.car.account)
    scene.harness.refuses(errors.NOT_YOURS, scene.owner, hand_over, hand_over, payer=scene.buyer)


def test_several_devices_are_handed_over_together_or_none(scene: Scene) -> None:
    harness = scene.harness
    bike = harness.register("bike", "device", controller=scene.owner)
    foreign = harness.register("foreign", "device", controller=scene.buyer)
    both = (HandOver(scene.car.account), HandOver(bike.account))
    harness.refuses(errors.NOT_YOURS, scene.owner, *both, HandOver(foreign.account), payer=scene.buyer)
    harness.do(scene.owner, *both, payer=scene.buyer)
    owners = [harness.ask(interfaces.AccountOf(device.account)) for device in (scene.car, bike)]
    assert [account.owner for account in owners if account] == [scene.buyer.account] * 2


def test_nobody_takes_a_device_over_without_cosigning_or_from_itself(scene: Scene) -> None:
    hand_over = HandOver(scene.car.account)
    scene.harness.refuses(errors.TAKER_ABSENT, scene.owner, hand_over)
    scene.harness.refuses(errors.TAKER_ABSENT, scene.owner, hand_over, payer=scene.owner)


def test_a_device_takes_no_device_over_not_even_itself(scene: Scene) -> None:
    harness = scene.harness
    bike = harness.register("bike", "device", controller=scene.buyer)
    for taker in (bike, scene.car):
        harness.refuses(errors.CONTROLLER_UNFIT, scene.owner, HandOver(scene.car.account), payer=taker)


def test_a_taker_who_is_revoked_or_unknown_takes_nothing_over(scene: Scene) -> None:
    harness = scene.harness
    hand_over, stranger = HandOver(scene.car.account), Party.make("stranger", "person")
    harness.refuses(ledger.UNKNOWN_SENDER, scene.owner, hand_over, payer=stranger)
    harness.do(scene.buyer, Revoke(scene.buyer.account))
    harness.refuses(ledger.REVOKED_SENDER, scene.owner, hand_over, payer=scene.buyer)


def test_a_taker_who_did_not_sign_takes_nothing_over(scene: Scene) -> None:
    scene.buyer.seeds = make_seeds("thief")
    scene.harness.refuses(ledger.BAD_SIGNATURE, scene.owner, HandOver(scene.car.account), payer=scene.buyer)


def test_a_revoked_device_is_not_handed_over(scene: Scene) -> None:
    scene.harness.do(scene.owner, Revoke(scene.car.account))
    scene.harness.refuses(errors.DID_REVOKED, scene.owner, HandOver(scene.car.account), payer=scene.buyer)


def test_only_the_controller_hands_a_device_over(scene: Scene) -> None:
    harness, hand_over = scene.harness, HandOver(scene.car.account)
    harness.refuses(errors.NOT_YOURS, scene.buyer, hand_over, payer=scene.owner)
    harness.refuses(errors.NOT_YOURS, scene.car, hand_over, payer=scene.buyer)
    harness.refuses(errors.NOT_YOURS, harness.treasury, hand_over, payer=scene.buyer)
    for account in (scene.owner.account, scene.buyer.account):
        harness.refuses(errors.NOT_YOURS, scene.owner, HandOver(account), payer=scene.buyer)
    harness.refuses(errors.UNKNOWN_DID, scene.owner, HandOver(bytes(20)), payer=scene.buyer)


def test_what_a_vehicle_recorded_before_stays_the_sellers_and_what_comes_after_is_the_buyers(scene: Scene) -> None:
    harness = scene.harness
    before = scene.commit("before")
    unclaimed = harness.balance(scene.owner)
    harness.do(scene.owner, HandOver(scene.car.account), payer=scene.buyer)
    after = scene.commit("after", **scene.this_hour())
    records = [harness.ask(GetRecording(name)) for name in (before, after)]
    assert [record.owner for record in records if record] == [scene.owner.account, scene.buyer.account]
    for name in (before, after):
        harness.do(scene.car, Claim(name))
    rewards = [harness.ask(GetReward(name)) for name in (before, after)]
    assert [reward.owner for reward in rewards if reward] == [scene.owner.account, scene.buyer.account]
    assert harness.balance(scene.owner) == unclaimed + 95_000


def test_a_hand_over_counts_from_the_next_transaction_of_the_same_block_on(scene: Scene) -> None:
    harness, sequence = scene.harness, scene.harness.sequence(scene.car)
    first = harness.sign(scene.car, scene.a_drive("first"), sequence=sequence)
    hand_over = harness.sign(scene.owner, HandOver(scene.car.account), payer=scene.buyer)
    second = harness.sign(scene.car, scene.a_drive("second", **scene.this_hour()), sequence=sequence + 1)
    events = [event for result in harness.block(first, hand_over, second) for event in harness.events(result)]
    assert [getattr(event, "owner", None) for event in events] == [scene.owner.account, None, scene.buyer.account]


def test_a_sellers_consent_goes_on_for_the_old_recordings_and_opens_no_new_one(scene: Scene) -> None:
    harness, reader = scene.harness, scene.harness.register("reader", "organisation")
    before, sellers = scene.commit("before"), scene.grant(reader=reader.account)
    harness.do(scene.owner, HandOver(scene.car.account), payer=scene.buyer)
    after = scene.commit("after", **scene.this_hour())
    harness.do(reader, scene.a_read(before, sellers))
    harness.refuses(consent.OTHER_VEHICLE, reader, scene.a_read(after, sellers))
    harness.refuses(consent.NOT_YOUR_VEHICLE, scene.owner, scene.a_grant(reader=reader.account))
    harness.refuses(consent.NOT_YOUR_CONSENT, scene.buyer, RevokeConsent(sellers))
    harness.do(scene.owner, RevokeConsent(sellers))
    harness.refuses(consent.ENDED, reader, scene.a_read(before, sellers))


def test_a_buyers_consent_opens_the_new_recordings_and_no_old_one(scene: Scene) -> None:
    harness, reader = scene.harness, scene.harness.register("reader", "organisation")
    before = scene.commit("before")
    harness.do(scene.owner, HandOver(scene.car.account), payer=scene.buyer)
    after = scene.commit("after", **scene.this_hour())
    (granted,) = harness.do(scene.buyer, scene.a_grant(reader=reader.account))
    assert isinstance(granted, Granted)
    harness.do(reader, scene.a_read(after, granted.consent))
    harness.refuses(consent.OTHER_VEHICLE, reader, scene.a_read(before, granted.consent))


def test_who_knows_a_devices_keys_speaks_as_it_until_it_rotates_them(scene: Scene) -> None:
    harness, car = scene.harness, scene.car
    harness.do(scene.owner, HandOver(car.account), payer=scene.buyer)
    scene.commit("by whoever has the keys", **scene.this_hour())
    old, fresh = car.seeds, make_seeds("car", generation=1)
    harness.do(car, car.rotation(fresh))
    car.seeds = old
    harness.refuses(ledger.BAD_SIGNATURE, car, scene.a_drive("by the seller", **scene.this_hour()))
