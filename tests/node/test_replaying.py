"""Blocks that are run again give what was kept; what was changed is named by its height."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as with_fields
from pathlib import Path

import pytest
from fakes import made
from msgspec.structs import replace
from onchain.ledger.probe import Fail, Put

from autochain.node import ChainStore, ReplayedBlocks, replay_blocks
from autochain.node.store import StoredBlock
from autochain.node.store.records import BLOCK, height_key, seal
from autochain.onchain.crypto import SignatureJob, verify_in_turn
from autochain.onchain.ledger import StateMachine, errors, header
from autochain.onchain.refusals import Refusal, present

from .chain import Chain
from .virtual_time import VirtualClock, run

Header = header.Header
BLOCKS = 4


@pytest.fixture
def worked(chain: Chain, clock: VirtualClock) -> Chain:
    """A chain with some blocks; in the third one a transaction was refused."""

    async def job() -> None:
        async with chain.taking_in():
            for message in (Put("a", "1"), Put("b", "2"), Fail("c")):
                await chain.submitting(chain.sign(chain.treasury, message), chain.sign(chain.treasury, Put("x", "y")))
                chain.engine.make_block()

    run(clock, job())
    return chain


def replayed(chain: Chain, store: ChainStore | None = None) -> ReplayedBlocks:
    return replay_blocks(
        store or chain.store, chain.contracts, verify=verify_in_turn, progress=lambda _height, _of: None
    )


def differs(chain: Chain) -> str:
    with pytest.raises(Refusal) as caught:
        replayed(chain)
    assert caught.value.reason == errors.REPLAY_DIFFERS
    return caught.value.detail


def change(chain: Chain, height: int, changed: Callable[[StoredBlock], StoredBlock]) -> None:
    """Writes another block in the place of one, with the right checksum."""
    kept, key = present(chain.store.block(height), "it is kept"), height_key(height)
    with chain.store._environment.begin(write=True, db=chain.store._blocks) as writing:
        writing.put(key, seal(key, BLOCK.encode(changed(kept))))


def test_all_blocks_run_again_give_what_was_kept(worked: Chain) -> None:
    told: list[tuple[int, int]] = []
    verified: list[SignatureJob] = []

    def verify(jobs: list[SignatureJob]) -> list[bool]:
        verified.extend(jobs)
        return verify_in_turn(jobs)

    done = replay_blocks(
        worked.store,
        worked.contracts,
        verify=verify,  # type: ignore[arg-type] # The ledger gives lists.
        progress=lambda height, of: told.append((height, of)),
    )
    assert done == ReplayedBlocks(1, BLOCKS, 6, worked.machine.info().app_hash)
    assert told == [(height, BLOCKS) for height in range(1, BLOCKS + 1)]
    assert len(verified) == 6


def with_header(**fields: object) -> Callable[[StoredBlock], StoredBlock]:
    def changed(kept: StoredBlock) -> StoredBlock:
        block = header.Block.decode(kept.block)
        return replace(kept, block=with_fields(block, header=with_fields(block.header, **fields)).encode())  # type: ignore[arg-type]

    return changed


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        (with_header(chain_id="other"), "the chain's id"),
        (with_header(height=7), "its height"),
        (with_header(app_hash=bytes(32)), "the root before it"),
        (with_header(last_block_id=header.BlockId()), "the link to the block before it"),
        (with_header(last_commit_hash=bytes(32)), "the commit of the block before it"),
        (with_header(last_results_hash=bytes(32)), "the results of the block before it"),
        (with_header(data_hash=bytes(32)), "the hash of its transactions"),
        (lambda kept: replace(kept, results=kept.results[:-1]), "its results"),
        (lambda kept: replace(kept, results=(replace(kept.results[0], code=9), *kept.results[1:])), "its results"),
        (lambda kept: replace(kept, results=(replace(kept.results[0], events=b"x"), *kept.results[1:])), "its results"),
        (lambda kept: replace(kept, events=b"x"), "its events"),
    ],
)
def test_a_block_that_was_changed_is_named_with_what_differs(
    worked: Chain, changed: Callable[[StoredBlock], StoredBlock], what: str
) -> None:
    change(worked, 3, changed)
    assert differs(worked) == f"height 3: {what}"


def test_a_header_that_was_changed_where_nothing_else_says_so_breaks_the_next_link(worked: Chain) -> None:
    change(worked, 3, with_header(evidence_hash=bytes(32)))
    assert differs(worked) == "height 4: the link to the block before it"


def test_a_state_that_the_blocks_do_not_give_is_found(worked: Chain) -> None:
    store = worked.store
    key = next(iter(store.pairs))
    store._pairs[key] += b"\x00"
    assert differs(worked) == f"height {BLOCKS}: the state after it"
    store._pairs[key] = store._pairs[key][:-1]
    store._facts = replace(present(store._facts, "it stands"), meta=b"another")
    assert differs(worked) == f"height {BLOCKS}: the root or the time after it"


def test_a_block_that_can_not_be_read_or_is_lost_is_named(worked: Chain) -> None:
    change(worked, 2, lambda kept: replace(kept, block=kept.block[:-1]))
    with pytest.raises(Refusal, match="block 2: ") as caught:
        replayed(worked)
    assert caught.value.reason == errors.STORE_DAMAGED
    with worked.store._environment.begin(write=True, db=worked.store._blocks) as writing:
        writing.delete(height_key(2))
    with pytest.raises(Refusal, match="block 2 is lost"):
        replayed(worked)


def test_a_store_that_began_with_a_snapshot_is_replayed_from_there(worked: Chain, tmp_path: Path) -> None:
    store = ChainStore(tmp_path / "later")
    past = worked.store.at(2)
    store.commit(dict(past.items(b"")), height=2, meta=made(worked.store.meta_at(2)))
    machine = StateMachine(store, worked.contracts)
    for height in range(3, BLOCKS + 1):
        kept = present(worked.store.block(height), "it is kept")
        block = header.Block.decode(kept.block)
        machine.execute(block.data.txs, height=height, time_ms=block.header.time_ms)
        store.stage(height, kept)
        machine.commit()
    done = replayed(worked, store)
    assert done == ReplayedBlocks(3, BLOCKS, 4, worked.machine.info().app_hash)
    store.close()


def test_a_chain_without_blocks_is_its_genesis(chain: Chain) -> None:
    assert replayed(chain) == ReplayedBlocks(1, 0, 0, chain.machine.info().app_hash)
