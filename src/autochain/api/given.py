"""What handlers are given: the backend, and the chain that an address names."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, PathParameter, QueryParameter, SkipValidation

from .backend import Backend, Chain
from .errors import NO_CHAIN
from .shapes import BIGGEST, ID_PATTERN, read_id

BODY = BodyKwarg(media_type=RequestEncodingType.JSON)
"""Marks what comes in a request's body."""
Given: TypeAlias = NamedDependency[SkipValidation[Backend]]
ChainName: TypeAlias = Annotated[
    str, PathParameter(pattern="^[a-z][a-z0-9_-]{0,30}$", max_length=31, description="The name of a chain.")
]
IdInPath: TypeAlias = Annotated[
    str,
    PathParameter(
        pattern=ID_PATTERN,
        min_length=40,
        max_length=40,
        description="An id as 40 lower hexadecimal digits, or the DID of an account.",
    ),
]
HeightInPath: TypeAlias = Annotated[int, PathParameter(ge=1, le=BIGGEST, description="The height of a block.")]


def chain_of(backend: Backend, name: str) -> Chain:
    """Gives the chain of a name, or refuses."""
    chain = backend.chains.get(name)
    if chain is None:
        raise NO_CHAIN(f"{name}; there are {', '.join(backend.chains)}")
    return chain


IdParameter: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        pattern=ID_PATTERN, min_length=40, max_length=40, description="Only those of this id, or DID of an account."
    ),
]


def digits_of(text: str | None) -> str | None:
    """Gives an id as the read model has it, be it given by its digits or as a DID."""
    return None if text is None else read_id(text).hex()
