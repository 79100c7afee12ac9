"""Whatever happens to a network in whatever order, everybody reads what was promised and nobody anything else.

Random histories run on whole networks: units, two stores, two of three members with their folders and backups. Books
that never look at the network say what each step may bring; what members give and what lies on the disk is held
against them.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from homes import NOW_MS, Scene, a_drive, play, refuses, signed
from homes.books import POOL, Allowed, Given, Goods, Person, Trip, Wanted, as_known, as_shown
from homes.committee import MEMBERS
from homes.history import STORES, History, pick, prepare, traces
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test
from msgspec.structs import replace

from autochain.network import (
    buy_product,
    covering_offers,
    erase,
    sharing_list,
)
from autochain.onchain.contracts.consent import Grant, Granted, Offer, Offered, Revoke, Withdraw
from autochain.onchain.contracts.identity import IDENTITIES, HandOver
from autochain.onchain.contracts.market import Item, Publish, Published
from autochain.onchain.contracts.recording import BEFORE_HAND_OVER, HOUR_MS, Category
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.refusals import Refusal, present
from autochain.onchain.units import TOTAL_SUPPLY_UACC, UACC_PER_ACC
from autochain.services.release.records import OpenRequest
from autochain.signals import read_part
from autochain.vault import FolderVault

DAY_MS = 24 * HOUR_MS
CATEGORIES: tuple[Category, ...] = ("energy", "motion", "position")
DUE = 600 * UACC_PER_ACC
"""A price that a reader can pay once."""

which = st.integers(0, 999)
wrongly = st.integers(0, 4).map(lambda number: number == 4)
seldom = st.integers(0, 3).map(lambda number: number == 3)
EVER = (-5_000, 50_000)
EVERYTHING = Allowed("research", CATEGORIES, "exact", EVER, 1_000, 30 * DAY_MS)
LITTLE = Allowed("research", ("motion",), "coarse", (-1, 2), 1_000, 20 * HOUR_MS)
some_terms = st.builds(
    Allowed,
    purpose=st.sampled_from(["research", "research", "insurance"]),
    categories=st.sets(st.sampled_from(CATEGORIES), min_size=1).map(lambda chosen: tuple(sorted(chosen))),
    precision=st.sampled_from(["exact", "exact", "coarse", "aggregate"]),
    hours=st.sampled_from([EVER, EVER, (-1, 2), (-30, -1)]),
    price_uacc=st.sampled_from([0, 1_000, 250_000, DUE]),
    # No sum of the steps of the clock, so that nothing falls due in the moment at which it is tried.
    lasts_ms=st.sampled_from([30 * DAY_MS, 30 * DAY_MS, 20 * HOUR_MS, 400 * DAY_MS, 800 * DAY_MS]),
)
some_step = st.sampled_from([7, 7, 14, 28, 700])


def no_progress(_done: int, _of: int) -> None:
    """Nobody looks on."""


class Histories(History):
    """Parties that do anything, right and wrong, on a network that is stopped and opened again."""

    @initialize()
    def something_is_there(self) -> None:
        self.a_car_records(0, 0, by_another=False, hours_ago=0)
        self.somebody_grants(0, 0, False, EVERYTHING)
        self.somebody_offers(0, False, Allowed("research", CATEGORIES[:2], "coarse", EVER, 1_000, 30 * DAY_MS))

    # What cars do.

    @rule(car=which, number=which, by_another=wrongly, hours_ago=st.sampled_from([0, 0, 1, 3, 30]))
    def a_car_records(self, car: int, number: int, by_another: bool, hours_ago: int) -> None:
        vehicle = pick(self.cars, car)
        owner = next(one for one in self.owners if (one is self.books.owners[vehicle]) != by_another)
        self.record(vehicle, owner, self.a_drive(number, hours_ago=hours_ago))

    @precondition(lambda self: self.books.trips)
    @rule(trip=which)
    def a_car_records_the_same_again(self, trip: int) -> None:
        known = pick(self.books.trips.values(), trip)
        recorded = self.do(self.network.unit(known.car.wallet, known.owner.wallet).record(known.drive))
        assert (recorded.recording, recorded.known) == (known.name, True)

    @precondition(lambda self: self.books.pending)
    @rule(car=which, by_another=wrongly)
    def a_unit_hands_over_what_waits(self, car: int, by_another: bool) -> None:
        vehicle = pick(self.cars, car)
        owner = next(one for one in self.owners if (one is self.books.owners[vehicle]) != by_another)
        waiting = [trip for trip in self.books.pending.values() if (trip.car, trip.owner) == (vehicle, owner)]
        due = {trip.name: trip for trip in waiting if self.books.may_commit(trip, self.now_ms)}
        unit = self.network.unit(vehicle.wallet, owner.wallet)
        done = self.attempt(unit.flush(), expected=not (due and self.running.away))
        if done is not None:
            assert {recorded.recording for recorded in done} == set(due)
            for recorded in done:
                self.committed(due[recorded.recording], recorded.manifest_root)

    @rule(car=which, by_another=wrongly)
    def a_car_is_handed_over(self, car: int, by_another: bool) -> None:
        vehicle = pick(self.cars, car)
        owner = self.books.owners[vehicle]
        taker = next(one for one in self.owners if one is not owner)
        sender, payer = (taker, owner) if by_another else (owner, taker)
        message = HandOver(vehicle.account)
        sent = self.attempt(self.client.send(sender.wallet, message, payer=payer.wallet), expected=not by_another)
        if sent:
            self.books.owners[vehicle] = taker
            self.books.handed_over_ms[vehicle] = self.now_ms

    @rule(car=which, reader=which)
    def a_car_is_sold_and_its_readers_try_both_owners_drives(self, car: int, reader: int) -> None:
        """The seller's consents are for what was recorded before, the taker's for what is recorded from now on."""
        for number in (0, 1):
            self.a_car_records(car, reader + number, by_another=False, hours_ago=0)
            self.somebody_grants(car, reader, False, EVERYTHING)
            if number == 0:
                self.a_car_is_handed_over(car, by_another=False)
                self.a_car_records(car, reader, by_another=True, hours_ago=0)
                self.a_car_records(car, reader, by_another=False, hours_ago=3)
        account = pick(self.cars, car).account
        trips = [trip for trip in self.books.trips.values() if trip.car.account == account]
        consents = [each for each in self.books.consents.items() if each[1].terms.vehicle == account]
        for trip in trips[-2:]:
            for name, given in consents[-2:]:
                self.read(trip, name, given.wanted, present(given.reader, "a consent has a reader"))

    # What owners allow.

    @rule(car=which, reader=which, by_another=wrongly, made=some_terms)
    def somebody_grants(self, car: int, reader: int, by_another: bool, made: Allowed) -> None:
        vehicle, recipient = pick(self.cars, car), pick(self.readers, reader)
        terms = made.terms(vehicle, now_ms=self.now_ms)
        sender = next(one for one in self.owners if (one is self.books.owners[vehicle]) != by_another)
        expected = self.books.may_give(sender, vehicle, terms, self.now_ms)
        sent = self.attempt(self.client.send(sender.wallet, Grant(recipient.account, terms)), expected=expected)
        if sent:
            self.books.consents[sent.event(Granted).consent] = Given(sender, recipient, terms)

    @rule(car=which, by_another=wrongly, made=some_terms)
    def somebody_offers(self, car: int, by_another: bool, made: Allowed) -> None:
        vehicle = pick(self.cars, car)
        terms = made.terms(vehicle, now_ms=self.now_ms)
        sender = next(one for one in self.owners if (one is self.books.owners[vehicle]) != by_another)
        expected = self.books.may_give(sender, vehicle, terms, self.now_ms)
        sent = self.attempt(self.client.send(sender.wallet, Offer(terms, "buyer")), expected=expected)
        if sent:
            self.books.offers[sent.event(Offered).offer] = Given(sender, None, terms)

    @precondition(lambda self: self.books.consents)
    @rule(consent=which, by_another=wrongly)
    def somebody_revokes(self, consent: int, by_another: bool) -> None:
        name, given = pick(self.books.consents.items(), consent)
        sender = next(one for one in self.owners if (one is given.owner) != by_another)
        expected = not by_another and given.lives(self.now_ms)
        if self.attempt(self.client.send(sender.wallet, Revoke(name)), expected=expected):
            given.ended = True

    @precondition(lambda self: self.books.offers)
    @rule(offer=which, by_another=wrongly)
    def somebody_withdraws(self, offer: int, by_another: bool) -> None:
        name, given = pick(self.books.offers.items(), offer)
        sender = next(one for one in self.owners if (one is given.owner) != by_another)
        expected = not by_another and given.lives(self.now_ms)
        if self.attempt(self.client.send(sender.wallet, Withdraw(name)), expected=expected):
            given.ended = True

    # What readers do.

    @rule(at=which)
    def somebody_reads_as_it_may(self, at: int) -> None:
        """One of the latest trips under a consent that covers it; if there is none, one is made first."""
        if not self.fitting():
            self.a_car_records(at, at, by_another=False, hours_ago=0)
            lasts_ms = (20 * HOUR_MS, 30 * DAY_MS)[at % 2]
            self.somebody_grants(at, at, False, EVERYTHING._replace(lasts_ms=lasts_ms))
        if fitting := self.fitting()[-6:]:
            trip, name, given = pick(fitting, at)
            self.read(trip, name, given.wanted, present(given.reader, "a consent has a reader"))

    def fitting(self) -> list[tuple[Trip, bytes, Given]]:
        """Gives the trips that may be read, each with a consent for it."""
        return [
            (trip, name, given)
            for trip in self.books.trips.values()
            for name, given in self.books.consents.items()
            if self.books.may_read(given, trip, given.wanted, self.now_ms)
        ]

    @rule(at=which, made=st.sampled_from([LITTLE, LITTLE, EVERYTHING]) | some_terms)
    def a_reader_asks_for_more_than_it_may(self, at: int, made: Allowed) -> None:
        """Each time for one thing more: of a drive outside of the window, for another purpose, and so on."""
        before = len(self.books.consents)
        for hours_ago in (0, 30):
            self.a_car_records(at, at, by_another=False, hours_ago=hours_ago)
        self.somebody_grants(at, at, False, made)
        if len(self.books.consents) == before or not self.books.trips:
            return
        name, given = list(self.books.consents.items())[-1]
        trips, wanted = list(self.books.trips.values()), given.wanted
        more = [wanted, wanted._replace(purpose="maintenance"), wanted._replace(categories=CATEGORIES)]
        for trip in trips[-2:]:
            for asked in (*more, wanted._replace(precision="exact"), wanted._replace(precision="coarse")):
                self.read(trip, name, asked, present(given.reader, "a consent has a reader"))
            self.read(trip, name, wanted, pick([one for one in self.readers if one is not given.reader], at))

    def read(self, trip: Trip, consent: bytes, wanted: Wanted, reader: Person) -> None:
        receipt = self.buy(trip, consent, wanted, reader)
        if receipt is not None:
            self.fetch(receipt, reader.wallet)

    @rule(at=which, how=st.sampled_from(["revokes", "erases", "lets expire"]))
    def an_owner_ends_what_a_reader_has_paid_for(self, at: int, how: str) -> None:
        """And the reader, who could fetch a moment ago, gets nothing any more."""
        books = self.books
        self.somebody_reads_as_it_may(at)
        paid = [sale for sale in books.sales.items() if books.may_fetch(sale[1], self.now_ms)]
        if not paid:
            return
        receipt, sale = paid[-1]
        if how == "revokes":
            self.somebody_revokes(list(books.consents).index(sale.consent), by_another=False)
        elif how == "erases":
            self.somebody_erases(list(books.trips).index(sale.trip.name), by_another=False, many=1)
        else:
            self.wait(21)
        self.fetch(receipt, sale.reader.wallet)
        if how != "lets expire" and not books.may_fetch(sale, self.now_ms):
            # What the reader asked before, with the proofs that were good then, is good for half a minute.
            self.wait(7)
            old = next((one for one in self.running.gifts.asked if one.receipt == receipt), None)
            if old is not None:
                self.ask_members(signed(replace(old, time_ms=self.now_ms), sale.reader.wallet))

    @precondition(lambda self: self.books.sales)
    @rule(sale=which, by=st.sampled_from(["the reader", "the reader", "another", "a thief", "a former owner"]))
    def somebody_fetches(self, sale: int, by: str) -> None:
        """The reader again, or somebody who has seen the receipt, or stolen keys that were changed since."""
        receipt, bought = pick(self.books.sales.items(), sale)
        wallets = {
            "another": pick([one for one in self.readers if one is not bought.reader], sale).wallet,
            "a former owner": pick(self.owners, sale).wallet,
            "a thief": bought.reader.former[-1] if bought.reader.former else pick(self.cars, sale).wallet,
        }
        self.fetch(receipt, wallets.get(by, bought.reader.wallet))

    @precondition(lambda self: self.books.sales)
    @rule(sale=which, thief=which)
    def somebody_shows_anothers_receipt_as_its_own(self, sale: int, thief: int) -> None:
        receipt, bought = pick(self.books.sales.items(), sale)
        other = pick([one for one in self.people if one is not bought.reader], thief)
        asked = [request for request in self.running.gifts.asked if request.receipt == receipt]
        if asked:
            own = self.do(self.client.prove(IDENTITIES, other.account)).proved
            forged = replace(asked[-1], time_ms=self.now_ms, identity_proof=own)
            self.ask_members(signed(forged, other.wallet))

    @precondition(lambda self: any(self.now_ms - one.time_ms > HOUR_MS for one in self.running.gifts.asked))
    @rule(at=which)
    def somebody_sends_an_old_request_again(self, at: int) -> None:
        """With the proofs that were good then; its reader may sign it anew, which makes them no younger."""
        old = [one for one in self.running.gifts.asked if self.now_ms - one.time_ms > HOUR_MS]
        request: OpenRequest = pick(old, at)
        self.ask_members(request)
        self.ask_members(signed(replace(request, time_ms=self.now_ms), self.books.sales[request.receipt].reader.wallet))

    # What is sold to everybody.

    @precondition(lambda self: self.books.offers and self.books.trips)
    @rule(publisher=which, offer=which, many=st.integers(1, 3), wrong=wrongly)
    def somebody_publishes(self, publisher: int, offer: int, many: int, wrong: bool) -> None:
        """Of what offers cover, or of something else."""
        books, sender = self.books, pick(self.readers, publisher)
        lead = pick(books.offers.values(), offer).terms
        wanted = Wanted(lead.purpose, lead.categories, lead.precision)
        # An offer may cover what a recording has not, such as a mean of its positions.
        parts = {(category, wanted.precision) for category in wanted.categories}
        names = [name for name, trip in books.trips.items() if parts <= set(trip.plain)]
        found = self.do(covering_offers(self.network, names, **wanted._asdict()))
        covered = {
            trip.name: given.terms.price_uacc
            for trip in books.trips.values()
            for given in sorted(books.offers.values(), key=lambda one: -one.terms.price_uacc)
            if books.may_read(given, trip, wanted, self.now_ms)
        }
        assert {name: books.offers[chosen].terms.price_uacc for name, chosen in found.items()} == covered
        items = dict(sorted(list(found.items())[-many:]))
        if wrong:
            items = {pick(books.trips, publisher): pick(books.offers, publisher)}
        expected = bool(items) and all(
            books.may_read(books.offers[chosen], books.trips[name], wanted, self.now_ms)
            for name, chosen in items.items()
        )
        if items:
            message = Publish("Drives", tuple(Item(*item) for item in items.items()), *wanted)
            sent = self.attempt(self.client.send(sender.wallet, message), expected=expected)
            if sent:
                books.goods[sent.event(Published).product] = Goods(items, wanted)

    @precondition(lambda self: self.books.goods)
    @rule(product=which, reader=which)
    def somebody_buys_a_product(self, product: int, reader: int) -> None:
        """Buys and reads it; or reads it again, as long as the receipts are open."""
        books, buyer = self.books, pick(self.readers, reader)
        name, goods = pick(books.goods.items(), product)
        price_uacc = sum(books.offers[offer].terms.price_uacc for offer in goods.items.values())
        receipts = sorted(
            receipt
            for receipt, sale in books.sales.items()
            if (sale.product, sale.reader) == (name, buyer) and self.now_ms < sale.lapses_ms
        )
        before = set(books.sales)
        bought = not receipts and books.may_buy(goods, buyer, self.now_ms) and self.can_pay(buyer, price_uacc)
        try:
            done = self.do(buy_product(self.network, buyer.wallet, name))
        except Refusal as refusal:
            done, why = None, str(refusal)
        if bought:
            receipts = self.took(name, goods, buyer, before)
        complete = bool(receipts)
        for receipt in receipts:
            complete = complete and self.gave(receipt)
        assert (done is not None) == complete, "it happened, and must not" if done else why
        for one in done or []:
            sale = books.sales[one.receipt]
            assert (one.recording, one.price_uacc) == (sale.trip.name, sale.price_uacc)
            parts = [sale.trip.plain[category, goods.wanted.precision] for category in goods.wanted.categories]
            assert one.parts == [read_part(plain) for plain in parts]

    # What time and machines do.

    @rule(hours=some_step)
    def time_passes(self, hours: int) -> None:
        self.wait(hours)

    @precondition(lambda self: not self.books.pending)
    @rule(really=seldom)
    def three_years_pass(self, really: bool) -> None:
        """All that was recorded before has ended by itself."""
        if really:
            self.wait(1_100 * 24)

    @rule(members=st.sets(st.integers(1, len(MEMBERS)), max_size=2))
    def members_come_and_go(self, members: set[int]) -> None:
        self.running.away.clear()
        self.running.away.update(members)

    @rule()
    def members_tidy_up(self) -> None:
        self.tidy_up()

    @rule()
    def the_network_starts_anew(self) -> None:
        self.running.stop()
        self.running.start()
        self.client = self.network.client
        self.tidy_up()

    @precondition(lambda self: self.books.trips)
    @rule(trip=which)
    def a_store_loses_a_recording(self, trip: int) -> None:
        """The other one has it, and the first who reads it brings it back."""
        lost = pick(self.books.trips.values(), trip)
        store = FolderVault(self.folder / STORES[0])
        store.remove_all(lost.objects)
        store.remove_manifest(lost.manifest_root)

    @rule(person=which)
    def somebody_rotates_its_keys(self, person: int) -> None:
        rotating = pick(self.people + self.cars, person)
        change = rotating.wallet.rotated()
        self.do(self.client.send(change.signer, change.message))
        rotating.rotate(change.wallet)
        self.attempt(self.client.send(rotating.former[-1], Transfer(POOL, 1)), expected=False)

    @precondition(lambda self: self.books.trips)
    @rule(trip=which, by_another=wrongly, many=st.integers(1, 2))
    def somebody_erases(self, trip: int, by_another: bool, many: int) -> None:
        first = pick(self.books.trips.values(), trip)
        sender = next(one for one in self.owners if (one is first.owner) != by_another)
        trips = [first, *(one for one in self.books.trips.values() if one.owner is first.owner)][:many]
        trips = list({one.name: one for one in trips}.values())
        if not by_another:
            for one in trips:
                one.erased_ms = one.erased_ms or self.now_ms
        work = erase(self.network, sender.wallet, [one.name for one in trips], progress=no_progress)
        receipts = self.attempt(work, expected=not by_another and not self.running.away)
        for one, receipt in zip(trips, receipts or (), strict=receipts is not None):
            one.gone = True
            read = [name for name, sale in self.books.sales.items() if sale.trip is one and sale.status == "delivered"]
            assert sorted(receipt.read_before) == sorted(read)
            assert len(receipt.holders) == len(MEMBERS)
        if not by_another:
            destroyed = [self.party(MEMBERS[number - 1]) for number in self.running.present]
            assert all(not traces(folder, one.name) for folder in destroyed for one in trips)

    # What holds after each step.

    @invariant()
    def members_gave_what_the_books_say_and_nothing_else(self) -> None:
        assert self.running.gifts.given == self.books.gifts

    @invariant()
    def all_money_is_there(self) -> None:
        assert sum(self.do(self.balances()).values()) == TOTAL_SUPPLY_UACC

    @invariant()
    def each_owner_is_shown_with_proofs_just_what_was_read(self) -> None:
        for owner in self.owners:
            shared = self.do(sharing_list(self.network, owner.account, progress=no_progress))
            assert {name: as_shown(receipt) for name, receipt in shared.receipts} == {
                name: as_known(sale) for name, sale in self.books.sales.items() if sale.trip.owner is owner
            }

    @invariant()
    def each_owner_has_the_keys_of_its_own_time_and_no_others(self) -> None:
        for owner in self.owners:
            own = {name: trip for name, trip in self.books.trips.items() if trip.owner is owner and not trip.gone}
            kept = {name for name, trip in own.items() if trip.kept(self.now_ms)}
            # Of what has run out, the home destroys the keys when it gets to it.
            assert kept <= set(self.network.keys(owner.wallet.name).recordings()) <= own.keys()

    @invariant()
    def what_was_erased_lies_nowhere(self) -> None:
        gone = [trip for trip in self.books.trips.values() if trip.gone]
        lying = "".join(str(path) for path in self.folder.rglob("*") if "copied" not in path.parts) if gone else ""
        for trip in gone:
            names = [trip.name, trip.manifest_root, *trip.objects]
            assert not [name for name in names if name.hex() in lying]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network and its stores; nobody changes it."""
    folder = tmp_path_factory.mktemp("prepared")
    asyncio.run(prepare(folder))
    return folder


def run_histories(prepared: Path, scratch: Path, *, histories: int, steps: int) -> None:
    class Here(Histories):
        def __init__(self) -> None:
            super().__init__(prepared, scratch)

    # A history takes a second, so one that fails is shown as it is: making it smaller would take minutes.
    often = settings(max_examples=histories, stateful_step_count=steps, deadline=None, phases=[Phase.generate])
    run_state_machine_as_test(Here, settings=settings(often, suppress_health_check=list(HealthCheck)))


def test_whatever_happens_everybody_reads_what_was_promised_and_nothing_else(prepared: Path, tmp_path: Path) -> None:
    run_histories(prepared, tmp_path, histories=4, steps=25)


@pytest.mark.soak
def test_in_a_long_life_everybody_reads_what_was_promised_and_nothing_else(prepared: Path, tmp_path: Path) -> None:
    run_histories(prepared, tmp_path, histories=60, steps=50)


def test_a_unit_gives_its_next_owner_no_key_of_a_drive_of_the_former_ones_time(home: Path) -> None:
    async def story(scene: Scene) -> None:
        taker = await scene.network.party("taker", kind="person")
        await scene.client.send(scene.owner, HandOver(scene.car.account), payer=taker)
        with refuses(BEFORE_HAND_OVER):
            await scene.network.unit(scene.car, taker).record(a_drive(2, before_ms=NOW_MS))
        assert scene.network.keys("taker").recordings() == []
        assert sorted(scene.network.keys("release").recordings()) == sorted(scene.recordings)

    play(home, story)
