"""What falls due: a queue in the state, ordered by time, of which a block runs a bounded number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ..codec import encode
from .messages import Timer
from .state import Overlay, Reader

_QUEUE = b"chain/timers/"
_COUNT = b"chain/timer_count"


def schedule(state: Overlay, *, due_ms: int, timer: Timer) -> None:
    """Puts a timer into the queue; timers of one time run in the order in which they were put."""
    count = int.from_bytes(state.get(_COUNT) or b"", "big") + 1
    state.put(_COUNT, count.to_bytes(8, "big"))
    state.put(_QUEUE + due_ms.to_bytes(8, "big") + count.to_bytes(8, "big"), encode(timer))


def next_due_ms(state: Reader) -> int | None:
    """Says when the next timer falls due, or None."""
    for key, _ in state.items(_QUEUE):
        return int.from_bytes(key[len(_QUEUE) : len(_QUEUE) + 8], "big")
    return None


def take_due(state: Overlay, *, now_ms: int, at_most: int) -> Iterator[bytes]:
    """Takes due timers out of the queue and yields their bytes."""
    due: list[tuple[bytes, bytes]] = []
    for key, data in islice(state.items(_QUEUE), at_most):
        if int.from_bytes(key[len(_QUEUE) : len(_QUEUE) + 8], "big") > now_ms:
            break
        due.append((key, data))
    for key, data in due:
        state.put(key, None)
        yield data
