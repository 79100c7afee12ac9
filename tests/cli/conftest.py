"""A home in which two drives were replayed, a copy for each test, and the commands on it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autochain.cli import main
from autochain.network import Home, open_network
from cli.program import Program, Running, write_drives


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps what the developer has set out of the tests."""
    for name in ("AUTOCHAIN_HOME", "AUTOCHAIN_PORT", "AUTOCHAIN_DEBUG", "AUTOCHAIN_VAULT", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="session")
def replayed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which two drives were replayed, made once; nobody changes it."""
    folder = tmp_path_factory.mktemp("replayed")
    drives = write_drives(folder / "drives.csv")
    with contextlib.redirect_stdout(io.StringIO()), pytest.raises(SystemExit) as ended:
        main(["replay", str(drives), "--home", str(folder / "home")])
    assert not ended.value.code
    return folder / "home"


@pytest.fixture(scope="session")
def shared_home(replayed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That home with a drive of a second owner, a second buyer, and a stranger of whom no role is attested."""
    folder = tmp_path_factory.mktemp("shared")
    home = shutil.copytree(replayed_home, folder / "home")
    drives = write_drives(folder / "second.csv", ("KA-3",))
    with contextlib.redirect_stdout(io.StringIO()), pytest.raises(SystemExit) as ended:
        main(["replay", str(drives), "--owner", "second", "--home", str(home)])
    assert not ended.value.code

    async def others() -> None:
        async with open_network(Home(home)) as network:
            await network.attest(await network.party("buyer-2"), "buyer")
            await network.party("stranger")

    asyncio.run(others())
    return home


@pytest.fixture
def shared(
    shared_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Program:
    """The commands on a home with two owners, two buyers and a stranger."""
    home = shutil.copytree(shared_home, tmp_path / "shared")
    monkeypatch.setenv("AUTOCHAIN_HOME", str(home))
    return Program(home, capsys)


@pytest.fixture
def home(replayed_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(replayed_home, tmp_path / "home")


@pytest.fixture
def program(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    """The commands on a home in which two drives were replayed."""
    monkeypatch.setenv("AUTOCHAIN_HOME", str(home))
    return Program(home, capsys)


@pytest.fixture
def fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    """The commands on a home that is not there yet."""
    monkeypatch.setenv("AUTOCHAIN_HOME", str(tmp_path / "fresh"))
    return Program(tmp_path / "fresh", capsys)


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Starts commands as processes; those that still run at the end of the test are killed."""
    started: list[Running] = []

    def run(home: Path, *arguments: str) -> Running:
        started.append(Running(home, *arguments))
        return started[-1]

    yield run
    for running in started:
        running.kill()
