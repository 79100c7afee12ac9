"""A server on this machine that answers every request with bytes that a test chooses."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from types import TracebackType

from autochain.vault import Credentials, S3Vault

TIMEOUT_MS = 500
HEAD = b'HTTP/1.1 200 OK\r\nETag: "0"\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n'


class LyingServer:
    """Gives every request the same answer: pieces of bytes, until they end or the client has enough."""

    def __init__(self, answer: Callable[[], Iterator[bytes]]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.sent_bytes = 0
        self.asked = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> LyingServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # Wakes the thread that accepts, too.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def vault(self) -> S3Vault:
        return S3Vault(
            endpoint=self.endpoint,
            bucket="bucket",
            credentials=Credentials(access_key_id="somebody", secret_access_key="a-secret-key"),
            timeout_ms=TIMEOUT_MS,
        )

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._answer_one, args=(connection,), daemon=True).start()

    def _answer_one(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self.asked += connection.recv(65_536)
            for piece in self._answer():
                connection.sendall(piece)
                self.sent_bytes += len(piece)
