"""A node over HTTP as the client meets it: away, somebody else, talking without end, or refusing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from node.chain import Chain
from node.served import served
from node.virtual_time import VirtualClock, run
from onchain.ledger.probe import Put

from autochain.client import HttpNode, host_and_port
from autochain.client import http as client_http
from autochain.client.http import BAD_ADDRESS, BAD_ANSWER, MEDIA_TYPE, NODE_AWAY
from autochain.node import NodeApp
from autochain.onchain.codec import NOT_DECODABLE, encode
from autochain.onchain.ledger import Refused, errors
from autochain.onchain.refusals import Reason, Refusal

from .nodes import client_at, wallet_of


def answering(status: int, body: bytes, media_type: str = MEDIA_TYPE) -> HttpNode:
    """A node that answers everything in one way."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=body, headers={"content-type": media_type})

    return HttpNode(httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://node"), "main")


def reason_of(node: HttpNode) -> Reason:
    with pytest.raises(Refusal) as caught:
        asyncio.run(node.status())
    return caught.value.reason


@pytest.mark.parametrize("status", [200, 302, 404, 422, 500, 503])
@pytest.mark.parametrize("media_type", ["text/html; charset=utf-8", "application/json", ""])
def test_what_is_not_a_node_is_told_from_one(status: int, media_type: str) -> None:
    assert reason_of(answering(status, b"<h1>Welcome</h1>", media_type)) == BAD_ANSWER


@pytest.mark.parametrize("status", [200, 422])
@pytest.mark.parametrize("body", [b"", b"garbage", encode(("ledger", 1))])
def test_an_answer_that_is_no_record_is_refused(status: int, body: bytes) -> None:
    assert reason_of(answering(status, body)) == NOT_DECODABLE


def test_a_refusal_comes_back_as_it_was_raised() -> None:
    refusal = errors.TOO_HEAVY("weight 9 of 5")
    node = answering(422, encode(Refused.of(refusal)))
    with pytest.raises(Refusal) as caught:
        asyncio.run(node.submit(b""))
    assert (caught.value.reason, caught.value.detail) == (refusal.reason, refusal.detail)
    assert str(caught.value) == str(refusal)


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_http, "MAX_ANSWER_BYTES", 1_000)
    assert reason_of(answering(200, bytes(1_001))) == BAD_ANSWER
    assert reason_of(answering(200, bytes(1_000))) == NOT_DECODABLE


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("127.0.0.1:8440", "127.0.0.1", 8440),
        ("[::1]:1", "::1", 1),
        ("node-1.example.org:65535", "node-1.example.org", 65_535),
    ],
)
def test_an_address_is_parted_into_host_and_port(address: str, host: str, port: int) -> None:
    assert host_and_port(address) == (host, port)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "8440",
        ":8440",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:notaport",
        "127.0.0.1:0",
        "127.0.0.1:65536",
        "127.0.0.1:99999",
        "127.0.0.1:٣",
        "::1",
        "[::1]",
        "[::1:8440",
        "[:::]:8440",
        "[]:8440",
        "a..b:8440",
        f"{'x' * 64}:8440",
        "x\ny",
        "x:1\n",
        "user@host:1",
        "http://host:1",
        "host:1/path",
    ],
    ids=repr,
)
def test_what_is_no_address_is_refused_before_anybody_is_asked(address: str) -> None:
    with pytest.raises(Refusal) as caught:
        HttpNode.at(address, "main")
    assert caught.value.reason == BAD_ADDRESS


def test_where_nobody_listens_the_network_is_away() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        node = HttpNode.at("{}:{}".format(*held.getsockname()), "main")
        assert reason_of(node) == NODE_AWAY


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf", b"220 mail ready\r\n"])
def test_who_hangs_up_or_speaks_something_else_is_away(said: bytes) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()

    async def job() -> None:
        server = await asyncio.start_server(speak, "127.0.0.1", 0)
        async with server:
            node = HttpNode.at("{}:{}".format(*server.sockets[0].getsockname()), "main")
            with pytest.raises(Refusal) as caught:
                await node.status()
            assert caught.value.reason in (NODE_AWAY, BAD_ANSWER)
            await node.close()

    asyncio.run(job())


def test_one_connection_serves_one_request_after_another(chain: Chain) -> None:
    peers: set[Any] = set()

    def seen(app: NodeApp) -> Callable[..., Any]:
        async def see(scope: Any, receive: Any, send: Any) -> None:
            peers.add(scope["client"])
            await app(scope, receive, send)

        return see

    async def job() -> None:
        async with chain.running() as engine, served(seen(NodeApp({"main": engine}, {}))) as address:
            node = HttpNode.at(address, "main")
            client = client_at(chain, node)
            for number in range(5):
                await client.send(wallet_of(chain.treasury), Put("name", str(number)))
                await client.block()
            with pytest.raises(Refusal):
                await client.block(10**6)
            await client.status()
            await node.close()

    asyncio.run(job())
    assert len(peers) == 1


def test_a_node_of_another_chain_of_the_process_is_not_there(chain: Chain, clock: VirtualClock) -> None:
    transport = httpx.ASGITransport(app=NodeApp({"main": chain.engine}, {}))
    node = HttpNode(httpx.AsyncClient(transport=transport, base_url="http://node"), "other")
    with pytest.raises(Refusal) as caught:
        run(clock, node.status())
    assert (caught.value.codespace, caught.value.code) == ("node", 1)
    assert "/chains/other/status" in caught.value.text
