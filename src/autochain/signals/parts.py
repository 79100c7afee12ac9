"""A drive leaves its vehicle in parts: one per category and precision, so that speed can be shared without position.

A part is a gzipped Arrow stream: `time_ms`, then a column of floats per signal under its VSS path with its unit in the
field's metadata. Any Arrow reader opens it once it is unpacked. It does not name the vehicle.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import compress, groupby, pairwise

from ..onchain.refusals import ensure
from .arrow import Table, read_table, write_table
from .catalogue import CATALOGUE, VSS_VERSION, Category, Coarse, Signal, category_of
from .drive import Column, Drive, present
from .refusals import BAD_PART, PARTS_CLASH

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
AREA_DECIMALS = 2


class Precision(StrEnum):
    """How closely a part shows a drive."""

    EXACT = "exact"
    """Every reading as it was measured."""
    COARSE = "coarse"
    """One row a minute: means, and of the position only the area."""
    AGGREGATE = "aggregate"
    """One row for the whole drive at its hour: means, and nothing of the position."""


@dataclass(slots=True)
class Part:
    """The readings of one category of a drive at one precision."""

    category: Category
    precision: Precision
    times_ms: list[int]
    columns: dict[str, Column]


def split(drive: Drive) -> dict[tuple[Category, Precision], bytes]:
    """Splits a drive into the parts that hold a reading; the exact ones together hold all of it.

    A row stands in the parts of those categories that it has a reading of; a row without any stands in the first one.
    """
    minutes = list(_minutes(drive.times_ms))
    whole = [(drive.times_ms[0] // HOUR_MS * HOUR_MS, 0, len(drive.times_ms))] if drive.times_ms else []
    bare = _bare_rows(drive.columns.values())
    parts: dict[tuple[Category, Precision], bytes] = {}
    for category in Category:
        columns = {
            path: column
            for path, column in drive.columns.items()
            if category_of(path) is category and column.count(None) < len(column)
        }
        if not columns:
            continue
        shown = {
            Precision.EXACT: _without_rows(drive.times_ms, columns, kept=set() if parts else bare),
            Precision.COARSE: _summarised(minutes, columns, withheld=(Coarse.WITHHELD,)),
            Precision.AGGREGATE: _summarised(whole, columns, withheld=(Coarse.WITHHELD, Coarse.AREA)),
        }
        for precision, (times_ms, summary) in shown.items():
            if times_ms:
                parts[category, precision] = _write(Part(category, precision, times_ms, summary))
    ensure(parts or not drive.points, "a drive has at least one reading")
    return parts


def read_part(data: bytes) -> Part:
    """Reads a part from anyone; what is not one is refused."""
    table = read_table(data)
    about = table.about
    if about.get("category") not in set(Category) or about.get("precision") not in set(Precision):
        raise BAD_PART("it names no category and precision")
    part = Part(Category(about["category"]), Precision(about["precision"]), table.times_ms, table.columns)
    for path, column in part.columns.items():
        if not path.startswith("Vehicle.") or category_of(path) is not part.category:
            raise BAD_PART(f"{path[:100]} is no signal of {part.category}")
        if not all(value is None or math.isfinite(value) for value in column):
            raise BAD_PART(f"{path[:100]} has a value that is no number")
    if None in part.times_ms or any(later <= earlier for earlier, later in pairwise(part.times_ms)):
        raise BAD_PART("its times don't rise")
    return part


def merge(parts: Iterable[bytes], *, vehicle: str = "", track: str = "") -> Drive:
    """Puts a drive together again from its exact parts, of all categories or of some."""
    exact = [read_part(data) for data in parts]
    categories = [part.category for part in exact]
    if len(set(categories)) != len(categories) or any(part.precision is not Precision.EXACT for part in exact):
        raise PARTS_CLASH(", ".join(f"{part.category} {part.precision}" for part in exact))
    times_ms = sorted({time_ms for part in exact for time_ms in part.times_ms})
    row_of = {time_ms: row for row, time_ms in enumerate(times_ms)}
    drive = Drive(vehicle, track, times_ms)
    for part in exact:
        for path, column in part.columns.items():
            whole: Column = [None] * len(times_ms)
            for time_ms, value in zip(part.times_ms, column, strict=True):
                whole[row_of[time_ms]] = value
            drive.columns[path] = whole
    return drive


def _write(part: Part) -> bytes:
    about = {"category": part.category.value, "precision": part.precision.value, "vss": VSS_VERSION}
    # Columns stand by name, so that the order in which a gateway met them makes no difference to the bytes.
    columns = dict(sorted(part.columns.items()))
    return write_table(Table(about, part.times_ms, columns), units={path: CATALOGUE[path].unit for path in columns})


def _bare_rows(columns: Iterable[Column]) -> set[int]:
    """Gives the rows without any reading."""
    bare: set[int] | None = None
    for column in columns:
        missing = {row for row, value in enumerate(column) if value is None} if None in column else set()
        bare = missing if bare is None else bare & missing
        if not bare:
            return set()
    return bare or set()


def _without_rows(
    times_ms: list[int], columns: dict[str, Column], *, kept: set[int]
) -> tuple[list[int], dict[str, Column]]:
    """Leaves out the rows in which every column is missing, except those to be kept."""
    empty = _bare_rows(columns.values()) - kept
    if not empty:
        return times_ms, columns
    filled = [row not in empty for row in range(len(times_ms))]
    return list(compress(times_ms, filled)), {path: list(compress(column, filled)) for path, column in columns.items()}


def _minutes(times_ms: list[int]) -> Iterator[tuple[int, int, int]]:
    """Gives each minute with a reading as its start and the rows from one up to but without another."""
    start = 0
    for minute, rows in groupby(time_ms // MINUTE_MS for time_ms in times_ms):
        end = start + sum(1 for _ in rows)
        yield minute * MINUTE_MS, start, end
        start = end


def _summarised(
    spans: list[tuple[int, int, int]], columns: dict[str, Column], *, withheld: tuple[Coarse, ...]
) -> tuple[list[int], dict[str, Column]]:
    """Gives one row for each span of rows, without the signals that are withheld."""
    summary: dict[str, Column] = {
        path: [_summary_of(CATALOGUE[path], column[start:end]) for _, start, end in spans]
        for path, column in columns.items()
        if CATALOGUE[path].coarse not in withheld
    }
    if not summary:
        return [], {}
    return _without_rows([time_ms for time_ms, _, _ in spans], summary, kept=set())


def _summary_of(signal: Signal, values: Column) -> float | None:
    there = present(values)
    if not there:
        return None
    if signal.coarse is Coarse.LAST:
        return there[-1]
    if signal.coarse is Coarse.AREA:
        return round(there[0], AREA_DECIMALS)
    return math.fsum(there) / len(there)
