"""Whatever befalls a node, what it has acknowledged stands once, and what it refused stands nowhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .simulation import simulate

ROOT = Path(__file__).parents[2]
FEW, BASE = 30, 1_000
MANY, CHUNK = 1_000, 50
KINDS = (
    "dies as it starts", "between blocks", "before stage", "before commit", "inside commit: torn",
    "inside commit: whole", "after commit", "inside commit: lied", "the damage is named", "the disk is full",
    "the disk takes", "the clock jumps", "the machine sleeps", "stands at", "is not answered",
    "is refused: ledger 11", "is refused: ledger 17", "is refused: ledger 18", "is refused: ledger 28",
    "is refused: ledger 33", "all is as it was said",
)  # fmt: skip
"""What must be seen: each kind of fault, and each kind of answer."""


def replay(seed: int) -> list[str]:
    """Runs one history; where a promise is broken, says how to see it again."""
    lines: list[str] = []
    try:
        simulate(seed, lines.append)
    except BaseException as error:
        error.add_note(f"Seed {seed}. See it again: PYTHONPATH=src:tests python -m faults {seed}")
        raise
    return lines


def elsewhere(seed: int, *, hash_seed: str) -> str:
    """Runs a history in another process with another seed of Python's hashes."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"}
    command = [sys.executable, "-m", "faults", str(seed)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_faults_of_all_kinds_lose_nothing_and_double_nothing() -> None:
    missing = set(KINDS)
    for seed in range(BASE, BASE + MANY):
        lines = replay(seed)
        missing -= {kind for kind in missing if any(kind in line for line in lines)}
        if not missing and seed >= BASE + FEW:
            return
    raise AssertionError(f"never seen: {missing}")


@pytest.mark.parametrize("seed", [BASE, BASE + 1, BASE + 2])
def test_a_seed_gives_the_same_run_in_any_process(seed: int) -> None:
    lines = replay(seed)
    assert replay(seed) == lines
    for hash_seed in ("1", "2718"):
        assert elsewhere(seed, hash_seed=hash_seed).splitlines() == lines


def test_another_seed_gives_another_run() -> None:
    assert replay(BASE) != replay(BASE + 1)


@pytest.mark.soak
@pytest.mark.parametrize("first", range(2 * BASE, 2 * BASE + MANY, CHUNK))
def test_a_thousand_runs_lose_nothing_and_double_nothing(first: int) -> None:
    for seed in range(first, first + CHUNK):
        replay(seed)
