"""All contracts together: whatever parties do in whatever order, the chain does exactly what a small model of it says.

The model keeps who holds what, who may read what and what was read, in plain dictionaries and without looking at the
chain's state. After every block the harness checks the contracts' invariants and this test checks the model's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

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

from autochain.onchain.contracts.consent import Ended, Grant, Granted, ListConsents, Revoke
from autochain.onchain.contracts.credentials import Attest, Holds, Withdraw
from autochain.onchain.contracts.identity import Kind
from autochain.onchain.contracts.identity import Revoke as RevokeIdentity
from autochain.onchain.contracts.market import Bought, ListReceipts, Read
from autochain.onchain.contracts.mining import Claim, Rewarded, Terms
from autochain.onchain.contracts.recording import (
    HOUR_MS,
    Category,
    Commit,
    ListRecordings,
    Part,
    Precision,
    recording_id,
)
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto import sha256
from autochain.onchain.ids import contract_account
from autochain.onchain.ledger import Event, Message, StateMachine
from autochain.onchain.ledger import errors as ledger
from chains import ACC, START_MS, Harness, Party, make_seeds

POOL = contract_account("mining")
RATE_UACC = 250 * ACC
CAP_POINTS = 100
TERMS = Terms(epoch_ms=HOUR_MS, rate_uacc_per_point=RATE_UACC, points_per_device=CAP_POINTS)
"""Such that a few drives reach a vehicle's cap, and a few vehicles the budget of an epoch."""
CATEGORIES: tuple[Category, ...] = ("energy", "motion", "position")
PRECISIONS: tuple[Precision, ...] = ("coarse", "exact")
ALL_PARTS = tuple(Part(category, precision, 1) for category in CATEGORIES for precision in PRECISIONS)

T = TypeVar("T")
E = TypeVar("E", bound=Event)
which = st.integers(0, 999)
"""Which of those that there are."""
wrongly = st.integers(0, 4).map(lambda number: number == 4)
"""Whether somebody tries who may not."""
some_categories = st.sets(st.sampled_from(CATEGORIES), min_size=1).map(lambda chosen: tuple(sorted(chosen)))
some_precision = st.sampled_from(["exact", "exact", "coarse"])
some_purpose = st.sampled_from(["research", "research", "insurance"])


def pick(among: Iterable[T], at: int) -> T:
    """Gives one of those that there are."""
    these = list(among)
    return these[at % len(these)]


@dataclass(frozen=True)
class Drive:
    """A recording as the model knows it: who committed to what."""

    vehicle: Party
    owner: Party
    commit: Commit


@dataclass
class Given:
    """A consent as the model knows it."""

    owner: Party
    reader: Party
    grant: Grant
    revoked: bool = False

    def lives(self, now_ms: int) -> bool:
        return not self.revoked and now_ms < self.grant.expires_ms


class Together(RuleBasedStateMachine):
    """Parties that do anything, right and wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.harness = Harness(terms=TERMS)
        self.holds = Counter({POOL: 129_000_000 * ACC, self.harness.treasury.account: 171_000_000 * ACC})
        self.people: list[Party] = []
        self.cars: list[Party] = []
        self.revoked: set[bytes] = set()
        self.owners: dict[bytes, Party] = {}
        self.attested: set[bytes] = set()
        self.drives: dict[bytes, Drive] = {}
        self.consents: dict[bytes, Given] = {}
        self.reads: list[tuple[Any, ...]] = []
        self.rewarded: set[bytes] = set()
        self.pools: dict[int, int] = {}
        """What was in the pool when an epoch paid for the first time."""
        self.paid: Counter[int] = Counter()
        self.points: Counter[tuple[int, bytes]] = Counter()

    def attempt(
        self, expected: Callable[[], bool], sender: Party, *messages: Message, payer: Party | None = None
    ) -> tuple[Event, ...]:
        """Sends, takes the fee in the model, and sees that it happened exactly when the model expects it.

        `expected` is asked when the block's time is known and the fee is paid.
        """
        result = self.harness.send(sender, *messages, payer=payer)
        paying = payer or sender
        signatures = sender.threshold + (payer.threshold if payer else 0)
        free = all(message.free for message in messages)
        fee = 0 if free else 5 * (50 + 60 * signatures + sum(message.weight for message in messages))
        admitted = (
            sender.account not in self.revoked
            and paying.account not in self.revoked
            and self.holds[paying.account] >= fee
        )
        if admitted:
            self.pay(paying.account, self.harness.operator.account, fee)
        assert bool(result.weight_used) == admitted, result.text
        happens = admitted and expected()
        assert (result.code == 0) == happens, result.text or "it happened, and must not"
        return self.harness.events(result)

    def pay(self, payer: bytes, payee: bytes, amount_uacc: int) -> None:
        self.holds[payer] -= amount_uacc
        self.holds[payee] += amount_uacc

    def event(self, kind: type[E], events: tuple[Event, ...]) -> E:
        return next(event for event in events if isinstance(event, kind))

    @initialize()
    def a_few_are_there(self) -> None:
        for _ in range(3):
            self.somebody_comes(100 * ACC)
        for at in range(2):
            self.a_car_comes(at, cosigned=True)
            self.a_role_changes(at, by_stranger=False)
            self.somebody_records(at, by_its_owner=False, readings=at, lacking=None, points=50, hour=-1)
            self.somebody_grants(
                at,
                by_another=False,
                reader=2,
                purpose="research",
                categories=CATEGORIES,
                precision="exact",
                hours=(-4, 5),
                price_uacc=ACC,
                lasts_ms=24 * HOUR_MS,
            )

    @property
    def everybody(self) -> list[Party]:
        return self.people + self.cars

    def new_party(self, kind: Kind, controller: Party | None = None) -> Party:
        return Party.make(f"party {len(self.everybody)}", kind, controller=controller)

    def fund(self, party: Party, amount_uacc: int) -> None:
        treasury = self.harness.treasury
        self.attempt(lambda: True, treasury, Transfer(party.account, amount_uacc))
        self.pay(treasury.account, party.account, amount_uacc)

    @precondition(lambda self: len(self.people) < 6)
    @rule(funds_uacc=st.sampled_from([100 * ACC, ACC, 3_000]))
    def somebody_comes(self, funds_uacc: int) -> None:
        party = self.new_party("person")
        self.attempt(lambda: True, party, party.registration)
        self.people.append(party)
        self.fund(party, funds_uacc)

    @precondition(lambda self: len(self.cars) < 5)
    @rule(owner=which, cosigned=st.booleans())
    def a_car_comes(self, owner: int, cosigned: bool) -> None:
        controller = pick(self.people, owner)
        car = self.new_party("device", controller)
        if self.attempt(lambda: cosigned, car, car.registration, payer=controller if cosigned else None):
            self.cars.append(car)
            self.owners[car.account] = controller
            self.fund(car, ACC)

    @rule(subject=which, by_stranger=wrongly)
    def a_role_changes(self, subject: int, by_stranger: bool) -> None:
        """The treasury attests a vehicle or takes that back, or somebody who may not tries to."""
        account = pick(self.cars, subject).account
        sender = pick(self.people, subject) if by_stranger else self.harness.treasury
        if account in self.attested:
            if self.attempt(lambda: not by_stranger, sender, Withdraw(account, "vehicle")):
                self.attested.remove(account)
        elif self.attempt(lambda: not by_stranger and account not in self.revoked, sender, Attest(account, "vehicle")):
            self.attested.add(account)

    @rule(sender=which, payee=which, amount_uacc=st.integers(1, 3 * ACC))
    def somebody_pays(self, sender: int, payee: int, amount_uacc: int) -> None:
        payer, paid = pick(self.everybody, sender), pick(self.everybody, payee)
        if self.attempt(
            lambda: payer is not paid and self.holds[payer.account] >= amount_uacc,
            payer,
            Transfer(paid.account, amount_uacc),
        ):
            self.pay(payer.account, paid.account, amount_uacc)

    @rule(
        car=which,
        by_its_owner=wrongly,
        readings=st.integers(0, 99),
        lacking=st.sampled_from([None, None, *CATEGORIES, "exact", "coarse"]),
        points=st.integers(1, 120),
        hour=st.sampled_from([-1, 0, -2, -3, 3]),
    )
    def somebody_records(
        self,
        car: int,
        by_its_owner: bool,
        readings: int,
        lacking: str | None,
        points: int,
        hour: int,
    ) -> None:
        vehicle = pick(self.cars, car)
        owner = self.owners[vehicle.account]
        start_ms = START_MS + hour * HOUR_MS
        commit = Commit(
            fingerprint=sha256(bytes([readings])),
            manifest_root=bytes(32),
            parts=tuple(part for part in ALL_PARTS if lacking not in (part.category, part.precision)),
            points=points,
            start_ms=start_ms,
            end_ms=start_ms + HOUR_MS,
        )
        name = recording_id(vehicle.account, commit.fingerprint)

        def expected() -> bool:
            past = commit.end_ms <= self.harness.now_ms + HOUR_MS
            return not by_its_owner and past and name not in self.drives

        if self.attempt(expected, owner if by_its_owner else vehicle, commit):
            self.drives[name] = Drive(vehicle, owner, commit)

    @precondition(lambda self: self.drives)
    @rule(drive=which, by_another=wrongly)
    def somebody_claims(self, drive: int, by_another: bool) -> None:
        name, known = pick(self.drives.items(), drive)
        sender = pick(self.everybody, drive) if by_another else known.vehicle

        def reward() -> tuple[int, int]:
            epoch = self.harness.now_ms // HOUR_MS
            budget = self.pools.get(epoch, self.holds[POOL]) // 4096
            points = min(known.commit.points, CAP_POINTS - self.points[epoch, sender.account])
            return points, min(points * RATE_UACC, budget - self.paid[epoch])

        def expected() -> bool:
            rightful = sender is known.vehicle and sender.account in self.attested
            return rightful and name not in self.rewarded and reward()[1] > 0

        events = self.attempt(expected, sender, Claim(name))
        if events:
            points, amount_uacc = reward()
            assert self.event(Rewarded, events) == Rewarded(name, known.owner.account, points, amount_uacc)
            epoch = self.harness.now_ms // HOUR_MS
            self.pools.setdefault(epoch, self.holds[POOL])
            self.pay(POOL, known.owner.account, amount_uacc)
            self.paid[epoch] += amount_uacc
            self.points[epoch, sender.account] += points
            self.rewarded.add(name)

    @rule(
        car=which,
        by_another=wrongly,
        reader=which,
        purpose=some_purpose,
        categories=some_categories,
        precision=some_precision,
        hours=st.sampled_from([(-4, 5), (-2, 1), (-1, 0)]),
        price_uacc=st.sampled_from([0, 1, ACC // 10, 20 * ACC]),
        lasts_ms=st.sampled_from([24 * HOUR_MS, HOUR_MS, 3_000, 1_000]),
    )
    def somebody_grants(
        self,
        car: int,
        by_another: bool,
        reader: int,
        purpose: Any,
        categories: Any,
        precision: Any,
        hours: tuple[int, int],
        price_uacc: int,
        lasts_ms: int,
    ) -> None:
        vehicle, recipient = pick(self.cars, car), pick(self.people, reader)
        owner = self.owners[vehicle.account]
        sender = pick(self.everybody, car) if by_another else owner
        grant = Grant(
            reader=recipient.account,
            vehicle=vehicle.account,
            purpose=purpose,
            categories=categories,
            precision=precision,
            from_ms=START_MS + hours[0] * HOUR_MS,
            until_ms=START_MS + hours[1] * HOUR_MS,
            price_uacc=price_uacc,
            expires_ms=self.harness.now_ms + lasts_ms,
        )

        def expected() -> bool:
            living = recipient.account not in self.revoked and self.harness.now_ms < grant.expires_ms
            return living and owner is sender

        events = self.attempt(expected, sender, grant)
        if events:
            self.consents[self.event(Granted, events).consent] = Given(owner, recipient, grant)

    @precondition(lambda self: self.consents)
    @rule(consent=which, by_another=st.booleans())
    def somebody_revokes(self, consent: int, by_another: bool) -> None:
        name, given = pick(self.consents.items(), consent)
        sender = pick(self.everybody, consent) if by_another else given.owner
        if self.attempt(lambda: sender is given.owner and given.lives(self.harness.now_ms), sender, Revoke(name)):
            given.revoked = True

    @precondition(lambda self: self.consents and self.drives)
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
        read = Read(pick(self.drives, drive), pick(self.consents, consent), purpose, categories, precision)
        self.read(pick(self.people, reader), read)

    @precondition(lambda self: self.consents and self.drives)
    @rule(consent=which, drive=which, fewer=st.booleans(), finer=wrongly, for_insurance=wrongly)
    def a_reader_reads(self, consent: int, drive: int, fewer: bool, finer: bool, for_insurance: bool) -> None:
        """The reader of a consent reads a drive of its vehicle, as granted or not quite so."""
        name, given = pick(self.consents.items(), consent)
        grant = given.grant
        fitting = [made for made, known in self.drives.items() if known.vehicle.account == grant.vehicle]
        if fitting:
            read = Read(
                recording=pick(fitting, drive),
                consent=name,
                purpose="insurance" if for_insurance else grant.purpose,
                categories=grant.categories[:1] if fewer else grant.categories,
                precision="exact" if finer else grant.precision,
            )
            self.read(given.reader, read)

    @precondition(lambda self: self.reads)
    @rule(former=which, by_another=wrongly)
    def somebody_reads_again_what_was_read(self, former: int, by_another: bool) -> None:
        _, _, reader, read, _ = pick(self.reads, former)
        readers = [party for party in self.people if (party.account == reader) != by_another]
        self.read(pick(readers, former), read)

    def read(self, reader: Party, read: Read) -> None:
        drive, given = self.drives[read.recording], self.consents[read.consent]
        commit, grant = drive.commit, given.grant
        price_uacc = 0 if drive.owner is reader else grant.price_uacc

        def expected() -> bool:
            return (
                given.lives(self.harness.now_ms)
                and (given.reader, given.owner, grant.vehicle) == (reader, drive.owner, drive.vehicle.account)
                and grant.purpose == read.purpose
                and set(read.categories) <= set(grant.categories)
                and {(category, read.precision) for category in read.categories}
                <= {(part.category, part.precision) for part in commit.parts}
                and (grant.precision == "exact" or read.precision == "coarse")
                and grant.from_ms <= commit.start_ms
                and commit.end_ms <= grant.until_ms
                and self.holds[reader.account] >= price_uacc
            )

        events = self.attempt(expected, reader, read)
        if events:
            self.pay(reader.account, drive.owner.account, price_uacc)
            receipt = self.event(Bought, events).receipt
            paid = (grant.price_uacc, self.harness.now_ms)
            self.reads.append((receipt, drive.owner.account, reader.account, read, paid))

    @rule(party=which, generation=st.integers(1, 9))
    def somebody_rotates_its_keys(self, party: int, generation: int) -> None:
        """From then on the new keys speak, and the old ones change nothing."""
        rotating = pick(self.everybody, party)
        former, fresh = rotating.seeds, make_seeds(rotating.name, generation=generation)
        if self.attempt(lambda: True, rotating, rotating.rotation(fresh)) and fresh != former:
            self.harness.refuses(ledger.BAD_SIGNATURE, rotating, Transfer(POOL, 1))
            rotating.seeds = fresh

    @precondition(lambda self: len(self.revoked) < 2)
    @rule(party=which, by_another=st.booleans(), seldom=st.integers(0, 3))
    def somebody_revokes_an_identity(self, party: int, by_another: bool, seldom: int) -> None:
        subject = pick(self.everybody, party)
        holder = self.owners.get(subject.account, subject)
        sender = pick(self.everybody, seldom) if by_another else holder
        if not (seldom and sender in (subject, holder)) and self.attempt(
            lambda: sender in (subject, holder), sender, RevokeIdentity(subject.account)
        ):
            self.revoked.add(subject.account)

    @rule(ms=st.sampled_from([1_000, 60_000, HOUR_MS // 2, HOUR_MS]))
    def time_passes(self, ms: int) -> None:
        events = self.harness.advance(ms)
        assert all(isinstance(event, Ended) and event.how == "expired" for event in events)

    @invariant()
    def everybody_holds_what_the_model_says_and_all_of_it_is_300_million(self) -> None:
        assert sum(self.holds.values()) == 300_000_000 * ACC
        for account, held in self.holds.items():
            assert self.harness.balance(account) == held

    @invariant()
    def no_reward_goes_beyond_a_cap(self) -> None:
        assert all(paid <= self.pools[epoch] // 4096 for epoch, paid in self.paid.items())
        assert all(points <= CAP_POINTS for points in self.points.values())

    @invariant()
    def the_sharing_lists_are_the_reads_that_happened(self) -> None:
        for party in self.people:
            for side, as_reader in ((1, False), (2, True)):
                listed = [
                    (
                        name,
                        shown.owner,
                        shown.reader,
                        Read(shown.recording, shown.consent, shown.purpose, shown.categories, shown.precision),
                        (shown.price_uacc, shown.bought_ms),
                    )
                    for name, shown in self.harness.ask(ListReceipts(party.account, as_reader=as_reader))
                ]
                assert listed == sorted(read for read in self.reads if read[side] == party.account)

    @invariant()
    def recordings_consents_and_roles_are_those_of_the_model(self) -> None:
        assert {name for name, _ in self.harness.ask(ListRecordings())} == set(self.drives)
        for party in self.people:
            living = {name: record.ended_ms == 0 for name, record in self.harness.ask(ListConsents(party.account))}
            now_ms = self.harness.now_ms
            given = {name: made for name, made in self.consents.items() if made.owner is party}
            assert living == {name: made.lives(now_ms) for name, made in given.items()}
        for car in self.cars:
            assert self.harness.ask(Holds(car.account, "vehicle")) == (car.account in self.attested)

    def teardown(self) -> None:
        """A node that starts from the durable state stands where this one does."""
        again = StateMachine(self.harness.store, self.harness.machine.dispatcher.contracts)
        assert again.info() == self.harness.machine.info()


def test_whatever_parties_do_the_chain_does_what_the_model_says() -> None:
    run_state_machine_as_test(Together, settings=settings(max_examples=120, stateful_step_count=60, deadline=None))


@pytest.mark.soak
def test_whatever_parties_do_in_a_long_life_the_chain_does_what_the_model_says() -> None:
    run_state_machine_as_test(Together, settings=settings(max_examples=300, stateful_step_count=100, deadline=None))
