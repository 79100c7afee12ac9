"""Lets a follower follow for a while, and shows all that it wrote."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from msgspec.structs import replace
from sqlalchemy import create_engine, inspect, text

from autochain.client import Client
from autochain.index import BlockRow, Database, EventRow, Follower, Index
from autochain.onchain.ledger import Node, Status

CHAIN = "main"
WAIT_S = 60.0
"""How long an index may take to catch up on a busy machine."""


class Following:
    """A follower at work, and what it published."""

    def __init__(self, client: Client, database: Database, *, node: Node | None = None) -> None:
        self.database = database
        self.index = Index(database)
        self.blocks: list[BlockRow] = []
        self.events: list[EventRow] = []
        self._node = node or client.node
        self.follower = Follower(CHAIN, self._node, client.dispatcher, database, self._hear)
        self._task = asyncio.create_task(self.follower.run())

    def _hear(self, blocks: Sequence[BlockRow], events: Sequence[EventRow]) -> None:
        self.blocks += blocks
        self.events += events

    async def catch_up(self) -> None:
        """Waits until the index tells of the chain's last block."""
        async with asyncio.timeout(WAIT_S):
            while (self.follower.height or 0) < (await self._node.status()).height:
                assert not self._task.done(), self._task
                await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self.database.close()


@contextlib.asynccontextmanager
async def following(client: Client, where: str | Database, *, node: Node | None = None) -> AsyncIterator[Following]:
    """Follows a client's chain into a database from its start to the end of the block."""
    one = Following(client, where if isinstance(where, Database) else Database(where), node=node)
    try:
        yield one
    finally:
        await one.stop()


async def follow_once(client: Client, where: str | Database, *, node: Node | None = None) -> None:
    """Lets a follower catch up once."""
    async with following(client, where, node=node) as one:
        await one.catch_up()


def all_rows(address: str) -> dict[str, list[dict[str, Any]]]:
    """Reads every row of every table, past all code of the index."""
    engine = create_engine(address)
    try:
        with engine.connect() as connection:
            names = sorted(inspect(connection).get_table_names())
            found = {name: connection.execute(text(f"SELECT * FROM {name}")).mappings().all() for name in names}
    finally:
        engine.dispose()
    return {name: sorted(map(dict, rows), key=repr) for name, rows in found.items()}


def change(address: str, statement: str) -> None:
    """Changes a database behind the index's back."""
    engine = create_engine(address)
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


class Behind:
    """A node that knows of no block behind a height."""

    def __init__(self, node: Node, *, last: int) -> None:
        self._node = node
        self._last = last
        self.submit, self.query, self.prove, self.block = node.submit, node.query, node.prove, node.block

    async def status(self) -> Status:
        status = await self._node.status()
        return replace(status, height=min(status.height, self._last))
