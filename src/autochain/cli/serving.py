"""Runs the network in the foreground until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from typing import NamedTuple

from ..api import Rates, Stream
from ..network import HOME_IN_USE, Home, HttpSettings, Network, Opened, listen, open_http, open_network, serving
from ..onchain.refusals import Refusal, present
from ..onchain.units import acc
from ..sim import PAST_MS, Fleet, ProductSale, Sale, Traffic, World, lines
from .answers import show_json
from .options import PROGRAM, Format
from .words import short

PAUSE_S = 8.0
"""How long a car rests between two trips, and is shown on the last one."""
LOOK_S = 0.5
"""How often those who look are told where the cars are."""


class Settings(NamedTuple):
    """How the network is started."""

    host: str
    port: int
    cars: int
    seed: int
    form: Format
    database: str
    """The address of the read model's database; empty for a file of the home."""
    rate: str
    """How often one address may ask; empty for the usual."""
    vc_api: str
    """`open` lets anybody at this machine have a demonstration issue credentials."""


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
    rates = Rates.read(settings.rate) if settings.rate else Rates()
    async with open_network(home) as network:
        if network.app is None:
            raise HOME_IN_USE(home.holder)
        fleet = Fleet(settings.seed, settings.cars, start_ms=network.clock() - PAST_MS)
        traffic = Traffic(shown_s=PAUSE_S, clock=asyncio.get_running_loop().time)
        roads = tuple(lines(fleet.network))
        http = HttpSettings(settings.host, settings.database, rates, roads, vc_api=settings.vc_api)
        async with open_http(network, http) as served:
            home.announce(_address(listening))
            await _tell(network, _address(listening), settings, fresh=fresh)
            async with serving(served.app, listening) as answering:
                working = [
                    answering,
                    asyncio.create_task(_drive(network, fleet, traffic, settings)),
                    asyncio.create_task(stop.wait()),
                ]
                if served.is_demonstration:
                    working.append(asyncio.create_task(_look(traffic, served.stream, network)))
                done, _ = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
                # First of all, or those who listen would keep the server up.
                served.stream.close()
                for task in working[1:]:
                    task.cancel()
            await asyncio.gather(*working[1:], return_exceptions=True)
            for task in done:
                task.result()


async def _look(traffic: Traffic, stream: Stream, network: Network) -> None:
    """Tells those who listen where the cars are."""
    while True:
        stream.publish("vehicles", {"time_ms": network.clock(), "vehicles": traffic.seen()})
        await asyncio.sleep(LOOK_S)


async def _drive(network: Network, fleet: Fleet, traffic: Traffic, settings: Settings) -> None:
    """Lets the simulated cars drive; when they can't any more, the network goes on without them."""
    told = _untold if settings.form is Format.JSON else _told if sys.stdout.isatty() else _told_to_a_file
    try:
        await World(network, fleet, pause_s=PAUSE_S, told=told, traffic=traffic).run()
    except (ExceptionGroup, Refusal) as error:
        first = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
        if not isinstance(first, Refusal):
            raise first from None
        print(f"The cars have stopped: {first}", file=sys.stderr, flush=True)
    await asyncio.Event().wait()


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
                "validators_hash": network.facts.validators_hash,
                "height": status.height,
                "opened": opened._asdict(),
                "home": str(network.home.path),
                "node": address,
                "console": f"http://{address}",
                "parties": parties,
                "cars": settings.cars,
            }
        )
        return
    print(
        f"""AutoChain {"is made and runs" if fresh else "goes on"}: chain {status.chain_id}, height {status.height}
  console  http://{address}
  trust    {network.facts.validators_hash}, the hash of the chain's validators
  home     {network.home.path}
  parties  {len(parties)}
  store    {_store_text(opened)}

{settings.cars} simulated cars drive, record, sell and earn. In another terminal:
  {PROGRAM} recording list     what is on the chain
  {PROGRAM} sharing-list --as owner-01    who has read an owner's data
  {PROGRAM} vehicle history car-01    what a car has lived through
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
