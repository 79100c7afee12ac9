"""The invented town: connected, level enough to drive in, and lying where it says it does."""

from __future__ import annotations

from itertools import pairwise
from math import inf
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autochain.onchain.refusals import Broken
from autochain.signals import haversine_km
from autochain.sim import Road, RoadNetwork, town

SEEDS = st.integers(min_value=0, max_value=2**63)
CENTRES = st.tuples(st.floats(min_value=-70, max_value=70), st.floats(min_value=-178, max_value=178))
CENTRE = (50.0, 10.0)
STOP_S = 10.0
"""What the specification of a route charges for a junction where one stops."""


def cost_s(network: RoadNetwork, road: Road) -> float:
    return road.length_m / (road.speed_limit_kmh / 3.6) + STOP_S * network.junctions[road.end].stop


def least_cost_s(network: RoadNetwork, start: int) -> list[float]:
    """The oracle: relaxes every road until nothing changes (Bellman and Ford)."""
    cost = [inf] * len(network.junctions)
    cost[start] = 0.0
    changed = True
    while changed:
        changed = False
        for road in network.roads:
            there_s = cost[road.start] + cost_s(network, road)
            if there_s < cost[road.end] - 1e-9:
                cost[road.end], changed = there_s, True
    return cost


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_every_junction_can_be_reached_and_every_road_driven_both_ways(seed: int) -> None:
    network = town(Random(seed), centre=CENTRE)
    assert 40 <= len(network.junctions) <= 80
    assert max(least_cost_s(network, 0)) < inf
    ends = {(road.start, road.end) for road in network.roads}
    assert len(ends) == len(network.roads)
    assert all((end, start) in ends for start, end in ends)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_roads_are_neither_steep_nor_tiny(seed: int) -> None:
    for road in town(Random(seed), centre=CENTRE).roads:
        assert abs(road.grade) < 0.08
        assert 200 < road.length_m < 2_000
        assert 0 <= road.heading_deg <= 360
        assert road.speed_limit_kmh in (30, 50, 60, 70)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_every_route_is_joined_up_and_the_fastest(seed: int) -> None:
    network = town(Random(seed), centre=CENTRE)
    start = seed % len(network.junctions)
    for end, least_s in enumerate(least_cost_s(network, start)):
        route = network.route(start=start, end=end)
        assert [road.start for road in route] + [end] == [start] + [road.end for road in route]
        assert sum(cost_s(network, road) for road in route) == pytest.approx(least_s)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, centre=CENTRES)
def test_places_are_as_far_apart_as_their_roads_are_long(seed: int, centre: tuple[float, float]) -> None:
    network = town(Random(seed), centre=centre)
    for road in network.roads[::7]:
        places = [network.place(road, road.length_m * share) for share in (0.0, 0.5, 1.0)]
        for here, there in pairwise(places):
            apart_m = 1_000 * haversine_km((here.latitude, here.longitude), (there.latitude, there.longitude))
            # The haversine takes the earth for a ball, and the town takes it for flat.
            assert apart_m == pytest.approx(road.length_m / 2, rel=0.01)
            assert there.altitude_m - here.altitude_m == pytest.approx(road.grade * road.length_m / 2, abs=1e-6)


def test_a_road_to_the_east_heads_east() -> None:
    network = town(Random(1), centre=CENTRE)
    for road in network.roads:
        start, end = network.place(road, 0.0), network.place(road, road.length_m)
        eastward = road.heading_deg < 180
        assert (end.longitude > start.longitude) == eastward


def test_the_same_chance_lays_out_the_same_town_and_another_one_another() -> None:
    assert town(Random(7), centre=CENTRE).junctions == town(Random(7), centre=CENTRE).junctions
    assert town(Random(7), centre=CENTRE).roads == town(Random(7), centre=CENTRE).roads
    assert town(Random(7), centre=CENTRE).junctions != town(Random(8), centre=CENTRE).junctions


@pytest.mark.parametrize("centre", [(89.0, 0.0), (0.0, 179.5)])
def test_a_town_at_the_pole_or_on_the_date_line_is_a_programmers_error(centre: tuple[float, float]) -> None:
    with pytest.raises(Broken):
        town(Random(1), centre=centre)
