"""Whoever listens hears of everything once, in order; who is slow or gone costs nobody anything."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from homes import refuses
from msgspec import json

from autochain.api import errors, stream
from autochain.api.stream import MAX_QUEUED, Frame, Listener, Missed, Stream, chunks, frame
from autochain.onchain.contracts.token import Transfer

from .people import V1, Served, play_api


class Heard(NamedTuple):
    """One event as a browser sees it."""

    kind: str
    id: str
    data: Any


class Ear:
    """Listens like a browser."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._lines = response.aiter_lines()

    async def next(self) -> Heard | None:
        """Gives the next event; None for a comment or where the stream ends."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line:
                break
            name, _, value = line.partition(": ")
            fields[name] = value
        if "data" not in fields:
            return None
        return Heard(fields.get("event", "message"), fields.get("id", ""), json.decode(fields["data"]))

    async def until(self, kind: str, type_: str = "") -> list[Heard]:
        """Gives all events up to the first of a kind."""
        found: list[Heard] = []
        async with asyncio.timeout(20):
            while True:
                event = await self.next()
                if event is not None:
                    found.append(event)
                    if event.kind == kind and (not type_ or event.data["type"] == type_):
                        return found


@contextlib.asynccontextmanager
async def listening(api: Served, *, query: str = "", last_id: str | None = None) -> AsyncIterator[Ear]:
    headers = {} if last_id is None else {b"last-event-id": last_id.encode()}
    async with api.http.stream("GET", f"{V1}/stream{query}", headers=headers) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        ear = Ear(response)
        assert await ear.next() is None  # How long to wait before coming back.
        yield ear


async def pay(api: Served, amount_uacc: int) -> None:
    await api.scene.client.send(api.scene.buyer, Transfer(api.scene.rival.account, amount_uacc))


async def everybody_gone(api: Served) -> None:
    async with asyncio.timeout(10):
        while api.backend.stream.listeners:
            await asyncio.sleep(0.01)


def amounts(events: list[Heard]) -> list[int]:
    return [event.data["body"]["amount_uacc"] for event in events if event.kind == "chain"]


def test_two_who_listen_hear_of_blocks_and_of_what_is_announced(peopled: Path) -> None:
    async def story(api: Served) -> None:
        async with listening(api) as one, listening(api) as other:
            assert api.backend.stream.listeners == 2
            await pay(api, 4)
            heard, same = await one.until("chain", "token/Transferred"), await other.until("chain", "token/Transferred")
            assert heard == same
            assert {event.kind for event in heard} == {"block", "chain"}
            assert amounts(heard)[-1] == 4
            assert heard[-1].id == str(heard[-1].data["seq"])
            api.backend.stream.publish("vehicles", {"time_ms": 1, "vehicles": []})
            assert (await one.until("vehicles"))[-1] == Heard("vehicles", "", {"time_ms": 1, "vehicles": []})
        await everybody_gone(api)

    play_api(peopled, story)


def test_who_comes_back_hears_what_it_missed_and_nothing_twice(peopled: Path) -> None:
    async def story(api: Served) -> None:
        async with listening(api) as ear:
            await pay(api, 1)
            last = (await ear.until("chain", "token/Transferred"))[-1].id
        for amount in (2, 3):
            await pay(api, amount)
        await api.indexed()
        async with listening(api, last_id=last) as ear:
            await pay(api, 4)
            heard = [event for _ in range(3) for event in await ear.until("chain", "token/Transferred")]
        assert [amount for amount in amounts(heard) if amount < 5] == [2, 3, 4]
        ids = [int(event.id) for event in heard if event.id]
        assert ids == sorted(set(ids))
        assert ids[0] > int(last)

    play_api(peopled, story)


class Late(Missed):
    """An index that is read for the first two events just when these two, and a third, are told to all."""

    def __init__(self, streams: Stream) -> None:
        self._streams = streams

    async def last(self) -> int:
        return 3

    async def since(self, seq: int, *, most: int) -> list[Frame]:
        for number in (1, 2, 3):
            self._streams.publish("chain", {"seq": number}, id=number)
        return [frame("chain", {"seq": number}, seq=number) for number in (1, 2) if number > seq]


def test_what_happens_while_the_missed_is_read_is_told_once() -> None:
    async def story() -> None:
        streams = Stream()
        told = chunks(streams.listen(), Late(streams), last_id="0", subject=False)
        one, two, three = (frame("chain", {"seq": number}, seq=number).data for number in (1, 2, 3))
        _, missed, live = [await anext(told) for _ in range(3)]
        assert (missed, live) == (one + two, three)
        await told.aclose()

    asyncio.run(story())


def test_who_missed_too_much_or_comes_from_elsewhere_begins_anew(
    peopled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "MAX_RESUMED", 3)
    monkeypatch.setattr(stream, "ROWS_AT_ONCE", 2)

    async def story(api: Served) -> None:
        for last in ("0", "1", "9" * 16, "9" * 17, "-1", "x", "1.5", "٣"):
            async with listening(api, last_id=last) as ear:
                assert await ear.next() == Heard("reset", "", {}), last
                await pay(api, 6)
                assert amounts(await ear.until("chain", "token/Transferred"))[-1] == 6

    play_api(peopled, story)


def test_who_asks_for_one_subject_hears_of_that_alone(peopled: Path) -> None:
    async def story(api: Served) -> None:
        subject = api.scene.consent
        owner = await api.persona("owner")
        async with listening(api, query=f"?subject={subject.hex()}") as ear:
            await pay(api, 1)
            api.backend.stream.publish("vehicles", {"time_ms": 1, "vehicles": []})
            revoked = await owner.post("/messages/consent/Revoke", {"consent": subject.hex()})
            assert revoked.status == 200
            heard = await ear.until("chain", "consent/Ended")
            assert {event.kind for event in heard} == {"chain"}
            assert {event.data["transaction"] for event in heard} == {revoked.json["hash"]}
        async with listening(api, query=f"?subject={subject.hex()}", last_id="1") as ear:
            types = [event.data["type"] for event in await ear.until("chain", "consent/Ended")]
            assert types[0] == "consent/Granted"
        assert (await api.http.get(f"{V1}/stream?subject=nothing")).status_code == 400
        await everybody_gone(api)

    play_api(peopled, story)


def test_a_stream_that_is_full_refuses_and_takes_in_again_when_somebody_has_gone(peopled: Path) -> None:
    async def story(api: Served) -> None:
        api.backend.stream._most = 2
        async with listening(api):
            async with listening(api):
                refused = await api.http.get(f"{V1}/stream")
                assert (refused.status_code, refused.json()["code"]) == (503, 28)
                assert "retry-after" in refused.headers
            async with asyncio.timeout(10):
                while api.backend.stream.listeners > 1:
                    await asyncio.sleep(0.01)
            async with listening(api):
                assert api.backend.stream.listeners == 2
        await everybody_gone(api)

    play_api(peopled, story)


def test_all_streams_end_when_the_network_stops(peopled: Path) -> None:
    async def story(api: Served) -> None:
        async with listening(api) as one, listening(api, query=f"?subject={api.scene.consent.hex()}") as other:
            api.backend.stream.close()
            async with asyncio.timeout(5):
                for ear in (one, other):
                    assert await ear.next() is None
                    assert [line async for line in ear._lines] == []
            refused = await api.http.get(f"{V1}/stream")
            assert (refused.status_code, refused.json()["code"]) == (503, 29)
        await everybody_gone(api)

    play_api(peopled, story)


def test_a_quiet_stream_shows_that_it_is_there(peopled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.05)

    async def story(api: Served) -> None:
        for query in ("", f"?subject={api.scene.consent.hex()}"):
            async with api.http.stream("GET", f"{V1}/stream{query}") as response:
                lines = response.aiter_lines()
                async with asyncio.timeout(10):
                    while await anext(lines) != ": still here":
                        pass

    play_api(peopled, story)


def test_who_reads_nothing_is_let_go_and_holds_up_nobody(peopled: Path) -> None:
    async def story(api: Served) -> None:
        host, port = api.http.base_url.host, api.http.base_url.port
        reader, writer = await asyncio.open_connection(host, port, limit=1024)
        writer.write(f"GET {V1}/stream HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
        await reader.readline()
        filler = {"time_ms": 1, "vehicles": ["x" * 10_000]}
        async with listening(api) as ear:
            for number in range(10 * MAX_QUEUED):
                api.backend.stream.publish("vehicles", filler | {"time_ms": number})
                if number % 16 == 0:
                    assert (await ear.until("vehicles"))[-1].data["time_ms"] >= 0
                if api.backend.stream.listeners == 1:
                    break
            else:
                pytest.fail("the one who reads nothing was never let go")
        writer.close()
        await everybody_gone(api)

    play_api(peopled, story)


def test_an_event_is_encoded_once_for_all_and_not_at_all_for_nobody() -> None:
    async def story() -> None:
        streams = Stream()
        streams.publish("vehicles", object())  # It has no JSON form, and nobody asks for one.
        listeners = [streams.listen() for _ in range(100)]
        streams.publish("vehicles", {"time_ms": 1})
        frames = [(await listener.take(1))[0].data for listener in listeners]
        assert len({id(each) for each in frames}) == 1
        for listener in listeners:
            streams.leave(listener)
        assert streams.listeners == 0

    asyncio.run(story())


def test_the_sending_to_one_who_reads_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LAST_WORDS_S", 0.01)

    async def story() -> None:
        streams = Stream()
        listener = streams.listen(sender="a")

        async def for_ever(*_: object) -> Any:
            await asyncio.Event().wait()

        told = chunks(listener, Late(streams), last_id="", subject=False)
        sending = stream.EventStream(told, listener, streams.leave).to_asgi_response(None, None)
        answered = asyncio.create_task(sending({"type": "http"}, for_ever, for_ever))  # type: ignore[arg-type]
        for number in range(MAX_QUEUED + 1):
            streams.publish("vehicles", {"time_ms": number})
        assert streams.listeners == 0
        async with asyncio.timeout(10):
            await answered

    asyncio.run(story())


def test_one_address_has_a_share_of_the_places_and_gets_them_back() -> None:
    async def story() -> None:
        streams = Stream(most=5, most_of_one=2)
        one, _ = streams.listen(sender="a"), streams.listen(sender="a")
        with refuses(errors.TOO_MANY_LISTENERS):
            streams.listen(sender="a")
        streams.listen(sender="b")
        for _ in range(2):
            streams.leave(one)
        streams.listen(sender="a")
        with refuses(errors.TOO_MANY_LISTENERS):
            streams.listen(sender="a")

    asyncio.run(story())


def test_addresses_are_told_apart_at_the_stream(peopled: Path) -> None:
    async def story(api: Served) -> None:
        api.backend.stream._most_of_one = 1
        async with listening(api):
            refused = await api.http.get(f"{V1}/stream")
            assert (refused.status_code, refused.json()["code"]) == (503, 28)
            assert "from this address" in refused.json()["detail"]
        await everybody_gone(api)

    play_api(peopled, story)


def test_a_slow_listener_is_ended_and_what_waited_for_it_is_let_go() -> None:
    async def story() -> None:
        streams = Stream()
        slow, quick = streams.listen(), streams.listen()
        for number in range(MAX_QUEUED + 1):
            streams.publish("vehicles", {"time_ms": number})
            assert len(await quick.take(1)) == 1
        assert slow.ended
        assert streams.listeners == 1
        assert not quick.ended
        assert await slow.take(1) == []
        streams.publish("vehicles", {"time_ms": 0})
        assert await slow.take(1) == []

    asyncio.run(story())


def test_a_closed_stream_takes_nobody_in() -> None:
    async def story() -> None:
        streams = Stream()
        streams.close()
        with refuses(errors.STOPPING):
            streams.listen()

    asyncio.run(story())


def test_who_listens_to_a_subject_is_woken_by_what_is_announced_alone() -> None:
    async def story() -> None:
        listener = Listener(subject=True)
        listener.put(frame("vehicles", {}))
        listener.put(frame("block", {}))
        assert await listener.take(0.01) == []
        for seq in range(1, MAX_QUEUED * 2):
            listener.put(frame("chain", {}, seq=seq))
        assert len(await listener.take(1)) == 1
        assert not listener.ended

    asyncio.run(story())
