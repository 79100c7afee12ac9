"""Recording's records, keys and invariants."""

from __future__ import annotations

from collections import Counter as Tally

from ...codec import Record, folder_of
from ...crypto import Hash
from ...ids import Id
from ...ledger import ID, Table, View
from ...units import Count
from .messages import Part, recording_id

HERE = folder_of(__name__)


class Recording(Record, frozen=True):
    """One committed recording."""

    vehicle: Id
    owner: Id
    """Who owned the vehicle when it recorded, to the hour; a later owner gets no right to it."""
    fingerprint: Hash
    manifest_root: Hash
    parts: tuple[Part, ...]
    points: Count
    start_ms: Count
    end_ms: Count
    committed_ms: Count
    height: Count
    keep_until_ms: Count
    erased_ms: Count = 0
    """When its owner had it erased; 0 while it has not."""

    def is_kept(self, now_ms: int) -> bool:
        """Says whether its keys may still be held."""
        return self.erased_ms == 0 and now_ms < self.keep_until_ms


class Statement(Record, frozen=True):
    """Says that a member of the committee holds no key of a recording any more."""

    destroyed_ms: Count


class Owned(Record, frozen=True):
    """Says that a recording is an owner's."""

    committed_ms: Count


class Counter(Record, frozen=True):
    """How many recordings an owner has: whoever is shown as many has been shown all."""

    committed: Count


RECORDINGS = Table(HERE, "recordings", Recording, key=(ID,))
OWNED = Table(HERE, "owned", Owned, key=(ID, ID))
"""By owner and recording."""
COUNTS = Table(HERE, "counts", Counter, key=(ID,))
"""By owner."""
STATEMENTS = Table(HERE, "statements", Statement, key=(ID, ID))
"""By recording and member."""


def _ids_derive(view: View) -> bool:
    return all(key == recording_id(record.vehicle, record.fingerprint) for key, record in RECORDINGS.items(view))


def _owned_once(view: View) -> bool:
    owned = [key for key, _ in OWNED.items(view)]
    return sorted(owned) == sorted(record.owner + key for key, record in RECORDINGS.items(view))


def _counted(view: View) -> bool:
    counts = {owner: counter.committed for owner, counter in COUNTS.items(view)}
    return counts == Tally(record.owner for _, record in RECORDINGS.items(view))


def _destroyed_after_the_end(view: View) -> bool:
    return all(
        (record := RECORDINGS.get(view, key[:20])) is not None
        and statement.destroyed_ms >= (record.erased_ms or record.keep_until_ms)
        for key, statement in STATEMENTS.items(view)
    )


INVARIANTS = {
    "a recording's id derives from its vehicle and readings": _ids_derive,
    "every recording is listed for its owner, and no other": _owned_once,
    "an owner's counter is how many recordings it has": _counted,
    "no key was destroyed before its recording's end": _destroyed_after_the_end,
}
