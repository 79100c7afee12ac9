"""Follows a chain block by block and writes what it sees into the index."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeAlias, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from ..onchain.ledger import BlockAnswer, Dispatcher, Node
from ..onchain.ledger.header import LightBlock
from ..onchain.refusals import Refusal
from .database import Database
from .reading import Batch, read_blocks
from .records import Asking
from .rows import BlockRow, EventRow
from .tables import EVENTS_PER_BLOCK
from .writing import Standing, Writer

T = TypeVar("T")
Published: TypeAlias = Callable[[Sequence[BlockRow], Sequence[EventRow]], None]
"""new blocks with their events, in order, when they can be read in the index"""

BATCH_BLOCKS = 200
BATCH_TRANSACTIONS = 2_000
"""So many are written together at the most, give or take a block's."""
PAUSE_S = 0.1
"""How long to wait before a chain is asked again for new blocks."""
RETRY_S, LONGEST_RETRY_S = 0.25, 5.0
"""How long to wait before the database is tried again, at first and at the longest; doubled each time."""

_log = logging.getLogger(__name__)


class Follower:
    """Follows one chain for as long as `run` runs.

    `published` is called in the event loop. What the index lacked when it began to follow for the first time, or after
    it was lost, is not published once more.
    """

    def __init__(
        self, chain_name: str, node: Node, dispatcher: Dispatcher, database: Database, published: Published
    ) -> None:
        self._name = chain_name
        self._node = node
        self._dispatcher = dispatcher
        self._database = database
        self._published = published
        self._asking = Asking(node, dispatcher)
        self._writer = Writer(database, chain=chain_name, chain_id=dispatcher.spec.chain_id)
        self.height: int | None = None
        """How far the index is; None while it is not taken up, or out of reach."""
        self._told: int | None = None
        """The height of the last block that was published, or needs not be; None before the first taking up."""
        self._wrong = False
        """Something is wrong of which was told."""
        self._retry_s = RETRY_S

    async def run(self) -> None:
        """Follows until cancelled; what is wrong with the database is told in the log and tried again."""
        worker = ThreadPoolExecutor(1, thread_name_prefix=f"index-{self._name}")
        try:
            while True:
                try:
                    self.height = None
                    await self._follow(worker)
                    _log.warning("The index of chain %s is not what it was: it is taken up anew.", self._name)
                except (SQLAlchemyError, Refusal, OSError) as error:
                    self.height = None
                    self._tell(error)
                    if isinstance(error, SQLAlchemyError):
                        await self._do(worker, partial(self._database.mend, error))
                    await asyncio.sleep(self._retry_s)
                    self._retry_s = min(2 * self._retry_s, LONGEST_RETRY_S)
        finally:
            # A batch that is being written is written to its end.
            worker.shutdown()

    def _tell(self, error: Exception) -> None:
        """Logs that something is wrong, once until it is well again; never the values of a row."""
        if not self._wrong:
            said = str(getattr(error, "orig", error)).partition("\n")[0][:200]
            _log.warning("The index of chain %s in %s does not follow: %s", self._name, self._database, said)
        self._wrong = True

    async def _do(self, worker: ThreadPoolExecutor, job: Callable[[], T]) -> T:
        """Runs what takes the database or long computing in the worker's thread, off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(worker, job)

    async def _follow(self, worker: ThreadPoolExecutor) -> None:
        """Takes the index up and follows; comes back when the database is not what it was, to be taken up anew."""
        height = self.height = await self._take_up(worker)
        while not self._database.is_moved:
            status = await self._node.status()
            if status.height <= height:
                await asyncio.sleep(PAUSE_S)
                continue
            answers = await self._fetch(height + 1, status.height)
            batch = await self._do(worker, partial(read_blocks, self._dispatcher, answers))
            records = await self._asking.of(batch)
            if not await self._do(worker, partial(self._writer.write, batch, records, after=height)):
                return
            height = self.height = batch.blocks[-1].height
            if self._wrong:
                _log.warning("The index of chain %s follows again.", self._name)
            self._wrong, self._retry_s = False, RETRY_S
            self._publish(batch)
            if len(answers) < BATCH_BLOCKS:
                # What came meanwhile is written together: many small writes would slow down the chain itself.
                await asyncio.sleep(PAUSE_S)

    async def _take_up(self, worker: ThreadPoolExecutor) -> int:
        """Gives the height from which to go on; builds the index anew unless all that it has is of this chain."""
        self._asking.forget()
        status = await self._node.status()
        standing = await self._do(worker, self._writer.standing)
        if standing is not None and standing.height <= status.height and await self._is_ours(standing):
            self._told = standing.height if self._told is None else self._told
            return standing.height
        _log.info("The index of chain %s is built anew.", self._name)
        self._told = status.height if self._told is None else self._told
        genesis = await self._asking.at_genesis()
        await self._do(worker, partial(self._writer.begin, genesis))
        return 0

    async def _is_ours(self, standing: Standing) -> bool:
        """Whether the last block of the index is the chain's: one that came out of a backup may have others since."""
        if standing.height == 0:
            return True
        answer = await self._node.block(standing.height)
        return LightBlock.decode(answer.light_block).header.hash().hex() == standing.last_hash

    async def _fetch(self, first: int, last: int) -> list[BlockAnswer]:
        answers: list[BlockAnswer] = []
        transactions = 0
        while len(answers) < min(BATCH_BLOCKS, last - first + 1) and transactions < BATCH_TRANSACTIONS:
            answers.append(await self._node.block(first + len(answers)))
            transactions += len(answers[-1].transactions)
            # A node in this process answers without ever waiting: others must have their turns.
            await asyncio.sleep(0)
        return answers

    def _publish(self, batch: Batch) -> None:
        told = self._told or 0
        blocks = [block for block in batch.blocks if block.height > told]
        if blocks:
            self._told = blocks[-1].height
            self._published(blocks, [event for event in batch.events if event.seq >= (told + 1) * EVENTS_PER_BLOCK])
