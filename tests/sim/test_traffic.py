"""What is seen from above is what was driven, only faster."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from autochain.edge.obu import drives
from autochain.onchain.ids import derive
from autochain.signals import LATITUDE, LONGITUDE, Drive, haversine_km, positions
from autochain.sim import Fleet, Traffic, lines

SHOWN_S = 10.0
CAR = derive("test", b"car")


class Clock:
    """A monotonic clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def traffic(clock: Clock) -> Traffic:
    return Traffic(shown_s=SHOWN_S, clock=clock)


def trip() -> Drive:
    return next(drives(Fleet(3, 1, start_ms=1_780_000_000_000).cars[0], vehicle="car-01"))


def test_a_car_is_shown_along_its_whole_trip_and_then_stands(clock: Clock, traffic: Traffic) -> None:
    drive = trip()
    traffic.show(CAR, drive)
    way = [place for _, place in positions(drive)]
    places: list[tuple[float, float]] = []
    for _ in range(101):
        (car,) = traffic.seen()
        places.append((car.lat, car.lon))
        assert (car.name, car.id) == ("car-01", CAR.hex())
        assert car.state == ("driving" if len(places) <= 100 else "parked")
        clock.now_s += SHOWN_S / 100
    assert places[0] == pytest.approx(way[0])
    assert places[-1] == pytest.approx(way[-1])
    for latitude, longitude in places:
        assert min(haversine_km((latitude, longitude), known) for known in way) < 0.1
    # At 1 % of the trip each step is a small part of it: nothing jumps.
    length_km = sum(haversine_km(a, b) for a, b in pairwise(way))
    assert max(haversine_km(a, b) for a, b in pairwise(places)) < length_km / 15
    clock.now_s += 3_600
    (car,) = traffic.seen()
    assert (car.state, car.speed_kmh) == ("parked", 0.0)


def test_the_next_trip_takes_the_place_of_the_last(clock: Clock, traffic: Traffic) -> None:
    drive = trip()
    traffic.show(CAR, drive)
    clock.now_s += 2 * SHOWN_S
    traffic.show(CAR, drive)
    (car,) = traffic.seen()
    assert car.state == "driving"


def test_a_drive_without_positions_is_not_to_be_seen(traffic: Traffic) -> None:
    drive = trip()
    del drive.columns[LATITUDE]
    traffic.show(CAR, drive)
    assert traffic.seen() == []


def test_moments_without_a_position_are_bridged(clock: Clock, traffic: Traffic) -> None:
    drive = trip()
    middle = drive.points // 2
    for path in (LATITUDE, LONGITUDE):
        drive.columns[path][middle - 3 : middle + 3] = [None] * 6
    traffic.show(CAR, drive)
    clock.now_s += SHOWN_S * drive.times_ms[middle] / drive.times_ms[-1]
    assert traffic.seen()


def test_every_road_is_one_line_within_the_town() -> None:
    network = Fleet(3, 1, start_ms=0).network

    def ends() -> Iterator[tuple[float, float]]:
        for line in lines(network):
            yield from line

    found = list(lines(network))
    assert len(found) == len(set(found)) and 2 * len(found) == len(network.roads)
    assert all(haversine_km(end, network.centre) < 5 for end in ends())
