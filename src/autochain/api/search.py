"""Search: what a height, a hash, an id, a DID or the first digits of one may mean on any chain."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from litestar import get
from litestar.params import QueryParameter

from ..index import Found
from .errors import problems
from .given import Given

Text: TypeAlias = Annotated[
    str,
    QueryParameter(
        pattern="^[ -~]+$",
        min_length=1,
        max_length=100,
        description="A height, a hash, an id, a DID, or at least four of the first digits of one.",
    ),
]


class FoundOnChain(msgspec.Struct, frozen=True):
    """Something that a search found, and the chain on which it is."""

    chain: str
    found: Found


class Results(msgspec.Struct, frozen=True):
    """What a search found, the likeliest first."""

    items: list[FoundOnChain]


@get(
    "/search",
    operation_id="Search",
    summary="Find blocks, transactions, accounts and records by what names them",
    tags=["network"],
    responses=problems(503),
    sync_to_thread=True,
)
def search(backend: Given, q: Text) -> Results:
    return Results([FoundOnChain(chain, found) for chain in backend.chains for found in backend.index.search(chain, q)])
