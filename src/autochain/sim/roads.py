"""An invented town: junctions on a jittered grid inside a ring road, and the fastest way between two of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import atan2, cos, degrees, exp, hypot, pi, radians, sin, sqrt
from random import Random

from ..onchain.refusals import ensure

EQUATOR_RADIUS_M = 6_378_137.0
ECCENTRICITY_SQUARED = 6.694_379_990_14e-3
"""The shape of the WGS84 ellipsoid."""

BLOCKS = 6
"""Junctions along one side of the grid."""

BLOCK_M = 700.0
JITTER_M = 110.0

RING_JUNCTIONS = 20
RING_RADIUS_M = 3_000.0

STREET_KMH, MAIN_STREET_KMH, RADIAL_KMH, RING_KMH = 30, 50, 60, 70

STOP_SHARE = 0.45
"""The share of the grid's junctions with a stop sign or a light."""

STOP_PENALTY_S = 10.0
"""What a driver who chooses a route reckons for such a junction."""


_Link = tuple[int, int, int]
"""Two junctions and the speed limit between them in km/h."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the earth in WGS84."""

    latitude: float
    longitude: float
    altitude_m: float


@dataclass(frozen=True, slots=True)
class Junction:
    """Where roads meet; east and north are metres from the town's centre."""

    number: int
    east_m: float
    north_m: float
    altitude_m: float
    stop: bool
    """Whether who comes through must stop."""


@dataclass(frozen=True, slots=True)
class Road:
    """One direction of a straight road between two junctions."""

    start: int
    end: int
    length_m: float
    speed_limit_kmh: int
    heading_deg: float
    """Clockwise from north."""

    grade: float
    """Rise over run: positive is uphill."""

    @property
    def limit_mps(self) -> float:
        return self.speed_limit_kmh / 3.6


class RoadNetwork:
    """Junctions, the roads between them, and where all of that lies on the earth."""

    def __init__(self, junctions: Sequence[Junction], roads: Iterable[Road], *, centre: tuple[float, float]) -> None:
        self.junctions = tuple(junctions)
        self.roads = tuple(roads)
        self.centre = centre
        self._from: list[list[Road]] = [[] for _ in self.junctions]
        for road in self.roads:
            self._from[road.start].append(road)
        self._metres_per_latitude, self._metres_per_longitude = _metres_per_degree(centre[0])

    def route(self, *, start: int, end: int) -> tuple[Road, ...]:
        """Finds the fastest roads from one junction to another: none if the two are the same."""
        arrived: dict[int, Road | None] = {}
        queue: list[tuple[float, int, int, Road | None]] = [(0.0, start, 0, None)]
        order = 0
        while queue and end not in arrived:
            time_s, here, _, road = heappop(queue)
            if here in arrived:
                continue
            arrived[here] = road
            for onward in self._from[here]:
                order += 1
                stop_s = STOP_PENALTY_S if self.junctions[onward.end].stop else 0.0
                heappush(queue, (time_s + onward.length_m / onward.limit_mps + stop_s, onward.end, order, onward))
        ensure(end in arrived, "every junction of a road network can be reached from every other")
        way: list[Road] = []
        while (last := arrived[way[-1].start if way else end]) is not None:
            way.append(last)
        return tuple(reversed(way))

    def place(self, road: Road, offset_m: float) -> Place:
        """Gives the point that many metres along a road."""
        start, end = self.junctions[road.start], self.junctions[road.end]
        share = offset_m / road.length_m
        return self.at(
            east_m=start.east_m + share * (end.east_m - start.east_m),
            north_m=start.north_m + share * (end.north_m - start.north_m),
            altitude_m=start.altitude_m + share * (end.altitude_m - start.altitude_m),
        )

    def at(self, *, east_m: float, north_m: float, altitude_m: float) -> Place:
        """Gives the point that many metres from the town's centre."""
        latitude, longitude = self.centre
        return Place(
            latitude=latitude + north_m / self._metres_per_latitude,
            longitude=longitude + east_m / self._metres_per_longitude,
            altitude_m=altitude_m,
        )


def town(chance: Random, *, centre: tuple[float, float]) -> RoadNetwork:
    """Lays out a town around a latitude and longitude: the same chance, the same town."""
    ensure(abs(centre[0]) <= 80 and abs(centre[1]) < 179, "a town lies clear of the poles and of the date line")
    hills = [_somewhere(chance) for _ in range(3)]
    spots = _grid_spots(chance) + _ring_spots()
    junctions = [
        Junction(
            number=number,
            east_m=east_m,
            north_m=north_m,
            altitude_m=100.0 + sum(hill.height_at(east_m, north_m) for hill in hills),
            stop=number < BLOCKS * BLOCKS and chance.random() < STOP_SHARE,
        )
        for number, (east_m, north_m) in enumerate(spots)
    ]
    links = _thinned(_streets(), chance) + _ring() + _radials(junctions)
    roads = [_road(junctions[a], junctions[b], kmh) for one, two, kmh in links for a, b in ((one, two), (two, one))]
    return RoadNetwork(junctions, roads, centre=centre)


@dataclass(frozen=True, slots=True)
class _Hill:
    """A rise or a hollow in the shape of a bell."""

    east_m: float
    north_m: float
    height_m: float
    spread_m: float

    def height_at(self, east_m: float, north_m: float) -> float:
        away = hypot(east_m - self.east_m, north_m - self.north_m) / self.spread_m
        return self.height_m * exp(-away * away / 2)


def _somewhere(chance: Random) -> _Hill:
    return _Hill(
        east_m=chance.uniform(-RING_RADIUS_M, RING_RADIUS_M),
        north_m=chance.uniform(-RING_RADIUS_M, RING_RADIUS_M),
        height_m=chance.uniform(-20.0, 20.0),
        spread_m=chance.uniform(900.0, 1_800.0),
    )


def _grid_spots(chance: Random) -> list[tuple[float, float]]:
    middle = (BLOCKS - 1) / 2
    return [
        (
            (column - middle) * BLOCK_M + chance.uniform(-JITTER_M, JITTER_M),
            (row - middle) * BLOCK_M + chance.uniform(-JITTER_M, JITTER_M),
        )
        for row in range(BLOCKS)
        for column in range(BLOCKS)
    ]


def _ring_spots() -> list[tuple[float, float]]:
    turns = [2 * pi * number / RING_JUNCTIONS for number in range(RING_JUNCTIONS)]
    return [(RING_RADIUS_M * sin(turn), RING_RADIUS_M * cos(turn)) for turn in turns]


def _streets() -> list[_Link]:
    """Lists the streets of the grid; every second row and column is a main street."""
    links = []
    for row in range(BLOCKS):
        for column in range(BLOCKS):
            here = row * BLOCKS + column
            if column + 1 < BLOCKS:
                links.append((here, here + 1, MAIN_STREET_KMH if row % 2 else STREET_KMH))
            if row + 1 < BLOCKS:
                links.append((here, here + BLOCKS, MAIN_STREET_KMH if column % 2 else STREET_KMH))
    return links


def _thinned(links: list[_Link], chance: Random) -> list[_Link]:
    """Leaves out some of the streets, but none without which a junction of the grid could not be reached."""
    kept = list(links)
    for link in chance.sample(links, k=len(links) // 6):
        fewer = [other for other in kept if other != link]
        if _connected(fewer):
            kept = fewer
    return kept


def _connected(links: list[_Link]) -> bool:
    beside: dict[int, list[int]] = {number: [] for number in range(BLOCKS * BLOCKS)}
    for one, two, _ in links:
        beside[one].append(two)
        beside[two].append(one)
    reached, waiting = {0}, [0]
    while waiting:
        onward = [there for there in beside[waiting.pop()] if there not in reached]
        reached.update(onward)
        waiting.extend(onward)
    return len(reached) == len(beside)


def _ring() -> list[_Link]:
    first = BLOCKS * BLOCKS
    return [(first + n, first + (n + 1) % RING_JUNCTIONS, RING_KMH) for n in range(RING_JUNCTIONS)]


def _radials(junctions: Sequence[Junction]) -> list[_Link]:
    """Joins every second junction of the ring with the nearest one of the grid."""
    grid, ring = junctions[: BLOCKS * BLOCKS], junctions[BLOCKS * BLOCKS :]
    return [(here.number, min(grid, key=lambda there: _gap(here, there)).number, RADIAL_KMH) for here in ring[::2]]


def _gap(a: Junction, b: Junction) -> float:
    return hypot(b.east_m - a.east_m, b.north_m - a.north_m)


def _road(start: Junction, end: Junction, speed_limit_kmh: int) -> Road:
    level_m, rise_m = _gap(start, end), end.altitude_m - start.altitude_m
    return Road(
        start=start.number,
        end=end.number,
        length_m=level_m,
        speed_limit_kmh=speed_limit_kmh,
        heading_deg=degrees(atan2(end.east_m - start.east_m, end.north_m - start.north_m)) % 360,
        grade=rise_m / level_m,
    )


def _metres_per_degree(latitude: float) -> tuple[float, float]:
    """Tells how long one degree of latitude and one of longitude are at a latitude of the WGS84 ellipsoid."""
    bulge = 1 - ECCENTRICITY_SQUARED * sin(radians(latitude)) ** 2
    north_m = EQUATOR_RADIUS_M * (1 - ECCENTRICITY_SQUARED) / bulge**1.5
    east_m = EQUATOR_RADIUS_M / sqrt(bulge) * cos(radians(latitude))
    return radians(north_m), radians(east_m)
