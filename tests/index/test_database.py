"""Where the index lies: its address, its rights, and what is refused."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from homes import refuses

from autochain.index import AWAY, BAD_URL, FOREIGN_DATABASE, NO_DRIVER, Database, Index
from autochain.onchain.refusals import Refusal

from .following import following
from .history import open_history


@pytest.mark.parametrize(
    "address", ["", "index.sqlite", "sqlite://", "sqlite:///:memory:", "mysql://root@localhost/index", "://", "sqlite:"]
)
def test_an_address_of_no_usable_database_is_refused(address: str) -> None:
    with refuses(BAD_URL):
        Database(address)


def test_a_refused_address_and_a_database_do_not_repeat_the_password() -> None:
    with pytest.raises(Refusal) as refused:
        Database("mysql://root:secret@localhost/index")
    assert "secret" not in str(refused.value)
    assert "secret" not in str(Database("postgresql://root:secret@localhost/index"))


def test_without_the_driver_postgresql_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with refuses(NO_DRIVER):
        Database("postgresql://root@localhost/index")
    assert "In a clone `./run`" in NO_DRIVER.remedy


def write_notes(path: Path) -> None:
    path.write_bytes(b"Somebody's thesis.\n" * 500)


def write_books(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as books:
        books.execute("CREATE TABLE books (title TEXT)")


@pytest.mark.parametrize("make", [write_notes, write_books, Path.mkdir])
def test_what_is_not_the_index_s_is_refused_and_stays_as_it_is(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "thesis.txt"
    make(path)
    path.chmod(0o755)
    before = path.read_bytes() if path.is_file() else b""
    database = Database(f"sqlite:///{path}")
    for _ in range(2):
        with refuses(FOREIGN_DATABASE):
            database.take_up()
        with refuses(AWAY):
            Index(database).height("main")
    database.close()
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o755
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_an_index_that_was_never_taken_up_can_not_be_read(address: str) -> None:
    with refuses(AWAY):
        Index(Database(address)).height("main")


def test_a_file_and_what_belongs_to_it_are_for_their_user_alone(old_home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"

    async def run() -> None:
        async with open_history(old_home) as network:
            address = f"sqlite:///{folder / 'index.sqlite'}"
            async with following(network.client, address) as one:
                await one.catch_up()
                assert sorted(path.name for path in folder.iterdir()) == [
                    "index.sqlite",
                    "index.sqlite-shm",
                    "index.sqlite-wal",
                ]
                assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
                assert folder.stat().st_mode & 0o777 == 0o700

    asyncio.run(run())


def test_a_file_may_have_any_name_and_others_lose_the_right_to_read_it(tmp_path: Path) -> None:
    file = tmp_path / "an index, 100% ours?#.sqlite"
    file.touch(0o644)
    database = Database.in_file(file)
    database.take_up()
    assert Index(database).height("main") == 0
    database.close()
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert file.stat().st_mode & 0o777 == 0o600
