"""What stands around every route of the API: limits, measuring, tags of what is unchanged."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from typing import Any, get_args

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException
from litestar.params import QueryParameter
from litestar.typing import FieldDefinition

from ..onchain.refusals import Refusal
from .backend import AsgiApp, Message, Receive, Scope, Send
from .errors import BAD_REQUEST, NOT_JSON, TOO_MANY, answer_bytes
from .limits import Limits
from .metrics import Metrics

JSON = "application/json"
TAGGED = tuple(
    kind.encode()
    for kind in (JSON, "application/did", "application/ld+json", "application/schema+json", "application/vc")
)
"""The beginnings of the types whose answers are named by what is in them."""
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"))
REVALIDATED = b"no-cache"
"""It may be kept, and is asked for again with its tag."""


CUT_OFF = "the body ended before it was whole"
_NUMBER = re.compile(r"-?[0-9]{1,40}")


class StrictRequest(Request[Any, Any, Any]):
    """A request whose body must be JSON of just the form that its route takes: a number as text is no number."""

    async def json(self) -> Any:
        given = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if given != JSON:
            raise NOT_JSON(f"{given[:60] or 'none'}, not {JSON}")
        form = self.route_handler.parsed_fn_signature.parameters["data"].annotation
        try:
            return msgspec.json.decode(await self.body(), type=form)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BAD_REQUEST(str(error)) from None

    async def body(self) -> bytes:
        try:
            return await super().body()
        except InternalServerException:
            # So Litestar tells that the sender has gone, which is no fault of this side.
            raise BAD_REQUEST(CUT_OFF) from None


def check_parameters(request: Request[Any, Any, Any]) -> None:
    """Refuses a parameter that a GET does not take: one that is misspelt would be passed over, and too much shown."""
    _check_numbers(request)
    if request.method != "GET":
        return
    taken = sorted(field.name for field in _query_fields(request))
    for name in request.query_params:
        if name not in taken:
            raise BAD_REQUEST(f"there is no parameter {name[:100]!r}, only {', '.join(taken) or 'none'}")


def _check_numbers(request: Request[Any, Any, Any]) -> None:
    """Refuses a number that is not written in plain digits: Python takes other digits, `1_0` and `2.0` too."""
    # Not of `request.url`, which is made with the header `Host`, whatever stands there.
    parts = request.scope["path"].split("/")
    for name, value in request.path_params.items():
        if isinstance(value, int) and str(value) not in parts:
            raise BAD_REQUEST(f"{name}: write a whole number in plain digits")
    for field in _query_fields(request):
        if int in (field.annotation, *get_args(field.annotation)):
            for text in request.query_params.getall(field.name, []):
                if not _NUMBER.fullmatch(text):
                    raise BAD_REQUEST(f"{field.name}: write a whole number in plain digits")


def _query_fields(request: Request[Any, Any, Any]) -> list[FieldDefinition]:
    fields = request.route_handler.parsed_fn_signature.parameters.values()
    return [field for field in fields if isinstance(field.kwarg_definition, QueryParameter)]


def weak_tag(body: bytes | bytearray) -> str:
    """Gives the tag by which an answer is known again, however it is packed."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'


class Surroundings:
    """Counts, limits and measures every request to the API, and answers 304 where the asker has it already."""

    def __init__(
        self, app: AsgiApp, limits: Limits, metrics: Metrics, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._limits = limits
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answering = Answering(scope, send, clock=self._clock)
        asked = scope
        if scope["method"] == "HEAD":
            # It is answered as a GET is, and the server leaves the body out; a stream of events ends at once.
            asked, receive = {**scope, "method": "GET"}, _gone
        try:
            wait_s = self._limits.wait_s((scope.get("client") or ("", 0))[0], signs_in=_signs_in(scope))
            if wait_s:
                await answering.refuse(TOO_MANY(f"wait {wait_s} s"), {"retry-after": str(wait_s)})
            else:
                await self._app(asked, receive, answering.send)
                if asked is not scope:
                    await answering.end()
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            route = str(asked.get("path_template") or "none")
            self._metrics.answered(method=method, route=route, status=answering.status, seconds=answering.seconds)


class Answering:
    """Passes an answer on; one of JSON to a GET is held until it is whole, for its tag stands before it."""

    def __init__(self, scope: Scope, send: Send, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began_s = clock()
        self._asked = dict(scope["headers"])
        self._is_get = scope["method"] in ("GET", "HEAD")
        self._is_open = False
        self._send = send
        self._held: Message | None = None
        self._body = bytearray()
        self.status = 500
        """As long as nothing was answered."""
        self.seconds = 0.0
        """Until the answer began; that of a stream goes on for long."""

    async def refuse(self, refusal: Refusal, headers: dict[str, str]) -> None:
        status, named, body = answer_bytes(refusal, headers)
        raw = [(name.encode(), value.encode()) for name, value in named.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": raw})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})

    async def end(self) -> None:
        """Ends an answer that was cut short, such as a stream of events that nobody is to hear."""
        if self._is_open and self._held is None:
            await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def send(self, message: Message) -> None:
        self._is_open = message["type"] == "http.response.start" or bool(message.get("more_body"))
        if message["type"] == "http.response.start":
            self.status, self.seconds = message["status"], self._clock() - self._began_s
            kind = dict(message["headers"]).get(b"content-type", b"")
            if self._is_get and self.status == 200 and kind.startswith(TAGGED):
                self._held = dict(message)
                return
        elif self._held is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_tagged(self._held)
            return
        await self._send(message)

    async def _send_tagged(self, start: Message) -> None:
        tag = weak_tag(self._body).encode()
        headers = [*start["headers"], (b"etag", tag)]
        if all(name != b"cache-control" for name, _ in headers):
            headers.append((b"cache-control", REVALIDATED))
        if tag in self._asked.get(b"if-none-match", b""):
            self.status = 304
            kept = [pair for pair in headers if pair[0] not in (b"content-length", b"content-type")]
            await self._send({"type": "http.response.start", "status": 304, "headers": kept})
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._send({"type": "http.response.body", "body": bytes(self._body), "more_body": False})


async def _gone() -> Message:
    return {"type": "http.disconnect"}


def _signs_in(scope: Scope) -> bool:
    """Says whether somebody signs in; as a persona one does without any proof, and so there is nothing to guess."""
    return scope["method"] == "POST" and "/sign-in" in scope["path"] and "/demo/" not in scope["path"]
