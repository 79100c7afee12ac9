"""Runs the network in the foreground until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import uvicorn

from ..network import Home, Network, open_network
from ..network.errors import HOME_IN_USE, PORT_TAKEN
from ..onchain.units import acc
from ..sim import PAST_MS, Fleet, Sale, World

PAUSE_S = 8.0
"""How long a car rests between two trips."""


def serve(home: Home, *, host: str, port: int, cars: int, seed: int) -> None:
    """Runs the network and its simulated cars, and tells what happens."""
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_serve(home, host=host, port=port, cars=cars, seed=seed))


async def _serve(home: Home, *, host: str, port: int, cars: int, seed: int) -> None:
    listening = _listen(host, port)
    fresh = not home.exists
    async with open_network(home) as network:
        if network.app is None:
            raise HOME_IN_USE(str(home.path))
        address = "{}:{}".format(*listening.getsockname()[:2])
        home.announce(address)
        server = _Server(uvicorn.Config(network.app, log_level="warning", lifespan="off", timeout_graceful_shutdown=0))
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await _tell(network, address, fresh=fresh, cars=cars)
        fleet = Fleet(seed, cars, start_ms=network.clock() - PAST_MS)
        world = World(network, fleet, pause_s=PAUSE_S, told=_told)
        tasks: list[asyncio.Task[object]] = [
            asyncio.create_task(server.serve(sockets=[listening])),
            asyncio.create_task(world.run()),
        ]
        stopping: asyncio.Task[object] = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in done - {stopping}:
            task.result()
    print("\nStopped. Everything is kept; start again to go on.", flush=True)


class _Server(uvicorn.Server):
    """A server that leaves the signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise PORT_TAKEN(f"{host}:{port}: {error.strerror}") from None
    return listening


async def _tell(network: Network, address: str, *, fresh: bool, cars: int) -> None:
    status = await network.client.status()
    print(
        f"""AutoChain {"is made and runs" if fresh else "goes on"}: chain {status.chain_id}, height {status.height}
  home     {network.home.path}
  node     {address}
  parties  {", ".join(name for name in network.names().values()) or "none yet"}

{cars} simulated cars drive, record, sell and earn. In another terminal:
  ./run recording list              what is on the chain
  ./run replay FILE.csv             take in your own drives, sell, read and prove them
  ./run account show                who holds what
  ./run help                        everything else
Ctrl-C ends it; nothing is lost.
""",
        flush=True,
    )


def _told(sale: Sale) -> None:
    print(
        f"{sale.car}: {sale.km:.1f} km, {sale.points} readings recorded; earned {acc(sale.reward_uacc)} ACC, "
        f"sold and read for {acc(sale.price_uacc)} ACC, receipt {sale.receipt.hex()[:12]}…",
        flush=True,
    )
