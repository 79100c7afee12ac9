"""All contracts together: whatever parties do in whatever order, the chain does exactly what a small model of it says.

The model keeps who holds what, who may read what and what was read, in plain records and without looking at the
chain's state. After every block the harness checks the contracts' invariants and this test checks the model's.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test
from msgspec.structs import replace

from autochain.onchain.contracts.consent import (
    CountConsents,
    Grant,
    Granted,
    ListConsents,
    ListOffers,
    Offer,
    Offered,
    Revoke,
    TakeUp,
    Terms,
    Withdraw,
)
from autochain.onchain.contracts.market import (
    Bought,
    Buy,
    CountReceipts,
    Deliver,
    Delivered,
    Item,
    ListReceipts,
    Publish,
    Published,
    Read,
    Receipt,
    Refunded,
    Unpublish,
)
from autochain.onchain.contracts.recording import HOUR_MS, ListRecordings
from autochain.onchain.ledger import StateMachine
from chains import ACC, Party

from .living import CATEGORIES, Living, pick, which, wrongly
from .model import DAY_MS, ESCROW, NEEDED, Given, Goods, Opened, Sale, covers

EVER = (-5_000, 5_000)
"""Hours from the present one on, between which lies whatever a car records here."""
some_categories = st.sets(st.sampled_from(CATEGORIES), min_size=1).map(lambda chosen: tuple(sorted(chosen)))
some_precision = st.sampled_from(["exact", "exact", "coarse", "aggregate"])
some_purpose = st.sampled_from(["research", "research", "insurance"])
some_hours = st.sampled_from([EVER, EVER, (-2, 1), (-1, 0)])
some_price = st.sampled_from([0, 1, ACC // 10, 20 * ACC])
some_time = st.sampled_from([30 * DAY_MS, 30 * DAY_MS, DAY_MS, 3_000, 1_000, 400 * DAY_MS, 730 * DAY_MS + 2_000])


class Together(Living):
    """Parties that do anything, right and wrong."""

    @initialize()
    def a_few_are_there(self) -> None:
        for _ in range(3):
            self.somebody_comes(100 * ACC)
        self.a_role_changes(2, "buyer", by_stranger=False, stolen_vin=False)
        for at in range(2):
            self.a_car_comes(at, cosigned=True)
            self.a_role_changes(at, "vehicle", by_stranger=False, stolen_vin=False)
            self.somebody_records(at, False, readings=at, lacking=None, points=50, hour=-1, kept_ms=30 * DAY_MS)
            self.somebody_grants(at, False, 2, "research", ("motion",), "coarse", (-1, 0), ACC, 30 * DAY_MS)
            self.somebody_offers(at, "buyer", False, "research", CATEGORIES, "exact", EVER, ACC, 30 * DAY_MS)
        self.somebody_publishes(2, 0, many=2, wrong=False, fewer=False)

    def terms(
        self, car: int, purpose: Any, categories: Any, precision: Any, hours: tuple[int, int], price: int, lasts_ms: int
    ) -> tuple[Terms, Party]:
        """Gives terms for a car, and its owner."""
        vehicle = pick(self.model.cars, car)
        terms = Terms(
            vehicle=vehicle.account,
            purpose=purpose,
            categories=categories,
            precision=precision,
            from_ms=self.hour_ms(hours[0]),
            until_ms=self.hour_ms(hours[1]),
            price_uacc=price,
            expires_ms=self.now_ms + lasts_ms,
        )
        return terms, self.model.owners[vehicle.account]

    @rule(
        car=which,
        by_another=wrongly,
        reader=which,
        purpose=some_purpose,
        categories=some_categories,
        precision=some_precision,
        hours=some_hours,
        price=some_price,
        lasts_ms=some_time,
    )
    def somebody_grants(self, car: int, by_another: bool, reader: int, *terms: Any, **named: Any) -> None:
        made, owner = self.terms(car, *terms, **named)
        recipient = pick(self.model.people, reader)
        sender = pick(self.model.everybody, car) if by_another else owner
        events = self.attempt(
            lambda: self.model.active(recipient) and self.model.may_give(made, sender, self.now_ms),
            sender,
            Grant(recipient.account, made),
        )
        if events:
            name = self.event(Granted, events).consent
            self.model.consents[name] = Given(owner, recipient, made, self.now_ms)

    @rule(
        car=which,
        role=st.sampled_from(["buyer", "buyer", "insurer"]),
        by_another=wrongly,
        purpose=some_purpose,
        categories=some_categories,
        precision=some_precision,
        hours=some_hours,
        price=some_price,
        lasts_ms=some_time,
    )
    def somebody_offers(self, car: int, role: Any, by_another: bool, *terms: Any, **named: Any) -> None:
        made, owner = self.terms(car, *terms, **named)
        sender = pick(self.model.everybody, car) if by_another else owner
        events = self.attempt(lambda: self.model.may_give(made, sender, self.now_ms), sender, Offer(made, role))
        if events:
            name = self.event(Offered, events).offer
            self.model.offers[name] = Opened(owner, made, role)

    @precondition(lambda self: self.model.offers)
    @rule(offer=which, reader=which, of_any_role=wrongly)
    def somebody_takes_an_offer_up(self, offer: int, reader: int, of_any_role: bool) -> None:
        name, sender = pick(self.model.offers, offer), self.buyer(reader, of_any_role=of_any_role)
        events = self.attempt(lambda: self.model.may_take_up(name, sender, self.now_ms), sender, TakeUp(name))
        if events:
            self.taken(name, sender, self.event(Granted, events).consent)

    def buyer(self, at: int, *, of_any_role: bool) -> Party:
        """Gives one of those who are attested as buyers, if there are any."""
        people = self.model.people
        buyers = [party for party in people if (party.account, "buyer") in self.model.roles]
        return pick(people if of_any_role or not buyers else buyers, at)

    def taken(self, offer: bytes, reader: Party, consent: bytes) -> None:
        opened = self.model.offers[offer]
        self.model.taken[offer, reader.account] = consent
        self.model.consents[consent] = Given(opened.owner, reader, opened.terms, self.now_ms)

    @precondition(lambda self: self.model.offers)
    @rule(offer=which, by_another=st.booleans(), seldom=st.integers(0, 2))
    def somebody_withdraws_an_offer(self, offer: int, by_another: bool, seldom: int) -> None:
        name, opened = pick(self.model.offers.items(), offer)
        sender = pick(self.model.everybody, offer) if by_another else opened.owner
        if seldom == 0 and self.attempt(
            lambda: sender is opened.owner and opened.stands(self.now_ms), sender, Withdraw(name)
        ):
            opened.withdrawn = True

    @precondition(lambda self: self.model.consents)
    @rule(consent=which, by_another=st.booleans(), seldom=st.integers(0, 2))
    def somebody_revokes(self, consent: int, by_another: bool, seldom: int) -> None:
        name, given = pick(self.model.consents.items(), consent)
        sender = pick(self.model.everybody, consent) if by_another else given.owner
        if seldom == 0 and self.attempt(
            lambda: sender is given.owner and given.lives(self.now_ms), sender, Revoke(name)
        ):
            given.revoked_ms = self.now_ms

    @precondition(lambda self: self.model.consents and self.model.drives)
    @rule(
        drive=which,
        consent=which,
        reader=which,
        purpose=some_purpose,
        categories=some_categories,
        precision=some_precision,
    )
    def anybody_reads_anything(
        self, drive: int, consent: int, reader: int, purpose: Any, categories: Any, precision: Any
    ) -> None:
        model = self.model
        read = Read(pick(model.drives, drive), pick(model.consents, consent), purpose, categories, precision)
        self.read(pick(model.people, reader), read)

    @precondition(lambda self: self.model.consents and self.model.drives)
    @rule(
        consent=which,
        drive=which,
        wanted=st.sampled_from(["as granted", "as granted", "fewer", "more"]),
        finer=wrongly,
        for_insurance=wrongly,
    )
    def a_reader_reads(self, consent: int, drive: int, wanted: str, finer: bool, for_insurance: bool) -> None:
        """The reader of one of the latest consents reads a drive that it may cover, as granted or not quite so."""
        name, given = pick(list(self.model.consents.items())[-8:], consent)
        terms = given.terms
        of_vehicle = [made for made, known in self.model.drives.items() if known.vehicle.account == terms.vehicle]
        of_owner = [made for made in of_vehicle if self.model.drives[made].owner is given.owner]
        if of_vehicle:
            read = Read(
                recording=pick(of_owner if of_owner and drive % 4 else of_vehicle, drive),
                consent=name,
                purpose="insurance" if for_insurance else terms.purpose,
                categories={"fewer": terms.categories[:1], "more": CATEGORIES}.get(wanted, terms.categories),
                precision="exact" if finer else terms.precision,
            )
            self.read(given.reader, read)

    @precondition(lambda self: any(drive.erased_ms for drive in self.model.drives.values()))
    @rule(drive=which, consent=which)
    def somebody_wants_what_was_erased(self, drive: int, consent: int) -> None:
        """A reader with every right but that the recording is gone."""
        drives = [(name, known) for name, known in self.model.drives.items() if known.erased_ms]
        recording, known = pick(drives, drive)
        for name, given in list(self.model.consents.items())[consent % 3 :: 3]:
            terms = given.terms
            if (terms.vehicle, given.owner) == (known.vehicle.account, known.owner):
                self.read(given.reader, Read(recording, name, terms.purpose, terms.categories, terms.precision))

    @rule(car=which, taker=which, readings=st.integers(0, 99))
    def a_car_is_sold_records_on_and_all_its_readers_try(self, car: int, taker: int, readings: int) -> None:
        """The seller's consents are for what was recorded before, the taker's for what is recorded from now on."""
        vehicle = pick(self.model.cars, car)
        self.a_car_is_sold(car, taker, by_another=False, unsigned=False)
        for number, hour in enumerate((-1, 0)):
            self.somebody_records(car, False, readings + number, None, points=1, hour=hour, kept_ms=30 * DAY_MS)
        self.somebody_grants(car, False, taker, "research", CATEGORIES, "exact", EVER, 1, 30 * DAY_MS)
        consents = [entry for entry in self.model.consents.items() if entry[1].terms.vehicle == vehicle.account]
        drives = [name for name, drive in self.model.drives.items() if drive.vehicle is vehicle]
        for recording in drives[:1] + drives[1:][-1:]:
            for name, given in consents[-3:]:
                terms = given.terms
                self.read(given.reader, Read(recording, name, terms.purpose, terms.categories[:1], terms.precision))

    @precondition(lambda self: self.model.sales)
    @rule(former=which, by_another=wrongly)
    def somebody_reads_again_what_was_read(self, former: int, by_another: bool) -> None:
        sale = pick(self.model.sales.values(), former)
        readers = [party for party in self.model.people if (party is sale.reader) != by_another]
        self.read(pick(readers, former), sale.read)

    def read(self, reader: Party, read: Read) -> None:
        model, given = self.model, self.model.consents[read.consent]
        price_uacc = given.terms.price_uacc
        events = self.attempt(
            lambda: model.may_read(given, read, reader, self.now_ms) and model.holds[reader.account] >= price_uacc,
            reader,
            read,
        )
        if events:
            self.sold(self.event(Bought, events), Sale(reader, given.owner, read, price_uacc, self.now_ms))

    def sold(self, event: Bought, sale: Sale) -> None:
        drive = self.model.drives[sale.read.recording]
        assert (event.recording, event.price_uacc) == (sale.read.recording, sale.price_uacc)
        assert (event.owner, event.reader) == (drive.owner.account, sale.reader.account)
        assert event.receipt not in self.model.sales
        self.model.sell(event.receipt, sale)

    @precondition(lambda self: self.model.offers and self.model.drives)
    @rule(publisher=which, at=which, many=st.integers(1, 3), wrong=wrongly, fewer=st.booleans())
    def somebody_publishes(self, publisher: int, at: int, many: int, wrong: bool, fewer: bool) -> None:
        """Somebody puts together what offers cover, or not quite."""
        model, sender = self.model, pick(self.model.everybody, publisher)
        lead = pick(model.offers.values(), at).terms
        categories = lead.categories[:1] if fewer else lead.categories
        draft = Publish("Drives", (), lead.purpose, categories, lead.precision)
        fitting = [
            Item(name, offer)
            for offer, opened in model.offers.items()
            for name, drive in model.drives.items()
            if wrong or (opened.owner is drive.owner and covers(opened.terms, drive, draft))
        ]
        if not fitting:
            return
        chosen = {item.recording: item for item in (pick(fitting, at + number) for number in range(many))}
        made = Publish(
            "Drives", tuple(chosen[name] for name in sorted(chosen)), draft.purpose, categories, lead.precision
        )
        events = self.attempt(lambda: model.may_publish(made, self.now_ms), sender, made)
        if events:
            model.goods[self.event(Published, events).product] = Goods(sender, made)

    @precondition(lambda self: self.model.goods)
    @rule(product=which, by_another=st.booleans(), seldom=st.integers(0, 2))
    def somebody_takes_a_product_off(self, product: int, by_another: bool, seldom: int) -> None:
        name, goods = pick(self.model.goods.items(), product)
        sender = pick(self.model.everybody, product) if by_another else goods.publisher
        if seldom == 0 and self.attempt(
            lambda: sender is goods.publisher and not goods.taken_off, sender, Unpublish(name)
        ):
            goods.taken_off = True
        if seldom == 0:
            self.buy(name, self.buyer(product, of_any_role=False))

    @precondition(lambda self: self.model.goods)
    @rule(product=which, reader=which, of_any_role=wrongly)
    def somebody_buys(self, product: int, reader: int, of_any_role: bool) -> None:
        self.buy(pick(self.model.goods, product), self.buyer(reader, of_any_role=of_any_role))

    def buy(self, name: bytes, buyer: Party) -> None:
        def expected() -> bool:
            reads = self.model.reads_of(name, buyer, self.now_ms)
            if reads is None:
                return False
            return self.model.holds[buyer.account] >= sum(given.terms.price_uacc for _, given, _ in reads)

        events = self.attempt(expected, buyer, Buy(name))
        if not events:
            return
        granted = iter([event.consent for event in events if isinstance(event, Granted)])
        bought = [event for event in events if isinstance(event, Bought)]
        for event, item in zip(bought, self.model.goods[name].made.items, strict=True):
            if (item.offer, buyer.account) not in self.model.taken:
                self.taken(item.offer, buyer, next(granted))
            consent = self.model.taken[item.offer, buyer.account]
            given, made = self.model.consents[consent], self.model.goods[name].made
            read = Read(item.recording, consent, made.purpose, made.categories, made.precision)
            self.sold(event, Sale(buyer, given.owner, read, given.terms.price_uacc, self.now_ms, name))
        assert next(granted, None) is None

    @precondition(lambda self: self.model.sales)
    @rule(
        members=st.sampled_from([(0,), (1,), (0, 1), (1, 2), (0, 1, 2), (2, 2), (2, 0)]),
        receipt=which,
        many=st.integers(1, 3),
    )
    def members_deliver(self, members: tuple[int, ...], receipt: int, many: int) -> None:
        """One member after another gives its shares for some of the latest receipts."""
        latest = list(self.model.sales)[-9:]
        names = tuple(dict.fromkeys(pick(latest, receipt + number) for number in range(many)))
        for member in members:
            self.deliver(self.harness.members[member], names)

    @precondition(lambda self: self.model.sales)
    @rule(sender=which, receipt=which, seldom=st.integers(0, 2))
    def a_stranger_says_that_it_delivers(self, sender: int, receipt: int, seldom: int) -> None:
        if seldom == 0:
            self.deliver(pick(self.model.everybody, sender), (pick(self.model.sales, receipt),))

    def deliver(self, sender: Party, receipts: tuple[bytes, ...]) -> None:
        model = self.model

        def expected() -> bool:
            return sender in self.harness.members and model.may_deliver(receipts, self.now_ms)

        events = self.attempt(expected, sender, Deliver(receipts), payer=self.harness.treasury)
        waiting = [name for name in receipts if model.sales[name].status == "open"]
        if expected():
            for name in receipts:
                model.deliver(name, sender.account)
        paid = [event.receipt for event in events if isinstance(event, Delivered)]
        assert paid == [name for name in waiting if model.sales[name].status == "delivered"]

    @rule(ms=st.sampled_from([1_000, 60_000, HOUR_MS // 2, HOUR_MS, DAY_MS, DAY_MS]))
    def time_passes(self, ms: int) -> None:
        events = self.harness.advance(ms)
        refunded = {event.receipt for event in events if isinstance(event, Refunded)}
        assert refunded == self.model.lapse(self.now_ms)

    @rule(car=which, readings=st.integers(0, 99), late=st.booleans(), publisher=which)
    def a_car_records_and_claims_in_time_or_late(self, car: int, readings: int, late: bool, publisher: int) -> None:
        """What is past its time earns nothing, and is in no new product."""
        self.somebody_records(car, False, readings, lacking=None, points=1, hour=0, kept_ms=2 * HOUR_MS)
        self.time_passes(2 * HOUR_MS if late else HOUR_MS)
        self.somebody_claims(len(self.model.drives) - 1, by_another=False)
        self.somebody_publishes(publisher, car, many=3, wrong=False, fewer=True)

    def all_of(self, query: Any) -> dict[bytes, Any]:
        """Gives all that a list holds, page by page."""
        shown: dict[bytes, Any] = {}
        while True:
            page = self.harness.ask(replace(query, after=max(shown, default=None)))
            shown |= page
            if len(page) < 100:
                return shown

    @invariant()
    def the_sharing_lists_are_the_reads_that_happened_and_the_counter_proves_it(self) -> None:
        for party in self.model.people:
            count = self.harness.ask(CountReceipts(party.account))
            published = [goods for goods in self.model.goods.values() if goods.publisher is party]
            assert count.published == len(published)
            for as_reader, number in ((False, count.sold), (True, count.bought)):
                shown = self.all_of(ListReceipts(party.account, as_reader))
                assert len(shown) == number
                assert {name: as_shown(record) for name, record in shown.items()} == {
                    name: as_known(sale)
                    for name, sale in self.model.sales.items()
                    if party is (sale.reader if as_reader else sale.owner)
                }

    @invariant()
    def nothing_was_read_but_under_a_consent_that_lived_then_of_what_was_kept_then(self) -> None:
        for sale in self.model.sales.values():
            given, drive = self.model.consents[sale.read.consent], self.model.drives[sale.read.recording]
            assert (given.reader, given.owner) == (sale.reader, drive.owner)
            assert sale.price_uacc == given.terms.price_uacc
            assert given.granted_ms <= sale.bought_ms < given.terms.expires_ms
            assert not given.revoked_ms or sale.bought_ms < given.revoked_ms
            assert sale.bought_ms < drive.commit.keep_until_ms
            assert not drive.erased_ms or sale.bought_ms < drive.erased_ms

    @invariant()
    def what_waits_in_the_market_is_what_was_paid_for_open_receipts(self) -> None:
        waiting = [sale for sale in self.model.sales.values() if sale.status == "open"]
        assert self.harness.balance(ESCROW) == sum(sale.price_uacc for sale in waiting)
        assert all(len(sale.given_by) < NEEDED and self.now_ms < sale.lapses_ms for sale in waiting)

    @invariant()
    def consents_offers_and_recordings_are_listed_as_the_model_has_them(self) -> None:
        model = self.model
        for party in model.people:
            count = self.harness.ask(CountConsents(party.account))
            for as_reader, number in ((False, count.granted), (True, count.received)):
                listed = self.all_of(ListConsents(party.account, as_reader))
                assert len(listed) == number
                assert {
                    name: (record.owner, record.reader, record.terms, record.granted_ms, record.revoked_ms)
                    for name, record in listed.items()
                } == {
                    name: (given.owner.account, given.reader.account, given.terms, given.granted_ms, given.revoked_ms)
                    for name, given in model.consents.items()
                    if party is (given.reader if as_reader else given.owner)
                }
            offers = self.all_of(ListOffers(party.account))
            assert len(offers) == count.offered
            assert {
                name: (record.terms, record.role, record.stands(self.now_ms)) for name, record in offers.items()
            } == {
                name: (opened.terms, opened.role, opened.stands(self.now_ms))
                for name, opened in model.offers.items()
                if opened.owner is party
            }
            assert set(self.all_of(ListRecordings(party.account))) == {
                name for name, drive in model.drives.items() if drive.owner is party
            }

    def teardown(self) -> None:
        """A node that starts from the durable state stands where this one does."""
        again = StateMachine(self.harness.store, self.harness.machine.dispatcher.contracts)
        assert again.info() == self.harness.machine.info()


def as_shown(record: Receipt) -> tuple[Any, ...]:
    """What a receipt on the chain says."""
    read = Read(record.recording, record.consent, record.purpose, record.categories, record.precision)
    times = (record.bought_ms, record.lapses_ms)
    return record.owner, record.reader, read, record.price_uacc, times, record.product, record.given_by, record.status


def as_known(sale: Sale) -> tuple[Any, ...]:
    """The same of what the model knows."""
    owner, reader, times = sale.owner.account, sale.reader.account, (sale.bought_ms, sale.lapses_ms)
    return owner, reader, sale.read, sale.price_uacc, times, sale.product, sale.given_by, sale.status


def test_whatever_parties_do_the_chain_does_what_the_model_says() -> None:
    run_state_machine_as_test(Together, settings=settings(max_examples=40, stateful_step_count=60, deadline=None))


@pytest.mark.soak
def test_whatever_parties_do_in_a_long_life_the_chain_does_what_the_model_says() -> None:
    run_state_machine_as_test(Together, settings=settings(max_examples=300, stateful_step_count=100, deadline=None))
