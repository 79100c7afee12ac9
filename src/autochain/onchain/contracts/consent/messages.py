"""What may be asked of consent, and what it announces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

import msgspec

from ...codec import Record, tag_of
from ...ids import Id
from ...ledger import Event, Message
from ...units import Amount, Count
from ..credentials import Role
from ..recording import GRADES, HOUR_MS, Category, Grade, Precision
from . import errors

TAG = tag_of(__name__)

Purpose = Literal[
    "insurance", "maintenance", "navigation", "product_improvement", "research", "resale", "traffic_management"
]
"""What data may be read for."""
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

Basis = Literal["consent", "contract"]
"""The legal basis: GDPR Article 6(1)(a), or 6(1)(b) where it serves what the owner has ordered."""
BASES: Mapping[Purpose, Basis] = {
    "insurance": "contract",
    "maintenance": "contract",
    "navigation": "contract",
    "product_improvement": "consent",
    "research": "consent",
    "resale": "contract",
    "traffic_management": "consent",
}
"""On which basis data is read for each purpose."""

DAY_MS = 24 * HOUR_MS
LONGEST_MS: Mapping[Grade, int] = {
    "technical": 5 * 365 * DAY_MS,
    "personal": 2 * 365 * DAY_MS,
    "sensitive": 365 * DAY_MS,
}
"""For how long a consent may be given, by what its categories tell about people."""

LATEST_MS = 253_402_300_799_999
"""The last millisecond of the year 9999: times after it are such as hardly any program can write."""

Categories = Annotated[tuple[Category, ...], msgspec.Meta(min_length=1, max_length=16)]
"""Categories, each once, in alphabetical order."""


class Terms(Record, frozen=True):
    """What may be read: of which vehicle, for what, how closely, from when, at what price, and until when."""

    vehicle: Id
    purpose: Purpose
    categories: Categories
    precision: Precision
    """The finest precision granted; `exact` includes `coarse`, and both include `aggregate`."""
    from_ms: Count
    until_ms: Count
    """Recordings that lie within this window."""
    price_uacc: Amount
    """What a reader pays for each recording it reads."""
    expires_ms: Count

    def check(self) -> None:
        if list(self.categories) != sorted(set(self.categories)):
            raise errors.CATEGORIES_UNSORTED()
        if self.from_ms >= self.until_ms:
            raise errors.EMPTY_WINDOW()
        if self.until_ms > LATEST_MS:
            raise errors.TOO_FAR()

    @property
    def longest_ms(self) -> int:
        """For how long a consent with these terms may be given."""
        return min(LONGEST_MS[GRADES[category]] for category in self.categories)


class Grant(Message, frozen=True, tag=TAG):
    """The sender lets one reader see recordings of one of its vehicles; what is not granted stays closed."""

    reader: Id
    terms: Terms

    def check(self) -> None:
        self.terms.check()


class Offer(Message, frozen=True, tag=TAG):
    """The sender lets every reader of a role have a consent on the same terms, by taking the offer up."""

    terms: Terms
    role: Role
    """What must be attested of the reader."""

    def check(self) -> None:
        self.terms.check()


class TakeUp(Message, frozen=True, tag=TAG):
    """The sender takes an offer up and so has a consent of its own, which the owner may revoke like any other."""

    offer: Id


class Withdraw(Message, frozen=True, tag=TAG):
    """The sender takes an offer of its own back; consents that it has led to stay until they are revoked."""

    offer: Id


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


class Offered(Event, frozen=True, tag=TAG):
    offer: Id
    owner: Id


class Withdrawn(Event, frozen=True, tag=TAG):
    offer: Id
