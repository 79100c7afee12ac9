"""What may be read of recording."""

from __future__ import annotations

from itertools import islice

from ...codec import tag_of
from ...ids import Id
from ...ledger import Query, View
from .state import OWNED, RECORDINGS, Recording

TAG = tag_of(__name__)
PAGE = 100


class GetRecording(Query[Recording | None], frozen=True, tag=TAG):
    """Asks for one recording."""

    recording: Id


class ListRecordings(Query[tuple[tuple[Id, Recording], ...]], frozen=True, tag=TAG):
    """Asks for recordings in the order of their ids, of one owner or of all, at most 100 at a time."""

    owner: Id | None = None
    after: Id | None = None
    """The last id of the page before."""


def get_recording(view: View, query: GetRecording) -> Recording | None:
    return RECORDINGS.get(view, query.recording)


def list_recordings(view: View, query: ListRecordings) -> tuple[tuple[bytes, Recording], ...]:
    if query.owner is None:
        return tuple(islice(RECORDINGS.items(view, after=(query.after,) if query.after else ()), PAGE))
    after = (query.owner, query.after) if query.after else ()
    names = [name for name, _ in islice(OWNED.items(view, query.owner, after=after), PAGE)]
    found = [(name, RECORDINGS.get(view, name)) for name in names]
    return tuple((name, record) for name, record in found if record is not None)
