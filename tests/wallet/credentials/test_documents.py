from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.refusals import Refusal
from autochain.wallet.credentials import MALFORMED, TOO_LARGE, Json, canonical, parse
from autochain.wallet.credentials.documents import MAX_BYTES, MAX_DEPTH, MAX_INTEGER, MAX_VALUES

from .actors import refused, vectors

JCS = vectors("jcs")
PUBLISHED = sorted((JCS / "input").glob("*.json")) if JCS else []

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
VALUES = st.recursive(
    LEAVES, lambda deeper: st.lists(deeper) | st.dictionaries(st.text("aä€😀\u2028", max_size=3), deeper)
)


def test_the_published_vectors_of_rfc_8785_give_their_bytes() -> None:
    published = [(path.read_bytes(), hexadecimal_of(path)) for path in PUBLISHED]
    for text, expected in [(b'{"b": 2.50, "a": "\\u00e9"}', '{"a":"é","b":2.5}'.encode()), *published]:
        wrapped = parse(b'{"value":' + text + b"}")
        assert canonical(wrapped["value"]) == expected


def test_a_huge_integer_is_refused_in_words() -> None:
    refusal = refused(MALFORMED, canonical, {"claim": 10**5000})
    assert refusal.detail == "this int is no value of I-JSON"


def hexadecimal_of(path: Path) -> bytes:
    return bytes.fromhex((path.parents[1] / "outhex" / f"{path.stem}.txt").read_text("ascii"))


def test_names_are_sorted_by_their_utf_16_letters_and_numbers_are_as_short_as_they_can_be() -> None:
    document = parse(b'{"\\u20ac":1.0,"\\ud83d\\ude00":1e30,"\\ufb33":-0.0,"a":[1e-7,"\\u000f",1e16]}')
    written = '{"a":[1e-7,"\\u000f",10000000000000000],"\u20ac":1,"\U0001f600":1e+30,"\ufb33":0}'
    assert canonical(document) == written.encode()


@given(VALUES)
def test_what_was_written_canonically_reads_back_and_is_written_alike(value: Json) -> None:
    written = canonical({"value": value})
    assert canonical(parse(written)) == written


@given(
    st.binary(max_size=200)
    | st.text(max_size=100).map(str.encode)
    | VALUES.map(lambda value: json.dumps(value).encode())
)
def test_whatever_a_stranger_sends_is_read_or_refused(data: bytes) -> None:
    try:
        assert isinstance(parse(data), dict)
    except Refusal as refusal:
        assert refusal.reason in (MALFORMED, TOO_LARGE)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '{"a":{"b":1,"b":2}}',
        '{"a":NaN}',
        '{"a":-Infinity}',
        '{"a":1e400}',
        f'{{"a":{MAX_INTEGER + 2}}}',
        '{"a":' + "9" * 5000 + "}",
        '{"a":' + "0." + "1" * 5000 + "}",
        '{"a":"\\ud800"}',
        '{"\\ud800":1}',
        "[]",
        "1",
        "",
        '\ufeff{"a":1}',
        '{"a":1}{',
    ],
)
def test_json_that_readers_understand_differently_is_refused(text: str) -> None:
    refused(MALFORMED, lambda: parse(text.encode()))


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    refused(MALFORMED, lambda: parse(b'{"a":"\xff"}'))


def test_size_depth_and_number_of_values_are_bounded() -> None:
    nested = '{"a":' + "[" * (MAX_DEPTH - 2) + "1" + "]" * (MAX_DEPTH - 2) + "}"
    assert parse(nested.encode())
    refused(TOO_LARGE, lambda: parse(f'{{"b":{nested}}}'.encode()))
    refused(TOO_LARGE, lambda: parse(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"))
    refused(TOO_LARGE, lambda: parse(b'{"a":"' + b"a" * MAX_BYTES + b'"}'))
    refused(TOO_LARGE, lambda: parse(b'{"a":[' + b"1," * MAX_VALUES + b"1]}"))
    deep: Json = 1
    for _ in range(100_000):
        deep = [deep]
    refused(TOO_LARGE, lambda: canonical(deep))
