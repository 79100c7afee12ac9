"""A node over HTTP: every route answers as the node does, and whatever else comes gets a refusal."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onchain.ledger.probe import NOTES, NoteOf, Put

from autochain.client import HttpNode
from autochain.node import NodeApp
from autochain.node import http as node_http
from autochain.node.http import MAX_BODY_BYTES, NO_ROUTE, NOT_A_HEIGHT, NOT_WHOLE, WRONG_METHOD
from autochain.onchain.codec import NOT_CANONICAL, NOT_DECODABLE, TOO_LONG, encode
from autochain.onchain.ledger import BLOCK_ANSWER, SUBMITTED, Question, Refused, errors, transaction_hash
from autochain.onchain.refusals import Reason

from .chain import Chain
from .served import Response, call, served
from .verified import check_chain
from .virtual_time import VirtualClock, run

POSTS = ["submit", "query", "prove", "block"]


class Wrong(NamedTuple):
    """A request, and the refusal that it gets."""

    name: str
    method: str
    path: str
    body: bytes
    status: int
    reason: Reason


WRONG = [
    Wrong("no such path", "GET", "/", b"", 404, NO_ROUTE),
    Wrong("no such chain", "POST", "/chains/other/status", b"", 404, NO_ROUTE),
    Wrong("a slash too many", "GET", "/chains/main/status/", b"", 404, NO_ROUTE),
    Wrong("a long path", "GET", "/chains/main/" + "x" * 9_000, b"", 404, NO_ROUTE),
    Wrong("a path with line breaks", "GET", "/chains/main/%0d%0a", b"", 404, NO_ROUTE),
    Wrong("post instead of get", "POST", "/chains/main/status", b"", 405, WRONG_METHOD),
    Wrong("head instead of get", "HEAD", "/chains/main/status", b"", 405, WRONG_METHOD),
    *[Wrong(f"get {name}", "GET", f"/chains/main/{name}", b"", 405, WRONG_METHOD) for name in POSTS],
    *[Wrong(f"head {name}", "HEAD", f"/chains/main/{name}", b"", 405, WRONG_METHOD) for name in POSTS],
    Wrong("a method that none of them has", "PATCH", "/chains/main/submit", b"", 405, WRONG_METHOD),
    Wrong("garbage submitted", "POST", "/chains/main/submit", b"garbage", 422, NOT_DECODABLE),
    Wrong("nothing submitted", "POST", "/chains/main/submit", b"", 422, NOT_DECODABLE),
    Wrong("a long transaction", "POST", "/chains/main/submit", bytes(65_537), 413, TOO_LONG),
    Wrong("garbage asked", "POST", "/chains/main/query", b"\xc1", 422, NOT_DECODABLE),
    Wrong("an unknown query", "POST", "/chains/main/query", encode(Question(b"\x91\xa4none")), 422, NOT_DECODABLE),
    Wrong(
        "a query in other bytes",
        "POST",
        "/chains/main/query",
        encode(Question(b"\x92\xd9\x0cprobe/NoteOf\xa1n")),
        422,
        NOT_CANONICAL,
    ),
    Wrong(
        "a height to come",
        "POST",
        "/chains/main/query",
        encode(Question(encode(NoteOf("n")), 10**9)),
        422,
        errors.HEIGHT_GONE,
    ),
    Wrong("no height", "POST", "/chains/main/block", b"", 422, NOT_A_HEIGHT),
    Wrong("a negative height", "POST", "/chains/main/block", b"-1", 422, NOT_A_HEIGHT),
    Wrong("a broken height", "POST", "/chains/main/block", b"1.0", 422, NOT_A_HEIGHT),
    Wrong("other digits", "POST", "/chains/main/block", "٣".encode(), 422, NOT_A_HEIGHT),
    Wrong("a long height", "POST", "/chains/main/block", b"1" * 17, 422, NOT_A_HEIGHT),
    Wrong("a height to come", "POST", "/chains/main/block", b"9" * 16, 422, errors.NO_BLOCK),
    Wrong("a long body", "POST", "/chains/main/prove", bytes(MAX_BODY_BYTES + 1), 413, TOO_LONG),
]


@pytest.fixture
def app(chain: Chain) -> NodeApp:
    return NodeApp({"main": chain.engine}, {})


def is_refusal(response: Response | None, status: int, reason: Reason) -> None:
    assert response is not None
    refused = response.refused
    assert (response.status, refused.codespace, refused.code) == (status, reason.codespace, reason.code)
    assert (refused.text, refused.remedy) == (reason.text, reason.remedy)
    if status == 405:
        assert response.headers[b"allow"] == refused.detail.encode()


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_what_is_asked_wrongly_is_refused(chain: Chain, clock: VirtualClock, app: NodeApp, wrong: Wrong) -> None:
    chain.start()
    response = run(clock, call(app, wrong.method, wrong.path, [wrong.body]))
    is_refusal(response, wrong.status, wrong.reason)


def test_what_is_asked_wrongly_over_a_real_connection_is_refused_and_the_node_goes_on(
    chain: Chain, app: NodeApp, caplog: pytest.LogCaptureFixture
) -> None:
    async def job() -> None:
        chain.start()
        async with served(app) as address, httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as http:
            for wrong in WRONG:
                response = await http.request(wrong.method, wrong.path, content=wrong.body)
                headers = {name.encode(): value.encode() for name, value in response.headers.items()}
                assert response.status_code == wrong.status, wrong.name
                if wrong.method != "HEAD":
                    is_refusal(Response(wrong.status, headers, response.content), wrong.status, wrong.reason)
            assert (await http.get("/chains/main/status")).status_code == 200

    with caplog.at_level(logging.WARNING):
        asyncio.run(job())
    assert caplog.records == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(name=st.sampled_from(POSTS), body=st.binary(max_size=200), cut=st.integers(0, 200))
def test_no_body_brings_anything_but_an_answer_or_a_refusal(
    chain: Chain, app: NodeApp, name: str, body: bytes, cut: int
) -> None:
    clock = VirtualClock()
    if not chain.store.height:
        chain.start()
    response = run(clock, call(app, "POST", f"/chains/main/{name}", [body[:cut], body[cut:]]))
    assert response is not None
    assert response.status in (200, 422)
    if response.status == 422:
        assert response.refused.remedy


def test_each_route_answers_what_the_node_answers(chain: Chain, app: NodeApp) -> None:
    async def job() -> None:
        async with chain.running() as engine, served(app) as address:
            node = HttpNode.at(address, "main")
            data = chain.sign(chain.treasury, Put("name", "text"))
            submitted = await node.submit(data)
            assert submitted == await engine.submit(data)
            assert submitted.hash == transaction_hash(data)
            query, key = encode(NoteOf("name")), NOTES.key("name")
            assert await node.query(query) == await engine.query(query)
            before = await node.query(query, height=submitted.height - 1)
            assert before == await engine.query(query, height=submitted.height - 1) != await node.query(query)
            assert await node.prove(key) == await engine.prove(key)
            assert await node.prove(b"") == await engine.prove(b"")
            assert await node.status() == await engine.status()
            for height in (0, 1, 2):
                assert await node.block(height) == await engine.block(height)
            await node.close()
        await check_chain(chain)

    asyncio.run(job())


def test_many_at_once_are_all_answered(chain: Chain, app: NodeApp) -> None:
    async def job() -> None:
        async with chain.running(), served(app) as address:
            node = HttpNode.at(address, "main")
            signed = [chain.sign(chain.treasury, Put(str(number), "text"), sequence=1 + number) for number in range(64)]
            async with asyncio.timeout(60):
                # They may arrive in any order, so those that are too early come again.
                left = dict.fromkeys(signed)
                while left:
                    answers = await asyncio.gather(*map(node.submit, left), return_exceptions=True)
                    for data, answer in zip(list(left), answers, strict=True):
                        if not isinstance(answer, BaseException):
                            assert (answer.hash, answer.result.code) == (transaction_hash(data), 0)
                            del left[data]
            await node.close()
        blocks = await check_chain(chain)
        assert [data for block in blocks for data in block.transactions] == signed

    asyncio.run(job())


def test_a_body_may_come_in_pieces_and_be_as_long_as_the_bound(chain: Chain, clock: VirtualClock, app: NodeApp) -> None:
    chain.start()
    path = "/chains/main/prove"
    whole = run(clock, call(app, "POST", path, [bytes(MAX_BODY_BYTES)]))
    pieces = run(clock, call(app, "POST", path, [bytes(MAX_BODY_BYTES - 1), b"", bytes(1), b""]))
    assert whole is not None
    assert pieces == whole
    assert whole.status == 200
    is_refusal(run(clock, call(app, "POST", path, [bytes(MAX_BODY_BYTES), b"1", None])), 413, TOO_LONG)


def test_a_body_that_does_not_arrive_in_time_is_refused(chain: Chain, clock: VirtualClock, app: NodeApp) -> None:
    chain.start()
    response = run(clock, call(app, "POST", "/chains/main/submit", [b"half", None]))
    is_refusal(response, 408, NOT_WHOLE)
    assert clock.passed_ms == node_http.BODY_TIMEOUT_S * 1000


def test_a_slow_sender_loses_its_connection(
    chain: Chain, app: NodeApp, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(node_http, "BODY_TIMEOUT_S", 0.01)

    async def job() -> bytes:
        chain.start()
        async with served(app) as address, asyncio.timeout(60):
            host, port = address.split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"POST /chains/main/submit HTTP/1.1\r\nhost: node\r\ncontent-length: 100\r\n\r\nhalf")
            answer = await reader.read()
            writer.close()
            return answer

    answer = asyncio.run(job())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head
    is_refusal(Response(408, {}, body), 408, NOT_WHOLE)
    assert caplog.records == []


def test_a_request_that_breaks_off_is_not_taken_for_a_whole_one(clock: VirtualClock) -> None:
    taken: list[bytes] = []

    async def take(body: bytes) -> bytes:
        taken.append(body)
        return b"done"

    app = NodeApp({}, {("POST", "/take"): take})
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"half", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    run(clock, app({"type": "http", "method": "POST", "path": "/take"}, receive, send))
    assert (taken, sent[0]["status"]) == ([], 408)


def test_who_goes_away_after_submitting_has_submitted(
    chain: Chain, app: NodeApp, caplog: pytest.LogCaptureFixture
) -> None:
    async def job() -> None:
        async with chain.running() as engine, served(app) as address, asyncio.timeout(60):
            host, port = address.split(":")
            data = chain.sign(chain.treasury, Put("name", "text"))
            _, writer = await asyncio.open_connection(host, int(port))
            head = f"POST /chains/main/submit HTTP/1.1\r\nhost: node\r\ncontent-length: {len(data)}\r\n\r\n"
            writer.write(head.encode() + data)
            await writer.drain()
            writer.close()
            while chain.store.place(transaction_hash(data)) is None:
                await asyncio.sleep(0.001)
            assert (await engine.submit(data)).result.code == 0
        await check_chain(chain)

    asyncio.run(job())
    assert caplog.records == []


def test_services_answer_and_refuse_beside_the_chains(chain: Chain, clock: VirtualClock) -> None:
    async def echo(body: bytes) -> bytes:
        if not body:
            raise errors.NO_MESSAGES("said by the service")
        return body

    app = NodeApp({"main": chain.engine}, {("POST", "/service/echo"): echo})
    response = run(clock, call(app, "POST", "/service/echo", [b"bo", b"dy"]))
    assert response is not None
    assert (response.status, response.body) == (200, b"body")
    response = run(clock, call(app, "POST", "/service/echo"))
    is_refusal(response, 422, errors.NO_MESSAGES)
    assert response is not None
    assert response.refused == Refused.of(errors.NO_MESSAGES("said by the service"))


def test_a_body_of_the_node_is_a_canonical_record(chain: Chain, clock: VirtualClock, app: NodeApp) -> None:
    async def job() -> None:
        async with chain.running():
            data = chain.sign(chain.treasury, Put("name", "text"))
            submitted = await call(app, "POST", "/chains/main/submit", [data])
            block = await call(app, "POST", "/chains/main/block", [b"2"])
            assert submitted is not None
            assert block is not None
            assert SUBMITTED.decode(submitted.body).result == BLOCK_ANSWER.decode(block.body).results[0]

    run(clock, job())


def test_the_server_may_start_and_stop_the_app(app: NodeApp, clock: VirtualClock) -> None:
    messages = ["lifespan.startup", "lifespan.shutdown"]
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": messages.pop(0)}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    run(clock, app({"type": "lifespan"}, receive, send))
    assert (messages, sent) == ([], ["lifespan.startup.complete", "lifespan.shutdown.complete"])


def test_what_arrives_at_once_is_bounded_and_room_comes_back(
    chain: Chain, app: NodeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_http, "MAX_RECEIVING_BYTES", 1_000)

    async def job() -> None:
        chain.start()
        stalled = asyncio.create_task(call(app, "POST", "/chains/main/query", [b"x" * 600, None]))
        await asyncio.sleep(0)
        refused = await call(app, "POST", "/chains/main/query", [b"x" * 600])
        assert refused is not None
        is_refusal(refused, 503, node_http.TOO_BUSY)
        small = await call(app, "POST", "/chains/main/query", [encode(Question(encode(NoteOf("n"))))])
        assert small is not None
        assert small.status == 200
        gone = await stalled
        assert gone is not None
        is_refusal(gone, 408, NOT_WHOLE)
        again = await call(app, "POST", "/chains/main/query", [b"x" * 600])
        assert again is not None
        is_refusal(again, 422, NOT_DECODABLE)

    run(VirtualClock(), job())
