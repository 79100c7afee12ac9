"""Checks a chain's store before it is opened: in a process of its own, for a damaged file may kill who reads it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from ...onchain.ledger import errors


class Checked(NamedTuple):
    """What a check that found nothing wrong went through."""

    entries: int
    blocks: int
    seconds: float


def check_store(folder: Path, *, whole: bool = False) -> Checked:
    """Refuses a damaged store with STORE_DAMAGED and names what is wrong; nobody may write to it meanwhile.

    Everything is read; the hash chain of blocks is followed for the last thousand, or with `whole` for all. The values
    of the state are not judged: their root is, by the machine that takes them up. A folder without a store is fine.
    """
    command = [sys.executable, "-P", "-m", f"{__package__}.checking", str(folder), "whole" if whole else "last"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    # In a session of its own, it does not get the interrupt that the terminal sends to its parent.
    child = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, start_new_session=True
    )
    if child.returncode < 0:
        raise errors.STORE_DAMAGED(f"its reader died of {_signal_name(-child.returncode)}")
    if child.returncode:
        raise errors.STORE_DAMAGED(f"its reader failed: {child.stderr.decode(errors='replace').strip()[-200:]}")
    answer = json.loads(child.stdout)
    if "wrong" in answer:
        raise errors.STORE_DAMAGED(answer["wrong"])
    return Checked(**answer)


def _signal_name(number: int) -> str:
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
