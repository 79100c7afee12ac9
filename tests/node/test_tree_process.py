"""Trees in a process of their own say what trees in this one say, whatever befalls the process."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator, Mapping
from contextlib import closing

import pytest
from fakes import MemoryStore, made

from autochain.node import TreeProcess, tree_process, trees_for
from autochain.onchain.ledger import Changes, StateTrees, TreesInMemory, errors
from autochain.onchain.ledger.trees import PROVABLE_ROOTS
from autochain.onchain.refusals import Refusal

KEYS = [b"key %d" % number for number in range(40)]
BEFORE = 6
"""How many blocks there are before the trees begin: what they replaced has to be asked for."""


def changes(chance: random.Random) -> dict[bytes, bytes | None]:
    chosen = chance.sample(KEYS, chance.choice((0, 1, 5)))
    return {key: chance.choice((None, chance.randbytes(9), chance.randbytes(4_000))) for key in chosen}


class Twins:
    """Trees here and in another process over one store."""

    def __init__(self, far: TreeProcess, store: MemoryStore) -> None:
        self.store, self.far, self.near = store, far, TreesInMemory(store.undo)
        assert far.stand(store.pairs, height=store.height) == self.near.stand(store.pairs, height=store.height)

    def begin(self, changed: Changes) -> None:
        self.near.change(changed)
        self.far.change(changed)

    def block(self, changed: Changes) -> None:
        """Changes the state as the machine does."""
        self.begin(changed)
        self.store.commit(changed, height=self.store.height + 1, meta=self.far.root)
        assert self.store.meta == self.far.root() == self.near.root()
        self.near.keep(height=self.store.height)
        self.far.keep(height=self.store.height)

    def agree(self) -> None:
        """Has the same proved, or refused, at every height."""
        for height in range(self.store.height + 2):
            for key in (KEYS[0], b"absent"):
                assert told(self.far, key, height) == told(self.near, key, height)


def told(trees: StateTrees, key: bytes, height: int) -> tuple[bytes, bytes] | str:
    try:
        return trees.prove(key, height=height)
    except Refusal as refusal:
        assert refusal.reason == errors.HEIGHT_GONE
        return refusal.text


def grown(chance: random.Random) -> MemoryStore:
    store = MemoryStore(history_heights=1_000)
    pairs: dict[bytes, bytes | None] = {key: chance.randbytes(30) for key in KEYS}
    store.commit(pairs, height=0, meta=made(b""))
    for height in range(1, BEFORE + 1):
        store.commit(changes(chance), height=height, meta=made(b""))
    return store


@pytest.fixture
def twins() -> Iterator[Twins]:
    store = grown(random.Random(0))
    with closing(TreeProcess(store.undo)) as far:
        yield Twins(far, store)


def kill(twins: Twins) -> None:
    os.kill(twins.far._worker._process.pid, signal.SIGKILL)
    twins.far._worker._process.wait()


@pytest.mark.parametrize("seed", range(4))
def test_another_process_makes_the_same_roots_and_proofs(twins: Twins, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(10):
        twins.block(changes(chance))
    twins.agree()
    assert twins.far._here is None
    # What was before it began, it asked for.
    assert twins.far.prove(KEYS[0], height=0) == twins.near.prove(KEYS[0], height=0)


def test_as_many_roots_are_provable_as_here(twins: Twins) -> None:
    for number in range(PROVABLE_ROOTS + 3):
        twins.block({KEYS[0]: b"%d" % number})
    twins.agree()
    assert twins.far.prove(KEYS[0], height=BEFORE + 4).value == b"3"
    assert "roots back" in str(told(twins.far, KEYS[0], BEFORE + 3))


def test_a_block_that_could_not_be_written_leaves_no_trace(twins: Twins) -> None:
    twins.block({KEYS[1]: b"kept"})
    twins.begin({KEYS[1]: b"lost", KEYS[2]: None})  # Nobody asked for its root either.
    twins.agree()
    twins.begin({KEYS[1]: b"lost too"})
    assert twins.far.root() == twins.near.root()
    twins.block({KEYS[3]: b"next"})
    twins.agree()


@pytest.mark.parametrize("when", ["before a change", "before its root", "before it is kept", "before a proof"])
def test_the_trees_go_on_here_when_their_process_is_killed(twins: Twins, when: str) -> None:
    twins.block({KEYS[0]: b"first"})
    if when == "before a change":
        kill(twins)
    twins.begin({KEYS[0]: b"second", KEYS[1]: None})
    if when == "before its root":
        kill(twins)
    twins.store.commit({KEYS[0]: b"second", KEYS[1]: None}, height=twins.store.height + 1, meta=twins.far.root)
    assert twins.store.meta == twins.near.root()
    if when == "before it is kept":
        kill(twins)
    twins.near.keep(height=twins.store.height)
    twins.far.keep(height=twins.store.height)
    if when == "before a proof":
        kill(twins)
    twins.agree()
    twins.block({KEYS[0]: None})
    twins.agree()


def test_a_process_that_is_killed_at_once_leaves_the_trees_here() -> None:
    store = grown(random.Random(1))
    with closing(TreeProcess(store.undo)) as far:
        os.kill(far._worker._process.pid, signal.SIGKILL)
        twins = Twins(far, store)
        twins.block({KEYS[0]: b"first"})
        twins.agree()


def test_a_store_that_can_not_tell_what_it_replaced_is_heard_and_the_process_goes_on() -> None:
    store = grown(random.Random(2))

    def damaged(height: int) -> Mapping[bytes, bytes | None]:
        if height == BEFORE - 1:
            raise errors.STORE_DAMAGED("history")
        return store.undo(height)

    with closing(TreeProcess(damaged)) as far:
        twins = Twins(far, store)
        with pytest.raises(Refusal) as caught:
            far.prove(KEYS[0], height=1)
        assert caught.value.reason == errors.STORE_DAMAGED
        assert far._here is None
        assert told(far, KEYS[0], BEFORE - 1) == told(twins.near, KEYS[0], BEFORE - 1)
        twins.block({KEYS[0]: b"next"})


def test_a_large_state_is_sent_in_parts_and_only_a_large_state_gets_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    store = grown(random.Random(3))
    with trees_for(store) as near:
        assert isinstance(near, TreesInMemory)
        root = near.stand(store.pairs, height=BEFORE)
    monkeypatch.setattr(tree_process, "WORTH_A_PROCESS", len(store.pairs))
    monkeypatch.setattr(tree_process, "_AT_ONCE", 7)
    with trees_for(store) as far:
        assert isinstance(far, TreeProcess)
        assert far.stand(store.pairs, height=BEFORE) == root
        assert far._here is None
        process = far._worker._process
    assert process.poll() is not None


@pytest.mark.parametrize("interrupt", [MemoryError, KeyboardInterrupt])
def test_an_answer_that_was_not_heard_is_not_taken_for_the_next_one(interrupt: type[BaseException]) -> None:
    store = grown(random.Random(4))
    interrupts = [interrupt]

    def undo(height: int) -> Mapping[bytes, bytes | None]:
        if interrupts:
            raise interrupts.pop()
        return store.undo(height)

    with closing(TreeProcess(undo)) as far:
        twins = Twins(far, store)
        with pytest.raises(interrupt):
            far.prove(KEYS[0], height=1)
        twins.block({KEYS[0]: b"next"})
        twins.agree()


def test_a_state_that_begins_again_forgets_what_was_begun(twins: Twins) -> None:
    twins.begin({KEYS[0]: b"lost"})
    assert twins.far.stand(twins.store.pairs, height=BEFORE) == twins.near.stand(twins.store.pairs, height=BEFORE)
    twins.block({KEYS[0]: b"next"})
    twins.agree()


def test_where_no_process_can_be_started_the_trees_are_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_kinds: object) -> None:
        raise BlockingIOError("no more processes")

    store = grown(random.Random(5))
    monkeypatch.setattr(tree_process, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(tree_process, "Worker", full)
    with trees_for(store) as trees:
        assert isinstance(trees, TreesInMemory)
