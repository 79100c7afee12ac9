"""The state machine: an application made of contracts, over a store and the state tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..codec import Codec, Record, encode
from ..crypto import SignatureVerifier, verify_in_turn
from ..ids import Hash
from ..refusals import Refusal, ensure, present
from ..units import Count
from . import errors, timers
from .admission import Admission, Screened, Speakers, Standing
from .application import Answer, Checked, Executed, Info, Proposal, Screening, Snapshot, Store
from .blocks import BlockRun, Room
from .context import BlockInfo
from .contract import Contract
from .dispatch import Dispatcher
from .genesis import GENESIS, SPEC, SPEC_KEY, ChainSpec
from .snapshots import SnapshotReader, SnapshotWriter
from .state import Committed, Overlay
from .trees import StateTrees, TreesInMemory
from .waiting import WaitingRoom


class Meta(Record, frozen=True):
    """What stands beside the state in the store, outside its root."""

    height: Count
    time_ms: Count
    app_hash: Hash


_META: Codec[Meta] = Codec(Meta, max_bytes=4096)


class _Decided(NamedTuple):
    state: Overlay
    changes: dict[bytes, bytes | None]
    height: int
    time_ms: int


class StateMachine:
    """Runs one chain's contracts; implements `Application`."""

    def __init__(
        self,
        store: Store,
        contracts: Mapping[str, Contract],
        *,
        verify: SignatureVerifier = verify_in_turn,
        trees: StateTrees | None = None,
    ) -> None:
        self._store = store
        self._contracts = contracts
        self._verify = verify
        self._trees = trees or TreesInMemory(store.undo)
        self._meta: Meta | None = None
        self._dispatcher: Dispatcher | None = None
        self._admission: Admission | None = None
        self._room: WaitingRoom | None = None
        self._decided: _Decided | None = None
        self._committed = Committed(store)
        self._proposed: BlockRun | None = None
        self._restoring: SnapshotWriter | None = None
        if store.meta is not None:
            self._take_up(_META.trusted(store.meta))

    def _take_up(self, meta: Meta) -> None:
        if self._trees.stand(self._store.pairs, height=meta.height) != meta.app_hash:
            raise errors.STORE_DAMAGED("the state does not have the root of its last commit")
        spec = present(self._store.get(SPEC_KEY), "a chain's state holds its spec")
        self._set_up(SPEC.trusted(spec))
        self._stand(meta)

    def _stand(self, meta: Meta) -> None:
        self._meta = meta
        self.room.stand(Standing(self.dispatcher, self._committed, self._ahead()))

    def _set_up(self, spec: ChainSpec) -> None:
        self._dispatcher = Dispatcher(spec, self._contracts)
        self._admission = Admission(self._dispatcher)
        self._room = WaitingRoom(self._admission, self._verify, self._happens)

    @property
    def admission(self) -> Admission:
        return present(self._admission, "a chain begins with init_chain")

    @property
    def dispatcher(self) -> Dispatcher:
        return present(self._dispatcher, "a chain begins with init_chain")

    @property
    def room(self) -> WaitingRoom:
        return present(self._room, "a chain begins with init_chain")

    @property
    def spec(self) -> ChainSpec:
        return self.dispatcher.spec

    @property
    def _last(self) -> Meta:
        return present(self._meta, "a chain begins with init_chain")

    def _block(self) -> BlockInfo:
        """The last block, in which queries are answered."""
        return BlockInfo(self.spec.chain_id, self._last.height, self._last.time_ms)

    def _ahead(self) -> BlockInfo:
        """The block that waiting transactions are checked for; it can't be earlier than the last one."""
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
        self._set_up(genesis.spec)
        overlay = Overlay(self._committed)
        overlay.put(SPEC_KEY, encode(genesis.spec))
        self.dispatcher.begin(overlay, BlockInfo(chain_id, 0, time_ms), genesis)
        self._trees.stand(self._store.pairs, height=0)
        self._decide(overlay, height=0, time_ms=time_ms)
        self.commit()
        return self._last.app_hash

    def screen(self, data: bytes) -> Screening:
        return self.room.screen(data)

    def vouch(self, data: bytes) -> None:
        self.room.vouch(data)

    def forget(self, data: bytes) -> None:
        self.room.forget(data)

    def check(self, data: bytes, *, recheck: bool = False) -> Checked:
        return self.room.check(data, recheck=recheck)

    def _happens(self, screened: Screened, speakers: Speakers) -> None:
        """Refuses what would not happen if it were next."""
        state, block = Overlay(self._committed), self._ahead()
        self.admission.admit(Standing(self.dispatcher, state, block), state, screened, speakers)
        self.dispatcher.deliver(state, block, screened.transaction)

    def prepare(self, candidates: Sequence[bytes], *, height: int, time_ms: int) -> Proposal:
        self._proposed = run = self._begin(height, time_ms)
        refused = run.choose(candidates, self.room.know)
        for data, _ in refused:
            self.room.forget(data)
        return Proposal(run.transactions, refused)

    def process(self, transactions: Sequence[bytes], *, height: int, time_ms: int) -> bool:
        room = Room(self.spec.limits)
        try:
            for data in transactions:
                screened = self.room.know(data).screened
                if not room.has(data, screened):
                    return False
                room.take(data, screened)
        except Refusal:
            return False
        return time_ms >= self._last.time_ms

    def execute(self, transactions: Sequence[bytes], *, height: int, time_ms: int) -> Executed:
        run, self._proposed = self._proposed, None
        if run is None or (*run.block[1:], run.transactions) != (height, time_ms, list(transactions)):
            run = self._begin(height, time_ms)
            run.run(transactions, self.room.know)
        self._decide(run.state, height=height, time_ms=time_ms)
        for data in transactions:
            self.room.forget(data)
        return Executed(tuple(run.results), encode(run.events))

    def _decide(self, state: Overlay, *, height: int, time_ms: int) -> None:
        changes = state.encoded()
        self._trees.change(changes)
        self._decided = _Decided(state, changes, height, time_ms)

    def root(self) -> bytes:
        present(self._decided, "a block is executed before its root is known")
        return self._trees.root()

    def _begin(self, height: int, time_ms: int) -> BlockRun:
        """Begins a block with what has fallen due."""
        block = BlockInfo(self.spec.chain_id, height, time_ms)
        return BlockRun(self.dispatcher, self.admission, self._verify, committed=self._committed, block=block)

    def commit(self) -> None:
        state, changes, height, time_ms = present(self._decided, "a block is executed before it is committed")
        self._store.commit(changes, height=height, meta=lambda: encode(Meta(height, time_ms, self._trees.root())))
        self._trees.keep(height=height)
        self._committed.committed(state.changes)
        self._stand(_META.trusted(present(self._store.meta, "a commit leaves its meta")))
        self._decided = None

    def query(self, data: bytes, *, height: int = 0) -> Answer:
        query = self.dispatcher.queries.decode(data)
        if height in (0, self._last.height):
            value = self.dispatcher.ask(self._committed, self._block(), query)
            return Answer(encode(value), b"", self._last.height)
        past = Committed(self._store.at(height))
        block = BlockInfo(self.spec.chain_id, height, _META.trusted(self._store.meta_at(height)).time_ms)
        return Answer(encode(self.dispatcher.ask(past, block, query)), b"", height)

    def prove(self, key: bytes, *, height: int = 0) -> Answer:
        at = height or self._last.height
        return Answer(*self._trees.prove(key, height=at), at)

    def next_due_ms(self) -> int | None:
        return timers.next_due_ms(self._committed)

    def broken_invariants(self) -> list[str]:
        """Names the invariants that the committed state breaks, as the store has it."""
        return self.dispatcher.broken_invariants(Committed(self._store), self._block())

    def list_snapshots(self) -> list[Snapshot]:
        return [self._snapshot().snapshot] if self.info().height else []

    def load_chunk(self, *, height: int, chunk: int) -> bytes:
        if height != self._last.height:
            raise errors.HEIGHT_GONE(f"height {height}, the last is {self._last.height}")
        return self._snapshot().chunk(chunk)

    def _snapshot(self) -> SnapshotReader:
        return SnapshotReader(
            self._store.pairs, root=self._last.app_hash, height=self._last.height, time_ms=self._last.time_ms
        )

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
            meta = Meta(snapshot.height, snapshot.time_ms, snapshot.root)
            self._store.commit(state, height=snapshot.height, meta=lambda: encode(meta))
            self._committed = Committed(self._store)
            self._take_up(meta)
        return True
