"""Puts the API together: one ASGI application for the nodes, the routes and the console."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, License, Tag

from ..services.issuer import Challenges, StatusLists, VerifierService
from ..services.resolver import ResolverService
from . import chains, health, identities, network, passports, proofs, reasons, records, search, token
from .access import SECURITY_SCHEMES, Guard, host_guard
from .backend import AsgiApp, Backend, Receive, Scope, Send
from .console import Console
from .contracts import contracts_of, told
from .errors import handle
from .limits import MAX_BODY_BYTES, Limits
from .messages import draft_handlers, send_transaction, signing_handlers
from .metrics import Metrics
from .newest import Newest
from .private import private_routers
from .queries import query_handlers
from .reasons import KnownReasons
from .reference import REFERENCE, Reference
from .resolving import resolver_router
from .serving import StrictRequest, Surroundings, check_parameters
from .sessions import Sessions
from .shapes import Shapes
from .stream import stream_router
from .token import TokenFacts
from .vc_api import issuing_guard, vc_routers

API = "/api/v1"
NODES = ("/chains/", "/members/", "/registrars/")
ROUTES = (
    *("/api", "/livez", "/readyz", "/metrics", "/errors/"),
    *("/1.0/", "/credentials/", "/presentations", "/challenges", "/contexts/", "/schemas/"),
)
"""What Litestar answers; all else is the console's."""
CONSOLE = Path(__file__).parent.parent / "web"
TAGS: Mapping[str, str] = {
    "network": "What runs here.",
    "chains": "Blocks, transactions, events and proofs of a chain.",
    "records": "Recordings, consents, receipts, accounts, vehicles and the token, as the read model has them.",
    "sign-in": "Sessions of accounts, by their own keys.",
    "accounts": "What belongs to one account, for whoever is signed in as it.",
    "resolver": "Documents of DIDs, in the form of the Universal Resolver.",
    "vc-api": "Credentials as other wallets ask for them: issuing, status, verifying, presenting.",
    "demonstration": "Only where the network is a demonstration.",
    "stream": "Events as they happen.",
    "health": "Whether it lives and is ready, and what can be measured.",
    "nodes": "The nodes themselves, in MessagePack.",
}


class App:
    """Gives each request to whom it is for."""

    def __init__(self, nodes: AsgiApp, routes: AsgiApp, console: AsgiApp) -> None:
        self._nodes = nodes
        self._routes = routes
        self._console = console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._routes(scope, receive, send)
        elif scope["path"].startswith(NODES):
            await self._nodes(scope, receive, send)
        elif scope["path"].startswith(ROUTES):
            await self._routes(scope, receive, send)
        else:
            await self._console(scope, receive, send)


def make_app(backend: Backend, *, console: Path = CONSOLE) -> App:
    """Makes the application that serves the nodes, the API and the console's files."""
    metrics = Metrics(backend)
    limits = Limits(backend.rates, clock=time.monotonic)
    surrounded = Surroundings(make_routes(backend, metrics), limits, metrics)
    return App(backend.node_app, surrounded, Console(console))


def make_routes(backend: Backend, metrics: Metrics) -> Litestar:
    """Makes all routes of the API."""
    known, shapes, tokens = KnownReasons(), Shapes(), Newest[TokenFacts]()
    sessions = Sessions(clock=backend.clock, chance=backend.chance)
    host = host_guard(backend.hosts)
    return Litestar(
        route_handlers=[
            Router(API, route_handlers=[*_public(backend, shapes), *_sessions(backend, shapes, sessions, host)]),
            *_identity(backend, sessions, host),
            reasons.error_page,
            health.livez,
            health.readyz,
            health.get_metrics,
        ],
        dependencies={
            "backend": Provide(lambda: backend, sync_to_thread=False),
            "metrics": Provide(lambda: metrics, sync_to_thread=False),
            "reasons": Provide(lambda: known, sync_to_thread=False),
            "tokens": Provide(lambda: tokens, sync_to_thread=False),
        },
        before_request=check_parameters,
        exception_handlers={Exception: handle},
        openapi_config=_reference(backend),
        request_class=StrictRequest,
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,
    )


def _public(backend: Backend, shapes: Shapes) -> Sequence[Any]:
    """Gives the routes that anybody may ask."""
    contracts = contracts_of(backend.chains.values())
    generated = [*query_handlers(contracts, shapes), *draft_handlers(contracts, shapes)]
    of_records = [*records.HANDLERS, *identities.HANDLERS, *token.HANDLERS]
    followed = [health.followed_guard(backend)]
    return [
        network.get_network,
        reasons.list_reasons,
        Router("/", route_handlers=[search.search], guards=followed),
        *generated,
        Router(
            "/chains/{chain:str}",
            route_handlers=[proofs.prove, passports.get_passport, send_transaction],
            tags=["chains"],
        ),
        Router("/chains/{chain:str}", route_handlers=chains.HANDLERS, tags=["chains"], guards=followed),
        Router("/chains/{chain:str}", route_handlers=of_records, tags=["records"], guards=followed),
    ]


def _sessions(backend: Backend, shapes: Shapes, sessions: Sessions, host: Guard) -> Sequence[Router]:
    """Gives the routes of those who sign in, and the stream."""
    signing = signing_handlers(contracts_of(backend.chains.values()), shapes)
    return [
        *private_routers(backend, signing, sessions, host=host, chance=backend.chance),
        stream_router(backend.stream, backend.index, next(iter(backend.chains))),
    ]


def _identity(backend: Backend, sessions: Sessions, host: Guard) -> Sequence[Any]:
    """Gives the routes of the W3C's interfaces, whose paths are theirs; DIDs are accounts of the first chain."""
    chain = next(iter(backend.chains.values()))
    resolver = ResolverService(chain.client, clock=backend.clock)
    verifier = VerifierService(
        resolver,
        StatusLists(chain.client, clock=backend.clock),
        Challenges(clock=backend.clock, chance=backend.chance),
        clock=backend.clock,
        is_open=backend.is_vc_api_open,
    )
    guard = issuing_guard(sessions, chain.client, host=host, is_open=backend.is_vc_api_open)
    return [
        resolver_router(chain, resolver),
        *vc_routers(backend.issuer, backend.listing, verifier, guard=guard, host=host),
    ]


def _reference(backend: Backend) -> OpenAPIConfig:
    tags = dict(TAGS)
    for name, contract in contracts_of(backend.chains.values()).items():
        tags[name] = told(contract)
    return OpenAPIConfig(
        title="AutoChain",
        version=backend.version,
        description="Read, send and watch the chains of this network. Every refusal is a problem that names its mend.",
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        tags=[Tag(name=name, description=text) for name, text in tags.items()],
        components=Components(security_schemes=SECURITY_SCHEMES),
        path=REFERENCE,
        render_plugins=[Reference(backend.chains)],
        use_handler_docstrings=True,
    )
