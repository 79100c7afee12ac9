"""Who only begins to ask holds no place for long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from autochain.network import listen, serving

Story = Callable[[int], Awaitable[None]]
SERVER = "autochain.network.server"
ASKED = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"


async def hello(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


def play(story: Story) -> None:
    """Plays a story at the port of a served application."""

    async def run() -> None:
        with listen("127.0.0.1", 0) as listening:
            async with serving(hello, listening):
                await story(listening.getsockname()[1])

    asyncio.run(run())


async def answered(reader: asyncio.StreamReader) -> bool:
    """Whether an answer comes; False when the connection is closed instead."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return False
    assert head.startswith(b"HTTP/1.1 200") and await reader.readexactly(5) == b"hello"
    return True


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no test waits for ten seconds."""
    monkeypatch.setattr(f"{SERVER}.HEAD_S", 0.3)


@pytest.mark.parametrize(
    "sent", [b"", b"GET", ASKED[:-2], b"\r\n"], ids=["nothing", "a word", "no end", "an empty line"]
)
def test_a_head_that_does_not_come_closes_the_connection(sent: bytes, hasty: None) -> None:
    async def story(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        async with asyncio.timeout(20):
            assert not await answered(reader)

    play(story)


def test_the_next_request_on_a_connection_may_not_be_half_sent_either(hasty: None) -> None:
    async def story(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASKED)
        assert await answered(reader)
        writer.write(ASKED)
        assert await answered(reader)
        writer.write(ASKED[:20])
        async with asyncio.timeout(20):
            assert not await answered(reader)

    play(story)


def test_a_body_that_does_not_come_closes_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{SERVER}.BODY_S", 0.3)

    async def story(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n1")
        async with asyncio.timeout(20):
            assert not await answered(reader)

    play(story)


def test_a_slow_body_is_waited_for_longer_than_a_head(hasty: None) -> None:
    async def story(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n1")
        await asyncio.sleep(0.6)
        writer.write(b"2" + ASKED)
        assert await answered(reader) and await answered(reader)

    play(story)


def test_a_head_without_end_closes_the_connection() -> None:
    async def story(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASKED[:-2])

        async def go_on() -> None:
            for number in range(100_000):
                writer.write(b"x-%d: " % number + b"y" * 1000 + b"\r\n")
                await writer.drain()

        with pytest.raises(ConnectionError):
            await go_on()
        assert not await answered(reader)

    play(story)


@pytest.mark.parametrize("bound", ["MAX_CONNECTIONS", "MAX_OF_ONE"])
def test_one_connection_too_many_is_closed_and_a_place_that_is_free_again_is_given(
    monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(f"{SERVER}.{bound}", 3)

    async def story(port: int) -> None:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        for reader, writer in held:
            writer.write(ASKED)
            assert await answered(reader)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        held[0][1].close()
        await held[0][1].wait_closed()
        async with asyncio.timeout(20):
            while True:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(ASKED)
                if await answered(reader):
                    break

    play(story)
