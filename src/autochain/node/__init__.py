"""Runs one chain: its durable store and the engine that makes its blocks."""

from .engines.embedded import EmbeddedEngine
from .http import NodeApp
from .signatures import ThreadedVerifier
from .store import ChainStore

__all__ = ["ChainStore", "EmbeddedEngine", "NodeApp", "ThreadedVerifier"]
