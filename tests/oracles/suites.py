"""Which suites can be tried on this machine, and where published vectors of their schemes lie."""

from __future__ import annotations

import os
import warnings
from importlib.util import find_spec
from pathlib import Path

import cryptography_vectors
import pytest

SM2 = 3
VECTORS = Path(cryptography_vectors.__file__).parent


def need(suite: int) -> None:
    """Where a suite's library is absent, CI fails and elsewhere the test says that it did not run."""
    if suite != SM2 or find_spec("gmalglib") is not None:
        return
    absent = "gmalglib is not installed: see docs/how-to/run-on-sm2.md"
    if os.environ.get("CI") == "true":
        pytest.fail(absent)
    warnings.warn(f"SM2 was not tested: {absent}", stacklevel=2)
    pytest.skip(absent)


def records(text: str, *, begin: str) -> list[dict[str, str]]:
    """Reads the `name = value` lines of a file of vectors; a record begins with the line of that name."""
    found: list[dict[str, str]] = []
    for line in text.splitlines():
        name, equals, value = (part.strip() for part in line.partition("="))
        if equals and name == begin:
            found.append({})
        if equals and found:
            found[-1][name] = value
    return found
