"""Vehicle identification numbers of an invented maker (ISO 3779)."""

from __future__ import annotations

from ..onchain.refusals import ensure
from ..signals import check_digit

MAKER = "GXC"
"""A world manufacturer identifier from a range that ISO 3780 gives to no country."""

MODEL_YEAR, PLANT = "T", "A"
"""2026, and the maker's only works."""

CHECK_POSITION = 8
"""Where the check digit stands, from 0."""


def vin(*, model: str, serial: int) -> str:
    """Gives the number of one car; `model` is five characters, `serial` has up to six digits."""
    ensure(len(model) == 5 and 0 <= serial < 1_000_000, "a model has five characters and a serial number six digits")
    blank = f"{MAKER}{model}0{MODEL_YEAR}{PLANT}{serial:06}"
    return blank[:CHECK_POSITION] + check_digit(blank) + blank[CHECK_POSITION + 1 :]
