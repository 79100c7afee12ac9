"""Public reads of a chain itself: blocks, transactions, events."""

from __future__ import annotations

import asyncio
from typing import Annotated, TypeAlias

import msgspec
from litestar import get
from litestar.params import PathParameter, QueryParameter

from ..index import BlockRow, EventRow, TransactionRow
from .errors import UNKNOWN, problems
from .given import ChainName, Given, HeightInPath, IdParameter, chain_of, digits_of
from .paging import HEIGHTS, PLACES, USUAL_ITEMS, Cursor, Limit, next_of, place_of
from .shapes import BIGGEST

HashInPath: TypeAlias = Annotated[
    str,
    PathParameter(pattern="^[0-9a-f]{64}$", min_length=64, max_length=64, description="A hash: 64 hexadecimal digits."),
]
HeightParameter: TypeAlias = Annotated[
    int | None, QueryParameter(ge=1, le=BIGGEST, description="Only those of the block of this height.")
]
TypeParameter: TypeAlias = Annotated[
    str | None,
    QueryParameter(pattern="^[a-z0-9_]+/[A-Za-z0-9]+$", max_length=100, description="Only these: `consent/Granted`."),
]
After: TypeAlias = Annotated[
    int | None,
    QueryParameter(ge=0, le=BIGGEST, description="Only what came after this `seq`, in the order in which it happened."),
]
MAX_EVENTS = 1_000
"""So many events of one transaction are shown with it."""


class Blocks(msgspec.Struct, frozen=True):
    """A page of blocks, the newest first."""

    items: list[BlockRow]
    next: str | None


class Block(msgspec.Struct, frozen=True):
    """One block, and what proves it."""

    height: int
    hash: str
    time_ms: int
    app_hash: str
    """Root of the state after the block before this one."""
    transactions: int
    events: int
    light_block: str
    """Header, commit and validators: a CometBFT LightBlock in protobuf, as hexadecimal digits."""


class Transactions(msgspec.Struct, frozen=True):
    """A page of transactions, the newest first."""

    items: list[TransactionRow]
    next: str | None


class TransactionDetails(msgspec.Struct, frozen=True):
    """One transaction, and what it announced."""

    transaction: TransactionRow
    events: list[EventRow]


class Events(msgspec.Struct, frozen=True):
    """A page of events."""

    items: list[EventRow]
    next: str | None


@get(
    "/blocks",
    operation_id="ListBlocks",
    summary="List blocks, the newest first",
    responses=problems(404, 503),
    sync_to_thread=True,
)
def list_blocks(backend: Given, chain: ChainName, cursor: Cursor = None, limit: Limit = USUAL_ITEMS) -> Blocks:
    name = chain_of(backend, chain).name
    rows = backend.index.blocks(name, before=place_of(cursor, HEIGHTS), limit=limit)
    return Blocks(rows, next_of(rows, limit, HEIGHTS))


@get("/blocks/{height:int}", operation_id="GetBlock", summary="Get one block", responses=problems(404, 503))
async def get_block(backend: Given, chain: ChainName, height: HeightInPath) -> Block:
    asked = chain_of(backend, chain)
    row = await asyncio.to_thread(backend.index.block, asked.name, height)
    if row is None:
        raise UNKNOWN(f"block {height}")
    answer = await asked.node.block(height)
    return Block(**msgspec.structs.asdict(row), light_block=answer.light_block.hex())


@get(
    "/transactions",
    operation_id="ListTransactions",
    summary="List transactions, the newest first",
    responses=problems(404, 503),
    sync_to_thread=True,
)
def list_transactions(
    backend: Given,
    chain: ChainName,
    cursor: Cursor = None,
    limit: Limit = USUAL_ITEMS,
    account: IdParameter = None,
    height: HeightParameter = None,
) -> Transactions:
    rows = backend.index.transactions(
        chain_of(backend, chain).name,
        before=place_of(cursor, PLACES),
        limit=limit,
        account=digits_of(account),
        height=height,
    )
    return Transactions(rows, next_of(rows, limit, PLACES))


@get(
    "/transactions/{hash:str}",
    operation_id="GetTransaction",
    summary="Get one transaction with what it announced",
    responses=problems(404, 503),
    sync_to_thread=True,
)
def get_transaction(backend: Given, chain: ChainName, hash: HashInPath) -> TransactionDetails:
    name = chain_of(backend, chain).name
    row = backend.index.transaction(name, hash)
    if row is None:
        raise UNKNOWN(f"transaction {hash}")
    events = backend.index.events(name, after=0, limit=MAX_EVENTS, transaction=hash)
    return TransactionDetails(row, events)


@get(
    "/events",
    operation_id="ListEvents",
    summary="List what was announced, the newest first; with `after` the other way round",
    responses=problems(404, 503),
    sync_to_thread=True,
)
def list_events(
    backend: Given,
    chain: ChainName,
    cursor: Cursor = None,
    limit: Limit = USUAL_ITEMS,
    after: After = None,
    subject: IdParameter = None,
    type: TypeParameter = None,
    height: HeightParameter = None,
) -> Events:
    rows = backend.index.events(
        chain_of(backend, chain).name,
        after=after,
        before=place_of(cursor, HEIGHTS),
        limit=limit,
        subject=digits_of(subject),
        type=type,
        height=height,
    )
    # Whoever asks forward goes on behind the last `seq`, for the list's end is where the chain stands.
    return Events(rows, None if after is not None else next_of(rows, limit, HEIGHTS))


HANDLERS = (list_blocks, get_block, list_transactions, get_transaction, list_events)
