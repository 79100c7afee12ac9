"""A mapping file tells what the gateway can't guess about a recording: a small TOML; any part may be left out.

vehicle = "car"              # the column that names the vehicle
track = "trip"               # the column that names the drive
delimiter = ";"
decimal = ","
encoding = "latin-1"
header = ["id", "t", "v"]    # names for the columns of a file without a header

[time]
column = "t"                 # or ["date", "time"], read as one; or ["day", "ms"] with format = ["days", "ms"], added up
format = "s"                 # iso, days, h, min, s, ms, us, ns, or a pattern such as "%d.%m.%Y %H:%M:%S"
zone = "Europe/Berlin"       # of times that don't name one
start = "2024-05-01 08:00"   # where times count from the start of the recording; of a time of day, the date

[columns]
"v" = { signal = "Vehicle.Speed", unit = "mph" }
"rpm" = "Vehicle.Powertrain.CombustionEngine.Speed"
"note" = "ignore"
"""

from __future__ import annotations

import difflib
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ....signals import CATALOGUE, convertible, unit_named
from .refusals import BAD_MAPPING, CANNOT_OPEN, NO_SUCH_COLUMN

IGNORE = "ignore"
MAX_MAPPING_BYTES = 1024 * 1024


class ColumnMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one column holds."""

    signal: str
    """A VSS path, or "ignore"."""
    unit: str = ""
    """The unit the file uses, or empty for the one its header names, else the signal's own."""


class TimeMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where and how the file tells the time; what is empty is guessed."""

    column: str | list[str] = ""
    format: str | list[str] = ""
    zone: str = ""
    start: str = ""

    @property
    def columns(self) -> list[str]:
        return _listed(self.column)

    @property
    def formats(self) -> list[str]:
        return _listed(self.format)


class FileMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says about a file; what is empty is guessed."""

    vehicle: str = ""
    track: str = ""
    delimiter: str = ""
    decimal: str = ""
    encoding: str = ""
    header: list[str] = []
    time: TimeMapping = TimeMapping()
    columns: dict[str, str | ColumnMapping] = {}

    def column(self, header: str) -> ColumnMapping | None:
        """Gives what the mapping says about a column."""
        said = self.columns.get(header)
        return ColumnMapping(said) if isinstance(said, str) else said


def _listed(said: str | list[str]) -> list[str]:
    if isinstance(said, list):
        return said
    return [said] if said else []


def read_mapping(path: Path) -> FileMapping:
    """Reads a mapping file and checks all in it that can be checked without the recording."""
    try:
        with path.open("rb") as file:
            mapping = msgspec.convert(tomllib.loads(file.read(MAX_MAPPING_BYTES).decode()), FileMapping)
    except OSError as error:
        raise CANNOT_OPEN(f"{path}: {error.strerror or error}") from error
    except (ValueError, msgspec.ValidationError) as error:
        # A text that is no TOML or no UTF-8 is a ValueError, and so is a number of more digits than Python reads.
        raise BAD_MAPPING(f"{path}: {error}") from error
    except RecursionError as error:
        raise BAD_MAPPING(f"{path}: its brackets are nested too deeply") from error
    _check(mapping)
    return mapping


def _check(mapping: FileMapping) -> None:
    if len(mapping.delimiter) > 1 or mapping.delimiter in ("\n", "\r", '"') or mapping.decimal not in ("", ".", ","):
        raise BAD_MAPPING("delimiter is one character other than a quote, and decimal is . or ,")
    twice = [name for name, count in Counter(mapping.header).items() if name and count > 1]
    if twice:
        raise BAD_MAPPING(f"header names two columns {twice[0]!r}; give each a name of its own")
    holders: dict[str, str] = {}
    for header in mapping.columns:
        column = mapping.column(header)
        if column is None or column.signal == IGNORE:
            continue
        signal = CATALOGUE.get(column.signal)
        if signal is None:
            near = difflib.get_close_matches(column.signal, CATALOGUE, n=3, cutoff=0.5)
            hint = f"; near it are {', '.join(near)}" if near else ""
            raise BAD_MAPPING(f"{column.signal} is no signal of the catalogue{hint}")
        unit = unit_named(column.unit) if column.unit else signal.unit
        if unit is None or not convertible(unit, to=signal.unit):
            raise BAD_MAPPING(
                f"{column.unit!r} is no unit of {signal.path}, which is in {signal.unit or 'bare numbers'}"
            )
        other = holders.setdefault(signal.path, header)
        if other != header:
            raise BAD_MAPPING(f"{other!r} and {header!r} are both {signal.path}; set one of them to {IGNORE!r}")


def check_columns(mapping: FileMapping, header: Sequence[str]) -> None:
    """Refuses a mapping that names columns the file does not have."""
    named = [*mapping.columns, *mapping.time.columns, mapping.vehicle, mapping.track]
    for name in named:
        if name and name not in header:
            raise NO_SUCH_COLUMN(f"{name!r}; the file has {', '.join(map(repr, header))[:2000]}")
