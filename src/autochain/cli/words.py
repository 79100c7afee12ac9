"""How times and accounts are written for people, and read from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from .errors import NOT_A_DISTANCE, NOT_A_TIME, TOO_MUCH

SHOWN_DIGITS = 12
"""How many digits of an id a table shows."""
_KILOMETRES = re.compile(r"[0-9]{1,8}(\.[0-9]{1,3})?")
_START = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = 253_402_300_799_999
"""The last millisecond of the year 9999, with which dates end here."""


def time_text(time_ms: int) -> str:
    """Writes a time; one after the year 9999, which a chain can hold and no date, is the last of that year."""
    return f"{_time(time_ms):%Y-%m-%d %H:%M:%S}"


def clock_text(time_ms: int, *, whole: bool = False) -> str:
    """Writes the time of a day, or wholly with its day."""
    return time_text(time_ms) if whole else time_text(time_ms)[11:]


def hours_text(start_ms: int, end_ms: int) -> str:
    """Writes a time between two whole hours; the day of its end is left out where there is no doubt."""
    start, end = _time(start_ms), _time(end_ms)
    until = f"{end:%H:%M}" if end - start < timedelta(days=1) else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M}–{until}"


def _time(time_ms: int) -> datetime:
    return _START + timedelta(milliseconds=min(time_ms, _LATEST_MS))


def time_ms(text: str) -> int:
    """Reads a time; one without zone is UTC, one before 1970 is 1970."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise NOT_A_TIME(text[:60]) from None
    since = (time if time.tzinfo else time.replace(tzinfo=UTC)) - _START
    return max(0, since // timedelta(milliseconds=1))


def uacc(text: str) -> int:
    """Reads an amount of ACC that may be paid."""
    from ..onchain.units import TOTAL_SUPPLY_UACC, UACC_PER_ACC, from_acc

    whole = text.partition(".")[0].lstrip("0")
    if whole.isdecimal() and len(whole) > len(str(TOTAL_SUPPLY_UACC // UACC_PER_ACC)):
        raise TOO_MUCH(text[:60])
    amount_uacc = from_acc(text)
    if amount_uacc > TOTAL_SUPPLY_UACC:
        raise TOO_MUCH(text)
    return amount_uacc


def metres(text: str) -> int:
    """Reads what an odometer shows, in kilometres with up to three decimals."""
    if not _KILOMETRES.fullmatch(text):
        raise NOT_A_DISTANCE(text[:60])
    whole, _, part = text.partition(".")
    return int(whole) * 1_000 + int(part.ljust(3, "0"))


def km_text(distance_m: int) -> str:
    """Writes a distance in kilometres, with the metres where there are some."""
    whole, part = divmod(distance_m, 1_000)
    return f"{whole:,}.{part:03}".rstrip("0").rstrip(".") + " km" if part else f"{whole:,} km"


def short(name: str) -> str:
    """Cuts an id or a hash down to the digits by which a command still finds it."""
    return name[:SHOWN_DIGITS]


def short_did(did: str) -> str:
    """Cuts a DID down to its first and last letters."""
    start = did.rindex(":") + 1
    return f"{did[: start + 4]}…{did[-6:]}"


def who(names: Mapping[str, str], did: str) -> str:
    """Shows a DID as the name of its party if it has one here, else cut short."""
    return names.get(did) or short_did(did)


def whole(names: Mapping[str, str], did: str) -> str:
    """Shows a DID, with the name of its party if it has one here."""
    return f"{did} ({names[did]})" if did in names else did
