"""A node that is spoken to over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..onchain.ledger import ANSWER, BLOCK_ANSWER, REFUSED, STATUS, SUBMITTED, Answer, BlockAnswer, Status, Submitted
from ..onchain.ledger.light.proved import PROVED, Proved
from ..onchain.refusals import Reason

if TYPE_CHECKING:
    import httpx

NODE_AWAY = Reason("client", 1, "The network does not answer.", "Start it with `./run`, or see whether it still runs.")
BAD_ANSWER = Reason("client", 2, "What answers there is not a node of AutoChain.", "Check the address.")
TIMEOUT_S = 60.0


class HttpNode:
    """Implements the ledger's `Node` over HTTP, and passes services' requests on."""

    def __init__(self, http: httpx.AsyncClient, chain: str) -> None:
        self._http = http
        self._chain = f"/chains/{chain}"

    @classmethod
    def at(cls, address: str, chain: str) -> HttpNode:
        """Speaks to the node at an address like `127.0.0.1:8440`."""
        import httpx

        return cls(httpx.AsyncClient(base_url=f"http://{address}", timeout=TIMEOUT_S, trust_env=False), chain)

    async def submit(self, data: bytes) -> Submitted:
        return SUBMITTED.decode(await self.request("POST", f"{self._chain}/submit", data))

    async def query(self, data: bytes) -> Answer:
        return ANSWER.decode(await self.request("POST", f"{self._chain}/query", data))

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
            response = await self._http.request(method, path, content=body)
        except httpx.HTTPError as error:
            raise NODE_AWAY(type(error).__name__) from None
        if response.status_code == 200:
            return response.content
        if response.headers.get("content-type") == "application/vnd.msgpack":
            raise REFUSED.decode(response.content).refusal()
        raise BAD_ANSWER(f"status {response.status_code}")

    async def close(self) -> None:
        await self._http.aclose()
