"""Runs the network in the foreground until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import uvicorn

from ..network import HOME_IN_USE, PORT_TAKEN, Home, Network, NodeApp, Opened, open_network
from ..onchain.refusals import Refusal, present
from ..onchain.units import acc
from ..sim import PAST_MS, Fleet, ProductSale, Sale, World
from .answers import show_json
from .errors import CANNOT_LISTEN
from .options import PROGRAM, Format
from .words import short

PAUSE_S = 8.0
"""How long a car rests between two trips."""


GRACE_S = 0.4
"""How long a request under way may take when the network stops."""


class Settings(NamedTuple):
    """How the network is started."""

    host: str
    port: int
    cars: int
    seed: int
    form: Format


def serve(home: Home, settings: Settings) -> None:
    """Runs the network and its simulated cars, and tells what happens."""
    try:
        # Who has the home is asked first: the same start twice would otherwise complain about its port.
        if home.path.exists() and not home.lock():
            raise HOME_IN_USE(home.holder)
        with listen(settings.host, settings.port) as listening:
            asyncio.run(_serve(home, listening, settings))
    finally:
        home.unlock()
    if settings.form is Format.TABLE:
        print("\nStopped. Everything is kept; start again to go on.", flush=True)


async def _serve(home: Home, listening: socket.socket, settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    fresh = not home.exists
    async with open_network(home) as network:
        if network.app is None:
            raise HOME_IN_USE(home.holder)
        home.announce(_address(listening))
        await _tell(network, _address(listening), settings, fresh=fresh)
        async with serving(network.app, listening) as served:
            driving = asyncio.create_task(_drive(network, settings))
            stopping = asyncio.create_task(stop.wait())
            done, _ = await asyncio.wait([served, driving, stopping], return_when=asyncio.FIRST_COMPLETED)
            driving.cancel()
            stopping.cancel()
        await asyncio.gather(driving, stopping, return_exceptions=True)
        for task in done:
            task.result()


@contextlib.asynccontextmanager
async def serving(app: NodeApp, listening: socket.socket) -> AsyncIterator[asyncio.Task[None]]:
    """Serves an application over HTTP; gives the task that does."""
    # A request that can't be read is the sender's error, and nothing for the user's terminal.
    server = _Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    served = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield served
    finally:
        # Requests that are cut off now are no errors that anybody should read about.
        logging.getLogger("uvicorn.error").disabled = True
        server.should_exit = True
        await asyncio.wait([served], timeout=GRACE_S)
        served.cancel()
        await asyncio.gather(served, return_exceptions=True)


async def _drive(network: Network, settings: Settings) -> None:
    """Lets the simulated cars drive; when they can't any more, the network goes on without them."""
    fleet = Fleet(settings.seed, settings.cars, start_ms=network.clock() - PAST_MS)
    told = _untold if settings.form is Format.JSON else _told if sys.stdout.isatty() else _told_to_a_file
    try:
        await World(network, fleet, pause_s=PAUSE_S, told=told).run()
    except (ExceptionGroup, Refusal) as error:
        first = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
        if not isinstance(first, Refusal):
            raise first from None
        print(f"The cars have stopped: {first}", file=sys.stderr, flush=True)
    await asyncio.Event().wait()


class _Server(uvicorn.Server):
    """A server that leaves the signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, so that asyncio sends each answer at once; otherwise every request takes 40 ms longer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # Another that only bound the port is found out here.
        listening.listen()
    except OSError as error:
        listening.close()
        reason = PORT_TAKEN if error.errno == errno.EADDRINUSE else CANNOT_LISTEN
        raise reason(f"{host}, port {port}: {error.strerror}") from None
    return listening


def _address(listening: socket.socket) -> str:
    """Gives the address at which other processes of this machine find us."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _tell(network: Network, address: str, settings: Settings, *, fresh: bool) -> None:
    status = await network.client.status()
    parties = list(network.names().values())
    opened = present(network.opened, "who serves a network has opened it")
    if settings.form is Format.JSON:
        show_json(
            {
                "chain": status.chain_id,
                "height": status.height,
                "opened": opened._asdict(),
                "home": str(network.home.path),
                "node": address,
                "parties": parties,
                "cars": settings.cars,
            }
        )
        return
    print(
        f"""AutoChain {"is made and runs" if fresh else "goes on"}: chain {status.chain_id}, height {status.height}
  home     {network.home.path}
  node     {address}
  parties  {len(parties)}
  store    {_store_text(opened)}

{settings.cars} simulated cars drive, record, sell and earn. In another terminal:
  {PROGRAM} recording list     what is on the chain
  {PROGRAM} sharing-list --as owner-01    who has read an owner's data
  {PROGRAM} replay FILE.csv    take in your own drives, sell, read and prove them
  {PROGRAM} account show       who holds what
  {PROGRAM} help               everything else
Ctrl-C ends it; nothing is lost.
""",
        flush=True,
    )


def _store_text(opened: Opened) -> str:
    return (
        f"sound: {opened.blocks} blocks, {opened.entries} entries checked in {opened.check_seconds:.1f} s, "
        f"{opened.keys} keys taken up in {opened.take_up_seconds:.1f} s"
    )


def _told(sale: Sale | ProductSale) -> None:
    if isinstance(sale, ProductSale):
        print(_product_text(sale), flush=True)
        return
    print(
        f"{sale.car}: {sale.km:.1f} km, {sale.points} readings recorded; earned {acc(sale.reward_uacc)} ACC, "
        f"sold and read for {acc(sale.price_uacc)} ACC",
        flush=True,
    )


def _product_text(sale: ProductSale) -> str:
    return f"a product of {sale.recordings} recordings was sold and read for {acc(sale.price_uacc)} ACC"


def _told_to_a_file(sale: Sale | ProductSale) -> None:
    """Tells of a sale what the chain tells everybody: nothing of a drive may lie in a log."""
    if isinstance(sale, ProductSale):
        print(_product_text(sale), flush=True)
        return
    print(
        f"a recording was sold and read for {acc(sale.price_uacc)} ACC, receipt {short(sale.receipt.hex())}", flush=True
    )


def _untold(_: Sale | ProductSale) -> None:
    """Leaves stdout to the one object of a JSON answer."""
