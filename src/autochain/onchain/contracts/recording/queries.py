"""What may be read of recording."""

from __future__ import annotations

from ...codec import Record, tag_of
from ...ids import Id
from ...ledger import Query, View, page, page_of
from ...units import Count
from ..release import GetCommittee
from .state import OWNED, RECORDINGS, STATEMENTS, Recording

TAG = tag_of(__name__)


class GetRecording(Query[Recording | None], frozen=True, tag=TAG):
    """Asks for one recording."""

    recording: Id


class ListRecordings(Query[tuple[tuple[Id, Recording], ...]], frozen=True, tag=TAG):
    """Asks for recordings in the order of their ids, of one owner or of all, at most 100 at a time."""

    owner: Id | None = None
    after: Id | None = None
    """The last id of the page before."""


class Erasure(Record, frozen=True):
    """How far a recording is erased; it is wholly when every member of the committee has said so."""

    ended_ms: Count
    """When it was erased or its time was over; 0 while it is kept."""
    members: tuple[Id, ...]
    destroyed_ms: tuple[Count, ...]
    """When each member stated that it holds no key any more; 0 where it has not."""


class GetErasure(Query[Erasure | None], frozen=True, tag=TAG):
    """Asks how far a recording is erased."""

    recording: Id


def get_erasure(view: View, query: GetErasure) -> Erasure | None:
    record = RECORDINGS.get(view, query.recording)
    if record is None:
        return None
    now_ms = view.block.time_ms
    committee = view.ask("release", GetCommittee())
    members = committee.members if committee else ()
    said = [STATEMENTS.get(view, query.recording, member) for member in members]
    ended_ms = record.erased_ms or (0 if record.is_kept(now_ms) else record.keep_until_ms)
    return Erasure(ended_ms, members, tuple(statement.destroyed_ms if statement else 0 for statement in said))


def get_recording(view: View, query: GetRecording) -> Recording | None:
    return RECORDINGS.get(view, query.recording)


def list_recordings(view: View, query: ListRecordings) -> tuple[tuple[bytes, Recording], ...]:
    if query.owner is None:
        return page(view, RECORDINGS, after=query.after)
    return page_of(view, RECORDINGS, listed=OWNED, account=query.owner, after=query.after)
