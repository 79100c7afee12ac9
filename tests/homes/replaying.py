"""Replays a table in a process of its own and tells each drive it acknowledges; may be told at which step to die.

python -m homes.replaying HOME TABLE [STEP]
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autochain.edge.gateways.csv import FileMapping
from autochain.network import Home, Replay, Terms, open_network
from autochain.node import ChainStore

DURABLE: list[tuple[Any, str]] = [(os, "fsync"), (Path, "replace"), (Path, "unlink"), (ChainStore, "commit")]
"""All by which a replay changes what is kept."""


class Steps:
    """Counts the moments before and after each change of what is kept, and kills the process at one of them."""

    def __init__(self, last: int) -> None:
        self._last = last
        self._lock = threading.Lock()
        self.count = 0

    def watch(self) -> None:
        for owner, name in DURABLE:
            setattr(owner, name, self._watched(getattr(owner, name)))

    def _watched(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **named: Any) -> Any:
            self._pass()
            answer = call(*arguments, **named)
            self._pass()
            return answer

        return watched

    def _pass(self) -> None:
        with self._lock:
            self.count += 1
            if self.count == self._last:
                os.kill(os.getpid(), signal.SIGKILL)


async def replay(home: Path, table: Path, steps: Steps) -> None:
    async with open_network(Home(home)) as network:
        tell(made=steps.count)
        work = Replay(network, table, FileMapping(), Terms("owner", "buyer", "research", 500_000), lambda _: None)
        async for drive in work.drives():
            tell(
                recording=drive.recorded.recording.hex(),
                manifest_root=drive.recorded.manifest_root.hex(),
                height=drive.recorded.height,
                receipt=drive.receipt.hex(),
            )
    tell(ended=steps.count)


def tell(**facts: int | str) -> None:
    print(json.dumps(facts), flush=True)


def main() -> None:
    home, table, *last = sys.argv[1:]
    steps = Steps(int(last[0]) if last else 0)
    steps.watch()
    asyncio.run(replay(Path(home), Path(table), steps))


if __name__ == "__main__":
    main()
