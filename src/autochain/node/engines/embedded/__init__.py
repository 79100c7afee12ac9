"""The embedded engine: one process, one validator, blocks in CometBFT's format."""

from .engine import EmbeddedEngine

__all__ = ["EmbeddedEngine"]
