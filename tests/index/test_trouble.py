"""The index's database may be damaged, deleted or out of reach: the network goes on, and so does the index."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from pathlib import Path

import pytest
from homes import refuses
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError

from autochain.index import AWAY, Database, Index, database, server
from autochain.onchain.refusals import Refusal

from .following import all_rows, follow_once, following
from .history import go_on, open_history
from .postgresql import PostgreSQL


def at(path: Path) -> str:
    return f"sqlite:///{path}"


def delete(path: Path, *, ends: tuple[str, ...] = ("", "-wal", "-shm")) -> None:
    for end in ends:
        path.with_name(path.name + end).unlink(missing_ok=True)


@pytest.mark.parametrize("ends", [("",), ("", "-wal", "-shm")], ids=["the file alone", "all that belongs to it"])
def test_a_file_that_is_deleted_while_it_is_used_is_built_anew(
    old_home: Path, tmp_path: Path, ends: tuple[str, ...]
) -> None:
    file = tmp_path / "index.sqlite"

    async def run() -> None:
        async with open_history(old_home) as network, following(network.client, at(file)) as one:
            await one.catch_up()
            delete(file, ends=ends)
            await go_on(network)
            await _until_there(file)
            await one.catch_up()
            assert one.index.height("main") == (await network.client.status()).height
            await follow_once(network.client, at(tmp_path / "second.sqlite"))

    asyncio.run(run())
    assert all_rows(at(file)) == all_rows(at(tmp_path / "second.sqlite"))


async def _until_there(file: Path) -> None:
    async with asyncio.timeout(30):
        while not file.exists():
            await asyncio.sleep(0.01)


def test_a_file_that_is_deleted_between_two_runs_is_built_anew(old_home: Path, tmp_path: Path) -> None:
    file = tmp_path / "index.sqlite"

    async def run() -> None:
        async with open_history(old_home) as network:
            await follow_once(network.client, at(file))
            before = all_rows(at(file))
            delete(file)
            await follow_once(network.client, at(file))
            assert all_rows(at(file)) == before

    asyncio.run(run())


@pytest.mark.parametrize("text", [b"These are somebody's notes.\n" * 500, b""], ids=["no database", "nothing"])
def test_a_file_of_the_home_that_is_no_database_is_put_aside_and_not_lost(
    old_home: Path, tmp_path: Path, text: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "index.sqlite"
    file.write_bytes(text)

    async def run() -> None:
        async with open_history(old_home) as network:
            await follow_once(network.client, Database.in_file(file))

    asyncio.run(run())
    assert all_rows(at(file))["meta"]
    if text:
        assert (tmp_path / "index.sqlite.damaged").read_bytes() == text
        assert "index.sqlite.damaged" in caplog.text


def test_a_damaged_file_of_the_home_is_put_aside_and_built_anew(old_home: Path, tmp_path: Path) -> None:
    file = tmp_path / "index.sqlite"

    async def run() -> None:
        async with open_history(old_home) as network:
            await follow_once(network.client, at(file))
            before = all_rows(at(file))
            data = bytearray(file.read_bytes())
            data[4096:] = b"\xa5" * (len(data) - 4096)
            file.write_bytes(data)
            await follow_once(network.client, Database.in_file(file))
            assert all_rows(at(file)) == before

    asyncio.run(run())
    assert (tmp_path / "index.sqlite.damaged").exists()


def test_a_file_that_was_the_index_s_when_it_was_taken_up_is_put_aside_and_one_aside_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "index.sqlite"
    database = Database(at(file))
    for _ in range(3):
        database.take_up()
        assert Index(database).height("main") == 0
        database.close()
        file.write_bytes(b"torn" * 2000)
        with pytest.raises(DatabaseError) as torn, database.writing() as connection:
            connection.exec_driver_sql("SELECT * FROM meta")
        database.mend(torn.value)
    aside = [f"index.sqlite.damaged{end}" for end in ("", "-2", "-3")]
    assert sorted(path.name for path in tmp_path.iterdir()) == aside


def test_a_file_that_another_process_holds_holds_nobody_up(old_home: Path, tmp_path: Path) -> None:
    file = tmp_path / "index.sqlite"

    async def run() -> None:
        async with open_history(old_home) as network, following(network.client, at(file)) as one:
            await one.catch_up()
            other = sqlite3.connect(file, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            before = one.index.height("main")
            await go_on(network)
            assert one.index.height("main") == before < (await network.client.status()).height
            other.execute("ROLLBACK")
            other.close()
            await one.catch_up()

    asyncio.run(run())


def test_tables_of_others_are_not_touched_and_the_network_goes_on(
    old_home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "books.sqlite"
    with sqlite3.connect(file) as books:
        books.execute("CREATE TABLE accounts (name TEXT)")
        books.execute("INSERT INTO accounts VALUES ('Miller')")
    books.close()

    async def run() -> None:
        async with open_history(old_home) as network, following(network.client, at(file)) as one:
            await go_on(network)
            with refuses(AWAY):
                one.index.height("main")

    asyncio.run(run())
    assert all_rows(at(file)) == {"accounts": [{"name": "Miller"}]}
    assert "Name an empty one in AUTOCHAIN_INDEX" in caplog.text


def test_a_server_that_dies_is_waited_for_and_the_network_goes_on(
    old_home: Path, postgresql: PostgreSQL, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    address, second = postgresql.make_database("index"), postgresql.make_database("second")

    async def run() -> None:
        async with open_history(old_home) as network, following(network.client, address) as one:
            await one.catch_up()
            await asyncio.to_thread(postgresql.kill)
            try:
                before = (await network.client.status()).height
                await go_on(network)
                assert (await network.client.status()).height > before
                with refuses(AWAY):
                    await asyncio.to_thread(one.index.height, "main")
                async with asyncio.timeout(30):
                    while "does not follow" not in caplog.text:
                        await asyncio.sleep(0.01)
            finally:
                await asyncio.to_thread(postgresql.start)
            await network.party("one-more")
            await one.catch_up()
            await follow_once(network.client, second)
            heights = [row.height for row in one.blocks]
            assert heights == sorted(set(heights))
            assert heights[-1] == (await network.client.status()).height

    asyncio.run(run())
    assert all_rows(address) == all_rows(second)
    assert caplog.text.count("does not follow") == 1, "it is told once, not at every try"
    assert "follows again" in caplog.text


def test_a_frozen_server_holds_a_reader_up_for_a_moment_only(
    postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ANSWER_S", 0.3)
    monkeypatch.setitem(database.POSTGRESQL, "connect_timeout", 2)
    kept = Database(postgresql.make_database("index"))
    kept.take_up()
    assert Index(kept).height("main") == 0
    with postgresql.frozen(), refuses(AWAY):
        Index(kept).height("main")
    assert Index(kept).height("main") == 0
    kept.close()


def test_a_server_that_freezes_under_a_question_is_not_waited_for(
    postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ANSWER_S", 0.3)
    kept = Database(postgresql.make_database("index"))
    kept.take_up()
    with refuses(AWAY), kept.reading() as connection:
        connection.exec_driver_sql("SELECT pg_sleep(600)")
    kept.close()


def test_a_table_that_somebody_locked_is_not_waited_for(
    postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LOCK_MS", 100)
    address = postgresql.make_database("index")
    kept = Database(address)
    kept.take_up()
    other = create_engine(address)
    with other.begin() as holder:
        holder.execute(text("LOCK TABLE meta"))
        with pytest.raises(Refusal, match="lock timeout"):
            Index(kept).height("main")
    assert Index(kept).height("main") == 0
    other.dispose()
    kept.close()


def test_a_server_that_is_away_at_the_start_is_waited_for(old_home: Path, postgresql: PostgreSQL) -> None:
    address = postgresql.make_database("index")

    async def run() -> None:
        await asyncio.to_thread(postgresql.kill)
        try:
            async with open_history(old_home) as network, following(network.client, address) as one:
                await go_on(network)
                await asyncio.to_thread(postgresql.start)
                await one.catch_up()
        finally:
            await asyncio.to_thread(postgresql.start_unless_running)

    asyncio.run(run())
    assert all_rows(address)["meta"]


def test_a_follower_asks_its_database_in_another_thread_than_the_network_runs_in(
    old_home: Path, tmp_path: Path
) -> None:
    threads: set[str] = set()

    def note(*_: object) -> None:
        threads.add(threading.current_thread().name)

    async def run() -> None:
        async with open_history(old_home) as network:
            await follow_once(network.client, at(tmp_path / "index.sqlite"))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        asyncio.run(run())
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert threads == {"index-main_0"}
