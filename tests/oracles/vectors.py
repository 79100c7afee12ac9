"""Reads the golden vectors that CometBFT's own code computed."""

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent.parent / "vectors" / "cometbft"


def load(name: str) -> dict[str, Any]:
    found = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    if not isinstance(found, dict):
        raise TypeError(f"{name}.json holds no object")
    return found


def cases(name: str, group: str = "cases") -> list[Any]:
    """Gives the cases of a file as arguments of a parametrized test, under their names."""
    return [pytest.param(case, id=case["name"]) for case in load(name)[group]]
