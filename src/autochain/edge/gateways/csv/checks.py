"""Checks of a whole drive that find a wrong mapping: speeds in another unit, latitude and longitude swapped."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from ....signals import (
    GNSS_SPEED,
    LATITUDE,
    LONGITUDE,
    SPEED,
    Drive,
    Report,
    Rule,
    factor,
    haversine_km,
    positions,
    same_quantity,
)
from .headers import UsedColumn, quoted
from .layout import Layout
from .refusals import SPEED_UNIT, SWAPPED_POSITION, with_mend

MIN_STEP_MS = 3_000
"""Over shorter steps the noise of positions drowns the way."""
MAX_STEP_MS = 60_000
MIN_STEPS = 8
MOVING_KMH = 10.0
UNIT_TOLERANCE = 0.12
"""How far the ratio of speeds may be from the ratio of two units and still tell them."""
DISTINCT_RATIO = 1.4
"""Units closer to each other than this can't be told apart by noisy speeds: knots and miles per hour."""
SWAPPED_ERROR, STRAIGHT_ERROR = 0.10, 0.08
"""Positions are swapped if speeds are off by more than the first of these as they stand, and by less than the second
the other way round."""


@dataclass(frozen=True, slots=True)
class Step:
    """From one position to another some seconds later."""

    start: tuple[float, float]
    end: tuple[float, float]
    way_km: float
    hours: float
    said_kmh: float
    """The mean of the speeds reported on the way."""

    @property
    def swapped_km(self) -> float:
        """What the way would be if latitude and longitude changed places."""
        return haversine_km(self.start[::-1], self.end[::-1])

    @property
    def moving(self) -> bool:
        return self.way_km / self.hours > MOVING_KMH and self.said_kmh > 0


def check_drive(drive: Drive, report: Report, layout: Layout) -> None:
    """Refuses a drive whose columns were clearly taken for something else than they are."""
    columns = {column.signal: column for column in layout.columns}
    if _beyond_the_pole(report):
        raise _swapped(columns, "the latitudes are beyond 90 degrees, the longitudes would fit")
    for signal in (SPEED, GNSS_SPEED):
        if signal not in columns or signal not in drive.columns:
            continue
        steps = list(_steps(drive, signal))
        moving = [step for step in steps if step.moving]
        if len(moving) >= MIN_STEPS:
            if _fit_swapped(moving):
                raise _swapped(columns, "the speeds fit the distances only when they change places")
            _check_unit(columns[signal], steps, moving)


def _beyond_the_pole(report: Report) -> bool:
    """Tells whether most latitudes are none, while they would do as longitudes and the longitudes as latitudes."""
    beyond = report.dropped.get((Rule.OUT_OF_RANGE, LATITUDE))
    single = report.dropped.get((Rule.HALF_POSITION, LONGITUDE))
    if beyond is None or single is None or beyond.count <= (report.rows_kept + report.rows_dropped) / 2:
        return False
    latitude, longitude = float(beyond.example.split()[0]), float(single.example)
    return abs(latitude) <= 180 and abs(longitude) <= 90


def _steps(drive: Drive, signal: str) -> Iterator[Step]:
    places = list(positions(drive))
    speeds = drive.columns[signal]
    row_1, start = places[0] if places else (0, (0.0, 0.0))
    for row_2, end in places[1:]:
        time_ms = drive.times_ms[row_2] - drive.times_ms[row_1]
        if time_ms < MIN_STEP_MS:
            continue
        said = [speed for speed in speeds[row_1 : row_2 + 1] if speed is not None]
        if said and time_ms <= MAX_STEP_MS:
            yield Step(start, end, haversine_km(start, end), time_ms / 3_600_000, sum(said) / len(said))
        row_1, start = row_2, end


def _fit_swapped(moving: list[Step]) -> bool:
    straight = median(abs(math.log(step.said_kmh * step.hours / step.way_km)) for step in moving)
    if straight <= SWAPPED_ERROR:
        return False
    swapped = [abs(math.log(step.said_kmh * step.hours / km)) for step in moving if (km := step.swapped_km) > 0]
    return median(swapped or [math.inf]) < min(STRAIGHT_ERROR, straight / 3)


def _check_unit(column: UsedColumn, steps: list[Step], moving: list[Step]) -> None:
    """Refuses when reported speeds are to the distances as one unit is to another, step by step and in the whole."""
    typical = median(step.said_kmh * step.hours / step.way_km for step in moving)
    whole = sum(step.said_kmh * step.hours for step in steps) / sum(step.way_km for step in steps)
    ratios = {unit: factor(column.unit, to=unit) for unit in same_quantity(column.unit)}
    unit = min(ratios, key=lambda unit: abs(math.log(ratios[unit] / typical)))
    distinct = max(ratios[unit], 1 / ratios[unit]) >= DISTINCT_RATIO
    if distinct and all(abs(ratio / ratios[unit] - 1) <= UNIT_TOLERANCE for ratio in (typical, whole)):
        detail = f"column {column.header!r} is {typical:.2f} times the speed of its positions; it seems to be in {unit}"
        mend = f"[columns]\n{quoted(column.header)} = {{ signal = {quoted(column.signal)}, unit = {quoted(unit)} }}"
        raise with_mend(SPEED_UNIT, detail, mend)


def _swapped(columns: dict[str, UsedColumn], detail: str) -> Exception:
    mend = "\n".join(
        f"{quoted(columns[signal].header)} = {quoted(other)}"
        for signal, other in ((LATITUDE, LONGITUDE), (LONGITUDE, LATITUDE))
    )
    return with_mend(SWAPPED_POSITION, detail, f"[columns]\n{mend}")
