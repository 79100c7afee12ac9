"""Token's records, keys and invariants."""

from __future__ import annotations

from ...codec import Record, folder_of
from ...ids import Id
from ...ledger import ID, TEXT, Table, View
from ...units import TOTAL_SUPPLY_UACC, Amount

HERE = folder_of(__name__)


class Balance(Record, frozen=True):
    """What one account holds; an account that holds nothing has no record."""

    amount_uacc: Amount


class Allocation(Record, frozen=True):
    """One of the five parts in which ACC came into being."""

    account: Id
    amount_uacc: Amount


class Parameters(Record, frozen=True):
    """The allocations by name; they sum to the whole supply."""

    allocations: tuple[tuple[str, Allocation], ...]


BALANCES = Table(HERE, "balances", Balance, key=(ID,))
ALLOCATIONS = Table(HERE, "allocations", Allocation, key=(TEXT,))


def _supply_is_whole(view: View) -> bool:
    return sum(record.amount_uacc for _, record in BALANCES.items(view)) == TOTAL_SUPPLY_UACC


def _no_empty_balances(view: View) -> bool:
    return all(record.amount_uacc > 0 for _, record in BALANCES.items(view))


INVARIANTS = {
    "all balances sum to exactly 300,000,000 ACC": _supply_is_whole,
    "an account that holds nothing has no record": _no_empty_balances,
}
