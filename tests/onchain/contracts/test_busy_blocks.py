"""Blocks of many transactions: parties, forgers and repeaters share them, and every uacc is where the books say.

`test_together.py` predicts one transaction at a time. Here each block holds many, several of one sender among them, and
none is predicted: the books follow what the results say happened and what was asked, and never look at the state.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from autochain.onchain.codec import encode
from autochain.onchain.contracts.consent import CONSENTS, Grant, Granted, Offer, Offered, TakeUp, Terms, consent_of
from autochain.onchain.contracts.consent import Revoke as RevokeConsent
from autochain.onchain.contracts.consent import Withdraw as WithdrawOffer
from autochain.onchain.contracts.credentials import Attest, Role, Withdraw
from autochain.onchain.contracts.identity import IDENTITIES, HandOver
from autochain.onchain.contracts.identity import Revoke as RevokeIdentity
from autochain.onchain.contracts.market import RECEIPTS, Bought, Deliver, Delivered
from autochain.onchain.contracts.mining import Claim, Rewarded
from autochain.onchain.contracts.mining import Terms as MiningTerms
from autochain.onchain.contracts.recording import HOUR_MS, RECORDINGS, Commit, Committed, Erase, Erased, recording_id
from autochain.onchain.contracts.token import BALANCES, Transfer
from autochain.onchain.crypto import sha256
from autochain.onchain.ids import contract_account
from autochain.onchain.ledger import Event, Introduction, Message, Transaction, TransactionResult
from autochain.onchain.refusals import Refusal
from autochain.onchain.units import TOTAL_SUPPLY_UACC
from chains import ACC, Harness, Party, Scene, entries, make_seeds

POOL, ESCROW = contract_account("mining"), contract_account("market")
DAY_MS = 24 * HOUR_MS
NEEDED = 2
"""How many members must give their shares."""
TERMS = MiningTerms(epoch_ms=HOUR_MS, rate_uacc_per_point=40 * ACC, points_per_device=300)
NOBODY = bytes(20)
which = st.integers(0, 999)
wrongly = st.integers(0, 4).map(lambda number: number == 4)
bends = st.sampled_from([None] * 7 + ["flip", "cut", "grow", "chain", "repeat", "skip"])
"""How a transaction is spoiled, if at all, so that it must change nothing."""


@dataclass(frozen=True)
class Sent:
    """A transaction of the block that is being filled."""

    data: bytes
    sender: bytes
    payer: bytes
    fee_uacc: int
    messages: tuple[Message, ...]
    spoiled: bool


@dataclass
class Sold:
    """A reading that was bought, as the books have it."""

    owner: bytes
    reader: bytes
    price_uacc: int
    lapses_ms: int
    given_by: frozenset[bytes] = frozenset()
    refunded: bool = False


class BusyBlocks(RuleBasedStateMachine):
    """Fills blocks with what anybody sends and keeps books of the money."""

    def __init__(self) -> None:
        super().__init__()
        self.harness = Harness(terms=TERMS)
        self.scene = Scene(self.harness)
        treasury, operator = self.harness.treasury, self.harness.operator
        self.people = [self.scene.owner, self.scene.buyer, treasury]
        self.cars = [self.scene.car]
        self.waiting: list[Sent] = []
        self.newcomers: list[Party] = []
        self.former: list[bytes] = []
        self.promised: Counter[bytes] = Counter()
        """How many transactions of a sender stand in the block that is being filled."""
        self.books = Counter({
            account: self.harness.balance(account)
            for account in (POOL, operator.account, *(party.account for party in (*self.people, *self.cars)))
        })  # fmt: skip
        parties = (*self.people, *self.cars, operator, *self.harness.members)
        self.sequences = {party.account: self.harness.sequence(party) for party in parties}
        self.controllers = {self.scene.car.account: self.scene.owner.account}
        self.handed_over_ms: dict[bytes, int] = {}
        self.offers: dict[bytes, tuple[bytes, Terms]] = {}
        """By name, who made it and on which terms."""
        self.consents: dict[bytes, tuple[bytes, bytes, Terms]] = {}
        """By name, who granted it, to whom and on which terms."""
        self.buyers: set[bytes] = set()
        self.ended: set[bytes] = set()
        """Consents that were revoked, and offers that were withdrawn."""
        self.recordings: dict[bytes, tuple[bytes, bytes]] = {}
        """By name, the vehicle that committed to it and who owned that then."""
        self.erased: set[bytes] = set()
        self.sold: dict[bytes, Sold] = {}
        self.rewarded: set[bytes] = set()
        self.revoked: set[bytes] = set()

    @property
    def everybody(self) -> list[Party]:
        return self.people + self.cars

    def one(self, among: list[Any], at: int) -> Any:
        return among[at % len(among)]

    def add(self, sender: Party, *messages: Message, bend: str | None = None, payer: Party | None = None) -> None:
        """Puts a transaction into the block, spoiled or not; its sequence follows those that stand there already."""
        introduces = isinstance(messages[0], Introduction)
        sequence = 0 if introduces else self.sequences.get(sender.account, 1) + self.promised[sender.account]
        data = self.harness.sign(
            sender, *messages, payer=payer, sequence=sequence + (bend == "skip"), expiry_height=self.harness.height + 9
        )
        transaction = self.harness.machine.dispatcher.transactions.decode(data)
        spoiled = self.spoil(data, transaction, bend)
        paying = payer or sender
        self.waiting.append(
            Sent(spoiled, sender.account, paying.account, transaction.fee_uacc, messages, bend is not None)
        )
        if bend is None and not introduces:
            self.promised[sender.account] += 1

    def spoil(self, data: bytes, transaction: Transaction[Message], bend: str | None) -> bytes:
        match bend:
            case "flip":
                place = len(data) // 2
                return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            case "cut":
                return data[:-1]
            case "grow":
                return data + b"\xc0"
            case "chain":
                return encode(replace(transaction, chain_id="main-other"))
            case "repeat":
                return self.one(self.former, len(data)) if self.former else data[1:]
            case _:
                return data

    @initialize()
    def a_drive_is_there_and_was_read_twice(self) -> None:
        self.add(self.scene.car, self.scene.a_drive("first"))
        self.add(self.scene.owner, self.scene.a_grant(expires_ms=self.harness.now_ms + 9 * HOUR_MS))
        self.add(self.scene.owner, Offer(self.scene.terms(), "buyer"))
        self.add(self.harness.treasury, Attest(self.scene.buyer.account, "buyer"))
        self.a_block(1_000, offered=False)
        for consent in self.consents:
            self.read_under(consent, 0)
            self.read_under(consent, 0)
        self.a_block(1_000, offered=False)

    @rule(sender=which, payee=which, amount_uacc=st.sampled_from([1, ACC, 40 * ACC, 10**6 * ACC]), bend=bends)
    def somebody_pays(self, sender: int, payee: int, amount_uacc: int, bend: str | None) -> None:
        paid = self.one(self.everybody, payee).account
        self.add(self.one(self.everybody, sender), Transfer(paid, amount_uacc), bend=bend)

    @rule(
        car=which, name=st.integers(0, 30), points=st.integers(1, 200), bend=bends, claims=st.booleans(), late=wrongly
    )
    def a_car_records(self, car: int, name: int, points: int, bend: str | None, claims: bool, late: bool) -> None:
        vehicle = self.one(self.cars, car)
        drive = self.scene.a_drive(f"drive {name}", points=points, **({} if late else self.scene.this_hour()))
        claim = Claim(recording_id(vehicle.account, drive.fingerprint))
        self.add(vehicle, *((drive, claim) if claims else (drive,)), bend=bend)

    @rule(sender=which, recording=which, bend=bends)
    def somebody_claims(self, sender: int, recording: int, bend: str | None) -> None:
        self.add(self.one(self.everybody, sender), Claim(self.one([*self.recordings, NOBODY], recording)), bend=bend)

    @rule(
        sender=which,
        by_another=wrongly,
        reader=which,
        car=which,
        price_uacc=st.sampled_from([0, ACC, 70 * ACC]),
        lasts_ms=st.sampled_from([9 * HOUR_MS, HOUR_MS, 1_500, 1, 30 * DAY_MS]),
        to_all=st.booleans(),
        bend=bends,
    )
    def somebody_grants_or_offers(
        self,
        sender: int,
        by_another: bool,
        reader: int,
        car: int,
        price_uacc: int,
        lasts_ms: int,
        to_all: bool,
        bend: str | None,
    ) -> None:
        vehicle = self.one(self.cars, car)
        controller = self.controllers[vehicle.account]
        owners = [party for party in self.people if (party.account == controller) != by_another]
        terms = self.scene.terms(
            vehicle=vehicle.account, price_uacc=price_uacc, expires_ms=self.harness.now_ms + 1_000 + lasts_ms
        )
        made = Offer(terms, "buyer") if to_all else Grant(self.one(self.people, reader).account, terms)
        self.add(self.one(owners, sender), made, bend=bend)

    @rule(offer=which, reader=which, reads=st.booleans(), withdrawn=wrongly, bend=bends)
    def somebody_takes_an_offer_up(
        self, offer: int, reader: int, reads: bool, withdrawn: bool, bend: str | None
    ) -> None:
        """And reads under it at once, or its owner, or somebody, withdraws it just before."""
        name, party = self.one([*self.offers, NOBODY], offer), self.one(self.people, reader)
        if withdrawn and name in self.offers:
            (owner,) = (owner for owner in self.people if owner.account == self.offers[name][0])
            self.add(owner if offer % 2 else self.one(self.people, offer + reader), WithdrawOffer(name))
        read = self.scene.a_read(self.one([*self.recordings, NOBODY], reader), consent_of(name, party.account))
        self.add(party, *((TakeUp(name), read) if reads else (TakeUp(name),)), bend=bend)

    @rule(
        members=st.sampled_from([(0,), (1,), (0, 1), (1, 2), (0, 1, 2), (2, 2), (2, 3, 0)]),
        receipt=which,
        many=st.integers(1, 4),
        bend=bends,
    )
    def members_deliver(self, members: tuple[int, ...], receipt: int, many: int, bend: str | None) -> None:
        """Members one after another, and perhaps one who is none."""
        latest = [*self.sold][-6:] or [NOBODY]
        names = tuple(self.one(latest, receipt + number) for number in range(many))
        for member in members:
            sender = [*self.harness.members, self.scene.buyer][member]
            self.add(sender, Deliver(names), payer=self.harness.treasury, bend=bend)

    @rule(sender=which, recording=which, seldom=st.integers(0, 3), bend=bends)
    def somebody_erases(self, sender: int, recording: int, seldom: int, bend: str | None) -> None:
        if seldom == 0:
            self.add(self.one(self.people, sender), Erase(self.one([*self.recordings, NOBODY], recording)), bend=bend)

    @rule(car=which, taker=which, records=st.booleans(), bend=bends)
    def a_car_is_sold(self, car: int, taker: int, records: bool, bend: str | None) -> None:
        """And perhaps records in the same block, before and after."""
        vehicle = self.one(self.cars, car)
        (owner,) = (party for party in self.people if party.account == self.controllers[vehicle.account])
        for when in ("before", "after"):
            if records:
                self.add(vehicle, self.scene.a_drive(f"{when} {self.harness.height}", **self.scene.this_hour()))
            if when == "before":
                self.add(owner, HandOver(vehicle.account), payer=self.one(self.people, taker), bend=bend)

    @rule(sender=which, consent=which, bend=bends)
    def somebody_revokes(self, sender: int, consent: int, bend: str | None) -> None:
        name = self.one([*self.consents, NOBODY], consent)
        self.add(self.one(self.people, sender), RevokeConsent(name), bend=bend)

    @rule(reader=which, recording=which, consent=which, fitting=st.integers(0, 3), bend=bends)
    def somebody_reads(self, reader: int, recording: int, consent: int, fitting: int, bend: str | None) -> None:
        """Mostly the reader of a consent reads what it covers."""
        name = self.one([*self.consents, NOBODY], consent)
        if fitting and name in self.consents:
            self.read_under(name, recording, bend=bend)
        else:
            read = self.scene.a_read(self.one([*self.recordings, NOBODY], recording), name)
            self.add(self.one(self.people, reader), read, bend=bend)

    def read_under(self, consent: bytes, recording: int, bend: str | None = None) -> None:
        _, granted, terms = self.consents[consent]
        covered = [name for name, (vehicle, _) in self.recordings.items() if vehicle == terms.vehicle]
        (reader,) = (party for party in self.people if party.account == granted)
        self.add(reader, self.scene.a_read(self.one([*covered, NOBODY], recording), consent), bend=bend)

    @precondition(lambda self: any(map(self.lives, self.consents)))
    @rule(consent=which, recording=which, seldom=st.integers(0, 3))
    def a_consent_is_revoked_between_two_readings(self, consent: int, recording: int, seldom: int) -> None:
        name = self.one([name for name in self.consents if self.lives(name)], consent)
        (owner,) = (party for party in self.people if party.account == self.consents[name][0])
        self.read_under(name, recording)
        if seldom == 0:
            self.add(owner, RevokeConsent(name))
        self.read_under(name, recording)

    @rule(kind=st.sampled_from(["person", "device"]), owner=which, alone=st.booleans(), bend=bends)
    def somebody_comes(self, kind: Any, owner: int, alone: bool, bend: str | None) -> None:
        if len(self.everybody) + len(self.newcomers) < 9:
            controller = self.one(self.people, owner) if kind == "device" else None
            name = f"party {self.harness.height} {len(self.waiting)}"
            party = Party.make(name, kind, controller=controller)
            self.add(party, party.registration, payer=None if alone else controller, bend=bend)
            self.newcomers.append(party)

    @rule(subject=which, sender=which, takes_back=st.booleans(), bend=bends)
    def a_role_changes(self, subject: int, sender: int, takes_back: bool, bend: str | None) -> None:
        party = self.one(self.everybody, subject)
        is_car = party in self.cars
        role: Role = "vehicle" if is_car else "buyer"
        vin = sha256(party.account) if is_car else None
        made = Withdraw(party.account, role) if takes_back else Attest(party.account, role, vin)
        self.add(self.harness.treasury if sender % 3 else self.one(self.everybody, sender), made, bend=bend)

    @rule(party=which, generation=st.integers(1, 9))
    def somebody_rotates_and_the_former_keys_speak_on(self, party: int, generation: int) -> None:
        """Keys change in the midst of a block: what the former ones sign behind that does not count."""
        rotating = self.one(self.everybody, party)
        fresh = make_seeds(rotating.name, generation=generation)
        self.a_block(1_000, offered=False)
        if fresh != rotating.seeds:
            self.add(rotating, rotating.rotation(fresh))
            self.add(rotating, Transfer(self.scene.buyer.account, 1), bend="former keys")
            if self.a_block(1_000, offered=False)[0].code == 0:
                rotating.seeds = fresh

    @rule(car=which, sender=which, seldom=st.integers(0, 5))
    def somebody_revokes_a_car(self, car: int, sender: int, seldom: int) -> None:
        if seldom == 0:
            self.add(self.one(self.everybody, sender), RevokeIdentity(self.one(self.cars, car).account))

    @rule(ms=st.sampled_from([0, 1, 1_000, 2_000, HOUR_MS, DAY_MS]), offered=st.booleans())
    def time_passes(self, ms: int, offered: bool) -> None:
        self.a_block(ms, offered=offered)

    def a_block(self, ms: int, *, offered: bool) -> tuple[TransactionResult, ...]:
        """Makes the block, and writes into the books what came of each transaction."""
        sent, self.waiting = self.waiting, []
        for made in sent if offered else ():
            with suppress(Refusal):
                self.harness.check(made.data)
        self.harness.block_ms = ms
        results = self.harness.block(*(made.data for made in sent))
        self.lapse()
        for made, result in zip(sent, results, strict=True):
            self.enter(made, result)
        for party in self.newcomers:
            if party.account in self.sequences:
                if party.registration.controller is not None:
                    self.controllers[party.account] = party.registration.controller
                (self.cars if party.registration.kind == "device" else self.people).append(party)
        self.newcomers.clear()
        self.promised.clear()
        return results

    def enter(self, made: Sent, result: TransactionResult) -> None:
        """Writes one transaction into the books: fee and sequence when it was admitted, the rest when it happened."""
        introduces = isinstance(made.messages[0], Introduction)
        if made.spoiled or not result.weight_used or (introduces and result.code):
            assert result.code, "what is spoiled must not happen"
            assert not (made.spoiled and result.weight_used), result.text
            return
        assert not {made.sender, made.payer} & self.revoked
        self.former.append(made.data)
        self.move(made.payer, self.harness.operator.account, made.fee_uacc)
        self.sequences[made.sender] = self.sequences.get(made.sender, 0) + 1
        events = self.harness.events(result)
        assert not (result.code and events)
        for message in made.messages if result.code == 0 else ():
            self.obey(made, message, events)
        for event in events:
            self.follow(made.sender, event)

    def obey(self, made: Sent, message: Message, events: tuple[Event, ...]) -> None:
        """Writes into the books what a message says that has happened."""
        match message:
            case Transfer():
                self.move(made.sender, message.payee, message.amount_uacc)
            case RevokeIdentity():
                self.revoked.add(message.account)
            case Attest(role="buyer"):
                self.buyers.add(message.subject)
            case Withdraw(role="buyer"):
                self.buyers.remove(message.subject)
            case Commit():
                assert message.start_ms + HOUR_MS > self.handed_over_ms.get(made.sender, 0)
            case HandOver():
                assert self.controllers[message.device] == made.sender != made.payer
                self.controllers[message.device] = made.payer
                self.handed_over_ms[message.device] = self.harness.now_ms
            case Offer():
                (offered,) = (event for event in events if isinstance(event, Offered))
                self.offers[offered.offer] = (made.sender, message.terms)
            case WithdrawOffer():
                assert self.stands(message.offer) and self.offers[message.offer][0] == made.sender
                self.ended.add(message.offer)
            case Grant() | TakeUp():
                (granted,) = (event for event in events if isinstance(event, Granted))
                assert granted.consent not in self.consents
                if isinstance(message, Grant):
                    self.consents[granted.consent] = (made.sender, message.reader, message.terms)
                else:
                    assert self.stands(message.offer) and made.sender in self.buyers
                    owner, terms = self.offers[message.offer]
                    self.consents[granted.consent] = (owner, made.sender, terms)
            case RevokeConsent():
                assert self.lives(message.consent) and self.consents[message.consent][0] == made.sender
                self.ended.add(message.consent)
            case Deliver():
                self.deliver(made.sender, message, [event for event in events if isinstance(event, Delivered)])

    def deliver(self, member: bytes, message: Deliver, events: list[Delivered]) -> None:
        """Pays the owner of each receipt for which this member is the last one needed."""
        assert member in [party.account for party in self.harness.members]
        paid = []
        for name in dict.fromkeys(message.receipts):
            sold = self.sold[name]
            assert not sold.refunded and self.harness.now_ms < sold.lapses_ms
            if member not in sold.given_by and len(sold.given_by) == NEEDED - 1:
                self.move(ESCROW, sold.owner, sold.price_uacc)
                paid.append(Delivered(name, sold.owner, sold.price_uacc))
            sold.given_by |= {member}
        assert events == paid

    def lapse(self) -> None:
        """Gives back what was paid for readings whose day is over, which comes first in a block."""
        for sold in self.sold.values():
            if len(sold.given_by) < NEEDED and not sold.refunded and sold.lapses_ms <= self.harness.now_ms:
                self.move(ESCROW, sold.reader, sold.price_uacc)
                sold.refunded = True

    def follow(self, sender: bytes, event: Event) -> None:
        """Writes into the books what only an event tells, and sees that it could be."""
        match event:
            case Committed():
                assert event.vehicle == sender and event.recording not in self.recordings
                assert event.owner == self.controllers[sender]
                self.recordings[event.recording] = (sender, event.owner)
            case Rewarded():
                assert event.recording in self.recordings and event.recording not in self.rewarded | self.erased
                assert event.reward_uacc <= event.points * TERMS.rate_uacc_per_point
                self.rewarded.add(event.recording)
                self.move(POOL, event.owner, event.reward_uacc)
            case Erased():
                assert self.recordings[event.recording][1] == sender and event.recording not in self.erased
                self.erased.add(event.recording)
            case Bought():
                (read,) = (shown for name, shown in entries(self.harness, RECEIPTS) if name == event.receipt)
                owner, reader, terms = self.consents[read.consent]
                assert self.lives(read.consent) and event.recording not in self.erased
                assert (owner, reader, terms.price_uacc) == (event.owner, sender, event.price_uacc)
                assert self.recordings[event.recording] == (terms.vehicle, owner) and owner not in self.revoked
                assert event.receipt not in self.sold
                self.sold[event.receipt] = Sold(owner, sender, event.price_uacc, self.harness.now_ms + DAY_MS)
                self.move(sender, ESCROW, event.price_uacc)

    def move(self, payer: bytes, payee: bytes, amount_uacc: int) -> None:
        self.books[payer] -= amount_uacc
        self.books[payee] += amount_uacc
        assert self.books[payer] >= 0, "nobody pays what he does not hold"

    def lives(self, consent: bytes) -> bool:
        return consent not in self.ended and self.harness.now_ms < self.consents[consent][2].expires_ms

    def stands(self, offer: bytes) -> bool:
        return offer not in self.ended and self.harness.now_ms < self.offers[offer][1].expires_ms

    @invariant()
    def every_uacc_is_where_the_books_say_and_none_is_made_or_lost(self) -> None:
        held = {account: record.amount_uacc for account, record in entries(self.harness, BALANCES)}
        assert held == {account: amount for account, amount in self.books.items() if amount}
        assert sum(held.values()) == TOTAL_SUPPLY_UACC

    @invariant()
    def every_sequence_is_how_often_somebody_spoke(self) -> None:
        found = {account: record.sequence for account, record in entries(self.harness, IDENTITIES)}
        assert found == self.sequences

    @invariant()
    def what_stands_on_the_chain_is_what_was_announced(self) -> None:
        assert {name for name, _ in entries(self.harness, RECORDINGS)} == set(self.recordings)
        assert {name: (shown.status, frozenset(shown.given_by)) for name, shown in entries(self.harness, RECEIPTS)} == {
            name: (
                "refunded" if sold.refunded else "delivered" if len(sold.given_by) >= NEEDED else "open",
                sold.given_by,
            )
            for name, sold in self.sold.items()
        }
        living = {name: record.lives(self.harness.now_ms) for name, record in entries(self.harness, CONSENTS)}
        assert living == {name: self.lives(name) for name in self.consents}


def test_however_a_block_is_filled_every_uacc_is_where_the_books_say() -> None:
    run_state_machine_as_test(BusyBlocks, settings=settings(max_examples=40, stateful_step_count=60, deadline=None))


@pytest.mark.soak
def test_however_many_blocks_are_filled_every_uacc_is_where_the_books_say() -> None:
    run_state_machine_as_test(BusyBlocks, settings=settings(max_examples=300, stateful_step_count=80, deadline=None))
