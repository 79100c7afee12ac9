"""What the tests of the node share."""

from __future__ import annotations

from pathlib import Path

import pytest

from .chain import Chain
from .virtual_time import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def chain(tmp_path: Path, clock: VirtualClock) -> Chain:
    """A chain that has not made a block yet."""
    return Chain(tmp_path / "main", clock)
