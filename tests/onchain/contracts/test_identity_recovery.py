"""Recovery: a quorum of guardians gives an account new keys after a delay in which its holder may object."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from autochain.onchain.contracts.credentials import Attest, Holds
from autochain.onchain.contracts.identity import (
    DAY_MS,
    HOUR_MS,
    CompleteRecovery,
    GetGuardians,
    GetIdentity,
    GetRecovery,
    GetWords,
    Guardians,
    GuardiansSet,
    Guarding,
    HandOver,
    Recover,
    Recovered,
    RecoveryAsked,
    RecoveryBegun,
    RecoveryRejected,
    RejectRecovery,
    Revoke,
    Rotate,
    SetGuardians,
    errors,
)
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ledger import errors as ledger
from chains import Harness, Party, Scene, make_seeds, promise_of

FRESH = make_seeds("fresh")
THEIRS = make_seeds("theirs")


class Guarded(Scene):
    """The usual scene, in which two of three guardians may recover the owner within a day."""

    def __init__(self) -> None:
        super().__init__()
        self.guardians = [self.harness.register(name) for name in ("gail", "gita", "gus")]
        self.harness.do(self.owner, self.a_setting())

    def a_setting(self, *guardians: Party, threshold: int = 2, delay_ms: int = DAY_MS) -> SetGuardians:
        """Names these guardians, or else the usual ones."""
        names = tuple(guardian.account for guardian in guardians or self.guardians)
        return SetGuardians(names, threshold, delay_ms)

    def ask(self, *askers: int, seeds: tuple[bytes, ...] = FRESH) -> None:
        """Lets guardians ask that the owner gets these keys."""
        for asker in askers:
            self.harness.do(self.guardians[asker], self.owner.recovery(seeds))

    @property
    def due_ms(self) -> int | None:
        """When the recovery that is under way falls due."""
        recovery = self.harness.ask(GetRecovery(self.owner.account))
        return recovery.due_ms if recovery else None

    def complete(self) -> None:
        """Lets the delay pass and a stranger complete the recovery."""
        self.harness.advance(DAY_MS)
        self.harness.do(self.buyer, CompleteRecovery(self.owner.account))


@pytest.fixture
def guarded() -> Guarded:
    return Guarded()


def test_a_lost_key_is_replaced_by_a_quorum_after_the_delay_and_all_else_stays(guarded: Guarded) -> None:
    harness, owner = guarded.harness, guarded.owner
    harness.do(harness.treasury, Attest(owner.account, "buyer"))
    before, held = harness.ask(GetIdentity(owner.account)), harness.balance(owner)
    promise = promise_of(make_seeds("later"))
    wanted = owner.recovery(FRESH, next=promise)
    first, second = guarded.guardians[:2]
    assert harness.do(first, wanted) == (RecoveryAsked(owner.account, first.account),)
    due_ms = harness.now_ms + harness.block_ms + DAY_MS
    asked, begun = harness.do(second, wanted)
    assert (asked, begun) == (RecoveryAsked(owner.account, second.account), RecoveryBegun(owner.account, due_ms))
    harness.advance(DAY_MS)
    assert harness.do(guarded.buyer, CompleteRecovery(owner.account)) == (Recovered(owner.account),)
    harness.refuses(ledger.BAD_SIGNATURE, owner, Transfer(guarded.buyer.account, 1))
    owner.seeds = FRESH
    assert before is not None
    assert harness.ask(GetIdentity(owner.account)) == replace(
        before, keys=wanted.keys, next=promise, version=2, since_ms=harness.now_ms - harness.block_ms
    )
    assert harness.balance(owner) == held
    assert harness.ask(Holds(owner.account, "buyer"))
    harness.do(owner, Transfer(guarded.buyer.account, 1))


def test_a_recovery_is_due_to_the_millisecond(guarded: Guarded) -> None:
    harness = guarded.harness
    guarded.ask(0, 1)
    assert guarded.due_ms is not None
    harness.advance(guarded.due_ms - harness.now_ms - 2)
    harness.block_ms = 1
    harness.refuses(errors.NOT_DUE, guarded.buyer, CompleteRecovery(guarded.owner.account))
    assert harness.do(guarded.buyer, CompleteRecovery(guarded.owner.account)) == (Recovered(guarded.owner.account),)


def test_no_recovery_completes_where_none_is_under_way(guarded: Guarded) -> None:
    guarded.ask(0)
    for account in (guarded.owner.account, guarded.buyer.account, guarded.car.account):
        guarded.harness.refuses(errors.NO_RECOVERY, guarded.buyer, CompleteRecovery(account))
    guarded.harness.refuses(errors.UNKNOWN_DID, guarded.buyer, CompleteRecovery(bytes(20)))


def test_one_guardian_alone_begins_nothing_however_often_it_asks(guarded: Guarded) -> None:
    guarded.ask(0, 0, 0)
    assert guarded.due_ms is None


def test_guardians_who_ask_for_different_things_begin_nothing_until_they_agree(guarded: Guarded) -> None:
    harness, owner = guarded.harness, guarded.owner
    wanted = owner.recovery(FRESH)
    two = owner.recovery((*FRESH, *THEIRS))
    for one, other in (
        (two, replace(two, threshold=2)),
        (two, replace(two, keys=two.keys[::-1])),
        (wanted, replace(wanted, encryption_key=bytes(32))),
        (wanted, replace(wanted, next=bytes(32))),
        (wanted, two),
    ):
        harness.do(guarded.guardians[0], one)
        harness.do(guarded.guardians[1], other)
        assert guarded.due_ms is None
    guarded.ask(1)
    assert guarded.due_ms == harness.now_ms + DAY_MS


def test_one_malicious_guardian_neither_ends_nor_delays_what_the_others_agree_on(guarded: Guarded) -> None:
    guarded.ask(2, 0)
    due_ms = guarded.due_ms
    guarded.harness.advance(HOUR_MS)
    guarded.ask(2, seeds=THEIRS)
    guarded.ask(2)
    guarded.ask(1)
    guarded.ask(2, seeds=THEIRS)
    assert guarded.due_ms == due_ms
    guarded.complete()
    guarded.owner.seeds = FRESH
    guarded.harness.do(guarded.owner, Transfer(guarded.buyer.account, 1))


def test_another_quorum_replaces_what_was_begun_and_the_delay_begins_anew(guarded: Guarded) -> None:
    harness = guarded.harness
    guarded.ask(0, 1)
    harness.advance(HOUR_MS)
    guarded.ask(1, 2, seeds=THEIRS)
    assert guarded.due_ms == harness.now_ms + DAY_MS
    recovery = harness.ask(GetRecovery(guarded.owner.account))
    assert recovery is not None
    assert recovery.keys == guarded.owner.recovery(THEIRS).keys


def test_a_holder_ends_a_recovery_and_the_words_spoken_for_it_count_no_more(guarded: Guarded) -> None:
    harness, owner = guarded.harness, guarded.owner
    guarded.ask(0, 1)
    assert harness.do(owner, RejectRecovery()) == (RecoveryRejected(owner.account),)
    harness.advance(DAY_MS)
    harness.refuses(errors.NO_RECOVERY, guarded.buyer, CompleteRecovery(owner.account))
    guarded.ask(2)
    assert guarded.due_ms is None
    guarded.ask(0)
    assert guarded.due_ms == harness.now_ms + DAY_MS


def test_a_holder_ends_also_what_a_single_guardian_asked_for_and_nothing_where_nobody_did(guarded: Guarded) -> None:
    guarded.harness.refuses(errors.NO_RECOVERY, guarded.owner, RejectRecovery())
    guarded.ask(0)
    guarded.harness.do(guarded.owner, RejectRecovery())
    guarded.ask(1)
    assert guarded.due_ms is None
    guarded.harness.refuses(errors.NO_RECOVERY, guarded.buyer, RejectRecovery())


def test_a_holder_may_object_until_the_recovery_is_completed(guarded: Guarded) -> None:
    guarded.ask(0, 1)
    guarded.harness.advance(10 * DAY_MS)
    guarded.harness.do(guarded.owner, RejectRecovery())
    guarded.harness.refuses(errors.NO_RECOVERY, guarded.buyer, CompleteRecovery(guarded.owner.account))


def test_words_count_no_more_after_the_recovery_they_led_to(guarded: Guarded) -> None:
    guarded.ask(0, 1)
    guarded.complete()
    guarded.ask(2)
    assert guarded.due_ms is None
    guarded.harness.refuses(errors.NO_RECOVERY, guarded.buyer, CompleteRecovery(guarded.owner.account))


@pytest.mark.parametrize("change", [lambda owner: owner.rotation(THEIRS), lambda owner: Revoke(owner.account)])
def test_a_change_of_keys_and_a_revocation_end_a_recovery(
    guarded: Guarded, change: Callable[[Party], Rotate | Revoke]
) -> None:
    harness, owner = guarded.harness, guarded.owner
    guarded.ask(0, 1)
    harness.do(owner, change(owner))
    assert harness.ask(GetRecovery(owner.account)) is None
    assert harness.ask(GetWords(owner.account)) is None
    harness.advance(DAY_MS)
    harness.refuses(errors.NO_RECOVERY, guarded.buyer, CompleteRecovery(owner.account))


def test_a_revoked_did_is_not_recovered(guarded: Guarded) -> None:
    guarded.harness.do(guarded.owner, Revoke(guarded.owner.account))
    guarded.harness.refuses(errors.DID_REVOKED, guarded.guardians[0], guarded.owner.recovery(FRESH))


def test_a_word_of_a_guardian_that_was_revoked_since_does_not_count(guarded: Guarded) -> None:
    harness, (first, *_) = guarded.harness, guarded.guardians
    guarded.ask(0)
    harness.do(first, Revoke(first.account))
    guarded.ask(1)
    assert guarded.due_ms is None
    guarded.ask(2)
    assert guarded.due_ms == harness.now_ms + DAY_MS


def test_a_recovery_that_was_begun_outlives_a_guardian(guarded: Guarded) -> None:
    guarded.ask(0, 1)
    for guardian in guarded.guardians[:2]:
        guarded.harness.do(guardian, Revoke(guardian.account))
    guarded.complete()


def test_nobody_but_a_guardian_asks_for_a_recovery(guarded: Guarded) -> None:
    harness, owner = guarded.harness, guarded.owner
    harness.refuses(errors.NOT_GUARDIAN, guarded.buyer, owner.recovery(FRESH))
    harness.refuses(errors.NOT_GUARDIAN, owner, owner.recovery(FRESH))
    harness.refuses(errors.NOT_GUARDIAN, guarded.guardians[0], guarded.buyer.recovery(FRESH))
    unknown = replace(owner.recovery(FRESH), account=bytes(20))
    harness.refuses(errors.UNKNOWN_DID, guarded.guardians[0], unknown)


def test_a_recovery_asks_for_keys_that_an_account_may_have(guarded: Guarded) -> None:
    harness, guardian, wanted = guarded.harness, guarded.guardians[0], guarded.owner.recovery(FRESH)
    harness.refuses(errors.BAD_KEYS, guardian, replace(wanted, threshold=2))
    foreign = replace(wanted, keys=(replace(wanted.keys[0], suite=2),))
    harness.refuses(ledger.SUITE_NOT_ADMITTED, guardian, foreign)


def test_guardians_where_there_were_none_count_at_once(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    (event,) = harness.do(owner, SetGuardians((scene.buyer.account,), 1, HOUR_MS))
    assert event == GuardiansSet(owner.account, (scene.buyer.account,), harness.now_ms)
    guarding = Guarding(Guardians((scene.buyer.account,), 1, HOUR_MS), None, harness.now_ms)
    assert harness.ask(GetGuardians(owner.account)) == guarding
    assert harness.ask(GetGuardians(scene.buyer.account)) is None


def test_a_change_of_guardians_waits_as_long_as_the_present_ones_may_act(guarded: Guarded) -> None:
    harness, owner = guarded.harness, guarded.owner
    wanted = guarded.a_setting(guarded.buyer, threshold=1, delay_ms=HOUR_MS)
    (event,) = harness.do(owner, wanted)
    from_ms = harness.now_ms + DAY_MS
    assert event == GuardiansSet(owner.account, (guarded.buyer.account,), from_ms)
    harness.advance(from_ms - harness.now_ms - 2)
    harness.block_ms = 1
    harness.refuses(errors.NOT_GUARDIAN, guarded.buyer, owner.recovery(FRESH))
    assert harness.now_ms == from_ms - 1
    harness.do(guarded.buyer, owner.recovery(FRESH))
    assert harness.now_ms == from_ms
    assert guarded.due_ms == harness.now_ms + HOUR_MS
    harness.refuses(errors.NOT_GUARDIAN, guarded.guardians[0], owner.recovery(FRESH))
    now = Guarding(Guardians((guarded.buyer.account,), 1, HOUR_MS), None, from_ms)
    assert harness.ask(GetGuardians(owner.account)) == now


def test_a_later_change_of_guardians_takes_the_place_of_the_earlier_and_waits_anew(guarded: Guarded) -> None:
    harness, owner = guarded.harness, guarded.owner
    harness.do(owner, guarded.a_setting(guarded.buyer, threshold=1))
    harness.advance(DAY_MS - HOUR_MS)
    harness.do(owner, SetGuardians((), 0, HOUR_MS))
    from_ms = harness.now_ms + DAY_MS
    harness.advance(2 * HOUR_MS)
    harness.refuses(errors.NOT_GUARDIAN, guarded.buyer, owner.recovery(FRESH))
    guarded.ask(0)
    harness.advance(from_ms - harness.now_ms)
    harness.refuses(errors.NOT_GUARDIAN, guarded.guardians[1], owner.recovery(FRESH))
    harness.do(owner, guarded.a_setting(guarded.buyer, threshold=1))
    harness.do(guarded.buyer, owner.recovery(FRESH))


def test_a_word_of_a_guardian_that_was_dismissed_does_not_count(guarded: Guarded) -> None:
    harness, owner = guarded.harness, guarded.owner
    _, second, third = guarded.guardians
    guarded.ask(0)
    harness.do(owner, guarded.a_setting(second, third, guarded.buyer))
    harness.advance(DAY_MS)
    guarded.ask(1)
    assert guarded.due_ms is None
    guarded.ask(2)
    assert guarded.due_ms == harness.now_ms + DAY_MS


def test_a_recovery_that_was_begun_goes_on_when_the_guardians_change(guarded: Guarded) -> None:
    harness = guarded.harness
    harness.do(guarded.owner, SetGuardians((), 0, HOUR_MS))
    harness.advance(HOUR_MS)
    guarded.ask(0, 1)
    harness.advance(DAY_MS - 2 * HOUR_MS)
    harness.refuses(errors.NOT_DUE, guarded.buyer, CompleteRecovery(guarded.owner.account))
    harness.advance(2 * HOUR_MS)
    harness.do(guarded.buyer, CompleteRecovery(guarded.owner.account))


def test_guardians_are_different_active_others_of_whom_more_than_half_decide(guarded: Guarded) -> None:
    harness, buyer = guarded.harness, guarded.buyer
    first, second, third = guarded.guardians
    gone = harness.register("gone")
    harness.do(gone, Revoke(gone.account))
    stranger = Party.make("stranger", "person")
    for wrong in (
        guarded.a_setting(first, first),
        guarded.a_setting(first, second, threshold=1),
        guarded.a_setting(first, second, threshold=3),
        guarded.a_setting(first, second, third, harness.treasury, threshold=2),
        guarded.a_setting(first, threshold=0),
        SetGuardians((), 1, DAY_MS),
        guarded.a_setting(buyer, threshold=1),
        guarded.a_setting(first, gone),
        guarded.a_setting(first, stranger),
    ):
        harness.refuses(errors.BAD_GUARDIANS, buyer, wrong)


def test_a_thief_of_the_present_keys_ends_a_recovery_where_no_next_keys_stand(guarded: Guarded) -> None:
    """The limit that the README states: against theft it is the next keys that help."""
    guarded.ask(0, 1)
    guarded.harness.do(guarded.owner, guarded.owner.rotation(THEIRS))
    assert guarded.due_ms is None


def test_expired_keys_object_to_nothing_and_are_recovered_with_keys_that_do_not_expire(guarded: Guarded) -> None:
    harness, owner = guarded.harness, guarded.owner
    harness.do(owner, owner.rotation(owner.seeds, until_ms=harness.now_ms + HOUR_MS))
    guarded.ask(0, 1)
    harness.advance(HOUR_MS)
    harness.refuses(ledger.KEYS_EXPIRED, owner, RejectRecovery())
    guarded.complete()
    owner.seeds = FRESH
    harness.advance(90 * DAY_MS)
    harness.do(owner, Transfer(guarded.buyer.account, 1))


def test_a_device_has_no_guardians(scene: Scene) -> None:
    scene.harness.refuses(errors.NO_GUARDIANS, scene.car, SetGuardians((scene.owner.account,), 1, HOUR_MS))


def test_a_controller_recovers_its_device_at_once_whatever_its_keys_promised(scene: Scene) -> None:
    harness, car = scene.harness, scene.car
    promising = car.rotation(car.seeds, next=promise_of(THEIRS), until_ms=harness.now_ms + HOUR_MS)
    harness.do(car, promising)
    harness.advance(HOUR_MS)
    harness.refuses(ledger.KEYS_EXPIRED, car, scene.a_drive())
    assert harness.do(scene.owner, car.recovery(FRESH)) == (Recovered(car.account),)
    car.seeds = THEIRS
    harness.refuses(ledger.NOT_SUCCEEDING, car, car.succession(THEIRS))
    car.seeds = FRESH
    scene.commit("by the new keys", **scene.this_hour())
    assert harness.ask(Holds(car.account, "vehicle"))


def test_only_the_present_controller_recovers_a_device(scene: Scene) -> None:
    harness, car = scene.harness, scene.car
    for other in (scene.buyer, car, harness.treasury):
        harness.refuses(errors.NOT_GUARDIAN, other, car.recovery(FRESH))
    harness.do(scene.owner, HandOver(car.account), payer=scene.buyer)
    harness.refuses(errors.NOT_GUARDIAN, scene.owner, car.recovery(FRESH))
    harness.do(scene.buyer, car.recovery(FRESH))
    harness.refuses(ledger.BAD_SIGNATURE, car, scene.a_drive("by the seller"))
    harness.do(scene.buyer, Revoke(car.account))
    harness.refuses(errors.DID_REVOKED, scene.buyer, car.recovery(THEIRS))


def test_a_recovery_that_fails_its_transaction_was_never_asked_for(guarded: Guarded) -> None:
    harness, owner = guarded.harness, guarded.owner
    guarded.ask(0)
    wanted: Recover = owner.recovery(FRESH)
    harness.refuses(errors.NOT_DUE, guarded.guardians[1], wanted, CompleteRecovery(owner.account))
    assert guarded.due_ms is None


def test_a_fresh_chain_has_nobody_to_recover(harness: Harness) -> None:
    assert harness.ask(GetRecovery(harness.treasury.account)) is None
    assert harness.ask(GetWords(harness.treasury.account)) is None
