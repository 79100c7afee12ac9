"""What the index's tests share: a network with a history, and a database of each kind."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from homes.fixtures import home, prepared_home

from .history import make_history
from .postgresql import PostgreSQL

__all__ = ["home", "prepared_home"]


@pytest.fixture(scope="session")
def made_history(prepared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in whose chain all happened of which the index tells; nobody changes it."""
    path = shutil.copytree(prepared_home, tmp_path_factory.mktemp("history") / "home")
    asyncio.run(make_history(path))
    return path


@pytest.fixture
def old_home(made_history: Path, tmp_path: Path) -> Path:
    """A copy of that home for one test."""
    return shutil.copytree(made_history, tmp_path / "old-home")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def make_address(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Gives the addresses of empty databases of each kind, by a name."""
    if request.param == "sqlite":
        return lambda name: f"sqlite:///{tmp_path}/{name}.sqlite"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.make_database


@pytest.fixture
def address(make_address: Callable[[str], str]) -> str:
    """The address of an empty database of each kind."""
    return make_address("index")


@pytest.fixture
def second_address(make_address: Callable[[str], str]) -> str:
    """The address of another empty database of the same kind."""
    return make_address("second")
