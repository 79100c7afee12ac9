"""The state machine: an application made of contracts, over a store and the state tree."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..codec import Codec, Record, encode
from ..crypto import SignatureJob, SignatureVerifier, sha256, verify_in_turn
from ..ids import Hash
from ..refusals import Refusal, ensure, present
from ..units import Count
from . import errors, timers
from .application import Answer, Checked, Executed, Info, Snapshot, Store, TransactionResult
from .context import BlockInfo
from .contract import Contract
from .dispatch import Dispatcher, Outcome
from .genesis import GENESIS, SPEC, SPEC_KEY, ChainSpec
from .messages import Message
from .snapshots import SnapshotReader, SnapshotWriter
from .state import Overlay
from .transaction import Transaction
from .tree import Tree

PROVABLE_ROOTS = 64
"""How many distinct roots stay provable."""
REMEMBERED_PROOFS = 65_536
"""How many checked transactions' signatures are remembered until their block."""


class Meta(Record, frozen=True):
    """What stands beside the state in the store, outside its root."""

    height: Count
    time_ms: Count
    app_hash: Hash
    root_since: Count
    """The first height after which the state had this root."""


_META: Codec[Meta] = Codec(Meta, max_bytes=4096)


class _Decided(NamedTuple):
    overlay: Overlay
    tree: Tree
    meta: Meta


class StateMachine:
    """Runs one chain's contracts; implements `Application`."""

    def __init__(
        self, store: Store, contracts: Mapping[str, Contract], *, verify: SignatureVerifier = verify_in_turn
    ) -> None:
        self._store = store
        self._contracts = contracts
        self._verify = verify
        self._trees: OrderedDict[int, Tree] = OrderedDict()
        """Trees by the first height after which they stand; the newest last."""
        self._meta: Meta | None = None
        self._dispatcher: Dispatcher | None = None
        self._decided: _Decided | None = None
        self._proven: OrderedDict[bytes, tuple[SignatureJob, ...]] = OrderedDict()
        self._restoring: SnapshotWriter | None = None
        if store.meta is not None:
            self._take_up(_META.trusted(store.meta))
        self._check_state = Overlay(store)

    def _take_up(self, meta: Meta) -> None:
        tree = Tree().update(dict(self._store.items(b"")))
        ensure(tree.root == meta.app_hash, "the stored state has the root of its last commit")
        spec = present(self._store.get(SPEC_KEY), "a chain's state holds its spec")
        self._dispatcher = Dispatcher(SPEC.trusted(spec), self._contracts)
        self._meta = meta
        self._trees[meta.root_since] = tree

    @property
    def dispatcher(self) -> Dispatcher:
        return present(self._dispatcher, "a chain begins with init_chain")

    @property
    def spec(self) -> ChainSpec:
        return self.dispatcher.spec

    @property
    def _last(self) -> Meta:
        return present(self._meta, "a chain begins with init_chain")

    def _block(self) -> BlockInfo:
        """The last block, in which queries are answered."""
        return BlockInfo(self.spec.chain_id, self._last.height, self._last.time_ms)

    def _next_block(self) -> BlockInfo:
        """The block that a waiting transaction is checked for; it can't be earlier than the last one."""
        return BlockInfo(self.spec.chain_id, self._last.height + 1, self._last.time_ms)

    def info(self) -> Info:
        return Info(self._meta.height, self._meta.app_hash) if self._meta else Info(0, b"")

    def init_chain(self, *, chain_id: str, time_ms: int, state: bytes) -> bytes:
        genesis = GENESIS.decode(state)
        if genesis.spec.chain_id != chain_id:
            raise errors.WRONG_CHAIN(f"genesis of {genesis.spec.chain_id!r}, asked for {chain_id!r}")
        if self._meta is not None:
            # CometBFT begins a chain again that stopped before its first block.
            ensure(self._meta.height == 0 and self.spec == genesis.spec, "a chain begins once")
            return self._meta.app_hash
        self._dispatcher = Dispatcher(genesis.spec, self._contracts)
        overlay = Overlay(self._store)
        overlay.put(SPEC_KEY, encode(genesis.spec))
        self._dispatcher.begin(overlay, BlockInfo(chain_id, 0, time_ms), genesis)
        tree = Tree().update(overlay.changes)
        self._decided = _Decided(overlay, tree, Meta(0, time_ms, tree.root, 0))
        self.commit()
        return tree.root

    def check(self, data: bytes, *, recheck: bool = False) -> Checked:
        transaction = self.dispatcher.decode(data)
        block = self._next_block()
        if not recheck:
            jobs = tuple(self.dispatcher.jobs(self._check_state, block, transaction))
            if not all(self._verify(jobs)):
                raise errors.BAD_SIGNATURE()
            self._remember(data, jobs)
        overlay = Overlay(self._check_state)
        self.dispatcher.admit(overlay, block, transaction)
        if self.dispatcher.must_happen(transaction):
            outcome = self.dispatcher.deliver(overlay, block, transaction)
            if outcome.refusal is not None:
                raise outcome.refusal
        self._check_state.merge(overlay)
        proof = transaction.proof
        return Checked(proof.sender, proof.sequence, transaction.fee_uacc, self.dispatcher.weight_of(transaction))

    def _remember(self, data: bytes, jobs: tuple[SignatureJob, ...]) -> None:
        self._proven[sha256(data)] = jobs
        if len(self._proven) > REMEMBERED_PROOFS:
            self._proven.popitem(last=False)

    def prepare(self, candidates: Sequence[bytes], *, height: int, time_ms: int) -> list[bytes]:
        chosen: list[bytes] = []
        room = _Room(self.dispatcher)
        deferred: set[bytes] = set()
        """Senders of whom one did not fit: those behind it wait too, or their sequences would not follow."""
        for data in candidates:
            transaction = self._decode(data)
            if isinstance(transaction, Refusal) or transaction.proof.sender in deferred:
                continue
            try:
                room.take(data, transaction)
            except Refusal:
                deferred.add(transaction.proof.sender)
                continue
            chosen.append(data)
        return chosen

    def process(self, transactions: Sequence[bytes], *, height: int, time_ms: int) -> bool:
        room = _Room(self.dispatcher)
        try:
            for data in transactions:
                room.take(data, self.dispatcher.decode(data))
        except Refusal:
            return False
        return time_ms >= self._last.time_ms

    def execute(self, transactions: Sequence[bytes], *, height: int, time_ms: int) -> Executed:
        block = BlockInfo(self.spec.chain_id, height, time_ms)
        overlay = Overlay(self._store)
        events = self.dispatcher.run_timers(overlay, block)
        decoded = [self._decode(data) for data in transactions]
        proven = self._prove_signatures(overlay, block, transactions, decoded)
        results = tuple(
            self._result(self._deliver(overlay, block, transaction, jobs))
            for transaction, jobs in zip(decoded, proven, strict=True)
        )
        tree = self._tree.update(overlay.changes) if overlay.changes else self._tree
        since = self._last.root_since if tree.root == self._tree.root else height
        self._decided = _Decided(overlay, tree, Meta(height, time_ms, tree.root, since))
        return Executed(results, encode(events), tree.root)

    def _decode(self, data: bytes) -> Transaction[Message] | Refusal:
        try:
            return self.dispatcher.decode(data)
        except Refusal as refusal:
            return refusal

    def _prove_signatures(
        self,
        state: Overlay,
        block: BlockInfo,
        transactions: Sequence[bytes],
        decoded: Sequence[Transaction[Message] | Refusal],
    ) -> list[tuple[SignatureJob, ...]]:
        """Gives the signatures known to hold for each transaction: remembered from `check`, or verified now."""
        proven = [self._proven.pop(sha256(data), ()) for data in transactions]
        waiting: list[tuple[int, tuple[SignatureJob, ...]]] = []
        for place, transaction in enumerate(decoded):
            if not proven[place] and not isinstance(transaction, Refusal):
                try:
                    waiting.append((place, tuple(self.dispatcher.jobs(state, block, transaction))))
                except Refusal:
                    continue  # Its keys may come earlier in this same block; then they are verified in turn.
        verdicts = iter(self._verify([job for _, jobs in waiting for job in jobs]))
        for place, jobs in waiting:
            held = [next(verdicts) for _ in jobs]
            if all(held):
                proven[place] = jobs
        return proven

    def _deliver(
        self,
        state: Overlay,
        block: BlockInfo,
        transaction: Transaction[Message] | Refusal,
        proven: tuple[SignatureJob, ...],
    ) -> Outcome:
        """Runs one transaction of a block; what fails before its messages leaves no trace."""
        if isinstance(transaction, Refusal):
            return Outcome(transaction, 0)
        overlay = Overlay(state)
        try:
            jobs = tuple(self.dispatcher.jobs(overlay, block, transaction))
            if jobs != proven and not all(self._verify(jobs)):
                raise errors.BAD_SIGNATURE()
            self.dispatcher.admit(overlay, block, transaction)
        except Refusal as refusal:
            return Outcome(refusal, 0)
        outcome = self.dispatcher.deliver(overlay, block, transaction)
        if outcome.refusal is None or not self.dispatcher.must_happen(transaction):
            state.merge(overlay)
        return outcome

    def _result(self, outcome: Outcome) -> TransactionResult:
        refusal, weight = outcome.refusal, outcome.weight
        events = encode(outcome.events)
        return TransactionResult(
            code=refusal.code if refusal else 0,
            codespace=refusal.codespace if refusal else "",
            weight_wanted=weight,
            weight_used=weight,
            events=events,
            data=sha256(events) if outcome.events else b"",
            text=refusal.text if refusal else "",
            remedy=refusal.remedy if refusal else "",
        )

    def commit(self) -> None:
        overlay, tree, meta = present(self._decided, "a block is executed before it is committed")
        self._store.commit(overlay.changes, meta=encode(meta))
        self._meta, self._decided = meta, None
        self._trees[meta.root_since] = tree
        while len(self._trees) > PROVABLE_ROOTS:
            self._trees.popitem(last=False)
        self._check_state = Overlay(self._store)

    @property
    def _tree(self) -> Tree:
        return next(reversed(self._trees.values()))

    def query(self, data: bytes, *, height: int = 0) -> Answer:
        if height not in (0, self._last.height):
            raise errors.HEIGHT_GONE(f"height {height}")
        value = self.dispatcher.ask(self._store, self._block(), self.dispatcher.queries.decode(data))
        return Answer(encode(value), b"", self._last.height)

    def prove(self, key: bytes, *, height: int = 0) -> Answer:
        at = height or self._last.height
        since = [first for first in self._trees if first <= at]
        if not since or at > self._last.height:
            raise errors.HEIGHT_GONE(f"height {at}, the last is {self._last.height}")
        tree = self._trees[since[-1]]
        return Answer(tree.get(key) or b"", tree.prove(key).encode(), at)

    def next_due_ms(self) -> int | None:
        return timers.next_due_ms(self._store)

    def broken_invariants(self) -> list[str]:
        """Names the invariants that the committed state breaks."""
        return self.dispatcher.broken_invariants(self._store, self._block())

    def list_snapshots(self) -> list[Snapshot]:
        return [self._snapshot().snapshot] if self.info().height else []

    def load_chunk(self, *, height: int, chunk: int) -> bytes:
        if height != self._last.height:
            raise errors.HEIGHT_GONE(f"height {height}, the last is {self._last.height}")
        return self._snapshot().chunk(chunk)

    def _snapshot(self) -> SnapshotReader:
        return SnapshotReader(self._tree, height=self._last.height, time_ms=self._last.time_ms)

    def offer_snapshot(self, snapshot: Snapshot, *, app_hash: bytes) -> bool:
        if self._meta is not None or snapshot.root != app_hash:
            return False
        self._restoring = SnapshotWriter(snapshot)
        return True

    def apply_chunk(self, chunk: int, data: bytes) -> bool:
        if self._restoring is None or not self._restoring.add(chunk, data):
            return False
        if self._restoring.complete:
            snapshot, state = self._restoring.snapshot, self._restoring.state()
            self._restoring = None
            if state is None:
                return False
            meta = Meta(snapshot.height, snapshot.time_ms, snapshot.root, snapshot.height)
            self._store.commit(state, meta=encode(meta))
            self._take_up(meta)
            self._check_state = Overlay(self._store)
        return True


class _Room:
    """What a block still has room for."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        limits = dispatcher.spec.limits
        self._bytes, self._weight, self._free = (limits.block_bytes, limits.block_weight, limits.free_per_block)

    def take(self, data: bytes, transaction: Transaction[Message]) -> None:
        """Takes a transaction in, or refuses it."""
        weight = self._dispatcher.weight_of(transaction)
        free = int(self._dispatcher.is_free(transaction))
        if free > self._free:
            raise errors.FREE_QUOTA()
        if weight > self._weight or len(data) > self._bytes:
            raise errors.BLOCK_FULL()
        self._bytes -= len(data)
        self._weight -= weight
        self._free -= free
