"""Release: the committee that keeps recordings' keys, and what its members say about their logs."""

from ...ledger import Contract
from . import handlers, queries
from .messages import Anchor, Anchored
from .queries import GetCommittee, GetLog
from .state import COMMITTEE, INVARIANTS, LOGS, Committee, Log

CONTRACT = Contract(
    "release",
    version=1,
    messages={Anchor: handlers.anchor},
    queries={GetCommittee: queries.get_committee, GetLog: queries.get_log},
    events=(Anchored,),
    tables=(COMMITTEE, LOGS),
    genesis=handlers.genesis,
    parameters=Committee,
    invariants=INVARIANTS,
)

__all__ = [
    "COMMITTEE",
    "CONTRACT",
    "LOGS",
    "Anchor",
    "Anchored",
    "Committee",
    "GetCommittee",
    "GetLog",
    "Log",
]
