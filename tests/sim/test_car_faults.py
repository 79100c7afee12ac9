"""Faults: each shows in its own signals, from its start to its end, and nothing else changes."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autochain.onchain.refusals import Broken
from autochain.signals import CATALOGUE, LATITUDE, LONGITUDE, SPEED, Reading, haversine_km
from autochain.sim import (
    CarKind,
    EngineOverheating,
    Fault,
    Fleet,
    GnssJump,
    SensorDropout,
    StuckValue,
    TroubleCodes,
    TyreLeak,
    draw_faults,
)
from autochain.sim.paths import COOLANT_TEMPERATURE, DTC_COUNT, ENGINE_SPEED, TYRE_PRESSURES

START_MS = 1_760_000_000_000
ON_MS, OFF_MS = START_MS + 60_000, START_MS + 120_000


def first_trip(*faults: Fault, number: int = 1) -> list[Reading]:
    car = Fleet(21, number, start_ms=START_MS).cars[-1]
    car.inject(*faults)
    return list(car.trip())


def changed(*faults: Fault) -> dict[str, list[int]]:
    """The times, since the start, at which each signal differs from what a faultless twin of the car says."""
    differing: dict[str, list[int]] = {}
    for sound, faulty in zip(first_trip(), first_trip(*faults), strict=True):
        assert sound.time_ms == faulty.time_ms
        for path in sound.values:
            if faulty.values.get(path) != sound.values[path]:
                differing.setdefault(path, []).append(faulty.time_ms - START_MS)
        assert faulty.values.keys() <= sound.values.keys()
    return differing


def seconds(start: int, end: int) -> list[int]:
    return [1_000 * second for second in range(start, end)]


def test_a_dropped_out_sensor_says_nothing_from_start_to_end() -> None:
    assert changed(SensorDropout(ON_MS, OFF_MS, ENGINE_SPEED)) == {ENGINE_SPEED: seconds(60, 120)}
    during = [r for r in first_trip(SensorDropout(ON_MS, OFF_MS, ENGINE_SPEED)) if ON_MS <= r.time_ms < OFF_MS]
    assert all(ENGINE_SPEED not in reading.values for reading in during)


def test_a_stuck_sensor_repeats_what_it_said_last() -> None:
    readings = first_trip(StuckValue(ON_MS, OFF_MS, SPEED))
    before = next(r.values[SPEED] for r in readings if r.time_ms == ON_MS - 1_000)
    assert {r.values[SPEED] for r in readings if ON_MS <= r.time_ms < OFF_MS} == {before}
    differing = changed(StuckValue(ON_MS, OFF_MS, SPEED))
    assert list(differing) == [SPEED] and set(differing[SPEED]) <= set(seconds(60, 120))


def test_a_jump_moves_the_position_by_its_distance_for_its_time() -> None:
    jump = GnssJump(ON_MS, OFF_MS, 800.0, 250.0)
    assert changed(jump) == {LATITUDE: seconds(60, 120), LONGITUDE: seconds(60, 120)}
    for sound, faulty in zip(first_trip(), first_trip(jump), strict=True):
        if ON_MS <= sound.time_ms < OFF_MS:
            here, there = ((r.values[LATITUDE], r.values[LONGITUDE]) for r in (sound, faulty))
            assert haversine_km(here, there) == pytest.approx(0.8, rel=0.01)
            assert there[0] < here[0] and there[1] < here[1]


def test_a_stuck_position_does_not_run_away_under_a_jump() -> None:
    stuck = [StuckValue(ON_MS, OFF_MS, path) for path in (LATITUDE, LONGITUDE)]
    readings = first_trip(*stuck, GnssJump(ON_MS + 5_000, OFF_MS, 800.0, 0.0))
    places = {(r.values[LATITUDE], r.values[LONGITUDE]) for r in readings if ON_MS <= r.time_ms < OFF_MS}
    assert len(places) == 1


def test_an_overheating_engine_leaves_its_band_and_comes_back() -> None:
    end_ms = START_MS + 12 * 3_600_000
    sound, faulty = (Fleet(21, 1, start_ms=START_MS).cars[0] for _ in range(2))
    faulty.inject(EngineOverheating(START_MS, end_ms, 0.08))
    hottest = {"sound": 0.0, "faulty": 0.0}
    while faulty.state.time_ms < end_ms:
        for well, ill in zip(sound.trip(), faulty.trip(), strict=True):
            assert all(ill.values[path] == well.values[path] for path in well.values if path in (SPEED, DTC_COUNT))
            hottest["sound"] = max(hottest["sound"], well.values[COOLANT_TEMPERATURE])
            hottest["faulty"] = max(hottest["faulty"], ill.values[COOLANT_TEMPERATURE])
    assert hottest["sound"] < 105 and 112 < hottest["faulty"] <= 130
    after = [reading.values[COOLANT_TEMPERATURE] for _ in range(2) for reading in faulty.trip()]
    assert after[-1] < 105


def test_an_electric_car_has_no_engine_to_overheat() -> None:
    with pytest.raises(Broken):
        first_trip(EngineOverheating(ON_MS, OFF_MS, 0.1), number=3)


@pytest.mark.parametrize("wheel", range(4))
def test_a_leak_lets_one_tyre_down_at_its_pace(wheel: int) -> None:
    leak = TyreLeak(ON_MS, ON_MS + 180_000, wheel, 100.0)
    assert list(changed(leak)) == [TYRE_PRESSURES[wheel]]
    assert min(changed(leak)[TYRE_PRESSURES[wheel]]) > 60_000
    sound, faulty = (trip[-1].values[TYRE_PRESSURES[wheel]] for trip in (first_trip(), first_trip(leak)))
    assert 4.8 < sound - faulty < 5.6


def test_a_leak_while_the_car_is_parked_is_seen_on_its_next_trip() -> None:
    sound, faulty = (Fleet(21, 1, start_ms=START_MS).cars[0] for _ in range(2))
    parked_ms = list(sound.trip())[-1].time_ms
    list(faulty.trip())
    faulty.inject(TyreLeak(parked_ms + 60_000, parked_ms + 240_000, 2, 200.0))
    well, ill = next(sound.trip()), next(faulty.trip())
    assert well.values[TYRE_PRESSURES[2]] - ill.values[TYRE_PRESSURES[2]] == pytest.approx(10.0, abs=0.8)


def test_a_flat_tyre_has_no_less_than_no_pressure() -> None:
    last = first_trip(TyreLeak(START_MS, START_MS + 10**9, 0, 1e6))[-1]
    assert last.values[TYRE_PRESSURES[0]] == 0


def test_trouble_codes_are_counted_together_while_they_last() -> None:
    readings = first_trip(TroubleCodes(ON_MS, OFF_MS, 2), TroubleCodes(ON_MS + 30_000, OFF_MS, 3))
    counts = {(r.time_ms - START_MS) // 1_000: r.values[DTC_COUNT] for r in readings}
    assert (counts[59], counts[60], counts[89], counts[90], counts[119], counts[120]) == (0, 2, 2, 5, 5, 0)


def test_no_fault_is_there_unless_asked_for() -> None:
    for car in Fleet(21, 6, start_ms=START_MS).cars:
        assert car.faults == ()
        assert {reading.values[DTC_COUNT] for reading in car.trip()} == {0.0}


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(min_value=0), kind=st.sampled_from(CarKind), count=st.integers(min_value=0, max_value=30))
def test_drawn_faults_fit_their_car_and_start_when_asked(seed: int, kind: CarKind, count: int) -> None:
    faults = draw_faults(Random(seed), kind=kind, start_ms=ON_MS, end_ms=OFF_MS, count=count)
    assert faults == draw_faults(Random(seed), kind=kind, start_ms=ON_MS, end_ms=OFF_MS, count=count)
    assert len(faults) == count
    assert [fault.start_ms for fault in faults] == sorted(fault.start_ms for fault in faults)
    assert all(ON_MS <= fault.start_ms < OFF_MS < fault.end_ms for fault in faults)
    car = Fleet(1, 3, start_ms=START_MS).cars[2 if kind is CarKind.ELECTRIC else 0]
    car.inject(*faults)
    spoilt = {fault.signal for fault in faults if isinstance(fault, SensorDropout | StuckValue)}
    assert spoilt <= car.read().values.keys()


def test_every_kind_of_fault_is_drawn_and_labelled() -> None:
    faults = draw_faults(Random(1), kind=CarKind.PETROL, start_ms=ON_MS, end_ms=OFF_MS, count=200)
    assert {fault.kind for fault in faults} == {
        "sensor_dropout",
        "stuck_value",
        "gnss_jump",
        "tyre_leak",
        "trouble_codes",
        "engine_overheating",
    }
    electric = draw_faults(Random(1), kind=CarKind.ELECTRIC, start_ms=ON_MS, end_ms=OFF_MS, count=200)
    assert not any(isinstance(fault, EngineOverheating) for fault in electric)


def test_a_faulty_car_still_speaks_in_signals_of_the_catalogue() -> None:
    chance = Random(2)
    for car in Fleet(22, 3, start_ms=START_MS).cars:
        car.inject(*draw_faults(chance, kind=car.kind, start_ms=START_MS, end_ms=START_MS + 3_600_000, count=12))
        for reading in (reading for _ in range(3) for reading in car.trip()):
            assert reading.values.keys() <= CATALOGUE.keys()
