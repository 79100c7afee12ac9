"""A file is parted into drives, each with its own report, within bounds on memory."""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path

import pytest
from edge.gateways.csv.recordings import (
    RPM,
    STANDARD,
    START_MS,
    Row,
    as_drive,
    drive_rows,
    iso,
    moment,
    read,
    table,
    write,
)
from hypothesis import given
from hypothesis import strategies as st

from autochain.edge.gateways.csv import FileMapping, Reached, TimeMapping, read_drives
from autochain.onchain.refusals import Refusal
from autochain.signals import LATITUDE, MAX_POINTS, SPEED, Rule, fingerprint_bytes

HALF_HOUR_S = 1_800


def _named(names: dict[str, object], rows: list[Row]) -> str:
    """Writes rows with columns that have the same content in each."""
    columns = {name: (lambda _, content=content: content) for name, content in names.items()}
    return table(rows, columns | STANDARD)


def _body(text: str) -> str:
    return text.split("\n", 1)[1]


def test_a_drive_ends_where_the_vehicle_changes(tmp_path: Path) -> None:
    one, two = drive_rows(20), drive_rows(30, start_s=100)
    content = _named({"car_id": "A"}, one) + _body(_named({"car_id": "B"}, two))
    drives, report = read(tmp_path, content)
    assert drives == [as_drive(one, vehicle="A"), as_drive(two, vehicle="B")]
    assert report.drives == 2


def test_a_drive_ends_where_the_track_changes(tmp_path: Path) -> None:
    one, two = drive_rows(20), drive_rows(30, start_s=100)
    content = _named({"car": "A", "trip": 1}, one) + _body(_named({"car": "A", "trip": 2}, two))
    drives, _ = read(tmp_path, content)
    assert drives == [as_drive(one, vehicle="A", track="1"), as_drive(two, vehicle="A", track="2")]


def test_interleaved_vehicles_are_kept_apart(tmp_path: Path) -> None:
    one, two = drive_rows(40), drive_rows(40, start_s=2)
    lines = [_body(_named({"car": name}, rows)).splitlines() for name, rows in (("A", one), ("B", two))]
    mixed = [line for pair in zip(*lines, strict=True) for line in pair]
    drives, _ = read(tmp_path, "\n".join([_named({"car": "A"}, one).split("\n")[0], *mixed]))
    assert drives == [as_drive(one, vehicle="A"), as_drive(two, vehicle="B")]


def test_a_drive_ends_at_a_gap_of_more_than_half_an_hour(tmp_path: Path) -> None:
    one = drive_rows(20)
    bridged, parted = (drive_rows(20, start_s=95 + HALF_HOUR_S + late) for late in (0, 1))
    assert [drive.points for drive in read(tmp_path, table(one + bridged))[0]] == [40]
    assert read(tmp_path, table(one + parted))[0] == [as_drive(one), as_drive(parted)]


def test_a_drive_ends_where_time_goes_back_by_more_than_half_an_hour(tmp_path: Path) -> None:
    late, early = drive_rows(20, start_s=9_000), drive_rows(20)
    drives, report = read(tmp_path, table(late + early))
    assert drives == [as_drive(late), as_drive(early)]
    assert not report.cleaning.dropped


def test_two_drives_at_overlapping_times_one_after_the_other_are_two(tmp_path: Path) -> None:
    one, two = drive_rows(), drive_rows(50, start_s=101)
    drives, report = read(tmp_path, table(one + two))
    assert drives == [as_drive(one), as_drive(two)]
    assert not report.cleaning.dropped


def test_a_single_row_from_another_year_does_not_part_a_drive(tmp_path: Path) -> None:
    rows = drive_rows()
    columns = STANDARD | {"time": lambda row: "2031-01-01T00:00:00Z" if row["t"] == 50 else iso(row)}
    drives, report = read(tmp_path, table(rows, columns))
    assert drives == [as_drive([row for row in rows if row["t"] != 50])]
    assert report.cleaning.dropped[Rule.TIME_JUMP, ""].line == 12


def test_a_vehicle_without_a_name_is_called_by_its_track_or_else_by_its_file(tmp_path: Path) -> None:
    content = _named({"car": "", "trip": "home"}, drive_rows(20)) + _body(
        _named({"car": "", "trip": ""}, drive_rows(20))
    )
    drives, _ = read(tmp_path, content, name="my golf.csv")
    assert [(drive.vehicle, drive.track) for drive in drives] == [("home", "home"), ("my golf", "")]
    drives, _ = read(tmp_path, gzip.compress(table().encode()), name="my polo.csv.gz")
    assert drives[0].vehicle == "my polo"


def test_a_drive_without_a_position_is_read(tmp_path: Path) -> None:
    columns = {name: STANDARD[name] for name in ("time", "speed [km/h]", "rpm")}
    drives, _ = read(tmp_path, table(columns=columns))
    assert set(drives[0].columns) == {SPEED, RPM}


def test_a_logger_that_gives_each_sensor_its_own_row_is_read_whole(tmp_path: Path) -> None:
    lines = ["time,lat,lon,speed [km/h],rpm,fuel rate [l/h]"]
    for row in drive_rows():
        cells = [str(row["lat"]), str(row["lon"]), str(row["speed"]), str(row["rpm"]), str(row["fuel"])]
        lines += [
            ",".join([iso(row), *[cell if place == only else "" for place, cell in enumerate(cells)]])
            for only in range(5)
        ]
    drives, report = read(tmp_path, "\n".join(lines))
    assert drives == [as_drive(drive_rows())]
    assert (report.cleaning.rows_joined, report.cleaning.rows_dropped) == (240, 0)


def test_a_header_in_the_middle_is_dropped(tmp_path: Path) -> None:
    header, *rows = table().splitlines(keepends=True)
    drives, report = read(tmp_path, header + "".join(row + header for row in rows))
    assert drives == [as_drive(drive_rows())]
    assert report.cleaning.dropped[Rule.REPEATED_HEADER, ""].count == 60


def test_a_header_of_other_columns_in_the_middle_ends_the_file_and_keeps_what_was_before(tmp_path: Path) -> None:
    drives, report = read(tmp_path, table() + "time,speed [km/h],lat,lon,rpm,fuel rate [l/h]\n" + _body(table()))
    assert drives == [as_drive(drive_rows())]
    assert report.stopped is not None
    assert "line 62" in report.stopped.text


def test_a_last_line_that_is_cut_off_is_dropped(tmp_path: Path) -> None:
    drives, report = read(tmp_path, table()[:-14])
    assert drives == [as_drive(drive_rows()[:-1])]
    assert report.cleaning.dropped[Rule.CUT_OFF, ""].line == 61


def test_a_row_with_more_cells_than_the_header_is_dropped(tmp_path: Path) -> None:
    lines = table().splitlines()
    lines[5] += ",1,2"
    drives, report = read(tmp_path, "\n".join(lines))
    assert drives[0].points == 59
    assert report.cleaning.dropped[Rule.TOO_MANY_CELLS, ""].line == 6


def test_a_row_with_fewer_cells_misses_its_last(tmp_path: Path) -> None:
    lines = table().splitlines()
    lines[5] = lines[5].rsplit(",", 2)[0]
    drives, report = read(tmp_path, "\n".join(lines))
    assert drives[0].columns[RPM][4] is None
    assert drives[0].columns[SPEED][4] == drive_rows()[4]["speed"]
    assert not report.cleaning.dropped


def test_a_quote_that_does_not_close_costs_the_lines_it_swallows_and_no_more(tmp_path: Path) -> None:
    rows = drive_rows(9_000, step_s=1)
    lines = table(rows).splitlines()
    lines[3_000] = '"' + lines[3_000]
    drives, report = read(tmp_path, "\n".join(lines))
    lost = report.cleaning.dropped[Rule.BROKEN_QUOTE, ""]
    assert lost.line == 3_001
    assert lost.count + sum(drive.points for drive in drives) == 9_000
    assert 1_000 < lost.count < 4_000


def test_a_cell_may_hold_line_breaks(tmp_path: Path) -> None:
    columns = {"note": lambda row: f'"said ""{row["t"]}""\nand more"'} | STANDARD
    drives, report = read(tmp_path, table(columns=columns).replace("NaN", ""))
    assert drives == [as_drive(drive_rows())]
    assert not report.cleaning.dropped


def test_a_line_without_end_stops_the_file_and_keeps_what_was_before(tmp_path: Path) -> None:
    drives, report = read(tmp_path, table() + "x" * 3_000_000)
    assert drives == [as_drive(drive_rows())]
    assert report.stopped is not None
    assert "line 62 has more than" in report.stopped.text


def test_a_file_of_one_endless_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="line 1 has more than"):
        read(tmp_path, "x" * 3_000_000)


def test_a_header_and_one_endless_line_are_refused_for_the_line(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="line 2 has more than") as refused:
        read(tmp_path, "time,lat,lon\n" + "x" * 3_000_000)
    assert (refused.value.codespace, refused.value.code) == ("csv", 5)


def test_a_file_of_which_no_row_is_taken_in_says_why(tmp_path: Path) -> None:
    lines = [f"1971-05-01T08:00:{second:02}Z,50" for second in range(30)]
    drives, report = read(
        tmp_path, "\n".join(["time,speed", *lines]), FileMapping(time=TimeMapping(column="time", format="iso"))
    )
    assert drives == []
    assert report.stopped is not None
    assert (report.stopped.codespace, report.stopped.code) == ("csv", 18)
    assert "30 x row's time can't be read, or is not between 1990 and 2100, first in line 2" in report.stopped.text


def test_a_file_of_which_no_cell_can_be_true_names_the_signal_and_not_the_empty_rows(tmp_path: Path) -> None:
    drives, report = read(tmp_path, table(columns={"time": iso, "speed": lambda _: 9_999}))
    assert drives == []
    assert report.stopped is not None
    assert "Vehicle.Speed: 60 x cell can't be true" in report.stopped.text


def test_control_characters_of_file_names_and_later_headers_are_escaped_in_refusals(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"\\x1b\[2Jno\.csv") as refused:
        read_drives(tmp_path / "\x1b[2Jno.csv")
    assert str(refused.value).isprintable()
    _, report = read(tmp_path, table() + "time,\x1b[2Jlat,b,c,d,e\n")
    assert report.stopped is not None
    assert r"\x1b[2Jlat" in report.stopped.text
    assert str(report.stopped).isprintable()


def test_a_torn_gzip_file_gives_what_was_before_the_tear(tmp_path: Path) -> None:
    rows = drive_rows(5_000, step_s=1)
    packed = gzip.compress(table(rows).encode())
    drives, report = read(tmp_path, packed[: len(packed) // 2], name="drive.csv.gz")
    assert report.stopped is not None
    assert "read to its end" in report.stopped.text
    assert 1_000 < drives[0].points < 5_000
    assert drives[0].times_ms == as_drive(rows).times_ms[: drives[0].points]


def test_a_long_drive_goes_on_as_the_next_recording(tmp_path: Path) -> None:
    lines = ["t,rpm"] + [f"{START_MS + 100 * row},{row % 9000}" for row in range(MAX_POINTS + 5)]
    drives, report = read(tmp_path, "\n".join(lines).replace("t,", "time,", 1))
    assert [drive.points for drive in drives] == [MAX_POINTS, 5]
    assert list(itertools.chain(*(drive.times_ms for drive in drives))) == [
        START_MS + 100 * n for n in range(MAX_POINTS + 5)
    ]
    assert report.cleaning.rows_kept == MAX_POINTS + 5


def test_more_vehicles_than_may_be_open_lose_no_row(tmp_path: Path) -> None:
    lines = [f"{START_MS + 1_000 * turn},car {car},{turn}" for turn in range(3) for car in range(2_500)]
    drives, report = read(tmp_path, "\n".join(["time,vehicle,rpm", *lines]))
    assert sum(drive.points for drive in drives) == report.cleaning.rows_kept == 7_500
    assert {drive.vehicle for drive in drives} == {f"car {car}" for car in range(2_500)}
    assert len(drives) > 2_500


def test_no_more_than_a_bounded_number_of_readings_wait_for_their_drive_to_end(tmp_path: Path) -> None:
    turns, cars = 400, 600
    lines = (f"{START_MS + 1_000 * turn},car {car},{turn}" for turn in range(turns) for car in range(cars))
    told: list[Reached] = []
    taken, waiting = 0, []
    for drive, _ in read_drives(write(tmp_path, "\n".join(["time,vehicle,rpm", *lines])), progress=told.append):
        waiting.append(told[-1].lines - 1 - taken)
        taken += drive.points
    assert taken == turns * cars
    assert 190_000 < max(waiting) < 220_000


def test_progress_rises_to_the_end_of_the_file(tmp_path: Path) -> None:
    path, told = write(tmp_path, table(drive_rows(20_000, step_s=1))), list[Reached]()
    assert sum(drive.points for drive, _ in read_drives(path, progress=told.append)) == 20_000
    assert told == sorted(told)
    assert told[0].read_bytes < told[-1].read_bytes == told[-1].size_bytes == path.stat().st_size
    assert told[-1].lines == 20_001


def test_the_same_readings_in_another_form_have_the_same_fingerprint(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, table())
    turned = dict(reversed(STANDARD.items())) | {"time": lambda row: int(moment(row).timestamp())}
    (two,), _ = read(tmp_path, table(columns=turned, delimiter=";"), name="other.csv")
    assert one.vehicle != two.vehicle
    assert fingerprint_bytes(one) == fingerprint_bytes(two)


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=20), st.sampled_from(",;\t|"))
def test_any_rows_at_all_are_kept_or_dropped_with_a_reason(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], delimiter: str
) -> None:
    good = [["time", "lat", "lon", "rpm"], *([f"2024-05-01T08:00:{n:02}Z", "51.5", "7.5", "900"] for n in range(25))]
    content = "\n".join(delimiter.join(row) for row in [*good, *rows])
    drives, report = read(tmp_path_factory.mktemp("any"), content)
    assert report.stopped is None
    assert drives[0].columns[LATITUDE][:25] == [51.5] * 25
    assert report.cleaning.rows_kept == sum(drive.points for drive in drives)


@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    try:
        read(tmp_path_factory.mktemp("any"), content)
    except Refusal as refusal:
        assert refusal.remedy
