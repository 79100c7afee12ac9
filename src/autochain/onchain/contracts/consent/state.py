"""The records, keys and invariants of consent."""

from __future__ import annotations

from ...codec import Record, folder_of
from ...ids import Id
from ...ledger import ID, Table, View
from ...units import Amount, Count
from ..recording import Precision
from .messages import Categories, Purpose

HERE = folder_of(__name__)


class Consent(Record, frozen=True):
    """One consent, which stays on record when it has ended."""

    owner: Id
    reader: Id
    vehicle: Id
    purpose: Purpose
    categories: Categories
    precision: Precision
    from_ms: Count
    until_ms: Count
    price_uacc: Amount
    granted_ms: Count
    expires_ms: Count
    ended_ms: Count = 0
    """When it was revoked or its expiry was noted; 0 while neither has happened."""

    def lives(self, now_ms: int) -> bool:
        return self.ended_ms == 0 and now_ms < self.expires_ms


class Listed(Record, frozen=True):
    """Says that a consent is one of an owner's or a reader's."""

    granted_ms: Count


class Counter(Record, frozen=True):
    """How many consents an owner has granted so far."""

    granted: Count


CONSENTS = Table(HERE, "consents", Consent, key=(ID,))
BY_OWNER = Table(HERE, "by_owner", Listed, key=(ID, ID))
BY_READER = Table(HERE, "by_reader", Listed, key=(ID, ID))
COUNTS = Table(HERE, "counts", Counter, key=(ID,))


def _listed_for_both(view: View) -> bool:
    consents = list(CONSENTS.items(view))
    owners = [key for key, _ in BY_OWNER.items(view)]
    readers = [key for key, _ in BY_READER.items(view)]
    return sorted(owners) == sorted(record.owner + key for key, record in consents) and sorted(readers) == sorted(
        record.reader + key for key, record in consents
    )


def _end_after_begin(view: View) -> bool:
    return all(
        record.granted_ms < record.expires_ms and (record.ended_ms == 0 or record.ended_ms >= record.granted_ms)
        for _, record in CONSENTS.items(view)
    )


def _counted(view: View) -> bool:
    counts = {owner: counter.granted for owner, counter in COUNTS.items(view)}
    owners = [record.owner for _, record in CONSENTS.items(view)]
    return counts == {owner: owners.count(owner) for owner in owners}


INVARIANTS = {
    "every consent is listed for its owner and its reader, and no other": _listed_for_both,
    "no consent ends before it was granted": _end_after_begin,
    "an owner's counter is how many consents it granted": _counted,
}
