"""Parties that come, pay, record, are rewarded, sell their cars and end, and what a model says of each of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from autochain.onchain.contracts.credentials import Attest, Holds, Role, Withdraw
from autochain.onchain.contracts.identity import GetIdentity, HandOver, Kind
from autochain.onchain.contracts.identity import Revoke as RevokeIdentity
from autochain.onchain.contracts.mining import Claim, Rewarded, Terms
from autochain.onchain.contracts.recording import (
    HOUR_MS,
    PRECISIONS,
    Category,
    Commit,
    Destroyed,
    Erase,
    GetErasure,
    ListRecordings,
    Part,
    recording_id,
)
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto import sha256
from autochain.onchain.ledger import Event, Message
from autochain.onchain.ledger import errors as ledger
from chains import ACC, Harness, Party, make_seeds

from .model import DAY_MS, KEPT_DAYS, POOL, Drive, Model

RATE_UACC = 250 * ACC
CAP_POINTS = 100
TERMS = Terms(epoch_ms=HOUR_MS, rate_uacc_per_point=RATE_UACC, points_per_device=CAP_POINTS)
"""Such that a few drives reach a vehicle's cap, and a few vehicles the budget of an epoch."""
CATEGORIES: tuple[Category, ...] = ("energy", "motion", "position")
ALL_PARTS = tuple(
    Part(category, precision, 1) for category in CATEGORIES for precision in ("aggregate", "coarse", "exact")
)

T = TypeVar("T")
E = TypeVar("E", bound=Event)
which = st.integers(0, 999)
"""Which of those that there are."""
wrongly = st.integers(0, 4).map(lambda number: number == 4)
"""Whether somebody tries who may not."""


def pick(among: Iterable[T], at: int) -> T:
    """Gives one of those that there are."""
    these = list(among)
    return these[at % len(these)]


class Living(RuleBasedStateMachine):
    """Parties that do what has to do with themselves, their cars and their money, right and wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.harness = Harness(terms=TERMS)
        treasury = self.harness.treasury.account
        self.model = Model({POOL: 129_000_000 * ACC, treasury: 171_000_000 * ACC})
        self.pools: dict[int, int] = {}
        """What was in the pool when an epoch paid for the first time."""
        self.paid: Counter[int] = Counter()
        self.points: Counter[tuple[int, bytes]] = Counter()

    @property
    def now_ms(self) -> int:
        return self.harness.now_ms

    def hour_ms(self, later: int) -> int:
        """Gives the beginning of the hour so many hours after the one of the last block."""
        return (self.now_ms // HOUR_MS + later) * HOUR_MS

    def attempt(
        self, expected: Callable[[], bool], sender: Party, *messages: Message, payer: Party | None = None
    ) -> tuple[Event, ...]:
        """Sends, takes the fee in the model, and sees that it happened exactly when the model expects it.

        `expected` is asked when the block's time is known and the fee is paid.
        """
        model = self.model
        result = self.harness.send(sender, *messages, payer=payer)
        model.lapse(self.now_ms)
        paying = payer or sender
        signatures = sender.threshold + (payer.threshold if payer else 0)
        free = all(message.free for message in messages)
        fee = 0 if free else 5 * (50 + 60 * signatures + sum(message.weight for message in messages))
        admitted = model.active(sender) and model.active(paying) and model.holds[paying.account] >= fee
        if admitted:
            model.pay(paying.account, self.harness.operator.account, fee)
        assert bool(result.weight_used) == admitted, result.text
        happens = admitted and expected()
        assert (result.code == 0) == happens, result.text or "it happened, and must not"
        return self.harness.events(result)

    def event(self, kind: type[E], events: tuple[Event, ...]) -> E:
        return next(event for event in events if isinstance(event, kind))

    def new_party(self, kind: Kind, controller: Party | None = None) -> Party:
        return Party.make(f"party {len(self.model.everybody)}", kind, controller=controller)

    def fund(self, party: Party, amount_uacc: int) -> None:
        treasury = self.harness.treasury
        self.attempt(lambda: True, treasury, Transfer(party.account, amount_uacc))
        self.model.pay(treasury.account, party.account, amount_uacc)

    @precondition(lambda self: len(self.model.people) < 6)
    @rule(funds_uacc=st.sampled_from([100 * ACC, ACC, 3_000]))
    def somebody_comes(self, funds_uacc: int) -> None:
        party = self.new_party("person")
        self.attempt(lambda: True, party, party.registration)
        self.model.people.append(party)
        self.fund(party, funds_uacc)

    @precondition(lambda self: len(self.model.cars) < 5)
    @rule(owner=which, cosigned=st.booleans())
    def a_car_comes(self, owner: int, cosigned: bool) -> None:
        controller = pick(self.model.people, owner)
        car = self.new_party("device", controller)
        if self.attempt(lambda: cosigned, car, car.registration, payer=controller if cosigned else None):
            self.model.cars.append(car)
            self.model.owners[car.account] = controller
            self.fund(car, ACC)

    @rule(subject=which, role=st.sampled_from(["vehicle", "buyer", "buyer"]), by_stranger=wrongly, stolen_vin=wrongly)
    def a_role_changes(self, subject: int, role: Role, by_stranger: bool, stolen_vin: bool) -> None:
        """The treasury attests a role or takes that back, or somebody who may not tries to."""
        model = self.model
        account = pick(model.cars if role == "vehicle" else model.people, subject).account
        sender = pick(model.people, subject) if by_stranger else self.harness.treasury
        if (account, role) in model.roles:
            if self.attempt(lambda: not by_stranger, sender, Withdraw(account, role)):
                del model.roles[account, role]
            return
        vin = sha256(model.cars[0].account if stolen_vin else account) if role == "vehicle" else None

        def expected() -> bool:
            taken = vin is not None and vin in model.roles.values()
            return not by_stranger and not taken and account not in model.revoked

        if self.attempt(expected, sender, Attest(account, role, vin)):
            model.roles[account, role] = vin

    @rule(sender=which, payee=which, amount_uacc=st.integers(1, 3 * ACC))
    def somebody_pays(self, sender: int, payee: int, amount_uacc: int) -> None:
        payer, paid = pick(self.model.everybody, sender), pick(self.model.everybody, payee)
        if self.attempt(
            lambda: payer is not paid and self.model.holds[payer.account] >= amount_uacc,
            payer,
            Transfer(paid.account, amount_uacc),
        ):
            self.model.pay(payer.account, paid.account, amount_uacc)

    @rule(
        car=which,
        by_its_owner=wrongly,
        readings=st.integers(0, 99),
        lacking=st.sampled_from([None, None, *CATEGORIES, *PRECISIONS]),
        points=st.integers(1, 120),
        hour=st.sampled_from([-1, 0, 0, -2, -3, 3]),
        kept_ms=st.sampled_from([30 * DAY_MS] * 4 + [2 * HOUR_MS, 1_000, KEPT_DAYS * DAY_MS + 2_000]),
    )
    def somebody_records(
        self, car: int, by_its_owner: bool, readings: int, lacking: str | None, points: int, hour: int, kept_ms: int
    ) -> None:
        vehicle = pick(self.model.cars, car)
        owner = self.model.owners[vehicle.account]
        start_ms = self.hour_ms(hour)
        commit = Commit(
            fingerprint=sha256(bytes([readings])),
            manifest_root=bytes(32),
            parts=tuple(part for part in ALL_PARTS if lacking not in (part.category, part.precision)),
            points=points,
            start_ms=start_ms,
            end_ms=start_ms + HOUR_MS,
            keep_until_ms=self.now_ms + kept_ms,
        )
        name = recording_id(vehicle.account, commit.fingerprint)

        def expected() -> bool:
            fits = self.model.may_commit(vehicle, commit, self.now_ms)
            return not by_its_owner and fits and name not in self.model.drives

        if self.attempt(expected, owner if by_its_owner else vehicle, commit):
            self.model.drives[name] = Drive(vehicle, owner, commit)

    @precondition(lambda self: self.model.drives)
    @rule(drive=which, by_another=wrongly)
    def somebody_claims(self, drive: int, by_another: bool) -> None:
        model = self.model
        name, known = pick(model.drives.items(), drive)
        sender = pick(model.everybody, drive) if by_another else known.vehicle

        def reward() -> tuple[int, int]:
            epoch = self.now_ms // HOUR_MS
            budget = self.pools.get(epoch, model.holds[POOL]) // 4096
            points = min(known.commit.points, CAP_POINTS - self.points[epoch, sender.account])
            return points, min(points * RATE_UACC, budget - self.paid[epoch])

        def expected() -> bool:
            rightful = sender is known.vehicle and (sender.account, "vehicle") in model.roles
            fresh = name not in model.rewarded and known.kept(self.now_ms)
            return rightful and fresh and reward()[1] > 0

        events = self.attempt(expected, sender, Claim(name))
        if events:
            points, amount_uacc = reward()
            assert self.event(Rewarded, events) == Rewarded(name, known.owner.account, points, amount_uacc)
            epoch = self.now_ms // HOUR_MS
            self.pools.setdefault(epoch, model.holds[POOL])
            model.pay(POOL, known.owner.account, amount_uacc)
            self.paid[epoch] += amount_uacc
            self.points[epoch, sender.account] += points
            model.rewarded.add(name)

    @precondition(lambda self: self.model.drives)
    @rule(drive=which, by_another=st.booleans(), seldom=st.integers(0, 2))
    def somebody_erases(self, drive: int, by_another: bool, seldom: int) -> None:
        """An owner has a recording erased, or the vehicle or somebody else tries to."""
        name, known = pick(self.model.drives.items(), drive)
        others = [party for party in self.model.everybody if party is not known.owner]
        sender = pick(others, drive) if by_another else known.owner
        if (by_another or not seldom) and self.attempt(
            lambda: not by_another and known.kept(self.now_ms), sender, Erase(name)
        ):
            known.erased_ms = self.now_ms

    @precondition(lambda self: self.model.drives)
    @rule(drive=which, member=which, by_another=wrongly, of_any=wrongly)
    def somebody_destroyed_keys(self, drive: int, member: int, by_another: bool, of_any: bool) -> None:
        drives = self.model.drives
        gone = [name for name, known in drives.items() if not known.kept(self.now_ms)]
        names = (pick(drives, drive),) if of_any else tuple(gone)[-50:]
        if not names:
            return
        sender = pick(self.model.everybody if by_another else self.harness.members, member)

        def expected() -> bool:
            return not by_another and not any(drives[name].kept(self.now_ms) for name in names)

        result = self.attempt(expected, sender, Destroyed(names), payer=self.harness.treasury)
        assert result == ()
        if expected():
            for name in names:
                drives[name].destroyed.setdefault(sender.account, self.now_ms)

    @rule(car=which, taker=which, by_another=wrongly, unsigned=wrongly)
    def a_car_is_sold(self, car: int, taker: int, by_another: bool, unsigned: bool) -> None:
        model = self.model
        device = pick(model.cars, car)
        owner = model.owners[device.account]
        sender = pick(model.everybody, taker + 1) if by_another else owner
        others = [party for party in (model.everybody if by_another else model.people) if party is not sender]
        payer = None if unsigned else pick(others, taker)

        def expected() -> bool:
            return sender is owner and model.active(device) and payer in model.people

        if self.attempt(expected, sender, HandOver(device.account), payer=payer):
            assert payer is not None
            model.owners[device.account] = payer
            model.sold_ms[device.account] = self.now_ms

    @rule(party=which, generation=st.integers(1, 9))
    def somebody_rotates_its_keys(self, party: int, generation: int) -> None:
        """From then on the new keys speak, and the old ones change nothing."""
        rotating = pick(self.model.everybody, party)
        former, fresh = rotating.seeds, make_seeds(rotating.name, generation=generation)
        if self.attempt(lambda: True, rotating, rotating.rotation(fresh)) and fresh != former:
            self.harness.refuses(ledger.BAD_SIGNATURE, rotating, Transfer(POOL, 1))
            self.model.lapse(self.now_ms)
            rotating.seeds = fresh

    @precondition(lambda self: len(self.model.revoked) < 2)
    @rule(party=which, by_another=wrongly, seldom=st.integers(0, 2))
    def somebody_revokes_an_identity(self, party: int, by_another: bool, seldom: int) -> None:
        subject = pick(self.model.everybody, party)
        holder = self.model.owners.get(subject.account, subject)
        sender = pick(self.model.everybody, seldom) if by_another else holder
        if not (seldom and sender in (subject, holder)) and self.attempt(
            lambda: sender in (subject, holder), sender, RevokeIdentity(subject.account)
        ):
            self.model.revoked.add(subject.account)

    @invariant()
    def everybody_holds_what_the_model_says_and_all_of_it_is_300_million(self) -> None:
        assert sum(self.model.holds.values()) == 300_000_000 * ACC
        for account, held in self.model.holds.items():
            assert self.harness.balance(account) == held

    @invariant()
    def no_reward_goes_beyond_a_cap(self) -> None:
        assert all(paid <= self.pools[epoch] // 4096 for epoch, paid in self.paid.items())
        assert all(points <= CAP_POINTS for points in self.points.values())

    @invariant()
    def a_recording_stays_whose_it_was_and_is_erased_as_far_as_was_said(self) -> None:
        members = tuple(member.account for member in self.harness.members)
        recordings = self.harness.ask(ListRecordings())
        assert {name: record.owner for name, record in recordings} == {
            name: drive.owner.account for name, drive in self.model.drives.items()
        }
        for name, drive in self.model.drives.items():
            erasure = self.harness.ask(GetErasure(name))
            assert erasure is not None
            assert (erasure.ended_ms == 0) == drive.kept(self.now_ms)
            assert erasure.destroyed_ms == tuple(drive.destroyed.get(member, 0) for member in members)

    @invariant()
    def cars_and_roles_are_whose_the_model_says(self) -> None:
        for car in self.model.cars:
            record = self.harness.ask(GetIdentity(car.account))
            assert record is not None
            assert record.controller == self.model.owners[car.account].account
            assert record.controlled_ms == self.model.sold_ms.get(car.account, 0)
            assert self.harness.ask(Holds(car.account, "vehicle")) == self.model.has(car, "vehicle")
        for party in self.model.people:
            assert self.harness.ask(Holds(party.account, "buyer")) == self.model.has(party, "buyer")
