"""Times as W3C documents write them (XML Schema dateTimeStamp), and in milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from .documents import Json
from .errors import MALFORMED

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MS = 253_402_300_799_999
"""The last millisecond of the year 9999, after which no such time can be written."""


def to_ms(value: Json) -> int:
    """Reads a time; one without an offset is UTC, as VC Data Model 2.0 and Data Integrity 1.0 demand."""
    if not isinstance(value, str) or not _STAMP.fullmatch(value):
        raise MALFORMED(f"{str(value)[:40]} is no date and time with its offset")
    try:
        time = datetime.fromisoformat(value)
        if time.tzinfo is None:
            time = time.replace(tzinfo=UTC)
        # Also in UTC it is within the years 1 to 9999, so that `from_ms` can write it again.
        return (time.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        raise MALFORMED(f"{value[:40]} is no date and time") from None


def from_ms(time_ms: int) -> str:
    """Writes a time in UTC, with milliseconds only where it has some."""
    time = _EPOCH + timedelta(milliseconds=time_ms)
    return time.isoformat(timespec="milliseconds" if time_ms % 1000 else "seconds").replace("+00:00", "Z")
