"""The durable store of one chain."""

from .chain_store import ChainStore, StoredBlock

__all__ = ["ChainStore", "StoredBlock"]
