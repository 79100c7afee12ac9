"""What a registrar does for a VIN, and what it takes to ask two of three.

Held against multiplying an element by a scalar, of which an evaluation with its proof needs six.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from autochain.onchain.crypto import ristretto255 as group
from autochain.onchain.crypto import voprf as verifying
from autochain.privacy import voprf
from bench.cases import Case, interleaved, main, seconds

VIN = b"WVWZZZ1JZ3W386752"
BATCH = 64
"""Elements under one proof."""


def run(quick: bool) -> list[Case]:
    """Measures each step alone, then all of them for one VIN."""
    times, rounds = (200, 3) if quick else (2_000, 5)
    key = voprf.derive_key(os.urandom(32), info=b"bench")
    public = voprf.public_key(key)
    shares, keys = voprf.split_key(key, threshold=2, count=3, chance=os.urandom)
    blinded = voprf.blind(VIN, chance=os.urandom)
    one, many = [blinded.element], [voprf.blind(bytes([n]), chance=os.urandom).element for n in range(BATCH)]
    evaluation = voprf.evaluate(key, one, chance=os.urandom)

    def whole() -> None:
        sent = voprf.blind(VIN, chance=os.urandom)
        answers = {s.number: voprf.evaluate(s.secret, [sent.element], chance=os.urandom) for s in shares[:2]}
        combined = voprf.combine(keys, [sent.element], answers)
        voprf.finalize(VIN, scalar=sent.scalar, evaluated=combined.elements[0])

    jobs: list[tuple[str, str, int, Callable[[], object]]] = [
        ("scalar multiplication alone", "multiplications/s", times * 4, lambda: group.times(key, blinded.element)),
        ("blind", "VINs/s", times, lambda: voprf.blind(VIN, chance=os.urandom)),
        ("evaluate with proof", "evaluations/s", times, lambda: voprf.evaluate(key, one, chance=os.urandom)),
        ("verify", "evaluations/s", times, lambda: verifying.verify(public, one, *evaluation)),
        ("a VIN through two of three, no network", "VINs/s", times // 4, whole),
    ]
    batches = max(1, times // BATCH)
    sides = [_side(job, count) for _, _, count, job in jobs]
    sides.append(_side(lambda: voprf.evaluate(key, many, chance=os.urandom), batches))
    measured = interleaved(sides, rounds=rounds)
    rates = [count / taken_s for (_, _, count, _), taken_s in zip(jobs, measured, strict=False)]
    raw, batched = rates[0], BATCH * batches / measured[-1]
    cases = [Case(jobs[0][0], raw, jobs[0][1])]
    cases += [
        Case(name, rate, unit, "scalar multiplications", rate / raw)
        for (name, unit, _, _), rate in zip(jobs[1:], rates[1:], strict=True)
    ]
    name = f"evaluate {BATCH} under one proof"
    return [*cases, Case(name, batched, "evaluations/s", "scalar multiplications", batched / raw)]


def _side(job: Callable[[], object], count: int) -> Callable[[], float]:
    return lambda: seconds(lambda: [job() for _ in range(count)])


if __name__ == "__main__":
    main("voprf", run)
