"""Routes of queries, generated from the contracts: what a chain answers, by its last state or an older one."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from ..onchain.codec import Codec, encode, named
from ..onchain.ledger import ANSWER, Contract, Query
from .backend import Backend
from .contracts import check_on_chain
from .descriptions import summary
from .errors import problems
from .given import BODY, ChainName, Given, chain_of
from .shapes import BIGGEST, Reader, Shapes, read_fields

Height = Annotated[
    int,
    QueryParameter(ge=0, le=BIGGEST, description="The height after which the state is asked; 0 for the last one."),
]
_PLAIN = (str, int, bool, bytes)


def answer_type(kind: type[Query[Any]]) -> Any:
    """Gives the type with which a query is answered: the argument of its base `Query[...]`."""
    return get_args(kind.__orig_bases__[0])[0]  # type: ignore[attr-defined]


def query_handlers(contracts: Mapping[str, Contract], shapes: Shapes) -> Iterator[HTTPRouteHandler]:
    """Makes the routes of all queries: GET where every field fits into the address, else POST."""
    for name, contract in contracts.items():
        for kind in contract.queries:
            yield _handler(name, kind, shapes)


def _handler(contract: str, kind: type[Query[Any]], shapes: Shapes) -> HTTPRouteHandler:
    form, answer = shapes.record(kind), shapes.of(answer_type(kind))
    codec: Codec[Any] = Codec(answer_type(kind), max_bytes=ANSWER.max_bytes)
    answered = msgspec.defstruct(
        f"{contract.capitalize()}{kind.__name__}Answer",
        [
            ("height", Annotated[int, msgspec.Meta(ge=0, le=BIGGEST, description="The state is that after it.")]),
            ("answer", answer.json),
        ],
        namespace={"__doc__": f"What {contract}/{kind.__name__} is answered."},
        module=__name__,
        frozen=True,
    )

    async def ask(backend: Backend, chain: str, query: Query[Any], height: int) -> dict[str, Any]:
        asked = chain_of(backend, chain)
        check_on_chain(asked, contract)
        given = await asked.node.query(encode(query), height=height)
        return {"height": given.height, "answer": named(codec.trusted(given.value))}

    path = f"/chains/{{chain:str}}/queries/{contract}/{kind.__name__}"
    further: dict[str, Any] = {
        "operation_id": f"Query{contract.capitalize()}{kind.__name__}",
        "summary": summary(kind),
        "tags": [contract],
    }
    fields = msgspec.structs.fields(kind)
    if not all(_is_scalar(field.type) for field in fields):

        async def by_body(backend: Given, chain: ChainName, data: Any, height: Height = 0) -> Any:
            return await ask(backend, chain, form.read(data), height)

        by_body.__annotations__ |= {"data": Annotated[form.json, BODY], "return": answered}
        refusals = problems(404, 422)
        return post(path, status_code=200, responses=refusals, **further)(by_body)

    readers: dict[str, Reader] = {field.name: shapes.of(field.type).read for field in fields}

    async def by_address(backend: Backend, chain: str, height: int, **values: Any) -> Any:
        return await ask(backend, chain, read_fields(kind, readers, values), height)

    _sign(
        by_address, {"backend": Given, "chain": ChainName, **_parameters(kind, shapes), "height": (Height, 0)}, answered
    )
    return get(path, responses=problems(404, 422), **further)(by_address)


def _is_scalar(annotation: Any) -> bool:
    """Says whether a field fits into an address."""
    arguments = get_args(annotation)
    match get_origin(annotation):
        case None:
            return annotation in _PLAIN
        case origin if origin in (Union, UnionType):
            return all(_is_scalar(each) for each in arguments if each is not NoneType)
        case origin:
            return origin is Literal or (origin is Annotated and _is_scalar(arguments[0]))


def _parameters(kind: type[Query[Any]], shapes: Shapes) -> dict[str, Any]:
    """Gives the fields of a query as parameters of an address; those with a default last, as Python wants it."""
    texts = shapes.descriptions.of(kind)
    return {
        field.name: (
            _parameter(shapes.of(field.type).json, texts.get(field.name)),
            *(() if field.required else (field.default,)),
        )
        for field in sorted(msgspec.structs.fields(kind), key=lambda field: not field.required)
    }


def _parameter(form: Any, text: str | None) -> Any:
    """Gives a JSON form as a parameter: what bounds it stands where Litestar looks for it."""
    optional = get_origin(form) in (Union, UnionType)
    inner = next(each for each in get_args(form) if each is not NoneType) if optional else form
    if get_origin(inner) is not Annotated:
        return Annotated[form, QueryParameter(description=text)]
    base, *metas = get_args(inner)
    (meta,) = metas
    parameter = QueryParameter(
        description=text or meta.description,
        pattern=meta.pattern,
        min_length=meta.min_length,
        max_length=meta.max_length,
        ge=meta.ge,
        le=meta.le,
    )
    return Annotated[base | None if optional else base, parameter]


def _sign(handler: Any, parameters: Mapping[str, Any], answered: Any) -> None:
    """Gives a function that takes anything the signature by which Litestar knows what it takes."""
    known = {}
    for name, given in parameters.items():
        annotation, *default = given if isinstance(given, tuple) else (given,)
        known[name] = inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=annotation,
            default=default[0] if default else inspect.Parameter.empty,
        )
    handler.__signature__ = inspect.Signature(list(known.values()), return_annotation=answered)
    handler.__annotations__ = {name: each.annotation for name, each in known.items()} | {"return": answered}
