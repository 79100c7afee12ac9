"""DIDs and DID URLs: `did:METHOD:ID/PATH?QUERY#FRAGMENT` (DID Core 1.0, section 3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from .documents import Json
from .errors import BAD_DID
from .times import to_ms

MAX_CHARS = 4096
_ID_CHAR = r"(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})"
_URL_CHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_DID_URL = re.compile(
    rf"(?P<did>did:(?P<method>[a-z0-9]+):(?:{_ID_CHAR}*:)*{_ID_CHAR}+)"
    rf"(?P<path>(?:/{_URL_CHAR}*)*)(?:\?(?P<query>(?:{_URL_CHAR}|[/?])*))?(?:#(?P<fragment>(?:{_URL_CHAR}|[/?])*))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class DidUrl:
    """A DID, and what of it is meant."""

    did: str
    method: str
    path: str = ""
    query: tuple[tuple[str, str], ...] = ()
    fragment: str | None = None

    def parameter(self, name: str) -> str | None:
        """Gives one parameter of the query."""
        return next((value for known, value in self.query if known == name), None)

    @property
    def version_id(self) -> str | None:
        """Which version of the document is asked for."""
        return self.parameter("versionId")

    @property
    def version_ms(self) -> int | None:
        """The time whose document is asked for."""
        text = self.parameter("versionTime")
        return None if text is None else to_ms(text)


def parse_did_url(text: Json) -> DidUrl:
    """Reads a DID URL; a parameter that stands twice is refused, for its readers would take one each."""
    found = _DID_URL.fullmatch(text) if isinstance(text, str) and len(text) <= MAX_CHARS else None
    if found is None:
        raise BAD_DID(str(text)[:60])
    pairs = (part.partition("=") for part in (found["query"] or "").split("&") if part)
    query = tuple((unquote(name), unquote(value)) for name, _, value in pairs)
    if len({name for name, _ in query}) != len(query):
        raise BAD_DID("a parameter stands twice")
    return DidUrl(found["did"], found["method"], found["path"], query, found["fragment"])


def parse_did(text: Json) -> str:
    """Reads a DID alone, without path, query or fragment."""
    url = parse_did_url(text)
    if url.did != text:
        raise BAD_DID(str(text)[:60])
    return url.did
