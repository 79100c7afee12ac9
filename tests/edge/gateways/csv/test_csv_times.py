"""Times are read however a file writes them, and never guessed where that could be wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from edge.gateways.csv.recordings import STANDARD, START_MS, Cell, Row, iso, moment, read, table

from autochain.edge.gateways.csv import FileMapping, TimeMapping
from autochain.onchain.refusals import Refusal
from autochain.signals import Rule

OTHERS = {name: STANDARD[name] for name in ("lat", "lon", "speed [km/h]")}
HOURS_2 = 7_200_000


def _formatted(pattern: str) -> Cell:
    return lambda row: moment(row).strftime(pattern)


def _epoch(factor: float) -> Cell:
    return lambda row: int((START_MS + row["t"] * 1_000) * factor)


WRITTEN: list[tuple[str, Cell, int]] = [
    ("time", _epoch(0.001), 0),
    ("Unix Time", _epoch(1), 0),
    ("ts", _epoch(1_000), 0),
    ("timestamp_ns", _epoch(1_000_000), 0),
    ("timestamp", lambda row: f"{START_MS / 1_000 + row['t'] + 0.25:.3f}", 250),
    ("utc", _formatted("%Y%m%d%H%M%S"), 0),
    ("time", _formatted("%Y%m%dT%H%M%SZ"), 0),
    ("time", _formatted("%Y-%m-%d %H:%M:%S"), 0),
    ("time", _formatted("%Y-%m-%dT%H:%M:%S.250Z"), 250),
    ("time", lambda row: moment(row).astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat(), 0),
    ("DateTime", _formatted("%Y/%m/%d %H:%M:%S"), 0),
    ("Zeit", _formatted("%d.%m.%Y %H:%M:%S"), 0),
    ("Date Time", _formatted("%m/%d/%Y %I:%M:%S %p"), 0),
    ("time", _formatted("%Y-%m-%d %H:%M:%S UTC"), 0),
    ("time", _formatted("%Y-%m-%d %H:%M:%S CEST"), -HOURS_2),
    ("Device Time", _formatted("%d-%b-%Y %H:%M:%S.250"), 250),
    ("GPS Time", _formatted("%a %b %d %H:%M:%S GMT+02:00 %Y"), -HOURS_2),
    ("GPS Time", _formatted("%a %b %d %H:%M:%S GMT-07:00 %Y"), 7 * 3_600_000),
    ("time", lambda row: (moment(row) + timedelta(hours=4)).strftime("%m/%d/%Y %I:%M:%S %p"), 2 * HOURS_2),
    ("time", lambda row: (moment(row) - timedelta(hours=8)).strftime("%m/%d/%Y %I:%M:%S %p"), -4 * HOURS_2),
    ("LastUpdated", _formatted("%Y-%m-%d %H:%M:%S"), 0),
]


@pytest.mark.parametrize(("header", "cell", "later_ms"), WRITTEN)
def test_a_time_is_read_as_it_is_written(header: str, cell: Cell, later_ms: int, tmp_path: Path) -> None:
    drives, report = read(tmp_path, table(columns={header: cell} | OTHERS))
    assert drives[0].times_ms == [START_MS + later_ms + 5_000 * row for row in range(60)]
    assert report.layout.header[report.layout.time_places[0]] == header


def test_a_date_and_a_time_of_day_in_two_columns_are_one(tmp_path: Path) -> None:
    columns = {"Date": _formatted("%d.%m.%Y"), "Time": _formatted("%H:%M:%S")} | OTHERS
    drives, _ = read(tmp_path, table(columns=columns))
    assert drives[0].times_ms == [START_MS + 5_000 * row for row in range(60)]


@pytest.mark.parametrize("other", ["time", "Device Time"])
def test_the_time_with_a_zone_is_taken_of_two(other: str, tmp_path: Path) -> None:
    columns = {other: _formatted("%d-%b-%Y %H:%M:%S"), "GPS Time": _formatted("%a %b %d %H:%M:%S GMT+02:00 %Y")}
    drives, report = read(tmp_path, table(columns=columns | OTHERS))
    assert drives[0].times_ms[0] == START_MS - HOURS_2
    assert other in report.layout.ignored


def test_a_column_of_times_with_many_gaps_yields_to_a_whole_one(tmp_path: Path) -> None:
    gps: Cell = lambda row: "-" if row["t"] < 100 else _formatted("%a %b %d %H:%M:%S GMT+02:00 %Y")(row)  # noqa: E731
    drives, _ = read(
        tmp_path, table(columns={"GPS Time": gps, "Device Time": _formatted("%d-%b-%Y %H:%M:%S")} | OTHERS)
    )
    assert drives[0].points == 60
    assert drives[0].times_ms[0] == START_MS


def test_times_without_a_zone_are_taken_as_utc_and_the_report_says_so(tmp_path: Path) -> None:
    columns = {"time": _formatted("%Y-%m-%d %H:%M:%S")} | OTHERS
    _, report = read(tmp_path, table(columns=columns))
    assert any("UTC" in note for note in report.layout.notes)
    _, report = read(tmp_path, table())
    assert not report.layout.notes


def test_a_zone_that_the_mapping_says_is_used_with_its_summer_time(tmp_path: Path) -> None:
    columns = {"time": _formatted("%Y-%m-%d %H:%M:%S")} | OTHERS
    drives, report = read(tmp_path, table(columns=columns), FileMapping(time=TimeMapping(zone="Europe/Berlin")))
    assert drives[0].times_ms[0] == START_MS - HOURS_2
    assert not report.layout.notes


def test_a_row_whose_time_cannot_be_read_is_dropped_alone(tmp_path: Path) -> None:
    broken = {5: "garbage", 10: "2024-13-45T99:00:00Z", 15: "", 20: "1970-01-01T00:00:00Z", 25: "2024-05-01"}
    columns = STANDARD | {"time": lambda row: broken.get(int(row["t"]), iso(row))}
    drives, report = read(tmp_path, table(columns=columns))
    assert drives[0].points == 55
    dropped = report.cleaning.dropped[Rule.BAD_TIME, ""]
    assert (dropped.count, dropped.line, dropped.example) == (5, 3, "garbage")


def _refusal(folder: Path, columns: dict[str, Cell], mapping: FileMapping | None = None) -> Refusal:
    with pytest.raises(Refusal) as refused:
        read(folder, table(columns=columns | OTHERS), mapping)
    return refused.value


def test_dates_that_can_be_read_two_ways_are_refused_with_the_line_that_says_which(tmp_path: Path) -> None:
    columns: dict[str, Cell] = {"time": _formatted("%d/%m/%Y %H:%M:%S")}
    refusal = _refusal(tmp_path, columns)
    assert "day first or the month first" in refusal.text
    assert 'format = "%d/%m/%Y %H:%M:%S"' in refusal.remedy
    mended = FileMapping(time=TimeMapping(column="time", format="%d/%m/%Y %H:%M:%S"))
    drives, _ = read(tmp_path, table(columns=columns | OTHERS), mended)
    assert drives[0].times_ms[0] == START_MS


def test_a_day_beyond_the_twelfth_tells_the_order(tmp_path: Path) -> None:
    later: Callable[[str], Cell] = lambda pattern: lambda row: (moment(row) + timedelta(days=20)).strftime(pattern)  # noqa: E731
    for pattern in ("%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S"):
        drives, _ = read(tmp_path, table(columns={"time": later(pattern)} | OTHERS))
        assert drives[0].times_ms[0] == START_MS + 20 * 86_400_000


def _seconds(row: Row) -> object:
    return row["t"]


def test_times_that_count_from_the_start_are_refused_until_the_start_is_said(tmp_path: Path) -> None:
    refusal = _refusal(tmp_path, {"Time (sec)": _seconds})
    assert "which day" in refusal.text
    assert "start = " in refusal.remedy
    said = FileMapping(time=TimeMapping(start="2024-05-01 08:00:00"))
    drives, _ = read(tmp_path, table(columns={"Time (sec)": _seconds} | OTHERS), said)
    assert drives[0].times_ms == [START_MS + 5_000 * row for row in range(60)]


def test_the_unit_of_counted_times_is_heeded(tmp_path: Path) -> None:
    columns: dict[str, Cell] = {"Timestamp(ms)": lambda row: row["t"] * 1_000}
    assert "which day" in _refusal(tmp_path, columns).text
    said = FileMapping(time=TimeMapping(start="2024-05-01T10:00:00+02:00"))
    drives, _ = read(tmp_path, table(columns=columns | OTHERS), said)
    assert drives[0].times_ms[1] == START_MS + 5_000


def test_a_time_of_day_is_refused_until_the_date_is_said(tmp_path: Path) -> None:
    columns: dict[str, Cell] = {"Time": _formatted("%H:%M:%S.500")}
    assert "times of day" in _refusal(tmp_path, columns).text
    drives, _ = read(tmp_path, table(columns=columns | OTHERS), FileMapping(time=TimeMapping(start="2024-05-01")))
    assert drives[0].times_ms[0] == START_MS + 500


def test_counts_in_two_columns_add_up(tmp_path: Path) -> None:
    columns: dict[str, Cell] = {"DayNum": lambda _: 5.25, "Timestamp(ms)": lambda row: row["t"] * 1_000}
    said = TimeMapping(column=["DayNum", "Timestamp(ms)"], format=["days", "ms"], start="2024-04-26T02:00:00Z")
    drives, _ = read(tmp_path, table(columns=columns | OTHERS), FileMapping(time=said))
    assert drives[0].times_ms == [START_MS + 5_000 * row for row in range(60)]


@pytest.mark.parametrize("cell", ["hello", "2024-05-01"])
def test_a_column_that_only_seems_to_tell_the_time_is_refused(cell: str, tmp_path: Path) -> None:
    refusal = _refusal(tmp_path, {"time": lambda _: cell})
    assert "can't be read" in refusal.text
    assert cell in refusal.text


@pytest.mark.parametrize(
    "said",
    [
        TimeMapping(zone="Atlantis/Capital"),
        TimeMapping(start="yesterday"),
        TimeMapping(column="time", format="martian"),
    ],
)
def test_a_mapping_of_times_that_makes_no_sense_is_refused(said: TimeMapping, tmp_path: Path) -> None:
    assert "mapping" in _refusal(tmp_path, {"time": iso}, FileMapping(time=said)).text
