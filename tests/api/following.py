"""Waiting until the read model tells what the chain tells."""

from __future__ import annotations

import asyncio

from .people import Served


async def followed(api: Served) -> int:
    """Waits until the index has every block that there is; gives the height."""
    while True:
        height = (await api.scene.client.status()).height
        if await asyncio.to_thread(api.backend.index.height, "main") == height:
            return height
        await asyncio.sleep(0.01)
