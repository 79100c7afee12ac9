"""Records as JSON, and back."""

from __future__ import annotations

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochain.api.queries import answer_type
from autochain.api.shapes import BIGGEST, Shapes
from autochain.network.chain_file import CONTRACTS
from autochain.onchain.codec import Record, named
from autochain.onchain.contracts.consent import Grant, Terms
from autochain.onchain.ids import did
from autochain.onchain.refusals import Refusal, broken

RECORDS = [
    kind for made in CONTRACTS.values() for kind in (*made.messages, *made.internal, *made.queries, *made.events)
]
SHAPES = Shapes()


def values(annotation: Any) -> st.SearchStrategy[Any]:
    """Gives values of a record's field, by an eye of its own on what bounds them."""
    arguments = get_args(annotation)
    match get_origin(annotation):
        case None:
            return plain(annotation, msgspec.Meta())
        case origin if origin is Literal:
            return st.sampled_from(arguments)
        case origin if origin is Annotated:
            inner, meta = arguments
            if get_origin(inner) is tuple:
                most = min(meta.max_length or 4, (meta.min_length or 0) + 3)
                return st.lists(values(get_args(inner)[0]), min_size=meta.min_length or 0, max_size=most).map(tuple)
            return plain(inner, meta)
        case origin if origin is tuple and arguments[-1] is Ellipsis:
            return st.lists(values(arguments[0]), max_size=3).map(tuple)
        case origin if origin is tuple:
            return st.tuples(*map(values, arguments))
        case origin if origin in (Union, types.UnionType):
            return st.one_of(*map(values, arguments))
    return broken(f"records have no fields of {annotation}")


def plain(kind: Any, meta: msgspec.Meta) -> st.SearchStrategy[Any]:
    least = meta.min_length or 0
    if kind is types.NoneType:
        return st.none()
    if kind is bytes:
        return st.binary(min_size=least, max_size=min(meta.max_length or 40, least + 40))
    if kind is str:
        return st.text(st.characters(codec="utf-8"), min_size=least, max_size=min(meta.max_length or 20, 20))
    if kind is int:
        most = meta.le if meta.le is not None else meta.lt - 1 if meta.lt is not None else BIGGEST
        return st.integers(meta.ge if meta.ge is not None else -BIGGEST, most)  # type: ignore[arg-type]
    if kind is bool:
        return st.booleans()
    return records(kind)


def records(kind: type[Record]) -> st.SearchStrategy[Record]:
    return st.builds(kind, **{field.name: values(field.type) for field in msgspec.structs.fields(kind)})


def through_json(record: Record) -> Any:
    """Sends a record through JSON, as a client that knows the reference does."""
    shape = SHAPES.record(type(record))
    fields = {name: value for name, value in named(record).items() if name != "type"}
    return shape.read(msgspec.json.decode(msgspec.json.encode(fields), type=shape.json))


@given(st.sampled_from(RECORDS).flatmap(records))
def test_any_record_comes_back_from_json_as_it_was(record: Record) -> None:
    assert through_json(record) == record


@given(st.sampled_from([kind for made in CONTRACTS.values() for kind in made.queries]), st.data())
def test_any_answer_has_the_form_that_the_reference_says(kind: Any, data: st.DataObject) -> None:
    answer = data.draw(values(answer_type(kind)))
    shape = SHAPES.of(answer_type(kind))
    assert shape.read(msgspec.json.decode(msgspec.json.encode(named(answer)), type=shape.json)) == answer


GRANT = Grant(bytes(20), Terms(bytes(20), "research", ("motion",), "exact", 0, 1, 5, 9))


def changed(**changes: Any) -> Any:
    shape = SHAPES.record(Grant)
    fields = {"reader": GRANT.reader.hex(), "terms": named(GRANT.terms), **changes}
    return shape.read(msgspec.json.decode(msgspec.json.encode(fields), type=shape.json))


def test_an_account_may_be_named_by_its_did() -> None:
    assert changed(reader=did(GRANT.reader)) == GRANT


@pytest.mark.parametrize(
    "reader", ["00" * 19, "00" * 21, "AA" * 20, "0x" + "00" * 19, "00" * 19 + "0\n", did(bytes(20))[:-1] + "1", 5, None]
)
def test_what_is_no_id_is_refused(reader: Any) -> None:
    with pytest.raises((msgspec.ValidationError, Refusal)):
        changed(reader=reader)


@pytest.mark.parametrize(
    "terms",
    [
        {"price_uacc": -1},
        {"price_uacc": 1 << 60},
        {"price_uacc": "5"},
        {"price_uacc": 5.0001},
        {"purpose": "fun"},
        {"categories": []},
        {"from_ms": 1 << 53},
        {"more": 1},
    ],
)
def test_a_value_out_of_its_bounds_is_refused(terms: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        changed(terms={**named(GRANT.terms), **terms})


def test_what_stands_beneath_a_field_describes_it_in_the_reference() -> None:
    terms = msgspec.json.schema(SHAPES.record(Terms).json)["$defs"]["ConsentTerms"]
    assert terms["description"].startswith("What may be read:")
    assert terms["properties"]["price_uacc"]["description"] == "What a reader pays for each recording it reads."
