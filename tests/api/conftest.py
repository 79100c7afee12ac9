"""A home with the usual scene, a copy for each test; and one with a demonstration's personas in it."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from homes.fixtures import home, prepared_home

from .people import prepare_people

__all__ = ["home", "prepared_home"]


@pytest.fixture(scope="session")
def prepared_people(prepared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The usual scene with personas of every role; nobody changes it."""
    path = shutil.copytree(prepared_home, tmp_path_factory.mktemp("people") / "home")
    asyncio.run(prepare_people(path))
    return path


@pytest.fixture
def peopled(prepared_people: Path, tmp_path: Path) -> Path:
    """A copy of that home for one test."""
    return shutil.copytree(prepared_people, tmp_path / "peopled")
