"""What may be read of mining."""

from __future__ import annotations

from ...codec import tag_of
from ...ids import Id
from ...ledger import Query, View
from .state import CLAIMED, TERMS, Claimed, Terms

TAG = tag_of(__name__)


class GetReward(Query[Claimed | None], frozen=True, tag=TAG):
    """Asks what a recording earned."""

    recording: Id


class GetTerms(Query[Terms | None], frozen=True, tag=TAG):
    """Asks by what rules rewards are paid."""


def get_reward(view: View, query: GetReward) -> Claimed | None:
    return CLAIMED.get(view, query.recording)


def get_terms(view: View, query: GetTerms) -> Terms | None:
    return TERMS.get(view)
