"""A table of drives, written by a test or by enviroCar, read here independently of the project's own gateway."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import Random

COLUMNS = {
    "lon": ("Vehicle.CurrentLocation.Longitude", -180, 180),
    "lat": ("Vehicle.CurrentLocation.Latitude", -90, 90),
    "GPS Accuracy [%]": ("Vehicle.CurrentLocation.HorizontalAccuracy", 0, 10_000),
    "GPS Altitude [m]": ("Vehicle.CurrentLocation.Altitude", -500, 10_000),
    "GPS Speed [km/h]": ("Vehicle.CurrentLocation.GNSSReceiver.Speed", 0, 400),
    "Throttle Position [%]": ("Vehicle.Powertrain.CombustionEngine.TPS", -0.001, 100.001),
    "Intake Temperature [c]": ("Vehicle.Powertrain.CombustionEngine.IntakeAirTemperature", -60, 250),
    "Rpm [u/min]": ("Vehicle.Powertrain.CombustionEngine.Speed", 0, 16_000),
    "Engine Load [%]": ("Vehicle.Powertrain.CombustionEngine.Load", 0, 400),
    "Speed [km/h]": ("Vehicle.Speed", 0, 400),
    "Intake Pressure [kPa]": ("Vehicle.Powertrain.CombustionEngine.MAP", 0, 1_000),
    "GPS Bearing [deg]": ("Vehicle.CurrentLocation.Heading", 0, 360),
    "Consumption [l/h]": ("Vehicle.Powertrain.FuelSystem.ConsumptionRate", 0, 1_000),
    "CO2 [kg/h]": ("Vehicle.Powertrain.CombustionEngine.CO2Rate", 0, 2_000),
    "Calculated MAF [g/s]": ("Vehicle.Powertrain.CombustionEngine.MAFCalculated", 0, 2_000),
    "GPS VDOP [precision]": ("Vehicle.CurrentLocation.GNSSReceiver.VDOP", 0, 50),
    "GPS PDOP [precision]": ("Vehicle.CurrentLocation.GNSSReceiver.PDOP", 0, 50),
    "GPS HDOP [precision]": ("Vehicle.CurrentLocation.GNSSReceiver.HDOP", 0, 50),
    "O2 Lambda Voltage [V]": ("Vehicle.Powertrain.CombustionEngine.LambdaVoltage", 0, 20),
    "MAF [l/s]": ("Vehicle.Powertrain.CombustionEngine.MAF", 0, 2_000),
    "O2 Lambda Voltage ER [ratio]": ("Vehicle.Powertrain.CombustionEngine.LambdaRatio", 0, 20),
}
"""What each column means, and between which bounds a reading can be true."""
EARTH_RADIUS_KM = 6_371.0
Readings = dict[str, dict[int, float]]
"""By signal and time in ms."""


@dataclass(slots=True)
class RawDrive:
    """What a file says of one drive."""

    vehicle: str
    points: int = 0
    readings: Readings = field(default_factory=dict)
    bad_cells: int = 0

    @property
    def km(self) -> float:
        latitudes, longitudes = (self.readings[COLUMNS[name][0]] for name in ("lat", "lon"))
        places = [(latitudes[time_ms], longitudes[time_ms]) for time_ms in sorted(latitudes) if time_ms in longitudes]
        return sum(_arc(start, end) for start, end in pairwise(places)) * EARTH_RADIUS_KM

    @property
    def litres(self) -> float:
        rates = self.readings[COLUMNS["Consumption [l/h]"][0]]
        return sum(
            (rates[start] + rates[end]) * (end - start) / 7_200_000
            for start, end in pairwise(sorted(rates))
            if end - start <= 30_000
        )


def _arc(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Gives the angle between two places, by the haversine of half of it."""
    (latitude_1, longitude_1), (latitude_2, longitude_2) = (tuple(map(math.radians, place)) for place in (start, end))
    half = (1 - math.cos(latitude_2 - latitude_1)) / 2
    half += math.cos(latitude_1) * math.cos(latitude_2) * (1 - math.cos(longitude_2 - longitude_1)) / 2
    return 2 * math.atan2(math.sqrt(half), math.sqrt(1 - half))


def _drop_half_positions(drive: RawDrive) -> None:
    """Leaves out a latitude without longitude, and the reverse."""
    one, other = (drive.readings[COLUMNS[name][0]] for name in ("lat", "lon"))
    for time_ms in one.keys() ^ other.keys():
        one.pop(time_ms, None)
        other.pop(time_ms, None)
        drive.bad_cells += 1


def read_raw(path: Path) -> dict[str, RawDrive]:
    """Reads a file's drives by the name of their track; a cell that can't be true is left out, its row is not."""
    drives: dict[str, RawDrive] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            drive = drives.setdefault(row["track_id"], RawDrive(row["car_id"] or row["track_id"]))
            time_ms = round(datetime.fromisoformat(row["time"]).timestamp() * 1000)
            drive.points += 1
            for name, (signal, low, high) in COLUMNS.items():
                cell = row.get(name) or ""
                try:
                    value = float(cell)
                except ValueError:
                    drive.bad_cells += bool(cell)
                    continue
                if low <= value <= high:
                    drive.readings.setdefault(signal, {})[time_ms] = value
                else:
                    drive.bad_cells += 1
    for drive in drives.values():
        _drop_half_positions(drive)
    return drives


@dataclass(frozen=True, slots=True)
class Trip:
    """One drive of a file to be written."""

    vehicle: str
    track: str
    start: datetime = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    points: int = 40


HEADER = ("track_id", "car_id", "time", "lat", "lon", "Speed [km/h]", "Consumption [l/h]", "Rpm [u/min]")


def write_raw(path: Path, trips: list[Trip], *, bad_cells: bool = True) -> None:
    """Writes a file of drives with made-up readings, the same for the same trips; some cells are missing or bad."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for trip in trips:
            random = Random(trip.track)
            latitude, longitude = 47 + random.random(), 11 + random.random()
            start_s = trip.start.timestamp() + random.randrange(20) * 86_400
            for row in range(trip.points):
                # Two minutes without a reading in the middle of the drive, over which nothing is known of the fuel.
                time_s = start_s + 5 * row + (120 if row > trip.points // 2 else 0)
                latitude, longitude = latitude + random.random() * 1e-3, longitude + random.random() * 1e-3
                cells = [latitude, longitude, 80 + 40 * random.random(), 4 + random.random(), 2000 + row]
                texts = [f"{cell:.9f}" for cell in cells]
                if bad_cells and row % 11 == 3:
                    texts[row % 5] = ("", "-999", "n/a?", "1e400", "-7")[row // 11 % 5]
                time = datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                writer.writerow([trip.track, trip.vehicle, time, *texts])
