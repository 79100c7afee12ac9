"""Stand-ins for clock, disk and network, for tests of what is built on them."""

from .memory_store import MemoryStore, made

__all__ = ["MemoryStore", "made"]
