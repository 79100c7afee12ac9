"""The secret half of each cryptographic scheme, under the same module name as its verifying half."""

from . import ed25519, hpke

__all__ = ["ed25519", "hpke"]
