"""Reads a file of recordings drive by drive; of a file of any size only the drives under way are in memory."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from operator import sub
from pathlib import Path

from ....onchain.refusals import Refusal
from ....signals import CATALOGUE, MAX_POINTS, Cleaner, Column, Drive, Report, Rows, Rule
from .checks import check_drive
from .headers import UsedColumn
from .layout import Layout, find_layout, rows_of
from .mapping import FileMapping
from .numbers import read_numbers
from .refusals import COLUMNS_CHANGE, NO_READINGS, NOTHING_KEPT
from .text import Reached, TextFile, open_text

SAMPLE_LINES = 1_000
SAMPLE_CHARACTERS = 2 * 1024 * 1024
BATCH_ROWS, BATCH_CHARACTERS = 4_096, 2 * 1024 * 1024
"""Rows are cleaned this many at a time, fewer where they are long."""
STEP_ROWS = 16
MAX_GAP_MS = 30 * 60_000
"""A drive ends where the next reading of its vehicle is further away than this, before or after."""
MAX_OPEN_DRIVES = 1_000
MAX_OPEN_POINTS = 200_000
"""Above either bound the drive that was idle longest is closed; should it go on, that is the next recording."""

MAX_NAME_CHARACTERS = 200
MAX_REFUSED = 1_000
"""Of more drives that are refused, the others are only counted."""

Key = tuple[str, str]
"""Vehicle and track, as the file writes them."""


@dataclass(frozen=True, slots=True)
class DriveRefused:
    """A drive that was read and then refused as a whole."""

    vehicle: str
    track: str
    first_line: int
    """Where it begins in the file; 0 where that is not known any more."""
    rows: int
    refusal: Refusal


@dataclass(slots=True)
class FileReport:
    """What was found in a file; complete once all its drives were read."""

    path: Path
    layout: Layout
    encoding: str
    compression: str
    drives: int = 0
    cleaning: Report = field(default_factory=Report)
    """What was kept and dropped in all drives together and outside of them; refused drives are not in it."""
    refused: list[DriveRefused] = field(default_factory=list)
    refused_more: int = 0
    """How many drives were refused beyond those."""
    stopped: Refusal | None = None
    """Why the file could not be read to its end, or why nothing of it was taken in."""

    def refuse(self, drive: Drive, refusal: Refusal, *, first_line: int, rows: int) -> None:
        """Notes a drive that is refused, without the readings that its traceback would keep in memory."""
        if len(self.refused) == MAX_REFUSED:
            self.refused_more += 1
            return
        bare = refusal.with_traceback(None)
        self.refused.append(DriveRefused(drive.vehicle, drive.track, first_line, rows, bare))


@dataclass(slots=True)
class _OpenDrive:
    cleaner: Cleaner
    first_line: int


class Recording:
    """A file of recorded drives. Iterate it once for the drives, each with its own report; then see `report`."""

    def __init__(self, path: Path, mapping: FileMapping, progress: Callable[[Reached], None] | None) -> None:
        self._path, self._encoding = path, mapping.encoding
        with open_text(path, encoding=self._encoding) as text:
            sample, stopped = _sample(text.lines())
            try:
                self._layout = find_layout(sample, mapping)
            except Refusal as refusal:
                if stopped and refusal.reason is NO_READINGS:
                    raise stopped from refusal
                raise
        self._name = path.name.removesuffix(".gz").rsplit(".", 1)[0]
        self._progress = progress or (lambda _: None)
        self._open: dict[Key, _OpenDrive] = {}
        """The drives under way, the one that was idle longest first."""
        self._closed: list[tuple[Drive, Report]] = []
        self._lines = self._layout.header_lines
        """How many lines were taken, as far as `progress` is told."""
        self.report = FileReport(path, self._layout, text.encoding, text.compression)

    def __iter__(self) -> Iterator[tuple[Drive, Report]]:
        with open_text(self._path, encoding=self._encoding) as text:
            try:
                for rows, lines in self._batches(text):
                    self._take(rows, lines)
                    self._bound_memory()
                    self._progress(text.reached(lines=self._lines))
                    yield from self._handed_over()
            except Refusal as refusal:
                self.report.stopped = refusal
            self._progress(text.reached(lines=self._lines))
        for key in list(self._open):
            self._close(key)
        if not (self.report.drives or self.report.refused or self.report.stopped):
            self.report.stopped = _nothing_kept(self.report.cleaning)
        self.report.encoding = text.encoding
        yield from self._handed_over()

    def _handed_over(self) -> Iterator[tuple[Drive, Report]]:
        closed, self._closed = self._closed, []
        yield from closed

    def _batches(self, text: TextFile) -> Iterator[tuple[list[list[str]], Sequence[int]]]:
        """Gives the rows of the file, all as wide as the header, and the line on which each begins."""
        line = self._layout.header_lines
        reader = rows_of(islice(text.lines(), line, None), self._layout.delimiter)
        ended = False
        while not ended:
            rows: list[list[str]] = []
            broken, stopped = False, None
            full = text.characters + BATCH_CHARACTERS
            try:
                while len(rows) < BATCH_ROWS and text.characters <= full and not ended:
                    before = len(rows)
                    text.begin_rows()
                    rows.extend(islice(reader, STEP_ROWS))
                    ended = len(rows) < before + STEP_ROWS
            except csv.Error:
                broken = True
            except Refusal as refusal:
                stopped = refusal
            end = self._lines = self._layout.header_lines + reader.line_num
            if len(rows) == end - line and set(map(len, rows)) == {len(self._layout.header)}:
                yield rows, range(line + 1, end + 1)
            elif rows:
                yield self._fitted(rows, line, cut_off=text.ends_open)
            if broken:
                read = line + sum(map(_height, rows))
                self.report.cleaning.drop(Rule.BROKEN_QUOTE, line=read + 1, example="", count=end - read)
            if stopped:
                raise stopped
            line = end

    def _fitted(self, rows: list[list[str]], line: int, *, cut_off: bool) -> tuple[list[list[str]], list[int]]:
        """Makes rows as wide as the header or drops them, and finds the line of each."""
        width, report = len(self._layout.header), self.report.cleaning
        fitted, lines = [], []
        for row in rows:
            first, line = line + 1, line + _height(row)
            if not any(row):
                continue
            if len(row) != width and line > first:
                report.drop(Rule.BROKEN_QUOTE, line=first, example=" ".join(row)[:40], count=line + 1 - first)
            elif any(row[width:]):
                report.drop(Rule.TOO_MANY_CELLS, line=first, example=self._layout.delimiter.join(row[width:])[:40])
            elif len(row) < width and cut_off and row is rows[-1]:
                report.drop(Rule.CUT_OFF, line=first, example=row[-1][:40])
            else:
                fitted.append((row + [""] * (width - len(row)))[:width])
                lines.append(first)
        return fitted, lines

    def _take(self, rows: list[list[str]], lines: Sequence[int]) -> None:
        """Takes rows, of which some may be the header again."""
        header = list(self._layout.header)
        place = self._layout.time_places[0]
        start = 0
        for again, row in enumerate(rows):
            if row[place] == header[place]:
                self._part_by_vehicle(rows[start:again], lines[start:again])
                start = again + 1
                if [cell.strip() for cell in row] != header:
                    raise COLUMNS_CHANGE(f"line {lines[again]} is {', '.join(row)}"[:300])
                self.report.cleaning.drop(Rule.REPEATED_HEADER, line=lines[again], example="")
        self._part_by_vehicle(rows[start:], lines[start:])

    def _part_by_vehicle(self, rows: list[list[str]], lines: Sequence[int]) -> None:
        if not rows:
            return
        columns: list[Sequence[str]] = list(zip(*rows, strict=True))
        places = [place for place in (self._layout.vehicle, self._layout.track) if place is not None]
        if all(columns[place].count(columns[place][0]) == len(rows) for place in places):
            self._read_times(self._key(rows[0]), columns, lines)
            return
        groups: dict[Key, list[int]] = {}
        for number, row in enumerate(rows):
            groups.setdefault(self._key(row), []).append(number)
        for key, numbers in groups.items():
            self._read_times(key, *_picked(columns, lines, numbers))

    def _key(self, row: list[str]) -> Key:
        vehicle, track = self._layout.vehicle, self._layout.track
        return (
            "" if vehicle is None else row[vehicle].strip()[:MAX_NAME_CHARACTERS],
            "" if track is None else row[track].strip()[:MAX_NAME_CHARACTERS],
        )

    def _read_times(self, key: Key, columns: list[Sequence[str]], lines: Sequence[int]) -> None:
        """Takes rows of one vehicle and track, and drops those whose time can't be read."""
        cells = self._layout.time_cells(columns)
        times = self._layout.time.parse(cells)
        timed = [row for row, time_ms in enumerate(times) if time_ms is not None]
        if len(timed) < len(times):
            for row, time_ms in enumerate(times):
                if time_ms is None and any(column[row].strip() for column in columns):
                    report = self._opened(key, lines[row]).report
                    report.drop(Rule.BAD_TIME, line=lines[row], example=cells[row][:40])
            columns, lines = _picked(columns, lines, timed)
        self._part_by_time(key, [time_ms for time_ms in times if time_ms is not None], columns, lines)

    def _part_by_time(self, key: Key, times: list[int], columns: list[Sequence[str]], lines: Sequence[int]) -> None:
        """Takes rows of one vehicle and track, and begins a new drive after each gap."""
        if not times:
            return
        cleaner = self._opened(key, lines[0])
        breaks, jumps = _breaks(times, after_ms=cleaner.last_ms, newest_first=self._layout.newest_first)
        for row in jumps:
            cleaner.report.drop(Rule.TIME_JUMP, line=lines[row], example=self._layout.time_cells(columns)[row][:40])
        if jumps:
            rest = [row for row in range(len(times)) if row not in jumps]
            self._part_by_time(key, [times[row] for row in rest], *_picked(columns, lines, rest))
            return
        for start, end in pairwise(sorted({0, *breaks, len(times)})):
            if start in breaks:
                self._close(key)
            self._clean(key, times[start:end], [column[start:end] for column in columns], lines[start:end])

    def _clean(self, key: Key, times: list[int], columns: list[Sequence[str]], lines: Sequence[int]) -> None:
        """Takes rows of one drive, and goes on in a new one where it is full."""
        start = 0
        while start < len(times):
            cleaner = self._opened(key, lines[start])
            if cleaner.points >= MAX_POINTS:
                self._close(key)
                cleaner = self._opened(key, lines[start])
            end = start + MAX_POINTS - cleaner.points
            numbers = {
                column.signal: self._numbers(column, columns[column.index][start:end], lines[start:end], cleaner.report)
                for column in self._layout.columns
            }
            rows = Rows(times[start:end], numbers, lines[start:end])
            taken = cleaner.add(rows)
            while taken < len(rows.times_ms):
                self._close(key)
                rows = rows.part(taken, len(rows.times_ms))
                taken = self._opened(key, rows.lines[0]).add(rows)
            start = end

    def _numbers(self, column: UsedColumn, cells: Sequence[str], lines: Sequence[int], report: Report) -> Column:
        def bad(row: int, cell: str) -> None:
            report.drop(Rule.NOT_A_NUMBER, column=column.signal, line=lines[row], example=cell[:40])

        unit = CATALOGUE[column.signal].unit
        return read_numbers(cells, decimal=self._layout.decimal, unit=column.unit, to=unit, bad=bad)

    def _opened(self, key: Key, line: int) -> Cleaner:
        """Gives the drive under way of a vehicle and track, and marks it as the one used last."""
        drive = self._open.pop(key, None)
        if drive is None:
            vehicle, track = key
            cleaner = Cleaner(vehicle or track or self._name, track=track, newest_first=self._layout.newest_first)
            drive = _OpenDrive(cleaner, line)
        self._open[key] = drive
        return drive.cleaner

    def _close(self, key: Key) -> None:
        drive = self._open.pop(key)
        finished, report = drive.cleaner.finish(), drive.cleaner.report
        try:
            check_drive(finished, report, self._layout)
        except Refusal as refusal:
            rows = report.rows_kept + report.rows_joined + report.rows_dropped
            self.report.refuse(finished, refusal, first_line=drive.first_line, rows=rows)
            return
        self.report.cleaning.add(report)
        if finished.points:
            self.report.drives += 1
            self._closed.append((finished, report))

    def _bound_memory(self) -> None:
        points = sum(drive.cleaner.points for drive in self._open.values())
        while points > MAX_OPEN_POINTS or len(self._open) > MAX_OPEN_DRIVES:
            idle = next(iter(self._open))
            points -= self._open[idle].cleaner.points
            self._close(idle)


def read_drives(
    path: Path, mapping: FileMapping | None = None, *, progress: Callable[[Reached], None] | None = None
) -> Recording:
    """Opens a file of recorded drives; `progress` is told how far it was read.

    What is wrong with the file as a whole is refused here. Trouble further down ends the drives early and stands in the
    recording's report, and so do drives that are refused on their own.
    """
    return Recording(path, mapping or FileMapping(), progress)


def _sample(lines: Iterator[str]) -> tuple[list[str], Refusal | None]:
    """Takes the first lines of a file, those before a tear if it comes that early, and the tear."""
    sample: list[str] = []
    characters = 0
    try:
        for line in lines:
            sample.append(line)
            characters += len(line)
            if len(sample) >= SAMPLE_LINES or characters >= SAMPLE_CHARACTERS:
                break
    except Refusal as refusal:
        if not sample:
            raise
        return sample, refusal
    return sample, None


def _nothing_kept(cleaning: Report) -> Refusal:
    """Says why no row was taken in: the rule that dropped most, of several the one that stands first."""
    if not cleaning.dropped:
        return NOTHING_KEPT()
    ranks = {key: (dropped.count, -key[0].number) for key, dropped in cleaning.dropped.items()}
    rule, column = max(ranks, key=lambda key: ranks[key])
    dropped = cleaning.dropped[rule, column]
    where = f"{column}: " if column else ""
    return NOTHING_KEPT(f"{where}{dropped.count} x {rule.sentence}, first in line {dropped.line}")


def _height(row: list[str]) -> int:
    """Gives over how many lines a row goes: a quoted cell may hold line breaks."""
    return 1 + sum(cell.count("\n") for cell in row)


def _picked(
    columns: list[Sequence[str]], lines: Sequence[int], rows: Sequence[int]
) -> tuple[list[Sequence[str]], list[int]]:
    return [[column[row] for row in rows] for column in columns], [lines[row] for row in rows]


def _breaks(times: list[int], *, after_ms: int | None, newest_first: bool) -> tuple[list[int], set[int]]:
    """Gives the rows at which a new drive begins, and single rows far from the ones before and after them."""
    latest = times[0] if after_ms is None else after_ms
    steps = list(map(sub, times, [latest, *times[:-1]]))
    if min(steps) >= -MAX_GAP_MS and max(steps) <= MAX_GAP_MS:
        return [], set()
    breaks: list[int] = []
    jumps: set[int] = set()
    for row, time_ms in enumerate(times):
        if abs(time_ms - latest) > MAX_GAP_MS:
            if row + 1 < len(times) and abs(times[row + 1] - latest) <= MAX_GAP_MS:
                jumps.add(row)
                continue
            breaks.append(row)
            latest = time_ms
        elif (time_ms > latest) is not newest_first:
            latest = time_ms
    return breaks, jumps
