"""Next keys: an account that committed to them changes by them alone, stolen or expired as its present ones may be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from autochain.onchain.contracts.identity import (
    DAY_MS,
    HOUR_MS,
    CompleteRecovery,
    GetGuardians,
    GetIdentity,
    GetRecovery,
    Registered,
    RejectRecovery,
    Revoke,
    Rotated,
    SetGuardians,
    Succeeded,
    errors,
)
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ledger import Message
from autochain.onchain.ledger import errors as ledger
from chains import Harness, Party, Scene, make_seeds, promise_of

NEXT, LATER, THEIRS = make_seeds("next"), make_seeds("later"), make_seeds("theirs")


@pytest.fixture
def scene() -> Scene:
    """The usual scene, in which the owner has committed to its next keys."""
    scene = Scene()
    scene.harness.do(scene.owner, scene.owner.rotation(scene.owner.seeds, next=promise_of(NEXT)))
    return scene


def succeed(scene: Scene, *further: Message, next: bytes | None = None) -> None:
    """Lets the owner bring the keys it committed to, and ask for more by them."""
    owner, succession = scene.owner, scene.owner.succession(NEXT, next=next)
    owner.seeds = NEXT
    scene.harness.do(owner, succession, *further)


def test_the_next_keys_take_the_place_of_the_present_ones_and_all_else_stays(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    before = harness.ask(GetIdentity(owner.account))
    former, owner.seeds = owner.seeds, NEXT
    succession = replace(owner.succession(NEXT, next=promise_of(LATER)), encryption_key=bytes(32))
    assert harness.do(owner, succession) == (Succeeded(owner.account),)
    assert before is not None
    assert harness.ask(GetIdentity(owner.account)) == replace(
        before,
        keys=succession.keys,
        encryption_key=bytes(32),
        next=promise_of(LATER),
        version=3,
        since_ms=harness.now_ms,
        sequence=before.sequence + 1,
    )
    harness.do(owner, Transfer(scene.buyer.account, 1))
    owner.seeds = former
    harness.refuses(ledger.BAD_SIGNATURE, owner, Transfer(scene.buyer.account, 1))


def test_a_registration_may_commit_to_the_next_keys(harness: Harness) -> None:
    party = Party.make("ada", "person")
    party.registration = replace(party.registration, next=promise_of(NEXT))
    harness.do(party, party.registration)
    harness.do(harness.treasury, Transfer(party.account, 1_000_000))
    harness.refuses(errors.NEXT_STANDS, party, party.rotation(THEIRS))
    succession = party.succession(NEXT)
    party.seeds = NEXT
    harness.do(party, succession)


@pytest.mark.parametrize(
    "theft",
    [
        lambda scene: scene.owner.rotation(THEIRS),
        lambda scene: SetGuardians((scene.buyer.account,), 1, HOUR_MS),
        lambda scene: Revoke(scene.owner.account),
    ],
)
def test_the_present_keys_alone_change_nothing_while_next_ones_stand(
    scene: Scene, theft: Callable[[Scene], Message]
) -> None:
    scene.harness.refuses(errors.NEXT_STANDS, scene.owner, theft(scene))


def test_who_holds_only_the_present_keys_does_not_succeed(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    harness.refuses(ledger.BAD_SIGNATURE, owner, owner.succession(NEXT))
    owner.seeds = THEIRS
    harness.refuses(ledger.NOT_SUCCEEDING, owner, owner.succession(THEIRS))


def test_a_succession_happens_once(scene: Scene) -> None:
    succeed(scene)
    scene.harness.refuses(ledger.NOT_SUCCEEDING, scene.owner, scene.owner.succession(NEXT))


def test_nobody_succeeds_where_no_next_keys_stand(scene: Scene) -> None:
    scene.buyer.seeds = NEXT
    scene.harness.refuses(ledger.NOT_SUCCEEDING, scene.buyer, scene.buyer.succession(NEXT))


def test_next_keys_that_an_account_may_not_have_are_refused(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    harness.do(scene.buyer, scene.buyer.rotation(scene.buyer.seeds, next=promise_of(NEXT, threshold=2)))
    scene.buyer.seeds = NEXT
    harness.refuses(errors.BAD_KEYS, scene.buyer, scene.buyer.succession(NEXT, threshold=2))
    owner.seeds = NEXT
    harness.refuses(errors.EXPIRED_ALREADY, owner, owner.succession(NEXT, until_ms=harness.now_ms))


def test_a_succession_that_names_no_next_keys_lets_its_transaction_change_the_rest(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    setting = SetGuardians((scene.buyer.account,), 1, DAY_MS)
    again = owner.rotation(NEXT, next=promise_of(LATER))
    succeed(scene, setting, again)
    guarding = harness.ask(GetGuardians(owner.account))
    assert guarding is not None
    assert guarding.present.members == (scene.buyer.account,)
    harness.refuses(errors.NEXT_STANDS, owner, owner.rotation(THEIRS))


def test_a_holder_ends_its_did_by_its_next_keys(scene: Scene) -> None:
    succeed(scene, Revoke(scene.owner.account))
    record = scene.harness.ask(GetIdentity(scene.owner.account))
    assert record is not None
    assert not record.active


def test_the_next_keys_win_over_guardians_even_when_their_recovery_is_due(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    succeed(scene, SetGuardians((scene.buyer.account,), 1, HOUR_MS), owner.rotation(NEXT, next=promise_of(LATER)))
    harness.do(scene.buyer, owner.recovery(THEIRS))
    harness.advance(DAY_MS)
    succession = owner.succession(LATER)
    owner.seeds = LATER
    harness.do(owner, succession)
    assert harness.ask(GetRecovery(owner.account)) is None
    harness.refuses(errors.NO_RECOVERY, scene.buyer, CompleteRecovery(owner.account))


def test_a_recovery_replaces_the_commitment_to_next_keys_too(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    succeed(scene, SetGuardians((scene.buyer.account,), 1, HOUR_MS), owner.rotation(NEXT, next=promise_of(LATER)))
    harness.do(scene.buyer, owner.recovery(THEIRS))
    harness.advance(HOUR_MS)
    harness.do(scene.buyer, CompleteRecovery(owner.account))
    owner.seeds = LATER
    harness.refuses(ledger.NOT_SUCCEEDING, owner, owner.succession(LATER))
    owner.seeds = THEIRS
    harness.do(owner, owner.rotation(LATER))


def test_the_present_keys_may_still_object_to_a_recovery(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    succeed(scene, SetGuardians((scene.buyer.account,), 1, HOUR_MS), owner.rotation(NEXT, next=promise_of(LATER)))
    harness.do(scene.buyer, owner.recovery(THEIRS))
    harness.do(owner, RejectRecovery())


def test_a_controller_revokes_a_device_that_has_committed_to_next_keys(scene: Scene) -> None:
    harness, car = scene.harness, scene.car
    harness.do(car, car.rotation(car.seeds, next=promise_of(NEXT)))
    harness.refuses(errors.NEXT_STANDS, car, Revoke(car.account))
    harness.do(scene.owner, Revoke(car.account))
    car.seeds = NEXT
    harness.refuses(ledger.REVOKED_SENDER, car, car.succession(NEXT))


def test_keys_prove_until_the_millisecond_before_they_expire(scene: Scene) -> None:
    harness, buyer = scene.harness, scene.buyer
    until_ms = harness.now_ms + HOUR_MS
    assert harness.do(buyer, buyer.rotation(buyer.seeds, until_ms=until_ms)) == (Rotated(buyer.account),)
    harness.advance(until_ms - harness.now_ms - 2)
    harness.block_ms = 1
    harness.do(buyer, Transfer(scene.owner.account, 1))
    assert harness.now_ms == until_ms - 1
    harness.refuses(ledger.KEYS_EXPIRED, buyer, Transfer(scene.owner.account, 1))
    assert harness.now_ms == until_ms
    harness.refuses(ledger.KEYS_EXPIRED, scene.owner, Transfer(scene.car.account, 1), payer=buyer)
    harness.refuses(ledger.KEYS_EXPIRED, buyer, buyer.rotation(buyer.seeds))


def test_next_keys_succeed_those_that_have_expired(scene: Scene) -> None:
    harness, buyer = scene.harness, scene.buyer
    harness.do(buyer, buyer.rotation(buyer.seeds, next=promise_of(LATER), until_ms=harness.now_ms + HOUR_MS))
    harness.advance(DAY_MS)
    harness.refuses(ledger.KEYS_EXPIRED, buyer, Transfer(scene.owner.account, 1))
    succession = buyer.succession(LATER, until_ms=harness.now_ms + DAY_MS)
    buyer.seeds = LATER
    harness.do(buyer, succession, Transfer(scene.owner.account, 1))
    harness.do(buyer, Transfer(scene.owner.account, 1))


def test_keys_that_have_expired_already_are_not_brought(scene: Scene) -> None:
    harness, buyer = scene.harness, scene.buyer
    ahead_ms = harness.now_ms + harness.block_ms
    harness.refuses(errors.EXPIRED_ALREADY, buyer, buyer.rotation(NEXT, until_ms=ahead_ms))
    late = Party.make("late", "person")
    late.registration = replace(late.registration, until_ms=harness.now_ms)
    harness.refuses(errors.EXPIRED_ALREADY, late, late.registration)
    prompt = Party.make("prompt", "person")
    prompt.registration = replace(prompt.registration, until_ms=harness.now_ms + harness.block_ms + 1)
    assert harness.do(prompt, prompt.registration) == (Registered(prompt.account, "person", None),)
