"""Runs a command in a process of its own, and tells at its end how much memory it took beyond an idle one.

python -m cli.measured ARGUMENT ...
"""

from __future__ import annotations

import sys

from homes import peak_mb

from autochain.cli import main

if __name__ == "__main__":
    idle_mb = peak_mb()
    try:
        main(sys.argv[1:])
    finally:
        print(f"peak_mb {peak_mb() - idle_mb}", file=sys.stderr)
