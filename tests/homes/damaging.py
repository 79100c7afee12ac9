"""What damages the chain of a home, or forges it with all that belongs to it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from fakes import made
from msgspec.structs import replace

from autochain.network import CHAIN
from autochain.node import ChainStore
from autochain.node.store import StoredBlock
from autochain.onchain.codec import encode
from autochain.onchain.contracts.token import BALANCES
from autochain.onchain.ledger import Tree, header
from autochain.onchain.ledger.machine import Meta
from autochain.onchain.refusals import present
from autochain.wallet import load


def data_file(home: Path) -> Path:
    return home / "chains" / CHAIN / "data.mdb"


def flip_in_a_block(home: Path) -> None:
    """Turns a bit of the last block, as it lies in the file."""
    with contextlib.closing(ChainStore(home / "chains" / CHAIN)) as store:
        block = present(store.block(store.height - 1), "it is kept").block
    # Pages that were written anew have left their bytes behind, which nobody reads.
    changed = block[:50] + bytes([block[50] ^ 1]) + block[51:100]
    data_file(home).write_bytes(data_file(home).read_bytes().replace(block[:100], changed))


def truncate(home: Path) -> None:
    size = data_file(home).stat().st_size
    with data_file(home).open("r+b") as file:
        file.truncate(size // 2)


def lose(home: Path) -> None:
    data_file(home).unlink()


def forge(home: Path) -> None:
    """Adds a block that doubles what a party holds, with all that belongs to it but a reason."""
    account = load(home / "parties", "buyer").account
    with contextlib.closing(ChainStore(home / "chains" / CHAIN)) as store:
        height = store.height + 1
        last = header.Commit.decode(present(store.block(store.height), "it is kept").commit)
        before = header.Block.decode(present(store.block(store.height), "it is kept").block).header
        tree = Tree().update(store.pairs)
        key = BALANCES.key(account)
        held = BALANCES.codec.decode(store.pairs[key])
        changes = {key: encode(replace(held, amount_uacc=2 * held.amount_uacc))}
        head = header.Header(
            chain_id=before.chain_id,
            height=height,
            time_ns=before.time_ns + 1_000_000,
            app_hash=tree.root,
            last_results_hash=header.results_hash([]),
            data_hash=header.data_hash([]),
            last_commit_hash=last.hash(),
            last_block_id=last.block_id,
        )
        block = header.Block(head, last_commit=last).encode()
        commit = header.Commit(height, block_id=header.block_id(head, block)).encode()
        store.stage(height, StoredBlock(block, commit, (), encode(()), ()))
        store.commit(changes, height=height, meta=made(encode(Meta(height, head.time_ms, tree.update(changes).root))))
