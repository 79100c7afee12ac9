"""Papers of a simulated world: each is found by its hash, and is what was written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from autochain.sim.papers import filed


def test_a_paper_lies_under_its_hash_for_its_author_alone(tmp_path: Path) -> None:
    facts: dict[str, str | int] = {"paper": "invoice", "odometer_m": 12}
    digest = filed(tmp_path / "workshop" / "papers", facts)
    (file,) = (tmp_path / "workshop" / "papers").iterdir()
    assert file.name == f"{digest.hex()}.json"
    assert hashlib.sha256(file.read_bytes()).digest() == digest
    assert json.loads(file.read_bytes()) == facts
    assert file.stat().st_mode & 0o077 == 0


def test_the_same_paper_is_written_once(tmp_path: Path) -> None:
    assert filed(tmp_path, {"paper": "invoice"}) == filed(tmp_path, {"paper": "invoice"})
    assert filed(tmp_path, {"paper": "recall"}) != filed(tmp_path, {"paper": "invoice"})
    assert len(list(tmp_path.iterdir())) == 2
