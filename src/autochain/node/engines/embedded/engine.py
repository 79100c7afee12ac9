"""One validator that makes a block when there is something to put into it, and answers when it is durable."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from ....onchain.ledger import (
    Answer,
    Application,
    BlockAnswer,
    ChainSpec,
    Executed,
    Status,
    Submitted,
    errors,
    header,
    transaction_hash,
)
from ....onchain.ledger.light import Proved
from ....onchain.refusals import Refusal, present
from ...store import ChainStore, StoredBlock
from .mempool import Mempool

NS_PER_MS = 1_000_000
POWER = 1
"""Voting power of the one validator."""
PROOF_PAUSE_S = 0.05
"""How long a change waits for its proof block; a transaction's block is as good, and `prove` does not wait."""
ROOM_PAUSE_S = 1.0
"""How long to wait before another block is tried when the store had no room for the last one."""


class EmbeddedEngine:
    """Implements the ledger's `Node` with one validator's key.

    `clock` gives milliseconds since 1970; `sign` signs with the validator's Ed25519 key. All calls come from one event
    loop.
    """

    def __init__(
        self,
        store: ChainStore,
        application: Application,
        *,
        validator: bytes,
        sign: Callable[[bytes], bytes],
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._application = application
        self._sign = sign
        self._clock = clock
        member = header.validator(validator, POWER)
        self._validators = header.ValidatorSet((member,), proposer=member)
        self._mempool = Mempool()
        self._answers: dict[bytes, asyncio.Future[Submitted]] = {}
        self._wake = asyncio.Event()
        self._spec: ChainSpec | None = None
        self._tip: header.LightBlock | None = None
        self._results_hash = header.results_hash([])
        self._full = False
        """The store had no room for the last block."""

    @property
    def validators_hash(self) -> bytes:
        return self._validators.hash()

    def start(self, spec: ChainSpec) -> None:
        """Takes up the chain where its store stands; a fresh or stale one gets a block at once."""
        self._spec = spec
        if self._store.height:
            kept = present(self._store.block(self._store.height), "the last block is kept")
            self._tip = self._light_block(kept)
            self._results_hash = header.results_hash([result.deterministic() for result in kept.results])
        if self._tip is None or self._needs_proof_block() or self._is_due():
            self.make_block()

    async def run(self) -> None:
        """Makes blocks until cancelled: on demand, for a due timer, to prove a change, and to stay fresh."""
        while True:
            # Where something waits already, the pause of no length lets others have their turn between two blocks.
            pause_s = 0 if self._mempool else self._pause_s()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()
            self._wake.clear()
            try:
                if self._mempool or self._needs_proof_block() or self._is_due():
                    self.make_block()
            except Refusal:
                # Those who waited have been told; when there is room again the chain goes on.
                await asyncio.sleep(ROOM_PAUSE_S)

    def _pause_s(self) -> float:
        """Gives how long to wait for a transaction before a block is made without one."""
        due_s = max(0, self._next_block_ms() - self._clock()) / 1000
        return min(due_s, PROOF_PAUSE_S) if self._needs_proof_block() else due_s

    def _is_due(self) -> bool:
        """Whether a block must be made now even if no transaction comes."""
        return self._next_block_ms() <= self._clock()

    def _next_block_ms(self) -> int:
        """When a block must be made even if no transaction comes."""
        tip = present(self._tip, "the engine was started").header
        limit = tip.time_ms + present(self._spec, "the engine was started").max_header_age_ms
        due = self._application.next_due_ms()
        return limit if due is None else min(limit, due)

    def _needs_proof_block(self) -> bool:
        """Whether the last change of state has no header yet that shows its root."""
        return present(self._tip, "the engine was started").header.app_hash != self._application.info().app_hash

    def make_block(self) -> None:
        """Makes the next block from what waits, writes it durably with its effects, and answers those who wait for it.

        Refuses with STORE_FULL when the store has no room: all who wait are told, and the chain stays as it was.
        """
        height = self._store.height + 1
        last_ms = self._tip.header.time_ms if self._tip else 0
        time_ms = max(self._clock(), last_ms + 1)
        waiting = self._mempool.items()
        chosen = self._application.prepare([data for _, data in waiting], height=height, time_ms=time_ms)
        names = [transaction_hash(data) for data in chosen]
        head, block, commit = self._decide(chosen, height=height, time_ms=time_ms)
        executed = self._application.execute(chosen, height=height, time_ms=time_ms)
        self._store.stage(height, StoredBlock(block, commit.encode(), executed.results, executed.events, tuple(names)))
        try:
            self._application.commit()
        except Refusal as refusal:
            self._full = True
            for name, _ in self._mempool.items():
                self._refuse(name, refusal)
            raise
        self._full = False
        self._tip = header.LightBlock(header.SignedHeader(head, commit), self._validators)
        self._results_hash = header.results_hash([result.deterministic() for result in executed.results])
        self._answer(names, executed, height)
        self._recheck()

    def _decide(self, chosen: list[bytes], *, height: int, time_ms: int) -> tuple[header.Header, bytes, header.Commit]:
        """Builds the block's header and signs the commit that decides it."""
        spec = present(self._spec, "the engine was started")
        last = self._tip.commit if self._tip else header.Commit()
        validator = self._validators.validators[0]
        head = header.Header(
            chain_id=spec.chain_id,
            height=height,
            time_ns=time_ms * NS_PER_MS,
            validators_hash=self._validators.hash(),
            next_validators_hash=self._validators.hash(),
            consensus_hash=header.HashedParams(spec.limits.block_bytes, spec.limits.block_weight).hash(),
            proposer_address=validator.address,
            app_hash=self._application.info().app_hash,
            last_results_hash=self._results_hash,
            data_hash=header.data_hash(chosen),
            evidence_hash=header.data_hash([]),
            last_commit_hash=last.hash(),
            last_block_id=last.block_id,
        )
        block = header.Block(head, header.Data(tuple(chosen)), last_commit=last).encode()
        vote = header.CommitSignature(header.FLAG_COMMIT, validator.address, head.time_ns)
        commit = header.Commit(height, 0, header.block_id(head, block), (vote,))
        signature = self._sign(commit.sign_bytes(chain_id=spec.chain_id, index=0))
        signed = header.CommitSignature(header.FLAG_COMMIT, validator.address, head.time_ns, signature)
        return head, block, header.Commit(height, 0, commit.block_id, (signed,))

    def _answer(self, names: list[bytes], executed: Executed, height: int) -> None:
        for index, (name, result) in enumerate(zip(names, executed.results, strict=True)):
            self._mempool.drop(name)
            answer = self._answers.pop(name, None)
            if answer is not None and not answer.done():
                answer.set_result(Submitted(name, height, index, result))

    def _recheck(self) -> None:
        """Drops what can't go into the next block any more."""
        for name, data in self._mempool.items():
            try:
                self._application.check(data, recheck=True)
            except Refusal as refusal:
                self._refuse(name, refusal)

    def _refuse(self, name: bytes, refusal: Refusal) -> None:
        """Drops a transaction that waits and tells those who wait for it why."""
        self._mempool.drop(name)
        answer = self._answers.pop(name, None)
        if answer is not None and not answer.done():
            answer.set_exception(refusal)
            answer.exception()  # Looked at here, as nobody may be waiting any more; asyncio would log it.

    async def submit(self, data: bytes) -> Submitted:
        name = transaction_hash(data)
        place = self._store.place(name)
        if place is not None:
            kept = present(self._store.block(place.height), "the block of a known transaction is kept")
            return Submitted(name, place.height, place.index, kept.results[place.index])
        waiting = self._answers.get(name)
        if waiting is None:
            if self._full:
                # An empty block tries whether there is room again, and clears what the lost block was checked for.
                self.make_block()
            self._mempool.check_room(name, data)
            self._application.check(data)
            self._mempool.add(name, data)
            waiting = self._answers[name] = asyncio.get_running_loop().create_future()
            self._wake.set()
        # Several may wait for one transaction; one who goes away must not take the answer from the others.
        return await asyncio.shield(waiting)

    async def query(self, data: bytes) -> Answer:
        return self._application.query(data)

    async def prove(self, key: bytes) -> Proved:
        if self._is_due():
            # After a machine has slept, its reader must not be given a header of yesterday.
            self.make_block()
        if self._needs_proof_block():
            self.make_block()
        tip = present(self._tip, "the engine was started")
        answer = self._application.prove(key)
        return Proved(key, answer.value, answer.proof, tip.encode())

    async def block(self, height: int) -> BlockAnswer:
        kept = self._store.block(height or self._store.height)
        if kept is None:
            raise errors.NO_BLOCK(f"height {height}, the last is {self._store.height}")
        data = header.Block.decode(kept.block).data
        return BlockAnswer(self._light_block(kept).encode(), data.txs, kept.results, kept.events)

    def _light_block(self, kept: StoredBlock) -> header.LightBlock:
        signed = header.SignedHeader(header.Block.decode(kept.block).header, header.Commit.decode(kept.commit))
        return header.LightBlock(signed, self._validators)

    async def status(self) -> Status:
        tip = present(self._tip, "the engine was started").header
        return Status(
            chain_id=tip.chain_id,
            height=tip.height,
            time_ms=tip.time_ms,
            app_hash=self._application.info().app_hash,
            validators_hash=tip.validators_hash,
            waiting=len(self._mempool),
        )
