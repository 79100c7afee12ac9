"""A registrar over HTTP, from both ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ...client import HttpNode
from ...onchain.codec import encode
from .records import EVALUATE, EVALUATED, Evaluate, Evaluated
from .service import RegistrarService


def routes(service: RegistrarService) -> dict[tuple[str, str], Callable[[bytes], Awaitable[bytes]]]:
    """Gives what the service adds to the routes of its process, which may hold several registrars."""

    async def evaluate(body: bytes) -> bytes:
        return encode(await service.evaluate(EVALUATE.decode(body)))

    return {("POST", _path(service.number)): evaluate}


class HttpRegistrar:
    """Speaks to the registrar of a number in another process."""

    def __init__(self, http: HttpNode, number: int) -> None:
        self._http = http
        self._path = _path(number)

    async def evaluate(self, request: Evaluate) -> Evaluated:
        return EVALUATED.decode(await self._http.request("POST", self._path, encode(request)))


def _path(number: int) -> str:
    return f"/registrars/{number}/evaluate"
