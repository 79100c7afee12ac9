"""What may be asked of consent, and what it announces."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec

from ...codec import tag_of
from ...ids import Id
from ...ledger import Event, Message
from ...units import Amount, Count
from ..recording import Category, Precision
from . import errors

TAG = tag_of(__name__)

Purpose = Literal[
    "insurance", "maintenance", "navigation", "product_improvement", "research", "resale", "traffic_management"
]
"""What data may be read for."""
PURPOSES: tuple[str, ...] = get_args(Purpose)

Categories = Annotated[tuple[Category, ...], msgspec.Meta(min_length=1, max_length=16)]
"""Categories, each once, in alphabetical order."""


class Grant(Message, frozen=True, tag=TAG):
    """The sender lets one reader see recordings of one of its vehicles; what is not granted stays closed."""

    reader: Id
    vehicle: Id
    purpose: Purpose
    categories: Categories
    precision: Precision
    """The finest precision granted; `exact` includes `coarse`."""
    from_ms: Count
    until_ms: Count
    """Recordings that lie within this window."""
    price_uacc: Amount
    """What the reader pays for each recording it reads."""
    expires_ms: Count

    def check(self) -> None:
        if list(self.categories) != sorted(set(self.categories)):
            raise errors.CATEGORIES_UNSORTED()
        if self.from_ms >= self.until_ms:
            raise errors.EMPTY_WINDOW()


class Revoke(Message, frozen=True, tag=TAG):
    """The sender takes a consent of its own back, at once."""

    consent: Id


class Granted(Event, frozen=True, tag=TAG):
    consent: Id
    owner: Id
    reader: Id
    vehicle: Id


class Ended(Event, frozen=True, tag=TAG):
    consent: Id
    how: Literal["revoked", "expired"]
