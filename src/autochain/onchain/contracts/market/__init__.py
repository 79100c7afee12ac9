"""Market: a reader pays for what a consent lets it read, and a receipt stays that the owner sees."""

from ...ledger import Contract
from . import handlers, queries
from .messages import Bought, Read
from .queries import GetReceipt, ListReceipts
from .state import BY_OWNER, BY_READER, COUNTS, INVARIANTS, RECEIPTS, Receipt

CONTRACT = Contract(
    "market",
    version=1,
    uses=("accounts", "money", "recording", "consent"),
    messages={Read: handlers.read},
    queries={GetReceipt: queries.get_receipt, ListReceipts: queries.list_receipts},
    events=(Bought,),
    tables=(RECEIPTS, BY_OWNER, BY_READER, COUNTS),
    invariants=INVARIANTS,
)

__all__ = ["CONTRACT", "RECEIPTS", "Bought", "GetReceipt", "ListReceipts", "Read", "Receipt"]
