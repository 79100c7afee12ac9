"""What a network serves over HTTP: nodes and services, read model, API, stream and console, put together."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .. import __version__
from ..api import AsgiApp, Backend, Chain, Rates, Road
from ..onchain.refusals import present
from . import chain_file
from .network import CHAIN, Network

if TYPE_CHECKING:
    from ..api import Stream


class HttpSettings(NamedTuple):
    """How a network is served."""

    host: str = "127.0.0.1"
    database: str = ""
    """Where the read model lies, as an address; in a file of the home unless named."""
    rates: Rates = Rates()
    roads: Sequence[Road] = ()
    issuer: str = "registrar"
    """The party that issues credentials, where its keys lie in the home."""
    vc_api: str = ""
    """`open`: anybody at this machine may have it issue, as suites of tests must. Only at a demonstration."""


class Served(NamedTuple):
    """What answers, and the stream on which more can be told."""

    app: AsgiApp
    stream: Stream
    is_demonstration: bool
    """Whether all who reach it may act as the home's parties, and see what no party would."""


@contextlib.asynccontextmanager
async def open_http(network: Network, settings: HttpSettings) -> AsyncIterator[Served]:
    """Opens what serves a network that runs in this process; its read model follows for as long as it is open."""
    # Here, for commands that serve nothing must not wait until the database's and the web's libraries are loaded.
    from ..api import Stream, make_app
    from ..index import Database, Follower, Index
    from .issuing import is_open, issuer_service, listing_service
    from .parties import demo_parties

    client = network.client
    database = Database(settings.database) if settings.database else Database.in_file(network.home.index)
    stream, is_demonstration = Stream(), _may_demonstrate(settings.host)
    opened = is_open(settings.vc_api, may_be=is_demonstration)
    follower = Follower(CHAIN, client.node, client.dispatcher, database, stream.publish_blocks)
    backend = Backend(
        chains={CHAIN: Chain(CHAIN, client.node, client)},
        index=Index(database),
        clock=network.clock,
        parties=await demo_parties(network) if is_demonstration else None,
        stream=stream,
        node_app=present(network.app, "who serves a network runs it")(),
        version=__version__,
        roads=settings.roads,
        rates=settings.rates,
        hosts=(settings.host,),
        issuer=issuer_service(network, settings.issuer, is_open=opened),
        listing=listing_service(network),
        is_vc_api_open=opened,
    )
    with contextlib.closing(database):
        async with asyncio.TaskGroup() as group:
            following = group.create_task(follower.run())
            try:
                yield Served(make_app(backend), stream, is_demonstration)
            finally:
                stream.close()
                following.cancel()


def _may_demonstrate(host: str) -> bool:
    """Whether all who reach an address may act as the parties: at a demonstration, and from this machine alone."""
    try:
        own = ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = host == "localhost"
    return own and chain_file.load(CHAIN).demonstration
