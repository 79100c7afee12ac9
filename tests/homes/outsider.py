"""Somebody outside of the process, who has nothing but the node's address."""

from __future__ import annotations

import httpx

from autochain.client import Client, HttpNode
from autochain.network import CHAIN, Network
from autochain.network.chain_file import CONTRACTS
from autochain.onchain.refusals import present
from autochain.services.release import HttpRelease


class Outsider:
    """Speaks to a network's node and services over HTTP, and keeps every byte that comes back."""

    def __init__(self, network: Network) -> None:
        app = present(network.app, "the network runs in this process")()
        self.heard: list[bytes] = []
        self.opened = 0
        """How many of its requests for keys were granted."""
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://node", event_hooks={"response": [self._hear]}
        )
        self.node = HttpNode(self._http, CHAIN)
        self.client = Client(self.node, network.client.dispatcher.spec, CONTRACTS, network.client.trust)
        self.release = HttpRelease(self.node, 1)

    async def _hear(self, response: httpx.Response) -> None:
        self.heard.append(await response.aread())
        self.opened += response.request.url.path == "/members/1/open" and response.status_code == 200
