"""Histories of keys: whatever holders, thieves and guardians send, the chain does what a small model of it says.

The model keeps whose keys speak and every document there was, in plain lists and without looking at the chain's state.
Keys go by numbers, their generations: a thief is whoever signs with a generation that is not the present one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from autochain.onchain.contracts.identity import (
    DAY_MS,
    HOUR_MS,
    CompleteRecovery,
    GetIdentity,
    GetRecovery,
    HandOver,
    Recover,
    RejectRecovery,
    Revoke,
    SetGuardians,
    VersionAt,
    Versions,
)
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ledger import Message
from chains import Harness, Party, make_seeds, promise_of, public_keys

GENERATIONS = 4
who = st.integers(0, 4)
generation = st.integers(1, GENERATIONS)
mostly_present = st.sampled_from([None, None, None, None, *range(GENERATIONS + 1)])
"""Which keys sign: None for the present ones."""
some_expiry = st.sampled_from([0, 0, 0, 1_000, 2_000, HOUR_MS])
some_wait = st.sampled_from([1, 999, HOUR_MS - 1_000, HOUR_MS, 2 * HOUR_MS, DAY_MS])


@dataclass
class Document:
    """What a DID said, since when."""

    keys: int
    controller: bytes | None
    active: bool
    until_ms: int
    since_ms: int


@dataclass
class Guard:
    """Who may recover an account."""

    members: tuple[bytes, ...] = ()
    threshold: int = 0
    delay_ms: int = HOUR_MS


@dataclass
class Known:
    """One DID, as the model has it."""

    party: Party
    documents: list[Document]
    next: int | None = None
    guards: list[tuple[int, Guard]] = field(default_factory=list)
    """From when on each counts; the last that has begun does."""
    words: dict[bytes, tuple[int, int | None]] = field(default_factory=dict)
    begun: tuple[tuple[int, int | None], int] | None = None
    """What is under way, and when it is due."""

    @property
    def now(self) -> Document:
        return self.documents[-1]

    def guard(self, now_ms: int) -> Guard:
        begun = [guard for from_ms, guard in self.guards if from_ms <= now_ms]
        return begun[-1] if begun else Guard()

    def at(self, time_ms: int) -> Document | None:
        begun = [document for document in self.documents if document.since_ms <= time_ms]
        return begun[-1] if begun else None


class Keys(RuleBasedStateMachine):
    """Three people and two devices, whose keys change rightly and wrongly."""

    def __init__(self) -> None:
        super().__init__()
        self.harness = Harness()
        self.known: list[Known] = []

    @initialize()
    def they_come(self) -> None:
        names = [("ada", None), ("ben", None), ("cem", None), ("car", 0), ("bus", 1)]
        for name, owner in names:
            controller = None if owner is None else self.known[owner].party
            party = self.harness.register(name, "person" if owner is None else "device", controller=controller)
            first = Document(0, controller.account if controller else None, True, 0, self.harness.now_ms)
            self.known.append(Known(party, [first]))

    def by(self, account: bytes) -> Known | None:
        return next((known for known in self.known if known.party.account == account), None)

    def seeds(self, known: Known, number: int) -> tuple[bytes, ...]:
        return make_seeds(known.party.name, generation=number)

    def attempt(
        self,
        sender: Known,
        signing: int | None,
        message: Message,
        allowed: Callable[[int], bool],
        *,
        payer: Known | None = None,
        succeeds: bool = False,
    ) -> bool:
        """Sends, and sees that it happened exactly when the right keys signed and the model allows it."""
        keys = sender.now.keys if signing is None else signing
        sender.party.seeds = self.seeds(sender, keys)
        if payer is not None:
            payer.party.seeds = self.seeds(payer, payer.now.keys)
        result = self.harness.send(sender.party, message, payer=payer.party if payer else None)
        now_ms = self.harness.now_ms
        speaks = sender.now.active and (keys == sender.next if succeeds else self.speaks(sender, keys, now_ms))
        pays = payer is None or self.speaks(payer, payer.now.keys, now_ms)
        happens = speaks and pays and allowed(now_ms)
        assert (result.code == 0) == happens, result.text or "it happened, and must not"
        return happens

    def speaks(self, known: Known, keys: int, now_ms: int) -> bool:
        return known.now.active and keys == known.now.keys and not 0 < known.now.until_ms <= now_ms

    def renew(self, known: Known, **changes: object) -> None:
        document = Document(**{**vars(known.now), **changes, "since_ms": self.harness.now_ms})
        known.documents.append(document)
        known.words.clear()
        known.begun = None

    @rule(at=who, signing=mostly_present, keys=generation, next=st.none() | generation, lasts_ms=some_expiry)
    def somebody_rotates(self, at: int, signing: int | None, keys: int, next: int | None, lasts_ms: int) -> None:
        known = self.known[at]
        until_ms = lasts_ms and self.harness.now_ms + lasts_ms
        promise = None if next is None else promise_of(self.seeds(known, next))
        message = known.party.rotation(self.seeds(known, keys), next=promise, until_ms=until_ms)
        if self.attempt(known, signing, message, lambda now: known.next is None and not 0 < until_ms <= now):
            known.next = next
            self.renew(known, keys=keys, until_ms=until_ms)

    @rule(at=who, signing=st.none() | generation, next=st.none() | generation, lasts_ms=some_expiry)
    def somebody_succeeds(self, at: int, signing: int | None, next: int | None, lasts_ms: int) -> None:
        known = self.known[at]
        keys = signing or known.next or 1
        until_ms = lasts_ms and self.harness.now_ms + lasts_ms
        promise = None if next is None else promise_of(self.seeds(known, next))
        message = known.party.succession(self.seeds(known, keys), next=promise, until_ms=until_ms)
        if self.attempt(known, keys, message, lambda now: not 0 < until_ms <= now, succeeds=True):
            known.next = next
            self.renew(known, keys=keys, until_ms=until_ms)

    @rule(
        at=who, signing=mostly_present, guards=st.sets(who, max_size=3), threshold=st.integers(0, 3), days=st.booleans()
    )
    def somebody_names_guardians(
        self, at: int, signing: int | None, guards: set[int], threshold: int, days: bool
    ) -> None:
        known, chosen = self.known[at], [self.known[guard] for guard in sorted(guards)]
        delay_ms = DAY_MS if days else HOUR_MS
        members = tuple(guard.party.account for guard in chosen)

        def allowed(now_ms: int) -> bool:
            fits = threshold * 2 > len(members) >= threshold if members else threshold == 0
            fit = fits and known not in chosen and all(guard.now.active for guard in chosen)
            return fit and known.next is None and known.now.controller is None

        if self.attempt(known, signing, SetGuardians(members, threshold, delay_ms), allowed):
            now_ms, present = self.harness.now_ms, known.guard(self.harness.now_ms)
            from_ms = now_ms + present.delay_ms if present.members else now_ms
            known.guards = [(0, present), (from_ms, Guard(members, threshold, delay_ms))]

    @rule(by=who, signing=mostly_present, at=who, keys=generation, next=st.sampled_from([None, None, 1, 2]))
    def somebody_asks_for_a_recovery(self, by: int, signing: int | None, at: int, keys: int, next: int | None) -> None:
        sender, known = self.known[by], self.known[at]
        promise = None if next is None else promise_of(self.seeds(known, next))
        message: Recover = known.party.recovery(self.seeds(known, keys), next=promise)
        account = sender.party.account

        def allowed(now_ms: int) -> bool:
            trusted = (known.now.controller,) if known.now.controller else known.guard(now_ms).members
            return known.now.active and account in trusted

        if not self.attempt(sender, signing, message, allowed):
            return
        if known.now.controller:
            known.next = next
            self.renew(known, keys=keys, until_ms=0)
            return
        guard, word = known.guard(self.harness.now_ms), (keys, next)
        known.words[account] = word
        agreeing = [
            member
            for member in guard.members
            if known.words.get(member) == word and (found := self.by(member)) is not None and found.now.active
        ]
        for gone in known.words.keys() - set(guard.members):
            del known.words[gone]
        if len(agreeing) >= guard.threshold and (known.begun is None or known.begun[0] != word):
            known.begun = (word, self.harness.now_ms + guard.delay_ms)

    @rule(at=who, signing=mostly_present)
    def somebody_objects(self, at: int, signing: int | None) -> None:
        known = self.known[at]
        if self.attempt(known, signing, RejectRecovery(), lambda now: bool(known.words) or known.begun is not None):
            known.words.clear()
            known.begun = None

    @rule(by=who, at=who)
    def somebody_completes_a_recovery(self, by: int, at: int) -> None:
        known = self.known[at]
        message = CompleteRecovery(known.party.account)
        begun = known.begun
        if self.attempt(self.known[by], None, message, lambda now: begun is not None and begun[1] <= now):
            assert begun is not None
            (keys, known.next), _ = begun
            self.renew(known, keys=keys, until_ms=0)

    @rule(by=who, signing=mostly_present, at=who, seldom=st.integers(0, 3))
    def somebody_revokes(self, by: int, signing: int | None, at: int, seldom: int) -> None:
        sender, known = self.known[by], self.known[at]
        if seldom:
            return

        def allowed(now_ms: int) -> bool:
            return sender.party.account == known.now.controller or (sender is known and known.next is None)

        if self.attempt(sender, signing, Revoke(known.party.account), allowed) and known.now.active:
            self.renew(known, active=False)

    @rule(at=who, by=who, signing=mostly_present, taker=who)
    def somebody_hands_a_device_over(self, at: int, by: int, signing: int | None, taker: int) -> None:
        device, sender, payer = self.known[at], self.known[by], self.known[taker]

        def allowed(now_ms: int) -> bool:
            its = device.now.controller == sender.party.account and device.now.active
            return its and payer is not sender and payer.now.controller is None

        if payer is not sender and self.attempt(sender, signing, HandOver(device.party.account), allowed, payer=payer):
            self.renew(device, controller=payer.party.account)

    @rule(at=who, signing=mostly_present)
    def somebody_pays(self, at: int, signing: int | None) -> None:
        self.attempt(self.known[at], signing, Transfer(self.harness.treasury.account, 1), lambda now: True)

    @rule(ms=some_wait)
    def time_passes(self, ms: int) -> None:
        self.harness.advance(ms)

    @invariant()
    def every_did_is_as_the_model_says_now_and_at_every_time_before(self) -> None:
        for known in self.known:
            account = known.party.account
            record = self.harness.ask(GetIdentity(account))
            assert record is not None
            assert (record.version, record.next is not None) == (len(known.documents), known.next is not None)
            told = self.harness.ask(Versions(account))
            assert [(one.keys, one.controller, one.active, one.until_ms, one.since_ms) for one in told] == [
                (public_keys(self.seeds(known, one.keys)), one.controller, one.active, one.until_ms, one.since_ms)
                for one in known.documents
            ]
            for time_ms in {one.since_ms + change for one in known.documents for change in (-1, 0, 1)}:
                found, expected = self.harness.ask(VersionAt(account, time_ms)), known.at(time_ms)
                assert (found is None) == (expected is None)
                if found is not None:
                    assert expected is known.documents[found.version - 1]

    @invariant()
    def a_recovery_is_under_way_where_the_model_says(self) -> None:
        for known in self.known:
            recovery = self.harness.ask(GetRecovery(known.party.account))
            assert (recovery.due_ms if recovery else None) == (known.begun[1] if known.begun else None)


def test_keys_documents_and_recoveries_are_what_a_model_says_of_any_history() -> None:
    run_state_machine_as_test(Keys, settings=settings(max_examples=60, stateful_step_count=40))
