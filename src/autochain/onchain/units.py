"""Whole-number arithmetic of money and quantities; the one place on chain that divides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from .refusals import Reason, ensure

UACC_PER_ACC = 1_000_000
TOTAL_SUPPLY_UACC = 300_000_000 * UACC_PER_ACC
"""All ACC that ever exist."""

Amount = Annotated[int, msgspec.Meta(ge=0, le=TOTAL_SUPPLY_UACC)]
"""An amount of money in uacc; no amount can exceed the supply."""

Count = Annotated[int, msgspec.Meta(ge=0, le=(1 << 53) - 1)]
"""A whole quantity, height or time in ms: within what every JSON reader holds exactly."""

NOT_AN_AMOUNT = Reason(
    "units", 1, "This is not an amount of ACC.", "Write it like 12 or 0.25, with at most 6 decimals."
)


def mul_div(a: int, b: int, c: int, *, rounding: Literal["down", "up", "half_even"]) -> int:
    """Computes a·b/c with one rounding at the end; all three are whole and c is above zero."""
    ensure(a >= 0 and b >= 0 and c > 0, "mul_div takes numbers from zero and divides by more than zero")
    quotient, remainder = divmod(a * b, c)
    if rounding == "up" and remainder:
        return quotient + 1
    if rounding == "half_even" and (2 * remainder > c or (2 * remainder == c and quotient & 1)):
        return quotient + 1
    return quotient


def split(number: int, unit: int) -> tuple[int, int]:
    """Parts a number into whole units and the rest, which is never negative."""
    return divmod(number, unit)


def share(total: int, weights: Sequence[tuple[bytes, int]]) -> dict[bytes, int]:
    """Shares a total by weights so that the shares sum to it exactly: largest remainder first, ties by id.

    `weights` are pairs of distinct id and weight, with at least one weight above zero.
    """
    whole = sum(weight for _, weight in weights)
    ensure(total >= 0 and whole > 0 and min(w for _, w in weights) >= 0, "share needs a weight above zero, none below")
    ensure(len({name for name, _ in weights}) == len(weights), "share names each part once")
    shares = {name: mul_div(total, weight, whole, rounding="down") for name, weight in weights}
    remainders = sorted((-(total * weight % whole), name) for name, weight in weights)
    for _, name in remainders[: total - sum(shares.values())]:
        shares[name] += 1
    return shares


def acc(amount_uacc: int) -> str:
    """Writes uacc as ACC: 1_500_000 is `1.5`."""
    whole, rest = divmod(amount_uacc, UACC_PER_ACC)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def from_acc(text: str) -> int:
    """Reads an amount that a person wrote in ACC into uacc."""
    whole, point, rest = text.partition(".")
    digits = whole + rest
    if not set(digits) <= set("0123456789") or not whole or len(rest) > 6 or len(whole) > 9 or (point and not rest):
        raise NOT_AN_AMOUNT(text[:40])
    return int(whole) * UACC_PER_ACC + int((rest + "000000")[:6])
