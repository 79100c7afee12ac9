"""A node that is killed under load has, when it starts again, every acknowledged transaction exactly once."""

from __future__ import annotations

import asyncio
import os
import random
import select
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import IO

import pytest

from autochain.node import check_store
from autochain.onchain.ledger import BlockAnswer, transaction_hash

from .chain import Chain
from .loaded import SHARED
from .verified import Verifier, check_chain
from .virtual_time import VirtualClock

ROOT = Path(__file__).parents[2]
SEED = 7
SHARED_LINE = f"{SHARED}\n".encode()
HANGING_S = 60
"""How long whoever outlives its node is waited for."""


class Killed:
    """One chain whose node is started and killed again and again."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._chance = random.Random(seed)
        self._acknowledged: dict[bytes, tuple[int, int, int]] = {}
        self._places: dict[bytes, tuple[int, int, int]] = {}
        """Where each transaction was found in the blocks: height, index and code."""
        self._verifier: Verifier | None = None
        self.shared = 0
        """How often signatures were verified in other processes."""

    def round(self) -> int:
        """Runs the node under load, kills it at a random moment, and sees that all is there; gives the last height."""
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"}
        load = self._chance.choice(("alone", "crowd"))
        command = [sys.executable, "-m", "node.loaded", str(self._folder), str(self._chance.randrange(10**9)), load]
        lines: list[bytes] = []
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as node:
            assert node.stdout is not None
            assert node.stderr is not None
            while load == "crowd" and lines[-1:] != [SHARED_LINE]:
                lines.append(node.stdout.readline())
                assert lines[-1], until_nobody_writes(node.stderr)
            for _ in range(self._chance.randrange(60 if load == "alone" else 300)):
                lines.append(node.stdout.readline())
            time.sleep(self._chance.random() * 0.02)
            node.kill()
            lines += node.stdout.readlines()
            troubles = until_nobody_writes(node.stderr)
        assert troubles == b""
        check_store(self._folder)
        self.shared += lines.count(SHARED_LINE)
        for line in lines:
            if line == SHARED_LINE:
                continue
            name, height, index, code = line.split()
            place = (int(height), int(index), int(code))
            assert self._acknowledged.setdefault(bytes.fromhex(name.decode()), place) == place
        return self._check()

    def _check(self) -> int:
        chain = Chain(self._folder, VirtualClock())
        self._verifier = self._verifier or Verifier(chain.twin())
        try:
            for height in range(self._verifier.twin.info().height + 1, chain.store.height + 1):
                self._check_block(height, asyncio.run(chain.engine.block(height)))
            assert self._verifier.twin.info() == chain.machine.info()
            assert chain.machine.info().height == chain.store.height
            for name, place in self._acknowledged.items():
                kept = chain.store.place(name)
                assert kept is not None
                assert (kept.height, kept.index) == place[:2]
                assert self._places[name] == place
            return chain.store.height
        finally:
            chain.store.close()

    def _check_block(self, height: int, answer: BlockAnswer) -> None:
        assert self._verifier is not None
        self._verifier.check(answer, signatures=False)
        found = [transaction_hash(data) for data in answer.transactions]
        assert max(Counter(found).values(), default=1) == 1
        assert not self._places.keys() & set(found)
        for index, (name, result) in enumerate(zip(found, answer.results, strict=True)):
            self._places[name] = (height, index, result.code)

    def finish(self) -> None:
        """Sees that the node goes on, and verifies the whole chain once more, on a twin that replays all blocks."""
        assert len(self._acknowledged) > 50
        assert {code for _, _, code in self._acknowledged.values()} >= {0, 1}
        clock = VirtualClock()
        clock.jump(10 * 365 * 24 * 3_600_000)
        chain = Chain(self._folder, clock)
        chain.start()
        asyncio.run(check_chain(chain, signatures=False))
        chain.store.close()


def until_nobody_writes(file: IO[bytes]) -> bytes:
    """Reads until each process that inherited the other end is gone: those of a killed node must not outlive it."""
    written = b""
    while True:
        assert select.select([file], [], [], HANGING_S)[0], "a process of the node outlives it"
        data = os.read(file.fileno(), 65_536)
        if not data:
            return written
        written += data


def kill(folder: Path, *, rounds: int) -> None:
    killed = Killed(folder, SEED)
    heights = [killed.round() for _ in range(rounds)]
    assert heights == sorted(heights)
    assert heights[-1] > 10
    assert killed.shared > 0
    killed.finish()


def test_a_killed_node_has_every_acknowledged_transaction_exactly_once(tmp_path: Path) -> None:
    kill(tmp_path / "main", rounds=5)


@pytest.mark.soak
def test_a_node_that_is_killed_again_and_again_has_every_acknowledged_transaction_exactly_once(tmp_path: Path) -> None:
    kill(tmp_path / "main", rounds=100)
