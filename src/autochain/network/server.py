"""Serves an application over HTTP: bounded in connections, and in how long and how large the head of a request is."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .errors import CANNOT_LISTEN, PORT_TAKEN

if TYPE_CHECKING:
    from ..api import AsgiApp

MAX_CONNECTIONS = 1_000
MAX_OF_ONE = 500
"""How many of them one address may hold, be it a proxy's."""
MAX_HEAD_BYTES = 65_536
"""How long a request's line and headers may be together."""
HEAD_S = 10.0
"""How long they may take to arrive, and a new connection to begin."""
BODY_S = 60.0
"""How long a request's body may take to arrive."""
GRACE_S = 0.4
"""How long a request under way may take when the server stops."""


class BoundedHttp(HttpToolsProtocol):
    """One connection; closed when it is one too many, or when a request is too slow or its head too long."""

    _head_bytes = 0
    _in_head = False
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS or self._of_one() > MAX_OF_ONE:
            transport.abort()
        else:
            self._wait(HEAD_S)

    def _of_one(self) -> int:
        """Counts the connections of this one's address."""
        own = self.client and self.client[0]
        return sum(1 for each in self.connections if isinstance(each, BoundedHttp) and each.is_from(own))

    def is_from(self, address: str | None) -> bool:
        return self.client is not None and self.client[0] == address

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._in_head:
            self._head_bytes = 0
            return
        # What of it was the body of the request before is so little that it needs not be told apart.
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self.transport.abort()
        elif self._waiting is None:
            self._wait(HEAD_S)

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_waiting()
        self._wait(BODY_S)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop_waiting()
        super().on_message_complete()

    def _wait(self, seconds: float) -> None:
        self._waiting = self.loop.call_later(seconds, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


class _Server(uvicorn.Server):
    """A server that leaves the signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(app: AsgiApp, listening: socket.socket) -> AsyncIterator[asyncio.Task[None]]:
    """Serves an application; gives the task that does."""
    # A request that can't be read is the sender's error, and nothing for the user's terminal.
    server = _Server(uvicorn.Config(app, http=BoundedHttp, ws="none", log_level="error", lifespan="off"))
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


def listen(host: str, port: int) -> socket.socket:
    """Listens at an address of this machine; port 0 takes a free one."""
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
