"""Processes that start before a command can answer load no more than they need."""

from __future__ import annotations

import pytest

from .test_obu import loaded_by


@pytest.mark.parametrize("module", ["autochain.node.tree_process", "autochain.node.signatures"])
def test_a_process_beside_the_node_loads_no_engine_and_no_event_loop(module: str) -> None:
    loaded = loaded_by(module)
    assert module in loaded
    assert "asyncio" not in loaded
    assert not any(name.startswith(("autochain.node.engines", "autochain.node.http")) for name in loaded)


def test_an_event_loop_that_is_loaded_is_seen() -> None:
    assert "asyncio" in loaded_by("autochain.node.engines.embedded")
