"""A chain over HTTP: submit, query, prove, block and status as a bare ASGI application.

Bodies are canonical records in MessagePack; a refusal comes with status 422 as a `Refused` record.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from ..onchain.codec import TOO_LONG, encode
from ..onchain.ledger import Node, Refused
from ..onchain.refusals import Reason, Refusal

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Route = Callable[[bytes], Awaitable[bytes]]
"""request body -> response body; raises the refusal"""

MAX_BODY_BYTES = 1_048_576
MEDIA_TYPE = b"application/vnd.msgpack"

NO_ROUTE = Reason("node", 1, "There is nothing at this address.", "See the routes in the reference.")
NOT_A_HEIGHT = Reason("node", 2, "This is not a height.", "Ask for a whole number, or 0 for the last block.")


class NodeApp:
    """Serves the chains of this process, and what services add to them, each route by method and path."""

    def __init__(self, chains: Mapping[str, Node], routes: Mapping[tuple[str, str], Route]) -> None:
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
            status, body = await self._respond(scope, receive)
            headers = [(b"content-type", MEDIA_TYPE), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    async def _respond(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        route = self._routes.get((scope["method"], scope["path"]))
        try:
            if route is None:
                raise NO_ROUTE(f"{scope['method']} {scope['path'][:100]}")
            return 200, await route(await _read_body(receive))
        except Refusal as refusal:
            status = 404 if refusal.reason is NO_ROUTE else 422
            return status, encode(Refused.of(refusal))


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _read_body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MAX_BODY_BYTES:
            raise TOO_LONG(f"more than {MAX_BODY_BYTES} bytes")
        if not message.get("more_body"):
            return b"".join(chunks)


def _submit(node: Node) -> Route:
    async def submit(body: bytes) -> bytes:
        return encode(await node.submit(body))

    return submit


def _query(node: Node) -> Route:
    async def query(body: bytes) -> bytes:
        return encode(await node.query(body))

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
