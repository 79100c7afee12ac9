"""Cleaning keeps what can be true and says what it drops."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.signals import LATITUDE, LONGITUDE, SPEED, Cleaner, Drive, Report, Rows, Rule, distance_km

RPM = "Vehicle.Powertrain.CombustionEngine.Speed"
HDOP = "Vehicle.CurrentLocation.GNSSReceiver.HDOP"
T0 = 1_714_550_400_000
Cells = list[float | None]


def _cleaned(
    times: list[int], *, newest_first: bool = False, batch: int = 1_000, **columns: Cells
) -> tuple[Drive, Report]:
    named = {"speed": SPEED, "rpm": RPM, "lat": LATITUDE, "lon": LONGITUDE, "hdop": HDOP}
    cleaner = Cleaner("car", newest_first=newest_first)
    rows = Rows(
        [T0 + 1_000 * time for time in times], {named[n]: c for n, c in columns.items()}, range(2, len(times) + 2)
    )
    for start in range(0, len(times), batch):
        cleaner.add(rows.part(start, start + batch))
    return cleaner.finish(), cleaner.report


def _counts(report: Report) -> dict[tuple[Rule, str], int]:
    return {key: dropped.count for key, dropped in report.dropped.items()}


def test_a_row_with_a_bad_cell_keeps_its_other_cells() -> None:
    drive, report = _cleaned([0, 1], hdop=[500.0, 0.8], speed=[50.0, 51.0])
    assert drive.columns == {HDOP: [None, 0.8], SPEED: [50.0, 51.0]}
    assert _counts(report) == {(Rule.OUT_OF_RANGE, HDOP): 1}
    assert (report.rows_kept, report.rows_dropped, report.cells_dropped) == (2, 0, 1)


def test_the_report_names_the_first_case_of_each_rule_and_counts_the_rest() -> None:
    _, report = _cleaned([0, 1, 2], speed=[50.0, 900.0, 800.0], rpm=[800.0] * 3)
    dropped = report.dropped[Rule.OUT_OF_RANGE, SPEED]
    assert (dropped.count, dropped.line, dropped.example) == (2, 3, "900 km/h")
    assert list(report.lines()) == [
        "Vehicle.Speed: 2 x cell can't be true: outside of the signal's range (first in line 3, '900 km/h')"
    ]


def test_an_infinite_cell_is_dropped_and_a_nan_is_only_missing() -> None:
    drive, report = _cleaned([0, 1, 2], speed=[math.inf, math.nan, 3.0], rpm=[1.0, 1.0, 1.0])
    assert drive.columns[SPEED] == [None, None, 3.0]
    assert _counts(report) == {(Rule.INFINITE, SPEED): 1}


def test_the_noise_of_a_float_at_a_bound_is_no_false_reading() -> None:
    drive, report = _cleaned([0, 1], lat=[90.0000001, 51.0], lon=[7.0, 7.0])
    assert drive.columns[LATITUDE] == [90.0000001, 51.0]
    assert not report.dropped


def test_half_a_position_is_dropped() -> None:
    drive, report = _cleaned([0, 1, 2], lat=[51.0, None, 51.0], lon=[None, 7.0, 7.0], speed=[1.0, 2.0, 3.0])
    assert drive.columns[LATITUDE] == [None, None, 51.0]
    assert drive.columns[LONGITUDE] == [None, None, 7.0]
    assert _counts(report) == {(Rule.HALF_POSITION, LATITUDE): 1, (Rule.HALF_POSITION, LONGITUDE): 1}


def test_a_latitude_without_a_column_of_longitudes_is_dropped() -> None:
    drive, report = _cleaned([0], lat=[51.0], speed=[1.0])
    assert set(drive.columns) == {SPEED}
    assert _counts(report) == {(Rule.HALF_POSITION, LATITUDE): 1}


def test_zero_zero_is_no_position_but_the_equator_is() -> None:
    drive, report = _cleaned([0, 1], lat=[0.0, 0.0], lon=[0.0, 7.0])
    assert drive.columns == {LATITUDE: [0.0], LONGITUDE: [7.0]}
    assert report.dropped[Rule.NO_FIX, LATITUDE].count == 1
    assert report.dropped[Rule.EMPTY_ROW, ""].line == 2


def test_a_position_far_off_between_two_that_fit_is_dropped() -> None:
    drive, report = _cleaned([0, 1, 2, 3], lat=[51.0, 55.0, 51.0002, 51.0004], lon=[7.0] * 4, speed=[1.0] * 4)
    assert drive.columns[LATITUDE] == [51.0, None, 51.0002, 51.0004]
    assert _counts(report) == {(Rule.POSITION_JUMP, LATITUDE): 1, (Rule.POSITION_JUMP, LONGITUDE): 1}


def test_a_jump_after_a_pause_is_dropped_and_its_line_is_named_in_a_recording_that_runs_backwards() -> None:
    times, latitudes = [3_602, 3_601, 3_600, 0], [51.0, 51.0, 55.0, 51.0]
    drive, report = _cleaned(times, newest_first=True, lat=list(latitudes), lon=[7.0] * 4, speed=[1.0] * 4)
    assert drive.columns[LATITUDE] == [51.0, None, 51.0, 51.0]
    assert report.dropped[Rule.POSITION_JUMP, LATITUDE].line == 4


def test_a_way_no_position_of_which_fits_another_is_kept() -> None:
    drive, report = _cleaned([0, 1, 2], lat=[51.0, 55.0, 59.0], lon=[7.0] * 3)
    assert drive.points == 3
    assert not report.dropped


def test_a_far_place_where_the_vehicle_stays_is_kept() -> None:
    drive, report = _cleaned([0, 1, 2, 3], lat=[51.0, 51.0, 55.0, 55.0], lon=[7.0] * 4)
    assert drive.points == 4
    assert not report.dropped


@pytest.mark.parametrize(("off", "latitudes"), [([0], [61.0, 51.0, 51.0002, 51.0004]), ([3], [51.0, 51.0, 51.0, 41.0])])
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_first_or_last_position_far_off_the_others_is_dropped(
    off: list[int], latitudes: list[float], newest_first: bool
) -> None:
    times = [0, 5, 10, 15][:: -1 if newest_first else 1]
    cells: Cells = [*(reversed(latitudes) if newest_first else latitudes)]
    drive, report = _cleaned(times, newest_first=newest_first, lat=cells, lon=[7.0] * 4, speed=[1.0] * 4)
    assert drive.columns[LATITUDE] == [None if row in off else latitude for row, latitude in enumerate(latitudes)]
    assert distance_km(drive) < 1
    assert _counts(report) == {(Rule.POSITION_JUMP, LATITUDE): 1, (Rule.POSITION_JUMP, LONGITUDE): 1}


def test_both_ends_far_off_the_others_are_dropped() -> None:
    drive, _ = _cleaned([0, 5, 10, 15], lat=[61.0, 51.0, 51.0, 41.0], lon=[7.0] * 4, speed=[1.0] * 4)
    assert drive.columns[LATITUDE] == [None, 51.0, 51.0, None]


def test_a_first_position_far_away_but_long_before_is_kept() -> None:
    drive, report = _cleaned([0, 7_200, 7_205], lat=[61.0, 51.0, 51.0], lon=[7.0] * 3)
    assert drive.points == 3
    assert not report.dropped


def test_the_first_position_is_kept_where_two_after_it_are_far_off() -> None:
    drive, report = _cleaned([0, 5, 10, 15, 20], lat=[51.0, 55.0, 55.0, 51.0, 51.0], lon=[7.0] * 5)
    assert drive.points == 5
    assert not report.dropped


def test_a_row_repeated_is_dropped() -> None:
    drive, report = _cleaned([0, 0, 1, 0], speed=[1.0, 1.0, 2.0, 1.0])
    assert drive.columns == {SPEED: [1.0, 2.0]}
    assert _counts(report) == {(Rule.DUPLICATE_ROW, ""): 2}


def test_a_row_that_contradicts_another_of_its_time_is_dropped_whole() -> None:
    drive, report = _cleaned([0, 0], speed=[1.0, 2.0], rpm=[None, 900.0])
    assert drive.columns == {SPEED: [1.0]}
    assert _counts(report) == {(Rule.DUPLICATE_TIME, ""): 1}


def test_rows_of_one_moment_that_each_hold_one_sensor_are_joined() -> None:
    drive, report = _cleaned(
        [0, 0, 0, 1], speed=[1.0, None, None, 2.0], lat=[None, 51.0, None, None], lon=[None, None, 7.0, None]
    )
    assert drive.times_ms == [T0, T0 + 1_000]
    assert drive.columns == {SPEED: [1.0, 2.0], LATITUDE: [51.0, None], LONGITUDE: [7.0, None]}
    assert (report.rows_kept, report.rows_joined, report.rows_dropped) == (2, 2, 0)


def test_a_row_earlier_than_the_one_before_is_dropped() -> None:
    drive, report = _cleaned([0, 5, 3, 6], speed=[1.0, 2.0, 3.0, 4.0])
    assert drive.columns == {SPEED: [1.0, 2.0, 4.0]}
    assert report.dropped[Rule.TIME_BACKWARDS, ""].line == 4


def test_rows_that_run_on_from_an_earlier_time_are_left_to_another_drive() -> None:
    cleaner = Cleaner("car")
    times = [T0 + 1_000 * second for second in (100, 101, 102, 20, 21, 22)]
    rows = Rows(times, {SPEED: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]}, range(6))
    assert cleaner.add(rows) == 3
    assert cleaner.finish().columns == {SPEED: [1.0, 2.0, 3.0]}
    assert not cleaner.report.dropped


def test_rows_that_come_again_later_begin_no_drive() -> None:
    times, speed = [0, 1, 2, 100, 0, 1, 2], [1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0]
    drive, report = _cleaned(times, speed=list(speed))
    assert drive.points == 4
    assert _counts(report) == {(Rule.DUPLICATE_ROW, ""): 3}


def test_a_single_row_from_long_before_is_dropped() -> None:
    drive, report = _cleaned([100, 101, 5, 102, 3, 103], speed=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert drive.times_ms == [T0 + 1_000 * second for second in (100, 101, 102, 103)]
    assert report.dropped[Rule.TIME_BACKWARDS, ""].line == 4


def test_a_row_with_nothing_left_is_dropped() -> None:
    drive, report = _cleaned([0, 1, 2], speed=[1.0, 999.0, None], rpm=[None, None, None])
    assert drive.times_ms == [T0]
    assert set(drive.columns) == {SPEED}
    assert report.dropped[Rule.EMPTY_ROW, ""].count == 2


def test_a_time_before_any_car_had_a_receiver_is_dropped() -> None:
    cleaner = Cleaner("car")
    cleaner.add(Rows([86_400_000, T0], {SPEED: [1.0, 2.0]}, [1, 2]))
    assert cleaner.finish().times_ms == [T0]
    assert cleaner.report.dropped[Rule.BAD_TIME, ""].line == 1


def test_a_recording_that_runs_backwards_is_turned_round() -> None:
    drive, report = _cleaned([5, 4, 4, 4, 2], newest_first=True, batch=2, speed=[5.0, 4.0, 4.0, 3.0, 2.0])
    assert drive.times_ms == [T0 + 2_000, T0 + 4_000, T0 + 5_000]
    assert drive.columns == {SPEED: [2.0, 4.0, 5.0]}
    assert _counts(report) == {(Rule.DUPLICATE_ROW, ""): 1, (Rule.DUPLICATE_TIME, ""): 1}


def test_columns_that_come_later_are_missing_before() -> None:
    cleaner = Cleaner("car")
    cleaner.add(Rows([T0], {SPEED: [1.0]}, [1]))
    cleaner.add(Rows([T0 + 1], {RPM: [900.0]}, [2]))
    assert cleaner.finish().columns == {SPEED: [1.0, None], RPM: [None, 900.0]}


def test_reports_of_parts_add_up() -> None:
    _, one = _cleaned([0, 1], speed=[900.0, 1.0])
    _, two = _cleaned([0, 0, 1], speed=[1.0, 2.0, 800.0])
    one.add(two)
    assert _counts(one) == {(Rule.OUT_OF_RANGE, SPEED): 2, (Rule.DUPLICATE_TIME, ""): 1, (Rule.EMPTY_ROW, ""): 2}
    assert one.rows_kept == 2


CELL = st.none() | st.floats(-1e3, 1e3) | st.just(math.inf) | st.just(math.nan)
ROWS = st.lists(st.tuples(st.integers(0, 12), CELL, CELL), min_size=1, max_size=25)


@given(ROWS, st.integers(1, 25), st.booleans())
def test_every_row_is_kept_joined_or_dropped_and_batches_make_no_difference(
    rows: list[tuple[int, float | None, float | None]], batch: int, newest_first: bool
) -> None:
    times, speed, hdop = map(list, zip(*rows, strict=True))
    whole, report = _cleaned(times, newest_first=newest_first, speed=list(speed), hdop=list(hdop))
    parted, parted_report = _cleaned(times, newest_first=newest_first, batch=batch, speed=list(speed), hdop=list(hdop))
    assert (whole, report) == (parted, parted_report)
    assert report.rows_kept + report.rows_joined + report.rows_dropped == len(rows)
    assert all(earlier < later for earlier, later in zip(whole.times_ms, whole.times_ms[1:], strict=False))
    assert all(len(column) == whole.points for column in whole.columns.values())


@pytest.mark.parametrize("rule", Rule)
def test_each_rule_has_a_number_of_its_own_and_says_what_goes(rule: Rule) -> None:
    assert [other.number for other in Rule].count(rule.number) == 1
    assert rule.drops_row == rule.sentence.startswith(("row", "lines", "header"))
