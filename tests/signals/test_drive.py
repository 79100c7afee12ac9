"""A drive's readings, its fingerprint, and what it comes to."""

from __future__ import annotations

import math

import pytest

from autochain.onchain.refusals import Broken
from autochain.signals import (
    FUEL_RATE,
    LATITUDE,
    LONGITUDE,
    SPEED,
    Drive,
    Reading,
    distance_km,
    fingerprint_bytes,
    fuel_l,
)

RPM = "Vehicle.Powertrain.CombustionEngine.Speed"


def test_readings_appended_one_by_one_come_back() -> None:
    readings = [Reading(1_000, {SPEED: 1.5}), Reading(2_000, {RPM: 800.0}), Reading(3_000, {SPEED: 2.5, RPM: 900.0})]
    drive = Drive("car")
    for reading in readings:
        drive.append(reading)
    assert drive.columns == {SPEED: [1.5, None, 2.5], RPM: [None, 800.0, 900.0]}
    assert list(drive.readings()) == readings
    assert drive.points == 3


def test_a_reading_that_is_not_later_is_not_appended() -> None:
    drive = Drive("car", times_ms=[5])
    with pytest.raises(Broken):
        drive.append(Reading(5, {SPEED: 1.0}))


def test_the_distance_along_the_equator_is_the_arc() -> None:
    drive = Drive("car", times_ms=[0, 1, 2], columns={LATITUDE: [0.0, 0.0, 0.0], LONGITUDE: [0.0, 1.0, 3.0]})
    assert distance_km(drive) == pytest.approx(3 * math.pi / 180 * 6_371)


def test_the_distance_bridges_moments_without_a_position() -> None:
    drive = Drive(
        "car", times_ms=[0, 1, 2, 3], columns={LATITUDE: [50.0, None, 50.0, 51.0], LONGITUDE: [8.0, 8.0, None, 8.0]}
    )
    assert distance_km(drive) == pytest.approx(math.pi / 180 * 6_371)
    assert distance_km(Drive("car", times_ms=[0], columns={SPEED: [1.0]})) == 0


def test_fuel_is_the_area_under_its_rate() -> None:
    drive = Drive("car", times_ms=[0, 10_000, 30_000], columns={FUEL_RATE: [3.6, 7.2, 0.0]})
    assert fuel_l(drive) == pytest.approx((5.4 * 10 + 3.6 * 20) / 3_600)


def test_fuel_bridges_thirty_seconds_and_no_more() -> None:
    near = Drive("car", times_ms=[0, 10_000, 30_000], columns={FUEL_RATE: [3.6, None, 3.6]})
    far = Drive("car", times_ms=[0, 10_000, 30_001], columns={FUEL_RATE: [3.6, None, 3.6]})
    assert fuel_l(near) == pytest.approx(0.03)
    assert fuel_l(far) == 0


def test_a_fingerprint_knows_the_same_readings_in_another_order_of_columns() -> None:
    one = Drive("car", times_ms=[1, 2], columns={SPEED: [1.0, None], RPM: [0.0, 2.0]})
    same = Drive("other name", "track", [1, 2], {RPM: [-0.0, 2.0], SPEED: [1.0, None], LATITUDE: [None, None]})
    assert fingerprint_bytes(one) == fingerprint_bytes(same)


@pytest.mark.parametrize(
    "other",
    [
        Drive("car", times_ms=[1, 3], columns={SPEED: [1.0, None], RPM: [0.0, 2.0]}),
        Drive("car", times_ms=[1, 2], columns={SPEED: [1.0, 0.0], RPM: [0.0, 2.0]}),
        Drive("car", times_ms=[1, 2], columns={SPEED: [0.0, 2.0], RPM: [1.0, None]}),
        Drive("car", times_ms=[1, 2], columns={SPEED: [1.0, None]}),
    ],
)
def test_a_fingerprint_tells_other_readings_apart(other: Drive) -> None:
    drive = Drive("car", times_ms=[1, 2], columns={SPEED: [1.0, None], RPM: [0.0, 2.0]})
    assert fingerprint_bytes(drive) != fingerprint_bytes(other)
