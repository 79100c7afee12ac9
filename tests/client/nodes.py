"""Clients of a test's chain, the ways they reach it, and nodes that stand between."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import httpx
from node.chain import Chain

from autochain.client import Client, HttpNode
from autochain.node import NodeApp
from autochain.onchain.crypto import tagged_hash
from autochain.onchain.ledger import Answer, BlockAnswer, Node, Status, Submitted
from autochain.onchain.ledger.light import Proved
from autochain.wallet import SeedKey, Wallet
from chains import Party

WAYS = ("in one process", "over HTTP")


def wallet_of(party: Party) -> Wallet:
    """Gives a test party's wallet."""
    return Wallet(
        name=party.name,
        account=party.account,
        key=SeedKey(party.suite, party.seeds[0]),
        next=None,
        encryption=party.encryption,
        secret=tagged_hash("test/secret", party.name.encode()),
        salt=b"salt".ljust(32),
        commitment=party.registration.commitment,
        kind=party.registration.kind,
        controller=party.registration.controller,
    )


def client_at(chain: Chain, node: Node | None = None) -> Client:
    """Gives a client of a chain's engine, or of a node that stands before it."""
    return Client(node or chain.engine, chain.machine.spec, chain.contracts, chain.trust)


@contextlib.asynccontextmanager
async def client_of(chain: Chain, way: str = WAYS[0]) -> AsyncIterator[Client]:
    """Runs a chain and gives a client of it."""
    async with chain.running() as engine:
        if way == WAYS[0]:
            yield client_at(chain)
        else:
            transport = httpx.ASGITransport(app=NodeApp({"main": engine}, {}))
            node = HttpNode(httpx.AsyncClient(transport=transport, base_url="http://node"), "main")
            yield client_at(chain, node)
            await node.close()


class Between:
    """A node that passes everything on to another; a test's node changes what it wants to."""

    def __init__(self, node: Node) -> None:
        self.node = node

    async def submit(self, data: bytes) -> Submitted:
        return await self.node.submit(data)

    async def query(self, data: bytes, *, height: int = 0) -> Answer:
        return await self.node.query(data, height=height)

    async def prove(self, key: bytes) -> Proved:
        return await self.node.prove(key)

    async def block(self, height: int) -> BlockAnswer:
        return await self.node.block(height)

    async def status(self) -> Status:
        return await self.node.status()
