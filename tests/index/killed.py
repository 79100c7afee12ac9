"""A process that follows the chain of a home and is killed on its way; begun by `test_rebuild`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from autochain.index import Database, Follower, follower, writing

from .history import open_history

DIES_AT = 10


async def follow(home: Path, address: str, where: str) -> None:
    """Follows block by block and dies behind the 10th writing: when it is done, or before it is."""
    follower.BATCH_BLOCKS = 1
    written = []
    name = {"writing": "_write_records", "between": "write"}[where]
    write = getattr(writing.Writer, name)

    def write_and_die(*arguments: Any, **named: Any) -> Any:
        answer = write(*arguments, **named)
        written.append(answer)
        if len(written) == DIES_AT:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(writing.Writer, name, write_and_die)
    async with open_history(home) as network:
        await Follower("main", network.client.node, network.client.dispatcher, Database(address), lambda *_: None).run()


if __name__ == "__main__":
    asyncio.run(follow(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
