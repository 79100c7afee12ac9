"""How much ACC a recording earns."""

from __future__ import annotations

from ...units import mul_div

POOL_SHARES = 4096
"""An epoch may pay this fraction of what was left in the pool at its start, so the pool is never empty."""


def epoch_budget(pool_uacc: int) -> int:
    """Gives what an epoch may pay at most, from what is in the pool at its start."""
    return mul_div(pool_uacc, 1, POOL_SHARES, rounding="down")


def rewarded_points(*, points: int, used: int, cap: int) -> int:
    """Gives how many of a recording's readings still count for its vehicle in this epoch."""
    return max(0, min(points, cap - used))


def reward(*, points: int, rate_uacc: int, budget_uacc: int, paid_uacc: int) -> int:
    """Gives the reward for so many readings within the epoch's budget."""
    return max(0, min(points * rate_uacc, budget_uacc - paid_uacc))
