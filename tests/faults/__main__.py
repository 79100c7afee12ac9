"""Replays one run and prints what happens in it: `PYTHONPATH=src:tests python -m faults SEED`."""

from __future__ import annotations

import sys

from .simulation import simulate

simulate(int(sys.argv[1]), lambda line: print(line, flush=True))
