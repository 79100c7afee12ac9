"""A drive is what one vehicle measured from setting off to stopping, column by column."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from ..onchain.refusals import ensure

Column = list[float | None]
"""The readings of one signal, one per moment of the drive; None where there is none."""


MAX_POINTS = 50_000
"""A drive has at most this many moments; a longer one goes on as the next recording."""


def present(column: Column) -> list[float]:
    """Gives the readings there are in a column: the column itself if none is missing."""
    if None in column:
        return [value for value in column if value is not None]
    return cast(list[float], column)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one vehicle measured at one moment."""

    time_ms: int
    """Milliseconds since 1970-01-01T00:00:00Z."""
    values: Mapping[str, float]
    """The value of each signal by VSS path, in the signal's unit."""


@dataclass(slots=True)
class Drive:
    """The readings of one vehicle over one drive: strictly rising times, and columns of the same length as those."""

    vehicle: str
    """The vehicle's name in its own recording; it is local and never leaves for a chain or a reader."""
    track: str = ""
    """The recording's own name for the drive, if it has one."""
    times_ms: list[int] = field(default_factory=list)
    columns: dict[str, Column] = field(default_factory=dict)

    @property
    def points(self) -> int:
        """How many moments the drive has."""
        return len(self.times_ms)

    def append(self, reading: Reading) -> None:
        """Adds a moment after all others."""
        ensure(not self.times_ms or reading.time_ms > self.times_ms[-1], "a drive's times rise")
        for path in reading.values:
            if path not in self.columns:
                self.columns[path] = [None] * self.points
        for path, column in self.columns.items():
            column.append(reading.values.get(path))
        self.times_ms.append(reading.time_ms)

    def readings(self) -> Iterator[Reading]:
        """Goes through the drive moment by moment."""
        paths = list(self.columns)
        for row, time_ms in enumerate(self.times_ms):
            values = {path: value for path in paths if (value := self.columns[path][row]) is not None}
            yield Reading(time_ms, values)


def fingerprint_bytes(drive: Drive) -> bytes:
    """Writes times and values in one canonical form, so that a keyed hash of it recognises the same readings again.

    The order of columns, the names of vehicle and track, and columns without a value make no difference.
    """
    lines = [_little_endian(array("q", drive.times_ms))]
    for path in sorted(drive.columns):
        column = drive.columns[path]
        if any(value is not None for value in column):
            name = path.encode()
            lines.append(len(name).to_bytes(4, "little") + name)
            # Adding 0.0 makes one zero of 0.0 and -0.0; a missing reading is the one NaN there is.
            lines.append(_little_endian(array("d", [_MISSING if value is None else value + 0.0 for value in column])))
    return len(drive.times_ms).to_bytes(8, "little") + b"".join(lines)


_MISSING = float("nan")


def _little_endian(numbers: array[int] | array[float]) -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()
