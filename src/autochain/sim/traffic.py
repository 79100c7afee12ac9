"""What one would see from above: each car on its last trip, shown again faster than it was driven."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..signals import SPEED, Drive, positions
from .paths import HEADING
from .roads import RoadNetwork


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a car is at a moment, in WGS84; standing still when its trip is over."""

    id: str
    """Its account in hexadecimal digits."""
    name: str
    lat: float
    lon: float
    heading_deg: float
    speed_kmh: float
    state: Literal["driving", "parked"]


class Traffic:
    """Shows trips, each over `shown_s` seconds of a monotonic clock; it is the simulator's own view, no party's."""

    def __init__(self, *, shown_s: float, clock: Callable[[], float]) -> None:
        self._shown_s = shown_s
        self._clock = clock
        self._trips: dict[str, _Trip] = {}

    def show(self, account: bytes, drive: Drive) -> None:
        """Lets a vehicle set off; a drive without positions is not to be seen."""
        rows = _rows(drive)
        if rows:
            self._trips[drive.vehicle] = _Trip(account, self._clock(), rows)

    def seen(self) -> list[Seen]:
        """Gives where all cars are now."""
        return [self._where(name, trip) for name, trip in self._trips.items()]

    def _where(self, name: str, trip: _Trip) -> Seen:
        first_ms, last_ms = trip.rows[0].time_ms, trip.rows[-1].time_ms
        share = (self._clock() - trip.begun_s) / self._shown_s
        now_ms = first_ms + min(1.0, share) * (last_ms - first_ms)
        at = min(bisect_left(trip.rows, now_ms, key=lambda row: row.time_ms), len(trip.rows) - 1)
        row, before = trip.rows[at], trip.rows[max(0, at - 1)]
        way = (now_ms - before.time_ms) / ((row.time_ms - before.time_ms) or 1)
        driving = share < 1.0
        return Seen(
            id=trip.account.hex(),
            name=name,
            lat=round(before.latitude + way * (row.latitude - before.latitude), 7),
            lon=round(before.longitude + way * (row.longitude - before.longitude), 7),
            heading_deg=round(row.heading_deg, 1),
            speed_kmh=round(row.speed_kmh, 1) if driving else 0.0,
            state="driving" if driving else "parked",
        )


class _Row(NamedTuple):
    """A moment of a trip at which the position is known."""

    time_ms: int
    latitude: float
    longitude: float
    heading_deg: float
    speed_kmh: float


class _Trip(NamedTuple):
    """A trip that is being shown since a moment of the clock."""

    account: bytes
    begun_s: float
    rows: list[_Row]


def _rows(drive: Drive) -> list[_Row]:
    heading, speed = _known(drive, HEADING), _known(drive, SPEED)
    return [_Row(drive.times_ms[row], *place, heading[row], speed[row]) for row, place in positions(drive)]


def _known(drive: Drive, path: str) -> list[float]:
    """Gives a signal at every moment: where it is missing, what it was before."""
    known: list[float] = []
    for value in drive.columns.get(path) or [None] * drive.points:
        known.append(value if value is not None else known[-1] if known else 0.0)
    return known


def lines(network: RoadNetwork) -> Iterable[tuple[tuple[float, float], tuple[float, float]]]:
    """Yields each road once as a line between two points of latitude and longitude."""
    for road in network.roads:
        if road.start < road.end:
            ends = (network.place(road, offset_m) for offset_m in (0.0, road.length_m))
            first, last = ((place.latitude, place.longitude) for place in ends)
            yield first, last
