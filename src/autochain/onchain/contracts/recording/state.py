"""Recording's records, keys and invariants."""

from __future__ import annotations

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
    """Who owned the vehicle when it recorded; a later owner gets no right to it."""
    fingerprint: Hash
    manifest_root: Hash
    parts: tuple[Part, ...]
    points: Count
    start_ms: Count
    end_ms: Count
    committed_ms: Count
    height: Count


class Owned(Record, frozen=True):
    """Says that a recording is an owner's."""

    committed_ms: Count


RECORDINGS = Table(HERE, "recordings", Recording, key=(ID,))
OWNED = Table(HERE, "owned", Owned, key=(ID, ID))
"""By owner and recording."""


def _ids_derive(view: View) -> bool:
    return all(key == recording_id(record.vehicle, record.fingerprint) for key, record in RECORDINGS.items(view))


def _owned_once(view: View) -> bool:
    owned = [key for key, _ in OWNED.items(view)]
    return sorted(owned) == sorted(record.owner + key for key, record in RECORDINGS.items(view))


INVARIANTS = {
    "a recording's id derives from its vehicle and readings": _ids_derive,
    "every recording is listed for its owner, and no other": _owned_once,
}
