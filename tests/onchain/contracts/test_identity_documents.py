"""A DID's documents: each numbered, each from one time to the next, and found by number or by time."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from autochain.onchain.codec import encode
from autochain.onchain.contracts.identity import (
    GUARDIANS,
    HOUR_MS,
    IDENTITIES,
    RECOVERIES,
    VERSIONS,
    WORDS,
    GetIdentity,
    GetVersion,
    Guardians,
    Guarding,
    HandOver,
    Identity,
    Recovery,
    Register,
    Revoke,
    SetGuardians,
    Version,
    VersionAt,
    Versions,
    Words,
    errors,
)
from autochain.onchain.contracts.identity.messages import MAX_KEY_BYTES
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto import PublicKey
from autochain.onchain.ledger import interfaces
from autochain.onchain.refusals import Refusal
from chains import START_MS, Harness, Party, Scene, make_seeds

LAST = (1 << 53) - 1


def present(harness: Harness, party: Party) -> Version:
    record = harness.ask(GetIdentity(party.account))
    assert record is not None
    return record.document()


def test_a_rotation_keeps_what_the_document_before_it_said(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    first = present(harness, owner)
    harness.do(owner, owner.rotation(make_seeds("fresh"), until_ms=LAST))
    second = present(harness, owner)
    earlier = replace(first, replaced_ms=harness.now_ms)
    assert (second.version, second.since_ms, second.until_ms) == (2, harness.now_ms, LAST)
    assert [harness.ask(GetVersion(owner.account, number)) for number in range(4)] == [None, earlier, second, None]
    assert harness.ask(Versions(owner.account)) == (earlier, second)


def test_a_change_of_controller_and_a_revocation_make_documents_and_other_messages_none(scene: Scene) -> None:
    harness, owner, car = scene.harness, scene.owner, scene.car
    scene.commit()
    harness.do(owner, SetGuardians((scene.buyer.account,), 1, HOUR_MS))
    assert (present(harness, owner).version, present(harness, car).version) == (1, 1)
    harness.do(owner, HandOver(car.account), payer=scene.buyer)
    harness.do(scene.buyer, Revoke(car.account))
    harness.do(scene.buyer, Revoke(car.account))
    one, two, three = harness.ask(Versions(car.account))
    assert [one.controller, two.controller, three.controller] == [owner.account, *[scene.buyer.account] * 2]
    assert [one.active, two.active, three.active] == [True, True, False]
    known = harness.ask(interfaces.AccountOf(car.account))
    assert known is not None
    assert known.version == 3


def test_the_document_at_a_time_is_the_later_one_from_its_very_millisecond_on(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    first = present(harness, owner)
    harness.do(owner, owner.rotation(make_seeds("fresh")))
    changed_ms = harness.now_ms
    assert harness.ask(VersionAt(owner.account, first.since_ms - 1)) is None
    for time_ms, number in (
        (first.since_ms, 1),
        (changed_ms - 1, 1),
        (changed_ms, 2),
        (changed_ms + 1, 2),
        (LAST, 2),
    ):
        assert harness.ask(VersionAt(owner.account, time_ms)) == harness.ask(GetVersion(owner.account, number))


def test_of_several_documents_in_one_millisecond_the_last_one_stands(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    rotations = [owner.rotation(make_seeds("fresh", generation=number)) for number in (1, 2, 3)]
    harness.do(owner, *rotations)
    assert harness.ask(VersionAt(owner.account, harness.now_ms)) == present(harness, owner)
    middle = harness.ask(GetVersion(owner.account, 3))
    assert middle is not None
    assert middle.since_ms == middle.replaced_ms == harness.now_ms


def test_documents_are_listed_a_hundred_at_a_time(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    seeds = make_seeds("fresh")
    for _ in range(7):
        harness.do(owner, *(owner.rotation(seeds) for _ in range(20)))
        owner.seeds = seeds
    page = harness.ask(Versions(owner.account))
    rest = harness.ask(Versions(owner.account, page[-1].version))
    assert [document.version for document in (*page, *rest)] == list(range(1, 142))
    assert len(page) == 100
    assert harness.ask(Versions(owner.account, 141)) == harness.ask(Versions(owner.account, LAST)) == ()


def test_a_did_that_nobody_registered_has_no_documents(harness: Harness) -> None:
    stranger = Party.make("stranger", "person").account
    assert harness.ask(GetVersion(stranger, 1)) is None
    assert harness.ask(VersionAt(stranger, LAST)) is None
    assert harness.ask(Versions(stranger)) == ()


def test_an_identity_of_genesis_has_its_first_document_since_then(harness: Harness) -> None:
    treasury = harness.treasury.account
    document = harness.ask(VersionAt(treasury, START_MS))
    assert document == present(harness, harness.treasury)
    assert document is not None
    assert document.since_ms == START_MS
    assert harness.ask(VersionAt(treasury, START_MS - 1)) is None


def long_keys(*lengths: int) -> tuple[PublicKey, ...]:
    return tuple(PublicKey(5, bytes([number]) * length) for number, length in enumerate(lengths))


def test_keys_that_are_longer_together_than_a_record_holds_are_refused(scene: Scene) -> None:
    registration: Register = scene.owner.registration
    replace(registration, keys=long_keys(MAX_KEY_BYTES - 7, *[1] * 7)).check()
    for keys in (long_keys(MAX_KEY_BYTES + 1), long_keys(MAX_KEY_BYTES - 6, *[1] * 7)):
        with pytest.raises(Refusal) as refusal:
            replace(registration, keys=keys).check()
        assert refusal.value.reason == errors.BAD_KEYS


def test_the_longest_records_fit_into_the_state() -> None:
    keys = long_keys(*[MAX_KEY_BYTES >> 3] * 7, MAX_KEY_BYTES - 7 * (MAX_KEY_BYTES >> 3))
    longest = Identity(
        kind="organisation",
        keys=keys,
        threshold=8,
        sequence=LAST,
        commitment=bytes(32),
        encryption_key=bytes(32),
        controller=bytes(20),
        registered_ms=LAST,
        controlled_ms=LAST,
        next=bytes(32),
        until_ms=LAST,
        version=LAST,
        since_ms=LAST,
    )
    guardians = Guardians(tuple(bytes([number]) * 20 for number in range(16)), 16, HOUR_MS)
    words = Words(tuple((member, bytes(32)) for member in guardians.members))
    for table, record in (
        (IDENTITIES, longest),
        (VERSIONS, longest.document(replaced_ms=LAST)),
        (GUARDIANS, Guarding(guardians, guardians, LAST)),
        (WORDS, words),
        (RECOVERIES, Recovery(keys, 8, bytes(32), bytes(32), bytes(32), LAST)),
    ):
        assert table.codec.decode(encode(record)) == record


def test_a_failed_transaction_leaves_no_document(scene: Scene) -> None:
    harness, owner = scene.harness, scene.owner
    harness.send(owner, owner.rotation(make_seeds("fresh")), Transfer(owner.account, 1))
    assert present(harness, owner).version == 1
    assert harness.ask(GetVersion(owner.account, 2)) is None
