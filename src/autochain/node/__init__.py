"""Runs one chain: its durable store and the engine that makes its blocks."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .collector import quiet_collector
    from .engines.embedded import EmbeddedEngine
    from .http import NodeApp
    from .replaying import ReplayedBlocks, replay_blocks
    from .signatures import SignatureProcesses
    from .store import HISTORY_HEIGHTS, ChainStore, Checked, check_store
    from .tree_process import TreeProcess, trees_for

__all__ = [
    "HISTORY_HEIGHTS",
    "ChainStore",
    "Checked",
    "EmbeddedEngine",
    "NodeApp",
    "ReplayedBlocks",
    "SignatureProcesses",
    "TreeProcess",
    "check_store",
    "quiet_collector",
    "replay_blocks",
    "trees_for",
]
_MODULES = {
    "EmbeddedEngine": "engines.embedded",
    "NodeApp": "http",
    "ReplayedBlocks": "replaying",
    "SignatureProcesses": "signatures",
    "TreeProcess": "tree_process",
    "quiet_collector": "collector",
    "replay_blocks": "replaying",
    "trees_for": "tree_process",
}
"""Where the names come from that are not the store's."""


def __getattr__(name: str) -> object:
    """Loads what is asked for: the processes that check a store and verify signatures start before every command."""
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f".{_MODULES.get(name, 'store')}", __name__), name)
