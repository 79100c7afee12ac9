"""The secret half of each cryptographic scheme, under the same module name as its verifying half.

`voprf` is loaded by whoever imports it, and signature schemes other than Ed25519 when `signing` is asked for them:
their libraries take longer to load than all of the rest.
"""

from . import ed25519, hpke, secret_sharing
from .private_files import (
    CANT_WRITE,
    MIN_PASSPHRASE_BYTES,
    make_private_folder,
    read_secret,
    remove_private,
    write_all_private,
    write_private,
    write_private_once,
)
from .suites import signing

__all__ = [
    "CANT_WRITE",
    "MIN_PASSPHRASE_BYTES",
    "ed25519",
    "hpke",
    "make_private_folder",
    "p256",
    "read_secret",
    "remove_private",
    "secret_sharing",
    "signing",
    "voprf",
    "write_all_private",
    "write_private",
    "write_private_once",
]
