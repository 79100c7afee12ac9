"""Whole chains in memory, for tests of what runs on them."""

from .harness import (
    ACC,
    BLOCK_MS,
    CHAIN_ID,
    CONTRACTS,
    START_MS,
    Harness,
    entries,
)
from .party import Party, make_seeds, promise_of, public_keys
from .scene import Scene

__all__ = [
    "ACC",
    "BLOCK_MS",
    "CHAIN_ID",
    "CONTRACTS",
    "START_MS",
    "Harness",
    "Party",
    "Scene",
    "entries",
    "make_seeds",
    "promise_of",
    "public_keys",
]
