"""Checks all that a home's chain has kept, and runs its blocks again; both need the home for themselves."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..node import ChainStore, ReplayedBlocks, SignatureProcesses, check_store, replay_blocks
from ..onchain.ledger import StateMachine, errors
from ..onchain.refusals import Refusal
from . import chain_file
from .errors import HOME_IN_USE, NO_NETWORK
from .home import Home
from .network import CHAIN, refuse_empty, refuse_foreign, refuse_other_contracts


class Check(NamedTuple):
    """One thing that was looked at."""

    name: str
    amount: str
    """How much it was, in words."""
    seconds: float
    refusal: Refusal | None
    """What is broken; None where it holds."""


def check_home(home: Home, *, begins: Callable[[str], None]) -> list[Check]:
    """Checks the store's file, then the root of the state, then the contracts' invariants; ends at what is broken.

    `begins` is told what is looked at next.
    """
    done: list[Check] = []

    def look(name: str, job: Callable[[], str]) -> bool:
        begins(name)
        start, amount, refusal = time.monotonic(), "", None
        try:
            amount = job()
        except Refusal as caught:
            refusal = caught
        done.append(Check(name, amount, round(time.monotonic() - start, 3), refusal))
        return refusal is None

    with _alone(home), contextlib.ExitStack() as opened:
        chain: list[StateMachine] = []

        def file() -> str:
            checked = check_store(home.chain(CHAIN), whole=True)
            return f"{checked.entries} entries, {checked.blocks} blocks"

        def root() -> str:
            store = opened.enter_context(contextlib.closing(ChainStore(home.chain(CHAIN))))
            refuse_empty(store)
            refuse_other_contracts(store)
            chain.append(StateMachine(store, chain_file.CONTRACTS))
            refuse_foreign(store, home.facts())
            return f"{len(store.pairs)} keys"

        if look("file", file) and look("root", root):
            look("invariants", lambda: _invariants(chain[0]))
    return done


def check_contracts(home: Home) -> None:
    """Refuses a home whose chain has a contract that this program has not; its store is sound, and is not changed."""
    with tempfile.TemporaryDirectory(prefix="autochain-look-") as folder:
        # LMDB writes into the lock file beside the file that it opens, even when it only reads.
        (Path(folder) / "data.mdb").symlink_to(home.chain(CHAIN).absolute() / "data.mdb")
        with contextlib.closing(ChainStore(Path(folder))) as store:
            refuse_other_contracts(store)


def _invariants(machine: StateMachine) -> str:
    broken = machine.broken_invariants()
    if broken:
        raise errors.INVARIANT_BROKEN("; ".join(broken))
    contracts = machine.dispatcher.contracts
    return f"{sum(len(each.invariants) for each in contracts.values())} rules of {len(contracts)} contracts"


def replay_home(home: Home, *, progress: Callable[[int, int], None]) -> ReplayedBlocks:
    """Runs all blocks of a home's chain again; `progress` is told the height that was run, and that of the last."""
    with _alone(home):
        check_store(home.chain(CHAIN))
        with (
            contextlib.closing(ChainStore(home.chain(CHAIN))) as store,
            contextlib.closing(SignatureProcesses()) as verify,
        ):
            refuse_empty(store)
            refuse_other_contracts(store)
            replayed = replay_blocks(store, chain_file.CONTRACTS, verify=verify, progress=progress)
            refuse_foreign(store, home.facts())
            return replayed


@contextlib.contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Has the home to itself: whoever writes to the chain meanwhile must be ended first."""
    if not home.exists:
        raise NO_NETWORK(str(home.path))
    if not home.lock():
        raise HOME_IN_USE(f"{home.holder}; end it first")
    try:
        home.facts()
        yield
    finally:
        home.unlock()
