"""`autochain watch`: looks on while a network runs."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from .answers import cell, show_json, show_json_line
from .errors import NOT_RUNNING
from .options import Format, FormatOption, HomeOption, home_at
from .watched import Watched
from .words import clock_text

if TYPE_CHECKING:
    from rich.live import Live

    from ..network import Home, Network

R = TypeVar("R")
POLL_S = 0.25
"""How often the node is asked whether there are new blocks."""
PATIENCE_S = 5.0
"""How long a node may take to say how high it is before it counts as gone."""
FIRST_BLOCKS = 10
"""How many of the last blocks are looked at to begin with."""
ASKED_AT_ONCE = 8
"""How many blocks, or balances, are asked for at the same time."""

Tell = Callable[[dict[str, Any]], None]
"""an object about one thing that happened -> nothing"""


def watch(
    once: Annotated[bool, typer.Option("--once", help="Show how things stand, and end.")] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Looks on while the network of a home runs, until Ctrl-C: its blocks, what happens in them, who holds what.

    It only reads, and when the network stops it waits until it starts again. With --format json each line is one
    object whose `kind` is network, block, transaction, timers or balance; a transaction and timers hold their events,
    each with a text in plain words. With --once it is one object for all.
    """
    place = home_at(home)
    if not place.exists or place.address() is None:
        raise NOT_RUNNING(str(place.path))
    asyncio.run(_watch(place, form, once=once))


async def _watch(home: Home, form: Format, *, once: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    looking = asyncio.create_task(_once(home, form) if once else _look(home, form))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([looking, stopping], return_when=asyncio.FIRST_COMPLETED)
    looking.cancel()
    stopping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await looking


async def _once(home: Home, form: Format) -> None:
    """Shows one frame."""
    async with _reached(home) as network:
        watcher = Watcher(network, tell=lambda _: None)
        await watcher.look()
    if form is Format.JSON:
        show_json(watcher.seen.facts())
        return
    from rich.console import Console

    from .frame import frame

    console = Console(highlight=False)
    state = f"The network runs at {home.address()}."
    console.print(frame(watcher.seen, state=state, columns=console.width, rows=console.height))


async def _look(home: Home, form: Format) -> None:
    """Draws frames on a terminal; elsewhere prints line after line."""
    if form is Format.JSON:
        await _follow(home, tell=show_json_line, draw=lambda _seen, _state: None)
    elif not sys.stdout.isatty():
        await _follow(home, tell=_print_line, draw=lambda _seen, _state: None)
    else:
        with _screen() as live:
            await _follow(home, tell=lambda _: None, draw=lambda seen, state: _draw(live, seen, state))


@contextlib.contextmanager
def _screen() -> Iterator[Live]:
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(highlight=False), screen=True, auto_refresh=False, vertical_overflow="crop") as live:
        yield live


def _draw(live: Live, seen: Watched, state: str) -> None:
    from .frame import frame

    columns, rows = live.console.size
    live.update(frame(seen, state=state, columns=columns, rows=rows), refresh=True)


async def _follow(home: Home, *, tell: Tell, draw: Callable[[Watched, str], None]) -> None:
    """Looks at the network for ever, also over its ends and starts; one that does not run at first is refused."""
    from ..onchain.refusals import Refusal

    seen: Watched | None = None
    is_waiting = False
    while True:
        try:
            async with _reached(home) as network:
                watcher = Watcher(network, tell=tell, seen=seen)
                seen, is_waiting = watcher.seen, False
                tell({"kind": "network", "state": "runs", "address": home.address()})
                while True:
                    await watcher.look()
                    draw(seen, f"The network runs at {home.address()}. Ctrl-C ends this view.")
                    await asyncio.sleep(POLL_S)
        except Refusal as refusal:
            if seen is None:
                raise
            if not is_waiting:
                tell({"kind": "network", "state": "stopped", "text": refusal.text})
            is_waiting = True
            draw(seen, "The network has stopped; this waits until it starts again. Ctrl-C ends this view.")
        await asyncio.sleep(POLL_S)


@contextlib.asynccontextmanager
async def _reached(home: Home) -> AsyncIterator[Network]:
    """Reaches the process that runs the network; refuses where none does."""
    from ..network import now_ms, reach_network

    address = home.address()
    if not home.exists or address is None:
        raise NOT_RUNNING(str(home.path))
    async with contextlib.AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(PATIENCE_S):
                network = await stack.enter_async_context(reach_network(home, address, clock=now_ms))
        except TimeoutError:
            raise NOT_RUNNING(f"{home.path}: it does not answer") from None
        yield network


class Watcher:
    """Asks a node for what is new, and takes it up in `seen`."""

    def __init__(self, network: Network, *, tell: Tell, seen: Watched | None = None) -> None:
        self._network = network
        self._tell = tell
        chain_id = network.client.trust.chain_id
        if seen is None or seen.chain_id != chain_id:
            seen = Watched(chain_id, network.client.dispatcher)
        self.seen = seen

    async def look(self) -> None:
        """Takes up the blocks since the last look, and what the parties that they name hold now."""
        client = self._network.client
        try:
            async with asyncio.timeout(PATIENCE_S):
                status = await client.status()
        except TimeoutError:
            raise NOT_RUNNING(f"{self._network.home.path}: it does not answer") from None
        touched = self._new_parties()
        self.seen.waiting = status.waiting
        first = self.seen.height + 1 if self.seen.height else max(1, status.height - FIRST_BLOCKS + 1)
        for start in range(first, status.height + 1, ASKED_AT_ONCE):
            heights = range(start, min(start + ASKED_AT_ONCE, status.height + 1))
            for header, answer in await asyncio.gather(*map(client.block, heights)):
                objects, named = self.seen.take(header, answer)
                touched |= named
                for found in objects:
                    self._tell(found)
        await self._weigh(touched)

    def _new_parties(self) -> set[bytes]:
        """Learns the names of parties that came since the last look."""
        from ..wallet import wallets

        known = self.seen.names
        if len(wallets(self._network.home.parties)) == len(known):
            return set()
        added = {account: name for account, name in self._network.names().items() if account not in known}
        known.update(added)
        return set(added)

    async def _weigh(self, accounts: Iterable[bytes]) -> None:
        """Asks what some parties hold."""
        waiting = sorted(accounts, key=self.seen.names.__getitem__)
        for start in range(0, len(waiting), ASKED_AT_ONCE):
            asked = waiting[start : start + ASKED_AT_ONCE]
            balances = await _all(map(self._network.client.balance_uacc, asked))
            for account, balance_uacc in zip(asked, balances, strict=True):
                changed = self.seen.hold(self.seen.names[account], balance_uacc)
                if changed:
                    self._tell(changed)


async def _all(jobs: Iterable[Awaitable[R]]) -> list[R]:
    return await asyncio.gather(*jobs)


def _print_line(found: dict[str, Any]) -> None:
    """Prints what a reader of lines wants to know of one thing."""
    for text in _texts(found):
        print(cell(text), flush=True)


def _texts(found: dict[str, Any]) -> Iterator[str]:
    from ..onchain.units import acc

    match found:
        case {"kind": "network", "state": "runs"}:
            yield f"the network runs at {found['address']}"
        case {"kind": "network"}:
            yield "the network has stopped; waiting until it starts again"
        case {"kind": "block", "transactions": int(count)} if count:
            yield f"block {found['height']:,}, {clock_text(found['time_ms'])}: {count} transactions"
        case {"kind": "transaction", "refused": {"told": str(text)}}:
            yield f"  {text}"
        case {"kind": "transaction" | "timers"}:
            yield from (f"  {event['text']}" for event in found["events"])
        case {"kind": "balance"}:
            change_uacc = found["change_uacc"]
            change = f" ({'+' if change_uacc > 0 else '-'}{acc(abs(change_uacc))})" if change_uacc else ""
            yield f"  {found['party']} holds {acc(found['balance_uacc'])} ACC{change}"
