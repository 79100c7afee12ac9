"""What parties own, may read and have paid, in plain records: a model that knows nothing of any chain's state."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from autochain.onchain.contracts.consent import Terms
from autochain.onchain.contracts.credentials import Role
from autochain.onchain.contracts.market import Publish, Read
from autochain.onchain.contracts.recording import HOUR_MS, Commit
from autochain.onchain.ids import contract_account
from chains import Party

DAY_MS = 24 * HOUR_MS
POOL, ESCROW = contract_account("mining"), contract_account("market")
NEEDED = 2
"""How many members must give their shares."""
COARSENESS = {"exact": 0, "coarse": 1, "aggregate": 2}
LONGEST_DAYS = {"energy": 730, "motion": 730, "position": 365}
KEPT_DAYS = 3_650


@dataclass
class Drive:
    """A recording: who committed to what, and whose it is for ever."""

    vehicle: Party
    owner: Party
    commit: Commit
    erased_ms: int = 0
    destroyed: dict[bytes, int] = field(default_factory=dict)
    """By member, when it said first that it holds no key any more."""

    def kept(self, now_ms: int) -> bool:
        return not self.erased_ms and now_ms < self.commit.keep_until_ms


def covers(terms: Terms, drive: Drive, wanted: Read | Publish) -> bool:
    """Says whether terms let somebody have this of a drive, and the drive has it."""
    parts = {(part.category, part.precision) for part in drive.commit.parts}
    return (
        (terms.vehicle, terms.purpose) == (drive.vehicle.account, wanted.purpose)
        and set(wanted.categories) <= set(terms.categories)
        and {(category, wanted.precision) for category in wanted.categories} <= parts
        and COARSENESS[terms.precision] <= COARSENESS[wanted.precision]
        and terms.from_ms <= drive.commit.start_ms
        and drive.commit.end_ms <= terms.until_ms
    )


@dataclass
class Opened:
    """An offer."""

    owner: Party
    terms: Terms
    role: Role
    withdrawn: bool = False

    def stands(self, now_ms: int) -> bool:
        return not self.withdrawn and now_ms < self.terms.expires_ms


@dataclass
class Given:
    """A consent, by a grant or by an offer that was taken up."""

    owner: Party
    reader: Party
    terms: Terms
    granted_ms: int
    revoked_ms: int = 0

    def lives(self, now_ms: int) -> bool:
        return not self.revoked_ms and now_ms < self.terms.expires_ms


@dataclass
class Sale:
    """A reading that was bought."""

    reader: Party
    owner: Party
    read: Read
    price_uacc: int
    bought_ms: int
    product: bytes | None = None
    given_by: tuple[bytes, ...] = ()
    status: str = "open"

    @property
    def lapses_ms(self) -> int:
        return self.bought_ms + DAY_MS


@dataclass
class Goods:
    """A product."""

    publisher: Party
    made: Publish
    taken_off: bool = False


class Model:
    """Keeps the books of everything that parties did."""

    def __init__(self, holds: dict[bytes, int]) -> None:
        self.holds = Counter(holds)
        self.people: list[Party] = []
        self.cars: list[Party] = []
        self.revoked: set[bytes] = set()
        self.owners: dict[bytes, Party] = {}
        """By car, who controls it now."""
        self.sold_ms: dict[bytes, int] = {}
        """By car, when it was handed over last."""
        self.roles: dict[tuple[bytes, Role], bytes | None] = {}
        """What is attested of whom, and with which VIN."""
        self.drives: dict[bytes, Drive] = {}
        self.offers: dict[bytes, Opened] = {}
        self.consents: dict[bytes, Given] = {}
        self.taken: dict[tuple[bytes, bytes], bytes] = {}
        """By offer and reader, the consent that came of it."""
        self.sales: dict[bytes, Sale] = {}
        self.goods: dict[bytes, Goods] = {}
        self.rewarded: set[bytes] = set()

    @property
    def everybody(self) -> list[Party]:
        return self.people + self.cars

    def active(self, party: Party) -> bool:
        return party.account not in self.revoked

    def has(self, party: Party, role: Role) -> bool:
        return (party.account, role) in self.roles and self.active(party)

    def pay(self, payer: bytes, payee: bytes, amount_uacc: int) -> None:
        self.holds[payer] -= amount_uacc
        self.holds[payee] += amount_uacc

    def may_commit(self, vehicle: Party, commit: Commit, now_ms: int) -> bool:
        """Says whether a vehicle may commit to what it has not committed to before."""
        past = commit.end_ms <= now_ms + HOUR_MS
        lasts = 0 < commit.keep_until_ms - now_ms <= KEPT_DAYS * DAY_MS
        return past and lasts and commit.start_ms // HOUR_MS >= self.sold_ms.get(vehicle.account, 0) // HOUR_MS

    def may_publish(self, made: Publish, now_ms: int) -> bool:
        """Says whether offers cover a product of recordings that are there for somebody to read."""
        pairs = [(self.offers[item.offer], self.drives[item.recording]) for item in made.items]
        return all(
            opened.stands(now_ms)
            and opened.owner is drive.owner
            and drive.kept(now_ms)
            and self.active(drive.owner)
            and covers(opened.terms, drive, made)
            for opened, drive in pairs
        )

    def may_give(self, terms: Terms, sender: Party, now_ms: int) -> bool:
        """Says whether somebody may grant or offer on these terms."""
        days = min(LONGEST_DAYS[category] for category in terms.categories)
        owner = self.owners.get(terms.vehicle)
        return owner is sender and now_ms < terms.expires_ms <= now_ms + days * DAY_MS

    def may_take_up(self, offer: bytes, reader: Party, now_ms: int) -> bool:
        opened = self.offers[offer]
        fits = opened.stands(now_ms) and (reader.account, opened.role) in self.roles
        return fits and (offer, reader.account) not in self.taken

    def may_read(self, given: Given, read: Read, reader: Party, now_ms: int) -> bool:
        """Says whether a reader that has enough money reads."""
        drive = self.drives[read.recording]
        return (
            given.lives(now_ms)
            and drive.kept(now_ms)
            and (given.reader, given.owner) == (reader, drive.owner)
            and self.active(drive.owner)
            and covers(given.terms, drive, read)
        )

    def sell(self, receipt: bytes, sale: Sale) -> None:
        self.pay(sale.reader.account, ESCROW, sale.price_uacc)
        self.sales[receipt] = sale

    def reads_of(self, product: bytes, reader: Party, now_ms: int) -> list[tuple[bytes, Given, Read]] | None:
        """Gives a product's offers, consents as they are or would come, and reads; None when one is not to be had."""
        goods, found = self.goods[product], []
        for item in goods.made.items:
            opened, consent = self.offers[item.offer], self.taken.get((item.offer, reader.account))
            if consent is None and not self.may_take_up(item.offer, reader, now_ms):
                return None
            given = self.consents[consent] if consent else Given(opened.owner, reader, opened.terms, now_ms)
            read = Read(item.recording, consent or b"", goods.made.purpose, goods.made.categories, goods.made.precision)
            if goods.taken_off or not self.may_read(given, read, reader, now_ms):
                return None
            found.append((item.offer, given, read))
        return found

    def may_deliver(self, receipts: tuple[bytes, ...], now_ms: int) -> bool:
        return all(now_ms < self.sales[receipt].lapses_ms for receipt in receipts)

    def deliver(self, receipt: bytes, member: bytes) -> None:
        """Notes that a member gave its share; with the last one needed, the owner has its price."""
        sale = self.sales[receipt]
        if member not in sale.given_by:
            sale.given_by += (member,)
            if len(sale.given_by) == NEEDED:
                self.pay(ESCROW, sale.owner.account, sale.price_uacc)
                sale.status = "delivered"

    def lapse(self, now_ms: int) -> set[bytes]:
        """Gives prices back whose day is over, and says of which receipts."""
        over = {name for name, sale in self.sales.items() if sale.status == "open" and sale.lapses_ms <= now_ms}
        for name in over:
            sale = self.sales[name]
            self.pay(ESCROW, sale.reader.account, sale.price_uacc)
            sale.status = "refunded"
        return over
