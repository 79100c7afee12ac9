"""What the contracts' tests begin from."""

from __future__ import annotations

import pytest

from chains import Harness, Scene


@pytest.fixture
def harness() -> Harness:
    """A fresh chain in memory."""
    return Harness()


@pytest.fixture
def scene() -> Scene:
    """A fresh chain with an owner, an attested car and a buyer."""
    return Scene()
