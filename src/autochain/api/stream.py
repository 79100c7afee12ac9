"""Events as they happen, as server-sent events: encoded once for all listeners, each with a bounded queue."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from litestar import Request, Response, Router, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from ..index import EVENTS_PER_BLOCK, BlockRow, EventRow, Index
from ..onchain.refusals import Refusal
from .errors import STOPPING, TOO_MANY_LISTENERS, problems
from .limits import sender_of
from .shapes import ID_PATTERN, read_id

Kind = Literal["block", "chain", "vehicles"]
"""A block was made; something was announced on the chain; where simulated vehicles are."""

EVENT_STREAM = "text/event-stream"
TOLD = (
    "Server-sent events: `block` for a block, `chain` with an id for what was announced, `vehicles` for where "
    "simulated vehicles are, `reset` for a listener that missed too much and begins anew."
)
MAX_LISTENERS = 500
MAX_LISTENERS_OF_ONE = 50
"""So many of one address: nobody alone takes every place."""
MAX_QUEUED = 4_096
"""How many events may wait for a listener; a slower one is cut, and its browser resumes by the last id."""
MAX_RESUMED = 1_000
"""How many missed events are sent to a listener that comes back; after more it is told to begin anew."""
HEARTBEAT_S = 15.0
SUBJECT_PAUSE_S = 0.5
"""How long what is new of one subject is gathered, before the index is asked again."""
ROWS_AT_ONCE = 200
LAST_WORDS_S = 2.0
"""How long a listener that is ended has to take what is on its way; then its connection is cut."""
_HELLO = b"retry: 2000\n\n"
_HEARTBEAT = b": still here\n\n"
_RESET = b"event: reset\ndata: {}\n\n"
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
_log = logging.getLogger(__name__)


class Frame(NamedTuple):
    """One event as it goes over the wire."""

    kind: Kind
    seq: int
    """The event's place on the chain; 0 where it has none."""
    data: bytes


def frame(kind: Kind, data: Any, *, seq: int = 0) -> Frame:
    """Encodes an event; JSON of msgspec has no line's end in it, so that it is one line of data."""
    head = f"id: {seq}\nevent: {kind}\ndata: " if seq else f"event: {kind}\ndata: "
    return Frame(kind, seq, head.encode() + msgspec.json.encode(data) + b"\n\n")


class Listener:
    """One who listens: what waits for it, and whether it is to end.

    Whoever listens to one subject is only told that there is something new, and asks the index what.
    """

    def __init__(self, *, subject: bool, sender: str = "") -> None:
        self.sender = sender
        self._subject = subject
        self._waiting: deque[Frame] = deque()
        self._woken = asyncio.Event()
        self._over = asyncio.Event()

    @property
    def ended(self) -> bool:
        return self._over.is_set()

    def put(self, event: Frame) -> None:
        """Adds an event; ends a listener that is too slow, and lets go of what waited for it."""
        if self.ended or (self._subject and (event.kind != "chain" or self._waiting)):
            return
        if len(self._waiting) >= MAX_QUEUED:
            self.end()
            return
        self._waiting.append(event)
        self._woken.set()

    def end(self) -> None:
        self._over.set()
        self._waiting.clear()
        self._woken.set()

    async def take(self, wait_s: float) -> list[Frame]:
        """Gives all that waits, as soon as there is something; nothing when the time is over or it ends."""
        await _within(self._woken, wait_s)
        taken = list(self._waiting)
        self._waiting.clear()
        self._woken.clear()
        return taken

    async def pause(self, seconds: float) -> None:
        """Waits, unless it ends meanwhile."""
        await _within(self._over, seconds)

    async def over(self) -> None:
        """Returns when it has ended, and had a moment for what was on its way."""
        await self._over.wait()
        await asyncio.sleep(LAST_WORDS_S)


async def _within(happened: asyncio.Event, seconds: float) -> None:
    """Waits for something, but not for ever."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await happened.wait()


class Stream:
    """Passes events on to all who listen. Used on the event loop alone."""

    def __init__(self, *, most: int = MAX_LISTENERS, most_of_one: int = MAX_LISTENERS_OF_ONE) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._by_sender: Counter[str] = Counter()
        self._listeners: set[Listener] = set()
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def publish(self, kind: Kind, data: Any, *, id: int | None = None) -> None:
        """Sends an event to all; `data` is anything that has a JSON form, `id` its place on the chain."""
        if self._listeners:
            event = frame(kind, data, seq=id or 0)
            for listener in list(self._listeners):
                listener.put(event)
                if listener.ended:
                    self.leave(listener)

    def publish_blocks(self, blocks: Iterable[BlockRow], events: Iterable[EventRow]) -> None:
        """Sends new blocks and what was announced in them, which stands in the index already."""
        for block in blocks:
            self.publish("block", block)
        for event in events:
            self.publish("chain", event, id=event.seq)

    def listen(self, *, subject: bool = False, sender: str = "") -> Listener:
        """Takes one more listener in; `sender` is whoever of one address listens."""
        if self._closed:
            raise STOPPING()
        if len(self._listeners) >= self._most:
            raise TOO_MANY_LISTENERS()
        if sender and self._by_sender[sender] >= self._most_of_one:
            raise TOO_MANY_LISTENERS(f"{self._most_of_one} of them from this address")
        listener = Listener(subject=subject, sender=sender)
        self._listeners.add(listener)
        self._by_sender[sender] += 1
        return listener

    def leave(self, listener: Listener) -> None:
        """Forgets a listener."""
        listener.end()
        if listener in self._listeners:
            self._listeners.remove(listener)
            self._by_sender[listener.sender] -= 1
            self._by_sender += Counter()  # Whoever has none left is forgotten.

    def close(self) -> None:
        """Ends all listeners at once, and takes no more in."""
        self._closed = True
        for listener in list(self._listeners):
            self.leave(listener)


class Missed:
    """Reads from the index what a listener missed, and what is new of one subject."""

    def __init__(self, index: Index, chain: str, subject: str | None) -> None:
        self._index = index
        self._chain = chain
        self._subject = subject

    async def last(self) -> int:
        """Gives a place behind all that stands in the index."""
        height = await asyncio.to_thread(self._index.height, self._chain)
        return (height + 1) * EVENTS_PER_BLOCK - 1

    async def since(self, seq: int, *, most: int) -> list[Frame]:
        """Gives the first events behind a place, at most so many."""
        rows = await asyncio.to_thread(self._index.events, self._chain, after=seq, limit=most, subject=self._subject)
        return [frame("chain", row, seq=row.seq) for row in rows]

    async def resumed(self, last_id: str) -> tuple[list[Frame], int] | None:
        """Gives what came behind the last id that somebody saw, and the place of the last; None when to begin anew."""
        if not (last_id.isascii() and last_id.isdigit() and len(last_id) <= 16):
            return None
        seen = int(last_id)
        # A higher id is one of another chain, or of one that was made anew.
        if seen > await self.last():
            return None
        found: list[Frame] = []
        while len(found) <= MAX_RESUMED:
            page = await self.since(found[-1].seq if found else seen, most=ROWS_AT_ONCE)
            found += page
            if len(page) < ROWS_AT_ONCE:
                return found, found[-1].seq if found else seen
        return None


async def chunks(listener: Listener, missed: Missed, *, last_id: str, subject: bool) -> AsyncGenerator[bytes, None]:
    """Yields what goes to one listener until it is to end."""
    yield _HELLO
    resumed = await missed.resumed(last_id) if last_id else ([], 0)
    if resumed is None:
        yield _RESET
        resumed = [], 0
    before, seen = resumed
    if before:
        yield b"".join(event.data for event in before)
    if subject:
        seen = seen or await missed.last()
        async with contextlib.aclosing(_of_subject(listener, missed, seen)) as found:
            async for chunk in found:
                yield chunk
        return
    while not listener.ended:
        events = await listener.take(HEARTBEAT_S)
        # Whoever resumes may have been given from the index what waits here too.
        new = [event.data for event in events if not event.seq or event.seq > seen]
        if new or not events:
            yield b"".join(new) or _HEARTBEAT


async def _of_subject(listener: Listener, missed: Missed, seen: int) -> AsyncGenerator[bytes, None]:
    """Yields what concerns one subject: the index alone knows whom an event and its transaction name."""
    while not listener.ended:
        events = await listener.take(HEARTBEAT_S)
        if not events:
            yield _HEARTBEAT
            continue
        while found := await missed.since(seen, most=ROWS_AT_ONCE):
            seen = found[-1].seq
            yield b"".join(event.data for event in found)
        await listener.pause(SUBJECT_PAUSE_S)


class _Sending(ASGIResponse):
    """Sends chunks until they end or the listener goes away, and then lets go of it, whatever happened."""

    _should_set_content_length = False

    def __init__(
        self,
        given: AsyncGenerator[bytes, None],
        listener: Listener,
        leave: Callable[[Listener], None],
        *,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(headers=dict(headers), media_type=EVENT_STREAM)
        self._given = given
        self._listener = listener
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send_all(send))
        leaving = asyncio.create_task(_left(receive))
        # Whoever reads nothing would hold up its sending for ever.
        ending = asyncio.create_task(self._listener.over())
        tasks = (sending, leaving, ending)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._leave(self._listener)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if not sending.cancelled():
            sending.result()

    async def _send_all(self, send: Send) -> None:
        await self.start_response(send)
        try:
            async with contextlib.aclosing(self._given) as given:
                async for chunk in given:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except Refusal as refusal:
            # The index is away for a moment: the listener comes back and resumes.
            _log.info("A stream of events ends: %s", refusal)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    """Returns when the one at the other end has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


class EventStream(Response[str]):
    """An answer that goes on for as long as somebody listens."""

    def __init__(
        self, given: AsyncGenerator[bytes, None], listener: Listener, leave: Callable[[Listener], None]
    ) -> None:
        super().__init__("", media_type=EVENT_STREAM)
        self._given = given
        self._listener = listener
        self._leave = leave

    def to_asgi_response(self, app: Any, request: Any, *, headers: Any = None, **_: Any) -> ASGIResponse:
        return _Sending(self._given, self._listener, self._leave, headers={**(headers or {}), **_HEADERS})


def stream_router(stream: Stream, index: Index, chain: str) -> Router:
    """Makes the route of the stream."""

    @get(
        "/stream",
        media_type=EVENT_STREAM,
        responses={
            200: ResponseSpec(str, media_type=EVENT_STREAM, generate_examples=False, description=TOLD),
            **problems(503),
        },
        summary="Listen to events",
        operation_id="Listen",
        tags=["stream"],
    )
    async def listen(
        request: Request[Any, Any, Any],
        subject: Annotated[
            str | None,
            QueryParameter(
                pattern=ID_PATTERN,
                min_length=40,
                max_length=40,
                description="Only what names this account, recording, consent or receipt.",
            ),
        ] = None,
        last_event_id: Annotated[
            str | None,
            HeaderParameter(
                name="Last-Event-ID",
                description="The last id that was seen: what came since is sent first; after too much of it, `reset`.",
            ),
        ] = None,
    ) -> EventStream:
        name = read_id(subject).hex() if subject else None
        sender = sender_of(request.client.host) if request.client else ""
        listener = stream.listen(subject=name is not None, sender=sender)
        missed = Missed(index, chain, name)
        given = chunks(listener, missed, last_id=last_event_id or "", subject=name is not None)
        return EventStream(given, listener, stream.leave)

    return Router("/", route_handlers=[listen])
