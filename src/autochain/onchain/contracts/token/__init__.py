"""Token: ACC at home, 300,000,000 of it, moved and never made."""

from ...ledger import Contract, interfaces
from . import handlers, queries
from .messages import Transfer, Transferred
from .queries import GetAllocations
from .state import ALLOCATIONS, BALANCES, INVARIANTS, Allocation, Balance, Parameters

CONTRACT = Contract(
    "token",
    version=1,
    uses=("accounts",),
    provides=("money",),
    messages={Transfer: handlers.transfer},
    internal={interfaces.Pay: handlers.pay},
    queries={interfaces.BalanceOf: queries.balance_of, GetAllocations: queries.get_allocations},
    events=(Transferred,),
    tables=(BALANCES, ALLOCATIONS),
    genesis=handlers.genesis,
    parameters=Parameters,
    invariants=INVARIANTS,
)

__all__ = [
    "ALLOCATIONS",
    "BALANCES",
    "CONTRACT",
    "Allocation",
    "Balance",
    "GetAllocations",
    "Parameters",
    "Transfer",
    "Transferred",
]
