"""The durable store of one chain: its state with its history, its blocks, and the check of the file they lie in."""

from .chain_store import ChainStore
from .check import Checked, check_store
from .records import Place, StoredBlock

__all__ = ["ChainStore", "Checked", "Place", "StoredBlock", "check_store"]
