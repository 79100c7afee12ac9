"""Recording: what a vehicle commits to, and what a commitment may look like."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from autochain.onchain import codec
from autochain.onchain.contracts.recording import (
    HOUR_MS,
    Committed,
    GetRecording,
    ListRecordings,
    Part,
    Recording,
    errors,
    recording_id,
)
from chains import START_MS, Scene


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


@pytest.mark.parametrize(
    "changes",
    [
        {"parts": ()},
        {"parts": tuple(Part("motion", "exact", size) for size in range(33))},
        {"points": 0},
        {"points": 1_000_001},
        {"fingerprint": bytes(31)},
        {"parts": (Part("gossip", "exact", 1),)},  # type: ignore[arg-type]
    ],
)
def test_a_commitment_beyond_the_bounds_of_its_fields_is_not_even_read(scene: Scene, changes: dict[str, Any]) -> None:
    scene.harness.refuses(codec.NOT_DECODABLE, scene.car, scene.a_drive(**changes))
