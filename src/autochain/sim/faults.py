"""What goes wrong in a simulated car, when and how: the labels of its readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians, sin
from random import Random
from typing import ClassVar

from ..onchain.refusals import ensure
from ..signals import LATITUDE, LONGITUDE
from .paths import FRAGILE, TYRE_PRESSURES
from .powertrains import CarKind

METRES_PER_DEGREE = 111_320.0
"""Near enough: a jump need not be exact."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong from one moment up to another."""

    kind: ClassVar[str]
    """What to call it in a label."""

    start_ms: int
    end_ms: int

    def active(self, time_ms: int) -> bool:
        """Tells whether it is wrong at a moment."""
        return self.start_ms <= time_ms < self.end_ms

    def overlap_s(self, time_ms: int, span_s: float) -> float:
        """Gives for how much of a span from a moment on it is wrong."""
        return max(0.0, min(self.end_ms / 1_000, time_ms / 1_000 + span_s) - max(self.start_ms, time_ms) / 1_000)

    def disturb(self, values: dict[str, float], before: Mapping[str, float]) -> None:
        """Changes what the sensors say, given what they said last; most faults leave it to the car."""


@dataclass(frozen=True, slots=True)
class SensorDropout(Fault):
    """One signal is missing."""

    kind = "sensor_dropout"
    signal: str

    def disturb(self, values: dict[str, float], before: Mapping[str, float]) -> None:
        values.pop(self.signal, None)


@dataclass(frozen=True, slots=True)
class StuckValue(Fault):
    """One signal repeats its last value."""

    kind = "stuck_value"
    signal: str

    def disturb(self, values: dict[str, float], before: Mapping[str, float]) -> None:
        if self.signal in before and self.signal in values:
            values[self.signal] = before[self.signal]


@dataclass(frozen=True, slots=True)
class GnssJump(Fault):
    """The position is off by some metres in some direction."""

    kind = "gnss_jump"
    distance_m: float
    bearing_deg: float

    def disturb(self, values: dict[str, float], before: Mapping[str, float]) -> None:
        if LATITUDE in values and LONGITUDE in values:
            north_m, east_m = (self.distance_m * turn(radians(self.bearing_deg)) for turn in (cos, sin))
            east_m_per_degree = METRES_PER_DEGREE * cos(radians(values[LATITUDE]))
            values[LATITUDE] = round(values[LATITUDE] + north_m / METRES_PER_DEGREE, 7)
            values[LONGITUDE] = round(values[LONGITUDE] + east_m / east_m_per_degree, 7)


@dataclass(frozen=True, slots=True)
class EngineOverheating(Fault):
    """The radiator of a petrol car carries away only a share of the heat it should."""

    kind = "engine_overheating"
    cooling: float


@dataclass(frozen=True, slots=True)
class TyreLeak(Fault):
    """One tyre loses pressure; the wheel is counted from 0, front left, front right, rear left, rear right."""

    kind = "tyre_leak"
    wheel: int
    kpa_per_hour: float


@dataclass(frozen=True, slots=True)
class TroubleCodes(Fault):
    """The car's diagnosis reports trouble codes."""

    kind = "trouble_codes"
    count: int


def draw_faults(chance: Random, *, kind: CarKind, start_ms: int, end_ms: int, count: int) -> tuple[Fault, ...]:
    """Draws faults of a kind of car that start between two moments, in the order of their start."""
    ensure(start_ms < end_ms, "faults need a time to start in")
    faults = [_draw(chance, kind, chance.randrange(start_ms, end_ms)) for _ in range(count)]
    return tuple(sorted(faults, key=lambda fault: fault.start_ms))


def _draw(chance: Random, kind: CarKind, start_ms: int) -> Fault:
    signals = FRAGILE[kind]
    number = chance.randrange(6 if kind is CarKind.PETROL else 5)
    # What only the sensors have passes within the hour; what the car itself has lasts until somebody repairs it.
    minutes = chance.uniform(5, 30) if number < 3 else chance.uniform(120, 480)
    end_ms = start_ms + round(60_000 * minutes)
    match number:
        case 0:
            return SensorDropout(start_ms, end_ms, chance.choice(signals))
        case 1:
            return StuckValue(start_ms, end_ms, chance.choice(signals))
        case 2:
            return GnssJump(start_ms, end_ms, chance.uniform(200, 3_000), chance.uniform(0, 360))
        case 3:
            return TyreLeak(start_ms, end_ms, chance.randrange(len(TYRE_PRESSURES)), chance.uniform(20, 200))
        case 4:
            return TroubleCodes(start_ms, end_ms, chance.randint(1, 4))
        case _:
            return EngineOverheating(start_ms, end_ms, chance.uniform(0.05, 0.12))
