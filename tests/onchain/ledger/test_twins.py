"""Twin runs: the same blocks give the same root at every height, in any process and however the node got there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .twin import WAYS, run

ROOT = Path(__file__).parents[3]
BLOCKS, SEED = 60, 18


def elsewhere(*, way: str, hash_seed: str, seed: int, blocks: int) -> list[str]:
    """Runs a history in another process with another seed of Python's hashes."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"}
    command = [sys.executable, "-m", "onchain.ledger.twin", str(seed), way, str(blocks)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def agree(*, seed: int, blocks: int) -> list[str]:
    lines = run(seed=seed, way="plain", blocks=blocks)
    for way, hash_seed in zip(WAYS, ("1", "2718", "random"), strict=True):
        assert elsewhere(way=way, hash_seed=hash_seed, seed=seed, blocks=blocks) == lines
    return lines


def test_twins_in_other_processes_come_to_the_same_root_at_every_height() -> None:
    lines = agree(seed=SEED, blocks=BLOCKS)
    assert len(lines) == BLOCKS
    codes = {code for line in lines for code in line.rpartition(" ")[2].split(",")}
    assert "0" in codes
    refused = {code.rstrip("0123456789") for code in codes}
    assert refused >= {"", "consent", "identity", "ledger", "market", "mining", "recording", "release", "token"}


def test_another_history_comes_to_another_root() -> None:
    assert run(seed=1, way="plain", blocks=10)[-1] != run(seed=2, way="plain", blocks=10)[-1]


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_long_twins_come_to_the_same_root_at_every_height(seed: int) -> None:
    agree(seed=seed, blocks=400)
