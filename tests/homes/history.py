"""Histories of a network that runs between the steps of a test: what parties do, held against books of it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Coroutine
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from hypothesis.stateful import RuleBasedStateMachine

from autochain.edge.obu import recognise
from autochain.network import Home, Network, check_home, open_network, verify_recording
from autochain.onchain.contracts.market import RECEIPTS, ListReceipts
from autochain.onchain.contracts.recording import HOUR_MS, recording_id
from autochain.onchain.refusals import Refusal, ensure
from autochain.services.release import Reading, ReleaseService, buy, fetch
from autochain.services.release.errors import NO_ANSWER
from autochain.services.release.records import Deposit, Forget, Opened, OpenRequest
from autochain.signals import Drive, read_part, split
from autochain.signals import Reading as Moment
from autochain.sim import Fleet, vin
from autochain.vault import KeyBackup, KeyFolder
from autochain.wallet import Wallet

from .accounts import fees_paid
from .books import ESCROW, NEEDED, POOL, Books, Given, Goods, Person, Sale, Trip, Wanted
from .committee import MEMBERS, two_of_three
from .scene import DAY_MS, NOW_MS, VIN, Clock

T = TypeVar("T")
SEED = 20_261
STORES = ("store", "replica")
START_MS = NOW_MS + 25 * 60_000
"""Within an hour, so that a car that is handed over may drive on in the same one."""


def home_of(folder: Path) -> Home:
    return Home(folder / "home", vaults=tuple(str(folder / store) for store in STORES))


async def prepare(folder: Path) -> None:
    """Makes a network with two owners and their cars, two buyers, and a reader who is none."""
    with two_of_three():
        async with open_network(home_of(folder), clock=Clock(START_MS)) as network:
            for owner, car, subject in (("ann", "car", VIN), ("bob", "van", vin(model="PT1B3", serial=7))):
                wallet = await network.party(owner, kind="person")
                await network.vehicle(car, wallet, subject=subject)
            for reader in ("maker", "rival", "stranger"):
                wallet = await network.party(reader)
                if reader != "stranger":
                    await network.attest(wallet, "buyer")


class Gifts(NamedTuple):
    """What readers asked of members, and what these gave."""

    given: Counter[tuple[bytes, int]]
    """By receipt and member, how often it gave its shares."""
    asked: list[OpenRequest]


class Watched:
    """A member of the committee, of which one sees what it gives, and which may be out of reach."""

    def __init__(self, member: ReleaseService, *, number: int, gifts: Gifts, away: set[int]) -> None:
        self.member = member
        self._number = number
        self._gifts = gifts
        self._away = away

    async def deposit(self, deposit: Deposit) -> None:
        self._reach()
        await self.member.deposit(deposit)

    async def open(self, request: OpenRequest) -> Opened:
        self._reach()
        self._gifts.asked.append(request)
        opened = await self.member.open(request)
        self._gifts.given[request.receipt, self._number] += 1
        return opened

    async def forget(self, request: Forget) -> None:
        self._reach()
        await self.member.forget(request)

    def _reach(self) -> None:
        if self._number in self._away:
            raise NO_ANSWER()


class Running:
    """A network that goes on running between the steps of a history, and may be stopped and opened again."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self.home = home
        self.clock = clock
        self.gifts = Gifts(Counter(), [])
        self.away: set[int] = set()
        """Numbers of the members that can't be reached."""
        self.members: list[ReleaseService] = []
        self._runner = asyncio.Runner()
        self.start()

    def start(self) -> None:
        """Opens the network in a task of its own, and puts each member under watch."""

        async def begin() -> Network:
            self._opened: asyncio.Future[Network] = asyncio.get_running_loop().create_future()
            self._stop = asyncio.Event()
            self._life = asyncio.create_task(self._live())
            return await self._unless_it_ends(self._opened)

        self.network = self._runner.run(begin())
        committee, watched = self.network.committee, []
        self.members.clear()
        for number, member in enumerate(committee.members, 1):
            ensure(isinstance(member.release, ReleaseService), "all members run in this process")
            self.members.append(member.release)  # type: ignore[arg-type]
            release = Watched(self.members[-1], number=number, gifts=self.gifts, away=self.away)
            watched.append(member._replace(release=release))
        self.network.committee = committee._replace(members=tuple(watched))

    async def _live(self) -> None:
        async with open_network(self.home, make=False, clock=self.clock) as network:
            self._opened.set_result(network)
            await self._stop.wait()

    async def _unless_it_ends(self, work: asyncio.Future[T]) -> T:
        """Waits for some work, but not for ever where the network itself ends by a fault."""
        either: list[asyncio.Future[Any]] = [work, self._life]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await self._life
        return await work

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        async def doing() -> T:
            return await self._unless_it_ends(asyncio.create_task(work))

        return self._runner.run(doing())

    def stop(self) -> None:
        async def end() -> None:
            self._stop.set()
            await self._life

        self._runner.run(end())

    def close(self) -> None:
        try:
            self.stop()
        finally:
            self._runner.close()

    @property
    def present(self) -> set[int]:
        return set(range(1, len(self.members) + 1)) - self.away


def pick(among: Any, at: int) -> Any:
    """Gives one of those that there are."""
    these = list(among)
    return these[at % len(these)]


class History(RuleBasedStateMachine):
    """Two owners and their cars, three readers, and how each of their acts is held against the books."""

    def __init__(self, prepared: Path, scratch: Path) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=scratch))
        shutil.copytree(prepared, self.folder, dirs_exist_ok=True)
        self.clock = Clock(START_MS)
        self.running = Running(home_of(self.folder), self.clock)
        self.client = self.running.network.client
        named = {name: Person(self.network.wallet(name)) for name in ("ann", "bob", "maker", "rival", "stranger")}
        self.owners = [named["ann"], named["bob"]]
        self.readers = [named["maker"], named["rival"], named["stranger"]]
        self.cars = [Person(self.network.wallet(name)) for name in ("car", "van")]
        self.books = Books(dict(zip(self.cars, self.owners, strict=True)), self.readers[:2])
        fleet = Fleet(SEED, 4, start_ms=START_MS)
        self.measured = [list(islice(car.trip(), 6)) for car in fleet.cars]
        self.held_uacc, self.fees_uacc = self.do(self.balances()), self.do(fees_paid(self.network))

    @property
    def network(self) -> Network:
        return self.running.network

    @property
    def people(self) -> list[Person]:
        return self.owners + self.readers

    @property
    def now_ms(self) -> int:
        return self.clock.now_ms

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.running.do(work)

    def attempt(self, work: Coroutine[Any, Any, T], *, expected: bool) -> T | None:
        """Does something, and sees that it happens exactly when it may."""
        try:
            done = self.do(work)
        except Refusal as refusal:
            assert not expected, f"refused: {refusal}"
            return None
        assert expected, "it happened, and must not"
        return done

    async def balances(self) -> dict[bytes, int]:
        accounts = [*self.network.names(), POOL, ESCROW]
        return {account: await self.network.client.balance_uacc(account) for account in accounts}

    def can_pay(self, person: Person, price_uacc: int) -> bool:
        """Whether somebody has the money; fees are so small that they do not matter for the prices here."""
        return self.held_uacc[person.account] + self.books.moved_uacc[person.account] >= price_uacc

    def a_drive(self, number: int, *, hours_ago: int) -> Drive:
        """Gives a simulated drive, as if it had ended so many hours before now."""
        measured = pick(self.measured, number)
        later_ms = self.now_ms - hours_ago * HOUR_MS - 60_000 - measured[-1].time_ms
        drive = Drive("car")
        for moment in measured:
            drive.append(Moment(moment.time_ms + later_ms, moment.values))
        return drive

    def record(self, car: Person, owner: Person, drive: Drive) -> None:
        name = recording_id(car.account, recognise(owner.wallet.secret, drive))
        unit = self.network.unit(car.wallet, owner.wallet)
        if name in self.books.trips:
            assert self.do(unit.record(drive)).known
            return
        plain = {(kind.value, closeness.value): data for (kind, closeness), data in split(drive).items()}
        trip = Trip(name, car, owner, drive, plain, self.now_ms + 3 * 365 * DAY_MS)
        trip = self.books.pending.setdefault(name, trip)
        expected = self.books.may_commit(trip, self.now_ms) and not self.running.away
        recorded = self.attempt(unit.record(drive), expected=expected)
        if recorded is not None:
            assert recorded.recording == name
            self.committed(trip, recorded.manifest_root)

    def committed(self, trip: Trip, manifest_root: bytes) -> None:
        manifest = self.network.vault.get_manifest(manifest_root)
        trip.manifest_root = manifest_root
        trip.objects = tuple(chunk for part in manifest.parts for chunk in part.chunks)
        self.books.commit(trip)

    def buy(self, trip: Trip, consent: bytes, wanted: Wanted, reader: Person) -> bytes | None:
        given = self.books.consents[consent]
        price_uacc = given.terms.price_uacc
        allowed = given.reader is reader and self.books.may_read(given, trip, wanted, self.now_ms)
        receipt = self.attempt(
            buy(self.client, reader.wallet, trip.name, consent=consent, **wanted._asdict()),
            expected=allowed and self.can_pay(reader, price_uacc),
        )
        if receipt is not None:
            sale = Sale(reader, trip, consent, wanted, price_uacc, self.now_ms)
            self.books.sell(receipt, sale)
        return receipt

    def fetch(self, receipt: bytes, wallet: Wallet) -> None:
        """Has somebody fetch on a receipt, and sees that it gets just what was recorded, or nothing."""
        sale, network = self.books.sales[receipt], self.network
        allowed = wallet is sale.reader.wallet and self.books.may_fetch(sale, self.now_ms)
        if allowed:
            self.books.give(receipt, self.running.present)
        reading: Reading | None = self.attempt(
            fetch(network.client, wallet, network.committee, network.vault, receipt, clock=self.clock),
            expected=allowed and len(self.running.present) >= NEEDED,
        )
        if reading is not None:
            assert sorted(reading.parts) == [(category, sale.wanted.precision) for category in sale.wanted.categories]
            assert set(reading.failed) == self.running.away
            for part, plain in reading.parts.items():
                shows(sale.trip, part, plain)

    def ask_members(self, request: OpenRequest) -> None:
        """Asks each member by itself, which must refuse."""
        for member in self.running.members:
            self.attempt(member.open(request), expected=False)

    def took(self, product: bytes, goods: Goods, buyer: Person, before: set[bytes]) -> list[bytes]:
        """Enters what a buyer bought with a product, as its receipts say; gives them as they were bought."""
        shown = self.do(self.client.pages(ListReceipts(buyer.account, as_reader=True)))
        fresh = {bought.recording: (name, bought) for name, bought in shown if name not in before}
        assert list(goods.items) == sorted(fresh)
        for recording, offer in goods.items.items():
            name, receipt = fresh[recording]
            given = self.books.offers[offer]
            if (offer, buyer) not in self.books.taken:
                self.books.taken[offer, buyer] = receipt.consent
                self.books.consents[receipt.consent] = Given(given.owner, buyer, given.terms)
            assert receipt.consent == self.books.taken[offer, buyer]
            trip, price_uacc = self.books.trips[recording], given.terms.price_uacc
            sale = Sale(buyer, trip, receipt.consent, goods.wanted, price_uacc, self.now_ms, product)
            self.books.sell(name, sale)
        return [fresh[recording][0] for recording in goods.items]

    def gave(self, receipt: bytes) -> bool:
        """Enters what members give on a receipt, and says whether the buyer can read it."""
        sale = self.books.sales[receipt]
        if not self.books.may_fetch(sale, self.now_ms):
            return False
        self.books.give(receipt, self.running.present)
        return len(self.running.present) >= NEEDED

    def wait(self, hours: int) -> None:
        """Lets time pass, and has a block made in which falls due what does."""
        self.clock.advance(hours * HOUR_MS)
        self.do(self.client.prove(RECEIPTS, bytes(20)))
        self.books.lapse(self.now_ms)

    def party(self, name: str) -> Path:
        return self.running.home.parties / name

    def tidy_up(self) -> None:
        """Has members destroy what has ended and back up the rest, and keeps a copy of every backup there was."""
        for member in self.running.members:
            self.do(member.sweep())
        for party in MEMBERS:
            backup = self.party(party) / "backup"
            if backup.exists():
                shutil.copytree(backup, self.folder / "copied" / party, dirs_exist_ok=True)

    def teardown(self) -> None:
        """Judges the whole, unless a step has failed already."""
        try:
            if sys.exc_info()[0] is None:
                self.running.away.clear()
                self.tidy_up()
                self.everybody_tries_everything()
                self.members_hold_what_is_kept_and_no_copy_of_the_rest_opens()
                self.everybody_holds_what_the_books_say()
        finally:
            self.running.close()
        assert [check.refusal for check in check_home(self.running.home, begins=lambda _: None)] == [None] * 3
        shutil.rmtree(self.folder)

    def everybody_tries_everything(self) -> None:
        """Each latest trip of a car under each latest consent, and each latest receipt, by who may and who may not."""
        for trip in list(self.books.trips.values())[-6:]:
            of_car = [each for each in self.books.consents.items() if each[1].terms.vehicle == trip.car.account]
            for name, given in of_car[-6:]:
                for reader in self.readers[:2]:
                    self.buy(trip, name, given.wanted, reader)
        for receipt in list(self.books.sales)[-12:]:
            for person in (*self.readers, self.owners[0]):
                self.fetch(receipt, person.wallet)
        self.wait(28)
        for receipt, sale in list(self.books.sales.items())[-12:]:
            self.fetch(receipt, sale.reader.wallet)
        assert self.running.gifts.given == self.books.gifts

    def members_hold_what_is_kept_and_no_copy_of_the_rest_opens(self) -> None:
        trips = self.books.trips.values()
        kept = {trip.name for trip in trips if trip.kept(self.now_ms)}
        ended = {trip.name for trip in trips} - kept
        for party in MEMBERS:
            folder, copied = self.party(party), self.folder / "copied" / party
            held, opened = KeyFolder(folder / "keys"), KeyFolder(self.folder / "opened" / party)
            assert all(len(held.files(name)) == len(self.books.trips[name].plain) for name in kept)
            assert not [name for name in ended if traces(folder, name)]
            with contextlib.suppress(Refusal):  # Some of the copies do not open.
                KeyBackup(copied, backup_keys=folder / "backup-keys").restore(opened)
            assert not ended & set(opened.recordings())
            assert {name: opened.files(name) for name in kept} == {name: held.files(name) for name in kept}
        for name in kept:
            self.do(verify_recording(self.network, name))

    def everybody_holds_what_the_books_say(self) -> None:
        """And so no reward was paid twice, nothing refunded twice, and the escrow holds what is open."""
        fees_uacc = self.do(fees_paid(self.network))
        fees_uacc.subtract(self.fees_uacc)
        held_uacc = Counter(self.held_uacc)
        held_uacc.update(self.books.moved_uacc)
        held_uacc.subtract(fees_uacc)
        held_uacc[self.network.wallet("operation").account] += fees_uacc.total()
        assert self.do(self.balances()) == held_uacc
        waiting = [sale.price_uacc for sale in self.books.sales.values() if sale.status == "open"]
        assert held_uacc[ESCROW] == sum(waiting)


def shows(trip: Trip, part: tuple[str, str], plain: bytes) -> None:
    """Sees that a part that somebody got is the one that was recorded and, where it is exact, each of its readings."""
    assert plain == trip.plain[part]
    if part[1] == "exact":
        read = read_part(plain)
        for path, column in read.columns.items():
            measured = dict(zip(trip.drive.times_ms, trip.drive.columns[path], strict=True))
            assert dict(zip(read.times_ms, column, strict=True)) == {at: measured[at] for at in read.times_ms}


def traces(folder: Path, recording: bytes) -> list[str]:
    """Names all in a folder that belongs to a recording."""
    return sorted(str(path) for path in folder.rglob("*") if recording.hex() in str(path))
