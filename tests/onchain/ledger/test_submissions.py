"""What was submitted before a block, and in which order, leaves no trace in what the block does."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from .submissions import WAYS, history, offered, run

ROOT = Path(__file__).parents[3]
SEED = 5


@pytest.mark.parametrize("way", WAYS)
def test_the_same_blocks_after_other_submissions_come_to_the_same_root_at_every_height(way: str) -> None:
    blocks = history(SEED)
    assert run(blocks, way, SEED) == run(blocks, "none", SEED)


def test_a_history_holds_several_transactions_of_a_sender_in_a_block_and_some_that_fail() -> None:
    blocks = history(SEED)
    codes = {code for line in run(blocks, "none", SEED) for code in line.rpartition(" ")[2].split(",")}
    assert codes >= {"0", "token1"}
    assert max(len(made.transactions) for made in blocks) > 8
    assert len({line.split()[1] for line in run(blocks, "none", SEED)}) == len(blocks)


def test_another_order_in_a_block_itself_comes_to_another_result() -> None:
    """Only what is decided counts, and that counts down to the order."""
    blocks = history(SEED)
    last = blocks[-1]
    turned = [*blocks[:-1], last._replace(transactions=last.transactions[::-1])]
    assert run(turned, "none", SEED)[-1] != run(blocks, "none", SEED)[-1]


def test_other_processes_with_other_hash_seeds_and_other_submissions_come_to_the_same() -> None:
    expected = run(history(SEED), "in order", SEED)
    for way, hash_seed in (("shuffled", "1"), ("with others", "random")):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"}
        command = [sys.executable, "-m", "onchain.ledger.submissions", str(SEED), way]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == expected


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_long_histories_do_not_depend_on_submissions(seed: int) -> None:
    blocks = history(seed, blocks=60)
    expected = run(blocks, "none", seed)
    for way in WAYS[1:]:
        assert run(blocks, way, seed) == expected


def test_the_ways_to_submit_differ() -> None:
    blocks = history(SEED)
    orders = {tuple(offered(blocks[-1], way, random.Random(way))) for way in WAYS}
    assert len(orders) == len(WAYS)
