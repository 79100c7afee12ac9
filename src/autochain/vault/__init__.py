"""The vault: recordings as encrypted objects, found by their content; nobody who keeps them can read them."""

from .folder import FolderVault, Vault
from .keys import KeyContext, KeyFolder, unwrap, wrap
from .manifest import Manifest, SealedPart, open_part, seal_part

__all__ = [
    "FolderVault",
    "KeyContext",
    "KeyFolder",
    "Manifest",
    "SealedPart",
    "Vault",
    "open_part",
    "seal_part",
    "unwrap",
    "wrap",
]
