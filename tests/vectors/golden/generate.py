"""Writes the golden vectors anew; run as `python -m vectors.golden.generate` with src and tests on the path."""

from __future__ import annotations

import json
from pathlib import Path

from vectors.golden.replay import FOLDER, Vector, run_block
from vectors.golden.scenarios import SCENARIOS

from chains import Scene


def make(name: str) -> Vector:
    """Runs a history from the usual scene on and records it."""
    scene = Scene()
    harness = scene.harness
    vector: Vector = {"scenario": SCENARIOS[name].__doc__}
    for step in SCENARIOS[name](scene):
        if "blocks" not in vector:
            # What a history does before its first block belongs to the first state.
            vector |= {
                "height": harness.height,
                "time_ms": harness.now_ms,
                "root": harness.machine.info().app_hash.hex(),
                "pre_state": {key.hex(): value.hex() for key, value in harness.store.items(b"")},
                "blocks": [],
            }
        harness.height += 1
        harness.now_ms += step.later_ms
        made = run_block(harness.machine, step.transactions, height=harness.height, time_ms=harness.now_ms)
        vector["blocks"].append(made)
    return vector


def write(folder: Path = FOLDER) -> None:
    for name in SCENARIOS:
        (folder / f"{name}.json").write_text(json.dumps(make(name), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    write()
