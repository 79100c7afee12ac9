"""What a node answers to those who use its chain; the same in one process and over HTTP."""

from __future__ import annotations

from typing import Protocol

from ..codec import Codec, Record
from ..crypto import Hash
from ..refusals import Reason, Refusal
from ..units import Count
from .application import Answer, TransactionResult
from .light import Proved


class Submitted(Record, frozen=True):
    """A transaction that stands durably in a block."""

    hash: Hash
    height: Count
    index: Count
    result: TransactionResult


class Question(Record, frozen=True):
    """An encoded query, and the height after which the state is asked; 0 is the last."""

    query: bytes
    height: Count = 0


class Status(Record, frozen=True):
    """Where a chain stands."""

    chain_id: str
    height: Count
    time_ms: Count
    app_hash: Hash
    validators_hash: Hash
    waiting: Count
    """Transactions that wait for a block."""


class BlockAnswer(Record, frozen=True):
    """A block with what it did."""

    light_block: bytes
    """A CometBFT LightBlock in protobuf."""
    transactions: tuple[bytes, ...]
    results: tuple[TransactionResult, ...]
    events: bytes
    """What timers announced, in canonical bytes."""


class Refused(Record, frozen=True):
    """A refusal as it is sent."""

    codespace: str
    code: int
    text: str
    remedy: str
    detail: str

    @classmethod
    def of(cls, refusal: Refusal) -> Refused:
        reason = refusal.reason
        return cls(reason.codespace, reason.code, reason.text, reason.remedy, refusal.detail)

    def refusal(self) -> Refusal:
        """Gives the refusal back, as if it had been raised here."""
        return Reason(self.codespace, self.code, self.text, self.remedy)(self.detail)


MAX_BLOCK_ANSWER_BYTES = 64 * 1024 * 1024
SUBMITTED: Codec[Submitted] = Codec(Submitted, max_bytes=8 * 1024 * 1024)
QUESTION: Codec[Question] = Codec(Question, max_bytes=1_048_576)
STATUS: Codec[Status] = Codec(Status, max_bytes=4096)
REFUSED: Codec[Refused] = Codec(Refused, max_bytes=65_536)
BLOCK_ANSWER: Codec[BlockAnswer] = Codec(BlockAnswer, max_bytes=MAX_BLOCK_ANSWER_BYTES)


class Node(Protocol):
    """One chain as its users see it."""

    async def submit(self, data: bytes) -> Submitted:
        """Has a transaction put into a block; returns when that block is durable, or raises the refusal."""
        ...

    async def query(self, data: bytes, *, height: int = 0) -> Answer:
        """Answers an encoded query, by the last state or by that after an older height that is still kept."""
        ...

    async def prove(self, key: bytes) -> Proved:
        """Gives a value of the present state, or its absence, with all that proves it."""
        ...

    async def block(self, height: int) -> BlockAnswer:
        """Gives a block; the last one for height 0."""
        ...

    async def status(self) -> Status: ...
