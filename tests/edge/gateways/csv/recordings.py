"""Recordings that the tests of the CSV gateway make for themselves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from autochain.edge.gateways.csv import FileMapping, FileReport, read_drives
from autochain.signals import FUEL_RATE, LATITUDE, LONGITUDE, SPEED, Drive

START = datetime(2024, 5, 1, 8, 0, tzinfo=UTC)
START_MS = 1_714_550_400_000
KM_PER_DEGREE = 6_371 * math.pi / 180
RPM = "Vehicle.Powertrain.CombustionEngine.Speed"
PATHS = {LATITUDE: "lat", LONGITUDE: "lon", SPEED: "speed", RPM: "rpm", FUEL_RATE: "fuel"}

Row = dict[str, float]


def moment(row: Row) -> datetime:
    return START + timedelta(seconds=row["t"])


def iso(row: Row) -> str:
    return moment(row).strftime("%Y-%m-%dT%H:%M:%SZ")


def drive_rows(points: int = 60, *, step_s: int = 5, start_s: int = 0) -> list[Row]:
    """Makes a drive through Münster, round bends and at changing speed, whose readings agree with each other."""
    latitude, longitude, rows = 51.96, 7.62, []
    for number in range(points):
        speed_kmh = 50 + 20 * math.sin(number / 7)
        rows.append(
            {
                "t": start_s + number * step_s,
                "lat": round(latitude, 7),
                "lon": round(longitude, 7),
                "speed": round(speed_kmh, 2),
                "rpm": 1500 + number % 40,
                "fuel": round(2 + speed_kmh / 40, 3),
            }
        )
        heading, way = number / 9, speed_kmh * step_s / 3600 / KM_PER_DEGREE
        latitude += way * math.cos(heading)
        longitude += way * math.sin(heading) / math.cos(math.radians(latitude))
    return rows


Cell = Callable[[Row], object]
STANDARD: dict[str, Cell] = {
    "time": iso,
    "lat": lambda row: row["lat"],
    "lon": lambda row: row["lon"],
    "speed [km/h]": lambda row: row["speed"],
    "rpm": lambda row: int(row["rpm"]),
    "fuel rate [l/h]": lambda row: row["fuel"],
}


def table(rows: Sequence[Row] | None = None, columns: dict[str, Cell] | None = None, *, delimiter: str = ",") -> str:
    """Writes rows as a table; without any, the usual drive in the usual columns."""
    used = columns or STANDARD
    lines = [delimiter.join(used)]
    lines += [delimiter.join(str(cell(row)) for cell in used.values()) for row in (rows or drive_rows())]
    return "\n".join(lines) + "\n"


def as_drive(rows: Sequence[Row], *, vehicle: str = "drive", track: str = "") -> Drive:
    """Gives the drive that rows in the usual columns are."""
    columns: dict[str, list[float | None]] = {path: [row[name] for row in rows] for path, name in PATHS.items()}
    return Drive(vehicle, track, [START_MS + 1_000 * int(row["t"]) for row in rows], columns)


def write(folder: Path, content: str | bytes, name: str = "drive.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(
    folder: Path, content: str | bytes, mapping: FileMapping | None = None, *, name: str = "drive.csv"
) -> tuple[list[Drive], FileReport]:
    """Reads all drives of a file with this content, and gives them with the report of the file."""
    recording = read_drives(write(folder, content, name), mapping)
    return [drive for drive, _ in recording], recording.report
