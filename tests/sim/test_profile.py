"""How drivers take a route: without leaps, by the rules of the road, and slowly through bends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.sim import Junction, Road
from autochain.sim.profile import Driver, Phase, plan, some_driver

ROADS = st.builds(
    lambda length_m, limit_kmh, heading_deg: Road(
        start=0, end=0, length_m=length_m, speed_limit_kmh=limit_kmh, heading_deg=heading_deg, grade=0.0
    ),
    st.floats(min_value=10, max_value=1_500),
    st.sampled_from([30, 50, 70, 100, 130]),
    st.floats(min_value=0, max_value=359),
)


@dataclass(frozen=True, slots=True)
class Trip:
    """One drawn route, its driver, and the plan under test; road n leads from junction n to junction n + 1."""

    route: list[Road]
    junctions: list[Junction]
    driver: Driver
    phases: list[Phase]


@st.composite
def trips(draw: st.DrawFn) -> Trip:
    route = [replace(road, start=n, end=n + 1) for n, road in enumerate(draw(st.lists(ROADS, min_size=1, max_size=8)))]
    stops = draw(st.lists(st.booleans(), min_size=len(route) + 1, max_size=len(route) + 1))
    junctions = [Junction(number=n, east_m=0.0, north_m=0.0, altitude_m=0.0, stop=s) for n, s in enumerate(stops)]
    chance = Random(draw(st.integers(min_value=0)))
    driver = some_driver(chance)
    return Trip(route, junctions, driver, plan(route, junctions=junctions, driver=driver, chance=chance))


def end_speed_mps(phase: Phase) -> float:
    return phase.speed_mps + phase.acceleration_mps2 * phase.duration_s


def length_m(phase: Phase) -> float:
    return (phase.speed_mps + end_speed_mps(phase)) / 2 * phase.duration_s


@given(trip=trips())
def test_phases_join_without_a_leap_of_speed_or_place(trip: Trip) -> None:
    route, phases = trip.route, trip.phases
    assert phases[0].speed_mps == 0 and phases[0].offset_m == 0
    assert end_speed_mps(phases[-1]) == 0 and phases[-1].offset_m == route[-1].length_m
    for phase, onward in pairwise(phases):
        assert end_speed_mps(phase) == pytest.approx(onward.speed_mps, abs=1e-6)
        reached_m = phase.offset_m + length_m(phase)
        if onward.road != phase.road:
            assert reached_m == pytest.approx(phase.road.length_m, abs=1e-6)
            reached_m = 0.0
        assert onward.offset_m == pytest.approx(reached_m, abs=1e-6)


@given(trip=trips())
def test_a_trip_takes_the_whole_route_in_a_whole_number_of_seconds(trip: Trip) -> None:
    route, phases = trip.route, trip.phases
    roads = [phase.road for phase, onward in pairwise(phases) if phase.road != onward.road] + [phases[-1].road]
    assert roads == list(route)
    assert sum(map(length_m, phases)) == pytest.approx(sum(road.length_m for road in route), abs=1e-4)
    duration_s = sum(phase.duration_s for phase in phases)
    assert duration_s == pytest.approx(round(duration_s), abs=1e-6)
    assert all(phase.duration_s >= 0 for phase in phases)


@given(trip=trips())
def test_drivers_wait_wherever_one_must_stop(trip: Trip) -> None:
    for road in trip.route[:-1]:
        if trip.junctions[road.end].stop:
            last = [phase for phase in trip.phases if phase.road == road][-1]
            assert (last.speed_mps, last.acceleration_mps2) == (0, 0)
            assert last.duration_s >= 1


@given(trip=trips())
def test_drivers_slow_down_for_sharp_bends(trip: Trip) -> None:
    for phase, onward in pairwise(trip.phases):
        turn_deg = abs((onward.road.heading_deg - phase.road.heading_deg + 180) % 360 - 180)
        if turn_deg > 60:
            slower_kmh = min(onward.road.speed_limit_kmh, phase.road.speed_limit_kmh)
            assert onward.speed_mps < 35 / 3.6 * max(1.0, slower_kmh / 50)


@given(trip=trips())
def test_no_limit_is_passed_by_more_than_the_driver_dares(trip: Trip) -> None:
    for phase in trip.phases:
        most_mps = phase.road.speed_limit_kmh / 3.6 * trip.driver.eagerness * 1.05 + 1e-6
        assert max(phase.speed_mps, end_speed_mps(phase)) <= most_mps
        assert -trip.driver.braking_mps2 <= phase.acceleration_mps2 <= trip.driver.acceleration_mps2
