"""What may be read of token."""

from __future__ import annotations

from ...codec import tag_of
from ...ledger import Query, View, interfaces
from .state import ALLOCATIONS, BALANCES, Allocation

TAG = tag_of(__name__)


class GetAllocations(Query[tuple[tuple[str, Allocation], ...]], frozen=True, tag=TAG):
    """Asks in which parts ACC came into being."""


def balance_of(view: View, query: interfaces.BalanceOf) -> int:
    record = BALANCES.get(view, query.account)
    return record.amount_uacc if record else 0


def get_allocations(view: View, query: GetAllocations) -> tuple[tuple[str, Allocation], ...]:
    return tuple((key[1:].decode(), record) for key, record in ALLOCATIONS.items(view))
