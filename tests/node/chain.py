"""A main chain on the disk, run by the embedded engine."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from fakes import MemoryStore, made
from onchain.ledger.probe import WITH_PROBE

from autochain.node import ChainStore, EmbeddedEngine
from autochain.onchain.crypto import SignatureVerifier, tagged_hash, verify_in_turn
from autochain.onchain.ledger import Contract, Introduction, Limits, Message, StateMachine, Submitted
from autochain.onchain.ledger.light import Trust
from autochain.privacy import ed25519
from chains import CHAIN_ID, Harness, Party

SEED = tagged_hash("test/seed", b"validator")
"""Signing seed of the one validator."""
VALIDATOR = ed25519.public_key(SEED).data


class Chain:
    """A chain in a folder with its engine, from the genesis of `chains.Harness`; it signs what its parties send."""

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], int],
        *,
        contracts: Sequence[Contract] = WITH_PROBE,
        limits: Limits | None = None,
        verify: SignatureVerifier = verify_in_turn,
    ) -> None:
        self._verify = verify
        self.folder = folder
        self._clock = clock
        self.contracts = {contract.name: contract for contract in contracts}
        self._genesis = Harness(contracts=contracts, limits=limits)
        self._sequences: Counter[str] = Counter()
        self.treasury = self._genesis.treasury
        self.open()

    def open(self) -> None:
        """Opens the chain's store, as a process that starts does."""
        self.store = ChainStore(self.folder)
        if self.store.meta is None:
            genesis = self._genesis.store
            assert genesis.meta is not None
            self.store.commit(genesis.pairs, height=0, meta=made(genesis.meta))
        self.machine = StateMachine(self.store, self.contracts)
        self.engine = EmbeddedEngine(
            self.store,
            self.machine,
            verify=self._verify,
            validator=VALIDATOR,
            sign=lambda message: ed25519.sign(SEED, message),
            clock=self._clock,
        )

    def reopen(self) -> None:
        self.store.close()
        self.open()

    def start(self) -> None:
        self.engine.start(self.machine.spec)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[EmbeddedEngine]:
        """Lets the engine make blocks."""
        self.start()
        task = asyncio.create_task(self.engine.run())
        try:
            yield self.engine
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled(), "the engine runs until it is cancelled"

    @contextlib.asynccontextmanager
    async def taking_in(self) -> AsyncIterator[EmbeddedEngine]:
        """Lets the engine take in what is submitted; blocks are made by hand."""
        self.start()
        tasks = [asyncio.create_task(part()) for part in (self.engine._run_verification, self.engine._run_taking_in)]
        try:
            yield self.engine
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert all(task.cancelled() for task in tasks), "the engine takes in until it is cancelled"

    async def submitting(self, *signed: bytes) -> list[asyncio.Task[Submitted]]:
        """Submits at once and in order, and lets all of it be taken in."""
        tasks = [asyncio.create_task(self.engine.submit(data)) for data in signed]
        await asyncio.sleep(0.001)
        return tasks

    @property
    def trust(self) -> Trust:
        return Trust(CHAIN_ID, self.engine.validators_hash)

    @property
    def max_age_ms(self) -> int:
        return self.machine.spec.max_header_age_ms

    def twin(self) -> StateMachine:
        """Gives a machine in memory that stands at the chain's genesis."""
        store = MemoryStore()
        store.pairs, store.meta = dict(self._genesis.store.pairs), self._genesis.store.meta
        return StateMachine(store, self.contracts)

    def sign(
        self,
        sender: Party,
        *messages: Message,
        sequence: int | None = None,
        fee_uacc: int | None = None,
        expiry_height: int | None = None,
    ) -> bytes:
        """Signs a transaction; by default with the sequence after the one that was signed last."""
        if sequence is None:
            introduces = isinstance(messages[0], Introduction)
            sequence = 0 if introduces else self._sequences[sender.name] + 1
            self._sequences[sender.name] += not introduces
        expiry = self.store.height + 1_000 if expiry_height is None else expiry_height
        return self._genesis.sign(sender, *messages, sequence=sequence, fee_uacc=fee_uacc, expiry_height=expiry)

    async def send(self, sender: Party, *messages: Message) -> Submitted:
        """Signs and submits a transaction that must happen."""
        submitted = await self.engine.submit(self.sign(sender, *messages))
        assert submitted.result.code == 0, submitted.result.text
        return submitted
