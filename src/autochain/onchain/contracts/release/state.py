"""The records, keys and invariants of release."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ...codec import Record, folder_of
from ...crypto import Hash
from ...ids import Id
from ...ledger import ID, Table, View
from ...units import Count

HERE = folder_of(__name__)
MAX_MEMBERS = 16


class Committee(Record, frozen=True):
    """Who keeps the keys of recordings, each a share of every key."""

    members: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=MAX_MEMBERS)]
    """In the order of their shares: the first holds the share numbered 1."""
    threshold: Annotated[int, msgspec.Meta(ge=1, le=MAX_MEMBERS)]
    """How many shares open a key."""

    @property
    def is_sound(self) -> bool:
        return len(frozenset(self.members)) == len(self.members) >= self.threshold


class Log(Record, frozen=True):
    """How far a member has bound itself to its log."""

    head: Hash
    length: Count
    anchored_ms: Count


COMMITTEE = Table(HERE, "committee", Committee, key=())
LOGS = Table(HERE, "logs", Log, key=(ID,))
"""By member."""


def _sound(view: View) -> bool:
    return all(record.is_sound for _, record in COMMITTEE.items(view))


def _by_members(view: View) -> bool:
    members = [member for _, record in COMMITTEE.items(view) for member in record.members]
    return all(member in members for member, _ in LOGS.items(view))


INVARIANTS = {
    "enough members of the committee are there, each once": _sound,
    "a log is a member's": _by_members,
}
