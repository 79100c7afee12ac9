"""The calls between an engine and the state machine: ABCI 2.0 under Python names.

An engine decides the order of transactions; the application says what they do. An engine knows this interface and no
contract.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from ..codec import Codec, Record
from ..crypto import SignatureJob
from ..refusals import Refusal
from ..units import Count
from .header import Result
from .state import Reader

SEQUENCE_WINDOW = 64
"""How many transactions of one sender may wait for a block."""


class Info(NamedTuple):
    """Where the application stands."""

    height: int
    """Height of the last committed block; 0 before the first."""
    app_hash: bytes


class TransactionResult(Record, frozen=True):
    """What came of a transaction."""

    code: int
    """0 when its messages happened; otherwise the refusal's number in its codespace."""
    codespace: str
    text: str
    """What was refused, in words."""
    remedy: str
    weight_wanted: int
    weight_used: int
    events: bytes
    """The announced events in canonical bytes."""
    data: bytes
    """The hash of the events, which the next header commits to; empty without events."""

    def deterministic(self) -> Result:
        """The part that the next header commits to."""
        return Result(self.code, self.data, self.weight_wanted, self.weight_used)


class Checked(NamedTuple):
    """What the mempool needs to know of a transaction it may take in."""

    sender: bytes
    sequence: int
    fee_uacc: int
    weight: int
    succeeds: bool = False
    """Whether it brings its sender's next keys, and takes the place of what waits of its sender."""


class Screening(NamedTuple):
    """A transaction of which nothing is wrong that can be seen at once."""

    checked: Checked
    signatures: tuple[SignatureJob, ...]
    """What is left to verify."""


class Proposal(NamedTuple):
    """What goes into a block, and what can't go into any."""

    chosen: list[bytes]
    refused: list[tuple[bytes, Refusal]]


class Executed(NamedTuple):
    """What a block did."""

    results: tuple[TransactionResult, ...]
    events: bytes
    """Events of timers, announced before the first transaction, in canonical bytes."""


class Answer(Record, frozen=True):
    """The answer to a query; with a proof only where one was asked for."""

    value: bytes
    proof: bytes
    """An encoded ICS-23 CommitmentProof against the root after `height`."""
    height: Count


ANSWER: Codec[Answer] = Codec(Answer, max_bytes=16 * 1024 * 1024)


class Snapshot(NamedTuple):
    """A state that a new node may start from."""

    height: int
    chunks: int
    root: bytes
    time_ms: int


class Store(Reader, Protocol):
    """The durable key-value state of one chain, given by the node."""

    @property
    def meta(self) -> bytes | None:
        """What the application put beside its last commit; None before the first."""
        ...

    @property
    def pairs(self) -> Mapping[bytes, bytes]:
        """The whole present state; only `commit` changes it."""
        ...

    @property
    def oldest_height(self) -> int:
        """The oldest height that `at` answers."""
        ...

    def at(self, height: int) -> Reader:
        """Gives the state after a height; refuses with HEIGHT_GONE one that is not kept any more, or not yet."""
        ...

    def meta_at(self, height: int) -> bytes:
        """Gives what the application put beside the commit of a height; refuses as `at` does."""
        ...

    def undo(self, height: int) -> Mapping[bytes, bytes | None]:
        """Gives what the keys that were changed at a height held before it; refuses as `at(height - 1)` does."""
        ...

    def commit(self, changes: Mapping[bytes, bytes | None], *, height: int, meta: Callable[[], bytes]) -> None:
        """Writes a block's changes at once, durable when it returns; a chain's genesis has height 0.

        The meta is asked for when all else is written and `pairs` is still the former state: it may be in the making.
        """
        ...


class Application(Protocol):
    """One chain's replicated state machine."""

    def info(self) -> Info:
        """Says where the application stands, so that an engine can replay what it lacks."""
        ...

    def init_chain(self, *, chain_id: str, time_ms: int, state: bytes) -> bytes:
        """Begins a chain from its genesis state; gives the root."""
        ...

    def screen(self, data: bytes) -> Screening:
        """Refuses what is seen to be wrong at once; says which signatures are left to verify, in any thread."""
        ...

    def vouch(self, data: bytes) -> None:
        """Takes note that the signatures of a screened transaction hold.

        Refuses a succession whose turn is not next in the last state: it would take the place of others for nothing.
        """
        ...

    def forget(self, data: bytes) -> None:
        """Takes note that a screened transaction does not wait any more."""
        ...

    def check(self, data: bytes, *, recheck: bool = False) -> Checked:
        """Screens and verifies a transaction, and refuses what could not happen behind those that were let in before.

        After a commit all that wait are rechecked. An engine may as well screen, verify and vouch by itself and leave
        it to `prepare` to refuse.
        """
        ...

    def prepare(self, candidates: Sequence[bytes], *, height: int, time_ms: int) -> Proposal:
        """Chooses, in order, the transactions for a block to propose, by running them."""
        ...

    def process(self, transactions: Sequence[bytes], *, height: int, time_ms: int) -> bool:
        """Says whether a proposed block keeps the rules."""
        ...

    def execute(self, transactions: Sequence[bytes], *, height: int, time_ms: int) -> Executed:
        """Runs a decided block."""
        ...

    def root(self) -> bytes:
        """Gives the root after the executed block, which the next header shows."""
        ...

    def commit(self) -> None:
        """Makes the executed block's changes durable."""
        ...

    def query(self, data: bytes, *, height: int = 0) -> Answer:
        """Answers an encoded query from the committed state."""
        ...

    def prove(self, key: bytes, *, height: int = 0) -> Answer:
        """Gives a value of the state tree, or its absence, with the proof; at the last height when none is named."""
        ...

    def next_due_ms(self) -> int | None:
        """Says when a timer falls due, so that an engine makes a block for it."""
        ...

    def list_snapshots(self) -> list[Snapshot]: ...

    def load_chunk(self, *, height: int, chunk: int) -> bytes: ...

    def offer_snapshot(self, snapshot: Snapshot, *, app_hash: bytes) -> bool:
        """Says whether a snapshot of another node may be applied here."""
        ...

    def apply_chunk(self, chunk: int, data: bytes) -> bool:
        """Takes a chunk in; after the last one the state stands and its root is checked."""
        ...
