"""Four tyres: they warm up, and lose air slowly or through a leak."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

WEEKS_TO_LOSE_ALL = 130.0
"""At its first pace; a tyre loses under one percent a week."""

WARMING_S = 900.0
WARM_SPEED_MPS = 22.0
WARM_GAIN = 0.07
"""How much the pressure of a tyre rises from cold to warm."""


@dataclass(slots=True)
class Tyres:
    """The pressures of the four tyres when cold, and how warm they are, from 0 to 1."""

    cold_kpa: list[float]
    warmth: float = 0.0

    def pressure_kpa(self, wheel: int) -> float:
        """Gives what a gauge says; the wheels are counted from 0: front left, front right, rear left, rear right."""
        return self.cold_kpa[wheel] * (1 + WARM_GAIN * self.warmth)

    def roll(self, *, speed_mps: float, span_s: float) -> None:
        """Ages the tyres by a while at one speed."""
        target = min(1.0, speed_mps / WARM_SPEED_MPS)
        self.warmth = target + (self.warmth - target) * exp(-span_s / WARMING_S)
        kept = exp(-span_s / (WEEKS_TO_LOSE_ALL * 604_800))
        self.cold_kpa = [cold_kpa * kept for cold_kpa in self.cold_kpa]

    def leak(self, wheel: int, lost_kpa: float) -> None:
        """Takes some pressure from one tyre, at most what it has."""
        self.cold_kpa[wheel] = max(0.0, self.cold_kpa[wheel] - lost_kpa)
