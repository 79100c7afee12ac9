"""The durable store of one chain."""

from .chain_store import ChainStore

__all__ = ["ChainStore"]
