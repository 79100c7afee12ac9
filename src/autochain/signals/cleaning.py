"""Cleaning takes the rows of one drive as they come and keeps what can be true, saying what it drops and why."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import compress, islice, pairwise
from operator import lt, sub

from .catalogue import CATALOGUE, LATITUDE, LONGITUDE, Signal
from .drive import Column, Drive, present
from .measures import haversine_km, positions
from .report import Report, Rule

MIN_TIME_MS = 631_152_000_000
"""1990-01-01T00:00:00Z: before it no car had a receiver, and clocks that were never set show 1970 or 1980."""
MAX_TIME_MS = 4_102_444_800_000
"""2100-01-01T00:00:00Z."""
ANEW_MS = 60_000
"""A row this much earlier than the last one is no slip of a clock: another drive begins ..."""
ANEW_ROWS = 6
"""... if this many rows run on from it."""
RANGE_SLACK = 1e-6
"""How far beyond a bound, as a share of the range, a reading may lie: interpolated floats say 100.0000015 for 100."""
JUMP_DEGREES = 0.01
"""Only a step of more than this, about a kilometre, is looked at as a jump."""
JUMP_KMH = 1_000.0
"""The first or last position of a drive is a jump if it alone takes more than this to get to the others; one between
others is if it takes more than this to get there or to get away ..."""
ROAD_KMH = 400.0
"""... while the positions before and after it are within this of each other."""


@dataclass(slots=True)
class Rows:
    """Some rows of one drive, column by column, in the order in which they were recorded."""

    times_ms: list[int]
    columns: dict[str, Column]
    """By VSS path, in the signal's unit; the cleaner takes them over and may change them."""
    lines: Sequence[int]
    """The line of each row in its file, or its number in its stream, for the report."""

    def part(self, start: int, end: int) -> Rows:
        """Gives the rows from `start` up to but without `end`."""
        columns = {path: column[start:end] for path, column in self.columns.items()}
        return Rows(self.times_ms[start:end], columns, self.lines[start:end])


class Cleaner:
    """Cleans one drive: `add` its rows as they come, `finish` it once.

    A cell that can't be true goes and its row stays; a row goes only for its time, or when nothing is left in it.
    """

    def __init__(self, vehicle: str, *, track: str = "", newest_first: bool = False) -> None:
        self.report = Report()
        self._drive = Drive(vehicle, track)
        self._lines: list[int] = []
        self._sign = -1 if newest_first else 1
        """Times of a recording that runs backwards are held negated until the drive is finished, so that they rise."""

    @property
    def points(self) -> int:
        """How many rows are held so far."""
        return len(self._lines)

    @property
    def last_ms(self) -> int | None:
        """The time of the row that stands furthest in the drive's direction."""
        return abs(self._drive.times_ms[-1]) if self._drive.times_ms else None

    def add(self, rows: Rows) -> int:
        """Takes the next rows, and gives how many: the rest are of another drive if time begins anew there."""
        held = self._drive.columns
        for path, column in rows.columns.items():
            self._drop_impossible(CATALOGUE[path], column, rows.lines)
            held.setdefault(path, [None] * self.points)
        times = rows.times_ms if self._sign > 0 else [-time_ms for time_ms in rows.times_ms]
        if self._all_in_order(times) and rows.columns.keys() == held.keys():
            for path, column in rows.columns.items():
                held[path] += column
            self._drive.times_ms += times
            self._lines += rows.lines
            return len(times)
        for row, time in enumerate(times):
            cells = {path: column[row] for path, column in rows.columns.items()}
            if self._begins_anew(times[row : row + ANEW_ROWS], cells):
                return row
            self._add_row(cells, time, rows.lines[row])
        return len(times)

    def finish(self) -> Drive:
        """Drops what can only be judged in the whole drive, and gives what is left."""
        drive = self._drive
        self._drop_half_positions()
        if self._sign < 0:
            drive.times_ms = [-time for time in reversed(drive.times_ms)]
            drive.columns = {path: column[::-1] for path, column in drive.columns.items()}
            self._lines.reverse()
        self._drop_jumps()
        self._drop_leaps_at_ends()
        self._drop_empty_rows()
        drive.columns = {path: column for path, column in drive.columns.items() if column.count(None) < len(column)}
        self.report.rows_kept += drive.points
        return drive

    def _drop_impossible(self, signal: Signal, column: Column, lines: Sequence[int]) -> None:
        there = present(column)
        slack = RANGE_SLACK * (signal.maximum - signal.minimum)
        minimum, maximum = signal.minimum - slack, signal.maximum + slack
        # The sum is finite only if every value is, and spares a look at each of them.
        if not there or (math.isfinite(sum(there)) and minimum <= min(there) and max(there) <= maximum):
            return
        for row, value in enumerate(column):
            if value is None or minimum <= value <= maximum:
                continue
            column[row] = None
            if not math.isnan(value):
                rule = Rule.INFINITE if math.isinf(value) else Rule.OUT_OF_RANGE
                self.report.drop(
                    rule, column=signal.path, line=lines[row], example=f"{value:.10g} {signal.unit}".strip()
                )

    def _all_in_order(self, times: list[int]) -> bool:
        held = self._drive.times_ms
        return (
            bool(times)
            and min(abs(times[0]), abs(times[-1])) >= MIN_TIME_MS
            and max(abs(times[0]), abs(times[-1])) <= MAX_TIME_MS
            and (not held or held[-1] < times[0])
            and all(map(lt, times, islice(times, 1, None)))
        )

    def _add_row(self, cells: dict[str, float | None], time: int, line: int) -> None:
        times = self._drive.times_ms
        if not MIN_TIME_MS <= abs(time) <= MAX_TIME_MS:
            self.report.drop(Rule.BAD_TIME, line=line, example=str(abs(time)))
        elif not times or time > times[-1]:
            times.append(time)
            self._lines.append(line)
            for path, column in self._drive.columns.items():
                column.append(cells.get(path))
        else:
            self._join(cells, time, line)

    def _begins_anew(self, times: list[int], cells: dict[str, float | None]) -> bool:
        """Tells whether rows run on from a time well before the last one, and are not the same ones once more."""
        held = self._drive.times_ms
        if not held or times[0] > held[-1] - ANEW_MS:
            return False
        if len(times) < 2 or times[1] >= held[-1] or not all(map(lt, times, times[1:])):
            return False
        row = bisect_left(held, times[0])
        return held[row] != times[0] or any(cell != self._drive.columns[path][row] for path, cell in cells.items())

    def _join(self, cells: dict[str, float | None], time: int, line: int) -> None:
        """Takes a row that is not later than the last one: it may fill the gaps of a row of its own time, no more."""
        times, columns = self._drive.times_ms, self._drive.columns
        row = bisect_left(times, time)
        example = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=abs(time))).isoformat()
        if times[row] != time:
            self.report.drop(Rule.TIME_BACKWARDS, line=line, example=example)
            return
        news = {path: cell for path, cell in cells.items() if cell is not None and cell != columns[path][row]}
        if not news:
            self.report.drop(Rule.DUPLICATE_ROW, line=line, example=example)
        elif any(columns[path][row] is not None for path in news):
            self.report.drop(Rule.DUPLICATE_TIME, line=line, example=example)
        else:
            for path, cell in news.items():
                columns[path][row] = cell
            self.report.rows_joined += 1

    def _drop_half_positions(self) -> None:
        columns = self._drive.columns
        nowhere: Column = [None] * self.points
        latitudes, longitudes = (columns.get(LATITUDE, nowhere), columns.get(LONGITUDE, nowhere))
        if not any(None in column or 0.0 in column for column in (latitudes, longitudes)):
            return
        for row, (latitude, longitude) in enumerate(zip(latitudes, longitudes, strict=True)):
            if latitude is None and longitude is not None:
                self._drop_cell(Rule.HALF_POSITION, LONGITUDE, row)
            elif longitude is None and latitude is not None:
                self._drop_cell(Rule.HALF_POSITION, LATITUDE, row)
            elif latitude == 0 and longitude == 0:
                self._drop_cell(Rule.NO_FIX, LATITUDE, row)
                self._drop_cell(Rule.NO_FIX, LONGITUDE, row)

    def _drop_jumps(self) -> None:
        if not any(_steps_wide(self._drive.columns.get(path, [])) for path in (LATITUDE, LONGITUDE)):
            return
        times = self._drive.times_ms
        places = list(positions(self._drive))
        for (row_1, start), (row_2, place), (row_3, end) in zip(places, places[1:], places[2:], strict=False):
            if abs(start[0] - place[0]) < JUMP_DEGREES and abs(start[1] - place[1]) < JUMP_DEGREES:
                continue
            hours_1, hours_2 = ((times[row_2] - times[row_1]) / 3_600_000, (times[row_3] - times[row_2]) / 3_600_000)
            there, away = (haversine_km(start, place) / hours_1, haversine_km(place, end) / hours_2)
            if max(there, away) > JUMP_KMH and haversine_km(start, end) / (hours_1 + hours_2) < ROAD_KMH:
                self._drop_cell(Rule.POSITION_JUMP, LATITUDE, row_2)
                self._drop_cell(Rule.POSITION_JUMP, LONGITUDE, row_2)

    def _drop_leaps_at_ends(self) -> None:
        """Drops the first and the last position where no vehicle gets from there to the others, and those fit."""
        if not any(_steps_wide(self._drive.columns.get(path, [])) for path in (LATITUDE, LONGITUDE)):
            return
        times, places = self._drive.times_ms, list(positions(self._drive))
        leaps = {
            step
            for step, ((row_1, start), (row_2, end)) in enumerate(pairwise(places))
            if max(abs(start[0] - end[0]), abs(start[1] - end[1])) >= JUMP_DEGREES
            and haversine_km(start, end) * 3_600_000 / (times[row_2] - times[row_1]) > JUMP_KMH
        }
        first, last = 0, len(places) - 2
        # A leap between the others as well leaves open which of them is off, and two positions have to agree.
        if leaps <= {first, last} and len(places) - len(leaps) >= 2:
            for row in [places[0 if step == first else -1][0] for step in sorted(leaps)]:
                self._drop_cell(Rule.POSITION_JUMP, LATITUDE, row)
                self._drop_cell(Rule.POSITION_JUMP, LONGITUDE, row)

    def _drop_empty_rows(self) -> None:
        drive = self._drive
        if any(None not in column for column in drive.columns.values()):
            return
        columns = list(drive.columns.values())
        filled = [any(column[row] is not None for column in columns) for row in range(drive.points)]
        for line, kept in zip(self._lines, filled, strict=True):
            if not kept:
                self.report.drop(Rule.EMPTY_ROW, line=line, example="")
        drive.times_ms = list(compress(drive.times_ms, filled))
        drive.columns = {path: list(compress(column, filled)) for path, column in drive.columns.items()}

    def _drop_cell(self, rule: Rule, path: str, row: int) -> None:
        column = self._drive.columns[path]
        self.report.drop(rule, column=path, line=self._lines[row], example=f"{column[row]:.10g}")
        column[row] = None


def _steps_wide(column: Column) -> bool:
    """Tells whether some step from one angle to the next is wide enough to be looked at as a jump."""
    angles = present(column)
    return max(map(abs, map(sub, angles[1:], angles)), default=0.0) >= JUMP_DEGREES
