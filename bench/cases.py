"""The form in which every bench reports, and how both sides of a ratio are measured in one run."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One measured case."""

    case: str
    value: float
    unit: str
    against: str | None = None
    """What the value is held against, measured in the same run."""
    ratio: float | None = None
    """value / against, or against / value where less is better; more is always better."""
    goal: float | None = None
    """The least ratio that is asked for."""


def interleaved(sides: Sequence[Callable[[], float]], *, rounds: int) -> list[float]:
    """Measures several sides in turn, round by round, so that a drifting machine drifts for all; gives each median."""
    measured: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for values, side in zip(measured, sides, strict=True):
            values.append(side())
    return [statistics.median(values) for values in measured]


def seconds(job: Callable[[], object]) -> float:
    """Runs a job and gives how long it took."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def main(bench: str, run: Callable[[bool], list[Case]]) -> None:
    """Runs a bench as a program: `--quick` ends within 30 seconds, `--json` prints one object."""
    parser = argparse.ArgumentParser(prog=f"bench {bench}")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    cases = run(given.quick)
    if given.json:
        print(json.dumps({"bench": bench, "cases": [asdict(case) for case in cases]}, ensure_ascii=False))
        return
    print(f"bench {bench}")
    for case in cases:
        held = f"  {case.ratio:.3f} of {case.against}" if case.ratio is not None else ""
        goal = f"  (goal {case.goal})" if case.goal is not None else ""
        print(f"  {case.case:<60} {case.value:>14,.0f} {case.unit}{held}{goal}")
