"""A node that is spoken to over HTTP."""

from __future__ import annotations

import ipaddress
import re
import ssl
from typing import TYPE_CHECKING

from ..onchain.codec import encode
from ..onchain.ledger import (
    ANSWER,
    BLOCK_ANSWER,
    REFUSED,
    STATUS,
    SUBMITTED,
    Answer,
    BlockAnswer,
    Question,
    Status,
    Submitted,
)
from ..onchain.ledger.light import PROVED, Proved
from ..onchain.refusals import Reason

if TYPE_CHECKING:
    import httpx

BAD_ADDRESS = Reason("client", 3, "This is not an address.", "Write it like 127.0.0.1:8440 or [::1]:8440.")
NODE_AWAY = Reason("client", 1, "The network does not answer.", "Start it with `./run`, or see whether it still runs.")
BAD_ANSWER = Reason("client", 2, "What answers there is not a node of AutoChain.", "Check the address.")
TIMEOUT_S = 60.0
MAX_ANSWER_BYTES = BLOCK_ANSWER.max_bytes
MEDIA_TYPE = "application/vnd.msgpack"
_LABEL = "[A-Za-z0-9_-]{1,63}"
_ADDRESS = re.compile(rf"({_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\]):([0-9]{{1,5}})")


def host_and_port(address: str) -> tuple[str, int]:
    """Parts an address like `127.0.0.1:8440`; a host that is left out is refused, for it would mean all there are."""
    match = _ADDRESS.fullmatch(address)
    if not match or not 0 < int(match[2]) < 1 << 16:
        raise BAD_ADDRESS(repr(address[:60]))
    host = match[1]
    if host.startswith("["):
        host = host[1:-1]
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            raise BAD_ADDRESS(repr(address[:60])) from None
    return host, int(match[2])


class HttpNode:
    """Implements the ledger's `Node` over HTTP, and passes services' requests on."""

    def __init__(self, http: httpx.AsyncClient, chain: str) -> None:
        self._http = http
        self._chain = f"/chains/{chain}"

    @classmethod
    def at(cls, address: str, chain: str) -> HttpNode:
        """Speaks to the node at an address like `127.0.0.1:8440`."""
        import httpx

        host_and_port(address)
        # Plain HTTP asks for no certificates; to load the usual ones would take longer than most requests.
        none = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        url = f"http://{address}"
        return cls(httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S, trust_env=False, verify=none), chain)

    async def submit(self, data: bytes) -> Submitted:
        return SUBMITTED.decode(await self.request("POST", f"{self._chain}/submit", data))

    async def query(self, data: bytes, *, height: int = 0) -> Answer:
        return ANSWER.decode(await self.request("POST", f"{self._chain}/query", encode(Question(data, height))))

    async def prove(self, key: bytes) -> Proved:
        return PROVED.decode(await self.request("POST", f"{self._chain}/prove", key))

    async def block(self, height: int) -> BlockAnswer:
        return BLOCK_ANSWER.decode(await self.request("POST", f"{self._chain}/block", str(height).encode()))

    async def status(self) -> Status:
        return STATUS.decode(await self.request("GET", f"{self._chain}/status"))

    async def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Sends one request; raises the refusal that comes back."""
        import httpx

        try:
            async with self._http.stream(method, path, content=body) as response:
                if response.headers.get("content-type") != MEDIA_TYPE:
                    raise BAD_ANSWER(f"status {response.status_code}")
                answer = await _read(response)
        except httpx.HTTPError as error:
            raise NODE_AWAY(type(error).__name__) from None
        if response.status_code != 200:
            raise REFUSED.decode(answer).refusal()
        return answer

    async def close(self) -> None:
        await self._http.aclose()


async def _read(response: httpx.Response) -> bytes:
    """Reads an answer within bounds: a node need not be trusted."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise BAD_ANSWER(f"more than {MAX_ANSWER_BYTES} bytes")
        chunks.append(chunk)
    return b"".join(chunks)
