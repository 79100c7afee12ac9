"""JSON as signed documents need it: read within bounds, and written canonically (RFC 8785)."""

from __future__ import annotations

import json
from math import isfinite
from typing import NoReturn, TypeAlias

import rfc8785

from .errors import MALFORMED, TOO_LARGE

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Document: TypeAlias = dict[str, Json]

MAX_BYTES = 1 << 20
"""A status list of 1,000,000 entries, a tenth of them set, has about 90 kB."""
MAX_DEPTH = 32
MAX_VALUES = 50_000
MAX_INTEGER = 2**53 - 1
"""The largest whole number that every reader of I-JSON (RFC 7493) understands alike."""


def parse(data: bytes, *, max_bytes: int = MAX_BYTES) -> Document:
    """Reads one JSON object from a stranger: bounded, no name twice, no number that readers understand differently."""
    if len(data) > max_bytes:
        raise TOO_LARGE(f"{len(data)} bytes")
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_no_number,
        )
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise MALFORMED("not JSON in UTF-8") from None
    except RecursionError:
        raise TOO_LARGE("too deep") from None
    if not isinstance(value, dict):
        raise MALFORMED("not a JSON object")
    check_bounds(value)
    return value


def canonical(value: Json) -> bytes:
    """Writes a value in the one form that signatures are made over."""
    check_bounds(value)
    return rfc8785.dumps(value)


def write(document: Document) -> bytes:
    """Writes a document as JSON for people and other programs."""
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def objects_in(value: Json) -> list[Document]:
    """Gives the objects of a value that is one or a list of them; anything else is passed over."""
    return [entry for entry in (value if isinstance(value, list) else [value]) if isinstance(entry, dict)]


def check_bounds(value: Json) -> None:
    """Refuses a value that is too large or deep, or holds what JSON does not carry alike everywhere."""
    level: list[Json] = [value]
    count = 0
    for _ in range(MAX_DEPTH):
        count += len(level)
        if count > MAX_VALUES:
            raise TOO_LARGE("too many values")
        deeper: list[Json] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, dict):
                for name in item:
                    _check_text(name)
                deeper.extend(item.values())
            elif isinstance(item, list):
                deeper.extend(item)
            else:
                _check_number(item)
        if not deeper:
            return
        level = deeper
    raise TOO_LARGE("too deep")


def _check_text(text: object) -> None:
    if not isinstance(text, str):
        raise MALFORMED("a name is not a text")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise MALFORMED("half of a surrogate pair")


def _check_number(value: object) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return
    if isinstance(value, float) and isfinite(value):
        return
    # Its type is named, for Python refuses to write a huge integer as text.
    raise MALFORMED(f"this {type(value).__name__} is no value of I-JSON")


def _object(pairs: list[tuple[str, Json]]) -> Document:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise MALFORMED("a name stands twice in one object")
    return names


def _integer(text: str) -> int | float:
    """Reads a whole number; a larger one only where it is exactly what a double is written as (1e16, by RFC 8785)."""
    if len(text) <= 22:
        number = int(text)
        if abs(number) <= MAX_INTEGER:
            return number
        if rfc8785.dumps(float(text)) == text.encode():
            return float(text)
    raise MALFORMED(f"{text[:30]} is no value of I-JSON")


def _number(text: str) -> float:
    if len(text) > 64 or not isfinite(float(text)):
        raise MALFORMED(f"{text[:30]} is no value of I-JSON")
    return float(text)


def _no_number(text: str) -> NoReturn:
    raise MALFORMED(f"{text} is no value of JSON")
