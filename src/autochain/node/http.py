"""A chain over HTTP: submit, query, prove, block and status as a bare ASGI application.

Bodies are canonical records in MessagePack; a refusal comes as a `Refused` record, mostly with status 422.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from ..onchain.codec import TOO_LONG, encode
from ..onchain.ledger import QUESTION, Node, Refused
from ..onchain.refusals import Reason, Refusal

Header = tuple[bytes, bytes]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Route = Callable[[bytes], Awaitable[bytes]]
"""request body -> response body; raises the refusal"""

MAX_BODY_BYTES = 1_048_576
MAX_RECEIVING_BYTES = 67_108_864
"""How much of all bodies that are arriving is held at once."""
BODY_TIMEOUT_S = 30
"""How long a request's body may take to arrive."""
MEDIA_TYPE = b"application/vnd.msgpack"

NO_ROUTE = Reason("node", 1, "There is nothing at this address.", "See the routes in the reference.")
NOT_A_HEIGHT = Reason("node", 2, "This is not a height.", "Ask for a whole number, or 0 for the last block.")
WRONG_METHOD = Reason("node", 3, "This address is not asked by this method.", "Use the method named here.")
NOT_WHOLE = Reason("node", 4, "The request did not arrive whole.", "Send it again, over a better connection.")
TOO_BUSY = Reason("node", 6, "Too much is being sent here at once.", "Send it again in a moment.")

STATUSES: Mapping[Reason, int] = {NO_ROUTE: 404, WRONG_METHOD: 405, NOT_WHOLE: 408, TOO_LONG: 413, TOO_BUSY: 503}
"""The statuses of refusals that HTTP has one for; any other has 422."""


class NodeApp:
    """Serves the chains of this process, and what services add to them, each route by method and path."""

    def __init__(self, chains: Mapping[str, Node], routes: Mapping[tuple[str, str], Route]) -> None:
        self._receiving_bytes = 0
        self._routes: dict[tuple[str, str], Route] = dict(routes)
        for name, node in chains.items():
            self._routes |= {
                ("POST", f"/chains/{name}/submit"): _submit(node),
                ("POST", f"/chains/{name}/query"): _query(node),
                ("POST", f"/chains/{name}/prove"): _prove(node),
                ("POST", f"/chains/{name}/block"): _block(node),
                ("GET", f"/chains/{name}/status"): _status(node),
            }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            status, body, extra = await self._respond(scope, receive)
            headers = [(b"content-type", MEDIA_TYPE), (b"content-length", str(len(body)).encode()), *extra]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    async def _respond(self, scope: Scope, receive: Receive) -> tuple[int, bytes, list[Header]]:
        try:
            route = self._route(scope["method"], scope["path"])
            return 200, await route(await self._read_body(receive)), []
        except Refusal as refusal:
            status = STATUSES.get(refusal.reason, 422)
            return status, encode(Refused.of(refusal)), _headers(status, refusal)

    def _route(self, method: str, path: str) -> Route:
        route = self._routes.get((method, path))
        if route is None:
            methods = [known for known, place in self._routes if place == path]
            raise WRONG_METHOD(", ".join(methods)) if methods else NO_ROUTE(f"{method} {path[:100]}")
        return route

    async def _read_body(self, receive: Receive) -> bytes:
        chunks: list[bytes] = []
        try:
            async with asyncio.timeout(BODY_TIMEOUT_S):
                await self._read_chunks(receive, chunks)
        except TimeoutError:
            raise NOT_WHOLE(f"after {BODY_TIMEOUT_S} s") from None
        finally:
            self._receiving_bytes -= sum(map(len, chunks))
        return b"".join(chunks)

    async def _read_chunks(self, receive: Receive, chunks: list[bytes]) -> None:
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise NOT_WHOLE("the connection was closed")
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            self._receiving_bytes += len(chunks[-1])
            if size > MAX_BODY_BYTES:
                raise TOO_LONG(f"more than {MAX_BODY_BYTES} bytes")
            if self._receiving_bytes > MAX_RECEIVING_BYTES:
                raise TOO_BUSY()
            if not message.get("more_body"):
                return


def _headers(status: int, refusal: Refusal) -> list[Header]:
    """Gives the header that HTTP wants beside some statuses."""
    match status:
        case 405:
            return [(b"allow", refusal.detail.encode())]
        case 408:
            return [(b"connection", b"close")]
        case _:
            return []


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _submit(node: Node) -> Route:
    async def submit(body: bytes) -> bytes:
        return encode(await node.submit(body))

    return submit


def _query(node: Node) -> Route:
    async def query(body: bytes) -> bytes:
        question = QUESTION.decode(body)
        return encode(await node.query(question.query, height=question.height))

    return query


def _prove(node: Node) -> Route:
    async def prove(body: bytes) -> bytes:
        return encode(await node.prove(body))

    return prove


def _block(node: Node) -> Route:
    async def block(body: bytes) -> bytes:
        if not body.isdigit() or len(body) > 16:
            raise NOT_A_HEIGHT()
        return encode(await node.block(int(body)))

    return block


def _status(node: Node) -> Route:
    async def status(_: bytes) -> bytes:
        return encode(await node.status())

    return status
