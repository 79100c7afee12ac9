"""Who may ask and send what: roles, hosts, the guard of private routes, and the table of these routes.

A token is good for 15 minutes at most. At each use the chain is asked anew whether the account stands, has the keys
with which it signed in, and holds its role: a revoked DID's token ends with the block that revokes it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from litestar import Litestar, Response, Router
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi.spec import Reference, SecurityScheme

from ..client import Client
from ..onchain.contracts import consent, credentials, identity, market, recording, token
from ..onchain.ledger import Message
from ..onchain.refusals import Refusal, ensure
from .backend import ROLES, Role
from .errors import FOREIGN_HOST, NOT_SIGNED_IN, OTHER_ACCOUNT, WRONG_ROLE
from .sessions import Session, Sessions, standing
from .shapes import read_id

Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]

_TRADE: tuple[type[Message], ...] = (
    market.Read,
    market.Buy,
    market.Publish,
    market.Unpublish,
    consent.TakeUp,
    token.Transfer,
)
_OWN = (identity.SetGuardians, identity.RejectRecovery)
"""What concerns one's own account."""
SENDS: dict[Role, tuple[type[Message], ...]] = {
    "owner": (
        consent.Grant,
        consent.Offer,
        consent.Withdraw,
        consent.Revoke,
        recording.Erase,
        token.Transfer,
        market.Publish,
        market.Unpublish,
        *_OWN,
    ),
    "buyer": (*_TRADE, *_OWN),
    "maker": (*_TRADE, *_OWN),
    "regulator": (credentials.Attest, *_OWN),
    "stranger": (),
}
"""The messages that each role may have signed and sent here."""

BEARER = "bearer"
SECURITY_SCHEMES: dict[str, SecurityScheme | Reference] = {
    BEARER: SecurityScheme(
        type="http",
        scheme="bearer",
        description="A token of /api/v1/sign-in, good for 15 minutes at most. It ends at once when the account is "
        "revoked, changes its keys or loses the role.",
    )
}
ACCOUNTS = "/accounts/{account:str}"
"""What every private route begins with."""
NOT_KEPT = "private, no-store"
"""What is one account's alone stays in nobody's cache."""
_ROLES = "roles"
_TOKEN_LETTERS = 43


def senders(message: type[Message]) -> tuple[Role, ...]:
    """Gives the roles that may send a message."""
    return tuple(role for role in ROLES if message in SENDS[role])


def allow(*roles: Role) -> dict[str, Any]:
    """Gives the `opt` of a private route's handler: the roles for which it is."""
    return {_ROLES: roles}


class PrivateRoute(NamedTuple):
    """One private route: how it is asked, and by whom."""

    method: str
    path: str
    roles: tuple[Role, ...]


def private_routes(app: Litestar) -> list[PrivateRoute]:
    """Lists an application's private routes."""
    return [
        PrivateRoute(method, route.path_format, handler.opt[_ROLES])
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if _ROLES in handler.opt
        for method in sorted(handler.http_methods)
    ]


def private_router(guard: Guard, handlers: Sequence[HTTPRouteHandler]) -> Router:
    """Puts the private routes together: the guard stands before each of them, and each says for whom it is."""
    for handler in handlers:
        ensure(handler.opt.get(_ROLES), f"the private route {sorted(handler.paths)} says for which roles it is")
    return Router(
        ACCOUNTS,
        guards=[guard],
        route_handlers=list(handlers),
        after_request=_not_kept,
        security=[{BEARER: []}],
        tags=["accounts"],
    )


def _not_kept(response: Response[Any]) -> Response[Any]:
    response.headers["cache-control"] = NOT_KEPT
    return response


def account_guard(sessions: Sessions, client: Client, *, host: Guard) -> Guard:
    """Makes the guard of private routes: lets the account of the path in, in one of the route's roles."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        await host(connection, handler)
        session = await signed_in(connection, sessions, client)
        if _account(connection.path_params["account"]) != session.account:
            raise OTHER_ACCOUNT()
        roles = handler.opt.get(_ROLES, ())  # What says nothing, such as an OPTIONS of Litestar's own, is for nobody.
        if session.role not in roles:
            raise WRONG_ROLE(f"{session.role}; this is for {', '.join(roles) or 'nobody'}")

    return guard


def host_guard(named: Collection[str]) -> Guard:
    """Makes the guard that refuses requests which a browser sends here for a page of another host.

    The name of an attacker's page may resolve to 127.0.0.1 a moment later; the page's own name then stands in `Host`.
    An address in digits can't be made to mean another machine, so any is taken.
    """
    own = frozenset(name.lower() for name in named)

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        hosts = connection.headers.getall("host", [])
        name = _host_name(f"//{hosts[0]}") if len(hosts) == 1 else ""
        if not (_is_local(name) or name in own or _address(name)):
            raise FOREIGN_HOST(name[:100])
        for origin in connection.headers.getall("origin", []):
            page = _host_name(origin)
            if not (_is_local(page) or page in own or page == name):
                raise FOREIGN_HOST(page[:100])

    return guard


async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], sessions: Sessions, client: Client) -> Session:
    """Gives the session of a request's token, where the chain still bears it."""
    session = sessions.find(bearer_token(connection))
    if await standing(client, session.account, session.role, now_ms=sessions.clock()) != session.keys:
        raise NOT_SIGNED_IN("the account has other keys now")
    return session


def bearer_token(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Reads the token from the header `Authorization`, and from nowhere else: no page can make a browser add it."""
    given = connection.headers.getall("authorization", [])
    scheme, _, text = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or len(text) != _TOKEN_LETTERS:
        raise NOT_SIGNED_IN()
    return text


def _account(text: str) -> bytes:
    """Reads the account of a path; what is none is nobody's."""
    try:
        return read_id(text)
    except Refusal:
        raise OTHER_ACCOUNT() from None


def _host_name(url: str) -> str:
    """Gives the host of an address, in lower letters and without brackets; empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_local(name: str) -> bool:
    address = _address(name)
    return name == "localhost" or name.endswith(".localhost") or (address is not None and address.is_loopback)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Reads an address in digits; None where it is a name."""
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
