"""What may be read of market."""

from __future__ import annotations

from ...codec import tag_of
from ...ids import Id
from ...ledger import Query, View, page, page_of
from .state import BY_OWNER, BY_READER, COUNTS, PRODUCTS, RECEIPTS, Counter, Product, Receipt

TAG = tag_of(__name__)


class GetReceipt(Query[Receipt | None], frozen=True, tag=TAG):
    """Asks for one receipt."""

    receipt: Id


class ListReceipts(Query[tuple[tuple[Id, Receipt], ...]], frozen=True, tag=TAG):
    """Asks for the receipts of an account, as owner or as reader, in the order of their ids, at most 100 at a time."""

    account: Id
    as_reader: bool = False
    after: Id | None = None


class CountReceipts(Query[Counter], frozen=True, tag=TAG):
    """Asks how many receipts and products an account has."""

    account: Id


class GetProduct(Query[Product | None], frozen=True, tag=TAG):
    """Asks for one product."""

    product: Id


class ListProducts(Query[tuple[tuple[Id, Product], ...]], frozen=True, tag=TAG):
    """Asks for products in the order of their ids, at most 100 at a time."""

    after: Id | None = None


def count_receipts(view: View, query: CountReceipts) -> Counter:
    return COUNTS.get(view, query.account) or Counter(0, 0, 0)


def get_product(view: View, query: GetProduct) -> Product | None:
    return PRODUCTS.get(view, query.product)


def list_products(view: View, query: ListProducts) -> tuple[tuple[bytes, Product], ...]:
    return page(view, PRODUCTS, after=query.after)


def get_receipt(view: View, query: GetReceipt) -> Receipt | None:
    return RECEIPTS.get(view, query.receipt)


def list_receipts(view: View, query: ListReceipts) -> tuple[tuple[bytes, Receipt], ...]:
    listed = BY_READER if query.as_reader else BY_OWNER
    return page_of(view, RECEIPTS, listed=listed, account=query.account, after=query.after)
