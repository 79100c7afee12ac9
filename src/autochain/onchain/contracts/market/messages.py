"""What may be asked of market, and what it announces."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from ...codec import Record, tag_of
from ...ids import Id
from ...ledger import Event, Message
from ...units import Amount
from ..consent import Purpose
from ..recording import Category, Precision
from . import errors

TAG = tag_of(__name__)
MAX_DELIVERED = 20
"""How many receipts one statement may name."""
MAX_ITEMS = 20
"""How many recordings a product may have."""
READ_WEIGHT = 300

Categories = Annotated[tuple[Category, ...], msgspec.Meta(max_length=16)]
"""Categories, at least one, each once, in alphabetical order."""


def check_categories(categories: tuple[Category, ...]) -> None:
    if not categories or list(categories) != sorted(set(categories)):
        raise errors.CATEGORIES_UNSORTED()


class Read(Message, frozen=True, tag=TAG):
    """The sender buys the reading of one recording under one consent; the price waits until it is delivered."""

    recording: Id
    consent: Id
    purpose: Purpose
    categories: Categories
    precision: Precision
    weight: ClassVar[int] = READ_WEIGHT

    def check(self) -> None:
        check_categories(self.categories)


class Deliver(Message, frozen=True, tag=TAG):
    """The sender, a member of the committee, states that it gives its shares of the keys on these receipts."""

    receipts: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=MAX_DELIVERED)]
    weight: ClassVar[int] = 50 * MAX_DELIVERED


class Item(Record, frozen=True):
    """One recording of a product, and the offer under which it may be read."""

    recording: Id
    offer: Id


class Publish(Message, frozen=True, tag=TAG):
    """The sender puts a product together: recordings of one owner or of many, at one precision, for one purpose."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    items: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]
    purpose: Purpose
    categories: Categories
    precision: Precision
    weight: ClassVar[int] = 60 * MAX_ITEMS

    def check(self) -> None:
        check_categories(self.categories)
        recordings = [item.recording for item in self.items]
        if recordings != sorted(set(recordings)):
            raise errors.ITEMS_UNSORTED()


class Unpublish(Message, frozen=True, tag=TAG):
    """The sender takes a product of its own off the market."""

    product: Id


class Buy(Message, frozen=True, tag=TAG):
    """The sender buys a product: it takes the offers up where it has not yet, and reads every recording."""

    product: Id
    weight: ClassVar[int] = (READ_WEIGHT + 200) * MAX_ITEMS


class Bought(Event, frozen=True, tag=TAG):
    receipt: Id
    recording: Id
    owner: Id
    reader: Id
    price_uacc: Amount


class Delivered(Event, frozen=True, tag=TAG):
    receipt: Id
    owner: Id
    price_uacc: Amount


class Refunded(Event, frozen=True, tag=TAG):
    receipt: Id
    reader: Id
    price_uacc: Amount


class Published(Event, frozen=True, tag=TAG):
    product: Id
    publisher: Id


class Unpublished(Event, frozen=True, tag=TAG):
    product: Id
