"""The papers of a simulated world: what the steps of a vehicle's life rest on, each kept by whoever wrote it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ..privacy import write_private


def filed(folder: Path, facts: dict[str, str | int]) -> bytes:
    """Writes a paper into a party's folder, named by its SHA-256; gives that, by which the chain knows it."""
    text = json.dumps(facts, indent=2).encode() + b"\n"
    digest = hashlib.sha256(text)
    write_private(folder / f"{digest.hexdigest()}.json", text)
    return digest.digest()
