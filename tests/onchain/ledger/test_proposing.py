"""Proposing: a block that was run to propose it comes to what it comes to anywhere, and what is refused stays out."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autochain.onchain.contracts.identity import Revoke
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto import verify_in_turn
from autochain.onchain.ledger import Executed, Limits, Message, Proposal, Signature, StateMachine, errors, interfaces
from autochain.onchain.refusals import Broken, Reason, Refusal
from chains import ACC, BLOCK_MS, START_MS, Harness, Party, make_seeds

from . import probe
from .probe import WITH_PROBE, seal

LIMITS = Limits(block_weight=1_600, free_per_block=1, timers_per_block=2)
KINDS = (
    *("put", "put", "remove", "fail", "timer", "failing timer", "pay", "too much", "too poor", "rotate"),
    *("old key", "skip", "again", "bytes", "newcomer", "paid newcomer", "failing newcomer", "heavy"),
)
BY_ALL = st.tuples(st.sampled_from(KINDS), st.integers(0, 3), st.booleans())
"""What is sent, by whom, and whether it is offered to the mempool before."""
BLOCKS = st.lists(
    st.tuples(st.lists(BY_ALL, max_size=10), st.sampled_from(("all", "all", "fewer", "later"))), max_size=4
)


class Twins:
    """One chain that proposes before it executes, and its twin that only executes."""

    def __init__(self) -> None:
        self.one, self.two = (Harness(contracts=WITH_PROBE, limits=LIMITS) for _ in range(2))
        self.people = [self.one.treasury, *(self.one.register(name) for name in ("ada", "bob"))]
        self.people.append(self.one.register("poor", funds_uacc=5_000))
        for name in ("ada", "bob"):
            self.two.register(name)
        self.two.register("poor", funds_uacc=5_000)
        self.seeds = {person.registration.keys: person.seeds for person in self.people}
        """By the keys they belong to, all seeds that anybody ever had."""
        self.former: list[bytes] = []
        self.numbers = count()
        assert self.one.store.pairs == self.two.store.pairs

    def candidates(self, wanted: Sequence[tuple[str, int, bool]]) -> list[bytes]:
        """Signs what is wanted, each with the sequence that follows what was signed before it."""
        for person in self.people:  # A rotation that did not happen leaves the keys as they were.
            known = self.one.ask(interfaces.KeysOf(person.account))
            assert known is not None
            person.seeds = self.seeds[known.keys]
        following = {person.name: self.one.sequence(person) for person in self.people}
        made = list[bytes]()
        for kind, at, offered in wanted:
            person = self.people[at]
            if kind == "again":
                data = ([*self.former, *made] or [b""])[-1 - at % max(1, len(self.former) + len(made))]
            elif kind == "bytes":
                data = bytes(at)
            elif kind.endswith("newcomer"):
                data = self._newcomer(kind, person)
            else:
                sequence = following[person.name] + (kind == "skip")
                following[person.name] += kind not in ("skip", "old key")
                data = self._spoken(kind, person, sequence)
            made.append(data)
            if offered:
                self._offer(data)
        return made

    def _newcomer(self, kind: str, payer: Party) -> bytes:
        newcomer = Party.make(f"newcomer {next(self.numbers)}", "person")
        if kind == "newcomer":
            return self.one.sign(newcomer, newcomer.registration)
        second: Message = probe.Fail("newcomer") if kind == "failing newcomer" else probe.Put("newcomer", newcomer.name)
        return self.one.sign(newcomer, newcomer.registration, second, payer=payer)

    def _spoken(self, kind: str, person: Party, sequence: int) -> bytes:
        number = next(self.numbers)
        name, due_ms, to = f"name {number % 5}", self.one.now_ms + BLOCK_MS * (number % 3), self.people[number % 4]
        messages: dict[str, tuple[Message, ...]] = {
            "remove": (probe.Put(name, ""),),
            "fail": (probe.Put(name, "before"), probe.Fail(name)),
            "timer": (probe.Later(due_ms, name),),
            "failing timer": (probe.Later(due_ms, name, fails=True),),
            "pay": (Transfer(to.account, 1 + number),),
            "too much": (Transfer(to.account, 1_000 * ACC),),
            "heavy": (probe.Put(name, f"text {number}"),) * 10,
        }
        if kind == "rotate":
            new = make_seeds(person.name, generation=number % 200 + 1)
            rotation = person.rotation(new)
            self.seeds[rotation.keys] = new
            data = self.one.sign(person, rotation, sequence=sequence)
            person.seeds = new  # What it signs from here on holds only behind this one.
            return data
        if kind == "old key":
            now, person.seeds = person.seeds, make_seeds(person.name)
            data = self.one.sign(person, probe.Put(name, "old key"), sequence=sequence)
            person.seeds = now
            return data
        fee_uacc = 1_000 * ACC if kind == "too poor" and person is not self.one.treasury else None
        said = messages.get(kind, (probe.Put(name, f"text {number}"),))
        return self.one.sign(person, *said, sequence=sequence, fee_uacc=fee_uacc)

    def _offer(self, data: bytes) -> None:
        try:
            self.one.machine.check(data)
        except Refusal:
            return

    def block(self, candidates: list[bytes], way: str) -> tuple[Proposal, Executed]:
        """Proposes on one chain, executes there what the way says, and sees that the twin comes to the same."""
        height, time_ms = self.one.height + 1, self.one.now_ms + BLOCK_MS
        before = dict(self.one.store.pairs), self.one.machine.info()
        proposal = self.one.machine.prepare(candidates, height=height, time_ms=time_ms)
        assert (self.one.store.pairs, self.one.machine.info()) == before, "to propose changes nothing"
        assert self.two.machine.process(proposal.chosen, height=height, time_ms=time_ms)
        decided = proposal.chosen[: len(proposal.chosen) // 2] if way == "fewer" else proposal.chosen
        time_ms += BLOCK_MS if way == "later" else 0
        executed = [
            harness.machine.execute(decided, height=height, time_ms=time_ms) for harness in (self.one, self.two)
        ]
        assert executed[0] == executed[1]
        for harness in (self.one, self.two):
            harness.machine.commit()
            harness.height, harness.now_ms = height, time_ms
            assert harness.machine.broken_invariants() == []
        assert self.one.store.pairs == self.two.store.pairs
        assert self.one.store.meta == self.two.store.meta
        self.former += candidates[-2:]
        return proposal, executed[0]


def sees_what_was_left_out(twins: Twins, candidates: list[bytes], proposal: Proposal, executed: Executed) -> None:
    """Sees that every candidate is chosen, refused or waits, in order; and that nothing chosen fails unpaid."""
    out = [data for data, _ in proposal.refused]
    left = list(candidates)
    for data in (*proposal.chosen, *out):
        left.remove(data)
    following = iter(candidates)
    assert all(data in following for data in proposal.chosen), "of what came twice, the second one may be chosen"
    screen = twins.one.machine.admission.screen
    for data, result in zip(proposal.chosen, executed.results, strict=False):
        assert result.weight_used > 0, "what is refused before its messages run is not chosen"
        assert result.code == 0 or not screen(data).must_happen
    for data in left:
        screen(data)  # What waits is at least a transaction.


@given(BLOCKS)
@settings(max_examples=120, deadline=None)
def test_what_was_proposed_comes_byte_for_byte_to_what_it_comes_to_elsewhere(
    blocks: list[tuple[list[tuple[str, int, bool]], str]],
) -> None:
    twins = Twins()
    for wanted, way in blocks:
        candidates = twins.candidates(wanted)
        proposal, executed = twins.block(candidates, way)
        if way != "later":
            sees_what_was_left_out(twins, candidates, proposal, executed)


def test_the_kinds_of_transactions_come_to_all_that_can_come_of_them() -> None:
    """What hypothesis draws from is not all refused, nor all chosen."""
    twins, chance = Twins(), random.Random(3)
    chosen, refused, rang, waited = set[str](), set[str](), 0, 0
    for _ in range(40):
        wanted = [(chance.choice(KINDS), chance.randrange(4), chance.random() < 0.5) for _ in range(9)]
        candidates = twins.candidates(wanted)
        proposal, executed = twins.block(candidates, "all")
        sees_what_was_left_out(twins, candidates, proposal, executed)
        chosen |= {f"{result.codespace}{result.code}" for result in executed.results}
        refused |= {f"{refusal.codespace}{refusal.code}" for _, refusal in proposal.refused}
        waited += len(candidates) - len(proposal.chosen) - len(proposal.refused)
        rang += len(executed.events) > 1
    assert chosen >= {"0", "probe1", "token1"}
    assert refused >= {"codec1", "ledger17", "ledger18", "probe1", "token1"}
    assert waited > 20
    assert rang > 5


# What happens between screening and the block


def treasury_put(harness: Harness, text: str = "1", *, sequence: int = 1) -> bytes:
    return seal(harness, harness.treasury, probe.Put("a", text), sequence=sequence)


def refuses(job: Callable[[], object], reason: Reason) -> None:
    with pytest.raises(Refusal) as caught:
        job()
    assert caught.value.reason == reason


def probed() -> tuple[Harness, Party, StateMachine]:
    harness = Harness(contracts=WITH_PROBE)
    return harness, harness.register("ada"), harness.machine


def proposed(harness: Harness, *candidates: bytes) -> tuple[list[bytes], list[Reason]]:
    """Gives what would go into the next block, and why the others could not."""
    chosen, refused = harness.machine.prepare(candidates, height=harness.height + 1, time_ms=harness.now_ms)
    return chosen, [refusal.reason for _, refusal in refused]


def test_keys_that_change_while_signatures_are_verified_prove_nothing_any_more() -> None:
    harness, ada, machine = probed()
    new = make_seeds("ada", generation=1)
    old = [harness.sign(ada, probe.Put("a", "1"), sequence=at) for at in (1, 2)]
    by_payer = harness.sign(harness.treasury, probe.Put("b", "1"), payer=ada)
    for data in (*old, by_payer):
        assert all(verify_in_turn(machine.screen(data).signatures))
    harness.do(ada, ada.rotation(new))
    for data in (old[1], by_payer):
        machine.vouch(data)
    assert proposed(harness, old[1], by_payer) == ([], [errors.BAD_SIGNATURE] * 2)
    refuses(lambda: harness.check(old[1]), errors.BAD_SIGNATURE)
    ada.seeds = new
    data = harness.sign(ada, probe.Put("a", "1"), sequence=2)
    assert all(verify_in_turn(machine.screen(data).signatures))
    machine.vouch(data)
    assert proposed(harness, data) == ([data], [])
    assert harness.block(old[1], data)[0].code == errors.BAD_SIGNATURE.code


def test_a_waiting_transaction_does_not_outlive_its_key_when_it_is_rechecked() -> None:
    harness, ada, machine = probed()
    new = make_seeds("ada", generation=1)
    rotation = harness.sign(ada, ada.rotation(new))
    behind = harness.sign(ada, probe.Put("a", "1"), sequence=2)
    harness.check(rotation)
    harness.check(behind)
    proposal = machine.prepare([rotation, behind], height=harness.height + 1, time_ms=harness.now_ms)
    assert [(data, refusal.reason) for data, refusal in proposal.refused] == [(behind, errors.BAD_SIGNATURE)]
    harness.block(*proposal.chosen)
    refuses(lambda: machine.check(behind, recheck=True), errors.BAD_SIGNATURE)


def test_an_account_that_is_revoked_or_moves_on_while_signatures_are_verified_is_refused() -> None:
    harness, ada, machine = probed()
    first, second = (harness.sign(ada, probe.Put("a", text), sequence=1) for text in ("1", "2"))
    machine.screen(second)
    assert harness.block(first)[0].code == 0
    machine.vouch(second)
    assert proposed(harness, second) == ([], [errors.WRONG_SEQUENCE])
    third = harness.sign(ada, probe.Put("a", "3"))
    machine.screen(third)
    harness.do(ada, Revoke(ada.account))
    machine.vouch(third)
    assert proposed(harness, third) == ([], [errors.REVOKED_SENDER])


def test_nobody_vouches_for_what_was_not_screened_or_was_forgotten() -> None:
    harness = Harness(contracts=WITH_PROBE)
    data = treasury_put(harness)
    with pytest.raises(Broken):
        harness.machine.vouch(data)
    harness.machine.screen(data)
    harness.machine.forget(data)
    with pytest.raises(Broken):
        harness.machine.vouch(data)


def test_what_was_screened_and_not_vouched_for_or_was_forgotten_is_verified_in_its_block() -> None:
    harness, ada, machine = probed()
    for vouched in (False, True):
        forged = seal(harness, ada, probe.Put("a", "1"), signatures=(Signature(0, bytes(64)),))
        machine.screen(forged)
        if vouched:
            machine.vouch(forged)
            assert proposed(harness, forged) == ([forged], []), "the engine's word is taken"
            machine.forget(forged)
        assert proposed(harness, forged) == ([], [errors.BAD_SIGNATURE])


def test_to_forget_what_does_not_wait_changes_nothing() -> None:
    harness = Harness(contracts=WITH_PROBE)
    first, second = (treasury_put(harness, sequence=at) for at in (1, 2))
    harness.machine.forget(first)
    harness.check(first)
    for _ in range(2):
        harness.machine.forget(second)
    harness.check(second)
    assert proposed(harness, first, second) == ([first, second], [])


def test_a_screening_that_fails_is_forgotten_by_a_later_one() -> None:
    harness, ada, machine = probed()
    good = harness.sign(ada, probe.Put("a", "1"))
    forged = seal(
        harness, ada, probe.Put("a", "1"), signatures=(Signature(0, bytes(64)),), expiry_height=harness.height + 1_000
    )
    refuses(lambda: harness.check(forged), errors.BAD_SIGNATURE)
    refuses(lambda: machine.check(forged, recheck=True), errors.BAD_SIGNATURE)
    proposal = machine.prepare([forged, good], height=harness.height + 1, time_ms=harness.now_ms)
    assert (proposal.chosen, proposal.refused[0][1].reason) == ([good], errors.BAD_SIGNATURE)


@pytest.mark.parametrize("bent", ["height", "time", "order", "more"])
def test_a_proposal_is_reused_for_the_very_block_only(bent: str) -> None:
    """A block decided otherwise is run anew, whatever was proposed."""
    one, two = Harness(contracts=WITH_PROBE), Harness(contracts=WITH_PROBE)
    for harness in (one, two):
        harness.do(harness.treasury, probe.Later(START_MS + 2_001, "timer"))
    brief = seal(one, one.operator, probe.Put("a", "operator's"), fee_uacc=10_000, expiry_height=2)
    sent = [treasury_put(one, sequence=2), brief]
    late = treasury_put(one, "late", sequence=3)
    height, time_ms = 2, START_MS + 2_000
    assert one.machine.prepare(sent, height=height, time_ms=time_ms).chosen == sent
    decided = {"order": sent[::-1], "more": [*sent, late]}.get(bent, sent)
    block = {"height": height + (bent == "height"), "time_ms": time_ms + (bent == "time")}
    assert one.machine.execute(decided, **block) == two.machine.execute(decided, **block)
    one.machine.commit()
    two.machine.commit()
    assert (one.store.pairs, one.store.meta) == (two.store.pairs, two.store.meta)
