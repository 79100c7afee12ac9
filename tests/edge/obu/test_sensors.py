"""Readings of a trip are gathered into drives that a unit can take in."""

from __future__ import annotations

from collections.abc import Iterator

from autochain.edge.obu import drives
from autochain.signals import MAX_POINTS, SPEED, Reading


class Trip:
    """Sensors that measure a speed every second."""

    def __init__(self, points: int) -> None:
        self.points = points

    def readings(self) -> Iterator[Reading]:
        for number in range(self.points):
            yield Reading(1_700_000_000_000 + number * 1_000, {SPEED: float(number % 100)})


def test_a_trip_is_one_drive_with_all_its_readings() -> None:
    (drive,) = drives(Trip(100), vehicle="car")
    assert drive.vehicle == "car"
    assert list(drive.readings()) == list(Trip(100).readings())


def test_a_trip_without_a_reading_is_no_drive() -> None:
    assert list(drives(Trip(0), vehicle="car")) == []


def test_a_long_trip_goes_on_as_the_next_drive_and_loses_no_reading() -> None:
    found = list(drives(Trip(2 * MAX_POINTS + 1), vehicle="car"))
    assert [drive.points for drive in found] == [MAX_POINTS, MAX_POINTS, 1]
    times_ms = [time_ms for drive in found for time_ms in drive.times_ms]
    assert times_ms == [reading.time_ms for reading in Trip(2 * MAX_POINTS + 1).readings()]
    assert {drive.vehicle for drive in found} == {"car"}
    assert [len(list(drives(Trip(MAX_POINTS + more), vehicle="car"))) for more in (-1, 0)] == [1, 1]
