"""Kept devices: a contract that keeps a device's life hands it over and ends it, and nothing else does."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from autochain.onchain.contracts.identity import (
    GetIdentity,
    HandedOver,
    HandOver,
    Identity,
    Kept,
    Revoke,
    Revoked,
    errors,
)
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ids import Id
from autochain.onchain.ledger import Context, Contract, Message, interfaces
from autochain.onchain.ledger import errors as ledger
from chains import CONTRACTS, Harness, Party, Scene, make_seeds, promise_of


class Keep(Message, frozen=True, tag="keeper/Keep"):
    """Keeps the life of a device of the sender's."""

    device: Id


class PassOn(Message, frozen=True, tag="keeper/PassOn"):
    """Hands a device over to whom the sender names."""

    device: Id
    taker: Id


class End(Message, frozen=True, tag="keeper/End"):
    """Ends a device."""

    device: Id


def keep(ctx: Context, message: Keep) -> None:
    ctx.call("accounts", interfaces.Keep(message.device))


def pass_on(ctx: Context, message: PassOn) -> None:
    ctx.call("accounts", interfaces.PassOn(message.device, message.taker))


def end(ctx: Context, message: End) -> None:
    ctx.call("accounts", interfaces.End(message.device))


KEEPER = Contract(
    "keeper", version=1, uses=("accounts",), messages={Keep: keep, PassOn: pass_on, End: end}, invariants={}
)


@pytest.fixture
def scene() -> Scene:
    """The usual scene on a chain with a contract that keeps the car's life."""
    scene = Scene(Harness(contracts=(*CONTRACTS, KEEPER)))
    scene.harness.do(scene.owner, Keep(scene.car.account))
    return scene


def record(harness: Harness, party: Party) -> Identity:
    found = harness.ask(GetIdentity(party.account))
    assert found is not None
    return found


def test_a_kept_device_is_the_same_document(scene: Scene) -> None:
    bike = scene.harness.register("bike", "device", controller=scene.owner)
    before = record(scene.harness, bike)
    assert scene.harness.do(scene.owner, Keep(bike.account)) == (Kept(bike.account),)
    assert record(scene.harness, bike) == replace(before, is_kept=True)


def test_a_kept_device_is_not_handed_over_or_revoked_past_its_contract(scene: Scene) -> None:
    harness, car = scene.harness, scene.car
    harness.refuses(errors.LIFE_KEPT, scene.owner, HandOver(car.account), payer=scene.buyer)
    harness.refuses(errors.LIFE_KEPT, scene.owner, Revoke(car.account))
    harness.refuses(errors.LIFE_KEPT, car, Revoke(car.account))
    harness.refuses(errors.NOT_YOURS, scene.buyer, Revoke(car.account))


def test_its_contract_hands_a_device_over_and_ends_it(scene: Scene) -> None:
    harness, car = scene.harness, scene.car
    events = harness.do(scene.owner, PassOn(car.account, scene.buyer.account))
    assert events == (HandedOver(car.account, scene.buyer.account),)
    sold = record(harness, car)
    assert (sold.controller, sold.controlled_ms, sold.version) == (scene.buyer.account, harness.now_ms, 2)
    assert sold.is_kept
    assert harness.do(scene.buyer, End(car.account)) == (Revoked(car.account),)
    assert harness.do(scene.buyer, End(car.account)) == ()
    assert record(harness, car).version == 3
    harness.refuses(ledger.REVOKED_SENDER, car, Transfer(scene.owner.account, 1))
    harness.refuses(errors.DID_REVOKED, scene.buyer, PassOn(car.account, scene.owner.account))


@pytest.mark.parametrize("message", [Keep, End])
def test_only_the_owner_asks_a_contract_for_it(scene: Scene, message: type[Keep | End]) -> None:
    for other in (scene.buyer, scene.car):
        scene.harness.refuses(errors.NOT_YOURS, other, message(scene.car.account))
    scene.harness.refuses(errors.NOT_YOURS, scene.owner, message(scene.owner.account))
    scene.harness.refuses(errors.UNKNOWN_DID, scene.owner, message(bytes(20)))


def test_only_the_owner_passes_a_device_on_and_only_to_another_person_or_organisation(scene: Scene) -> None:
    harness, owner, car = scene.harness, scene.owner, scene.car
    bike = harness.register("bike", "device", controller=owner)
    gone = harness.register("gone")
    harness.do(gone, Revoke(gone.account))
    harness.refuses(errors.NOT_YOURS, scene.buyer, PassOn(car.account, scene.buyer.account))
    harness.refuses(errors.TAKER_ABSENT, owner, PassOn(car.account, owner.account))
    for taker in (bike.account, car.account, gone.account, bytes(20)):
        harness.refuses(errors.CONTROLLER_UNFIT, owner, PassOn(car.account, taker))


def test_a_life_is_kept_once_and_while_the_device_lives(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    harness.refuses(errors.LIFE_KEPT, owner, Keep(scene.car.account))
    bike = harness.register("bike", "device", controller=owner)
    harness.do(owner, Revoke(bike.account))
    harness.refuses(errors.DID_REVOKED, owner, Keep(bike.account))


@pytest.mark.parametrize("asked", [PassOn(bytes(20), bytes(20)), End(bytes(20))])
def test_a_contract_that_passes_on_or_ends_what_nobody_keeps_is_broken(scene: Scene, asked: PassOn | End) -> None:
    bike = scene.harness.register("bike", "device", controller=scene.owner)
    changed = replace(asked, device=bike.account)
    with pytest.raises(AssertionError, match="only the devices whose lives it keeps"):
        scene.harness.send(scene.owner, changed)


def test_the_keys_of_a_kept_device_change_and_are_recovered_as_others_are(scene: Scene) -> None:
    harness, car, fresh = scene.harness, scene.car, make_seeds("fresh")
    harness.do(car, car.rotation(car.seeds, next=promise_of(fresh)))
    succession = car.succession(fresh)
    car.seeds = fresh
    harness.do(car, succession)
    harness.do(scene.owner, car.recovery(make_seeds("found")))
    assert record(harness, car).is_kept
