"""A block while it runs: what is due, then its transactions, each all or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ..codec import encode
from ..crypto import SignatureJob, SignatureVerifier, sha256
from ..refusals import Refusal
from ..units import split
from . import errors
from .admission import Admission, Screened, Standing
from .application import TransactionResult
from .context import BlockInfo
from .dispatch import FREE_BYTES, Dispatcher
from .genesis import Limits
from .messages import Event
from .state import Committed, Overlay
from .waiting import Known

Know = Callable[[bytes], Known]
"""A transaction's bytes -> what is known of it; refuses what is seen to be wrong without any state."""


class Outcome(NamedTuple):
    """What came of a transaction."""

    refusal: Refusal | None
    weight: int
    events: tuple[Event, ...] = ()


class Room:
    """What a block still has room for."""

    def __init__(self, limits: Limits) -> None:
        self._bytes, self._weight, self._free = limits.block_bytes, limits.block_weight, limits.free_per_block

    def has(self, data: bytes, screened: Screened) -> bool:
        """Whether it fits; a long registration does as long as any of the quota is left, or it would wait for ever."""
        return len(data) <= self._bytes and screened.weight <= self._weight and (self._free > 0 or not screened.is_free)

    def take(self, data: bytes, screened: Screened) -> None:
        self._bytes -= len(data)
        self._weight -= screened.weight
        if screened.is_free:
            self._free -= 1 + split(len(data) - 1, FREE_BYTES)[0]


class BlockRun:
    """Runs one block on an overlay of the committed state."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        admission: Admission,
        verify: SignatureVerifier,
        *,
        committed: Committed,
        block: BlockInfo,
    ) -> None:
        self._dispatcher = dispatcher
        self._admission = admission
        self._verify = verify
        self.block = block
        self.state = Overlay(committed)
        self._standing = Standing(dispatcher, self.state, block)
        self.events = dispatcher.run_timers(self.state, block)
        """What fell due announced."""
        self.transactions: list[bytes] = []
        self.results: list[TransactionResult] = []

    def choose(self, candidates: Sequence[bytes], know: Know) -> list[tuple[bytes, Refusal]]:
        """Runs, in order, what has room; gives those that could go into no block."""
        room = Room(self._dispatcher.spec.limits)
        refused: list[tuple[bytes, Refusal]] = []
        deferred: set[bytes] = set()
        """Senders of whom one did not fit: those behind it wait too, or their sequences would not follow."""
        for data, known in _successions_first([(data, _try(know, data)) for data in candidates]):
            try:
                if isinstance(known, Refusal):
                    raise known
                screened = known.screened
                if screened.sender in deferred or not room.has(data, screened):
                    deferred.add(screened.sender)
                    continue
                outcome = self._run(known)
                if outcome.refusal is not None and screened.must_happen:
                    raise outcome.refusal
            except Refusal as refusal:
                # The frames that it came through lead back to this list, and all would stay for the collector.
                refused.append((data, refusal.with_traceback(None)))
                continue
            room.take(data, screened)
            self._note(data, outcome)
        return refused

    def run(self, transactions: Sequence[bytes], know: Know) -> None:
        """Runs a block that was decided elsewhere; what fails before its messages leaves no trace."""
        for data, known in zip(transactions, self._prove([_try(know, data) for data in transactions]), strict=True):
            try:
                if isinstance(known, Refusal):
                    raise known
                outcome = self._run(known)
            except Refusal as refusal:
                outcome = Outcome(refusal, 0)
            self._note(data, outcome)

    def _prove(self, transactions: Sequence[Known | Refusal]) -> list[Known | Refusal]:
        """Verifies all signatures together of which it is not known yet whether they hold."""
        proven = list(transactions)
        unproven: list[tuple[int, Known, tuple[SignatureJob, ...]]] = []
        for place, one in enumerate(transactions):
            if isinstance(one, Refusal) or one.speakers is not None:
                continue
            try:
                speakers = self._admission.speakers(self._standing, one.screened)
                jobs = self._admission.jobs(one.screened, speakers)
            except Refusal:
                continue  # Its keys may come earlier in this same block; then they are verified in turn.
            unproven.append((place, Known(one.screened, speakers), jobs))
        verdicts = iter(self._verify([job for _, _, jobs in unproven for job in jobs]))
        for place, one, jobs in unproven:
            held = [next(verdicts) for _ in jobs]
            if all(held):
                proven[place] = one
        return proven

    def _run(self, known: Known) -> Outcome:
        """Runs one transaction; refuses, and leaves no trace, where it may not go into a block at all."""
        admission, state, standing, (screened, proven) = self._admission, self.state, self._standing, known
        speakers = admission.speakers(standing, screened)
        if proven is None or not speakers.same_keys(proven):
            jobs = admission.jobs(screened, speakers)
            if not all(self._verify(jobs)):
                raise errors.BAD_SIGNATURE()
        mark = state.mark()
        try:
            admission.admit(standing, state, screened, speakers)
        except Refusal:
            state.undo(mark)
            raise
        try:
            events = self._dispatcher.deliver(state, self.block, screened.transaction)
        except Refusal as refusal:
            if screened.must_happen:
                state.undo(mark)
            return Outcome(refusal, screened.weight)
        return Outcome(None, screened.weight, events)

    def _note(self, data: bytes, outcome: Outcome) -> None:
        self.transactions.append(data)
        self.results.append(_result(outcome))


def _try(know: Know, data: bytes) -> Known | Refusal:
    try:
        return know(data)
    except Refusal as refusal:
        return refusal


def _successions_first(candidates: Sequence[tuple[bytes, Known | Refusal]]) -> Iterator[tuple[bytes, Known | Refusal]]:
    """Gives the candidates in order, but a sender's succession in front of all else of that sender."""
    waiting: dict[bytes, list[tuple[bytes, Known | Refusal]]] = {}
    for data, known in candidates:
        if isinstance(known, Known) and known.screened.is_succession:
            waiting.setdefault(known.screened.sender, []).append((data, known))
    for data, known in candidates:
        if isinstance(known, Refusal):
            yield data, known
            continue
        yield from waiting.pop(known.screened.sender, ())
        if not known.screened.is_succession:
            yield data, known


def _result(outcome: Outcome) -> TransactionResult:
    refusal, weight, events = outcome
    data = encode(events)
    digest = sha256(data) if events else b""
    if refusal is None:
        return TransactionResult(0, "", "", "", weight, weight, data, digest)
    return TransactionResult(
        code=refusal.code,
        codespace=refusal.codespace,
        text=refusal.text,
        remedy=refusal.remedy,
        weight_wanted=weight,
        weight_used=weight,
        events=data,
        data=digest,
    )
