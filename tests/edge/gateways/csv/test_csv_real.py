"""The real drives of the enviroCar recording are read whole."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from edge.gateways.csv.recordings import Cell, Row, drive_rows, iso, read, table

from autochain.edge.gateways.csv import read_drives
from autochain.edge.gateways.csv.phrases import ENVIROCAR
from autochain.signals import LATITUDE, Precision, Rule, distance_km, fuel_l, merge, split

DATA = os.environ.get("AUTOCHAIN_DATA")
ENGINE = "Vehicle.Powertrain.CombustionEngine"


def _km(rows: list[dict[str, str]]) -> float:
    """Adds up the way by the spherical law of cosines, in other words than the code under test."""
    total = 0.0
    for one, two in pairwise(rows):
        lat_1, lon_1, lat_2, lon_2 = (math.radians(float(row[name])) for row in (one, two) for name in ("lat", "lon"))
        vector_1 = (math.cos(lat_1) * math.cos(lon_1), math.cos(lat_1) * math.sin(lon_1), math.sin(lat_1))
        vector_2 = (math.cos(lat_2) * math.cos(lon_2), math.cos(lat_2) * math.sin(lon_2), math.sin(lat_2))
        total += 2 * 6_371 * math.asin(math.dist(vector_1, vector_2) / 2)
    return total


def _litres(rows: list[dict[str, str]]) -> float:
    rates = [
        (datetime.fromisoformat(row["time"]).timestamp(), float(row["Consumption [l/h]"]))
        for row in rows
        if row["Consumption [l/h]"]
    ]
    return sum((end - start) / 3_600 * (a + b) / 2 for (start, a), (end, b) in pairwise(rates) if end - start <= 30)


if DATA:
    REAL = Path(DATA) / "telemetry" / "envirocar_tracks.csv"

    @pytest.fixture(scope="module")
    def tracks() -> dict[str, list[dict[str, str]]]:
        found: dict[str, list[dict[str, str]]] = {}
        with REAL.open(newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault(row["track_id"], []).append(row)
        return found

    def test_all_real_rows_are_kept_in_their_drives(tracks: dict[str, list[dict[str, str]]]) -> None:
        recording = read_drives(REAL)
        drives = {drive.track: drive for drive, _ in recording}
        assert {track: drive.points for track, drive in drives.items()} == {t: len(rows) for t, rows in tracks.items()}
        assert {t: drive.vehicle for t, drive in drives.items()} == {
            t: rows[0]["car_id"] or t for t, rows in tracks.items()
        }
        assert len({drive.vehicle for drive in drives.values()}) == 4
        report = recording.report
        assert (report.drives, report.cleaning.rows_kept, report.cleaning.rows_dropped) == (11, 1_759, 0)
        assert not report.refused
        assert report.stopped is None

    def test_the_real_kilometres_and_litres_agree_with_a_count_of_its_own(
        tracks: dict[str, list[dict[str, str]]],
    ) -> None:
        for drive, _ in read_drives(REAL):
            km, litres = _km(tracks[drive.track]), _litres(tracks[drive.track])
            print(f"{drive.vehicle} {drive.track}: {distance_km(drive):.3f} km, {fuel_l(drive):.3f} l")
            assert distance_km(drive) == pytest.approx(km, rel=0.005)
            assert fuel_l(drive) == pytest.approx(litres, rel=0.005)

    def test_each_real_reading_comes_back_as_it_was_written_or_was_dropped_by_name(
        tracks: dict[str, list[dict[str, str]]],
    ) -> None:
        dropped = 0
        for drive, report in read_drives(REAL):
            exact = [data for (_, precision), data in split(drive).items() if precision is Precision.EXACT]
            again = merge(exact, vehicle=drive.vehicle, track=drive.track)
            assert again == drive
            for header, (path, _) in ENVIROCAR.items():
                written = [float(row[header]) if row[header] else None for row in tracks[drive.track]]
                column = again.columns.get(path, [None] * drive.points)
                wrong = [(a, b) for a, b in zip(written, column, strict=True) if a != b]
                dropped += len(wrong)
                assert all(b is None for _, b in wrong)
                assert len(wrong) == sum(d.count for (_, name), d in report.dropped.items() if name == path)
        assert dropped == 14

    def test_the_dirty_real_cells_are_dropped_and_named() -> None:
        recording = read_drives(REAL)
        assert sum(drive.points for drive, _ in recording) == 1_759
        branch = "Vehicle.CurrentLocation"
        counts = {key: dropped.count for key, dropped in recording.report.cleaning.dropped.items()}
        assert counts == {
            (Rule.OUT_OF_RANGE, f"{branch}.Heading"): 2,
            (Rule.OUT_OF_RANGE, f"{branch}.GNSSReceiver.HDOP"): 4,
            (Rule.OUT_OF_RANGE, f"{branch}.GNSSReceiver.VDOP"): 4,
            (Rule.OUT_OF_RANGE, f"{branch}.GNSSReceiver.PDOP"): 4,
        }
        heading = recording.report.cleaning.dropped[Rule.OUT_OF_RANGE, f"{branch}.Heading"]
        assert (heading.line, heading.example) == (4, "507.7769991 degrees")


def _constant(content: object) -> Cell:
    return lambda _: content


def _either(at: int, odd: object, usual: Callable[[Row], object]) -> Cell:
    return lambda row: odd if row["t"] == at else usual(row)


def test_a_recording_with_the_quirks_of_envirocar_is_read_whole(tmp_path: Path) -> None:
    columns: dict[str, Cell] = {
        "track_id": _constant("deck/enviro"),
        "car_id": _constant(""),
        "model": _constant("Picanto"),
        "time": iso,
        "lon": lambda row: row["lon"],
        "lat": lambda row: row["lat"],
        "GPS Accuracy [%]": _constant(9.603792428970337),
        "GPS Bearing [deg]": _either(10, 704.1787586092594, _constant(15.5)),
        "GPS HDOP [precision]": _either(15, 500.0000149011612, _constant(0.9000000000000001)),
        "Speed [km/h]": _either(20, "", lambda row: row["speed"]),
        "Rpm [u/min]": lambda row: row["rpm"],
        "Intake Temperature [c]": _constant(34.00000050663948),
        "Consumption [l/h]": lambda row: row["fuel"],
        "MAF [l/s]": _constant(3.5169471747),
    }
    (drive,), report = read(tmp_path, table(columns=columns))
    assert (drive.vehicle, drive.track, drive.points) == ("deck/enviro", "deck/enviro", 60)
    assert drive.columns["Vehicle.CurrentLocation.HorizontalAccuracy"][0] == 9.603792428970337
    assert drive.columns[f"{ENGINE}.MAF"][0] == 3.5169471747
    assert drive.columns[f"{ENGINE}.IntakeAirTemperature"][0] == 34.00000050663948
    assert drive.columns[LATITUDE] == [row["lat"] for row in drive_rows()]
    assert {path for _, path in report.cleaning.dropped} == {
        "Vehicle.CurrentLocation.Heading",
        "Vehicle.CurrentLocation.GNSSReceiver.HDOP",
    }
    raw = [
        {"time": iso(row), "lat": str(row["lat"]), "lon": str(row["lon"]), "Consumption [l/h]": str(row["fuel"])}
        for row in drive_rows()
    ]
    assert distance_km(drive) == pytest.approx(_km(raw), rel=0.005)
    assert fuel_l(drive) == pytest.approx(_litres(raw), rel=0.005)
    assert report.layout.ignored == {"model": ""}
