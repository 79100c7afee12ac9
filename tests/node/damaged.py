"""Damages copies of a store and judges each in its own process: `python -m node.damaged FOLDER KIND SEED COUNT`."""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fakes import made

from autochain.node import ChainStore
from autochain.node.store import StoredBlock
from autochain.node.store.checking import check
from autochain.onchain.ledger import header, transaction_hash
from autochain.onchain.refusals import Refusal

PAGE = 4096
NAMED, STATE, HARMLESS, MISSED = range(4)
"""What came of a damage: named by the check; in a value of the state, whose root names it; nothing; or else."""


def grow(store: ChainStore, chance: random.Random, *, blocks: int, transactions: int = 6, keys: int = 20) -> None:
    """Lets a store grow by linked blocks that change a random state."""
    for _ in range(blocks):
        height = store.height + 1
        last = store.block(height - 1)
        before = header.Commit.decode(last.commit).block_id if last else header.BlockId()
        # Now and then a transaction has pages of its own.
        sizes = [chance.choice((50, 200, 5_000 if index == 0 else 300)) for index in range(transactions)]
        data = tuple(chance.randbytes(size) for size in sizes)
        head = header.Header(chain_id="main", height=height, data_hash=header.data_hash(data), last_block_id=before)
        block = header.Block(head, header.Data(data)).encode()
        commit = header.Commit(height, block_id=header.block_id(head, block)).encode()
        store.stage(height, StoredBlock(block, commit, (), b"", tuple(map(transaction_hash, data))))
        store.commit(changes(store, chance, keys), height=height, meta=made(b"meta %d" % height))


def changes(store: ChainStore, chance: random.Random, count: int) -> dict[bytes, bytes | None]:
    held = list(store.pairs)
    changed: dict[bytes, bytes | None] = dict.fromkeys(chance.sample(held, min(len(held), count // 8)))
    changed |= {key: chance.randbytes(40) for key in chance.sample(held, min(len(held), count // 2))}
    return changed | {chance.randbytes(chance.choice((8, 28))): chance.randbytes(60) for _ in range(count // 2)}


def make(folder: Path, *, blocks: int = 25, history_heights: int = 12) -> None:
    """Makes a small chain's store whose pages are of all kinds."""
    chance = random.Random(1)
    store = ChainStore(folder, history_heights=history_heights, durable=False, max_unplaced=7)
    genesis: dict[bytes, bytes | None] = {chance.randbytes(20): chance.randbytes(60) for _ in range(150)}
    store.commit(genesis, height=0, meta=made(b"genesis"))
    grow(store, chance, blocks=blocks)
    store.close()


def everything(folder: Path) -> tuple[Any, Any]:
    """Reads the state, and all that a store answers beside it."""
    store = ChainStore(folder)
    heights = range(store.oldest_height, store.height + 1)
    blocks = [present for height in range(1, store.height + 1) if (present := store.block(height))]
    beside = (
        store.meta,
        store.height,
        blocks,
        [store.find(name) for block in blocks for name in block.hashes],
        [(store.meta_at(height), store.undo(height)) for height in heights[1:]],
        store.beginning(),
        len(store.pairs),
    )
    state = (dict(store.pairs), dict(store.items(b"")), [store.get(key) for key in store.pairs])
    store.close()
    return state, beside


def flip(data: bytearray, chance: random.Random) -> str:
    at = chance.randrange(len(data))
    data[at] ^= 1 << chance.randrange(8)
    return f"flip {at}"


def flip_meta(data: bytearray, chance: random.Random) -> str:
    at = chance.randrange(2) * PAGE + chance.randrange(16 + 152)
    data[at] ^= 1 << chance.randrange(8)
    return f"flip {at}"


def zero(data: bytearray, chance: random.Random) -> str:
    page = chance.randrange(len(data) // PAGE)
    data[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)
    return f"zero {page}"


def swap(data: bytearray, chance: random.Random) -> str:
    first, second = (slice(page * PAGE, (page + 1) * PAGE) for page in chance.sample(range(len(data) // PAGE), 2))
    data[first], data[second] = data[second], data[first]
    return f"swap {first.start // PAGE} {second.start // PAGE}"


def cut(data: bytearray, chance: random.Random) -> str:
    length = chance.randrange(len(data))
    del data[length:]
    return f"cut {length}"


KINDS: dict[str, Callable[[bytearray, random.Random], str]] = {
    "flip": flip, "flip_meta": flip_meta, "zero": zero, "swap": swap, "cut": cut
}  # fmt: skip


def judge(folder: Path, expected: tuple[Any, Any]) -> int:
    """Says what came of a damage."""
    try:
        check(folder, whole=True)
        found = everything(folder)
    except Refusal:
        return NAMED
    if found[1] != expected[1]:
        return MISSED
    if found[0] != expected[0]:
        return STATE if len(found[0][0]) == len(expected[0][0]) else MISSED
    # What is not seen in reading must not be seen after writing either.
    store = ChainStore(folder, history_heights=4, durable=False)
    before = [store.block(height) for height in range(1, store.height + 1)]
    grow(store, random.Random(2), blocks=4)
    store.close()
    check(folder, whole=True)
    store = ChainStore(folder)
    return HARMLESS if [store.block(height) for height in range(1, store.height - 3)] == before else MISSED


def judged_apart(folder: Path, expected: tuple[Any, Any]) -> int:
    """Judges in a process of its own; a death by a signal names the damage too."""
    child = os.fork()
    if not child:
        verdict = MISSED
        try:
            verdict = judge(folder, expected)
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(verdict)
    _, status = os.waitpid(child, 0)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else NAMED


def main() -> None:
    folder, kind, seed, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    expected = everything(folder)
    sound = (folder / "data.mdb").read_bytes()
    chance, verdicts, missed = random.Random(seed), Counter[int](), []
    for _ in range(count):
        with tempfile.TemporaryDirectory() as name:
            data = bytearray(sound)
            what = KINDS[kind](data, chance)
            (Path(name) / "data.mdb").write_bytes(data)
            verdict = judged_apart(Path(name), expected)
            verdicts[verdict] += 1
            if verdict not in (NAMED, STATE, HARMLESS):
                missed.append(what)
    print(
        json.dumps(
            {"named": verdicts[NAMED], "state": verdicts[STATE], "harmless": verdicts[HARMLESS], "missed": missed}
        )
    )


if __name__ == "__main__":
    main()
