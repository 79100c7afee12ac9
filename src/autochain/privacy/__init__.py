"""The secret half of each cryptographic scheme, under the same module name as its verifying half."""

from . import ed25519, hpke
from .secret_file import write_private

__all__ = ["ed25519", "hpke", "write_private"]
