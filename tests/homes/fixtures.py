"""Fixtures that a folder of tests takes into its conftest."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from .scene import prepare_home


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the usual scene, made once; nobody changes it."""
    path = tmp_path_factory.mktemp("prepared") / "home"
    asyncio.run(prepare_home(path))
    return path


@pytest.fixture
def home(prepared_home: Path, tmp_path: Path) -> Path:
    """A copy of that home for one test."""
    return shutil.copytree(prepared_home, tmp_path / "home")
