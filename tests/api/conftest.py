"""A home with the usual scene, and one with personas: a copy for each test, or served once for many."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from homes.fixtures import home, prepared_home

from .people import Standing, prepare_people
from .wallets import StandingDesk

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


@pytest.fixture(scope="package")
def real(prepared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """A network with the usual scene, no demonstration, that is only read."""
    yield from _standing(prepared_home, tmp_path_factory, demonstration=False)


@pytest.fixture(scope="package")
def demonstration(prepared_people: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """A network with personas, at which nothing is sent and no time passes."""
    yield from _standing(prepared_people, tmp_path_factory, demonstration=True)


@pytest.fixture(scope="module")
def spending(prepared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """A network with the usual scene, no demonstration, at which a module's tests send what they like."""
    yield from _standing(prepared_home, tmp_path_factory, demonstration=False)


@pytest.fixture(scope="module")
def desk(prepared_people: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandingDesk]:
    """A network that issues and verifies for other wallets; each test issues under names of its own."""
    standing = StandingDesk(shutil.copytree(prepared_people, tmp_path_factory.mktemp("desk") / "home"))
    yield standing
    standing.close()


def _standing(home: Path, folders: pytest.TempPathFactory, *, demonstration: bool) -> Iterator[Standing]:
    path = shutil.copytree(home, folders.mktemp("standing") / "home")
    standing = Standing(path, demonstration=demonstration)
    yield standing
    standing.close()
