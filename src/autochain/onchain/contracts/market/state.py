"""The records, keys and invariants of market."""

from __future__ import annotations

from collections import Counter as Tally
from typing import Literal

from ...codec import Record, folder_of
from ...crypto import Hash
from ...ids import Id
from ...ledger import ID, Table, View, interfaces
from ...units import Amount, Count
from ..consent import Purpose
from ..recording import Category, Precision
from .messages import Item

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
    product: Id | None = None
    """The product that it was bought with."""
    given_by: tuple[Id, ...] = ()
    """The members of the committee that give their shares."""
    status: Literal["open", "delivered", "refunded"] = "open"
    """Delivered, and the owner paid, when enough members give their shares; refunded when too few had after a day."""


class Product(Record, frozen=True):
    """What may be bought at once: recordings of one owner or of many."""

    publisher: Id
    name: str
    items: tuple[Item, ...]
    purpose: Purpose
    categories: tuple[Category, ...]
    precision: Precision
    published_ms: Count
    taken_off_ms: Count = 0


class Listed(Record, frozen=True):
    """Says that a receipt is one of an owner's or a reader's."""

    bought_ms: Count


class Counter(Record, frozen=True):
    """How many readings an account has bought, of how many it is the subject, and how many products it published.

    Whoever is shown as many has been shown all.
    """

    bought: Count
    sold: Count
    published: Count


RECEIPTS = Table(HERE, "receipts", Receipt, key=(ID,))
BY_OWNER = Table(HERE, "by_owner", Listed, key=(ID, ID))
BY_READER = Table(HERE, "by_reader", Listed, key=(ID, ID))
PRODUCTS = Table(HERE, "products", Product, key=(ID,))
COUNTS = Table(HERE, "counts", Counter, key=(ID,))


def _seen_by_both(view: View) -> bool:
    receipts = list(RECEIPTS.items(view))
    owners = [key for key, _ in BY_OWNER.items(view)]
    readers = [key for key, _ in BY_READER.items(view)]
    return sorted(owners) == sorted(record.owner + key for key, record in receipts) and sorted(readers) == sorted(
        record.reader + key for key, record in receipts
    )


def _counted(view: View) -> bool:
    owners = Tally(record.owner for _, record in RECEIPTS.items(view))
    readers = Tally(record.reader for _, record in RECEIPTS.items(view))
    publishers = Tally(record.publisher for _, record in PRODUCTS.items(view))
    counts = dict(COUNTS.items(view))
    return sorted(counts) == sorted(owners | readers | publishers) and all(
        record == Counter(readers[account], owners[account], publishers[account]) for account, record in counts.items()
    )


def _waiting_money_is_held(view: View) -> bool:
    waiting = [record.price_uacc for _, record in RECEIPTS.items(view) if record.status == "open"]
    return view.ask("money", interfaces.BalanceOf(view.account)) >= sum(waiting)


INVARIANTS = {
    "every receipt is seen by the owner and the reader": _seen_by_both,
    "an account's counter is how many receipts and products it has": _counted,
    "what was paid for open receipts is held": _waiting_money_is_held,
}
