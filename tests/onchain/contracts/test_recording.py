"""Recording: what a vehicle commits to, until when it is kept, and who says that its keys are destroyed."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from autochain.onchain import codec
from autochain.onchain.contracts.consent import errors as consent
from autochain.onchain.contracts.identity import HandOver, Revoke
from autochain.onchain.contracts.market import ListReceipts
from autochain.onchain.contracts.recording import (
    COUNTS,
    HOUR_MS,
    MAX_DESTROYED,
    MAX_KEPT_MS,
    STATEMENTS,
    Committed,
    Counter,
    Destroyed,
    Erase,
    Erased,
    Erasure,
    GetErasure,
    GetRecording,
    ListRecordings,
    Part,
    Recording,
    Statement,
    errors,
    recording_id,
)
from autochain.onchain.ledger import errors as ledger
from chains import BLOCK_MS, START_MS, Harness, Party, Scene, entries


def test_a_commitment_is_written_down_as_it_was_made(scene: Scene) -> None:
    drive = scene.a_drive()
    name = recording_id(scene.car.account, drive.fingerprint)
    events = scene.harness.do(scene.car, drive)
    assert events == (Committed(name, scene.car.account, scene.owner.account, 95),)
    assert scene.harness.ask(GetRecording(name)) == Recording(
        vehicle=scene.car.account,
        owner=scene.owner.account,
        fingerprint=drive.fingerprint,
        manifest_root=drive.manifest_root,
        parts=drive.parts,
        points=95,
        start_ms=START_MS - HOUR_MS,
        end_ms=START_MS,
        committed_ms=scene.harness.now_ms,
        height=scene.harness.height,
        keep_until_ms=drive.keep_until_ms,
        erased_ms=0,
    )


def test_an_unknown_recording_is_not_there(scene: Scene) -> None:
    assert scene.harness.ask(GetRecording(bytes(20))) is None


def test_the_same_fingerprint_of_two_vehicles_makes_two_recordings(scene: Scene) -> None:
    other = scene.attested_car("other car", scene.owner)
    scene.harness.do(scene.car, scene.a_drive())
    scene.harness.do(other, scene.a_drive())
    vehicles = {record.vehicle for _, record in scene.harness.ask(ListRecordings())}
    assert vehicles == {scene.car.account, other.account}


def test_recordings_are_listed_in_pages_of_a_hundred_by_owner_and_of_all(scene: Scene) -> None:
    harness = scene.harness
    stranger = harness.register("stranger")
    bike = harness.register("bike", "device", controller=stranger)
    harness.do(bike, scene.a_drive("a ride"))
    for batch in range(2):
        harness.do(scene.car, *(scene.a_drive(f"drive {batch}.{number}") for number in range(60)))
    for owner, expected in ((scene.owner.account, 120), (stranger.account, 1), (None, 121)):
        first = harness.ask(ListRecordings(owner))
        assert len(first) == min(expected, 100)
        rest = harness.ask(ListRecordings(owner, after=first[-1][0]))
        names = [name for name, _ in first + rest]
        assert len(names) == expected
        assert names == sorted(set(names))
        assert all(record.owner == owner for _, record in first + rest if owner)
    assert harness.ask(ListRecordings(scene.buyer.account)) == ()
    counted = dict(entries(harness, COUNTS))
    assert counted == {scene.owner.account: Counter(120), stranger.account: Counter(1)}


@pytest.mark.parametrize(
    ("start_ms", "end_ms"),
    [(START_MS - HOUR_MS + 1, START_MS), (START_MS - HOUR_MS, START_MS + 1), (START_MS, START_MS), (START_MS, 0)],
)
def test_times_that_are_not_whole_hours_in_order_are_refused(scene: Scene, start_ms: int, end_ms: int) -> None:
    drive = scene.a_drive(start_ms=start_ms, end_ms=end_ms)
    scene.harness.refuses(errors.NOT_WHOLE_HOURS, scene.car, drive)


def test_parts_out_of_order_or_twice_are_refused(scene: Scene) -> None:
    parts = scene.a_drive().parts
    scene.harness.refuses(errors.PARTS_UNSORTED, scene.car, scene.a_drive(parts=parts[::-1]))
    doubled = (parts[0], replace(parts[0], size_bytes=1))
    scene.harness.refuses(errors.PARTS_UNSORTED, scene.car, scene.a_drive(parts=doubled))


def test_only_a_device_records(scene: Scene) -> None:
    scene.harness.refuses(errors.NOT_A_DEVICE, scene.owner, scene.a_drive())


def test_the_same_readings_are_committed_once(scene: Scene) -> None:
    scene.commit()
    again = scene.a_drive(points=1, manifest_root=bytes(32))
    scene.harness.refuses(errors.ALREADY_COMMITTED, scene.car, again)


def test_a_drive_of_the_present_hour_is_taken_and_one_that_ends_later_is_refused(scene: Scene) -> None:
    scene.harness.refuses(errors.IN_THE_FUTURE, scene.car, scene.a_drive(end_ms=START_MS + 2 * HOUR_MS))
    scene.commit(end_ms=START_MS + HOUR_MS)


@pytest.mark.parametrize("sold_ms", [0, 1, HOUR_MS // 2, HOUR_MS - 1])
def test_a_drive_of_the_hour_of_a_sale_is_the_takers_and_one_that_began_earlier_is_nobodys(
    scene: Scene, sold_ms: int
) -> None:
    harness, hour_ms = scene.harness, START_MS + 2 * HOUR_MS
    harness.advance(hour_ms + sold_ms - harness.now_ms - harness.block_ms)
    harness.do(scene.owner, HandOver(scene.car.account), payer=scene.buyer)
    assert harness.now_ms == hour_ms + sold_ms
    for end_ms in (hour_ms, hour_ms + HOUR_MS):
        drive = scene.a_drive("before", start_ms=hour_ms - HOUR_MS, end_ms=end_ms)
        harness.refuses(errors.BEFORE_HAND_OVER, scene.car, drive)
    record = harness.ask(GetRecording(scene.commit("after", start_ms=hour_ms, end_ms=hour_ms + HOUR_MS)))
    assert record is not None
    assert record.owner == scene.buyer.account


def test_what_was_not_committed_before_a_sale_is_not_even_the_sellers_who_has_the_car_back(scene: Scene) -> None:
    harness = scene.harness
    harness.do(scene.owner, HandOver(scene.car.account), payer=scene.buyer)
    harness.do(scene.buyer, HandOver(scene.car.account), payer=scene.owner)
    harness.refuses(errors.BEFORE_HAND_OVER, scene.car, scene.a_drive())


def test_a_vehicle_that_was_never_sold_commits_to_what_it_recorded_before_it_was_registered(scene: Scene) -> None:
    scene.commit(start_ms=0, end_ms=HOUR_MS)


@pytest.mark.parametrize(
    "changes",
    [
        {"parts": ()},
        {"parts": tuple(Part("motion", "exact", size) for size in range(33))},
        {"points": 0},
        {"points": 1_000_001},
        {"fingerprint": bytes(31)},
        {"parts": (Part("gossip", "exact", 1),)},  # type: ignore[arg-type]
        {"parts": (Part("motion", "vague", 1),)},  # type: ignore[arg-type]
        {"keep_until_ms": -1},
        {"keep_until_ms": 1 << 53},
    ],
)
def test_a_commitment_beyond_the_bounds_of_its_fields_is_not_even_read(scene: Scene, changes: dict[str, Any]) -> None:
    scene.harness.refuses(codec.NOT_DECODABLE, scene.car, scene.a_drive(**changes))


def test_a_part_may_hold_an_aggregate(scene: Scene) -> None:
    parts = (Part("motion", "aggregate", 40), Part("motion", "exact", 4_000))
    record = scene.harness.ask(GetRecording(scene.commit(parts=parts)))
    assert record is not None
    assert record.parts == parts


def ahead(harness: Harness, ms: int) -> int:
    """Gives the time so long after the next block's."""
    return harness.now_ms + harness.block_ms + ms


@pytest.mark.parametrize("later_ms", [1, MAX_KEPT_MS])
def test_a_recording_is_kept_for_a_millisecond_at_least_and_ten_years_at_most(scene: Scene, later_ms: int) -> None:
    scene.commit(keep_until_ms=ahead(scene.harness, later_ms))


@pytest.mark.parametrize("later_ms", [-BLOCK_MS, -1, 0, MAX_KEPT_MS + 1])
def test_a_time_that_is_over_or_beyond_ten_years_is_refused(scene: Scene, later_ms: int) -> None:
    drive = scene.a_drive(keep_until_ms=ahead(scene.harness, later_ms))
    scene.harness.refuses(errors.BAD_RETENTION, scene.car, drive)


def test_a_recording_is_kept_to_the_very_millisecond_before_its_time_is_over(scene: Scene) -> None:
    harness, consent_id = scene.harness, scene.grant(price_uacc=0)
    end_ms = START_MS + 8 * HOUR_MS
    recording = scene.commit(keep_until_ms=end_ms)
    harness.advance(end_ms - 1 - harness.block_ms - harness.now_ms)
    scene.read(recording, consent_id)
    assert harness.now_ms == end_ms - 1
    assert harness.ask(GetErasure(recording)) == Erasure(0, members(harness), (0, 0, 0))
    harness.block_ms = 1
    harness.refuses(consent.NOT_KEPT, scene.buyer, scene.a_read(recording, consent_id))
    assert harness.now_ms == end_ms
    assert harness.ask(GetErasure(recording)) == Erasure(end_ms, members(harness), (0, 0, 0))


def members(harness: Harness) -> tuple[bytes, ...]:
    return tuple(member.account for member in harness.members)


def test_an_owner_has_a_recording_erased_and_it_stays_on_record(scene: Scene) -> None:
    harness, recording = scene.harness, scene.commit()
    before = harness.ask(GetRecording(recording))
    assert before is not None
    assert harness.do(scene.owner, Erase(recording)) == (Erased(recording, scene.owner.account),)
    erased = replace(before, erased_ms=harness.now_ms)
    assert harness.ask(GetRecording(recording)) == erased
    assert harness.ask(ListRecordings(scene.owner.account)) == ((recording, erased),)


def test_an_erased_recording_is_not_sold_any_more_and_what_was_sold_stays(scene: Scene) -> None:
    harness, recording, consent_id = scene.harness, scene.commit(), scene.grant()
    receipt = scene.read(recording, consent_id)
    harness.do(scene.owner, Erase(recording))
    harness.refuses(consent.NOT_KEPT, scene.buyer, scene.a_read(recording, consent_id))
    assert [name for name, _ in harness.ask(ListReceipts(scene.owner.account))] == [receipt]


def test_the_same_readings_are_not_committed_anew_after_erasure(scene: Scene) -> None:
    scene.harness.do(scene.owner, Erase(scene.commit()))
    scene.harness.refuses(errors.ALREADY_COMMITTED, scene.car, scene.a_drive())


def test_nobody_but_the_owner_erases_and_only_what_is_there(scene: Scene) -> None:
    recording = scene.commit()
    for sender in (scene.buyer, scene.car, scene.harness.treasury):
        scene.harness.refuses(errors.NOT_YOURS, sender, Erase(recording))
    scene.harness.refuses(errors.NOT_YOURS, scene.harness.members[0], Erase(recording), payer=scene.owner)
    scene.harness.refuses(errors.NOT_YOURS, scene.owner, Erase(bytes(20)))


def test_a_recording_is_erased_once(scene: Scene) -> None:
    recording = scene.commit()
    scene.harness.refuses(errors.ALREADY_ERASED, scene.owner, Erase(recording), Erase(recording))
    scene.harness.do(scene.owner, Erase(recording))
    scene.harness.refuses(errors.ALREADY_ERASED, scene.owner, Erase(recording))


def test_a_recording_is_erased_up_to_the_millisecond_at_which_its_time_is_over(scene: Scene) -> None:
    harness = scene.harness
    end_ms = START_MS + HOUR_MS
    first, second = (scene.commit(name, keep_until_ms=end_ms) for name in ("first", "second"))
    harness.advance(end_ms - 1 - harness.block_ms - harness.now_ms)
    harness.do(scene.owner, Erase(first))
    harness.block_ms = 1
    harness.refuses(errors.ALREADY_ERASED, scene.owner, Erase(second))
    erasures = [harness.ask(GetErasure(name)) for name in (first, second)]
    assert [erasure.ended_ms for erasure in erasures if erasure] == [end_ms - 1, end_ms]


def test_who_owned_a_handed_over_vehicle_erases_its_old_recordings_and_the_next_owner_does_not(scene: Scene) -> None:
    harness, recording = scene.harness, scene.commit()
    harness.do(scene.owner, HandOver(scene.car.account), payer=scene.buyer)
    harness.refuses(errors.NOT_YOURS, scene.buyer, Erase(recording))
    harness.do(scene.owner, Erase(recording))


def test_a_revoked_owner_erases_nothing_and_waits_for_the_end(scene: Scene) -> None:
    harness, recording = scene.harness, scene.commit(keep_until_ms=START_MS + HOUR_MS)
    harness.do(scene.owner, Revoke(scene.owner.account))
    harness.refuses(ledger.REVOKED_SENDER, scene.owner, Erase(recording))
    harness.advance(HOUR_MS)
    destroy(harness, harness.members[0], recording)


def destroy(harness: Harness, member: Party, *recordings: bytes) -> None:
    """Lets a member state that it holds no key any more; the treasury pays its fee."""
    assert harness.do(member, Destroyed(recordings), payer=harness.treasury) == ()


def test_a_recording_is_wholly_erased_when_every_member_has_said_so(scene: Scene) -> None:
    harness, recording = scene.harness, scene.commit()
    assert harness.ask(GetErasure(recording)) == Erasure(0, members(harness), (0, 0, 0))
    harness.do(scene.owner, Erase(recording))
    erased_ms, said = harness.now_ms, [0, 0, 0]
    for number in (2, 0, 1):
        destroy(harness, harness.members[number], recording)
        said[number] = harness.now_ms
        assert harness.ask(GetErasure(recording)) == Erasure(erased_ms, members(harness), tuple(said))
    assert min(said) > erased_ms


def test_nobody_says_how_far_an_unknown_recording_is_erased(scene: Scene) -> None:
    assert scene.harness.ask(GetErasure(bytes(20))) is None


def test_keys_are_destroyed_when_a_time_is_over_without_an_erasure(scene: Scene) -> None:
    harness = scene.harness
    end_ms = START_MS + HOUR_MS
    recording = scene.commit(keep_until_ms=end_ms)
    harness.advance(end_ms - 1 - harness.block_ms - harness.now_ms)
    statement, member = Destroyed((recording,)), harness.members[1]
    harness.refuses(errors.STILL_KEPT, member, statement, payer=harness.treasury)
    harness.block_ms = 1
    destroy(harness, member, recording)
    assert harness.ask(GetErasure(recording)) == Erasure(end_ms, members(harness), (0, end_ms, 0))


def test_no_key_is_said_to_be_destroyed_before_the_end(scene: Scene) -> None:
    harness, gone, kept = scene.harness, scene.commit("gone"), scene.commit("kept")
    harness.do(scene.owner, Erase(gone))
    for recordings in ((kept,), (gone, kept), (gone, bytes(20))):
        statement = Destroyed(recordings)
        harness.refuses(errors.STILL_KEPT, harness.members[0], statement, payer=harness.treasury)
    assert harness.ask(GetErasure(bytes(20))) is None


def test_only_a_member_states_that_it_destroyed_keys(scene: Scene) -> None:
    harness, recording = scene.harness, scene.commit()
    harness.do(scene.owner, Erase(recording))
    for stranger in (scene.owner, scene.buyer, harness.treasury):
        harness.refuses(errors.NOT_A_HOLDER, stranger, Destroyed((recording,)))


def test_a_statement_said_again_stands_as_it_was_said_first(scene: Scene) -> None:
    harness, member, recording = scene.harness, scene.harness.members[0], scene.commit()
    harness.do(scene.owner, Erase(recording))
    destroy(harness, member, recording, recording)
    first = [(recording + member.account, Statement(harness.now_ms))]
    assert entries(harness, STATEMENTS) == first
    other = scene.commit("another drive")
    harness.do(scene.owner, Erase(other))
    destroy(harness, member, recording, other)
    said = dict(entries(harness, STATEMENTS))
    assert said == {**dict(first), other + member.account: Statement(harness.now_ms)}


def test_one_statement_names_up_to_fifty_recordings(scene: Scene) -> None:
    harness, member = scene.harness, scene.harness.members[0]
    drives = [scene.a_drive(f"drive {number}") for number in range(MAX_DESTROYED)]
    names = [recording_id(scene.car.account, drive.fingerprint) for drive in drives]
    harness.do(scene.car, *drives)
    harness.do(scene.owner, *map(Erase, names))
    for refused in ((), (*names, names[0])):
        harness.refuses(codec.NOT_DECODABLE, member, Destroyed(refused), payer=harness.treasury)
    destroy(harness, member, *names)
    assert len(dict(entries(harness, STATEMENTS))) == MAX_DESTROYED == 50
