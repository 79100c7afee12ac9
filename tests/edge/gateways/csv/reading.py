"""Reads a file in a process of its own, and tells what came of it and how much memory it took beyond an idle one.

python -m edge.gateways.csv.reading TABLE
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from homes import peak_mb

from autochain.edge.gateways.csv import read_drives
from autochain.onchain.refusals import Refusal


def main() -> None:
    # A reader's library is loaded when it is used first, and is no memory of the file's.
    importlib.import_module("pyarrow")
    idle_mb = peak_mb()
    points, words = 0, ""
    try:
        recording = read_drives(Path(sys.argv[1]))
        points = sum(drive.points for drive, _ in recording)
        words = str(recording.report.stopped or "")
    except Refusal as refusal:
        words = str(refusal)
    print(json.dumps({"points": points, "words": words, "peak_mb": peak_mb() - idle_mb}))


if __name__ == "__main__":
    main()
