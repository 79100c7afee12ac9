"""The vault: recordings as encrypted objects, found by their content; nobody who keeps them can read them."""

from .audit import ReplicaReport, Wanting, audit, found_probability
from .backup import KeyBackup
from .ciphers import Cipher
from .errors import CORRUPT, MISSING
from .folder import FolderVault
from .keys import KeyContext, KeyFolder, unwrap, wrap
from .manifest import Manifest, SealedPart, open_part, seal_part
from .opening import open_vault
from .replicated import Failed, Healed, ReplicatedVault
from .s3 import Credentials, S3Vault
from .vault import Progress, Vault

__all__ = [
    "CORRUPT",
    "MISSING",
    "Cipher",
    "Credentials",
    "Failed",
    "FolderVault",
    "Healed",
    "KeyBackup",
    "KeyContext",
    "KeyFolder",
    "Manifest",
    "Progress",
    "ReplicaReport",
    "ReplicatedVault",
    "S3Vault",
    "SealedPart",
    "Vault",
    "Wanting",
    "audit",
    "found_probability",
    "open_part",
    "open_vault",
    "seal_part",
    "unwrap",
    "wrap",
]
