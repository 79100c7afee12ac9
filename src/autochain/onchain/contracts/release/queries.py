"""What may be read of release."""

from __future__ import annotations

from ...codec import tag_of
from ...ids import Id
from ...ledger import Query, View
from .state import COMMITTEE, LOGS, Committee, Log

TAG = tag_of(__name__)


class GetCommittee(Query[Committee | None], frozen=True, tag=TAG):
    """Asks who keeps the keys of recordings; None where nobody does."""


class GetLog(Query[Log | None], frozen=True, tag=TAG):
    """Asks how far a member has bound itself to its log."""

    member: Id


def get_committee(view: View, query: GetCommittee) -> Committee | None:
    return COMMITTEE.get(view)


def get_log(view: View, query: GetLog) -> Log | None:
    return LOGS.get(view, query.member)
