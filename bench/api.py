"""What the way over HTTP costs: reading, submitting, listening, following, and starting.

Held against a bare ASGI route in the same server, and against the ledger without HTTP; another process asks.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from autochain.api import Backend, Chain, Rates, Stream, make_app
from autochain.client import Client
from autochain.index import Database, Follower, Index
from autochain.network import listen, serving
from autochain.node import ChainStore, NodeApp
from autochain.onchain.ledger import SPEC, SPEC_KEY, StateMachine
from autochain.onchain.ledger.light import Trust
from bench import ledger, start
from bench.cases import Case, main

CONNECTIONS = 16
ACCOUNTS = 10_000
EXPIRY = 100_000
"""With 16 at once, blocks are small and many."""
MOST_LISTENERS = 100
BARE, SUBMIT, STREAM = b"/bare", b"/chains/main/submit", b"/api/v1/stream"


async def serve(folder: Path) -> None:
    """Serves the chain of a folder, and beside it a route that only reads its request, until stdin ends."""
    async with ledger.running(folder) as engine:
        spec = SPEC.decode((await engine.prove(SPEC_KEY)).value)
        client = Client(engine, spec, ledger.CONTRACTS, Trust(ledger.CHAIN_ID, engine.validators_hash))
        stream, database = Stream(most_of_one=MOST_LISTENERS), Database.in_file(folder / "index.sqlite")
        follower = Follower("main", engine, client.dispatcher, database, stream.publish_blocks)
        backend = Backend(
            chains={"main": Chain("main", engine, client)},
            index=Index(database),
            clock=lambda: time.time_ns() // 1_000_000,
            parties=None,
            stream=stream,
            node_app=NodeApp({"main": engine}, {}),
            version="bench",
            rates=Rates.read("0"),
        )
        with listen("127.0.0.1", 0) as listening:
            following = asyncio.create_task(follower.run())
            async with serving(_beside(make_app(backend)), listening):
                print(listening.getsockname()[1], flush=True)
                await asyncio.to_thread(sys.stdin.read)
                stream.close()
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


def _beside(app: Any) -> Any:
    """Puts a bare route beside an application."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] != BARE.decode():
            await app(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message.get("more_body"):
                break
        headers = [(b"content-length", b"200")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": bytes(200)})

    return answer


class Connection(asyncio.Protocol):
    """Sends one request after another and counts the answers."""

    def __init__(self, requests: Iterator[bytes], done: asyncio.Future[int]) -> None:
        self._requests = requests
        self._done = done
        self._answers = 0
        self._arrived = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._arrived += data
        head, found, rest = self._arrived.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        if len(rest) < length:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._done.set_exception(SystemExit(f"the bench was refused: {head[:80]!r} {rest[:300]!r}"))
            self._transport.close()
            return
        self._answers += 1
        self._arrived = b""
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(self._answers)


def request(method: bytes, path: bytes, body: bytes = b"") -> bytes:
    return method + b" " + path + b" HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(body) + body


async def rate(port: int, requests: Sequence[bytes]) -> float:
    """Sends requests over 16 connections; gives how many were answered a second."""
    loop = asyncio.get_running_loop()
    waiting = iter(requests)
    ends: list[asyncio.Future[int]] = []
    start = time.perf_counter()
    for _ in range(CONNECTIONS):
        ends.append(loop.create_future())
        await loop.create_connection(partial(Connection, waiting, ends[-1]), "127.0.0.1", port)
    answered = sum(await asyncio.gather(*ends))
    if answered != len(requests):
        raise SystemExit(f"{answered} of {len(requests)} requests of the bench were answered")
    return answered / (time.perf_counter() - start)


def make_chain(folder: Path, accounts: ledger.Accounts) -> None:
    with closing(ChainStore(folder)) as store:
        machine = StateMachine(store, ledger.CONTRACTS)
        machine.init_chain(chain_id=ledger.CHAIN_ID, time_ms=1, state=accounts.genesis())


class Server(NamedTuple):
    """A chain that is served in another process."""

    port: int
    process: int

    def busy_s(self) -> float:
        """Gives for how long it has used a core."""
        times = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Server]:
    """Serves a chain in another process."""
    program = "import asyncio, sys; from pathlib import Path; from bench import api; "
    program += "asyncio.run(api.serve(Path(sys.argv[1])))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", program, str(folder)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin and child.stdout
        try:
            yield Server(int(child.stdout.readline()), child.pid)
        finally:
            child.stdin.close()
            child.wait(20)


READS = {
    "the network": b"/api/v1/network",
    "20 blocks": b"/api/v1/chains/main/blocks?limit=20",
    "a block": b"/api/v1/chains/main/blocks/10",
}


async def _rates(folder: Path, quick: bool) -> list[Case]:
    """Measures the bare route, reads and submits over HTTP in turn, and the ledger without HTTP."""
    count, rounds = (1_000, 1) if quick else (6_000, 5)
    over_http, own = ledger.Accounts(ACCOUNTS, expiry_height=EXPIRY), ledger.Accounts(ACCOUNTS, expiry_height=EXPIRY)
    make_chain(folder / "http", over_http)
    make_chain(folder / "own", own)
    bare: list[float] = []
    submits: list[float] = []
    ledger_rates: list[float] = []
    reads: dict[str, list[float]] = {name: [] for name in READS}
    with served(folder / "http") as server:
        async with ledger.running(folder / "own") as engine:
            for _ in range(rounds):
                bare.append(await rate(server.port, [request(b"POST", BARE, bytes(250))] * count))
                transfers = over_http.transfers(count)
                submits.append(await rate(server.port, [request(b"POST", SUBMIT, data) for data in transfers]))
                ledger_rates.append(await ledger.load(engine, own.transfers(count), clients=CONNECTIONS))
                for name, path in READS.items():
                    reads[name].append(await rate(server.port, [request(b"GET", path)] * (count // 4)))
        lag_ms = await _lag_ms(server.port, over_http.transfers(count))
    bare_s, submit_s, own_s = map(statistics.median, (bare, submits, ledger_rates))
    return [
        Case("a bare ASGI route, 16 connections", bare_s, "requests/s"),
        *(
            Case(f"reading {name}", statistics.median(rates), "requests/s", "bare", statistics.median(rates) / bare_s)
            for name, rates in reads.items()
        ),
        Case("the ledger without HTTP, 16 at once", own_s, "transactions/s"),
        Case("submitting, durable", submit_s, "transactions/s", "the ledger's own rate", submit_s / own_s, 0.5),
        Case("submitting, durable", submit_s, "transactions/s", "bare", submit_s / bare_s),
        Case("the read model is behind under this load, median", lag_ms, "ms"),
    ]


async def _lag_ms(port: int, transfers: Sequence[bytes]) -> float:
    """Gives how old a block is when a listener hears of it, for then the read model has it, while many are made."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request(b"GET", STREAM))
    lags: list[float] = []

    async def listen() -> None:
        async for line in reader:
            if line.startswith(b'data: {"height"'):
                lags.append(time.time() * 1000 - json.loads(line[6:])["time_ms"])

    listening = asyncio.create_task(listen())
    await rate(port, [request(b"POST", SUBMIT, data) for data in transfers])
    listening.cancel()
    writer.close()
    return statistics.median(lags)


async def _streams(folder: Path, quick: bool) -> list[Case]:
    """Measures what it costs a server that 100 listen, while ten blocks are made a second."""
    accounts = ledger.Accounts(1_000, expiry_height=EXPIRY)
    make_chain(folder, accounts)
    span_s = 3.0 if quick else 15.0
    shares: list[float] = []
    with served(folder) as server:
        for listeners in (0, MOST_LISTENERS):
            opened = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(listeners)]
            for _, writer in opened:
                writer.write(request(b"GET", STREAM))
            drained = [asyncio.create_task(_drain(reader)) for reader, _ in opened]
            before_s = server.busy_s()
            end = time.perf_counter() + span_s
            while time.perf_counter() < end:
                await rate(server.port, [request(b"POST", SUBMIT, data) for data in accounts.transfers(1)])
                await asyncio.sleep(0.1)
            shares.append(100 * (server.busy_s() - before_s) / span_s)
            for task in drained:
                task.cancel()
            for _, writer in opened:
                writer.close()
    return [
        Case("a server with ten blocks a second, nobody listening", shares[0], "% of a core"),
        Case("and 100 listeners", shares[1], "% of a core", "without them", shares[0] / shares[1]),
    ]


async def _drain(reader: asyncio.StreamReader) -> None:
    while await reader.read(65_536):
        pass


def run(quick: bool) -> list[Case]:
    """Measures each part."""
    with tempfile.TemporaryDirectory(prefix="autochain-bench-") as folder:
        cases = asyncio.run(_rates(Path(folder), quick))
    with tempfile.TemporaryDirectory(prefix="autochain-bench-") as folder:
        cases += asyncio.run(_streams(Path(folder), quick))
    return cases + start.run(quick)


if __name__ == "__main__":
    main("api", run)
