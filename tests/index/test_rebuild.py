"""Whatever happens to the index, its tables come to be the same as if they had been built at once."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from homes import environment, open_scene

from autochain.index import Database, Follower, Index

from .following import Behind, all_rows, change, follow_once, following
from .history import go_on, open_history, settle, steps


def test_following_step_by_step_gives_the_same_tables_as_building_at_once(
    home: Path, address: str, second_address: str
) -> None:
    async def run() -> None:
        async with open_scene(home) as scene, following(scene.client, address) as one:
            async for _ in steps(scene):
                await one.catch_up()
            await settle(scene.client)
            await one.catch_up()
            await follow_once(scene.client, second_address)

    asyncio.run(run())
    assert all_rows(address) == all_rows(second_address)


@pytest.mark.parametrize("where", ["between", "writing"])
def test_killed_it_goes_on_where_it_was(old_home: Path, address: str, second_address: str, where: str) -> None:
    command = [sys.executable, "-m", "index.killed", str(old_home), address, where]
    killed = subprocess.run(command, env=environment(old_home), capture_output=True, text=True, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    (meta,) = all_rows(address)["meta"]
    # Records are written for the first time at genesis, so the 10th are those of block 9, which is not there then.
    assert meta["height"] == {"between": 10, "writing": 8}[where]
    assert len(all_rows(address)["blocks"]) == meta["height"]

    async def run() -> None:
        async with open_history(old_home) as network:
            await go_on(network)
            await follow_once(network.client, address)
            await follow_once(network.client, second_address)

    asyncio.run(run())
    assert all_rows(address) == all_rows(second_address)


def test_it_stops_and_goes_on_without_building_anew(old_home: Path, address: str, second_address: str) -> None:
    async def run() -> None:
        async with open_history(old_home) as network:
            await follow_once(network.client, address, node=Behind(network.client.node, last=10))
            # So one sees that these rows were not written once more.
            change(address, "UPDATE events SET type = 'mark' WHERE height = 5")
            await follow_once(network.client, address)
            await follow_once(network.client, second_address)

    asyncio.run(run())
    marked = [row for row in all_rows(address)["events"] if row["type"] == "mark"]
    assert marked == [row for row in all_rows(address)["events"] if row["height"] == 5] != []
    assert len(all_rows(address)["events"]) == len(all_rows(second_address)["events"])


DAMAGE = {
    "of another chain": ("UPDATE meta SET chain_id = 'main-other'",),
    "of another version": ("UPDATE meta SET schema_version = 0",),
    "of another shape": ("UPDATE meta SET schema_version = 0", "ALTER TABLE events DROP COLUMN body"),
    "without a table": ("DROP TABLE receipts",),
    "ahead of the chain": ("UPDATE meta SET height = height + 1000",),
    "with a gap": ("DELETE FROM blocks WHERE height = 7",),
    "without its beginning": ("DELETE FROM blocks WHERE height = 1",),
    "of another past": ("UPDATE blocks SET hash = '00' WHERE height > 9",),
    "without its height": ("DELETE FROM meta",),
}


def test_a_database_that_is_not_this_chains_is_built_anew(old_home: Path, address: str) -> None:
    async def run() -> None:
        async with open_history(old_home) as network:
            await follow_once(network.client, address)
            sound = all_rows(address)
            for name, damage in DAMAGE.items():
                # What is left of a wrong index must go.
                change(address, "INSERT INTO roles VALUES ('main', 'nobody', 'vehicle')")
                for statement in damage:
                    change(address, statement)
                await follow_once(network.client, address)
                assert all_rows(address) == sound, name

    asyncio.run(run())


def test_a_chain_that_came_out_of_a_backup_has_its_index_built_anew(
    old_home: Path, tmp_path: Path, address: str, second_address: str
) -> None:
    backup = shutil.copytree(old_home, tmp_path / "backup")

    async def run() -> None:
        async with open_history(old_home) as network:
            await go_on(network)
            await follow_once(network.client, address)
        async with open_history(backup) as network:
            await follow_once(network.client, address)
            await follow_once(network.client, second_address)

    asyncio.run(run())
    assert all_rows(address) == all_rows(second_address)


def test_emptied_while_it_follows_it_is_built_anew(old_home: Path, address: str, second_address: str) -> None:
    async def run() -> None:
        async with open_history(old_home) as network, following(network.client, address) as one:
            await one.catch_up()
            for table in ("meta", "events", "recordings", "accounts"):
                change(address, f"DELETE FROM {table}")
            await go_on(network)
            await one.catch_up()
            await follow_once(network.client, second_address)

    asyncio.run(run())
    assert all_rows(address) == all_rows(second_address)


def test_chains_that_share_a_database_do_not_touch_each_other(old_home: Path, address: str) -> None:
    async def run() -> None:
        async with open_history(old_home) as network:
            await follow_once(network.client, address)
            before = all_rows(address)
            database = Database(address)
            database.take_up()
            client = network.client
            task = asyncio.create_task(
                Follower("side", client.node, client.dispatcher, database, lambda *_: None).run()
            )
            while Index(database).height("side") < (await client.status()).height:
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            database.close()
            after = all_rows(address)
            own = {name: [row for row in rows if row["chain"] == "main"] for name, rows in after.items()}
            assert own == before
            other = {
                name: [row | {"chain": "main"} for row in rows if row["chain"] == "side"]
                for name, rows in after.items()
            }
            assert other == before
            change(address, "UPDATE meta SET chain_id = 'main-other' WHERE chain = 'main'")
            await follow_once(client, address)
            assert all_rows(address) == after

    asyncio.run(run())
