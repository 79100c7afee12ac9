"""Timers: what falls due happens once, in order, a bounded number per block, and never stops the chain."""

from __future__ import annotations

import pytest
from fakes import MemoryStore
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.ledger import Committed, Limits, Overlay, errors, timers
from autochain.onchain.ledger.dispatch import Dispatcher
from chains import BLOCK_MS, START_MS, Harness

from . import probe
from .probe import WITH_PROBE, Later, Rang, Ring


def later(harness: Harness, *wanted: tuple[int, str]) -> None:
    """Has timers ring so many milliseconds after the chain's beginning."""
    harness.do(harness.treasury, *(Later(START_MS + after_ms, name) for after_ms, name in wanted))


def test_a_timer_rings_in_the_first_block_that_is_not_before_its_time() -> None:
    harness = Harness(contracts=WITH_PROBE)
    assert harness.machine.next_due_ms() is None
    later(harness, (10_000, "ten"))
    assert harness.machine.next_due_ms() == START_MS + 10_000
    assert harness.advance(9_999 - BLOCK_MS) == ()
    assert harness.advance(1) == (Rang("ten"),)
    assert harness.now_ms == START_MS + 10_000
    assert harness.machine.next_due_ms() is None
    assert harness.advance(10**9) == ()
    assert harness.ask(probe.NoteOf("ten")) == f"rang at {START_MS + 10_000}"


def test_timers_ring_by_time_and_those_of_one_time_as_they_were_set() -> None:
    harness = Harness(contracts=WITH_PROBE)
    later(harness, (30_000, "z"), (20_000, "b"), (20_000, "a"), (40_000, "last"))
    later(harness, (20_000, "c"), (10_000, "first"))
    assert harness.advance(35_000) == tuple(Rang(name) for name in ("first", "b", "a", "c", "z"))
    assert harness.machine.next_due_ms() == START_MS + 40_000


def test_a_block_rings_no_more_timers_than_it_may_and_the_rest_follow() -> None:
    harness = Harness(contracts=WITH_PROBE, limits=Limits(timers_per_block=2))
    later(harness, *((20_000, f"{number}") for number in range(5)))
    assert harness.advance(60_000) == (Rang("0"), Rang("1"))
    assert harness.machine.next_due_ms() == START_MS + 20_000
    assert harness.advance(1) == (Rang("2"), Rang("3"))
    assert harness.advance(1) == (Rang("4"),)
    assert harness.advance(1) == ()


def test_a_timer_set_for_the_past_rings_in_the_next_block() -> None:
    harness = Harness(contracts=WITH_PROBE)
    later(harness, (-10_000, "past"))
    assert harness.machine.next_due_ms() == START_MS - 10_000
    assert harness.advance(1) == (Rang("past"),)


def test_a_timer_that_is_refused_leaves_no_trace_and_the_others_ring() -> None:
    harness = Harness(contracts=WITH_PROBE)
    later(harness, (20_000, "before"))
    harness.do(harness.treasury, Later(START_MS + 20_000, "failing", fails=True))
    later(harness, (20_000, "after"))
    assert harness.advance(60_000) == (Rang("before"), Rang("after"))
    assert probe.notes(harness) == ["after", "before"]
    assert harness.advance(60_000) == (), "it does not come again"


def test_timers_ring_before_the_first_transaction_of_their_block() -> None:
    harness = Harness(contracts=WITH_PROBE)
    later(harness, (2 * BLOCK_MS, "a"))
    harness.do(harness.treasury, probe.Put("a", "written after it rang"))
    assert harness.ask(probe.NoteOf("a")) == "written after it rang"


@given(st.lists(st.tuples(st.integers(min_value=0, max_value=50), st.integers(min_value=0, max_value=9)), max_size=20))
def test_the_queue_gives_every_timer_once_in_order(wanted: list[tuple[int, int]]) -> None:
    state = Overlay(Committed(MemoryStore()))
    for due_ms, number in wanted:
        timers.schedule(state, due_ms=due_ms, timer=Ring(str(number), False), at_most=20)
    codec = Dispatcher(
        Harness(contracts=WITH_PROBE).machine.spec, {made.name: made for made in WITH_PROBE}
    )._timer_codec
    rung = []
    for now_ms in range(0, 55, 5):
        taken = [codec.decode(data) for data in timers.take_due(state, now_ms=now_ms, at_most=100)]
        rung += taken
        following = timers.next_due_ms(state)
        assert following is None or following > now_ms
    order = sorted(range(len(wanted)), key=lambda place: (wanted[place][0], place))
    assert rung == [Ring(str(wanted[place][1]), False) for place in order]


@pytest.mark.parametrize("at_most", [0, 1, 3])
def test_no_more_are_taken_than_asked(at_most: int) -> None:
    state = Overlay(Committed(MemoryStore()))
    for _ in range(3):
        timers.schedule(state, due_ms=1, timer=Ring("x", False), at_most=3)
    assert len(list(timers.take_due(state, now_ms=5, at_most=at_most))) == at_most
    assert len(list(timers.take_due(state, now_ms=5, at_most=100))) == 3 - at_most


def test_a_full_queue_refuses_another_timer_until_one_has_rung() -> None:
    harness = Harness(contracts=WITH_PROBE, limits=Limits(timers_waiting=2))
    later(harness, (5 * BLOCK_MS, "a"), (90 * BLOCK_MS, "b"))
    third = Later(harness.now_ms + 90 * BLOCK_MS, "c")
    harness.refuses(errors.TIMERS_FULL, harness.treasury, third)
    harness.advance(10 * BLOCK_MS)
    harness.do(harness.treasury, third)
    harness.refuses(errors.TIMERS_FULL, harness.treasury, third)
