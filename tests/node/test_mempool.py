"""What waits for a block stands by price and turn, and is bounded."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from autochain.node.engines.embedded import mempool
from autochain.onchain.ledger import SEQUENCE_WINDOW, Checked, errors
from autochain.onchain.refusals import Refusal

SENDERS = [b"anna", b"bert", b"cora", b"dora"]
BOUND = 6
WINDOW = 3
BOUND_BYTES = 40


class One(NamedTuple):
    """A waiting transaction, as the plain model has it."""

    name: bytes
    data: bytes
    sender: bytes
    price: int
    arrival: int
    succeeds: bool


class Waiting(RuleBasedStateMachine):
    """Holds the mempool against a list in which everything is looked for."""

    def __init__(self) -> None:
        super().__init__()
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(mempool, "MAX_TRANSACTIONS", BOUND)
        self._patch.setattr(mempool, "MAX_BYTES", BOUND_BYTES)
        self._patch.setattr(mempool, "SEQUENCE_WINDOW", WINDOW)
        self.pool = mempool.Mempool()
        self.model: list[One] = []
        self.arrivals = 0

    def teardown(self) -> None:
        self._patch.undo()

    def of(self, sender: bytes) -> list[One]:
        return [one for one in self.model if one.sender == sender]

    def has_room(self, size: int) -> bool:
        return len(self.model) < BOUND and sum(len(one.data) for one in self.model) + size <= BOUND_BYTES

    @rule(
        sender=st.sampled_from(SENDERS),
        fee=st.integers(0, 5),
        weight=st.sampled_from([1, 2, 3]),
        size=st.sampled_from([1, 4, 9, 20, 41]),
        succeeds=st.sampled_from([False, False, False, True]),
    )
    def add(self, sender: bytes, fee: int, weight: int, size: int, succeeds: bool) -> None:
        self.arrivals += 1
        name, own = b"%d" % self.arrivals, self.of(sender)
        gone = own if succeeds else []
        price = min([fee * 1_000 // weight, *(one.price for one in own if not succeeds)])
        checked = Checked(sender, len(own) + 1, fee, weight, succeeds)
        assert self.pool.has_room(bytes(size)) == self.has_room(size)
        busy = len(own) == WINDOW and not succeeds
        if not self.has_room(size) or busy or (own and own[0].succeeds):
            with pytest.raises(Refusal) as caught:
                self.pool.add(name, bytes(size), checked)
            assert caught.value.reason == (errors.SENDER_BUSY if self.has_room(size) else errors.MEMPOOL_FULL)
            return
        assert [one.name for one in self.pool.add(name, bytes(size), checked)] == [one.name for one in gone]
        self.model = [one for one in self.model if one not in gone]
        self.model.append(One(name, bytes(size), sender, price, self.arrivals, succeeds))

    @precondition(lambda self: self.model)
    @rule(chance=st.data())
    def drop(self, chance: st.DataObject) -> None:
        one = chance.draw(st.sampled_from(self.model))
        self.pool.drop(one.name)
        self.model.remove(one)

    @rule()
    def drop_what_does_not_wait(self) -> None:
        self.pool.drop(b"nobody")

    @precondition(lambda self: self.model)
    @rule(count=st.integers(1, 4))
    def take_into_a_block(self, count: int) -> None:
        for taken in self.pool.in_order()[:count]:
            self.pool.drop(taken.name)
            self.model = [one for one in self.model if one.name != taken.name]

    @invariant()
    def stands_in_order_and_within_bounds(self) -> None:
        ordered = [One(one.name, one.data, one.sender, one.price, 0, one.succeeds) for one in self.pool.in_order()]
        arrival = {one.name: one.arrival for one in self.model}
        assert len(ordered) == len(self.pool) == len(self.model) <= BOUND
        assert {one._replace(arrival=arrival[one.name]) for one in ordered} == set(self.model), "lost, or there twice"
        assert sum(len(one.data) for one in ordered) <= BOUND_BYTES
        turns: Counter[bytes] = Counter()
        last: dict[bytes, One] = {}
        keys = []
        for one in ordered:
            before = last.get(one.sender)
            if before is not None:
                assert arrival[before.name] < arrival[one.name], "a sender's own order is kept"
                assert one.price <= before.price
            keys.append((-one.price, turns[one.sender], arrival[one.name]))
            turns[one.sender] += 1
            last[one.sender] = one
        assert keys == sorted(keys)


TestWaiting = Waiting.TestCase


@given(st.lists(st.sampled_from(SENDERS), max_size=40))
def test_of_those_that_pay_alike_everybodys_first_goes_before_anybodys_second(sent: list[bytes]) -> None:
    pool = mempool.Mempool()
    for number, sender in enumerate(sent):
        pool.add(b"%d" % number, b"", Checked(sender, number, 7, 1))
    rounds: list[list[bytes]] = []
    left = list(sent)
    while left:
        rounds.append(list(dict.fromkeys(left)))
        for sender in rounds[-1]:
            left.remove(sender)
    turns = [one.sender for one in pool.in_order()]
    for people in rounds:
        assert sorted(turns[: len(people)]) == sorted(people)
        del turns[: len(people)]


def test_of_one_sender_so_many_wait_whatever_it_pays_and_one_more_when_one_of_them_is_gone() -> None:
    pool = mempool.Mempool()
    for number in range(SEQUENCE_WINDOW):
        pool.add(b"%d" % number, b"tx", Checked(b"anna", number, 1, 1))
    with pytest.raises(Refusal) as busy:
        pool.add(b"one more", b"tx", Checked(b"anna", SEQUENCE_WINDOW, 1_000, 1))
    assert (busy.value.reason, busy.value.detail) == (errors.SENDER_BUSY, f"{SEQUENCE_WINDOW} transactions")
    assert len(pool) == SEQUENCE_WINDOW
    pool.add(b"another's", b"tx", Checked(b"bert", 1, 1, 1))
    pool.drop(b"0")
    pool.add(b"one more", b"tx", Checked(b"anna", SEQUENCE_WINDOW, 1, 1))
    assert len(pool) == SEQUENCE_WINDOW + 1


def test_a_succession_takes_the_place_of_all_that_waits_of_its_sender_and_stands_by_its_own_price() -> None:
    pool = mempool.Mempool()
    for number in range(SEQUENCE_WINDOW):
        pool.add(b"%d" % number, b"tx", Checked(b"anna", number, 1, 1))
    pool.add(b"another's", b"tx", Checked(b"bert", 1, 2, 1))
    gone = pool.add(b"succession", b"tx", Checked(b"anna", 0, 3, 1, succeeds=True))
    assert [one.name for one in gone] == [b"%d" % number for number in range(SEQUENCE_WINDOW)]
    assert [one.name for one in pool.in_order()] == [b"succession", b"another's"]
    for succeeds in (False, True):
        with pytest.raises(Refusal) as busy:
            pool.add(b"one more", b"tx", Checked(b"anna", 1, 9, 1, succeeds))
        assert (busy.value.reason, busy.value.detail) == (errors.SENDER_BUSY, "a succession waits")
    pool.drop(b"succession")
    assert pool.add(b"one more", b"tx", Checked(b"anna", 1, 9, 1)) == []


def test_the_mempool_holds_so_many_transactions_and_so_many_bytes() -> None:
    pool = mempool.Mempool()
    for number in range(mempool.MAX_TRANSACTIONS):
        pool.add(b"%d" % number, b"tx", Checked(b"%d" % (number // 64), number, 1, 1))
    with pytest.raises(Refusal) as full:
        pool.add(b"one more", b"tx", Checked(b"other", 1, 1, 1))
    assert full.value.reason == errors.MEMPOOL_FULL
    for one in pool.in_order():
        pool.drop(one.name)
    assert len(pool) == 0
    pool.add(b"large", bytes(mempool.MAX_BYTES - 10), Checked(b"anna", 1, 1, 1))
    with pytest.raises(Refusal):
        pool.add(b"small", bytes(11), Checked(b"bert", 1, 1, 1))
    pool.add(b"small", bytes(10), Checked(b"bert", 1, 1, 1))
    pool.drop(b"large")
    pool.drop(b"large")
    pool.drop(b"small")
    pool.add(b"large", bytes(mempool.MAX_BYTES), Checked(b"anna", 1, 1, 1))
