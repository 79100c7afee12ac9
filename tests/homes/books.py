"""Books of what everybody did on a network, which say what the next step may bring and never look at the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from autochain.onchain.contracts.consent import Purpose, Terms
from autochain.onchain.contracts.market import Receipt
from autochain.onchain.contracts.recording import HOUR_MS, Category, Precision
from autochain.onchain.ids import contract_account
from autochain.signals import Drive
from autochain.wallet import Wallet

from .scene import DAY_MS

POOL, ESCROW = contract_account("mining"), contract_account("market")
COARSENESS = {"exact": 0, "coarse": 1, "aggregate": 2}
LONGEST_DAYS = {"energy": 730, "motion": 730, "position": 365}
REWARD_UACC = 1_000
"""For each moment of a drive, as the chain file has it."""
NEEDED = 2
"""How many members must give their shares."""


class Person:
    """Somebody, or a car, with the present keys and the former ones."""

    def __init__(self, wallet: Wallet) -> None:
        self.wallet = wallet
        self.former: list[Wallet] = []
        self.account = wallet.account

    def rotate(self, fresh: Wallet) -> None:
        self.former.append(self.wallet)
        self.wallet = fresh


class Wanted(NamedTuple):
    """What somebody wants to read."""

    purpose: Purpose
    categories: tuple[Category, ...]
    precision: Precision


class Allowed(NamedTuple):
    """What an owner may let others read, with times counted from now."""

    purpose: Purpose
    categories: tuple[Category, ...]
    precision: Precision
    hours: tuple[int, int]
    """Between which hours a recording lies that may be read."""
    price_uacc: int
    lasts_ms: int

    def terms(self, car: Person, *, now_ms: int) -> Terms:
        return Terms(
            vehicle=car.account,
            purpose=self.purpose,
            categories=self.categories,
            precision=self.precision,
            from_ms=(now_ms // HOUR_MS + self.hours[0]) * HOUR_MS,
            until_ms=(now_ms // HOUR_MS + self.hours[1]) * HOUR_MS,
            price_uacc=self.price_uacc,
            expires_ms=now_ms + self.lasts_ms,
        )


@dataclass(eq=False)
class Trip:
    """A drive that a unit has sealed, committed or not."""

    name: bytes
    car: Person
    owner: Person
    drive: Drive
    plain: dict[tuple[str, str], bytes]
    keep_until_ms: int
    manifest_root: bytes = b""
    objects: tuple[bytes, ...] = ()
    erased_ms: int = 0
    gone: bool = False
    """Its owner was told that it is erased everywhere."""

    @property
    def start_ms(self) -> int:
        return self.drive.times_ms[0] // HOUR_MS * HOUR_MS

    @property
    def end_ms(self) -> int:
        return (self.drive.times_ms[-1] // HOUR_MS + 1) * HOUR_MS

    def kept(self, now_ms: int) -> bool:
        return not self.erased_ms and now_ms < self.keep_until_ms


@dataclass(eq=False)
class Given:
    """A consent, or an offer, which has no reader."""

    owner: Person
    reader: Person | None
    terms: Terms
    ended: bool = False
    """Revoked or withdrawn."""

    @property
    def wanted(self) -> Wanted:
        """All that it allows."""
        return Wanted(self.terms.purpose, self.terms.categories, self.terms.precision)

    def lives(self, now_ms: int) -> bool:
        return not self.ended and now_ms < self.terms.expires_ms

    def covers(self, trip: Trip, wanted: Wanted) -> bool:
        terms = self.terms
        return (
            (self.owner, terms.vehicle) == (trip.owner, trip.car.account)
            and terms.purpose == wanted.purpose
            and set(wanted.categories) <= set(terms.categories)
            and all((category, wanted.precision) in trip.plain for category in wanted.categories)
            and COARSENESS[terms.precision] <= COARSENESS[wanted.precision]
            and terms.from_ms <= trip.start_ms
            and trip.end_ms <= terms.until_ms
        )


@dataclass(eq=False)
class Sale:
    """A reading that was bought."""

    reader: Person
    trip: Trip
    consent: bytes
    wanted: Wanted
    price_uacc: int
    bought_ms: int
    product: bytes | None = None
    given_by: set[int] = field(default_factory=set)
    status: str = "open"

    @property
    def lapses_ms(self) -> int:
        return self.bought_ms + DAY_MS


@dataclass(eq=False)
class Goods:
    """A product: by recording the offer under which it is sold."""

    items: dict[bytes, bytes]
    wanted: Wanted


class Books:
    """Keeps what everybody did, and says what may come of the next step without looking at the network."""

    def __init__(self, owners: dict[Person, Person], buyers: Sequence[Person]) -> None:
        self.owners = owners
        """By car, whose it is."""
        self.buyers = list(buyers)
        """Who is attested as a buyer."""
        self.handed_over_ms = dict.fromkeys(owners, 0)
        self.pending: dict[bytes, Trip] = {}
        """Sealed in a unit and not committed."""
        self.trips: dict[bytes, Trip] = {}
        self.consents: dict[bytes, Given] = {}
        self.offers: dict[bytes, Given] = {}
        self.taken: dict[tuple[bytes, Person], bytes] = {}
        self.goods: dict[bytes, Goods] = {}
        self.sales: dict[bytes, Sale] = {}
        self.gifts: Counter[tuple[bytes, int]] = Counter()
        self.moved_uacc: Counter[bytes] = Counter()
        """What everybody has more or less than in the beginning, but for fees."""

    def pay(self, payer: bytes, payee: bytes, amount_uacc: int) -> None:
        self.moved_uacc[payer] -= amount_uacc
        self.moved_uacc[payee] += amount_uacc

    def may_commit(self, trip: Trip, now_ms: int) -> bool:
        since_ms = self.handed_over_ms[trip.car]
        rightful = self.owners[trip.car] is trip.owner and trip.start_ms // HOUR_MS >= since_ms // HOUR_MS
        return rightful and trip.end_ms <= now_ms + HOUR_MS and now_ms < trip.keep_until_ms

    def commit(self, trip: Trip) -> None:
        self.pending.pop(trip.name, None)
        self.trips[trip.name] = trip
        self.pay(POOL, trip.owner.account, REWARD_UACC * trip.drive.points)

    def may_give(self, owner: Person, car: Person, terms: Terms, now_ms: int) -> bool:
        longest_ms = min(LONGEST_DAYS[category] for category in terms.categories) * DAY_MS
        return self.owners[car] is owner and now_ms < terms.expires_ms <= now_ms + longest_ms

    def may_read(self, given: Given, trip: Trip, wanted: Wanted, now_ms: int) -> bool:
        return given.lives(now_ms) and trip.kept(now_ms) and given.covers(trip, wanted)

    def may_buy(self, goods: Goods, reader: Person, now_ms: int) -> bool:
        """Says whether a reader who has the money may have all of a product."""
        for recording, offer in goods.items.items():
            given = self.offers[offer]
            if (offer, reader) in self.taken:
                given = self.consents[self.taken[offer, reader]]
            elif reader not in self.buyers:
                return False
            if not self.may_read(given, self.trips[recording], goods.wanted, now_ms):
                return False
        return True

    def sell(self, name: bytes, sale: Sale) -> None:
        self.pay(sale.reader.account, ESCROW, sale.price_uacc)
        self.sales[name] = sale

    def may_fetch(self, sale: Sale, now_ms: int) -> bool:
        """Says whether keys are given on a receipt to its reader."""
        given = self.consents[sale.consent]
        return now_ms < sale.lapses_ms and self.may_read(given, sale.trip, sale.wanted, now_ms)

    def give(self, name: bytes, members: set[int]) -> None:
        """Notes that members gave their shares; with those of enough of them, the owner has its price."""
        sale = self.sales[name]
        self.gifts.update((name, number) for number in members)
        sale.given_by |= members
        if sale.status == "open" and len(sale.given_by) >= NEEDED:
            self.pay(ESCROW, sale.trip.owner.account, sale.price_uacc)
            sale.status = "delivered"

    def lapse(self, now_ms: int) -> None:
        """Gives prices back whose day is over."""
        for sale in self.sales.values():
            if sale.status == "open" and sale.lapses_ms <= now_ms:
                self.pay(ESCROW, sale.reader.account, sale.price_uacc)
                sale.status = "refunded"


def as_shown(receipt: Receipt) -> tuple[Any, ...]:
    """What a receipt says, but for its times."""
    wanted = (receipt.purpose, receipt.categories, receipt.precision)
    given_by = len(receipt.given_by)
    bought = (receipt.recording, receipt.consent, wanted, receipt.product, receipt.price_uacc)
    return receipt.owner, receipt.reader, receipt.vehicle, bought, given_by, receipt.status


def as_known(sale: Sale) -> tuple[Any, ...]:
    """The same of what the books say."""
    bought = (sale.trip.name, sale.consent, tuple(sale.wanted), sale.product, sale.price_uacc)
    parties = (sale.trip.owner.account, sale.reader.account, sale.trip.car.account)
    return *parties, bought, len(sale.given_by), sale.status
