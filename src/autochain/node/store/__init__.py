"""The durable store of one chain: its state with its history, its blocks, and the check of the file they lie in."""

from .chain_store import HISTORY_HEIGHTS, ChainStore
from .check import Checked, check_store
from .records import Place, StoredBlock

__all__ = ["HISTORY_HEIGHTS", "ChainStore", "Checked", "Place", "StoredBlock", "check_store"]
