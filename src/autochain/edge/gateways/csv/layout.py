"""The layout of a file: where its header is, what parts its cells, and what each column holds, found from a sample."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ....onchain.refusals import Reason, Refusal
from ....signals import CATALOGUE, SPEED
from .headers import Recognition, UsedColumn, example, quoted, recognise
from .mapping import FileMapping, check_columns
from .numbers import read_numbers
from .refusals import (
    BAD_TIMES,
    DAY_OR_MONTH,
    NO_DATE,
    NO_HEADER,
    NO_READINGS,
    NO_SIGNAL,
    NO_TIME_COLUMN,
    NOT_A_TABLE,
    with_mend,
)
from .times import MISSING, TimeFormat, Unread, found_format, moment, said_format, zone_named

if TYPE_CHECKING:
    from _csv import Reader

DELIMITERS = (",", ";", "\t", "|")
HEADER_WITHIN_LINES = 40
"""Some programs write a title and remarks before the header."""
ENOUGH_TIMES = 0.9
"""A column of which fewer cells can be read as times yields to another that may tell the time."""
NEWEST_FIRST_SHARE = 0.9

_COMMA = re.compile(r"[-+]?\d+(\.\d{3})*,\d+")
_MAYBE_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}")
_POINT = re.compile(r"[-+]?\d+(,\d{3})*\.\d+")
_READING = re.compile(r"[-+]?[\d.,:/ TZ-]*\d[\d.,:/ TZ-]*")


@dataclass(frozen=True, slots=True)
class Layout:
    """All that is needed to read the rows of a file."""

    header: tuple[str, ...]
    header_lines: int
    """How many lines there are up to the header and with it."""
    delimiter: str
    decimal: str
    columns: tuple[UsedColumn, ...]
    time_places: tuple[int, ...]
    time: TimeFormat
    vehicle: int | None
    track: int | None
    newest_first: bool
    ignored: dict[str, str]
    """Each column that is not used, and why not where that is not plain."""
    notes: tuple[str, ...]
    """What was taken for granted."""

    def time_cells(self, columns: Sequence[Sequence[str]]) -> Sequence[str]:
        """Gives the cells that tell the time, of several columns joined by a space."""
        if len(self.time_places) == 1:
            return columns[self.time_places[0]]
        return [" ".join(cells) for cells in zip(*(columns[place] for place in self.time_places), strict=True)]


@dataclass(frozen=True, slots=True)
class _Candidate:
    delimiter: str
    header: tuple[str, ...]
    header_lines: int
    found: Recognition

    @property
    def rank(self) -> tuple[bool, int, int, int]:
        found = self.found
        return bool(found.times and found.columns), len(found.columns), len(found.times), len(self.header)


def rows_of(lines: Iterable[str], delimiter: str) -> Reader:
    """Reads lines as rows of cells; the iterator has the number of lines read as `line_num`."""
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != " ")


def find_layout(sample: list[str], mapping: FileMapping) -> Layout:
    """Finds the layout of a file from its first lines; what can't be found is refused with a mapping that says it."""
    candidate = max(_candidates(sample, mapping), key=lambda candidate: candidate.rank, default=None)
    if candidate is None:
        raise NOT_A_TABLE("none of its first lines has two cells")
    check_columns(mapping, candidate.header)
    width = len(candidate.header)
    rows = [row for row in _whole_rows(sample[candidate.header_lines :], candidate.delimiter) if len(row) == width]
    rows = [row for row in rows if any(row) and tuple(row) != candidate.header]
    columns = list(zip(*rows, strict=True))
    _refuse_unknown(candidate, columns)
    if not rows:
        raise NO_READINGS(f"after line {candidate.header_lines}")
    decimal = mapping.decimal or _decimal_sign(columns, candidate)
    used, ignored = _with_numbers(columns, candidate.found, mapping, decimal)
    places, time = _time_of(columns, candidate, mapping)
    layout = Layout(
        header=candidate.header,
        header_lines=candidate.header_lines,
        delimiter=candidate.delimiter,
        decimal=decimal,
        columns=used,
        time_places=places,
        time=time,
        vehicle=candidate.found.vehicle,
        track=candidate.found.track,
        newest_first=False,
        ignored=ignored | {candidate.header[place]: "" for place in _spare_times(candidate.found, places)},
        notes=tuple(_notes(used, time, mapping)),
    )
    return replace(layout, newest_first=_newest_first(layout, columns))


def _candidates(sample: list[str], mapping: FileMapping) -> Iterator[_Candidate]:
    """Gives every line that may be the header under every delimiter, the likelier first."""
    for delimiter in (mapping.delimiter,) if mapping.delimiter else DELIMITERS:
        if mapping.header:
            header = tuple(mapping.header)
            fits = any(len(row) == len(header) for row in _whole_rows(sample[:HEADER_WITHIN_LINES], delimiter))
            if fits and _named(mapping) <= set(header):
                yield _Candidate(delimiter, header, 0, recognise(header, mapping))
            continue
        reader = rows_of(sample[:HEADER_WITHIN_LINES], delimiter)
        for row in _until_error(reader):
            header = tuple(cell.strip().strip("\ufeff#").strip() for cell in row)
            if len(header) > 1:
                said = mapping if _named(mapping) <= set(header) else FileMapping()
                candidate = _Candidate(delimiter, header, reader.line_num, recognise(header, said))
                yield candidate
                if candidate.rank[0]:
                    break


def _named(mapping: FileMapping) -> set[str]:
    return {*mapping.columns, *mapping.time.columns, mapping.vehicle, mapping.track} - {""}


def _whole_rows(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    return _until_error(rows_of(lines, delimiter))


def _until_error(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from rows
    except csv.Error:
        return


def _refuse_unknown(candidate: _Candidate, columns: Sequence[Sequence[str]]) -> None:
    header, found = candidate.header, candidate.found
    if found.times and found.columns:
        return
    seen = f"it has {', '.join(map(repr, header))}"[:2000]
    if sum(_READING.fullmatch(cell) is not None for cell in header) * 2 > len(header):
        names = ", ".join(quoted(f"column {place + 1}") for place in range(len(header)))
        raise with_mend(NO_HEADER, f"its first line holds {len(header)} readings", f"header = [{names}]")
    reason = NO_SIGNAL if found.times else NO_TIME_COLUMN
    speed = CATALOGUE[SPEED].unit
    words = {
        name
        for name, cells in zip(header, columns, strict=False)
        if all(_first_word(cells, decimal, speed) for decimal in ".,")
    }
    raise with_mend(reason, seen, example(header, found, words=words))


def _decimal_sign(columns: Sequence[Sequence[str]], candidate: _Candidate) -> str:
    cells = [cell.strip() for column in candidate.found.columns for cell in columns[column.index]]
    commas = [cell for cell in cells if _COMMA.fullmatch(cell)]
    points = [cell for cell in cells if _POINT.fullmatch(cell)]
    sure_commas, sure_points = (
        sum(not _MAYBE_THOUSANDS.fullmatch(cell) for cell in found) for found in (commas, points)
    )
    if sure_commas or sure_points:
        return "," if sure_commas > sure_points else "."
    # All are like 1,234. Where commas part the cells that is rather a thousand, in quotes; elsewhere one and a bit.
    return "," if len(commas) > len(points) and candidate.delimiter != "," else "."


def _with_numbers(
    columns: Sequence[Sequence[str]], found: Recognition, mapping: FileMapping, decimal: str
) -> tuple[tuple[UsedColumn, ...], dict[str, str]]:
    """Leaves out columns that were guessed to be a signal and hold words."""
    used, ignored = [], dict(found.ignored)
    for column in found.columns:
        word = _first_word(columns[column.index], decimal, column.unit)
        if word and mapping.column(column.header) is None:
            ignored[column.header] = f"its cells are no numbers, as {word[:40]!r}"
        else:
            used.append(column)
    return tuple(used), ignored


def _first_word(cells: Sequence[str], decimal: str, unit: str) -> str:
    """Gives a cell of a column that holds words and no number; nothing if it holds a number or is empty."""
    words: list[str] = []
    numbers = read_numbers(cells, decimal=decimal, unit=unit, to=unit, bad=lambda _, cell: words.append(cell))
    return words[0] if words and numbers.count(None) == len(numbers) else ""


def _time_of(
    columns: Sequence[Sequence[str]], candidate: _Candidate, mapping: FileMapping
) -> tuple[tuple[int, ...], TimeFormat]:
    said, found = mapping.time, candidate.found
    zone = zone_named(said.zone)
    start = moment(said.start, zone) if said.start else None
    best: tuple[tuple[bool, bool], tuple[int, ...], TimeFormat] | None = None
    failures: list[tuple[Unread, tuple[int, ...]]] = []
    for places, unit in found.times:
        cells = [" ".join(cells) for cells in zip(*(columns[place] for place in places), strict=True)]
        if said.formats:
            return places, said_format(said.formats, zone=zone, start=start)
        time = found_format(cells, unit=unit, zone=zone, start=start)
        if isinstance(time, Unread):
            failures.append((time, places))
            continue
        there = [cell for cell in cells if cell.strip().lower() not in MISSING]
        enough = sum(time_ms is not None for time_ms in time.parse(there)) >= ENOUGH_TIMES * len(cells)
        if best is None or (enough, time.zoned) > best[0]:
            best = (enough, time.zoned), places, time
    if best is None:
        raise _unreadable_times(candidate.header, failures)
    return best[1], best[2]


def _unreadable_times(header: Sequence[str], failures: list[tuple[Unread, tuple[int, ...]]]) -> Refusal:
    # A column that lacks only the day is a better lead than one that holds no times at all.
    unread, places = min(failures, key=lambda failure: failure[0].reason is BAD_TIMES)
    column = quoted(header[places[0]]) if len(places) == 1 else "[" + ", ".join(quoted(header[p]) for p in places) + "]"
    lines: dict[Reason, str] = {
        NO_DATE: 'start = "2024-05-01 08:00:00"   # when the recording began; of a time of day, its date',
        DAY_OR_MONTH: 'format = "%d/%m/%Y %H:%M:%S"   # or with the month first: "%m/%d/%Y %H:%M:%S"',
        BAD_TIMES: 'format = "%d.%m.%Y %H:%M:%S"   # as the file writes it, in the codes of strftime',
    }
    detail = f"column {' + '.join(header[place] for place in places)}: {unread.detail}"
    return with_mend(unread.reason, detail, f"[time]\ncolumn = {column}\n{lines[unread.reason]}")


def _spare_times(found: Recognition, places: tuple[int, ...]) -> set[int]:
    return {place for candidate, _ in found.times for place in candidate} - set(places)


def _notes(used: Sequence[UsedColumn], time: TimeFormat, mapping: FileMapping) -> Iterator[str]:
    if not time.zoned and not mapping.time.zone:
        yield 'The times name no zone and are taken as UTC; [time] zone = "Europe/Berlin" in a mapping says another.'
    for column in used:
        if column.assumed and column.unit not in ("", "degrees", "rpm"):
            yield f"{column.header!r} names no unit and is taken as {column.unit}."


def _newest_first(layout: Layout, columns: Sequence[Sequence[str]]) -> bool:
    """Tells whether the rows of each drive run from the newest to the oldest."""
    places = [place for place in (layout.vehicle, layout.track) if place is not None]
    by_key: dict[tuple[str, ...], list[int]] = {}
    for row, time_ms in enumerate(layout.time.parse(layout.time_cells(columns))):
        if time_ms is not None:
            by_key.setdefault(tuple(columns[place][row] for place in places), []).append(time_ms)
    steps = [
        later - earlier for times_ms in by_key.values() for earlier, later in pairwise(times_ms) if later != earlier
    ]
    return len(steps) > 2 and sum(step < 0 for step in steps) > NEWEST_FIRST_SHARE * len(steps)
