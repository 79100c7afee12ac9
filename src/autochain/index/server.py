"""A connection to PostgreSQL that does not wait for ever: a server may be frozen while its socket is open."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen

R = TypeVar("R")
ANSWER_S = 5.0
"""How long a server may take to answer a question."""
WRITTEN_S = 120.0
"""How long it may take for a change: to remove all of a large index takes its time."""
LOCK_MS = 4_000
"""How long the server itself waits for a table that somebody has locked; shorter, so that it is the one to say so."""


class ServerConnection(Connection[tuple[Any, ...]]):
    """Closes itself and fails when an answer takes longer than `answer_s`."""

    answer_s = ANSWER_S

    def wait(self, gen: PQGen[R], *more: Any, **given: Any) -> R:
        return super().wait(self._bounded(gen), *more, **given)

    def _bounded(self, work: PQGen[R]) -> Generator[Any, Any, R]:
        """Passes on what a piece of work waits for; it is resumed several times a second while nothing comes."""
        end_s = time.monotonic() + self.answer_s
        try:
            wanted = next(work)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > end_s:
                    self.pgconn.finish()
                    raise OperationalError("the server does not answer")
                wanted = work.send(ready)
        except StopIteration as done:
            found: R = done.value
            return found


def connect(*arguments: Any, **given: Any) -> ServerConnection:
    """Connects to a server as the driver does."""
    connection = ServerConnection.connect(*arguments, **given)
    connection.answer_s = ANSWER_S
    connection.execute(f"SET lock_timeout = {LOCK_MS}".encode())
    connection.commit()
    return connection
