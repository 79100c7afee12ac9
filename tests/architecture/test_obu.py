"""A car's unit is small: importing it loads no database, no web server and no analytics."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from .source import SRC

HEAVY = ("lmdb", "sqlalchemy", "uvicorn", "litestar", "duckdb", "pyarrow", "sqlite3", "http.server")
REPORT = "import sys, importlib; importlib.import_module(sys.argv[1]); print(*sorted(sys.modules))"


def loaded_by(module: str) -> set[str]:
    """Tells which modules a fresh Python holds after importing one."""
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    done = subprocess.run(
        [sys.executable, "-c", REPORT, module], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_on_board_unit_loads_no_database_and_no_web_server() -> None:
    loaded = loaded_by("autochain.edge.obu")
    assert "autochain.edge.obu" in loaded
    assert sorted(loaded & set(HEAVY)) == []
    assert not any(name.startswith(("autochain.node", "autochain.network", "autochain.api")) for name in loaded)


@pytest.mark.parametrize("module", ["autochain.onchain.contracts", "autochain.onchain.ledger"])
def test_onchain_code_loads_nothing_of_the_rest(module: str) -> None:
    loaded = loaded_by(module)
    mine = {name for name in loaded if name.startswith("autochain.")}
    assert {name for name in mine if not name.startswith("autochain.onchain")} == set()
    assert sorted(loaded & set(HEAVY)) == []


def test_a_database_that_is_loaded_is_seen() -> None:
    assert "lmdb" in loaded_by("autochain.node.store")
