"""Recording: commitments to what vehicles recorded; the readings themselves never come here."""

from ...ledger import Contract
from . import handlers, queries
from .errors import BEFORE_HAND_OVER, NOT_YOURS
from .messages import (
    CATEGORIES,
    GRADES,
    HOUR_MS,
    MAX_DESTROYED,
    MAX_KEPT_MS,
    PRECISIONS,
    Category,
    Commit,
    Committed,
    Destroyed,
    Erase,
    Erased,
    Grade,
    Part,
    Precision,
    recording_id,
)
from .queries import Erasure, GetErasure, GetRecording, ListRecordings
from .state import COUNTS, INVARIANTS, OWNED, RECORDINGS, STATEMENTS, Counter, Recording, Statement

CONTRACT = Contract(
    "recording",
    version=1,
    uses=("accounts", "release"),
    messages={Commit: handlers.commit, Erase: handlers.erase, Destroyed: handlers.destroyed},
    queries={
        GetErasure: queries.get_erasure,
        GetRecording: queries.get_recording,
        ListRecordings: queries.list_recordings,
    },
    events=(Committed, Erased),
    tables=(RECORDINGS, OWNED, COUNTS, STATEMENTS),
    invariants=INVARIANTS,
)

__all__ = [
    "BEFORE_HAND_OVER",
    "CATEGORIES",
    "CONTRACT",
    "COUNTS",
    "GRADES",
    "HOUR_MS",
    "MAX_DESTROYED",
    "MAX_KEPT_MS",
    "NOT_YOURS",
    "OWNED",
    "PRECISIONS",
    "RECORDINGS",
    "STATEMENTS",
    "Category",
    "Commit",
    "Committed",
    "Counter",
    "Destroyed",
    "Erase",
    "Erased",
    "Erasure",
    "GetErasure",
    "GetRecording",
    "Grade",
    "ListRecordings",
    "Part",
    "Precision",
    "Recording",
    "Statement",
    "recording_id",
]
