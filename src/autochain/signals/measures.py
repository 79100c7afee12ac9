"""What a drive comes to: how far the vehicle went and how much fuel it used."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from .catalogue import FUEL_RATE, LATITUDE, LONGITUDE
from .drive import Drive

EARTH_RADIUS_KM = 6_371.0
MAX_FUEL_GAP_MS = 30_000
"""Two fuel readings further apart than this say nothing about the time between them."""


def haversine_km(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Gives the great-circle distance between two positions, each latitude and longitude in degrees."""
    latitude_1, longitude_1, latitude_2, longitude_2 = map(math.radians, (*start, *end))
    chord = (
        math.sin((latitude_2 - latitude_1) / 2) ** 2
        + math.cos(latitude_1) * math.cos(latitude_2) * math.sin((longitude_2 - longitude_1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


def positions(drive: Drive) -> Iterator[tuple[int, tuple[float, float]]]:
    """Goes through the rows that have a position: the row's number, latitude and longitude."""
    latitudes, longitudes = (drive.columns.get(LATITUDE, []), drive.columns.get(LONGITUDE, []))
    for row, (latitude, longitude) in enumerate(zip(latitudes, longitudes, strict=False)):
        if latitude is not None and longitude is not None:
            yield row, (latitude, longitude)


def distance_km(drive: Drive) -> float:
    """Adds up the great-circle distances from each position to the next."""
    return math.fsum(haversine_km(start, end) for (_, start), (_, end) in pairwise(positions(drive)))


def fuel_l(drive: Drive) -> float:
    """Integrates the fuel rate over time by trapezoids, from each reading to the next one if that is near enough."""
    rates = [
        (time_ms, rate)
        for time_ms, rate in zip(drive.times_ms, drive.columns.get(FUEL_RATE, []), strict=False)
        if rate is not None
    ]
    return math.fsum(
        (rate_1 + rate_2) / 2 * (end_ms - start_ms) / 3_600_000
        for (start_ms, rate_1), (end_ms, rate_2) in pairwise(rates)
        if end_ms - start_ms <= MAX_FUEL_GAP_MS
    )
