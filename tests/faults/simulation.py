"""One chain that lives and dies many times in one process, and goes on; all of it follows from one seed."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from fakes import MemoryStore, made
from node.chain import SEED, VALIDATOR
from node.virtual_time import VirtualClock
from onchain.ledger.probe import WITH_PROBE

from autochain.node import EmbeddedEngine, check_store
from autochain.node.store.checking import check
from autochain.onchain.crypto import verify_in_turn
from autochain.onchain.ledger import Limits, StateMachine, Submitted, errors, transaction_hash
from autochain.onchain.refusals import Refusal
from autochain.privacy import ed25519
from chains import Harness

from . import disk, timing
from .clients import crowd
from .disk import Crash, Disk, DiskStore
from .judging import CONTRACTS, Book
from .weather import Weather

IN_MEMORY = Path("/dev/shm")
MAX_DEATHS = 6
LIARS = 0.15
"""Share of the runs in which the disk lies once; each costs a process."""
MAX_LIFE_S = 90.0


class Node:
    """One life of the node, from its start to its death."""

    def __init__(self, store: DiskStore, genesis: MemoryStore, clock: VirtualClock) -> None:
        self.store = store
        if store.meta is None:
            assert genesis.meta is not None
            store.commit(genesis.pairs, height=0, meta=made(genesis.meta))
        self.machine = StateMachine(store, CONTRACTS)
        self.engine = EmbeddedEngine(
            store,
            self.machine,
            verify=verify_in_turn,
            validator=VALIDATOR,
            sign=lambda message: ed25519.sign(SEED, message),
            clock=clock,
        )
        self.died = asyncio.Event()


class Simulation:
    """The world around one chain: who sends to it, and what befalls it."""

    def __init__(self, seed: int, folder: Path, log: Callable[[str], None]) -> None:
        self.chance = random.Random(f"{seed} world")
        self.clock = VirtualClock()
        small = self.chance.random() < 0.7
        self.genesis = Harness(contracts=WITH_PROBE, limits=Limits(block_weight=self._weight()) if small else None)
        self.disk = Disk(folder, random.Random(f"{seed} disk"), self.clock)
        self.node: Node | None = None
        self.deaths = 0
        self.is_lost = False
        """The disk has lied, the node has said so, and nothing more is asked of it."""
        self._lies = self.chance.random() < LIARS
        self._has_lied = False
        self._history_heights = self.chance.choice((3, 20, 1_000))
        self._up = asyncio.Event()
        self._log = log
        self._book = Book(self.genesis.store)

    def _weight(self) -> int:
        """A block's weight, for a few transactions only."""
        return self.chance.choice((600, 800, 1_600))

    def log(self, what: str) -> None:
        self._log(f"{self.clock.passed_ms:>9} {what}")

    async def up(self) -> Node:
        """Waits for a node that answers."""
        while self.node is None:
            await self._up.wait()
        return self.node

    async def audit(self) -> None:
        """Holds a living node against what its clients were told."""
        if self.node is not None and not self.disk.is_dead:
            await self._book.check(self.node.store, self.node.machine, self.node.engine)

    async def submit(self, who: str, data: bytes, *, patience_s: float | None = None) -> Submitted | Refusal | None:
        """Sends a transaction to the node; None when it died, or the sender went away, before it answered."""
        name = transaction_hash(data)
        node = await self.up()
        sending = asyncio.create_task(node.engine.submit(data))
        dying = asyncio.create_task(node.died.wait())
        await asyncio.wait((sending, dying), timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        dying.cancel()
        answer = await _answer(sending) if sending.done() else None
        if isinstance(answer, Submitted):
            self._book.acknowledge(answer)
            self.log(f"{who} {name.hex()[:8]} stands at {answer.height}.{answer.index}: {answer.result.code}")
        elif answer is not None:
            self._book.refuse(name, answer)
            self.log(f"{who} {name.hex()[:8]} is refused: {answer.reason.codespace} {answer.reason.code}")
        else:
            sending.cancel()
            self._book.lose(name)
            self.log(f"{who} {name.hex()[:8]} is not answered")
        return answer

    async def run(self, clients: list[asyncio.Task[None]]) -> None:
        """Lets the node live and die until all clients are done, and then once more without a fault."""
        weather = asyncio.create_task(Weather(self).blow())
        everybody = asyncio.gather(*clients, weather)
        try:
            while not everybody.done() and not self.is_lost:
                await self._live(everybody)
            if self.is_lost:
                return
            everybody.result()
        finally:
            everybody.cancel()
            await asyncio.gather(everybody, return_exceptions=True)
        await self._live(everybody)
        check(self.disk.folder, whole=True)
        self.log("all is as it was said")

    async def _live(self, everybody: asyncio.Future[list[None]]) -> None:
        """Runs the node from its start to its death, or until everybody is done."""
        self.disk.point = None
        life_s = None if everybody.done() or self.deaths == MAX_DEATHS else self._plan_death()
        expected, self.disk.is_dead = self.disk.height, False
        try:
            store = DiskStore(self.disk, history_heights=self._history_heights)
            try:
                assert store.height == expected, f"height {store.height} after a restart, {expected} were written"
                await self._serve(Node(store, self.genesis.store, self.clock), everybody, life_s)
            finally:
                store.close()
        except Crash:
            self.log("the node dies as it starts")
        except Refusal as refusal:
            self._refused_to_start(refusal)
        self.disk.died = lambda: None
        if self.is_lost:
            return
        if self.disk.is_dead:
            self._die()
        else:
            await asyncio.sleep(1)

    def _plan_death(self) -> float | None:
        """Decides where the node dies, or, between blocks, after how many seconds."""
        if self.chance.random() < 0.2:
            return self.chance.random() * self.chance.choice((0.01, 1, MAX_LIFE_S))
        self.disk.point = self.chance.choice(disk.POINTS)
        self.disk.blocks_left = self.chance.choice((0, 1, 3, 10, 20, 40))
        return None

    async def _serve(self, node: Node, everybody: asyncio.Future[list[None]], life_s: float | None) -> None:
        """Holds what the node has against what its clients were told, when it starts and when it stops in peace."""
        self.disk.died = node.died.set
        await self._book.check(node.store, node.machine, node.engine)
        self.log(f"the node starts at {node.store.height} {node.machine.info().app_hash.hex()[:16]}")
        node.engine.start(node.machine.spec)
        running = asyncio.create_task(node.engine.run())
        dying = asyncio.create_task(node.died.wait())
        self.node = node
        self._up.set()
        await asyncio.wait((everybody, dying, running), timeout=life_s, return_when=asyncio.FIRST_COMPLETED)
        self.node = None
        self._up.clear()
        dying.cancel()
        if running.done() and not self.disk.is_dead:
            raise AssertionError("the engine ended") from running.exception()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if self.disk.is_dead:
            return
        if everybody.done():
            await self._book.check(node.store, node.machine, node.engine)
        else:
            self.disk.die()

    def _refused_to_start(self, refusal: Refusal) -> None:
        if self._has_lied and refusal.reason == errors.STORE_DAMAGED:
            self._give_up(refusal)
            return
        assert refusal.reason == errors.STORE_FULL, refusal.text
        self.log("the node has no room to start")

    def _die(self) -> None:
        """Leaves on the disk what the death leaves there; where the disk lied, the damage is named or harmless."""
        self.deaths += 1
        lies = self._lies and self.disk.is_torn
        what = self.disk.lose_power(lies=lies)
        self.log(f"the node died {self.disk.point or 'between blocks'}: {what}")
        if lies:
            self._lies, self._has_lied = False, True
            try:
                check_store(self.disk.folder, whole=True)
            except Refusal as refusal:
                assert refusal.reason == errors.STORE_DAMAGED
                self._give_up(refusal)
        elif self.disk.is_torn:
            check(self.disk.folder, whole=True)  # What an honest disk keeps is sound.

    def _give_up(self, refusal: Refusal) -> None:
        self.is_lost = True
        self.log(f"the damage is named: {refusal.reason.code}")


async def _answer(sending: asyncio.Task[Submitted]) -> Submitted | Refusal | None:
    """Gives what a node said before it died."""
    try:
        return await sending
    except Refusal as refusal:
        return refusal
    except Crash:
        return None


def simulate(seed: int, log: Callable[[str], None]) -> None:
    """Runs one history; raises where a promise is broken."""
    place = IN_MEMORY if IN_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="faults-", dir=place) as folder:
        simulation = Simulation(seed, Path(folder), log)

        async def job() -> None:
            await simulation.run([asyncio.create_task(one) for one in crowd(simulation, seed)])

        timing.run(simulation.clock, random.Random(f"{seed} threads"), job())
