"""What may be asked of recording, and what it announces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, get_args

import msgspec

from ...codec import Record, tag_of
from ...crypto import Hash
from ...ids import Id, derive
from ...ledger import Event, Message
from ...units import Count, split
from . import errors

TAG = tag_of(__name__)
HOUR_MS = 3_600_000
MAX_PARTS = 32
MAX_DESTROYED = 50
"""How many recordings one statement may name."""
MAX_KEPT_MS = 10 * 365 * 24 * HOUR_MS
MAX_POINTS = 1_000_000
"""How many readings one recording may claim."""

Category = Literal["condition", "energy", "engine", "environment", "motion", "position"]
"""What kind of signals a part holds, by branches of the vehicle signal specification."""
CATEGORIES: tuple[str, ...] = get_args(Category)

Grade = Literal["technical", "personal", "sensitive"]
"""How much a category tells about people: nothing, how they drive, where they were."""
GRADES: Mapping[Category, Grade] = {
    "condition": "technical",
    "energy": "personal",
    "engine": "technical",
    "environment": "technical",
    "motion": "personal",
    "position": "sensitive",
}

Precision = Literal["exact", "coarse", "aggregate"]
"""Every reading; rounded readings and areas; or a few numbers about the whole recording."""
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
"""From the finest to the coarsest; each includes those behind it."""


class Part(Record, frozen=True):
    """One separately encrypted part of a recording: what it holds, and its length before it was encrypted."""

    category: Category
    precision: Precision
    size_bytes: Count


class Commit(Message, frozen=True, tag=TAG):
    """The sender, a vehicle, commits to what it recorded.

    Times are whole hours, so that the chain does not tell when exactly somebody drove.
    """

    fingerprint: Hash
    """HMAC of the readings under a secret of the owner: recognises the same readings again, tells others nothing."""
    manifest_root: Hash
    """Merkle root over the recording's parts."""
    parts: Annotated[tuple[Part, ...], msgspec.Meta(min_length=1, max_length=MAX_PARTS)]
    points: Annotated[int, msgspec.Meta(ge=1, le=MAX_POINTS)]
    """How many readings it claims to hold."""
    start_ms: Count
    end_ms: Count
    keep_until_ms: Count
    """When it is erased by itself; at most ten years ahead."""
    weight: ClassVar[int] = 250

    def check(self) -> None:
        if split(self.start_ms, HOUR_MS)[1] or split(self.end_ms, HOUR_MS)[1] or self.start_ms >= self.end_ms:
            raise errors.NOT_WHOLE_HOURS()
        names = [(part.category, part.precision) for part in self.parts]
        if names != sorted(set(names)):
            raise errors.PARTS_UNSORTED()


class Erase(Message, frozen=True, tag=TAG):
    """The sender has a recording of its own erased: whoever holds its keys destroys them."""

    recording: Id


class Destroyed(Message, frozen=True, tag=TAG):
    """The sender, a member of the committee, states that it holds no key of these recordings any more, nor a backup."""

    recordings: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=MAX_DESTROYED)]
    weight: ClassVar[int] = 20 * MAX_DESTROYED


class Erased(Event, frozen=True, tag=TAG):
    recording: Id
    owner: Id


class Committed(Event, frozen=True, tag=TAG):
    recording: Id
    vehicle: Id
    owner: Id
    points: Count


def recording_id(vehicle: bytes, fingerprint: bytes) -> bytes:
    """Gives the id of a vehicle's recording; the same readings of a vehicle give the same id."""
    return derive("recording", vehicle, fingerprint)
