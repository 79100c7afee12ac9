"""A node's app, spoken to directly and over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterable
from typing import Any, NamedTuple

import uvicorn

from autochain.node import NodeApp
from autochain.onchain.ledger import REFUSED, Refused


class Response(NamedTuple):
    """What came back."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def refused(self) -> Refused:
        """The refusal that the body holds."""
        return REFUSED.decode(self.body)


async def call(app: NodeApp, method: str, path: str, chunks: Iterable[bytes | None] = (b"",)) -> Response | None:
    """Speaks ASGI to an app; a None among the chunks of the body is a pause that never ends."""
    sent: list[dict[str, Any]] = []
    waiting = list(chunks)

    async def receive() -> dict[str, Any]:
        chunk = waiting.pop(0)
        if chunk is None:
            await asyncio.sleep(10**6)
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"type": "http", "method": method, "path": path, "headers": []}, receive, send)
    if not sent:
        return None
    start, body = sent
    headers = dict(start["headers"])
    assert headers[b"content-type"] == b"application/vnd.msgpack"
    assert headers[b"content-length"] == b"%d" % len(body["body"])
    return Response(start["status"], headers, body["body"])


@contextlib.asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """Serves an app on a free port of this machine; gives the address."""
    # With the protocol named, asyncio sends small packets at once on the connections it accepts.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=0))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started:
            await asyncio.sleep(0)
        yield "{}:{}".format(*listening.getsockname())
    finally:
        server.should_exit = True
        await task
