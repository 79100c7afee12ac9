"""Recording: commitments to what vehicles recorded; the readings themselves never come here."""

from ...ledger import Contract
from . import handlers, queries
from .messages import CATEGORIES, HOUR_MS, PRECISIONS, Category, Commit, Committed, Part, Precision, recording_id
from .queries import GetRecording, ListRecordings
from .state import INVARIANTS, OWNED, RECORDINGS, Recording

CONTRACT = Contract(
    "recording",
    version=1,
    uses=("accounts",),
    messages={Commit: handlers.commit},
    queries={GetRecording: queries.get_recording, ListRecordings: queries.list_recordings},
    events=(Committed,),
    tables=(RECORDINGS, OWNED),
    invariants=INVARIANTS,
)

__all__ = [
    "CATEGORIES",
    "CONTRACT",
    "HOUR_MS",
    "OWNED",
    "PRECISIONS",
    "RECORDINGS",
    "Category",
    "Commit",
    "Committed",
    "GetRecording",
    "ListRecordings",
    "Part",
    "Precision",
    "Recording",
    "recording_id",
]
