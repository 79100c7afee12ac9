"""What falls due: a bounded queue in the state, ordered by time, of which a block runs a bounded number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ..codec import encode
from . import errors
from .messages import Timer
from .state import Overlay, State

_QUEUE = b"chain/timers/"
_COUNTS = b"chain/timer_counts"
"""How many there have ever been, and how many wait: two numbers of 8 bytes."""


def schedule(state: Overlay, *, due_ms: int, timer: Timer, at_most: int) -> None:
    """Puts a timer into the queue, of at most so many; timers of one time run in the order in which they were put."""
    ever, waiting = _counts(state)
    if waiting >= at_most:
        raise errors.TIMERS_FULL(f"{waiting} of them")
    _put_counts(state, ever + 1, waiting + 1)
    state.put(_QUEUE + due_ms.to_bytes(8, "big") + (ever + 1).to_bytes(8, "big"), encode(timer))


def _counts(state: Overlay) -> tuple[int, int]:
    kept = state.record(_COUNTS, bytes) or bytes(16)
    return int.from_bytes(kept[:8], "big"), int.from_bytes(kept[8:], "big")


def _put_counts(state: Overlay, ever: int, waiting: int) -> None:
    state.put(_COUNTS, ever.to_bytes(8, "big") + waiting.to_bytes(8, "big"))


def next_due_ms(state: State) -> int | None:
    """Says when the next timer falls due, or None."""
    for key, _ in state.records(_QUEUE, b"", bytes):
        return int.from_bytes(key[len(_QUEUE) : len(_QUEUE) + 8], "big")
    return None


def take_due(state: Overlay, *, now_ms: int, at_most: int) -> Iterator[bytes]:
    """Takes due timers out of the queue and yields their bytes."""
    due: list[tuple[bytes, bytes]] = []
    for key, data in islice(state.records(_QUEUE, b"", bytes), at_most):
        if int.from_bytes(key[len(_QUEUE) : len(_QUEUE) + 8], "big") > now_ms:
            break
        due.append((key, data))
    if due:
        ever, waiting = _counts(state)
        _put_counts(state, ever, waiting - len(due))
    for key, data in due:
        state.put(key, None)
        yield data
