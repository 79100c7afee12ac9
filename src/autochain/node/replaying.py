"""Runs every kept block again from the store's beginning, and holds what comes of it against what was kept."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ..onchain.crypto import SignatureVerifier
from ..onchain.ledger import Contract, Executed, StateMachine, errors, header
from ..onchain.refusals import Reason, Refusal
from .store import ChainStore, StoredBlock

NO_TEMPORARY_ROOM = Reason(
    "node", 5, "The temporary folder has no room to run the blocks in.", "Make room, or let TMPDIR name another folder."
)


class ReplayedBlocks(NamedTuple):
    """What was run again and found to be the same."""

    first_height: int
    """Height of the first block that was run; 1 unless the store began with a snapshot."""
    height: int
    transactions: int
    app_hash: bytes
    """Root of the state after the last block."""


def replay_blocks(
    store: ChainStore,
    contracts: Mapping[str, Contract],
    *,
    verify: SignatureVerifier,
    progress: Callable[[int, int], None],
) -> ReplayedBlocks:
    """Runs all blocks again in a store of its own that is thrown away; refuses with REPLAY_DIFFERS what differs.

    One block is held at a time, beside the state. `progress` is told the height that was run, and that of the last.
    """
    first_height, pairs, meta = store.beginning()
    with (
        tempfile.TemporaryDirectory(prefix="autochain-") as folder,
        contextlib.closing(ChainStore(Path(folder), history_heights=1, durable=False)) as again,
        _fullness_is_named(folder),
    ):
        again.commit(pairs, height=first_height, meta=lambda: meta)
        del pairs
        run = _Run(StateMachine(again, contracts, verify=verify), begun=first_height == 0)
        for height in range(first_height + 1, store.height + 1):
            kept = store.block(height)
            if kept is None:
                raise errors.STORE_DAMAGED(f"block {height} is lost")
            run.block(height, kept)
            progress(height, store.height)
        if again.meta != store.meta:
            raise errors.REPLAY_DIFFERS(f"height {store.height}: the root or the time after it")
        if again.pairs != store.pairs:
            raise errors.REPLAY_DIFFERS(f"height {store.height}: the state after it")
        return ReplayedBlocks(first_height + 1, store.height, run.transactions, run.app_hash)


@contextlib.contextmanager
def _fullness_is_named(folder: str) -> Iterator[None]:
    """Says which disk it is that is full: not that of the chain."""
    try:
        yield
    except Refusal as refusal:
        if refusal.reason == errors.STORE_FULL:
            raise NO_TEMPORARY_ROOM(folder) from None
        raise


class _Run:
    """Blocks that are run again, each held against the one before."""

    def __init__(self, machine: StateMachine, *, begun: bool) -> None:
        self._machine = machine
        self.transactions = 0
        # Of the block before the first one, nothing is known where the store began with a snapshot.
        self._last_id = header.BlockId() if begun else None
        self._results_hash = header.results_hash([]) if begun else None

    @property
    def app_hash(self) -> bytes:
        return self._machine.info().app_hash

    def block(self, height: int, kept: StoredBlock) -> None:
        """Runs the next block."""
        try:
            block = header.Block.decode(kept.block)
        except Refusal as refusal:
            raise errors.STORE_DAMAGED(f"block {height}: {refusal.text}") from None
        self._before(height, block)
        head = block.header
        executed = self._machine.execute(block.data.txs, height=height, time_ms=head.time_ms)
        self._after(height, kept, executed)
        self._machine.commit()
        self.transactions += len(block.data.txs)
        self._last_id = header.block_id(head, kept.block)
        self._results_hash = header.results_hash([result.deterministic() for result in executed.results])

    def _before(self, height: int, block: header.Block) -> None:
        head = block.header
        facts = {
            "the chain's id": (head.chain_id, self._machine.spec.chain_id),
            "its height": (head.height, height),
            "the root before it": (head.app_hash, self.app_hash),
            "the link to the block before it": (head.last_block_id, self._last_id),
            "the commit of the block before it": (head.last_commit_hash, (block.last_commit or header.Commit()).hash()),
            "the results of the block before it": (head.last_results_hash, self._results_hash),
            "the hash of its transactions": (head.data_hash, header.data_hash(block.data.txs)),
        }
        _compare(height, facts)

    def _after(self, height: int, kept: StoredBlock, executed: Executed) -> None:
        results = [[(each.deterministic(), each.events) for each in run.results] for run in (kept, executed)]
        _compare(height, {"its results": (results[0], results[1]), "its events": (kept.events, executed.events)})


def _compare(height: int, facts: Mapping[str, tuple[object, object]]) -> None:
    for what, (kept, found) in facts.items():
        if found is not None and kept != found:
            raise errors.REPLAY_DIFFERS(f"height {height}: {what}")
