"""The secret half of each cryptographic scheme, under the same module name as its verifying half."""

from . import ed25519, hpke
from .private_files import write_all_private, write_private

__all__ = ["ed25519", "hpke", "write_all_private", "write_private"]
