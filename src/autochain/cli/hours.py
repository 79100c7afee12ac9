"""Hours of the week and places on the map, as a person writes them and as a grant holds them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from .errors import NOT_A_PLACE, NOT_HOURS, ONE_AREA

if TYPE_CHECKING:
    from ..wallet.credentials.access import Area

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
_HOURS = re.compile(r"(daily|[a-z]{3}(?:-[a-z]{3})?) (\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)
Window = tuple[int, int]


def windows(texts: Sequence[str]) -> tuple[Window, ...] | None:
    """Reads hours of the week in UTC; None where none are named. Those that pass midnight go on the next day."""
    minutes: set[Window] = set()
    for text in texts:
        found = _HOURS.fullmatch(text.strip().lower())
        if found is None:
            raise NOT_HOURS(text[:60])
        since, until = (_minute(*found.group(*pair), text=text) for pair in ((2, 3), (4, 5)))
        for day in _days(found[1], text):
            start = day * DAY_MINUTES + since
            end = day * DAY_MINUTES + until + (DAY_MINUTES if until <= since else 0)
            minutes.add((start, min(end, WEEK_MINUTES)))
            if end > WEEK_MINUTES:
                minutes.add((0, end - WEEK_MINUTES))
    return _joined(minutes) if texts else None


def hours_text(found: Sequence[Window] | None) -> str:
    """Writes hours of the week."""
    if found is None:
        return "at all hours"
    return ", ".join(f"{_at(since)} – {_at(until)}" for since, until in found) + " UTC"


def position(text: str | None) -> tuple[int, int] | None:
    """Reads a place: latitude and longitude in degrees, as whole numbers of 10^-7 degrees."""
    if text is None:
        return None
    latitude, longitude = _numbers(text, 2)
    return _e7(latitude, text, most=90), _e7(longitude, text, most=180)


def area(within: str | None, corners: Sequence[str]) -> Area | None:
    """Reads a circle, or the corners of a border; None where neither is named."""
    from ..wallet.credentials.access import MAX_CORNERS, MAX_RADIUS_M, Circle, Polygon

    if within is None and not corners:
        return None
    if within is not None and not corners:
        latitude, longitude, radius = _numbers(within, 3)
        if not 1 <= radius <= MAX_RADIUS_M or radius != int(radius):
            raise NOT_A_PLACE(f"{within[:60]}: 1 to {MAX_RADIUS_M} whole metres")
        place = _e7(latitude, within, most=85), _e7(longitude, within, most=180)
        return Circle(latitude_e7=place[0], longitude_e7=place[1], radius_m=int(radius))
    if within is not None or not 3 <= len(corners) <= MAX_CORNERS:
        raise ONE_AREA()
    places = tuple(_numbers(text, 2) for text in corners)
    return Polygon(corners_e7=tuple((_e7(p[0], str(p), most=85), _e7(p[1], str(p), most=180)) for p in places))


def area_text(found: Area | None) -> str:
    """Writes an area."""
    from ..wallet.credentials.access import Circle

    if found is None:
        return "anywhere"
    if isinstance(found, Circle):
        return f"within {found.radius_m} m of {_degrees(found.latitude_e7)},{_degrees(found.longitude_e7)}"
    return "within " + " ".join(f"{_degrees(y)},{_degrees(x)}" for y, x in found.corners_e7)


def _days(word: str, text: str) -> list[int]:
    if word == "daily":
        return list(range(7))
    first, _, last = word.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        raise NOT_HOURS(text[:60])
    start = DAYS.index(first)
    return [(start + i) % 7 for i in range((DAYS.index(last or first) - start) % 7 + 1)]


def _minute(hour: str, minute: str, *, text: str) -> int:
    if int(minute) > 59 or int(hour) * 60 + int(minute) > DAY_MINUTES:
        raise NOT_HOURS(text[:60])
    return int(hour) * 60 + int(minute)


def _joined(minutes: set[Window]) -> tuple[Window, ...]:
    joined: list[Window] = []
    for since, until in sorted(minutes):
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(until, joined[-1][1]))
        else:
            joined.append((since, until))
    return tuple(joined)


def _at(minute: int) -> str:
    day, rest = divmod(minute, DAY_MINUTES)
    if not rest and day:
        return f"{DAYS[day - 1]} 24:00"
    return f"{DAYS[day]} {rest // 60:02}:{rest % 60:02}"


def _numbers(text: str, count: int) -> tuple[Decimal, ...]:
    try:
        found = tuple(Decimal(part.strip()) for part in text[:200].split(","))
    except InvalidOperation:
        raise NOT_A_PLACE(text[:60]) from None
    if len(found) != count or not all(number.is_finite() for number in found):
        raise NOT_A_PLACE(text[:60])
    return found


def _e7(degrees: Decimal, text: str, *, most: int) -> int:
    if abs(degrees) > most:
        raise NOT_A_PLACE(text[:60])
    return int((degrees * 10**7).to_integral_value())


def _degrees(e7: int) -> str:
    return f"{(Decimal(e7) / 10**7).normalize():f}"
