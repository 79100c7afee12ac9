"""What can be measured, for Prometheus: requests, seconds, heights, listeners, what waits."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ..onchain.refusals import Refusal
from .backend import Backend

MEDIA_TYPE = "text/plain; version=1.0.0"
"""The framework adds the charset to whatever is text."""
BUCKETS_S = (0.001, 0.005, 0.02, 0.1, 0.5, 2.5)


class Metrics:
    """The measurements of one API, in a registry of their own."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "autochain_http_requests", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "autochain_http_seconds",
            "Seconds until a request was answered.",
            ["route"],
            registry=self._registry,
            buckets=BUCKETS_S,
        )
        self._height = self._gauge("chain_height", "Height of the last block.")
        self._index_height = self._gauge("index_height", "Height up to which the read model has followed.")
        self._waiting = self._gauge("waiting_transactions", "Transactions that wait for a block.")
        self._listeners = Gauge("autochain_stream_listeners", "Who listens to the stream.", registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"autochain_{name}", text, ["chain"], registry=self._registry)

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Counts an answered request; the route is its pattern, so that no stranger can make up labels."""
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(route).observe(seconds)

    async def text(self) -> bytes:
        """Gives all measurements as Prometheus reads them."""
        for name, chain in self._backend.chains.items():
            status = await chain.node.status()
            self._height.labels(name).set(status.height)
            self._waiting.labels(name).set(status.waiting)
            try:
                followed = await asyncio.to_thread(self._backend.index.height, name)
            except Refusal:
                followed = 0  # Without its database the read model tells of no block; all else is still measured.
            self._index_height.labels(name).set(followed)
        self._listeners.set(self._backend.stream.listeners)
        return generate_latest(self._registry)
