"""The release service over HTTP, from both ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ...client import HttpNode
from ...onchain.codec import encode
from .records import DEPOSIT, OPEN_REQUEST, OPENED, Deposit, Opened, OpenRequest
from .service import ReleaseService


def routes(service: ReleaseService) -> dict[tuple[str, str], Callable[[bytes], Awaitable[bytes]]]:
    """Gives what the service adds to the routes of its process."""

    async def deposit(body: bytes) -> bytes:
        await service.deposit(DEPOSIT.decode(body))
        return b""

    async def open_(body: bytes) -> bytes:
        return encode(await service.open(OPEN_REQUEST.decode(body)))

    return {("POST", "/release/deposit"): deposit, ("POST", "/release/open"): open_}


class HttpRelease:
    """Speaks to a release service in another process."""

    def __init__(self, http: HttpNode) -> None:
        self._http = http

    async def deposit(self, deposit: Deposit) -> None:
        await self._http.request("POST", "/release/deposit", encode(deposit))

    async def open(self, request: OpenRequest) -> Opened:
        return OPENED.decode(await self._http.request("POST", "/release/open", encode(request)))
