"""The secret half of each cryptographic scheme, under the same module name as its verifying half."""

from . import ed25519, hpke
from .private_files import CANT_WRITE, make_private_folder, write_all_private, write_private, write_private_once

__all__ = [
    "CANT_WRITE",
    "ed25519",
    "hpke",
    "make_private_folder",
    "write_all_private",
    "write_private",
    "write_private_once",
]
