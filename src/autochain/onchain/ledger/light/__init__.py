"""Verifies another party's chain: headers by the validators one trusts, values by their proofs."""

from .client import Trust, check_fresh, check_light_block
from .proved import PROVED, Proved, check_proved

__all__ = ["PROVED", "Proved", "Trust", "check_fresh", "check_light_block", "check_proved"]
