"""In which form a document is answered."""

from __future__ import annotations

from homes import refuses
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.refusals import Refusal
from autochain.services.resolver import MEDIA_TYPES, REPRESENTATION_NOT_SUPPORTED, chosen, told_error

RESULT, PART = "application/did-resolution", "application/did-url-dereferencing"
OLD = 'application/ld+json;profile="https://w3id.org/did-resolution"'


def test_whoever_takes_anything_gets_the_result() -> None:
    for accept in ("", "*/*", "text/html, */*;q=0.8", "application/*"):
        assert chosen(accept, is_part=False).media_type == RESULT
        assert chosen(accept, is_part=True).media_type == PART


def test_each_type_is_answered_in_its_form() -> None:
    forms = {name: chosen(name, is_part=False).form for name in MEDIA_TYPES}
    assert forms == {
        RESULT: "result",
        PART: "dereferencing",
        "application/did": "document",
        "application/did+json": "document",
        "application/did+ld+json": "document",
        OLD: "result",
        "application/json": "result",
    }


def test_the_one_that_is_wanted_most_is_chosen() -> None:
    assert chosen("application/did;q=0.5, application/did+json", is_part=False).media_type == "application/did+json"
    assert chosen("application/did+json;q=0, application/did;q=0.1", is_part=False).media_type == "application/did"
    assert chosen(f"text/html, {OLD};q=0.9, */*;q=0.1", is_part=False).media_type == OLD


def test_what_is_not_to_be_had_is_refused() -> None:
    for accept in ("text/html", "application/ld+json", "application/did;q=0", "x" * 1_001, "application/cbor"):
        with refuses(REPRESENTATION_NOT_SUPPORTED):
            chosen(accept, is_part=False)


def test_a_part_of_a_document_is_never_told_as_a_resolution() -> None:
    for name in MEDIA_TYPES:
        assert chosen(name, is_part=True).form in ("document", "dereferencing")
        assert told_error(name, is_part=True).form == "dereferencing"


def test_an_error_is_told_even_to_who_takes_a_document_alone() -> None:
    assert told_error("application/did", is_part=False).media_type == RESULT
    assert told_error("text/html", is_part=False).media_type == RESULT
    assert told_error(OLD, is_part=False).is_old


@given(st.text(alphabet='adilnopct/*+;,="q01. ', max_size=80), st.booleans())
def test_any_header_is_understood_or_refused(accept: str, is_part: bool) -> None:
    assert told_error(accept, is_part=is_part).form != "document"
    try:
        found = chosen(accept, is_part=is_part)
    except Refusal as refusal:
        assert refusal.reason == REPRESENTATION_NOT_SUPPORTED
    else:
        assert found.media_type in MEDIA_TYPES
