"""What a follower publishes: each new block once, in order, with its events; never what is past."""

from __future__ import annotations

import asyncio
from pathlib import Path

from .following import Behind, change, follow_once, following
from .history import go_on, open_history


def test_new_blocks_are_published_once_and_in_order_when_they_can_be_read(old_home: Path, address: str) -> None:
    async def run() -> None:
        async with open_history(old_home) as network, following(network.client, address) as one:
            begun = (await network.client.status()).height
            await one.catch_up()
            await go_on(network)
            await one.catch_up()
            last = (await network.client.status()).height
            assert [row.height for row in one.blocks] == list(range(begun + 1, last + 1))
            told = [row.seq for row in one.events]
            assert told == sorted(set(told))
            assert one.events == one.index.events("main", after=told[0] - 1, limit=1_000)

    asyncio.run(run())


def test_what_a_stopped_index_missed_is_published_when_it_goes_on(old_home: Path, address: str) -> None:
    async def run() -> None:
        async with open_history(old_home) as network:
            await follow_once(network.client, address, node=Behind(network.client.node, last=10))
            async with following(network.client, address) as one:
                await one.catch_up()
                last = (await network.client.status()).height
                assert [row.height for row in one.blocks] == list(range(11, last + 1))

    asyncio.run(run())


def test_an_index_that_is_built_anew_publishes_nothing_twice(old_home: Path, address: str) -> None:
    async def run() -> None:
        async with open_history(old_home) as network, following(network.client, address) as one:
            await one.catch_up()
            await go_on(network)
            await one.catch_up()
            change(address, "DELETE FROM meta")
            await network.party("one-more")
            await one.catch_up()
            heights = [row.height for row in one.blocks]
            assert heights == sorted(set(heights))
            assert heights[-1] == (await network.client.status()).height

    asyncio.run(run())
