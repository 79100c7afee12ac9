"""A drive whose speeds or positions can't be what they are taken for is refused with the line that mends it."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path

import msgspec
import pytest
from edge.gateways.csv.recordings import STANDARD, Cell, Row, as_drive, drive_rows, iso, read, table

from autochain.edge.gateways.csv import ColumnMapping, FileMapping, FileReport
from autochain.signals import LATITUDE, LONGITUDE, SPEED

KMH = {"m/s": 3.6, "mph": 1.609344, "kn": 1.852, "km/h": 1.0}


def _in(unit: str) -> Cell:
    return lambda row: row["speed"] / KMH[unit]


def _mended(report: FileReport) -> FileMapping:
    (refused,) = report.refused
    return msgspec.convert(tomllib.loads(refused.refusal.remedy.split("\n", 1)[1]), FileMapping)


@pytest.mark.parametrize(
    ("header", "real"), [("speed", "m/s"), ("speed", "mph"), ("speed", "kn"), ("speed [m/s]", "km/h")]
)
@pytest.mark.parametrize("step_s", [1, 5, 30])
def test_a_speed_in_another_unit_than_said_is_refused_and_the_mend_mends_it(
    header: str, real: str, step_s: int, tmp_path: Path
) -> None:
    columns = {name: STANDARD[name] for name in ("time", "lat", "lon")} | {header: _in(real)}
    content = table(drive_rows(60, step_s=step_s), columns)
    drives, report = read(tmp_path, content)
    assert drives == []
    (refused,) = report.refused
    assert (refused.rows, refused.first_line) == (60, 2)
    assert repr(header) in refused.refusal.text
    assert real in refused.refusal.text
    assert _mended(report).columns == {header: ColumnMapping(SPEED, real)}
    drives, report = read(tmp_path, content, _mended(report))
    assert drives[0].columns[SPEED] == pytest.approx([row["speed"] for row in drive_rows(60, step_s=step_s)])
    assert not report.refused


def test_a_drive_that_is_refused_does_not_take_others_with_it(tmp_path: Path) -> None:
    rows = drive_rows(120)
    columns = {"car": lambda row: "wrong" if row["t"] < 300 else "right"} | STANDARD
    columns["speed [km/h]"] = lambda row: row["speed"] / (3.6 if row["t"] < 300 else 1)
    drives, report = read(tmp_path, table(rows, columns))
    assert drives == [as_drive(rows[60:], vehicle="right")]
    assert [refused.vehicle for refused in report.refused] == ["wrong"]
    assert report.cleaning.rows_kept == 60


@pytest.mark.parametrize("off", [0.4, 0.75, 0.9, 0.97, 1.1, 1.35])
def test_a_speedometer_that_is_a_little_off_is_no_other_unit(off: float, tmp_path: Path) -> None:
    chance = random.Random(7)
    columns = STANDARD | {"speed [km/h]": lambda row: row["speed"] * off * chance.uniform(0.9, 1.1)}
    drives, report = read(tmp_path, table(columns=columns))
    assert len(drives) == 1
    assert not report.refused


def test_positions_that_are_held_for_a_while_are_no_other_unit(tmp_path: Path) -> None:
    rows = drive_rows(300, step_s=1)
    held: list[Row] = [
        row | {"lat": rows[n // 10 * 10]["lat"], "lon": rows[n // 10 * 10]["lon"]} for n, row in enumerate(rows)
    ]
    drives, report = read(tmp_path, table(held))
    assert len(drives) == 1
    assert not report.refused


def test_a_standing_vehicle_is_not_judged(tmp_path: Path) -> None:
    rows: list[Row] = [row | {"lat": 51.9, "lon": 7.6, "speed": 0.0} for row in drive_rows()]
    drives, _ = read(tmp_path, table(rows))
    assert drives[0].points == 60


def _moved(rows: list[Row], *, lat: float, lon: float) -> list[Row]:
    return [row | {"lat": round(row["lat"] + lat, 7), "lon": round(row["lon"] + lon, 7)} for row in rows]


SWAPPED: dict[str, Cell] = {
    "time": iso,
    "lat": lambda row: row["lon"],
    "lon": lambda row: row["lat"],
    "speed [km/h]": lambda row: row["speed"],
}


def test_swapped_positions_that_no_globe_has_are_refused_and_the_mend_mends_them(tmp_path: Path) -> None:
    rows = _moved(drive_rows(), lat=-12, lon=109)
    content = table(rows, SWAPPED)
    drives, report = read(tmp_path, content)
    assert drives == []
    assert _mended(report).columns == {"lat": LONGITUDE, "lon": LATITUDE}
    drives, report = read(tmp_path, content, _mended(report))
    assert drives[0].columns[LATITUDE] == [row["lat"] for row in rows]
    assert not report.refused


def test_swapped_positions_without_any_other_reading_are_refused(tmp_path: Path) -> None:
    columns = {name: SWAPPED[name] for name in ("time", "lat", "lon")}
    drives, report = read(tmp_path, table(_moved(drive_rows(), lat=-12, lon=109), columns))
    assert drives == []
    assert len(report.refused) == 1


def test_swapped_positions_that_the_speeds_give_away_are_refused_and_the_mend_mends_them(tmp_path: Path) -> None:
    content = table(drive_rows(), SWAPPED)
    drives, report = read(tmp_path, content)
    assert drives == []
    assert "swapped" in report.refused[0].refusal.text
    drives, report = read(tmp_path, content, _mended(report))
    assert drives[0].columns[LONGITUDE] == [row["lon"] for row in drive_rows()]


def test_a_few_positions_off_the_globe_are_dropped_and_the_drive_stays(tmp_path: Path) -> None:
    columns = STANDARD | {"lat": lambda row: 951.5 if row["t"] % 50 == 0 else row["lat"]}
    drives, report = read(tmp_path, table(columns=columns))
    assert drives[0].columns[LATITUDE].count(None) == drives[0].columns[LONGITUDE].count(None) == 6
    assert report.cleaning.cells_dropped == 12
