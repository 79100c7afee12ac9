"""What is costly to find out is found out once for all who ask at one height."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autochain.api import Chain, make_app
from autochain.api.newest import PAUSE_S, Newest
from autochain.client import Client
from autochain.onchain.ledger import Answer

from .following import followed
from .people import V1, Served, play_api, served


class Seconds:
    """A clock that goes on when it is told to."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Asked:
    """Something to ask that counts how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> int:
        self.times += 1
        await asyncio.sleep(0)
        return self.times


def test_it_is_asked_anew_where_the_chain_has_gone_on_and_after_a_pause() -> None:
    async def story() -> None:
        clock, asked = Seconds(), Asked()
        newest = Newest[int](clock=clock)
        assert [await newest.of("main", 7, asked) for _ in range(3)] == [1, 1, 1]
        assert await newest.of("main", 8, asked) == 1
        clock.now_s += PAUSE_S
        assert await newest.of("main", 7, asked) == 1
        assert [await newest.of("main", height, asked) for height in (8, 8, 9)] == [2, 2, 2]
        assert await newest.of("side", 8, asked) == 3

    asyncio.run(story())


def test_whoever_comes_while_it_is_asked_waits_for_the_one_answer() -> None:
    async def story() -> None:
        asked, newest = Asked(), Newest[int](clock=Seconds())
        assert await asyncio.gather(*(newest.of("main", 7, asked) for _ in range(10))) == [1] * 10

    asyncio.run(story())


def test_what_failed_is_asked_anew() -> None:
    async def fail() -> int:
        raise ZeroDivisionError

    async def story() -> None:
        newest = Newest[int](clock=Seconds())
        with pytest.raises(ZeroDivisionError):
            await newest.of("main", 7, fail)
        assert await newest.of("main", 7, Asked()) == 1

    asyncio.run(story())


class Counting:
    """A node that counts the queries."""

    def __init__(self, node: Any) -> None:
        self._node = node
        self.queries = 0
        self.status, self.submit, self.prove, self.block = node.status, node.submit, node.prove, node.block

    async def query(self, query: bytes, *, height: int = 0) -> Answer:
        self.queries += 1
        answer: Answer = await self._node.query(query, height=height)
        return answer


def test_however_many_ask_where_all_acc_is_the_node_is_asked_once_at_a_height(home: Path) -> None:
    async def story(api: Served) -> None:
        await followed(api)
        client = api.scene.client
        node = Counting(client.node)
        counted = Client(node, client.dispatcher.spec, client.dispatcher.contracts, client.trust)
        chains = {"main": Chain("main", node, counted)}
        async with served(make_app(replace(api.backend, chains=chains))) as http:
            first = await http.get(f"{V1}/chains/main/token")
            asked = node.queries
            assert asked > len(first.json()["top"])
            answers = await asyncio.gather(*(http.get(f"{V1}/chains/main/token") for _ in range(20)))
            assert {answer.text for answer in answers} == {first.text}
            assert node.queries == asked

    play_api(home, story, demonstration=False)
