"""How fast the ledger takes transactions in, durably, and what it costs to keep, to prove and to start again.

Each transaction has one signature and one transfer between two accounts drawn at random. Held against verifying
Ed25519 signatures alone, on all cores.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, closing, suppress
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace
from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair

from autochain.node import ChainStore, EmbeddedEngine, SignatureProcesses, check_store, quiet_collector, trees_for
from autochain.onchain.codec import encode
from autochain.onchain.contracts import identity, token
from autochain.onchain.crypto import PublicKey
from autochain.onchain.ids import derive
from autochain.onchain.ledger import (
    ChainSpec,
    Genesis,
    KeysProof,
    Signature,
    StateMachine,
    Submitted,
    Transaction,
    sign_bytes,
)
from autochain.onchain.ledger.light import Trust, check_proved
from autochain.onchain.units import TOTAL_SUPPLY_UACC, split
from bench.cases import Case, main

CHAIN_ID = "bench"
CONTRACTS = {made.name: made for made in (identity.CONTRACT, token.CONTRACT)}
FEE_UACC = 5_000
CLIENTS = 12_000
"""How many transactions are on their way at once."""
VALIDATOR = crypto_sign_seed_keypair(b"v" * 32)
LIGHT_MS = 60
"""How long a transaction may take from submit to durable where nothing else is on its way."""


class Size(NamedTuple):
    """One chain to measure."""

    accounts: int
    goal: float
    transfers: int
    """How many in each round."""
    rounds: int


class Accounts:
    """A chain of so many accounts that all hold the same, and transfers between them."""

    def __init__(self, count: int, *, expiry_height: int = 1_000) -> None:
        self._expiry_height = expiry_height
        seeds = [number.to_bytes(32, "big") for number in range(count)]
        self._keys = [crypto_sign_seed_keypair(seed) for seed in seeds]
        self._accounts = [derive("bench/account", seed) for seed in seeds]
        self._sequences: Counter[int] = Counter()
        self._chance = random.Random(count)

    def genesis(self) -> bytes:
        each, rest = split(TOTAL_SUPPLY_UACC, len(self._accounts))
        operator = derive("bench/account", b"operator")
        spec = ChainSpec(
            CHAIN_ID, (("identity", 1), ("token", 1)), (("accounts", "identity"), ("money", "token")), operator
        )
        identities = identity.Parameters(
            tuple(
                (account, identity.Identity("person", (PublicKey(1, key),), 1, 0, bytes(32), bytes(32), None, 0))
                for account, (key, _) in zip(self._accounts, self._keys, strict=True)
            )
        )
        # Under one name: what is measured is accounts, and not how many parts the supply came in.
        parts = ((operator, rest), *((account, each) for account in self._accounts))
        allocations = token.Parameters(tuple(("bench", token.Allocation(*part)) for part in parts))
        return encode(Genesis(spec, (("identity", encode(identities)), ("token", encode(allocations)))))

    def key(self) -> bytes:
        """Gives the key of a balance drawn at random."""
        return token.BALANCES.key(self._chance.choice(self._accounts))

    def transfers(self, count: int) -> list[bytes]:
        return [self._transfer(*self._chance.sample(range(len(self._accounts)), 2)) for _ in range(count)]

    def _transfer(self, payer: int, payee: int) -> bytes:
        proof = KeysProof(self._accounts[payer], self._sequences[payer], ())
        draft = Transaction(CHAIN_ID, self._expiry_height, FEE_UACC, (token.Transfer(self._accounts[payee], 1),), proof)
        self._sequences[payer] += 1
        signature = crypto_sign(sign_bytes(draft), self._keys[payer][1])[:64]
        return encode(replace(draft, proof=replace(proof, signatures=(Signature(0, signature),))))


def raw_rate(*, signatures: int = 20_000) -> float:
    """Verifies signatures over as many bytes as a transaction signs, on all cores; gives how many a second."""
    public, secret = crypto_sign_seed_keypair(b"r" * 32)
    signed = crypto_sign(bytes(130), secret)
    cores = os.cpu_count() or 1

    def verify(count: int) -> None:
        for _ in range(count):
            crypto_sign_open(signed, public)

    with ThreadPoolExecutor(cores) as pool:
        start = time.perf_counter()
        list(pool.map(verify, [signatures // cores] * cores))
        return signatures / (time.perf_counter() - start)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[EmbeddedEngine]:
    """Runs the chain of a folder."""
    with ExitStack() as stack:
        store = stack.enter_context(closing(ChainStore(folder)))
        verify = stack.enter_context(closing(SignatureProcesses()))
        trees = stack.enter_context(trees_for(store))
        machine = StateMachine(store, CONTRACTS, verify=verify, trees=trees)
        engine = EmbeddedEngine(
            store,
            machine,
            verify=verify,
            validator=VALIDATOR[0],
            sign=lambda message: crypto_sign(message, VALIDATOR[1])[:64],
            clock=lambda: time.time_ns() // 1_000_000,
        )
        engine.start(machine.spec)
        async with quiet_collector(lambda: store.height):
            task = asyncio.create_task(engine.run())
            try:
                yield engine
            finally:
                task.cancel()


async def load(engine: EmbeddedEngine, transfers: Sequence[bytes], *, clients: int = CLIENTS) -> float:
    """Submits transfers, many at once; gives how many a second were durable."""
    waiting = iter(transfers)
    done: list[Submitted] = []

    async def client(transactions: Iterator[bytes]) -> None:
        for data in transactions:
            done.append(await engine.submit(data))

    start = time.perf_counter()
    await asyncio.gather(*[client(waiting) for _ in range(clients)])
    taken_s = time.perf_counter() - start
    if any(one.result.code for one in done):
        raise SystemExit("a transfer of the bench was refused")
    return len(done) / taken_s


async def light_load(engine: EmbeddedEngine, transfers: Sequence[bytes]) -> float:
    """Submits transfers one at a time with a pause in between; gives the median in ms until each was durable."""
    taken_ms: list[float] = []
    for data in transfers:
        await asyncio.sleep(0.01)
        start = time.perf_counter()
        await engine.submit(data)
        taken_ms.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken_ms)


async def proofs(engine: EmbeddedEngine, accounts: Accounts) -> tuple[float, float]:
    """Gives the median size of the proof of a balance, and the time in microseconds to check it with its header."""
    trust = Trust(CHAIN_ID, engine.validators_hash)
    sizes: list[int] = []
    taken_us: list[float] = []
    for _ in range(200):
        key = accounts.key()
        proved = await engine.prove(key)
        start = time.perf_counter()
        check_proved(trust, proved, key=key)
        taken_us.append((time.perf_counter() - start) * 1e6)
        sizes.append(len(proved.proof))
    return statistics.median(sizes), statistics.median(taken_us)


class TakenUp(NamedTuple):
    """What it took a new process to stand where the chain stood."""

    keys: int
    check_s: float
    take_up_s: float
    memory_bytes: int


def take_up(folder: Path) -> TakenUp:
    """Checks a store and takes its chain up, in this process."""
    checked = check_store(folder)
    before = _memory_bytes()
    gc.disable()  # As `quiet_collector` has it in a node.
    start = time.perf_counter()
    with closing(ChainStore(folder)) as store, trees_for(store) as trees:
        machine = StateMachine(store, CONTRACTS, trees=trees)
        taken_s = time.perf_counter() - start
        if machine.info().height != store.height:
            raise SystemExit("the chain does not stand where its store does")
        return TakenUp(len(store.pairs), checked.seconds, taken_s, _memory_bytes() - before)


def _memory_bytes() -> int:
    """Gives what this process and those it has started hold in memory."""
    own = str(os.getpid())
    pages = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # One may end meanwhile.
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            if own in (process.name, parent):
                pages += int((process / "statm").read_text().split()[1])
    return pages * resource.getpagesize()


def taken_up_anew(folder: Path) -> TakenUp:
    """Has another process take a chain up."""
    program = "import json, sys; from pathlib import Path; from bench import ledger; "
    program += "print(json.dumps(ledger.take_up(Path(sys.argv[1]))))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", program, str(folder)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return TakenUp(*json.loads(done.stdout))


def run(quick: bool) -> list[Case]:
    """Measures a chain of 100,000 accounts, and where there is time for it, one of 1,000,000."""
    sizes = [Size(100_000, 0.25, 64_000, 1)]
    if not quick:
        sizes = [Size(100_000, 0.25, 64_000, 3), Size(1_000_000, 0.15, 64_000, 3)]
    cases: list[Case] = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="autochain-bench-") as folder:
            cases += asyncio.run(_measure(Path(folder), size))
    return cases


async def _measure(folder: Path, size: Size) -> list[Case]:
    accounts = Accounts(size.accounts)
    with closing(ChainStore(folder)) as store:
        StateMachine(store, CONTRACTS).init_chain(chain_id=CHAIN_ID, time_ms=1, state=accounts.genesis())
    raw: list[float] = []
    durable: list[float] = []
    async with running(folder) as engine:
        for transfers in [accounts.transfers(size.transfers) for _ in range(size.rounds)]:
            raw.append(raw_rate())
            durable.append(await load(engine, transfers))
            raw.append(raw_rate())
        light_ms = await light_load(engine, accounts.transfers(40))
        proof_bytes, check_us = await proofs(engine, accounts)
    anew = taken_up_anew(folder)
    raw_s, durable_s = statistics.median(raw), statistics.median(durable)
    name = f"{size.accounts:,} accounts"
    return [
        Case(f"{name}: Ed25519 verification alone, all cores", raw_s, "signatures/s"),
        Case(f"{name}: committed and durable", durable_s, "transactions/s", "raw", durable_s / raw_s, size.goal),
        Case(f"{name}: submit to durable, median", light_ms, "ms", f"{LIGHT_MS} ms", LIGHT_MS / light_ms, 1.0),
        Case(f"{name}: proof of a balance", proof_bytes, "bytes"),
        Case(f"{name}: proof checked with its header", check_us, "us"),
        Case(f"{name}: memory per key", anew.memory_bytes / anew.keys, "bytes"),
        Case(f"{name}: restart, store checked", anew.check_s * 1000, "ms"),
        Case(f"{name}: restart, state of {anew.keys:,} keys taken up", anew.take_up_s * 1000, "ms"),
    ]


if __name__ == "__main__":
    main("ledger", run)
