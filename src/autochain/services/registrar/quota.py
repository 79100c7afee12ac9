"""How often each authority has asked today and what it asked just now, on the disk: a restart forgets nothing."""

from __future__ import annotations

from pathlib import Path

from ...onchain.codec import Codec, Record, encode
from ...onchain.crypto import Hash
from ...onchain.refusals import Refusal, ensure
from ...onchain.units import Count
from ...privacy import write_private
from ..proving import MAX_AGE_MS
from .errors import BAD_QUOTA, REPLAYED, TOO_MANY

EVALUATIONS_PER_DAY = 1_000
"""Who may ask can guess: of one model of car about a million serial numbers come into question, three years' worth."""
MAX_PER_DAY = 4_000
"""What has to be remembered of two days in which all is asked at midnight must fit into one file."""
DAY_MS = 86_400_000


class _Spent(Record, frozen=True):
    """What one authority has asked."""

    day: Count
    """Days since 1970, UTC."""
    count: Count
    """Evaluations on that day."""
    recent: tuple[tuple[Count, Hash], ...]
    """Times and digests of the requests that would still pass as fresh."""


_SPENT: Codec[_Spent] = Codec(_Spent, max_bytes=524_288)


class Quota:
    """Counts evaluations, in a file for each account."""

    def __init__(self, folder: Path, *, per_day: int = EVALUATIONS_PER_DAY) -> None:
        ensure(0 < per_day <= MAX_PER_DAY, "a quota has bounds")
        self._folder = folder
        self._per_day = per_day

    def spend(self, account: bytes, digest: bytes, *, time_ms: int, now_ms: int) -> None:
        """Notes one request, made at `time_ms`; refuses one that was noted before, and one more than a day has."""
        path = self._folder / account.hex()
        spent = _read(path)
        recent = tuple(each for each in spent.recent if each[0] >= now_ms - MAX_AGE_MS)
        if any(known == digest for _, known in recent):
            raise REPLAYED()
        # A clock that was set back begins no day anew.
        day = max(spent.day, now_ms // DAY_MS)
        count = spent.count if day == spent.day else 0
        if count >= self._per_day:
            raise TOO_MANY(f"{count} times")
        write_private(path, encode(_Spent(day, count + 1, (*recent, (time_ms, digest)))))


def _read(path: Path) -> _Spent:
    try:
        return _SPENT.decode(path.read_bytes())
    except FileNotFoundError:
        return _Spent(0, 0, ())
    except (OSError, Refusal):
        raise BAD_QUOTA(str(path)) from None
