"""A home with the usual scene, and one whose committee has three members, a copy for each test."""

import asyncio
import shutil
from pathlib import Path

import pytest
from homes import prepare_home
from homes.committee import two_of_three
from homes.fixtures import home, prepared_home

__all__ = ["home", "prepared_home"]


@pytest.fixture(scope="session")
def prepared_trio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the usual scene and a committee of which any two of three are enough; nobody changes it."""
    path = tmp_path_factory.mktemp("prepared") / "trio"
    with two_of_three():
        asyncio.run(prepare_home(path))
    return path


@pytest.fixture
def trio(prepared_trio: Path, tmp_path: Path) -> Path:
    """A copy of that home for one test."""
    return shutil.copytree(prepared_trio, tmp_path / "trio")
