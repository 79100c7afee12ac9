"""A member of the release committee over HTTP, from both ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ...client import HttpNode
from ...onchain.codec import encode
from .committee import Release
from .records import DEPOSIT, FORGET, OPEN_REQUEST, OPENED, Deposit, Forget, Opened, OpenRequest


def routes(service: Release, number: int) -> dict[tuple[str, str], Callable[[bytes], Awaitable[bytes]]]:
    """Gives what a member adds to the routes of its process, which may hold several; `number` is that of its shares."""

    async def deposit(body: bytes) -> bytes:
        await service.deposit(DEPOSIT.decode(body))
        return b""

    async def open_(body: bytes) -> bytes:
        return encode(await service.open(OPEN_REQUEST.decode(body)))

    async def forget(body: bytes) -> bytes:
        await service.forget(FORGET.decode(body))
        return b""

    return {
        ("POST", _path(number, "deposit")): deposit,
        ("POST", _path(number, "open")): open_,
        ("POST", _path(number, "forget")): forget,
    }


class HttpRelease:
    """Speaks to a member in another process."""

    def __init__(self, http: HttpNode, number: int) -> None:
        self._http = http
        self._number = number

    async def deposit(self, deposit: Deposit) -> None:
        await self._http.request("POST", _path(self._number, "deposit"), encode(deposit))

    async def open(self, request: OpenRequest) -> Opened:
        return OPENED.decode(await self._http.request("POST", _path(self._number, "open"), encode(request)))

    async def forget(self, request: Forget) -> None:
        await self._http.request("POST", _path(self._number, "forget"), encode(request))


def _path(number: int, act: str) -> str:
    return f"/members/{number}/{act}"
