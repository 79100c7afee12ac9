"""A fleet is its seed: the same readings everywhere, trip after trip, however it is stepped."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from itertools import islice, pairwise
from pathlib import Path

import pytest

import autochain
from autochain.edge.obu import drives
from autochain.onchain.refusals import Broken
from autochain.sim import Car, CarKind, Fleet

START_MS = 1_760_000_000_000

DIGEST = """
import hashlib
from autochain.sim import Fleet
fleet = Fleet({seed}, 3, start_ms={start_ms})
said = [(r.time_ms, list(r.values.items())) for car in fleet.cars for _ in range(2) for r in car.trip()]
print(hashlib.sha256(repr(said).encode()).hexdigest())
"""


def digest_in_another_process(*, seed: int, hash_seed: str) -> str:
    source = str(Path(autochain.__file__).parents[1])
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": source}
    program = DIGEST.format(seed=seed, start_ms=START_MS)
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def digest_here(seed: int) -> str:
    fleet = Fleet(seed, 3, start_ms=START_MS)
    said = [(r.time_ms, list(r.values.items())) for car in fleet.cars for _ in range(2) for r in car.trip()]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def first(seed: int = 3, *, size: int = 1) -> Car:
    return Fleet(seed, size, start_ms=START_MS).cars[0]


def test_a_seed_gives_the_same_readings_in_every_process_whatever_its_hash_seed() -> None:
    digests = {digest_in_another_process(seed=11, hash_seed=hash_seed) for hash_seed in ("1", "4242")}
    assert digests == {digest_here(11)}


def test_another_seed_gives_other_readings() -> None:
    assert digest_here(11) != digest_here(12)


def test_a_car_is_the_same_in_a_larger_fleet() -> None:
    assert list(first(size=1).trip()) == list(first(size=9).trip())


def test_a_car_does_not_notice_when_others_drive() -> None:
    fleet = Fleet(3, 2, start_ms=START_MS)
    list(fleet.cars[1].trip())
    assert list(fleet.cars[0].trip()) == list(first(size=2).trip())


def test_a_fleet_has_both_kinds_and_names_that_count_up() -> None:
    fleet = Fleet(3, 6, start_ms=START_MS)
    assert [car.name for car in fleet.cars] == ["car-01", "car-02", "car-03", "car-04", "car-05", "car-06"]
    assert [car.kind for car in fleet.cars].count(CarKind.ELECTRIC) == 2


def test_the_town_lies_around_the_centre_asked_for() -> None:
    car = Fleet(3, 1, start_ms=START_MS, centre=(-33.9, 18.4)).cars[0]
    assert abs(car.state.latitude + 33.9) < 0.05 and abs(car.state.longitude - 18.4) < 0.05


def test_readings_come_once_a_period_from_the_start_on() -> None:
    for period_ms in (1_000, 250):
        times = [reading.time_ms for reading in first().trip(period_ms)]
        assert times[0] == START_MS
        assert {later - earlier for earlier, later in pairwise(times)} == {period_ms}


def test_a_finer_period_sees_the_same_trip() -> None:
    coarse, fine = first(), first()
    seconds = len(list(coarse.trip(1_000)))
    assert len(list(fine.trip(100))) == 10 * (seconds - 1) + 1
    assert fine.state.odometer_m == pytest.approx(coarse.state.odometer_m, abs=1e-3)
    assert fine.state.latitude == pytest.approx(coarse.state.latitude, abs=1e-9)


def test_stepping_lives_the_same_life_as_driving_trips() -> None:
    driven, stepped = first(), first()
    trips = [list(driven.trip()) for _ in range(3)]
    while stepped.state.time_ms < trips[-1][-1].time_ms:
        stepped.step(0.5)
    assert stepped.state.time_ms == driven.state.time_ms
    assert stepped.state.odometer_m == pytest.approx(driven.state.odometer_m, abs=1e-3)
    assert stepped.state.longitude == pytest.approx(driven.state.longitude, abs=1e-9)


def test_a_trip_goes_on_where_and_after_the_last_one_ended() -> None:
    car = first()
    last = None
    for _ in range(4):
        before = car.state.odometer_m
        place = (car.state.latitude, car.state.longitude)
        readings = car.trip()
        start = next(readings)
        if last:
            assert start.time_ms >= last.time_ms + 300_000
        assert car.state.odometer_m == before
        assert (car.state.latitude, car.state.longitude) == pytest.approx(place, abs=1e-7)
        assert car.road is not None
        *_, last = readings
        assert car.state.odometer_m > before + 3_000
        assert car.road is None


def test_a_trip_left_unfinished_is_driven_to_its_end_by_the_next_call() -> None:
    whole, broken_off = list(first().trip()), first()
    begun = list(islice(broken_off.trip(), 100))
    rest = list(broken_off.trip())
    assert len(begun) == 100 and rest[0].time_ms == begun[-1].time_ms
    assert rest[-1].time_ms == whole[-1].time_ms


def test_the_on_board_unit_gathers_a_trip_into_one_drive() -> None:
    (drive,) = drives(first(), vehicle="car-01")
    assert list(drive.readings()) == list(first().trip())


def test_taking_readings_changes_no_trip() -> None:
    read, unread = first(), first()
    for _ in range(900):
        read.step(1.0)
        read.read()
        unread.step(1.0)
    assert read.state == unread.state


@pytest.mark.parametrize("step_s", [0.0, -1.0])
def test_a_step_back_or_of_nothing_is_a_programmers_error(step_s: float) -> None:
    with pytest.raises(Broken):
        first().step(step_s)
