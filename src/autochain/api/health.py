"""Whether it lives, whether it is ready, and what can be measured."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
from litestar import MediaType, Response, get
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.types import Guard

from ..index import AWAY
from ..onchain.refusals import Refusal
from .backend import Backend
from .errors import NOT_READY, problems
from .given import Given
from .metrics import MEDIA_TYPE, Metrics

MAX_BEHIND = 100
"""The read model may be so many blocks behind."""
SEEN_S = 1.0
"""For so long a read model that was seen to follow is not asked again."""
MAX_HEADER_AGES = 3
"""A chain's last header may be so many times as old as its chain file allows."""
Measured: TypeAlias = NamedDependency[SkipValidation[Metrics]]


class Live(msgspec.Struct, frozen=True):
    """It lives."""

    live: bool


class Ready(msgspec.Struct, frozen=True):
    """Every chain makes blocks, and the read model follows."""

    ready: bool


@get("/livez", operation_id="Live", summary="Ask whether it lives", tags=["health"], responses=problems())
async def livez() -> Live:
    return Live(True)


@get("/readyz", operation_id="Ready", summary="Ask whether it is ready", tags=["health"], responses=problems(503))
async def readyz(backend: Given) -> Ready:
    lacking = await unready(backend)
    if lacking:
        raise NOT_READY("; ".join(lacking))
    return Ready(True)


@get(
    "/metrics",
    operation_id="GetMetrics",
    summary="Measure it, in the text format of Prometheus",
    tags=["health"],
    media_type=MediaType.TEXT,
    responses=problems(503),
)
async def get_metrics(metrics: Measured) -> Response[str]:
    return Response((await metrics.text()).decode(), media_type=MEDIA_TYPE)


async def unready(backend: Backend) -> list[str]:
    """Says what is not ready: a chain that makes no blocks, a read model that is behind."""
    lacking: list[str] = []
    for name, chain in backend.chains.items():
        status = await chain.node.status()
        try:
            behind = status.height - await asyncio.to_thread(backend.index.height, name)
        except Refusal as refusal:
            lacking.append(refusal.text)
        else:
            if behind > MAX_BEHIND:
                lacking.append(f"the read model of {name} is {behind} blocks behind")
        age_ms = backend.clock() - status.time_ms
        if age_ms > MAX_HEADER_AGES * chain.client.dispatcher.spec.max_header_age_ms:
            lacking.append(f"{name} has made no block for {age_ms // 1000} s")
    return lacking


def followed_guard(backend: Backend, *, clock: Callable[[], float] = time.monotonic) -> Guard:
    """Makes what refuses a question to a read model that lacks things: it is far behind its chain, or not built yet."""
    seen_s: dict[str, float] = {}

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: object) -> None:
        # Where the address names no chain, all are asked.
        asked = connection.path_params.get("chain")
        for name, chain in backend.chains.items():
            if asked not in (None, name) or clock() - seen_s.get(name, -math.inf) < SEEN_S:
                continue
            height = (await chain.node.status()).height
            followed = await asyncio.to_thread(backend.index.height, name)
            if height - followed > MAX_BEHIND or (height and not followed):
                raise AWAY(f"of {name} it has {followed} of {height} blocks")
            seen_s[name] = clock()

    return guard
