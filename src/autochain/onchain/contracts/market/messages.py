"""What may be asked of market, and what it announces."""

from __future__ import annotations

from typing import ClassVar

from ...codec import tag_of
from ...ids import Id
from ...ledger import Event, Message
from ...units import Amount
from ..consent import Purpose
from ..recording import Category, Precision
from . import errors

TAG = tag_of(__name__)


class Read(Message, frozen=True, tag=TAG):
    """The sender buys the reading of one recording under one consent."""

    recording: Id
    consent: Id
    purpose: Purpose
    categories: tuple[Category, ...]
    precision: Precision
    weight: ClassVar[int] = 300

    def check(self) -> None:
        if not self.categories or list(self.categories) != sorted(set(self.categories)):
            raise errors.CATEGORIES_UNSORTED()


class Bought(Event, frozen=True, tag=TAG):
    receipt: Id
    recording: Id
    owner: Id
    reader: Id
    price_uacc: Amount
