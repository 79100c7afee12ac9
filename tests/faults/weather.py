"""What befalls a node beside its death: its clock jumps, its machine sleeps, its disk is slow or full."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .simulation import Simulation

EVENTS = 8
HOUR_MS = 3_600_000


class Weather:
    """Some events one after another, each with an end."""

    def __init__(self, world: Simulation) -> None:
        self._world = world
        self._chance = world.chance

    async def blow(self) -> None:
        for _ in range(self._chance.randrange(EVENTS)):
            await asyncio.sleep(self._chance.choice((0.05, 1, 30)) * self._chance.random())
            await self._chance.choice((self._jump, self._jump, self._sleep, self._slow, self._full))()

    async def _jump(self) -> None:
        ms = self._chance.choice((-HOUR_MS, -70_000, -500, -1, 1, 500, 70_000, HOUR_MS))
        self._world.log(f"the clock jumps by {ms} ms")
        self._world.clock.jump(ms)

    async def _sleep(self) -> None:
        ms = self._chance.randrange(300_000)
        self._world.log(f"the machine sleeps for {ms} ms")
        self._world.clock.passed_ms += ms

    async def _slow(self) -> None:
        self._world.disk.slow_ms = self._chance.choice((1, 30, 2_000))
        self._world.log(f"the disk takes {self._world.disk.slow_ms} ms")
        await asyncio.sleep(self._chance.random() * 20)
        self._world.disk.slow_ms = 0

    async def _full(self) -> None:
        self._world.disk.full = True
        self._world.log("the disk is full")
        await asyncio.sleep(self._chance.choice((0.01, 0.5, 10)))
        await self._world.audit()
        self._world.disk.full = False
        self._world.log("the disk has room")
