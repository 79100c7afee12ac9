"""What runs here: the chains with where they stand."""

from __future__ import annotations

import asyncio
from typing import Literal

import msgspec
from litestar import get

from ..index import Figures, Index
from ..onchain.refusals import Refusal
from .backend import Backend, Chain
from .errors import problems
from .given import Given


class ChainFacts(msgspec.Struct, frozen=True):
    """One chain: what it is, and where it stands."""

    name: str
    chain_id: str
    height: int
    time_ms: int
    """Of its last block."""
    validators_hash: str
    """Who knows it from elsewhere can check every proof."""
    engine: Literal["embedded", "cometbft"]
    contracts: tuple[str, ...]
    bindings: dict[str, str]
    """Which contract stands behind an interface."""
    waiting: int
    """Transactions that wait for a block."""
    figures: Figures | None
    """None while the read model does not answer."""


class NetworkFacts(msgspec.Struct, frozen=True):
    """What runs here."""

    version: str
    demo: bool
    """A demonstration, in which anybody at this machine may sign in as a persona."""
    chains: tuple[ChainFacts, ...]


@get("/network", operation_id="GetNetwork", summary="See what runs here", tags=["network"], responses=problems())
async def get_network(backend: Given) -> NetworkFacts:
    return await network_facts(backend)


async def network_facts(backend: Backend) -> NetworkFacts:
    """Asks every chain where it stands."""
    chains = [await _facts(chain, backend.index) for chain in backend.chains.values()]
    return NetworkFacts(backend.version, backend.parties is not None, tuple(chains))


async def _facts(chain: Chain, index: Index) -> ChainFacts:
    status, spec = await chain.node.status(), chain.client.dispatcher.spec
    return ChainFacts(
        name=chain.name,
        chain_id=status.chain_id,
        height=status.height,
        time_ms=status.time_ms,
        validators_hash=status.validators_hash.hex(),
        engine=chain.engine,
        contracts=tuple(chain.client.dispatcher.contracts),
        bindings=dict(spec.bindings),
        waiting=status.waiting,
        figures=await asyncio.to_thread(_figures, index, chain.name),
    )


def _figures(index: Index, chain: str) -> Figures | None:
    try:
        return index.figures(chain)
    except Refusal:
        return None  # The chain runs on without its read model, and so is told of.
