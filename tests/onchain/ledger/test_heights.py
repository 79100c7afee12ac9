"""Older heights: values are answered from the store's history, and 64 roots are provable also after a restart."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from fakes import MemoryStore, made
from oracles import ics23, smt

from autochain.onchain.codec import encode
from autochain.onchain.ledger import Answer, Contract, Query, StateMachine, View, errors, interfaces, trees
from autochain.onchain.ledger.trees import PROVABLE_ROOTS, TreesInMemory
from autochain.onchain.refusals import Refusal
from chains import Harness

from . import probe
from .probe import WITH_PROBE

KEY = probe.NOTES.key("a")


class TimeNow(Query[int], frozen=True, tag="clock/TimeNow"):
    """Asks for the time of the block in which the query is answered."""


def time_now(view: View, query: TimeNow) -> int:
    return view.block.time_ms


CLOCK = Contract("clock", version=1, queries={TimeNow: time_now})
CONTRACTS: Sequence[Contract] = (*WITH_PROBE, CLOCK)


def chain(*, history_heights: int = 1_000) -> Harness:
    harness = Harness(contracts=CONTRACTS)
    whole, harness.store = harness.store, MemoryStore(history_heights=history_heights)
    harness.store.commit(whole.pairs, height=0, meta=made(whole.meta or b""))
    harness.machine = restarted(harness)
    return harness


def restarted(harness: Harness) -> StateMachine:
    """Gives a machine that takes up the harness's own store, history and all."""
    return StateMachine(harness.store, {made.name: made for made in CONTRACTS})


def grown(harness: Harness, blocks: int) -> dict[int, bytes]:
    """Writes in most blocks and gives the root after each height of them; some blocks are empty."""
    roots: dict[int, bytes] = {}
    for number in range(blocks):
        if number % 5 == 4:
            harness.block()
        else:
            text = "" if number % 7 == 6 else f"text {number % 11}"
            harness.do(harness.treasury, probe.Put("ab"[number % 3 == 2], text))
        roots[harness.height] = harness.machine.info().app_hash
    return roots


def proves(run: StateMachine, height: int, root: bytes, key: bytes = KEY) -> bool:
    """Tells whether a machine proves a key at a height, and sees that the proof holds under that height's root."""
    try:
        answer = run.prove(key, height=height)
    except Refusal as refusal:
        assert refusal.reason == errors.HEIGHT_GONE
        return False
    assert answer.height == height
    if answer.value:
        assert ics23.verify_membership(root, answer.proof, key, answer.value)
    else:
        assert ics23.verify_absence(root, answer.proof, key)
    return True


def test_a_value_at_an_older_height_is_what_it_was_then() -> None:
    harness = chain()
    seen: dict[int, tuple[bytes, bytes, bytes]] = {}

    def ask(run: StateMachine, height: int) -> tuple[bytes, bytes, bytes]:
        queries = (probe.NoteOf("a"), interfaces.BalanceOf(harness.operator.account), TimeNow())
        answers = [run.query(encode(query), height=height) for query in queries]
        assert [(answer.proof, answer.height) for answer in answers] == [(b"", height)] * 3
        return answers[0].value, answers[1].value, answers[2].value

    for number in range(20):
        harness.do(harness.treasury, probe.Put("a", f"text {number}" if number % 4 else ""))
        seen[harness.height] = ask(harness.machine, harness.height)
        assert seen[harness.height][2] == encode(harness.now_ms)
    assert len(set(seen.values())) == 20
    for run in (harness.machine, restarted(harness)):
        assert {height: ask(run, height) for height in seen} == seen
        last = run.query(encode(probe.NoteOf("a")))
        assert last == run.query(encode(probe.NoteOf("a")), height=20) == Answer(encode("text 19"), b"", 20)


def test_a_height_that_the_store_does_not_keep_is_refused() -> None:
    harness = chain(history_heights=5)
    grown(harness, 12)
    for run in (harness.machine, restarted(harness)):
        for height, answered in ((13, False), (12, True), (7, True), (6, False), (1, False)):
            if answered:
                assert run.query(encode(TimeNow()), height=height).height == height
            else:
                with pytest.raises(Refusal) as caught:
                    run.query(encode(TimeNow()), height=height)
                assert caught.value.reason == errors.HEIGHT_GONE


@pytest.mark.parametrize("more", range(36, 41))
def test_the_same_roots_are_provable_after_a_restart(more: int) -> None:
    """Whether or not empty blocks lie before and behind the oldest of them."""
    harness = chain()
    roots = grown(harness, PROVABLE_ROOTS + more)
    again = restarted(harness)
    assert again.info() == harness.machine.info()
    for key in (KEY, probe.NOTES.key("b"), probe.NOTES.key("nothing")):
        here = {height for height, root in roots.items() if proves(harness.machine, height, root, key)}
        assert {height for height, root in roots.items() if proves(again, height, root, key)} == here
        assert len({roots[height] for height in here}) == PROVABLE_ROOTS
        assert here == set(range(min(here), harness.height + 1))
        for height in here:
            assert again.prove(key, height=height) == harness.machine.prove(key, height=height)


def test_a_root_that_was_taken_back_is_that_of_the_state_of_its_height() -> None:
    harness = chain()
    roots = grown(harness, 12)
    for height, root in roots.items():
        assert smt.root(harness.store.at(height).pairs) == root
    again = restarted(harness)
    assert all(proves(again, height, root) for height, root in roots.items())


def test_a_machine_that_was_restarted_goes_on_with_64_roots() -> None:
    harness = chain()
    roots = grown(harness, 50)
    harness.machine = restarted(harness)
    roots |= grown(harness, 50)
    provable = {height for height, root in roots.items() if proves(harness.machine, height, root)}
    assert len({roots[height] for height in provable}) == PROVABLE_ROOTS
    assert provable == set(range(min(provable), harness.height + 1))


def test_no_more_is_taken_back_than_the_store_has() -> None:
    harness = chain(history_heights=10)
    roots = grown(harness, 30)
    provable = [height for height, root in roots.items() if proves(restarted(harness), height, root)]
    assert provable == list(range(20, 31)), "as far as the store's history goes"


def kept_by(run: StateMachine) -> TreesInMemory:
    assert isinstance(run._trees, TreesInMemory)
    return run._trees


def test_the_same_roots_are_provable_where_few_trees_are_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, few = chain(), chain()
    roots = grown(whole, PROVABLE_ROOTS + 20)
    monkeypatch.setattr(trees, "MAX_KEPT_CHANGES", 12)
    assert grown(few, PROVABLE_ROOTS + 20) == roots
    kept, all_kept = kept_by(few.machine), kept_by(whole.machine)
    assert len(kept._trees) < 12 < len(all_kept._trees)
    assert sum(kept._apart) <= 12
    assert len(kept._apart) == len(kept._trees) - 1
    for height, root in roots.items():
        assert proves(few.machine, height, root) == proves(whole.machine, height, root)
