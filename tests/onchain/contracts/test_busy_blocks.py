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
from autochain.onchain.contracts.consent import CONSENTS, Grant, Granted
from autochain.onchain.contracts.consent import Revoke as RevokeConsent
from autochain.onchain.contracts.credentials import Attest, Withdraw
from autochain.onchain.contracts.identity import IDENTITIES
from autochain.onchain.contracts.identity import Revoke as RevokeIdentity
from autochain.onchain.contracts.market import RECEIPTS, Bought
from autochain.onchain.contracts.mining import Claim, Rewarded, Terms
from autochain.onchain.contracts.recording import HOUR_MS, RECORDINGS, Committed, recording_id
from autochain.onchain.contracts.token import BALANCES, Transfer
from autochain.onchain.ids import contract_account
from autochain.onchain.ledger import Event, Introduction, Message, Transaction, TransactionResult
from autochain.onchain.refusals import Refusal
from autochain.onchain.units import TOTAL_SUPPLY_UACC
from chains import ACC, Harness, Party, Scene, entries, make_seeds

POOL = contract_account("mining")
TERMS = Terms(epoch_ms=HOUR_MS, rate_uacc_per_point=40 * ACC, points_per_device=300)
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
        self.sequences = {party.account: self.harness.sequence(party) for party in (*self.people, *self.cars, operator)}
        self.consents: dict[bytes, tuple[bytes, Grant]] = {}
        """By name, who granted it and what."""
        self.ended: set[bytes] = set()
        self.recordings: dict[bytes, bytes] = {}
        """By name, the vehicle that committed to it."""
        self.sold: set[bytes] = set()
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
    def a_drive_is_there_to_be_read(self) -> None:
        self.add(self.scene.car, self.scene.a_drive("first"))
        self.add(self.scene.owner, self.scene.a_grant(expires_ms=self.harness.now_ms + 9 * HOUR_MS))
        self.a_block(1_000, offered=False)

    @rule(sender=which, payee=which, amount_uacc=st.sampled_from([1, ACC, 40 * ACC, 10**6 * ACC]), bend=bends)
    def somebody_pays(self, sender: int, payee: int, amount_uacc: int, bend: str | None) -> None:
        paid = self.one(self.everybody, payee).account
        self.add(self.one(self.everybody, sender), Transfer(paid, amount_uacc), bend=bend)

    @rule(car=which, name=st.integers(0, 30), points=st.integers(1, 200), bend=bends, claims=st.booleans())
    def a_car_records(self, car: int, name: int, points: int, bend: str | None, claims: bool) -> None:
        vehicle = self.one(self.cars, car)
        drive = self.scene.a_drive(f"drive {name}", points=points)
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
        lasts_ms=st.sampled_from([9 * HOUR_MS, HOUR_MS, 1_500, 1]),
        bend=bends,
    )
    def somebody_grants(
        self, sender: int, by_another: bool, reader: int, car: int, price_uacc: int, lasts_ms: int, bend: str | None
    ) -> None:
        vehicle = self.one(self.cars, car)
        controller = vehicle.registration.controller
        owners = [party for party in self.people if (party.account == controller) != by_another]
        grant = self.scene.a_grant(
            reader=self.one(self.people, reader).account,
            vehicle=vehicle.account,
            price_uacc=price_uacc,
            expires_ms=self.harness.now_ms + 1_000 + lasts_ms,
        )
        self.add(self.one(owners, sender), grant, bend=bend)

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
        grant = self.consents[consent][1]
        covered = [name for name, vehicle in self.recordings.items() if vehicle == grant.vehicle]
        (reader,) = (party for party in self.people if party.account == grant.reader)
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
        account = self.one(self.everybody, subject).account
        made = Withdraw(account, "vehicle") if takes_back else Attest(account, "vehicle")
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

    @rule(ms=st.sampled_from([0, 1, 1_000, 2_000, HOUR_MS]), offered=st.booleans())
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
        for made, result in zip(sent, results, strict=True):
            self.enter(made, result)
        for party in self.newcomers:
            if party.account in self.sequences:
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
            if isinstance(message, Transfer):
                self.move(made.sender, message.payee, message.amount_uacc)
            elif isinstance(message, RevokeIdentity):
                self.revoked.add(message.account)
            elif isinstance(message, Grant):
                (granted,) = (event for event in events if isinstance(event, Granted))
                self.consents[granted.consent] = (made.sender, message)
            elif isinstance(message, RevokeConsent):
                assert self.lives(message.consent) and self.consents[message.consent][0] == made.sender
                self.ended.add(message.consent)
        for event in events:
            self.follow(made.sender, event)

    def follow(self, sender: bytes, event: Event) -> None:
        """Writes into the books what only an event tells, and sees that it could be."""
        match event:
            case Committed():
                assert event.vehicle == sender and event.recording not in self.recordings
                self.recordings[event.recording] = sender
            case Rewarded():
                assert event.recording in self.recordings and event.recording not in self.rewarded
                assert event.reward_uacc <= event.points * TERMS.rate_uacc_per_point
                self.rewarded.add(event.recording)
                self.move(POOL, event.owner, event.reward_uacc)
            case Bought():
                (read,) = (shown for name, shown in entries(self.harness, RECEIPTS) if name == event.receipt)
                owner, grant = self.consents[read.consent]
                assert self.lives(read.consent)
                assert (owner, grant.reader, grant.price_uacc) == (event.owner, sender, event.price_uacc)
                assert event.receipt not in self.sold
                self.sold.add(event.receipt)
                self.move(sender, owner, grant.price_uacc)

    def move(self, payer: bytes, payee: bytes, amount_uacc: int) -> None:
        self.books[payer] -= amount_uacc
        self.books[payee] += amount_uacc
        assert self.books[payer] >= 0, "nobody pays what he does not hold"

    def lives(self, consent: bytes) -> bool:
        return consent not in self.ended and self.harness.now_ms < self.consents[consent][1].expires_ms

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
        assert {name for name, _ in entries(self.harness, RECEIPTS)} == self.sold
        living = {name: record.lives(self.harness.now_ms) for name, record in entries(self.harness, CONSENTS)}
        assert living == {name: self.lives(name) for name in self.consents}


def test_however_a_block_is_filled_every_uacc_is_where_the_books_say() -> None:
    run_state_machine_as_test(BusyBlocks, settings=settings(max_examples=80, stateful_step_count=60, deadline=None))


@pytest.mark.soak
def test_however_many_blocks_are_filled_every_uacc_is_where_the_books_say() -> None:
    run_state_machine_as_test(BusyBlocks, settings=settings(max_examples=300, stateful_step_count=80, deadline=None))
