"""Market: a reader pays for what a consent lets it read, and a receipt stays that the owner sees."""

from ...ledger import Contract
from . import handlers, queries, timers
from .messages import (
    Bought,
    Buy,
    Deliver,
    Delivered,
    Item,
    Publish,
    Published,
    Read,
    Refunded,
    Unpublish,
    Unpublished,
)
from .queries import CountReceipts, GetProduct, GetReceipt, ListProducts, ListReceipts
from .state import BY_OWNER, BY_READER, COUNTS, INVARIANTS, PRODUCTS, RECEIPTS, Counter, Product, Receipt
from .timers import Lapse

CONTRACT = Contract(
    "market",
    version=1,
    uses=("accounts", "money", "release", "recording", "consent"),
    messages={
        Read: handlers.read,
        Deliver: handlers.deliver,
        Publish: handlers.publish,
        Unpublish: handlers.unpublish,
        Buy: handlers.buy,
    },
    queries={
        CountReceipts: queries.count_receipts,
        GetProduct: queries.get_product,
        GetReceipt: queries.get_receipt,
        ListProducts: queries.list_products,
        ListReceipts: queries.list_receipts,
    },
    timers={Lapse: timers.lapse},
    events=(Bought, Delivered, Refunded, Published, Unpublished),
    tables=(RECEIPTS, BY_OWNER, BY_READER, PRODUCTS, COUNTS),
    invariants=INVARIANTS,
)

__all__ = [
    "BY_OWNER",
    "CONTRACT",
    "COUNTS",
    "PRODUCTS",
    "RECEIPTS",
    "Bought",
    "Buy",
    "CountReceipts",
    "Counter",
    "Deliver",
    "Delivered",
    "GetProduct",
    "GetReceipt",
    "Item",
    "ListProducts",
    "ListReceipts",
    "Product",
    "Publish",
    "Published",
    "Read",
    "Receipt",
    "Refunded",
    "Unpublish",
    "Unpublished",
]
