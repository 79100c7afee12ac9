"""A network in which two vehicles have lived, and the passport of the first, made once."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from homes import open_scene
from homes.fixtures import home, prepared_home
from services.passport.lived import Lived, live

__all__ = ["home", "lived", "lived_home", "prepared_home"]


@pytest.fixture(scope="session")
def lived_home(prepared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Lived]:
    """That home, in which nobody changes anything any more."""
    path = shutil.copytree(prepared_home, tmp_path_factory.mktemp("lived") / "home")

    async def run() -> Lived:
        async with open_scene(path) as scene:
            return await live(scene)

    return path, asyncio.run(run())


@pytest.fixture
def lived(lived_home: tuple[Path, Lived]) -> Lived:
    """What came of it."""
    return lived_home[1]
