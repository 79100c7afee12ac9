"""One validator that makes a block when there is something to put into it, and answers when it is durable."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from ....onchain.crypto import SignatureVerifier
from ....onchain.ledger import (
    Answer,
    Application,
    BlockAnswer,
    ChainSpec,
    Executed,
    Screening,
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
MAX_ARRIVING = 20_000
"""How many transactions may wait for their signatures to be verified."""
MAX_ARRIVING_BYTES = 64 * 1024 * 1024
AT_WORK = 3
"""Into how many parts all that are on their way are divided under load: while one is verified, another is made into a
block, and the clients of the third send their next."""
WORTH_SHARING = 256
"""So few transactions are verified together in any case."""
TURNS = 4
"""How many turns of the event loop those have who wait: as many as there are from a block's answer to the beginning of
the next transaction's verification."""
AT_ONCE = 4
"""So few signatures are verified on the spot; more, beside the making of blocks."""
POWER = 1
"""Voting power of the one validator."""
PROOF_PAUSE_S = 0.05
"""How long a change waits for its proof block; a transaction's block is as good, and `prove` does not wait."""
ROOM_PAUSE_S = 1.0
"""How long to wait before another block is tried when the store had no room for the last one."""


class _Arriving(NamedTuple):
    """A screened transaction whose signatures are not verified yet."""

    name: bytes
    data: bytes
    screening: Screening


_Verifying: TypeAlias = tuple[list[_Arriving], asyncio.Future[Sequence[bool]]]


class _Begun(NamedTuple):
    """A block that was run and is not written yet."""

    height: int
    time_ms: int
    chosen: list[bytes]
    names: list[bytes]
    executed: Executed


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
        verify: SignatureVerifier,
        validator: bytes,
        sign: Callable[[bytes], bytes],
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._application = application
        self._sign = sign
        self._clock = clock
        self._validators = self.validators(validator)
        self._verify = verify
        self._mempool = Mempool()
        self._arriving: list[_Arriving] = []
        self._unverified = 0
        """How many arrive or are being verified."""
        self._unverified_bytes = 0
        self._arrived = asyncio.Event()
        self._verifying: asyncio.Queue[_Verifying] = asyncio.Queue(maxsize=1)
        """What is being verified; the next part is begun before this one is taken in, so that no core waits."""
        self._answers: dict[bytes, list[asyncio.Future[Submitted]]] = {}
        """Who waits for each transaction."""
        self._wake = asyncio.Event()
        self._spec: ChainSpec | None = None
        self._tip: header.LightBlock | None = None
        self._results_hash = header.results_hash([])
        self._begun: _Begun | None = None
        self._full = False
        """The store had no room for the last block."""

    @staticmethod
    def validators(validator: bytes) -> header.ValidatorSet:
        """Gives the validators of a chain that this one key decides."""
        member = header.validator(validator, POWER)
        return header.ValidatorSet((member,), proposer=member)

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
        """Verifies what arrives and makes blocks, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._run_verification())
            group.create_task(self._run_taking_in())
            group.create_task(self._run_blocks())

    async def _run_verification(self) -> None:
        """Has the signatures of what arrives verified, beside the making of blocks."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            count = max(WORTH_SHARING, len(self._answers) // AT_WORK)
            arriving, self._arriving = self._arriving[:count], self._arriving[count:]
            if self._arriving:
                self._arrived.set()
            jobs = [job for one in arriving for job in one.screening.signatures]
            verdicts: asyncio.Future[Sequence[bool]] = asyncio.get_running_loop().create_future()
            if len(jobs) <= AT_ONCE:
                verdicts.set_result(self._verify(jobs))
            else:
                verdicts = asyncio.get_running_loop().run_in_executor(None, self._verify, jobs)
            # When the engine stops, nobody hears the verdicts of what is still at work.
            verdicts.add_done_callback(lambda done: done.cancelled() or done.exception())
            await self._verifying.put((arriving, verdicts))

    async def _run_taking_in(self) -> None:
        """Takes in what was verified, in the order in which it arrived."""
        while True:
            arriving, awaited = await self._verifying.get()
            verdicts = iter(await awaited)
            self._unverified -= len(arriving)
            self._unverified_bytes -= sum(len(one.data) for one in arriving)
            for one in arriving:
                held = [next(verdicts) for _ in one.screening.signatures]
                self._take_in(one, holds=all(held))
            self._wake.set()

    def _take_in(self, one: _Arriving, *, holds: bool) -> None:
        """Lets a transaction wait for a block, which decides whether it can happen."""
        try:
            if not holds:
                raise errors.BAD_SIGNATURE()
            if not self._mempool.has_room(one.data):
                # What waits makes way by happening or by being refused: nobody is pushed out for a claimed fee.
                self.make_block()
            if one.screening.checked.succeeds:
                # It is judged by the last state, and what stands in the block that was begun is out of its reach.
                self._finish_block()
            self._application.vouch(one.data)
            superseded = self._mempool.add(one.name, one.data, one.screening.checked)
        except Refusal as refusal:
            self._application.forget(one.data)
            self._refuse(one.name, refusal)
            return
        for other in superseded:
            self._application.forget(other.data)
            self._refuse(other.name, errors.WRONG_SEQUENCE("the sender's next keys take over"))

    async def _run_blocks(self) -> None:
        """Makes blocks: on demand, for a due timer, to prove a change, and to stay fresh."""
        made = True
        while True:
            if not (self._mempool and made):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._pause_s()):
                        await self._wake.wait()
            self._wake.clear()
            try:
                if self._mempool or self._needs_proof_block() or self._is_due():
                    self._finish_block()
                    made = self._begin_block()
                    # While the tree is made in another process, those who were told of the last block have theirs.
                    for _ in range(TURNS):
                        await asyncio.sleep(0)
                    self._finish_block()
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

    def make_block(self) -> bool:
        """Makes the next block from what waits, writes it durably with its effects, and answers those who wait for it.

        Where nothing that waits can happen and no block is due, none is made, and it says so. Refuses with STORE_FULL
        when the store has no room: all who wait are told, and the chain stays as it was.
        """
        self._finish_block()
        begun = self._begin_block()
        self._finish_block()
        return begun

    def _begin_block(self) -> bool:
        """Chooses and runs the transactions of the next block."""
        height = self._store.height + 1
        last_ms = self._tip.header.time_ms if self._tip else 0
        time_ms = max(self._clock(), last_ms + 1)
        waiting = {one.data: one.name for one in self._mempool.in_order()}
        chosen, refused = self._application.prepare(list(waiting), height=height, time_ms=time_ms)
        for data, refusal in refused:
            self._refuse(waiting[data], refusal)
        if not (chosen or self._full or self._tip is None or self._needs_proof_block() or self._is_due()):
            return False
        executed = self._application.execute(chosen, height=height, time_ms=time_ms)
        self._begun = _Begun(height, time_ms, chosen, [waiting[data] for data in chosen], executed)
        return True

    def _finish_block(self) -> None:
        """Writes the block that was begun, if there is one, and answers those who wait for it."""
        begun, self._begun = self._begun, None
        if begun is None:
            return
        height, time_ms, chosen, names, executed = begun
        head, block, commit = self._decide(chosen, height=height, time_ms=time_ms)
        self._store.stage(height, StoredBlock(block, commit.encode(), executed.results, executed.events, tuple(names)))
        try:
            self._application.commit()
        except Refusal as refusal:
            self._full = True
            for one in self._mempool.in_order():
                self._application.forget(one.data)
                self._refuse(one.name, refusal)
            raise
        self._full = False
        self._tip = header.LightBlock(header.SignedHeader(head, commit), self._validators)
        self._results_hash = header.results_hash([result.deterministic() for result in executed.results])
        self._answer(names, executed, height)

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
            self._tell(name, Submitted(name, height, index, result))

    def _refuse(self, name: bytes, refusal: Refusal) -> None:
        """Drops a transaction that waits and tells those who wait for it why; or, if it stands already, where."""
        self._mempool.drop(name)
        try:
            self._tell(name, self._find(name) or refusal)
        except Refusal as damaged:
            # That its block can't be read is for those who asked for it; the chain goes on.
            self._tell(name, damaged)

    def _tell(self, name: bytes, answer: Submitted | Refusal) -> None:
        for waiting in self._answers.pop(name, ()):
            if waiting.done():
                continue  # Whoever waited has gone away.
            if isinstance(answer, Refusal):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)

    def _find(self, name: bytes) -> Submitted | None:
        """Says what came of a transaction that stands in a block."""
        found = self._store.find(name)
        if found is None:
            return None
        place, block = found
        return Submitted(name, place.height, place.index, block.results[place.index])

    async def submit(self, data: bytes) -> Submitted:
        name = transaction_hash(data)
        waiting = self._answers.get(name)
        if waiting is None:
            if self._full:
                # An empty block tries whether there is room again, and clears what the lost block was checked for.
                self.make_block()
            if self._unverified >= MAX_ARRIVING or self._unverified_bytes + len(data) > MAX_ARRIVING_BYTES:
                raise errors.MEMPOOL_FULL(f"{self._unverified} transactions are being verified")
            try:
                screening = self._application.screen(data)
            except Refusal:
                found = self._find(name)
                if found is None:
                    raise
                return found
            waiting = self._answers[name] = []
            self._arriving.append(_Arriving(name, data, screening))
            self._unverified += 1
            self._unverified_bytes += len(data)
            self._arrived.set()
        # Several may wait for one transaction, each with a future of its own: one who goes away takes it from nobody.
        future: asyncio.Future[Submitted] = asyncio.get_running_loop().create_future()
        waiting.append(future)
        try:
            return await future
        finally:
            # A refusal holds this frame; if it held the refusal, both and the bytes would stay for the collector.
            del future, waiting

    async def query(self, data: bytes, *, height: int = 0) -> Answer:
        return self._application.query(data, height=height)

    async def prove(self, key: bytes) -> Proved:
        if self._is_due():
            # After a machine has slept, its reader must not be given a header of yesterday.
            self.make_block()
        if self._needs_proof_block():
            self.make_block()
        tip = present(self._tip, "the engine was started")
        # That block may hold transactions of its own, whose effects no header shows yet.
        answer = self._application.prove(key, height=tip.header.height - 1)
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
