"""The records, keys and invariants of market."""

from __future__ import annotations

from typing import Literal

from ...codec import Record, folder_of
from ...crypto import Hash
from ...ids import Id
from ...ledger import ID, Table, View
from ...units import Amount, Count
from ..consent import Purpose
from ..recording import Category, Precision

HERE = folder_of(__name__)
OPEN_MS = 24 * 3_600_000
"""How long keys may be fetched on a receipt."""


class Receipt(Record, frozen=True):
    """One reading that was bought: by whom, of what, under which consent, for how much."""

    reader: Id
    owner: Id
    vehicle: Id
    recording: Id
    consent: Id
    purpose: Purpose
    categories: tuple[Category, ...]
    precision: Precision
    price_uacc: Amount
    reader_key: Hash
    """X25519 public key of the reader, to which the keys of the parts are sealed."""
    bought_ms: Count
    lapses_ms: Count
    status: Literal["open"] = "open"


class Listed(Record, frozen=True):
    """Says that a receipt is one of an owner's or a reader's."""

    bought_ms: Count


class Counter(Record, frozen=True):
    """How many readings a reader has bought so far."""

    bought: Count


RECEIPTS = Table(HERE, "receipts", Receipt, key=(ID,))
BY_OWNER = Table(HERE, "by_owner", Listed, key=(ID, ID))
BY_READER = Table(HERE, "by_reader", Listed, key=(ID, ID))
COUNTS = Table(HERE, "counts", Counter, key=(ID,))


def _seen_by_both(view: View) -> bool:
    receipts = list(RECEIPTS.items(view))
    owners = [key for key, _ in BY_OWNER.items(view)]
    readers = [key for key, _ in BY_READER.items(view)]
    return sorted(owners) == sorted(record.owner + key for key, record in receipts) and sorted(readers) == sorted(
        record.reader + key for key, record in receipts
    )


def _counted(view: View) -> bool:
    counts = {reader: counter.bought for reader, counter in COUNTS.items(view)}
    readers = [record.reader for _, record in RECEIPTS.items(view)]
    return counts == {reader: readers.count(reader) for reader in readers}


INVARIANTS = {
    "every receipt is seen by the owner and the reader": _seen_by_both,
    "a reader's counter is how many receipts it has": _counted,
}
