"""The trees of a large state in a process of their own, which makes the next one while a block is being written."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TypeAlias, TypeVar

from ..onchain.codec import Codec, Record, encode
from ..onchain.ledger import Changes, ProvedValue, StateTrees, Store, TreesInMemory, errors
from ..onchain.refusals import Refusal
from .workers import Worker, answer, questions

WORTH_A_PROCESS = 50_000
"""The trees of a state with fewer keys are made faster on the spot."""
_AT_ONCE = 50_000
"""How many of the state's pairs are sent in one message."""
_Pairs: TypeAlias = tuple[tuple[bytes, bytes | None], ...]
T = TypeVar("T")


class _Stand(Record, frozen=True, tag="stand"):
    """A part of the whole state."""

    pairs: tuple[tuple[bytes, bytes], ...]
    height: int | None
    """Given with the last part; the answer is the root."""


class _Change(Record, frozen=True, tag="change"):
    """A block's changes; the answer is the root after them."""

    pairs: _Pairs


class _Keep(Record, frozen=True, tag="keep"):
    """The tree after the last changes stands after a height; there is no answer."""

    height: int


class _Prove(Record, frozen=True, tag="prove"):
    """Asks for a proof; the answer is `_Proved`, or `_Wanted` and then another."""

    key: bytes
    height: int


class _Undone(Record, frozen=True, tag="undone"):
    """What the keys that were changed at a height held before it; None where that is not known any more."""

    pairs: _Pairs | None


class _Proved(Record, frozen=True, tag="proved"):
    """The proof; None where the height is too long ago, with the words for it."""

    proved: tuple[bytes, bytes] | None
    text: str


class _Wanted(Record, frozen=True, tag="wanted"):
    """Asks what a height replaced."""

    height: int


_QUESTION: Codec[_Stand | _Change | _Keep | _Prove | _Undone] = Codec(
    _Stand | _Change | _Keep | _Prove | _Undone, max_bytes=2**31
)
_ANSWER: Codec[_Proved | _Wanted] = Codec(_Proved | _Wanted, max_bytes=2**31)


class TreeProcess:
    """Implements the ledger's `StateTrees`; where its process is killed, it goes on in this one.

    `undo` gives what the keys that were changed at a height held before it.
    """

    def __init__(self, undo: Callable[[int], Changes]) -> None:
        self._undo = undo
        self._worker = Worker(__name__)
        self._here: StateTrees | None = None
        """The trees in this process, once the other is lost."""
        self._pairs: Mapping[bytes, bytes] = {}
        """The whole present state; it changes with each commit."""
        self._height = 0
        self._begun: Changes | None = None
        self._root: bytes | None = None
        """The root of the tree that was begun, once it was heard."""

    def stand(self, pairs: Mapping[bytes, bytes], *, height: int) -> bytes:
        self._settle()
        self._pairs, self._height, self._begun = pairs, height, None
        if self._here is not None:
            return self._here.stand(pairs, height=height)

        def there(worker: Worker) -> bytes:
            rest = iter(pairs.items())
            while part := tuple(islice(rest, _AT_ONCE)):
                worker.tell(encode(_Stand(part, None)))
            worker.tell(encode(_Stand((), height)))
            return worker.hear()

        return self._either(there, lambda here: here.root())

    def change(self, changes: Changes) -> None:
        self._settle()
        self._begun, self._root = changes, None
        self._either(
            lambda worker: worker.tell(encode(_Change(tuple(changes.items())))), lambda here: here.change(changes)
        )

    def _settle(self) -> None:
        """Hears the root of a tree that nobody wanted, so that the next answer is that to the next question."""
        if self._begun is not None:
            self.root()

    def root(self) -> bytes:
        if self._root is None:
            self._root = self._either(Worker.hear, lambda here: here.root())
        return self._root

    def keep(self, *, height: int) -> None:
        self._settle()
        self._height, self._begun = height, None
        self._either(lambda worker: worker.tell(encode(_Keep(height))), lambda here: here.keep(height=height))

    def prove(self, key: bytes, *, height: int) -> ProvedValue:
        self._settle()
        return self._either(
            lambda worker: self._proved(worker, _Prove(key, height)), lambda here: here.prove(key, height=height)
        )

    def _proved(self, worker: Worker, asked: _Prove) -> ProvedValue:
        gone: Refusal | None = None
        worker.tell(encode(asked))
        while isinstance(answered := _ANSWER.trusted(worker.hear()), _Wanted):
            try:
                undone = _Undone(tuple(self._undo(answered.height).items()))
            except Refusal as refusal:
                gone, undone = refusal, _Undone(None)
            worker.tell(encode(undone))
        if answered.proved is None:
            raise gone or errors.HEIGHT_GONE(answered.text)
        return ProvedValue(*answered.proved)

    def _either(self, there: Callable[[Worker], T], here: Callable[[StateTrees], T]) -> T:
        """Asks the process, or where it is lost the trees in this one."""
        if self._here is None:
            try:
                return there(self._worker)
            except Refusal:
                raise  # It came after the whole answer.
            except (OSError, EOFError):
                self._worker.end()
                self._here = TreesInMemory(self._undo)
                self._here.stand(self._pairs, height=self._height)
                self._here.change(self._begun or {})
            except BaseException:
                # What was interrupted may have left an answer unheard; the next question must not get it.
                self._worker.end()
                raise
        return here(self._here)

    def close(self) -> None:
        self._worker.end()


@contextlib.contextmanager
def trees_for(store: Store) -> Iterator[StateTrees]:
    """Gives the trees of a store's state: in a process of their own where the state is large."""
    if len(store.pairs) < WORTH_A_PROCESS:
        yield TreesInMemory(store.undo)
        return
    try:
        trees = TreeProcess(store.undo)
    except OSError:
        # A machine that has no room for another process has it for the chain all the same.
        yield TreesInMemory(store.undo)
        return
    with contextlib.closing(trees):
        yield trees


class _Serving:
    """The process's own side."""

    def __init__(self) -> None:
        self._questions = questions()
        self._trees = TreesInMemory(self._undo)
        self._pairs: dict[bytes, bytes] = {}
        """The parts of a whole state that have come."""

    def _undo(self, height: int) -> Changes:
        answer(encode(_Wanted(height)))
        undone = _QUESTION.trusted(next(self._questions))
        if not isinstance(undone, _Undone) or undone.pairs is None:
            raise errors.HEIGHT_GONE(f"height {height}")
        return dict(undone.pairs)

    def run(self) -> None:
        for asked in self._questions:
            match _QUESTION.trusted(asked):
                case _Stand(pairs, height):
                    self._pairs.update(pairs)
                    if height is not None:
                        answer(self._trees.stand(self._pairs, height=height))
                        self._pairs = {}
                case _Change(pairs):
                    self._trees.change(dict(pairs))
                    answer(self._trees.root())
                case _Keep(height):
                    self._trees.keep(height=height)
                case _Prove(key, height):
                    answer(encode(self._prove(key, height)))

    def _prove(self, key: bytes, height: int) -> _Proved:
        try:
            return _Proved(self._trees.prove(key, height=height), "")
        except Refusal as refusal:
            return _Proved(None, refusal.detail)


def serve() -> None:
    """Keeps the trees until the input ends."""
    # What it makes holds no cycles, and there is too much of it to be looked through for them.
    gc.disable()
    _Serving().run()
