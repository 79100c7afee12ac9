"""Rotates a party's keys in a process of its own; may be told at which step to die.

python -m homes.rotating HOME PARTY [STEP]
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from autochain.network import Home, change_keys, open_network

from .replaying import Steps, tell


async def rotate(home: Path, party: str, *, last_step: int) -> None:
    async with open_network(Home(home)) as network:
        # From here on: what opening a home does has its own test.
        steps = Steps(last_step)
        steps.watch()
        changed = await change_keys(home / "parties", network.client, party)
        tell(key=changed.wallet.public_key.data.hex(), ended=steps.count)


if __name__ == "__main__":
    home, party, *last = sys.argv[1:]
    asyncio.run(rotate(Path(home), party, last_step=int(last[0]) if last else 0))
