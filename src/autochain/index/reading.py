"""From a chain's blocks to rows: pure, so that the same blocks give the same rows on every day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..onchain.codec import named
from ..onchain.contracts.credentials import Attested, Withdrawn
from ..onchain.contracts.identity import HandedOver, Kept, Recovered, Registered, Revoked, Rotated, Succeeded
from ..onchain.ids import ID_BYTES
from ..onchain.ledger import BlockAnswer, Dispatcher, Event, Message, Transaction, TransactionResult, transaction_hash
from ..onchain.ledger.header import LightBlock
from ..onchain.refusals import Refusal, ensure
from .rows import BlockRow, EventRow, TransactionRow
from .tables import EVENTS_PER_BLOCK

IDENTITY_CHANGES = (Registered, Rotated, Succeeded, Recovered, Revoked, HandedOver, Kept)
"""Events after which an account's record is another one."""


@dataclass
class Batch:
    """The rows of some blocks, and what the chain is still to be asked for."""

    blocks: list[BlockRow] = field(default_factory=list)
    transactions: list[TransactionRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    subjects: list[tuple[str, int]] = field(default_factory=list)
    """Id and the `seq` of an event that names it."""
    named: set[tuple[str, bytes]] = field(default_factory=set)
    """All ids, each with the name of the field in which it stands."""
    changed: set[bytes] = field(default_factory=set)
    """Accounts whose records changed."""
    roles: set[tuple[bytes, str]] = field(default_factory=set)
    """Accounts with roles that were attested or withdrawn."""


def read_blocks(dispatcher: Dispatcher, answers: Sequence[BlockAnswer]) -> Batch:
    """Reads blocks that follow one another."""
    batch = Batch()
    for answer in answers:
        _Block(dispatcher, batch, answer).read()
    return batch


class _Block:
    """One block as it is read into a batch."""

    def __init__(self, dispatcher: Dispatcher, batch: Batch, answer: BlockAnswer) -> None:
        self._dispatcher = dispatcher
        self._batch = batch
        self._answer = answer
        self._header = LightBlock.decode(answer.light_block).header
        self._events = 0
        """How many of its events were read."""

    def read(self) -> None:
        header, answer = self._header, self._answer
        for event in self._dispatcher.events.decode(answer.events):
            self._event(event, None, _ids(event))
        for position, (data, result) in enumerate(zip(answer.transactions, answer.results, strict=True)):
            self._transaction(position, data, result)
        self._batch.blocks.append(
            BlockRow(
                height=header.height,
                hash=header.hash().hex(),
                time_ms=header.time_ms,
                app_hash=header.app_hash.hex(),
                transactions=len(answer.transactions),
                events=self._events,
            )
        )

    def _transaction(self, position: int, data: bytes, result: TransactionResult) -> None:
        name = transaction_hash(data).hex()
        try:
            transaction: Transaction[Message] | None = self._dispatcher.transactions.decode(data)
        except Refusal:
            transaction = None  # Other engines decide a block's bytes first; then such a transaction does nothing.
        sender, payer, messages = _speakers(transaction)
        self._batch.transactions.append(
            TransactionRow(
                height=self._header.height,
                position=position,
                hash=name,
                time_ms=self._header.time_ms,
                sender=sender.hex(),
                payer=payer.hex(),
                fee_uacc=transaction.fee_uacc if transaction else 0,
                codespace=result.codespace,
                code=result.code,
                types=tuple(_tag(message) for message in messages),
                messages=named(messages),
            )
        )
        speakers = {("sender", sender), ("payer", payer)} if transaction else set()
        asked = {pair for message in messages for pair in _ids(message)} | speakers
        self._batch.named |= asked
        events = self._dispatcher.events.decode(result.events) if result.events else ()
        for number, event in enumerate(events, 1):
            # What only a message names stands under the last event, which tells what it came to: under every one, a
            # transaction of many messages would fill the tables with their product.
            self._event(event, name, _ids(event) | (asked if number == len(events) else speakers))

    def _event(self, event: Event, transaction: str | None, pairs: set[tuple[str, bytes]]) -> None:
        batch = self._batch
        ensure(self._events < EVENTS_PER_BLOCK, "a block has fewer events than its numbers have room for")
        seq = self._header.height * EVENTS_PER_BLOCK + self._events
        self._events += 1
        row = EventRow(seq, self._header.height, self._header.time_ms, transaction, _tag(event), named(event))
        batch.events.append(row)
        batch.subjects += [(each, seq) for each in sorted({found.hex() for _, found in pairs})]
        batch.named |= pairs
        if isinstance(event, IDENTITY_CHANGES):
            batch.changed.add(event.device if isinstance(event, HandedOver | Kept) else event.account)
        if isinstance(event, Attested | Withdrawn):
            batch.roles.add((event.subject, event.role))


def _speakers(transaction: Transaction[Message] | None) -> tuple[bytes, bytes, tuple[Message, ...]]:
    if transaction is None:
        return b"", b"", ()
    proof = transaction.proof
    return proof.sender, proof.payer or proof.sender, transaction.messages


def _tag(record: msgspec.Struct) -> str:
    return str(record.__struct_config__.tag)


def _ids(record: object) -> set[tuple[str, bytes]]:
    """Gives every id in a record with the name of its field; hashes and keys are longer."""
    found: set[tuple[str, bytes]] = set()
    _gather(record, "", found)
    return found


def _gather(value: Any, field: str, found: set[tuple[str, bytes]]) -> None:
    """Adds the ids in a value that stands in a field."""
    if isinstance(value, bytes):
        if len(value) == ID_BYTES:
            found.add((field, value))
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            _gather(getattr(value, name), name, found)
    elif isinstance(value, tuple):
        for each in value:
            _gather(each, field, found)
