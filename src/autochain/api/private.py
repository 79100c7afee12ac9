"""The private half of the API put together: signing in, what is one account's alone, and the demonstration."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from .access import Guard, account_guard, private_router
from .accounts import ACCOUNT_HANDLERS
from .backend import Backend
from .demo import demo_router
from .sessions import Challenges, Sessions
from .sign_in import sign_in_router


def private_routers(
    backend: Backend,
    signing: Iterable[HTTPRouteHandler],
    sessions: Sessions,
    *,
    host: Guard,
    chance: Callable[[int], bytes],
) -> list[Router]:
    """Makes the routers beneath `/api/v1` that somebody signs in for; `signing` are the routes that sign messages.

    `host` guards them against pages of other hosts; `chance` gives random bytes. Accounts are those of the first
    chain. Without parties there is nothing of a demonstration.
    """
    client = next(iter(backend.chains.values())).client
    challenges = Challenges(client.trust.chain_id, clock=backend.clock, chance=chance)
    routers = [
        sign_in_router(challenges, sessions, client, host=host),
        private_router(account_guard(sessions, client, host=host), [*ACCOUNT_HANDLERS, *signing]),
    ]
    if backend.parties is not None:
        routers.append(demo_router(backend.parties, backend.roads, sessions, client, host=host))
    return routers
