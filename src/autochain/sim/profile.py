"""How fast a driver goes along a route: phases of constant acceleration, so a trip is the same at any step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, radians, sqrt, tan
from random import Random

from .roads import Junction, Road

STRETCH_M = 220.0
"""How far a driver holds one speed before traffic or mood changes it."""

SLOW_STRETCH_SHARE = 0.07
"""The share of stretches on which traffic holds the driver up."""

TURNING_S = 1.0
"""A bend is as wide as the road's limit would be driven in this time."""

CREEP_MPS = 2.0
"""No bend is taken slower than this."""


@dataclass(frozen=True, slots=True)
class Driver:
    """How somebody drives."""

    acceleration_mps2: float
    braking_mps2: float
    sideways_mps2: float
    """The lateral acceleration borne in bends."""

    eagerness: float
    """The usual speed over the speed limit."""


def some_driver(chance: Random) -> Driver:
    """Draws a driver between timid and brisk."""
    return Driver(
        acceleration_mps2=chance.uniform(0.9, 1.7),
        braking_mps2=chance.uniform(1.1, 2.2),
        sideways_mps2=chance.uniform(1.8, 3.0),
        eagerness=chance.uniform(0.93, 1.08),
    )


@dataclass(frozen=True, slots=True)
class Phase:
    """A while of constant acceleration on one road; lengths and speeds are those at its start."""

    road: Road
    offset_m: float
    speed_mps: float
    acceleration_mps2: float
    duration_s: float


def plan(route: Sequence[Road], *, junctions: Sequence[Junction], driver: Driver, chance: Random) -> list[Phase]:
    """Lays out the whole trip along a route, from standstill to standstill, in a whole number of seconds."""
    stretches = _stretches(route, junctions=junctions, driver=driver, chance=chance)
    _leave_room(stretches, driver)
    phases = [_standing(route[0], offset_m=0.0, duration_s=chance.uniform(2.0, 8.0))]
    speed_mps = 0.0
    for stretch in stretches:
        phases.extend(_drive(stretch, speed_mps, driver))
        speed_mps = stretch.exit_mps
        if stretch.wait_s:
            phases.append(_standing(stretch.road, offset_m=stretch.end_m, duration_s=stretch.wait_s))
    driven_s = sum(phase.duration_s for phase in phases)
    rest_s = ceil(driven_s + 2.0) - driven_s
    phases.append(_standing(route[-1], offset_m=route[-1].length_m, duration_s=rest_s))
    return phases


@dataclass(slots=True)
class _Stretch:
    road: Road
    offset_m: float
    length_m: float
    cruise_mps: float
    exit_mps: float
    """First how fast its end may be passed, then how fast it is."""

    wait_s: float

    @property
    def end_m(self) -> float:
        return self.offset_m + self.length_m


def _stretches(
    route: Sequence[Road], *, junctions: Sequence[Junction], driver: Driver, chance: Random
) -> list[_Stretch]:
    stretches: list[_Stretch] = []
    for number, road in enumerate(route):
        count = ceil(road.length_m / STRETCH_M)
        for part in range(count):
            pace = chance.uniform(0.5, 0.8) if chance.random() < SLOW_STRETCH_SHARE else chance.uniform(0.92, 1.05)
            cruise_mps = road.limit_mps * driver.eagerness * pace
            length_m = road.length_m / count
            stretches.append(_Stretch(road, part * length_m, length_m, cruise_mps, cruise_mps, 0.0))
        last = stretches[-1]
        if number + 1 == len(route):
            last.exit_mps = 0.0
        elif junctions[road.end].stop:
            last.exit_mps, last.wait_s = 0.0, chance.uniform(1.0, 25.0)
        else:
            last.exit_mps = min(last.exit_mps, _bend_mps(road, route[number + 1], driver))
    return stretches


def _bend_mps(road: Road, onward: Road, driver: Driver) -> float:
    """Tells how fast a driver passes from one road to the next: on a circle that touches both."""
    turn_deg = abs((onward.heading_deg - road.heading_deg + 180) % 360 - 180)
    tangent_m = TURNING_S * min(road.limit_mps, onward.limit_mps)
    radius_m = tangent_m / max(tan(radians(min(turn_deg, 170.0) / 2)), 0.01)
    return max(CREEP_MPS, sqrt(driver.sideways_mps2 * radius_m))


def _leave_room(stretches: list[_Stretch], driver: Driver) -> None:
    """Lowers what each end is passed at until every stretch is long enough to speed up and to brake in."""
    for stretch, onward in zip(reversed(stretches[:-1]), reversed(stretches[1:]), strict=True):
        brakes_mps = sqrt(onward.exit_mps**2 + 2 * driver.braking_mps2 * onward.length_m)
        stretch.exit_mps = min(stretch.exit_mps, onward.cruise_mps, brakes_mps)
    entry_mps = 0.0
    for stretch in stretches:
        gains_mps = sqrt(entry_mps**2 + 2 * driver.acceleration_mps2 * stretch.length_m)
        stretch.exit_mps = entry_mps = min(stretch.exit_mps, gains_mps)


def _drive(stretch: _Stretch, entry_mps: float, driver: Driver) -> Iterator[Phase]:
    """Speeds up as far as the stretch allows, holds that speed, brakes for its end."""
    up, down = driver.acceleration_mps2, driver.braking_mps2
    exit_mps = stretch.exit_mps
    meeting = (2 * up * down * stretch.length_m + down * entry_mps**2 + up * exit_mps**2) / (up + down)
    top_mps = max(entry_mps, exit_mps, min(stretch.cruise_mps, sqrt(meeting)))
    gain_m, loss_m = ((top_mps**2 - entry_mps**2) / (2 * up), (top_mps**2 - exit_mps**2) / (2 * down))
    hold_m = stretch.length_m - gain_m - loss_m
    offset_m = stretch.offset_m
    if top_mps > entry_mps:
        yield Phase(stretch.road, offset_m, entry_mps, up, (top_mps - entry_mps) / up)
    if hold_m > 0:
        yield Phase(stretch.road, offset_m + gain_m, top_mps, 0.0, hold_m / top_mps)
    if top_mps > exit_mps:
        yield Phase(stretch.road, stretch.end_m - loss_m, top_mps, -down, (top_mps - exit_mps) / down)


def _standing(road: Road, *, offset_m: float, duration_s: float) -> Phase:
    return Phase(road, offset_m, 0.0, 0.0, duration_s)
