"""What runs beside the chains, each folder named after what it is."""

from .proving import MAX_AGE_MS, MAX_SKEW_MS, prove_fresh

__all__ = ["MAX_AGE_MS", "MAX_SKEW_MS", "prove_fresh"]
