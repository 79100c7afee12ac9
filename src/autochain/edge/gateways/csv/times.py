"""How a file writes the time: found from a sample of its cells, then used to read all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from statistics import median
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ....onchain.refusals import Reason
from ....signals import MAX_TIME_MS, MIN_TIME_MS
from .refusals import BAD_MAPPING, BAD_TIMES, DAY_OR_MONTH, NO_DATE

Parse = Callable[[Sequence[str]], list[int | None]]
"""Reads cells as milliseconds since 1970, None where a cell can't be read or lies outside of 1990 to 2100."""

COUNTS_MS = {"days": 86_400_000.0, "h": 3_600_000.0, "min": 60_000.0, "s": 1_000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
"""How many milliseconds one of each unit of counted time is."""
COUNT_WORDS = {
    "second": "s",
    "sec": "s",
    "seconds": "s",
    "secs": "s",
    "msec": "ms",
    "millis": "ms",
    "milliseconds": "ms",
}
COUNT_WORDS |= {"µs": "us", "micros": "us", "microseconds": "us", "nanoseconds": "ns", "minutes": "min", "hours": "h"}
MISSING = frozenset({"", "-", "--", "null", "none", "nan", "nat", "n/a", "na"})

_NUMBER = re.compile(r"[-+]?\d+([.,]\d*)?([eE][-+]?\d+)?")
_COMPACT = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])([01]\d|2[0-3])[0-5]\d[0-5]\d")
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(:(?P<second>\d{2})([.,:](?P<fraction>\d{1,9}))?)?"
_ZONE = r"(?P<zone>Z|[A-Za-z]{2,4})?\s*(?P<offset>[-+]\d{1,2}:?(\d{2})?)?"
_WRITTEN = re.compile(
    r"([A-Za-z]{3,9}\.?,? +)?(?P<a>\d{1,4}|[A-Za-z]{3,9})[-./ ]+(?P<b>\d{1,2}|[A-Za-z]{3,9})"
    r"[-./, ]+(?P<c>\d{2,4})[T, ]+" + _CLOCK + r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*" + _ZONE
)
_YEAR_LAST = re.compile(
    r"([A-Za-z]{3},? +)?(?P<a>[A-Za-z]{3}) +(?P<b>\d{1,2}) +" + _CLOCK + r" *" + _ZONE + r" +(?P<c>\d{4})(?P<half>)"
)
_TIME_OF_DAY = re.compile(_CLOCK)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES_H = {"utc": 0, "gmt": 0, "z": 0, "ut": 0, "cet": 1, "cest": 2, "est": -5, "edt": -4, "cst": -6, "cdt": -5}
_ZONES_H |= {"mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "jst": 9}
"""The abbreviations RFC 5322 knows, those of central Europe and Japan; others mean several zones."""


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """How the cells of a column, or of two joined by a space, tell the time."""

    words: str
    """What it is, for people."""
    zoned: bool
    """Whether it tells the moment without anyone having to say in which zone."""
    parse: Parse


@dataclass(frozen=True, slots=True)
class Unread:
    """Why the times of a column can't be read."""

    reason: Reason
    detail: str


def zone_named(name: str) -> tzinfo:
    """Gives the time zone of a mapping, UTC if it names none."""
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BAD_MAPPING(f"{name!r} is no time zone; one is Europe/Berlin") from error


def moment(text: str, zone: tzinfo) -> datetime:
    """Reads the start that a mapping gives."""
    try:
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise BAD_MAPPING(f"start {text!r} is not written as 2024-05-01 08:00:00") from error
    return start if start.tzinfo else start.replace(tzinfo=zone)


def said_format(formats: Sequence[str], *, zone: tzinfo, start: datetime | None) -> TimeFormat:
    """Gives the format a mapping says; several are the units of several columns whose counts add up."""
    if all(unit in COUNTS_MS for unit in formats):
        return _counted(formats, start)
    if formats == ["iso"]:
        return TimeFormat("ISO 8601", False, _iso(zone))
    if len(formats) == 1 and "%" in formats[0]:
        return TimeFormat(formats[0], "%z" in formats[0], _each(_patterned(formats[0], zone)))
    raise BAD_MAPPING(f"format {list(formats)} is none of iso, {', '.join(COUNTS_MS)}, and no pattern with %")


def found_format(cells: Sequence[str], *, unit: str, zone: tzinfo, start: datetime | None) -> TimeFormat | Unread:
    """Finds how most of these cells tell the time; `unit` is the one the header names for a count, or empty."""
    cells = [cell.strip() for cell in cells if cell.strip().lower() not in MISSING]
    if _share(cells, _COMPACT) > 0.5:
        return TimeFormat("date and time in 14 digits", False, _compact(zone))
    if _share(cells, _NUMBER) > 0.5:
        return _found_count(cells, unit, start)
    if _share(cells, _TIME_OF_DAY) > 0.5:
        if start is None:
            return Unread(NO_DATE, f"they are times of day, as {cells[0]!r}")
        return TimeFormat(f"times of day, all of {start:%Y-%m-%d}", True, _each(_time_of_day(start)))
    iso = _iso(zone)
    if sum(time_ms is not None for time_ms in iso(cells)) > 0.5 * len(cells):
        return TimeFormat("ISO 8601", _says_zone(cells[0]), iso)
    found = [match for cell in cells if (match := _WRITTEN.fullmatch(cell) or _YEAR_LAST.fullmatch(cell))]
    if not cells or len(found) <= 0.5 * len(cells):
        return Unread(BAD_TIMES, f"as {cells[0]!r}" if cells else "there are none")
    month_first = _month_first(found)
    if month_first is None:
        return Unread(DAY_OR_MONTH, f"as {cells[0]!r}")
    words = f"date and time as {cells[0]!r}{', month first' if month_first else ''}"
    zoned = bool(found[0]["zone"] or found[0]["offset"])
    return TimeFormat(words, zoned, _each(_written(zone, month_first)))


def _share(cells: Sequence[str], pattern: re.Pattern[str]) -> float:
    return sum(pattern.fullmatch(cell) is not None for cell in cells) / max(1, len(cells))


def _says_zone(cell: str) -> bool:
    return datetime.fromisoformat(cell).tzinfo is not None if _iso(UTC)([cell])[0] is not None else False


def _found_count(cells: Sequence[str], unit: str, start: datetime | None) -> TimeFormat | Unread:
    middle = median(float(cell.replace(",", ".")) for cell in cells if _NUMBER.fullmatch(cell))
    if start is not None:
        return _counted([unit or "s"], start)
    for candidate in (unit,) if unit else ("s", "ms", "us", "ns"):
        if MIN_TIME_MS <= middle * COUNTS_MS[candidate] <= MAX_TIME_MS:
            return _counted([candidate], None)
    return Unread(NO_DATE, f"they count from the start of the recording, as {cells[0]!r}")


def _month_first(found: Sequence[re.Match[str]]) -> bool | None:
    """Tells whether dates stand as 2/28/2020 rather than 28/2/2020; None if these cells don't say."""
    if any(not (match["a"] + match["b"]).isdigit() or len(match["a"]) == 4 for match in found):
        return False
    if any(int(match["a"]) > 12 for match in found) or "." in found[0].string.split()[0]:
        return False
    if any(int(match["b"]) > 12 for match in found) or any(match["half"] for match in found):
        return True
    return None


def _counted(units: Sequence[str], start: datetime | None) -> TimeFormat:
    scales = [COUNTS_MS[unit] for unit in units]
    start_ms = start.timestamp() * 1_000 if start else 0.0

    def one(text: str) -> int | None:
        counts = text.replace(",", ".").split()
        if len(counts) != len(scales):
            raise ValueError
        time_ms = start_ms + sum(float(count) * scale for count, scale in zip(counts, scales, strict=True))
        return round(time_ms) if MIN_TIME_MS <= time_ms <= MAX_TIME_MS else None

    def parse(texts: Sequence[str]) -> list[int | None]:
        scale = scales[0]
        try:
            return [
                round(time_ms) if MIN_TIME_MS <= (time_ms := float(text) * scale + start_ms) <= MAX_TIME_MS else None
                for text in texts
            ]
        except ValueError:
            return _each(one)(texts)

    since = start.isoformat() if start else "1970"
    return TimeFormat(f"{' + '.join(units)} since {since}", True, parse if len(scales) == 1 else _each(one))


def _each(one: Callable[[str], int | None]) -> Parse:
    def parse(texts: Sequence[str]) -> list[int | None]:
        times: list[int | None] = []
        for text in texts:
            try:
                times.append(one(text.strip()))
            except (ValueError, OverflowError):
                times.append(None)
        return times

    return parse


def _iso(zone: tzinfo) -> Parse:
    def one(text: str) -> int | None:
        # A date alone would put a whole day's readings at its midnight.
        return _bounded(datetime.fromisoformat(text), zone) if len(text) > len("2024-05-01") else None

    def parse(texts: Sequence[str]) -> list[int | None]:
        try:
            moments = list(map(datetime.fromisoformat, texts))
        except ValueError:
            return _each(one)(texts)
        if min(map(len, texts), default=0) <= len("2024-05-01"):
            return _each(one)(texts)
        return [_bounded(moment, zone) for moment in moments]

    return parse


def _bounded(moment: datetime, zone: tzinfo) -> int | None:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    time_ms = round(moment.timestamp() * 1_000)
    return time_ms if MIN_TIME_MS <= time_ms <= MAX_TIME_MS else None


def _compact(zone: tzinfo) -> Parse:
    return _each(lambda text: _bounded(datetime.strptime(text, "%Y%m%d%H%M%S"), zone))


def _patterned(pattern: str, zone: tzinfo) -> Callable[[str], int | None]:
    return lambda text: _bounded(datetime.strptime(text, pattern), zone)


def _time_of_day(start: datetime) -> Callable[[str], int | None]:
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)

    def one(text: str) -> int | None:
        match = _TIME_OF_DAY.fullmatch(text)
        return None if match is None else _bounded(midnight + _since_midnight(match), UTC)

    return one


def _written(zone: tzinfo, month_first: bool) -> Callable[[str], int | None]:
    def one(text: str) -> int | None:
        match = _WRITTEN.fullmatch(text) or _YEAR_LAST.fullmatch(text)
        if match is None:
            return None
        a, b, c = match["a"], match["b"], match["c"]
        if len(a) == 4 and a.isdigit():
            year, month, day = a, b, c
        elif month_first or not a.isdigit():
            month, day, year = a, b, c
        else:
            day, month, year = a, b, c
        named = month[:3].lower()
        number = _MONTHS.index(named) + 1 if named in _MONTHS else int(month)
        full_year = int(year) + 2000 if len(year) == 2 else int(year)
        return _bounded(
            datetime(full_year, number, int(day), tzinfo=_zone_of(match, zone)) + _since_midnight(match), zone
        )

    return one


def _since_midnight(match: re.Match[str]) -> timedelta:
    hour = int(match["hour"])
    half = (match.groupdict().get("half") or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    second = float(f"{match['second'] or 0}.{match['fraction'] or 0}")
    if hour > 24 or int(match["minute"]) > 59 or second >= 61:
        raise ValueError
    return timedelta(hours=hour, minutes=int(match["minute"]), seconds=second)


def _zone_of(match: re.Match[str], zone: tzinfo) -> tzinfo:
    name, offset = match["zone"], match["offset"]
    if not name and not offset:
        return zone
    hours = _ZONES_H.get((name or "utc").lower())
    if hours is None:
        raise ValueError
    digits = (offset or "+0").replace(":", "")
    sign = -1 if digits[0] == "-" else 1
    whole, rest = (int(digits[1:3]), int(digits[3:] or 0)) if len(digits) > 2 else (int(digits[1:]), 0)
    return timezone(timedelta(hours=hours) + sign * timedelta(hours=whole, minutes=rest))
