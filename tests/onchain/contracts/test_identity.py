"""Identity: who may register, rotate and revoke, and what each of it changes."""

from __future__ import annotations

import pytest
from chains.harness import BLOCK_MS
from msgspec.structs import replace

from autochain.onchain.contracts.identity import (
    GetIdentity,
    Identity,
    Register,
    Registered,
    Revoke,
    Revoked,
    Rotated,
    errors,
)
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


def test_a_key_that_is_no_point_or_of_an_unknown_suite_is_refused(scene: Scene) -> None:
    rotation = scene.owner.rotation(make_seeds("fresh"))
    (key,) = rotation.keys
    off_curve = replace(rotation, keys=(replace(key, data=b"\x02" * 32),))
    unknown = replace(rotation, keys=(replace(key, suite=77),))
    scene.harness.refuses(suites.BAD_KEY, scene.owner, off_curve)
    scene.harness.refuses(suites.UNKNOWN_SUITE, scene.owner, unknown)


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
