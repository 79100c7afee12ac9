"""Cells as numbers: quickly where a column is clean, cell by cell where it is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ....signals import Column, convert, convertible, unit_named

MISSING = frozenset(
    {"", "-", "--", "---", "null", "nil", "none", "nan", "n/a", "na", "#n/a", "#na", "?", ".", "*", "∞"}
)
MISSING |= {"undefined", "unknown", "not available", "no data", "nodata", "missing"}
"""What files write, in small letters, where they have no reading."""

_NUMBER = re.compile(r"([-+]?(?:\d[\d.,]*|\.\d+)(?:[eE][-+]?\d+)?)(.*)")
_THOUSANDS = {".": re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?"), ",": re.compile(r"[-+]?\d{1,3}(\.\d{3})+(,\d+)?")}
_GROUP_SPACE = re.compile(r"(?<=\d)[ '\u00a0\u202f’](?=\d{3}(\D|$))")
_HEMISPHERES = {"N": 1.0, "E": 1.0, "S": -1.0, "W": -1.0}


def read_numbers(texts: Sequence[str], *, decimal: str, unit: str, to: str, bad: Callable[[int, str], None]) -> Column:
    """Reads the cells of a column in `unit` as numbers in the unit `to`, None where a cell is missing.

    A cell that is no number is missing too, and told to `bad` with its place and text.
    """
    # Here, for most commands read no table, and this takes a while to load.
    import pyarrow as pa

    if not any(texts):
        return [None] * len(texts)
    clean = [text or None for text in texts]
    if decimal == "," and "." not in "".join(texts):
        clean = [text.replace(",", ".") if text else None for text in texts]
    if decimal == "." or "." not in "".join(texts):
        try:
            # Arrow reads numbers in a quarter of the time and, unlike float(), does not take 1_000 for one.
            return _converted(pa.array(clean, pa.string()).cast(pa.float64()).to_pylist(), unit, to)
        except pa.ArrowInvalid:
            pass
    numbers: Column = []
    for place, text in enumerate(texts):
        try:
            numbers.append(_read(text, decimal, unit, to))
        except ValueError:
            bad(place, text)
            numbers.append(None)
    return numbers


def _converted(column: Column, unit: str, to: str) -> Column:
    if unit == to:
        return column
    return [None if value is None else convert(value, unit, to=to) for value in column]


def _read(text: str, decimal: str, unit: str, to: str) -> float | None:
    cell = text.strip().strip("\"'").strip()
    if cell.lower() in MISSING:
        return None
    if cell.lower().lstrip("+-") in ("inf", "infinity"):
        return float(cell)
    match = _NUMBER.fullmatch(_GROUP_SPACE.sub("", cell.replace("\u2212", "-")))
    if match is None:
        raise ValueError
    number, suffix = plain_number(match[1], decimal), match[2].strip()
    if not suffix:
        return convert(number, unit, to=to)
    if to == "degrees" and suffix.lstrip("° ").upper() in _HEMISPHERES:
        return number * _HEMISPHERES[suffix.lstrip("° ").upper()]
    named = unit_named(suffix)
    if named is None or not convertible(named, to=to):
        raise ValueError
    return convert(number, named, to=to)


def plain_number(text: str, decimal: str) -> float:
    """Reads a number with the file's decimal sign and perhaps the other sign between thousands."""
    if _THOUSANDS[decimal].fullmatch(text):
        other = "," if decimal == "." else "."
        if decimal == "," and "," not in text:
            # In a file of decimal commas 1.234 is a thousand to one program and one and a bit to another.
            raise ValueError
        text = text.replace(other, "")
    return float(text.replace(",", ".") if decimal == "," else text)
